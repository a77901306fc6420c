# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One block of the top level put into a hand-written file, changed there or taken out: from text to text.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import given
from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, Trivia, parse
from ansible_collections.openvip.cluster.plugins.module_utils._edit_block import Data, EditError, Editor, place
from ansible_collections.openvip.cluster.plugins.module_utils._lint.syntax import breaks_blocks
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import MISSING, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read_part
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import Row


class Edited(NamedTuple):
    """The new text of a file; the block's name in messages, its data before and after, None where it is not there."""

    text: str
    label: str
    before: Optional[Data]
    after: Optional[Data]


def present(text: str, path: str, section: str, given: Data, version: Optional[Sequence[int]] = None) -> Edited:
    """The text in which the block has the given keywords; what is not given stays as it is.

    ``section`` is a keyword of the top level such as vrrp_instance, ``given`` the data of one block of it with what
    names the block; an empty list, an empty dictionary and false take a keyword away. A new block is written where
    everything that it may use is defined above.
    Raises EditError for values that keepalived does not take, and when the text around the block is broken, or the
    block is there twice or under a condition.
    """
    document = parse(text, path)
    row = table.rows()[section]
    wanted, findings = normalise({section: [given]}, version)
    # what is missing may be in the file
    wrong = [finding for finding in findings if finding.severity == ERROR and finding.id != MISSING]
    if wrong:
        raise EditError(*(str(finding) for finding in wrong))
    wanted = wanted[section][0]
    found = find(document, row, wanted)
    editor = Editor(document, version)
    if found is None:
        _refuse_problems(document, None)
        _append(document, row, editor.written(row, [wanted], ""))
        before = None
    else:
        before = _data(row, found) or {}
        editor.enforce(found, row.path, before, given, wanted)
    new_text = str(document)
    new = find(parse(new_text, path), row, wanted)
    return Edited(new_text, label(section, given), before, _data(row, new) if new else None)


def absent(text: str, path: str, section: str, given: Data) -> Edited:
    """The text without the block that ``given`` names. A blank line before it goes with it when another one follows."""
    document = parse(text, path)
    row = table.rows()[section]
    found = find(document, row, _canonical(row, given))
    if found is None:
        return Edited(text, label(section, given), None, None)
    before = _data(row, found)
    index = document.items.index(found)
    edit.remove(document, found)
    around = document.items[max(index - 1, 0) : index + 1]
    if index and _is_blank(around[0]) and all(_is_blank(item) for item in around):
        del document.items[index - 1]
    return Edited(str(document), label(section, given), before, None)


def block(text: str, path: str, section: str, given: Data) -> Optional[Data]:
    """The canonical data of the block that ``given`` names, None when it is not there. Raises EditError as find()."""
    row = table.rows()[section]
    found = find(parse(text, path), row, _canonical(row, given))
    return _data(row, found) if found else None


def line_of(text: str, path: str, section: str, given: Data) -> Optional[int]:
    """The line in which the block begins that ``given`` names, from 1, or None. Raises EditError as find()."""
    row = table.rows()[section]
    found = find(parse(text, path), row, _canonical(row, given))
    return found.line if found else None


def label(section: str, given: Data) -> str:
    """The name of a block in messages, as check() gives it."""
    row = table.rows()[section]
    return " ".join([section, *layout.head_words(row, _canonical(row, given))])


def find(document: Document, row: Row, wanted: Data) -> Optional[Statement]:
    """The block with the same words before its brace. Raises EditError when it cannot be edited safely.

    Blocks of the same head that differ in a distinct keyword, as two services of TCP and UDP do, are different ones.
    """
    found = []
    for statement in document.statements():
        if table.find(statement.keyword) is row and statement.has_block:
            head = _read(row, " ".join(word.text for word in statement.words) + " {\n}\n")
            if head is None:
                _refuse_likeness(document, statement, row, wanted)
            elif layout.head_words(row, head) == layout.head_words(row, wanted) and \
                    _is_meant(row, statement, wanted):
                found.append(statement)
    if not found:
        return None
    name = label(row.keyword, wanted)
    if len(found) > 1:
        given = "" if not row.distinct else " Give %s too." % " or ".join(row.distinct)
        raise EditError("%s is there more than once: %s. Remove all but one.%s"
                        % (name, ", ".join(place(document, each) for each in found), given))
    _refuse_problems(document, found[0])
    if found[0].condition is not None:
        raise EditError("%s: %s stands under a condition that only keepalived can decide. Edit it by hand."
                        % (place(document, found[0]), name))
    return found[0]


def _refuse_likeness(document: Document, statement: Statement, row: Row, wanted: Data) -> None:
    """Raise EditError for a block that is the wanted one but for surplus words before its brace."""
    words = tuple(word.strip('"') for word in layout.head_words(row, wanted))
    if statement.values[: len(words)] == words:
        raise EditError("%s: %s has surplus words before its brace. Remove them by hand."
                        % (place(document, statement), " ".join([row.keyword, *words])))


def _is_meant(row: Row, statement: Statement, wanted: Data) -> bool:
    """Say whether two blocks of one head are one to keepalived as well."""
    data = (_data(row, statement) if row.distinct else None) or {}
    return all(data.get(key) in (None, wanted.get(key)) or key not in wanted for key in row.distinct)


def _canonical(row: Row, block: Data) -> Data:
    """The canonical form of one block; what is wrong in it is left out, the check of the result names it."""
    found: List[Data] = normalise({row.keyword: [block]})[0].get(row.keyword, [])
    return found[0] if found else {}


def _data(row: Row, statement: Statement) -> Optional[Data]:
    """The canonical data of a block, None when the table has no form for what stands before its brace."""
    return _read(row, str(statement)[statement.column - 1 - statement.offset :])


def _read(row: Row, text: str) -> Optional[Data]:
    """The canonical data of the text of one block, None when the table has no form for what is before its brace."""
    blocks: List[Data] = read_part(parse(text)).get(row.keyword, [])
    return _canonical(row, blocks[0]) if blocks else None


def _refuse_problems(document: Document, block: Optional[Statement]) -> None:
    """Raise EditError for a brace or quote that nobody can pair, and for any problem inside of the block."""
    last = block.line + str(block).rstrip("\n").count("\n") if block else 0
    for problem in document.problems:
        if breaks_blocks(problem) or (block and block.line <= problem.line <= last):
            raise EditError(str(problem) + ". Correct that first, by hand.")


def _append(document: Document, row: Row, text: str) -> None:
    """Write a new block behind everything that stands before its kind in the order of the table, a blank line between.

    Definitions, includes and unknown words may be needed for it: it is written behind them, too.
    """
    behind: Optional[Statement] = None
    for statement in document.statements():
        other = table.find(statement.keyword)
        if other is None or other.rank <= row.rank:
            behind = statement
    newline = "\r\n" if "\r\n" in str(document) else "\n"
    if behind is None and document.items:
        document.items.append(Trivia(_line_end(document, newline) + newline))
        edit.append(document, text)
    elif behind is None:
        edit.append(document, text)
    else:
        edit.insert_after(document, behind, text)
        index = document.items.index(behind) + 1
        document.items.insert(index, Trivia(newline))


def _line_end(document: Document, newline: str) -> str:
    return "" if str(document).endswith("\n") else newline


def _is_blank(item: Any) -> bool:
    return isinstance(item, Trivia) and not item.text.strip()


def given_options(params: Dict[str, Any], section: str) -> Data:
    """What the options of a module give of the data of one block: the keywords of the table that are not None."""
    names = (*table.rows(section), layout.RAW)
    return {name: given(params[name]) for name in names if params.get(name) is not None}
