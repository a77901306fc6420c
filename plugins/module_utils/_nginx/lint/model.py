# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the rules look at: the configuration as nginx will read it, options, defaults, raw lines and includes alike.

It is made of the files that C(render) writes, so that a rule judges what nginx gets. What is not known, such as a file
that is included from a host that was not asked, is marked as such: a rule that a directive is missing is silent there.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import fnmatch
import os
import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..check import ROOT, Data, label
from ..complete import DIRECTORY, STUB_STATUS
from ..others import Part
from ..parse import Statement, SyntaxFaultError, parse
from ..render import File, render

# Files of every distribution that have nothing but types.
_TYPES = ("mime.types",)
# Blocks that have their directives only for some requests; they inherit from the level around them.
_SECTIONS = ("http", "stream", "events", "server", "location", "upstream")
_KEY = re.compile(r"openvip\.d/(http|stream)/(server|upstream)/(.+)\.conf\Z")
# Includes within includes
_DEEPEST = 20


class Directive(NamedTuple):
    """A directive without a block: its name, its arguments without quotes, and the foreign file that it stands in."""

    name: str
    arguments: Tuple[str, ...]
    origin: str = ""

    @property
    def text(self) -> str:
        """The directive as a message shows it."""
        return " ".join((self.name, *self.arguments))


class Certificate(NamedTuple):
    """What is known of a certificate and its key; C(None) stands for what could not be found.

    ``problem`` is why nginx cannot read the certificate or the key, ``unchecked`` why we cannot, ``names`` are those
    that it is for, ``begin`` and ``end`` are timestamps in seconds, ``fits`` is whether the key is its own.
    """

    problem: Optional[str] = None
    unchecked: Optional[str] = None
    names: Optional[Tuple[str, ...]] = None
    begin: Optional[float] = None
    end: Optional[float] = None
    fits: Optional[bool] = None


class Host(NamedTuple):
    """What only the host knows.

    ``read`` returns the files of a pattern that is relative to the directory of nginx.conf, ``readable`` whether a user
    can read a file there, C(None) if that is not known.
    """

    read: Callable[[str], Iterable[Part]]
    readable: Callable[[str, str], Optional[bool]] = lambda path, user: None


class Block:
    """A block of the configuration.

    ``origin`` is the foreign file that it stands in, ``data`` is the canonical data that it was made of, ``unread`` are
    the includes at this level whose files are not known.
    """

    def __init__(self, words: Tuple[str, ...], parent: Optional[Block], name: str, origin: str, data: Data) -> None:
        self.kind, self.arguments = words[0] if words else "", words[1:]
        self.parent, self.label, self.origin, self.data = parent, name, origin, data
        self.directives: List[Directive] = []
        self.blocks: List[Block] = []
        self.unread: List[str] = []
        # what sockets.py has found once
        self.sockets: Optional[List[Any]] = None

    @property
    def section(self) -> str:
        """The path of the section in the table; a location within a location has that of any location."""
        names = [block.kind for block in self.levels() if block.kind in _SECTIONS]
        path = list(dict.fromkeys(reversed(names)))
        return "/".join(path) if self.kind in (*_SECTIONS, "") else self.kind

    def levels(self) -> Iterator[Block]:
        """Iterate over this level and those above."""
        block: Optional[Block] = self
        while block is not None:
            yield block
            block = block.parent

    def below(self) -> Iterator[Block]:
        """Iterate over this block and all blocks in it."""
        yield self
        for block in self.blocks:
            yield from block.below()

    def all(self, *names: str) -> List[Directive]:
        """Return the directives of some names at this level, in their order."""
        return [directive for directive in self.directives if directive.name in names]

    def has(self, *names: str) -> bool:
        """Return whether one of the directives stands at this level."""
        return any(directive.name in names for directive in self.directives)

    def value(self, name: str) -> str:
        """Return the arguments of a directive at this level, joined by blanks; "" without one."""
        return next((" ".join(directive.arguments) for directive in self.directives if directive.name == name), "")

    def nearest(self, *names: str) -> Optional[Block]:
        """Return the level that says for this one what these directives are, or C(None)."""
        return next((block for block in self.levels() if block.has(*names)), None)

    def inherited(self, name: str) -> str:
        """Return the arguments of a directive as this level has it, from wherever; "" without one."""
        block = self.nearest(name)
        return block.value(name) if block else ""

    def lacks(self, *names: str) -> bool:
        """Return whether none of the directives is at this level or above it, which needs all files of them.

        Nothing is inherited from outside of C(http) and C(stream).
        """
        return self.nearest(*names) is None and not any(block.unread for block in self.levels() if block.kind)


