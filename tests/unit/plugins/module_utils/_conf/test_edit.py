# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Edits: what they write, and that every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse

FILE = """\
! made by hand
global_defs {
   router_id one   # not two
}

vrrp_instance VI_1 {   # the first
    state   BACKUP     ! keep
    priority 100
    virtual_ipaddress
    # addresses
    {
        10.0.0.1/24  dev eth0
    }
} # end of VI_1
track_file x { file "/run/x y" }
include more.conf
last word"""


def find(document, keyword):
    return next(statement for statement, _ancestors in document.walk() if statement.keyword == keyword)


def edited(text, function, keyword, *arguments):
    document = parse(text)
    getattr(edit, function)(document, find(document, keyword), *arguments)
    return str(document)


@pytest.mark.parametrize(
    ("keyword", "new", "old", "written"),
    [
        ("router_id", "router_id two", "router_id one", "router_id two"),
        ("state", "state MASTER\n", "state   BACKUP", "state MASTER"),
        (
            "virtual_ipaddress",
            "virtual_ipaddress {\n    }",
            FILE[FILE.index("virtual_ipaddress") : FILE.index("\n} # end")],
            "virtual_ipaddress {\n    }",
        ),
        ("vrrp_instance", "a {\n}\n\n", FILE[FILE.index("vrrp_instance") : FILE.index(" # end")], "a {\n}"),
        ("file", "file /run/y", 'file "/run/x y"', "file /run/y"),
        ("file", "file /run/y\nweight 1", 'file "/run/x y"', "file /run/y\nweight 1"),
        ("file", "include y", 'file "/run/x y"', "include y\n"),
        ("file", "file y # note", 'file "/run/x y"', "file y # note\n"),
        ("include", "include other*.conf", "include more.conf", "include other*.conf"),
        ("last", "final words # here", "last word", "final words # here"),
    ],
)
def test_replace_changes_the_statement_only(keyword, new, old, written):
    assert FILE.count(old) == 1
    assert edited(FILE, "replace", keyword, new) == FILE.replace(old, written)


@pytest.mark.parametrize(
    ("keyword", "old", "left"),
    [
        ("router_id", "   router_id one   # not two\n", ""),
        ("vrrp_instance", FILE[FILE.index("vrrp_instance") : FILE.index("track_file")], ""),
        ("file", ' file "/run/x y"', ""),
        ("10.0.0.1/24", "        10.0.0.1/24  dev eth0\n", ""),
        ("last", "last word", ""),
    ],
)
def test_remove_takes_the_statement_with_its_line(keyword, old, left):
    assert FILE.count(old) == 1
    assert edited(FILE, "remove", keyword) == FILE.replace(old, left)


def test_remove_leaves_the_line_end_of_a_shared_line():
    assert edited("a { b\nc\n}\n", "remove", "b") == "a {\nc\n}\n"


@pytest.mark.parametrize(
    ("keyword", "before", "behind"),
    [
        ("global_defs", "}\n", "\nvrrp_instance"),
        ("state", "! keep\n", "    priority"),
        ("virtual_ipaddress", "eth0\n    }\n", "} # end"),
        ("track_file", 'y" }\n', "include"),
    ],
)
def test_insert_after_writes_lines_of_its_own(keyword, before, behind):
    assert FILE.count(before + behind) == 1
    assert edited(FILE, "insert_after", keyword, "  new {\n  }") == FILE.replace(
        before + behind, before + "  new {\n  }\n" + behind
    )


def test_insert_after_the_end_without_newline():
    assert edited(FILE, "insert_after", "last", "new\n") == FILE + "\nnew\n"


def test_insert_after_inside_a_line():
    assert edited("a { b { } c }\n", "insert_after", "b", "new") == "a { b { }\nnew\n c }\n"
    assert edited("a { b c }\n", "insert_after", "b", "new") == "a { b c\nnew\n }\n"


