# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What somebody else has set up for nginx on a host, and what a new configuration would make of it.

A file is ours when it begins with our header, and a package's own when the package manager finds it as it has
installed it. Everything else is somebody else's. Every function here is pure: what is read is given.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
from typing import Callable, Container, Dict, Iterable, List, NamedTuple, Set, Tuple

from .._kit.place import ROOM
from .parse import statements
from .render import HEADER

# The blocks that answer requests and connections; those around them, and upstreams, serve nothing by themselves.
_SERVING = ("server", "location")
# The names that no client asks for by name
_NO_NAMES = ("_", "")


class Part(NamedTuple):
    """One file of a configuration: its path as it is included, the same without links, and its text."""

    path: str
    real: str
    text: str


class Outline(NamedTuple):
    """What matters here of a text: the patterns that it includes, directories of pages, names, whether it serves."""

    includes: Tuple[str, ...]
    roots: Tuple[str, ...]
    names: Tuple[str, ...]
    serves: bool


Read = Callable[[str], Iterable[Part]]


def outline(text: str) -> Outline:
    """Return the C(Outline) of a text in nginx's words; one that nginx would refuse gets some outline, too."""
    found: Dict[str, List[str]] = {"include": [], "root": [], "server_name": []}
    serves = False
    for words, end in statements(text):
        if end == "{":
            serves = serves or words[0] in _SERVING
        elif words and words[0] in found:
            found[words[0]] += words[1:]
    names = tuple(dict.fromkeys(name for name in found["server_name"] if name not in _NO_NAMES))
    return Outline(tuple(found["include"]), tuple(found["root"]), names, serves)


def is_ours(text: str) -> bool:
    """Whether an earlier run has written a text."""
    return text.startswith(HEADER)


def reached(main: Part, read: Read) -> List[Part]:
    """Return a main file and everything that it includes, each file once.

    :param read: returns the files of an absolute pattern.
    """
    home = os.path.dirname(main.path)
    found, seen = [], {main.real}
    left = [main]
    while left:
        part = left.pop(0)
        found.append(part)
        for pattern in outline(part.text).includes:
            for each in read(os.path.join(home, pattern)):
                if each.real not in seen:
                    seen.add(each.real)
                    left.append(each)
    return found


def lost(before: List[Part], after: Container[str], untouched: Callable[[str], bool]) -> List[Part]:
    """Return the files of somebody else that serve something now, and that the new configuration does not include.

    :param before: what C(reached) tells of the present main file, which is the first.
    :param after: the paths without links of all files of the new configuration.
    :param untouched: whether a path without links is a package's own.
    """
    if is_ours(before[0].text):
        return []
    return [part for part in before
            if (part.real not in after or part is before[0]) and outline(part.text).serves
            and not is_ours(part.text) and not untouched(part.real)]


def roots(texts: Iterable[str]) -> Set[str]:
    """Return the directories of pages that texts name."""
    return {root for text in texts for root in outline(text).roots}


def _below(path: str, directories: Iterable[str]) -> bool:
    return any(path.startswith(directory.rstrip("/") + "/") for directory in directories)


def replaced(paths: Iterable[str], ours: bool, before: Set[str], after: Set[str], untouched: Callable[[str], bool]
             ) -> List[str]:
    """Return which of the files that would be replaced are somebody else's.

    What we have written ourselves stands where our former files have their pages. With a former C(nginx.conf) of ours,
    other files count only where the new pages are: what was named before is ours, too.

    :param paths: existing files outside of nginx's directory that would be replaced.
    :param ours: whether the former main file is ours.
    :param before: the directories of pages in our former files.
    :param after: those in the new ones.
    :param untouched: whether a path is a package's own.
    """
    return [path for path in paths
            if not _below(path, before) and (not ours or _below(path, after)) and not untouched(path)]


def _formats(texts: Iterable[str]) -> List[str]:
    """Return the formats of logs that texts name and do not have, each once."""
    directives = [words for text in texts for words, end in statements(text) if words and end == ";"]
    # nginx has one format of its own, and other words in its place are parameters of the log
    own = ["combined", "gzip", *(words[1] for words in directives if words[0] == "log_format" and words[1:])]
    used = [words[2] for words in directives if words[0] == "access_log" and words[2:]]
    return [name for name in dict.fromkeys(used) if name not in own and "=" not in name]


def _remedies(sites: List[Part], main: str) -> List[str]:
    """Return how sites go on to be served: by which files they can be included, and what these need."""
    home = os.path.dirname(main) + "/"
    # what has no servers of its own is included by one that has
    files = [part for part in sites if part.real != main
             and any(words[:1] == ["server"] and end == "{" for words, end in statements(part.text))]
    if not files:
        return ["Describe these sites in nginx_server."] * bool(sites)
    paths = [part.path[len(home):] if part.path.startswith(home) else part.path for part in files]
    found = ["Describe these sites in nginx_server, or include their files by nginx_http_include: [%s]. A file for "
             "stream stands in nginx_stream_include." % ", ".join(
                 ["mime.types", "conf.d/*.conf", *(path for path in paths if not path.startswith("conf.d/"))])]
    formats = _formats(part.text for part in files)
    if formats:
        found.append("Their access_log needs the log_format %s of %s: describe it in nginx_log_format." % (
            " and ".join(formats), main))
    return found


def told(sites: List[Part], pages: Iterable[str], main: str) -> List[str]:
    """Return the sentences of the refusal: each file with what would happen, and what can be done instead.

    :param main: the path of the main file.
    """
    found = []
    for part in sites:
        names = " (%s)" % ", ".join(outline(part.text).names) if outline(part.text).names else ""
        found.append("%s%s: it would no longer be served, because %s is replaced by one that does not %s." % (
            part.path, names, main, "have it" if part.real == main else "include it"))
    found += ["%s: it would be replaced by another page." % path for path in pages]
    remedies = _remedies(sites, main)
    if pages:
        remedies.append("An empty nginx_start_page leaves the page alone, another nginx_root has one of its own.")
    remedies.append("For an nginx that is managed elsewhere, leave the role nginx out and use the role keepalived "
                    "alone, as the beginning of its page shows, or on a real server of LVS lvs_real_server.")
    remedies.append("If all of that may go, set nginx_takeover to true (takeover of nginx_config); copies of the files "
                    f"that are replaced are kept in the directory {ROOM} beside each.")
    return found + remedies