class Configuration:
    """The whole configuration.

    :param data: canonical data whose inventory groups are resolved.
    :param host: what is known of the host, C(None) if it was not asked.
    :param certificates: what is known of certificates, by the value of C(ssl_certificate).
    :param files: those that are written together with it, by their paths relative to that of nginx.conf, or absolute.
    """

    def __init__(self, data: Data, host: Optional[Host] = None,
                 certificates: Optional[Dict[str, Certificate]] = None, files: Optional[Dict[str, File]] = None
                 ) -> None:
        self.data, self.host = data, host
        self.certificates = certificates or {}
        self.files = files or {}
        # what sockets.py and servers.py have found once: the sockets that are shared, their words, and their servers by
        # name and default
        self.groups: Dict[str, Dict[str, Dict[Any, Any]]] = {}
        self.words: Dict[Any, Set[str]] = {}
        self.owners: Dict[Any, Dict[str, Block]] = {}
        self.defaults: Dict[Any, Block] = {}
        # by the object
        self.faults: List[Tuple[str, str]] = []
        self.main = Block((), None, ROOT, "", data)
        tree = render(data)
        self._texts = {path: file.text for path, file in {**tree.files, **self.files}.items()}
        self._expand(self.main, self._parsed(tree.main.text, ROOT), "", 0)
        self._ours: Dict[str, List[Block]] = {}
        for block in self.main.below():
            if not block.origin:
                self._ours.setdefault(block.section, []).append(block)

    def blocks(self, section: str) -> List[Block]:
        """Return the blocks of a section that are not of foreign files, in their order."""
        return self._ours.get(section, [])

    def servers(self, kind: str) -> List[Block]:
        """Return all servers of C(http) or C(stream), those of foreign files, too."""
        return [block for top in self.main.blocks if top.kind == kind for block in top.blocks
                if block.kind == "server"]

    def upstreams(self, kind: str) -> List[Block]:
        """Return all upstreams of C(http) or C(stream), those of foreign files, too."""
        return [block for top in self.main.blocks if top.kind == kind for block in top.blocks
                if block.kind == "upstream"]

    def is_known(self, kind: str) -> bool:
        """Return whether all files are known whose servers or upstreams belong to C(http) or C(stream)."""
        return not self.main.unread and not any(top.unread for top in self.main.blocks if top.kind == kind)

    def _parsed(self, text: str, name: str) -> List[Statement]:
        try:
            return parse(text)
        except SyntaxFaultError as fault:
            self.faults.append((name, str(fault)))
            return []

    def _expand(self, block: Block, found: List[Statement], origin: str, depth: int) -> None:
        for words, inner in found:
            if inner is not None:
                child = self._child(block, words, origin)
                block.blocks.append(child)
                self._expand(child, inner, origin, depth)
            elif words[0] == "include" and len(words) == 2:
                self._include(block, words[1], origin, depth)
            else:
                block.directives.append(Directive(words[0], words[1:], origin))

    def _include(self, block: Block, pattern: str, origin: str, depth: int) -> None:
        own: List[str] = []
        if not origin and depth < _DEEPEST:
            own = [pattern] if pattern in self._texts else fnmatch.filter(sorted(self._texts), pattern)
        for path in own:
            self._include_own(block, path, depth + 1)
        if own or os.path.basename(pattern) in _TYPES:
            return
        if self.host is None or depth >= _DEEPEST or DIRECTORY in pattern.split("/"):
            # what is in our directory now is of a former configuration
            block.unread.append(pattern)
            return
        found = list(self.host.read(pattern))
        if not found and not re.search(r"[*?[]", pattern):
            # nginx refuses it as long as it is not there
            block.unread.append(pattern)
        for part in found:
            try:
                self._expand(block, parse(part.text), part.path, depth + 1)
            except SyntaxFaultError:
                block.unread.append(pattern)

    def _include_own(self, block: Block, path: str, depth: int) -> None:
        named = _KEY.match(path)
        if not named:
            self._expand(block, self._parsed(self._texts[path], f"file {path}"), "", depth)
            return
        kind, key, name = named.groups()
        subject = _label(kind, key, name)
        data: Data = next((each for each in self.data.get(kind, {}).get(key, []) if each["name"] == name), {})
        for words, inner in self._parsed(self._texts[path], subject):
            child = Block(words, block, subject, "", data)
            block.blocks.append(child)
            self._expand(child, inner or [], "", depth)

    @staticmethod
    def _child(block: Block, words: Tuple[str, ...], origin: str) -> Block:
        """Return a block that is not a file of ours."""
        data: Data = {}
        rest = " ".join(words)
        if words[0] == "location":
            data = next((each for each in block.data.get("location", [])
                         if tuple(each[key] for key in ("modifier", "uri") if key in each) == words[1:]), {})
            name = f"{block.label}: {rest}"
        elif block.kind in ("http", "stream"):
            name = f"{'stream ' if block.kind == 'stream' else ''}{rest}{f' of {origin}' if origin else ''}"
        elif block.parent is None:
            name, data = words[0], block.data.get(words[0], {})
        else:
            name = f"{block.label}: {rest}"
        return Block(words, block, name, origin, data)


def _label(kind: str, key: str, name: str) -> str:
    if (kind, key, name) == ("http", "server", STUB_STATUS):
        return STUB_STATUS
    return label(kind, key, {"name": name}, 1, "")
