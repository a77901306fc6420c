# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that nftables.service loads, and the place of our rules in them: inside the administrator's own chain.

There the rules move with the chain. They name neither a table nor a chain, so the ruleset still loads after the
administrator has renamed, moved or removed something. Every load of the ruleset includes them, in the same transaction.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import os
import re
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .block import BEGIN, Block, blocks, edited

# The lexer of nftables, src/scanner.l: a string and a comment end with the line, and a backslash continues a line.
_TOKEN = re.compile(r'#[^\n]*|"[^"\n]*"|\\\n|[{};\n]|[^\s{};"#\\]+|["\\]')
# src/scanner.l: MAX_INCLUDE_DEPTH, and the directory of names without a leading slash
DEPTH, DEFAULT_DIRECTORY = 16, "/etc"
Stack = Tuple[Tuple[str, ...], ...]


class Event(NamedTuple):
    """A place in a text.

    :ivar kind: C(open) after a brace, C(block) at our first marker, C(include) at an include statement.
    :ivar stack: the text before each open brace, the outermost first.
    :ivar value: the pattern of an include.
    """

    kind: str
    start: int
    end: int
    stack: Stack
    value: str = ""


class Site(NamedTuple):
    """A place of our rules: an existing block, or the position for a new one.

    :ivar chain: C(FAMILY TABLE CHAIN), empty outside of chains.
    """

    path: str
    place: int
    chain: str


def _events(text: str, outer: Stack = ()) -> Iterator[Event]:
    stack = list(outer)
    words: List[Tuple[str, int]] = []
    for match in _TOKEN.finditer(text + "\n"):
        token = match.group()
        if token.startswith(BEGIN):
            yield Event("block", match.start(), match.end(), tuple(stack))
        elif token == "{":
            stack.append(tuple(word for word, dummy in words))
            words = []
            yield Event("open", match.end(), match.end(), tuple(stack))
        elif token in ("}", ";", "\n"):
            if len(words) == 2 and words[0][0] == "include":
                pattern, start = words[1]
                yield Event("include", words[0][1], start + len(pattern), tuple(stack), pattern.strip('"'))
            if token == "}" and len(stack) > len(outer):
                stack.pop()
            words = []
        elif token != "\\\n" and not token.startswith("#"):
            words.append((token, match.start()))


def chain_of(stack: Stack) -> str:
    """Return the chain of a place, see C(Site)."""
    statements = [words[1:] if words[:1] in (("add",), ("create",)) else words for words in stack]
    if not statements or statements[-1][:1] != ("chain",):
        return ""
    names = [word.strip('"') for words in statements for word in words[1:]]
    names = names if len(names) == 3 else ["ip", *names]
    return " ".join(names) if len(names) == 3 else ""


def _included(pattern: str) -> List[str]:
    path = os.path.join(DEFAULT_DIRECTORY, pattern)
    return sorted(each for each in glob.glob(path) if os.path.isfile(each))


class Conf:
    """A main file and everything that it includes.

    :ivar texts: C({path: text}) as latin-1, all files that were read.
    """

    def __init__(self, main: str, load: Callable[[str], Optional[bytes]]) -> None:
        """
        :param load: returns the content of a file, C(None) for none.
        :raises OSError: a file cannot be read.
        """
        self.main = main
        self.texts: Dict[str, str] = {}
        self._load = load
        self._events: Dict[str, List[Event]] = {}
        self._read(main, (), 0)

    def _read(self, path: str, stack: Stack, depth: int) -> None:
        content = self._load(path) if path not in self.texts and depth <= DEPTH else None
        if content is None:
            return
        self.texts[path] = content.decode("latin-1")
        self._events[path] = list(_events(self.texts[path], stack))
        for event in self._events[path]:
            for each in _included(event.value) if event.kind == "include" else []:
                self._read(each, event.stack, depth + 1)

    def _sites(self, kind: str) -> List[Site]:
        return [Site(path, event.start, chain_of(event.stack)) for path, events in self._events.items()
                for event in events if event.kind == kind]

    def blocks(self) -> Dict[str, List[Block]]:
        """Return the blocks of each text that has any.

        :raises BlockError: a marker has no partner.
        """
        found = {path: blocks(path, text) for path, text in self.texts.items()}
        return {path: each for path, each in found.items() if each}

    def site(self, chain: str) -> Optional[Site]:
        """Return the place of our rules in a chain: its block, else its beginning."""
        there = (each for each in self._sites("block") if each.chain == chain)
        begins = (_after(each, self.texts[each.path]) for each in self._sites("open") if each.chain == chain)
        return next(there, None) or next(begins, None)

    def edited(self, site: Optional[Site], lines: Sequence[str]) -> Dict[str, str]:
        """Return the changed texts, with our lines at one site and nowhere else."""
        changed = {}
        for path, text in self.texts.items():
            found = blocks(path, text)
            here = site if site and site.path == path else None
            kept = next((each for each in found if here and each.start <= here.place < each.end), None)
            new = edited(text, found, lines, kept, here.place if here else None)
            if new != text:
                changed[path] = new
        return changed

    def flat(self, changed: Dict[str, str]) -> str:
        """Return one text with all includes, as nftables would read it after the change."""
        return self._flat(self.main, dict(self.texts, **changed), 0)

    def _flat(self, path: str, texts: Dict[str, str], depth: int) -> str:
        text = texts[path]
        for event in reversed([each for each in _events(text) if each.kind == "include"]):
            inner = [self._flat(each, texts, depth + 1) for each in _included(event.value)
                     if each in texts and depth < DEPTH]
            if inner:
                text = text[:event.start] + "\n".join(["", *inner, ""]) + text[event.end:]
        return text


def _after(site: Site, text: str) -> Site:
    """Return the place of a block behind a brace: the next line, if the line of the brace ends there."""
    line, newline, dummy = text[site.place:].partition("\n")
    return site._replace(place=site.place + len(line) + 1) if newline and not line.strip() else site
