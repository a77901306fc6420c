# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What must hold for every text whatever it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.difference import difference
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.inventory import Reference, marked, variables
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import evaluate, identities
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import meaning, read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import MASK, mask

# The part of the inputs that is imported as a cluster.
IMPORTED = 0.1
IMPORT_SETTINGS = ("keepalived_group", "keepalived_track_service", "keepalived_log_transitions",
                   "keepalived_maintenance_file")
HOST = {"interfaces": {"eth0": ["192.0.2.1/24"], "eth1": ["10.0.0.11/24", "fd00::11/64"], "eth2": []}}
VERSIONS = (None, (2, 0, 10), (2, 2, 7), (2, 3, 3))
# Written in the place of a statement; each stands alone.
REPLACEMENTS = ("priority 42", "track_script {\n    check\n}", 'script "/bin/true -x"', "word # note", "include x.conf")


class BrokenError(AssertionError):
    """Something that must hold does not."""


def require(holds: bool, what: str) -> None:
    """Raise BrokenError with ``what`` unless it holds."""
    if not holds:
        raise BrokenError(what)


def check_tree(text: str, random: Random) -> None:
    """The tree holds every byte, and every place it gives is in the text."""
    document = parse(text)
    require(str(document) == text, "str(parse(text)) is not the text")
    lines = text.split("\n")
    for problem in document.problems:
        require(1 <= problem.line <= len(lines), f"problem in line {problem.line} of {len(lines)}: {problem.message}")
        require(1 <= problem.column <= len(lines[problem.line - 1]) + 1,
                f"problem in column {problem.column} of {len(lines[problem.line - 1])}: {problem.message}")
        require(str(problem).startswith(f"<string>:{problem.line}:{problem.column}: "), "place of a problem")
    for statement, _ancestors in document.walk():
        words = statement.words
        if statement.kind == "statement" and words:
            require(statement.keyword == words[0].value, f"{statement!r} has another keyword than its words")
            found = lines[statement.line - 1][words[0].column - 1:]
            require(found.startswith(words[0].text), f"{words[0]!r} is not at its place")
        require(1 <= statement.line <= len(lines), f"{statement!r} is in no line of the text")
        require(statement.column >= 1, f"{statement!r} has column {statement.column}")


@lru_cache(maxsize=1)
def data_of(text: str) -> dict[str, Any]:
    """Return what is read of a text, once for the checks of one input; none of them changes it."""
    return read(parse(text))


def check_schema(text: str, random: Random) -> None:
    """What is read can be checked, and what can be written is read back the same."""
    data = data_of(text)
    version = random.choice(VERSIONS)
    found, findings = normalise(data, version)
    for finding in findings:
        require(bool(str(finding)) and bool(finding.message), "a finding says nothing")
    errors = [finding for finding in findings if finding.severity == ERROR]
    try:
        written = render(data, version)
    except ValueError:
        require(bool(errors), "render refuses what check finds nothing wrong with")
        return
    require(not errors, f"render writes what check refuses: {errors[:1]}")
    again = parse(written)
    require(not again.problems, f"what was written has problems: {again.problems[:1]}")
    reread = read(again)
    require(reread == found, f"what was written is read as other data:\n{found}\n{reread}")
    require(render(reread, version) == written, "what was read back is written in another way")


def check_order(text: str, random: Random) -> None:
    """What is read and written again means to the daemon what the text means, whatever it calls itself."""
    document = parse(text)
    try:
        written = render(data_of(text))
    except ValueError:
        # it is refused, which is said to whoever wrote it
        return
    if document.problems:
        return
    for identity in identities(text):
        require(meaning(written, identity) == meaning(text, identity), "what was written means something else")


def check_in_force(text: str, random: Random) -> None:
    """Evaluated lines hold nothing more to evaluate, and have lines of the text."""
    identity = random.choice((None, "lb1", "lb2"))
    found = evaluate(text, identity)
    lines = text.count("\n") + 1
    require(all(1 <= line.number <= lines for line in found.lines), "a line in force is in no line of the text")
    if found.is_changed and identity is not None and not found.unknown():
        again = evaluate(found.text, identity)
        require(again.text.split("\n") == found.text.split("\n") or "$" in found.text or "@" in found.text
                or "~" in found.text, "the lines in force are not evaluated")
    for statement, _ancestors in found.document().walk():
        require(1 <= statement.line <= lines, f"{statement!r} is in no line of the text")


def check_lint(text: str, random: Random) -> None:
    """Every rule has an answer for every configuration, and what is said of a file has its place in it."""
    lines = text.split("\n")
    for finding in lint_text(text, "a.conf", random.choice(VERSIONS), random.choice((None, HOST))):
        require(finding.path == "a.conf", f"{finding.id} names no file")
        require(bool(finding.message) and bool(finding.object), f"{finding.id} says nothing")
        if finding.line is None:
            require(finding.column is None, f"{finding.id} has a column and no line")
        else:
            require(1 <= finding.line <= len(lines), f"{finding.id} is in no line of the text: {finding.line}")
            require(1 <= (finding.column or 1) <= len(lines[finding.line - 1]) + 1,
                    f"{finding.id} is behind its line: {finding.column}")