@pytest.mark.parametrize(
    ("keyword", "new", "before", "written"),
    [
        ("state", "    preempt", "    state   BACKUP", "    preempt\n    state   BACKUP"),
        ("global_defs", "a b\n", "global_defs {", "a b\nglobal_defs {"),
        ("file", "weight 1", ' file "/run/x y"', '\nweight 1\n file "/run/x y"'),
    ],
)
def test_insert_before_writes_lines_of_its_own(keyword, new, before, written):
    assert FILE.count(before) == 1
    assert edited(FILE, "insert_before", keyword, new) == FILE.replace(before, written)


@pytest.mark.parametrize("text", ["", "a\n", "# x\na\n"])
def test_insert_at_the_beginning(text):
    document = parse(text)
    edit.insert_after(document, None, "new {\n}\n")
    assert str(document) == "new {\n}\n" + text


def test_insert_behind_a_byte_order_mark():
    document = parse("\ufeffa\n")
    edit.insert_after(document, None, "new\n")
    assert str(document) == "\ufeffnew\na\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "new 1\n"),
        ("a\n", "a\nnew 1\n"),
        ("a", "a\nnew 1\n"),
        ("a {\n}", "a {\n}\nnew 1\n"),
        ("# x", "# x\nnew 1\n"),
        ("a\r\n", "a\r\nnew 1\r\n"),
    ],
)
def test_append_to_a_document(text, expected):
    document = parse(text)
    edit.append(document, "new 1")
    assert str(document) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {\n} # x\nb\n", "a {\n  new 1\n} # x\nb\n"),
        ("a {\n  c\n}\n", "a {\n  c\n  new 1\n}\n"),
        ("a { # x\r\n}\r\n", "a { # x\r\n  new 1\r\n}\r\n"),
        ("a {}\n", "a {\n  new 1\n}\n"),
        ("a { c }", "a { c\n  new 1\n }"),
        ("a\n{ c {} }\n", "a\n{ c {}\n  new 1\n }\n"),
    ],
)
def test_append_to_a_block(text, expected):
    document = parse(text)
    edit.append(find(document, "a"), "  new 1\n")
    assert str(document) == expected


@pytest.mark.parametrize(
    ("keyword", "words", "old", "written"),
    [
        ("router_id", ['"two # three"'], "router_id one   #", 'router_id "two # three"   #'),
        ("state", ["MASTER"], "state   BACKUP     !", "state   MASTER     !"),
        ("state", [], "state   BACKUP     !", "state     !"),
        ("last", ["a", "b"], "last word", "last a b"),
        ("10.0.0.1/24", ["label", "x"], "10.0.0.1/24  dev eth0", "10.0.0.1/24  label x"),
        ("vrrp_instance", ["VI_2"], "vrrp_instance VI_1 {", "vrrp_instance VI_2 {"),
        ("virtual_ipaddress", ["x"], "virtual_ipaddress\n", "virtual_ipaddress x\n"),
        ("file", ["z"], 'file "/run/x y" }', "file z }"),
    ],
)
def test_set_value_keeps_blanks_and_comment(keyword, words, old, written):
    assert FILE.count(old) == 1
    document = parse(FILE)
    statement = find(document, keyword)
    edit.set_value(document, statement, words)
    assert str(document) == FILE.replace(old, written)
    assert statement.values == tuple(word.strip('"') for word in words)


def test_set_value_behind_a_condition():
    assert edited("@one a  b\n", "set_value", "a", ["c"]) == "@one a  c\n"


@pytest.mark.parametrize("keyword", ["router_id", "vrrp_instance", "file"])
def test_line_ends_of_the_document_are_taken(keyword):
    text = FILE.replace("\n", "\r\n")
    result = edited(text, "replace", keyword, "new {\n  a\n}\n")
    assert result == edited(FILE, "replace", keyword, "new {\r\n  a\r\n}\r\n").replace("\n", "\r\n")
    assert "\n" not in result.replace("\r\n", "")


