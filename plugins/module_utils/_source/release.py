# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a program is built from, and whether a program that is there was built from just that.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Dict, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome

# Hexadecimal digits of the digests that are long enough to prove what an archive is.
DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
# What keepalived --version and nginx -V call the words that configure was given.
_CONFIGURED = re.compile(r"^configure (?:options|arguments):.*$", re.MULTILINE)
_QUOTES = re.compile(r"[\"'\\]")


@dataclass(frozen=True)
class Release:
    """One version of a program, built in one way. Two that are equal are built once.

    :ivar name: of the program, for example C(keepalived).
    :ivar version: as the program itself says it.
    :ivar checksum: of the source archive, C(algorithm:digits).
    :ivar configure_options: as C(./configure) gets them, without C(--prefix).
    :ivar substitutions: (path, regular expression, replacement) of each change of the source.
    """

    name: str
    version: str
    checksum: str
    configure_options: Tuple[str, ...] = ()
    substitutions: Tuple[Tuple[str, str, str], ...] = ()

    @property
    def directory(self) -> str:
        """The name of its directory: the version, and eight digits that tell the ways to build it apart."""
        text = json.dumps(asdict(self), sort_keys=True)
        return "%s-%s" % (self.version, hashlib.sha256(text.encode()).hexdigest()[:8])


def of(params: Dict) -> Release:
    """Return the release that the options of the module ask for."""
    return Release(
        params["name"], params["version"], params["checksum"].lower(), tuple(params["configure_options"]),
        tuple((each["path"], each["regexp"], each["replace"]) for each in params["substitutions"]))


def to_record(release: Release) -> str:
    """Return the text that is kept beside the built program."""
    return json.dumps(asdict(release), indent=2, sort_keys=True) + "\n"


def from_record(text: str) -> Optional[Release]:
    """Return the release of a text of C(to_record), C(None) for any other text."""
    try:
        found = json.loads(text)
        return Release(found["name"], found["version"], found["checksum"], tuple(found["configure_options"]),
                       tuple((path, regexp, replace) for path, regexp, replace in found["substitutions"]))
    except (ValueError, KeyError, TypeError):
        return None


def describe(release: Optional[Release], directory: Optional[str]) -> str:
    """Return a release as one side of Ansible's diff; nothing when there is none."""
    if release is None:
        return ""
    lines = ["release: %s" % directory, "version: %s" % release.version, "checksum: %s" % release.checksum]
    lines += ["configure_options:", *("  - %s" % option for option in release.configure_options)]
    lines += ["substitutions:", *("  - %s: %s -> %s" % each for each in release.substitutions)]
    return "\n".join(lines) + "\n"


def complaints(outcome: Outcome, release: Release) -> List[str]:
    """Return why a program that was asked for its version is not I(release); nothing when it is.

    A program that tells what configure was given is held to it.
    """
    configured = _CONFIGURED.search(outcome.output)
    rest = _CONFIGURED.sub("", outcome.output)
    if outcome.timed_out or outcome.code != 0:
        said = outcome.output.strip().splitlines()
        return ["it does not start: %s" % (said[-1] if said else "exit code %d" % outcome.code)]
    found = []
    if not re.search(r"(?<![\d.])%s(?!\.?\d)" % re.escape(release.version), rest):
        found.append("it does not say that it is version %s, but: %s" % (
            release.version, next(iter(rest.split("\n")), "").strip() or "nothing"))
    if configured:
        given = " " + _QUOTES.sub("", configured.group(0)) + " "
        found += ["it was built without %s" % option for option in release.configure_options
                  if " %s " % _QUOTES.sub("", option) not in given]
    return found


def _digest_problem(checksum: Optional[str]) -> Optional[str]:
    if not checksum:
        return ("checksum is missing, so the archive could be anything. Give the one that the project publishes, as in "
                "sha256:0123...")
    algorithm, dummy, digits = checksum.lower().partition(":")
    if algorithm not in DIGITS:
        return "checksum: %r is no known kind. Choose one of %s, as in sha256:0123..." % (algorithm, ", ".join(DIGITS))
    if not re.fullmatch("[0-9a-f]{%d}" % DIGITS[algorithm], digits):
        return "checksum: a %s has %d hexadecimal digits, this has %d characters." % (
            algorithm, DIGITS[algorithm], len(digits))
    return None


def _option_problem(option: str) -> Optional[str]:
    if re.match(r"--(exec-)?prefix(=|$)", option):
        return "configure_options: leave out %r, each release gets its own directory below prefix." % option
    if not re.match(r"-|[A-Za-z_]\w*=", option):
        return "configure_options: %r is no option. Write --%s, or NAME=VALUE." % (option, option.lstrip("-"))
    return None


def _inside(path: str) -> bool:
    """Whether a relative path stays in the directory it starts from."""
    return not path.startswith("/") and ".." not in path.split("/") and path not in ("", ".")


def _substitution_problem(number: int, substitution: Dict) -> Optional[str]:
    where = "substitutions[%d]" % number
    if not _inside(substitution["path"]):
        return "%s: path %r leaves the source. Give it relative to the source's top directory." % (
            where, substitution["path"])
    try:
        re.compile(substitution["regexp"]).sub(substitution["replace"], "")
    except (re.error, IndexError) as error:
        return "%s: regexp and replace do not fit together: %s." % (where, error)
    return None


def problems(params: Dict) -> List[str]:
    """Return what is wrong with the options of the module for a build, a sentence each."""
    found = [_digest_problem(params["checksum"])]
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", params["name"]):
        found.append("name: %r is no name of a program." % params["name"])
    if not re.fullmatch(r"\d[\w.+~-]*", params["version"]):
        found.append("version: %r is no version. Give it as the program says it, as in 2.3.3." % params["version"])
    if not _inside(params["program"]):
        found.append("program: %r leaves the prefix. Give it relative to prefix, as in sbin/%s." % (
            params["program"], params["name"]))
    found += [_option_problem(option) for option in params["configure_options"]]
    found += [_substitution_problem(number, each) for number, each in enumerate(params["substitutions"])]
    return [sentence for sentence in found if sentence]
