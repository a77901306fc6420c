# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables: columns, folding, and what must not reach a terminal."""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils import _table


def test_the_first_column_is_left_aligned_and_the_others_right_aligned():
    assert _table.lines(("fault", "ms"), [("a", "10"), ("longer", "5")]) == [
        "fault   ms", "----------", "a       10", "longer   5"]


def test_the_columns_to_align_right_can_be_chosen():
    assert _table.lines(("a", "b", "c"), [("xx", "yy", "zz")], right=[0]) == [
        " a  b   c", "----------", "xx  yy  zz"]


def test_the_last_column_is_folded_and_nothing_is_cut():
    found = _table.lines(("a", "text"), [("x", "one two three"), ("y", "averylongword b")], right=[], width=12)
    assert found == ["a  text", "----------------", "x  one two", "   three", "y  averylongword", "   b"]


def test_wide_characters_take_two_columns_and_marks_none():
    assert _table.cells("主机") == 4 and _table.cells("e\N{COMBINING ACUTE ACCENT}") == 1
    assert _table.lines(("a", "b"), [("主机", "1"), ("x", "2")])[2:] == ["主机  1", "x     2"]


def test_what_steers_a_terminal_is_shown_and_not_sent():
    assert _table.lines(("a",), [("\x1b[2Jx",)])[2] == "\\x1b[2Jx"
    assert _table.visible("tab\tnew\nline") == "tab\tnew\nline"
