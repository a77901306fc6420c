# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the daemon makes of definitions, conditions and sequences before it looks at a keyword."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import evaluate, identities


def lines(text: str, identity: str | None = "lb1") -> list[str]:
    return [line.strip() for line in evaluate(text, identity).text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # from its line on, and the last one counts
        ("a $X\n$X=1\na $X\n$X=2\na $X\n", ["a $X", "a 1", "a 2"]),
        # what may follow a name without braces
        ("$X=1\na $X,$X)$X\t$X\n", ["a 1,1)1\t1"]),
        ("$X=1\na $X/24 10.$X.1 \"$X\" $Xy b$X\n", ['a $X/24 10.$X.1 "$X" $Xy b1']),
        ("$X=1\na ${X}/24 10.${X}.1 \"${X}\" ${X}y\n", ['a 1/24 10.1.1 "1" 1y']),
        # at its use, not at its definition
        ("$A=${B}\n$B=1\na $A\n$B=2\na $A\n", ["a 1", "a 2"]),
        ("$A=\na b${A}c\n", ["a bc"]),
        ("$A=1 # note\na $A\n", ["a 1"]),
        ("$A = 1\na $A\n", ["$A = 1", "a $A"]),
        ("$1A=1\n", ["$1A=1"]),
        # the brace of a reference that is not replaced is a brace
        ("a ${X} b\n", ["a $", "{", "X", "}", "b"]),
        ('a "${X}" b\n', ['a "${X}" b']),
        ("a $1$abcdefgh$ijk\n", ["a $1$abcdefgh$ijk"]),
        # several lines, only where nothing stands behind
        ("$A=a 1 \\\n  b 2 \\\n  c 3\n$A\nx $A\n", ["a 1", "b 2", "c 3", "x a 1", "b 2", "c 3"]),
        ("$A=a \\\nb\nx ${A} y\n", ["x $", "{", "A", "}", "y"]),
        ("$A=a \\\n# note\nb\n", ["# note", "b"]),
        ("$A=a \\\n# note \\\nb\n$A\n", ["a", "b"]),
        ("$A=a \\\n\nb\n$A\n", ["b", "a"]),
        ("$B=x \\\ny\n$A=a \\\n${B} \\\nb\n$A\n", ["a", "x", "y", "b"]),
        ("$A=x { \\\na }\n$A\n", ["x", "{", "a", "}"]),
        # a definition among the lines of another
        ("$A=a \\\n$N=5 \\\nb ${N}\n$A\n", ["a", "b 5"]),
        # conditions
        ("@lb1 a\n@lb2 b\n@^lb1 c\n@^lb2 d\n@lb1\n", ["a", "d"]),
        ("@lb1 $X=1\n@lb2 $X=2\na $X\n", ["a 1"]),
        ("x { @lb2 a\n}\n", ["x", "{", "}"]),
        ("$C=@lb2 b\n$C\n$D=@lb1 $E\n$E=e\n$D\n", ["e"]),
        # sequences
        ("~SEQ(N,1,3) a ${N}\nb $N\n", ["a 1", "a 2", "a 3", "b 3"]),
        ("~SEQ(N,2) a $N\n", ["a 1", "a 2"]),
        ("~SEQ(N,10,-5,0) a $N\n", ["a 10", "a 5", "a 0"]),
        ("~SEQx(N,8,0x0b) a $N\n", ["a 8", "a 9", "a a", "a b"]),
        ("$L=2\n~SEQ(N,1,${L}) a $N\n", ["a 1", "a 2"]),
        ("~SEQ(A,1,2) ~SEQ(B,1,2) a ${A}${B}\n", ["a 11", "a 12", "a 21", "a 22"]),
        ("~SEQ(N,1,2) { a $N }\n", ["{", "a 1", "}", "{", "a 2", "}"]),
        ("~SEQ(N) a\n~SEQ N a\n~SEQ(N,1,2\n~SEQ(N,1,-1,3) b\n", []),
        ("~LST(A,x,y) a $A\n", ["a x", "a y"]),
        ("~LST({A,B},{x,1},{y}) a ${A}${B}\n", ["a x1", "a y"]),
        ("~LST({A,B},{x,1,2}) a\n~LST A a\n", []),
        ("$S=~SEQ(N,1,2) a ${N}\n$S\n", ["a 1", "a 2"]),
        # comments
        ("a \\# b # c\n", ["a \\# b # c"]),
        ("$A=1\na $A b ${_HASH} c\n", ["a 1 b"]),
        ("a ${_BANG} c\n", ["a"]),
        ("a ${_INSTANCE}\n", ["a lb1"]),
    ],
)
def test_lines_in_force(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "identity", "unknown"),
    [
        ("$X=1\na $X\ninclude x\na $X\n$X=2\na $X\n", "lb1", {4}),
        ("include x\na ${Y}\na b\n", "lb1", {2}),
        ("@lb1 $X=1\na $X\nb\n", None, {2}),
        ("@lb1 a\nb\n", None, {1}),
        ("@lb1 include x\n$Y=1\na $X $Y\nb $Y\n", None, {1, 3}),
        ("a ${_PWD}\na ${_RANDOM 1 9}\na ${_INSTANCE}\n", None, {1, 2, 3}),
        ("$_PWD=1\na ${_PWD}\n", None, set()),
        ("$A=${A}\na $A\nb\n", "lb1", {2}),
        ("$A=$B\n$B=$A\na $A\nb\n", "lb1", {3}),
        ("$A=" + "x" * 900 + "\na ${A}${A}\n", "lb1", {2}),
    ],
)
def test_what_is_not_known_is_marked_and_stays(text: str, identity: str | None, unknown: set[int]) -> None:
    found = evaluate(text, identity)
    assert found.unknown() == unknown
    written = text.split("\n")
    assert {line.text for line in found.lines if not line.is_known} == {written[number - 1] for number in unknown}


def test_a_sequence_without_end_ends() -> None:
    found = evaluate("~SEQ(N,1,1000000000) $A=$N\nb\n", "lb1")
    assert 1 in found.unknown()
    assert found.lines[-2].text == "b"


def test_statements_have_the_lines_of_the_source() -> None:
    text = "$B= a 1 \\\n b 2\nx {\n  $B\n  ~SEQ(N,1,2) c $N\n  d\n}\ne\n"
    found = [(statement.keyword, statement.line) for statement, _ancestors in evaluate(text, "lb1").document().walk()]
    assert found == [("x", 3), ("a", 4), ("b", 4), ("c", 5), ("c", 5), ("d", 6), ("e", 8)]


def test_a_text_without_them_is_taken_as_it_is() -> None:
    text = "a { b # c\n}\n"
    found = evaluate(text)
    assert not found.is_changed
    assert found.text == text


def test_the_state_at_an_include_is_marked() -> None:
    one, other = (evaluate(text, "lb1", True).text for text in ("$A=1\ninclude x\n", "include x\n"))
    assert one != other
    assert "include x" in one


def test_identities() -> None:
    assert identities("@lb1 a\nx { @^lb2 $B=1\n") == ["lb1", "lb2", "other"]
    assert identities("a\n") == ["other"]
    assert "other" not in identities("@other a\n")[1:]