def check_mask(text: str, random: Random) -> None:
    """No secret that can be read stays readable, and the lines stay."""
    masked = mask(text)
    require(masked.count("\n") == text.count("\n"), "masking changes the number of lines")
    for secret in _secrets("", read(parse(masked))):
        # a key of auth_hmac begins with its number
        known = MASK in secret or "file:" in secret or secret.isdigit()
        require(known, f"a secret stays readable: {secret!r}")


def _secrets(path: str, data: dict[str, Any]) -> Iterator[str]:
    """Every value of a keyword that is secret."""
    for key, value in data.items():
        row = table.find(key, path)
        for item in value if isinstance(value, list) else [value]:
            if row is not None and row.type == BLOCK:
                yield from _secrets(row.path, item)
            elif row is not None and row.secret:
                yield str(item)


def check_import(text: str, random: Random) -> None:
    """What the role makes of imported variables means the same as the files. Dear, so not for every input."""
    if random.random() > IMPORTED:
        return
    lines = text.split("\n")
    del lines[random.randrange(len(lines))]
    texts = {"lb1": text, "lb2": "\n".join(lines)}
    found = variables({host: marked(each) for host, each in texts.items()}, "lb")
    members = [Member(host, None) for host in texts]
    for host, each in texts.items():
        secrets = dict(found.common_secrets, **found.own_secrets[host])
        given = _resolved(dict(found.common, **found.own[host]), secrets)
        override = given.pop("keepalived_override", {})
        config = {key[len("keepalived_"):]: given[key] for key in given if key not in IMPORT_SETTINGS}
        derived, findings = derive(config, host, members, override=override)
        require({finding.id for finding in findings} <= {"nothing-to-do"}, f"the role cannot derive: {findings[:1]}")
        different = difference(read(parse(each)), derived, host)
        require(not different, f"an import changes the meaning: {different[:3]}")


def _resolved(value: Any, secrets: dict[str, str]) -> Any:
    """The variables with the secrets that they refer to."""
    if isinstance(value, dict):
        return {key: _resolved(item, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, secrets) for item in value]
    return secrets[value.strip("{} ")] if isinstance(value, Reference) else value


def check_edit(text: str, random: Random) -> None:
    """An edit of one statement leaves every byte before and behind it."""
    spans = statement_spans(parse(text))
    if not spans:
        return
    index = random.randrange(len(spans))
    start, end = spans[index]
    document = parse(text)
    statement = [found for found, _ancestors in document.walk()][index]
    action = random.choice(ACTIONS)
    new = random.choice(REPLACEMENTS)
    action(document, statement, new, random)
    changed = str(document)
    what = f"{action.__name__[1:]}({statement!r}, {new!r})"
    require(changed.startswith(text[:start]), f"{what} changes a byte before the statement")
    require(changed.endswith(text[end:]), f"{what} changes a byte behind the statement")
    require(len(changed) >= start + len(text) - end, f"{what} takes a byte that is not its own")
    require(str(parse(changed)) == changed, f"{what} leaves a text that is not kept")


def _replace(document: Document, statement: Statement, new: str, random: Random) -> None:
    edit.replace(document, statement, new)


def _remove(document: Document, statement: Statement, new: str, random: Random) -> None:
    edit.remove(document, statement)


def _insert_after(document: Document, statement: Statement, new: str, random: Random) -> None:
    edit.insert_after(document, statement, new)


def _append(document: Document, statement: Statement, new: str, random: Random) -> None:
    if statement.has_block:
        edit.append(statement, new)


def _set_value(document: Document, statement: Statement, new: str, random: Random) -> None:
    if statement.kind == "statement" and statement.words:
        edit.set_value(document, statement, random.choice((["1"], [], ["a", '"b c"'])))


ACTIONS: tuple[Callable[[Document, Statement, str, Random], None], ...] = (
    _replace, _replace, _remove, _insert_after, _append, _set_value,
)


def statement_spans(document: Document) -> list[tuple[int, int]]:
    """Where the text of each statement of walk() begins and ends."""
    spans: list[list[int]] = []
    position = 0
    stack: list[tuple[Any, str, int]] = [(iter(document.items), "", -1)]
    while stack:
        items, tail, owner = stack[-1]
        for item in items:
            if not isinstance(item, Statement):
                position += len(item.text)
                continue
            spans.append([position, position + len(item.head)])
            position += len(item.head)
            if item.has_block:
                stack.append((iter(item.items), item.tail, len(spans) - 1))
                break
        else:
            stack.pop()
            position += len(tail)
            if owner >= 0:
                spans[owner][1] = position
    return [(span[0], span[1]) for span in spans]


CHECKS: tuple[Callable[[str, Random], None], ...] = (
    check_tree, check_schema, check_order, check_in_force, check_lint, check_mask, check_import, check_edit,
)
