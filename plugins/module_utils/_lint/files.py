# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Several files of one host, judged as the one text that they are to the daemon.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import fnmatch
import os
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._included import expanded
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .lint import lint_text

# A line of the one text: the file that it is from, its number there, and itself.
_Line = Tuple[str, int, str]


def lint_files(texts: Dict[str, str], version: Optional[Sequence[int]] = None) -> List[Finding]:
    """Return what is wrong with the files of one host, by their paths, as lint_text() does for one of them.

    A file that another one of them includes stands where it is included, the others follow each other as given. Files
    that are not among them are not read.
    """
    if not texts:
        return []
    lines = list(_Files(texts).lines())
    findings = lint_text("\n".join(line for _path, _number, line in lines), next(iter(texts)), version)
    return [_placed(finding, lines) for finding in findings]


def _placed(finding: Finding, lines: Sequence[_Line]) -> Finding:
    """Return the finding with its place in its own file."""
    if finding.line is None:
        return finding
    path, number, _line = lines[min(finding.line, len(lines)) - 1]
    return finding._replace(path=path, line=number)


class _Files:
    """The files, with the lines on which they include each other."""

    def __init__(self, texts: Dict[str, str]) -> None:
        self.texts = texts
        self.included = {path: dict(self._includes(path)) for path in texts}
        self.written: List[str] = []

    def lines(self) -> Iterator[_Line]:
        """Iterate over the lines of all files, each file once."""
        inner = {path for found in self.included.values() for _column, paths in found.values() for path in paths}
        for path in [*(path for path in self.texts if path not in inner), *self.texts]:
            yield from self._of(path)

    def _of(self, path: str) -> Iterator[_Line]:
        if path in self.written:
            return
        self.written.append(path)
        rows = self.texts[path].split("\n")
        if rows[-1] == "" and len(self.texts) > 1:
            # the next file begins on a line of its own anyhow
            rows.pop()
        for number, line in enumerate(rows, 1):
            column, paths = self.included[path].get(number, (0, ()))
            if not paths:
                yield path, number, line
                continue
            yield path, number, line[:column - 1]
            for each in paths:
                yield from self._of(each)

    def _includes(self, path: str) -> Iterator[Tuple[int, Tuple[int, List[str]]]]:
        """Yield the lines that include others of the files: the line, the column of the statement, and the paths."""
        for statement, _ancestors in parse(self.texts[path], path).walk():
            if statement.kind == "include" and statement.condition is None:
                patterns = [_normal(path, pattern) for pattern in expanded(statement.values[0])]
                paths = [other for pattern in patterns for other in self.texts
                         if other != path and _matches(os.path.abspath(other), pattern)]
                yield statement.line, (statement.column, paths)


def _normal(path: str, pattern: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(path)), pattern))


def _matches(path: str, pattern: str) -> bool:
    """Whether a pattern of glob(7) means the path: its wildcards take no slash."""
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