@pytest.mark.parametrize("new", ["a {", "a }", 'a "b', "include", "$X=1 \\", "a\u00a0b", "a\0b"])
def test_text_that_does_not_stand_alone_is_refused(new):
    document = parse(FILE)
    statement = find(document, "state")
    for attempt in (
        lambda: edit.replace(document, statement, new),
        lambda: edit.insert_after(document, statement, new),
        lambda: edit.append(document, new),
    ):
        with pytest.raises(ValueError, match=r"^new text:1:\d+: "):
            attempt()
    assert str(document) == FILE


@pytest.mark.parametrize("word", ["", "a b", "#a", "a#b", "{", "a{", '"a', 'a"b"', "a\n", " a"])
def test_what_is_not_one_word_is_no_value(word):
    document = parse(FILE)
    with pytest.raises(ValueError, match="not one word"):
        edit.set_value(document, find(document, "state"), [word])
    assert str(document) == FILE


def test_refusals_name_the_object():
    document = parse(FILE)
    state = find(document, "state")
    edit.remove(document, state)
    with pytest.raises(ValueError, match=r"Statement\('state BACKUP', line=7\) is not in"):
        edit.remove(document, state)
    with pytest.raises(ValueError, match="'priority' in line 8 has no block"):
        edit.append(find(document, "priority"), "x")
    with pytest.raises(ValueError, match=r"line 16 has no plain keyword.*replace\(\)"):
        edit.set_value(document, find(document, "include"), ["x"])
    with pytest.raises(ValueError, match="new text is empty"):
        edit.replace(document, find(document, "priority"), " \n")
    with pytest.raises(ValueError, match="new text is empty"):
        edit.append(document, "\n")


def test_new_statements_are_given_back_and_can_be_edited():
    document = parse("a { b }\n")
    (new,) = edit.replace(document, find(document, "b"), "c 1 { d }")
    edit.set_value(document, new, ["2"])
    edit.append(new, "e")
    assert str(document) == "a { c 2 { d\ne\n } }\n"


BLOCKS = st.recursive(
    st.sampled_from(
        ["k 1\n", "  k 2 # c\n", "\n", "# c\n", 'k "a{b"\n', "k{j}i\n", "k{j 1 }\n", "$K=1\n", "include k\n", "@h k\n"]
    ),
    lambda inner: st.builds(
        lambda head, body, tail: head + "".join(body) + tail,
        st.sampled_from(["k {\n", "k a { # c\n", "k\n# c\n{", " k{"]),
        st.lists(inner, max_size=4).map(lambda parts: parts if not parts else ["\n", *parts]),
        st.sampled_from(["}\n", "} # end\n", "}k 9\n"]),
    ),
    max_leaves=12,
)
TEXTS = st.builds(
    lambda parts, windows, cut: ("".join(parts).replace("\n", "\r\n") if windows else "".join(parts))[
        : None if cut else -1
    ],
    st.lists(BLOCKS, min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
).filter(lambda text: not parse(text).problems)


def described(document):
    return [(str(item).strip(), item.keyword, item.values, len(above)) for item, above in document.walk()]


@settings(max_examples=600)
@given(TEXTS, st.integers(0, 30), st.sampled_from(["new 1", "new {\n  x\n}", "new # note", "include new"]))
def test_edits_leave_the_rest_alone(text, index, new):
    size = len(described(parse(text)))
    for function, arguments in (("replace", [new]), ("remove", []), ("insert_after", [new])):
        document = parse(text)
        # (statement, where its source begins) for one of them
        begin, target = 0, None
        for position, (statement, _ancestors) in enumerate(document.walk()):
            begin = text.index(str(statement), begin)
            if position == index % size:
                target = statement
                break
            begin += len(statement.head) if statement.has_block else len(str(statement))
        if target is None:
            return
        source = str(target)
        getattr(edit, function)(document, target, *arguments)
        result = str(document)
        assert result.startswith(text[:begin] + (source if function == "insert_after" else ""))
        assert result.endswith(text[begin + len(source) :])
        # the tree that was edited is the tree of the text that it has become
        assert parse(result).problems == []
        assert described(parse(result)) == described(document)
