# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""The tree: lossless for every text, and the daemon's reading of each kind of line."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, Trivia, Word, parse

DEEP = 100_000

# Pieces that mean something to the grammar, glued together at random.
PIECES = st.sampled_from(
    [
        " ",
        "\t",
        "\f",
        "\v",
        "\r",
        "\n",
        "\r\n",
        "\\\n",
        "\\",
        '"',
        "'",
        "!",
        "#",
        "{",
        "}",
        " {\n",
        "}\n",
        "$",
        "$NAME=",
        "${NAME}",
        "=",
        "@",
        "@id ",
        "@^id ",
        "~",
        "~SEQ(N,1,3) ",
        "~LST({A,B},{a,b}) ",
        "~SEQ(",
        ")",
        "include ",
        "includer x.conf",
        "include",
        "\0",
        "\ufeff",
        "\u00a0",
        "\u3000",
        "\udc80",
        "\ud800",
        "word",
        "10.0.0.1/24",
        '"two words"',
        '"a#b"',
        "# comment\n",
        "state BACKUP\n",
    ]
)
NESTED = st.recursive(
    st.sampled_from(
        [
            "state BACKUP\n",
            "# note\n",
            "\n",
            'script "/bin/true {x} #y"\n',
            "priority 100 ! note\n",
            "a{b c}d\n",
            "x\n{\ny\n}\n",
        ]
    ),
    lambda inner: st.builds(
        lambda head, body, tail: head + "".join(body) + tail,
        st.sampled_from(["block {\n", "block name {", "block\n# note\n{ # more\n", "\tblock{"]),
        st.lists(inner, max_size=4),
        st.sampled_from(["}\n", "} # end\n", "\n}", "}"]),
    ),
    max_leaves=20,
)
ANY_TEXT = st.one_of(
    st.lists(PIECES, max_size=40).map("".join),
    st.lists(NESTED, max_size=4).map("".join),
    st.text(st.characters(codec=None), max_size=60),
    st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)


def shape(items):
    """Nested (keyword, values, children) with children None for a statement without a block."""
    return [
        (item.keyword, item.values, shape(item.items) if item.has_block else None)
        for item in items
        if isinstance(item, Statement)
    ]


def leaf(keyword, *values):
    return keyword, values, None


@settings(max_examples=1500)
@given(ANY_TEXT)
def test_every_text_comes_back_byte_for_byte(text):
    document = parse(text)
    assert str(document) == text
    assert "".join(str(item) for item in document.items) == text


@settings(max_examples=800)
@given(ANY_TEXT)
def test_words_stand_where_they_say(text):
    # what the daemon calls a line ends with a newline only
    lines = text.split("\n")
    for statement, _ancestors in parse(text).walk():
        words = statement.words
        if statement.kind == "definition":
            words = words[:1]
        for word in words:
            assert lines[word.line - 1].startswith(word.text, word.column - 1)
        if words:
            assert (statement.line, statement.column) == words[0][2:4]
        assert statement.values == tuple(word.value for word in statement.words[1:])


@settings(max_examples=800)
@given(ANY_TEXT)
def test_problems_point_into_the_text(text):
    lines = text.split("\n")
    for problem in parse(text, "some.conf").problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert str(problem) == f"some.conf:{problem.line}:{problem.column}: {problem.message}"


@settings(max_examples=300)
@given(st.lists(NESTED, max_size=4).map("".join))
def test_balanced_text_has_no_problem(text):
    assert parse(text).problems == []


READS = {
    "empty text": ("", []),
    "no final newline": ("state BACKUP", [leaf("state", "BACKUP")]),
    "crlf": ("a {\r\n b c\r\n}\r\n", [("a", (), [leaf("b", "c")])]),
    "lone carriage return separates words": ("a\rb c\n", [leaf("a", "b", "c")]),
    "form feed and vertical tab separate words": ("a\fb\vc\n", [leaf("a", "b", "c")]),
    "no-break space sticks to the word": ("\u00a0a b\n", [leaf("\u00a0a", "b")]),
    "ideographic space sticks to the word": ("a\u3000b c\n", [leaf("a\u3000b", "c")]),
    "next line character does not end a line": ("a\x85b\n", [leaf("a\x85b")]),
    "line separator does not end a line": ("a \u2028 b\n", [leaf("a", "\u2028", "b")]),
    "byte order mark": ("\ufeffa b\n", [leaf("a", "b")]),
    "bytes that are no utf-8": ("a \udcff\udc80\n", [leaf("a", "\udcff\udc80")]),
    "nul cuts the line": ("a b\0c {\nd\n", [leaf("a", "b"), leaf("d")]),
    "comment with each sign": ("! a\n# b\nc ! d\ne # f\n", [leaf("c"), leaf("e")]),
    "comment inside a word": ("auth_pass ab#cd\nauth_pass ab!cd\n", [leaf("auth_pass", "ab"), leaf("auth_pass", "ab")]),
    "comment sign behind a backslash is a comment": ("a b\\#c\n", [leaf("a", "b")]),
    "comment signs in quotes": ('a "b#c" "d!e" # f\n', [leaf("a", "b#c", "d!e")]),
    "fullwidth signs are no comments": ("a \uff03b \uff01c\n", [leaf("a", "\uff03b", "\uff01c")]),
    "brace in a comment": ("a { # {\n b } # }\n", [("a", (), [leaf("b")])]),
    "apostrophe is no quote": ("a 'b c'\n", [leaf("a", "'b", "c'")]),
    "quotes split a word": ('ab"cd"ef\n', [leaf("ab", "cd", "ef")]),
    "quoted keyword": ('"a b" c\n', [leaf("a b", "c")]),
    "empty quotes": ('a ""\n', [leaf("a", "")]),
    "protected quotes inside quotes": ('a "b \\"c d\\" e" f\n', [leaf("a", 'b "c d" e', "f")]),
    "braces in quotes": ('a "{ b }" {\n}\n', [("a", ("{ b }",), [])]),
    "quote that is not closed": ('a "b c # d {\ne\n', [leaf("a", "b c # d {"), leaf("e")]),
    "brace glued to the word": ("a{\nb\n}\n", [("a", (), [leaf("b")])]),
    "brace on the next line": ("a b\n{\nc\n}\n", [("a", ("b",), [leaf("c")])]),
    "brace after blank lines and comments": ("a\n\n# x {\n! y\n  { c\n}\n", [("a", (), [leaf("c")])]),
    "block in one line": ("a { b c }\n", [("a", (), [leaf("b", "c")])]),
    "blocks in one line": ("a { b { c d } e } f\n", [("a", (), [("b", (), [leaf("c", "d")]), leaf("e")]), leaf("f")]),
    "rest of a line belongs to its first keyword": (
        "a { state BACKUP interface eth0\n}\n",
        [("a", (), [leaf("state", "BACKUP", "interface", "eth0")])],
    ),
    "empty block": ("a {}\nb { }\n", [("a", (), []), ("b", (), [])]),
    "statement behind a brace": ("a {\n} b {\n} c\n", [("a", (), []), ("b", (), []), leaf("c")]),
    "closing brace without a block": ("}\na }\n", [leaf("}"), leaf("a"), leaf("}")]),
    "block without a keyword": ("a {\n}\n{\nb\n}\n", [("a", (), []), ("", (), [leaf("b")])]),
    "block that is not closed": ("a {\nb {\nc\n", [("a", (), [("b", (), [leaf("c")])])]),
    "definition": ("$A=1 2 # c\n$_b2=\n", [leaf("$A", "1 2"), leaf("$_b2", "")]),
    "definition holds braces and quotes": ('$A=x { "y\n}\n', [leaf("$A", 'x { "y'), leaf("}")]),
    "definition over several lines": ("$A= \\\n x { \\\n y \\\n }\nz\n", [leaf("$A", "\nx {\ny\n}"), leaf("z")]),
    "definition goes on behind a comment": ("$A=x # c \\\ny\nz\n", [leaf("$A", "x\ny"), leaf("z")]),
    "definition goes on behind a backslash and a comment": ("$A=x \\ # c\ny\nz\n", [leaf("$A", "x\ny"), leaf("z")]),
    "two backslashes in a comment do not go on": ("$A=x # c \\\\\nz\n", [leaf("$A", "x"), leaf("z")]),
    "definition ends at a blank line": ("$A=x \\\n\ny\n", [leaf("$A", "x"), leaf("y")]),
    "definition ends at a comment": ("$A=x \\\n# c\ny\n", [leaf("$A", "x"), leaf("y")]),
    "definition goes on behind a comment of its own": (
        "$A=x \\\n  # c \\\n y \\\n ! \\\n z\na\n", [leaf("$A", "x\ny\nz"), leaf("a")]),
    "definition goes on behind a comment with a backslash in it": (
        "$A=x \\\n# \\ c \\\ny\nz\n", [leaf("$A", "x\ny"), leaf("z")]),
    "definition ends at a comment with two backslashes": ("$A=x \\\n# c \\\\\ny\n", [leaf("$A", "x"), leaf("y")]),
    "definition with crlf": ("$A=x \\\r\ny\r\nz\r\n", [leaf("$A", "x\ny"), leaf("z")]),
    "no definition: blank before the sign": ("$A =1\n", [leaf("$A", "=1")]),
    "no definition: other names": ("$1=2\n$A.b=3\n$\u00c9=4\n", [leaf("$1=2"), leaf("$A.b=3"), leaf("$\u00c9=4")]),
    "use of a definition": ("$A\nb c,${A}d ${A}\n", [leaf("$A"), leaf("b", "c,${A}d", "${A}")]),
    "use of a definition before a block": ("a ${A}{\n}\n", [("a", ("${A}",), [])]),
    "built-in definition with parameters": ("a x${_RANDOM 1 9}y\n", [leaf("a", "x${_RANDOM 1 9}y")]),
    "continuation outside of a definition": ("a b \\\nc\n", [leaf("a", "b", "\\"), leaf("c")]),
    "include": ("include a.conf\nincluder /b/*.conf # c\n", [leaf("include", "a.conf"), leaf("includer", "/b/*.conf")]),
    "include takes the rest of the line": (
        "a {\ninclude b c{d,e} }\n}\n",
        [("a", (), [leaf("include", "b c{d,e} }")])],
    ),
    "include keeps quotes": ('include "a.conf"\n', [leaf("include", '"a.conf"')]),
    "include behind a brace": ("a { include b\n}\n", [("a", (), [leaf("include", "b")])]),
    "words that begin like include": ("included a\nincludex b\n", [leaf("included", "a"), leaf("includex", "b")]),
    "condition": ("@one a b\n@^two c\n", [leaf("a", "b"), leaf("c")]),
    "condition is the whole line": ("@one\n@one{\n@one  \na\n", [leaf(""), leaf(""), leaf(""), leaf("a")]),
    "condition before a block": ("@one a {\nb\n@one }\n", [("a", (), [leaf("b")])]),
    "condition behind a brace": ("a { @one b\n}\n", [("a", (), [leaf("b")])]),
    "condition before a definition": ("@one $A=1\n", [leaf("$A", "1")]),
    "no condition behind a form feed": ("\f@one a\n", [leaf("@one", "a")]),
    "mail address is no condition": ("a {\nroot@example.com\n}\n", [("a", (), [leaf("root@example.com")])]),
    "sequence": ("~SEQ(N, 1, 3) a $N\n", [leaf("~SEQ(N, 1, 3)", "a", "$N")]),
    "sequence with braces": (
        "~LST({A,B},{a,b},{c,d}) x${A} { y }\n",
        [("~LST({A,B},{a,b},{c,d})", ("x${A}",), [leaf("y")])],
    ),
    "hexadecimal sequence": ("~SEQx(N,9,11) a\n", [leaf("~SEQx(N,9,11)", "a")]),
    "sequence without parenthesis": ("~SEQ(N,1 a {\nb\n", [leaf("~SEQ(N,1 a {"), leaf("b")]),
    "other words with a tilde": ("~FOO a\n", [leaf("~FOO", "a")]),
}


@pytest.mark.parametrize("name", READS)
def test_reads_as_the_daemon_does(name):
    text, expected = READS[name]
    document = parse(text)
    assert shape(document.items) == expected
    assert str(document) == text


PROBLEMS = {
    "nothing wrong": ("a {\n b c\n}\n", []),
    "missing brace points at the block": ("a {\n  b c {\n", ["1:1: block of 'a' is not", "2:3: block of 'b' is not"]),
    "brace that closes nothing": ("a {\n} }\n", ["2:3: '}' closes no block"]),
    "brace without a keyword": ("a {\n}\n {\n}\n", ["3:2: '{' follows no keyword"]),
    "quote that is not closed": (
        'a "b\nc d"\n',
        ["1:3: double quote is not closed", "2:4: double quote is not closed"],
    ),
    "brace behind a protected quote": ('a "b \\"{ c; }\\""\n', ["1:3: keepalived finds a brace after"]),
    "braces between protected quotes only look bad": ('a "{ b } \\"c\\""\n', []),
    "include without a file": ("include\nincludea # x\n", ["1:1: 'include' names no file", "2:1: 'includea' names no"]),
    "sequence without parenthesis": ("a\n ~SEQ(N,1\n", ["2:2: sequence has no closing parenthesis"]),
    "block that a sequence in its line ends": ("a {~SEQ(N,1,2) b }\n", ["1:1: sequence repeats the rest of its line"]),
    "condition in a block of one line": ("a { @x b }\n", ["1:1: block of 'a' does not begin and end"]),
    "condition before the brace that ends a block": ("a {\n@x b }\n", ["1:1: block of 'a' does not begin and end"]),
    "second condition of a line": ("@x a { @y b }\n", ["1:4: block of 'a' does not begin and end"]),
    "brace in the line after a condition": ("@x a\n{\nb\n}\n", ["1:4: block of 'a' does not begin and end"]),
    "block of a sequence over lines": ("~SEQ(N,1,2) a {\nb\n}\n", ["1:1: sequence repeats its own line only"]),
    "block of a sequence in its line": ("~SEQ(N,1,2) a { b }\n", []),
    "condition on one brace only": (
        "@x a {\nb\n}\nc {\n@x }\n",
        ["1:4: block of 'a' does not begin and end", "4:1: block of 'c' does not begin"],
    ),
    "condition on the second brace of a line": ("a { @x }\n", ["1:1: block of 'a' does not begin and end"]),
    "condition on both braces or in one line": ("@x a {\n@x b\n@x }\n@x c { d }\n", []),
    "definition that goes on at the end": ("a\n $A=1 \\\n", ["2:2: definition goes on after the last line"]),
    "byte order mark": ("\ufeffa\n", ["1:1: byte order mark"]),
    "byte order mark inside": ("a \ufeffb\n", ["1:3: U+FEFF is no space"]),
    "no-break space": ("a\n\u00a0b\u00a0c\n", ["2:1: U+00A0 is no space"]),
    "no-break space in quotes and comments": ('a "b\u00a0c" # \u00a0\n', []),
    "nul": ("a\nb\0c\0d\n", ["2:2: NUL byte"]),
    "lone carriage return": ("a\rb\rc\r\nd\r\n", ["1:2: carriage return inside a line"]),
    "longest line": ("a " + "b" * 1020 + "\n", []),
    "line too long": ("a\n" + "b" * 1023 + "\n", ["2:1: line is longer than 1023 bytes"]),
    "line too long in bytes only": ("a " + "\u00fc" * 600 + "\n", ["1:1: line is longer than 1023 bytes"]),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_problems_say_where_and_what(name):
    text, expected = PROBLEMS[name]
    found = [str(problem) for problem in parse(text, "f").problems]
    assert len(found) == len(expected), found
    for problem, beginning in zip(found, expected, strict=True):
        assert problem.startswith("f:" + beginning)


def test_kinds_and_conditions():
    document = parse("a\n$B=1\n~SEQ(N,2) c\ninclude d\n@x e\n@^y $F=2\n@ g\n")
    assert [(item.kind, item.condition) for item in document.statements()] == [
        ("statement", None),
        ("definition", None),
        ("sequence", None),
        ("include", None),
        ("statement", (False, "x")),
        ("definition", (True, "y")),
        ("statement", (False, "")),
    ]


def test_words_have_text_value_and_place():
    document = parse('a {\n  @id b "c d" e # f\n}\n')
    statement = next(document.walk())[0].items[0]
    assert statement.words == [
        Word("b", "b", 2, 7, False),
        Word('"c d"', "c d", 2, 9, True),
        Word("e", "e", 2, 15, False),
    ]
    assert (statement.line, statement.column, statement.arguments) == (2, 7, '"c d" e')


def test_places_inside_a_line():
    document = parse("a { b { c } d e }\nf\n")
    assert [(item.keyword, item.line, item.column) for item, _ancestors in document.walk()] == [
        ("a", 1, 1),
        ("b", 1, 5),
        ("c", 1, 9),
        ("d", 1, 13),
        ("f", 2, 1),
    ]


def test_line_numbers_count_every_kind_of_line():
    text = '# x\n\na {\n$B=1 \\\n 2\nc "d"\n}\ne\n{\nf\n}\n'
    assert [(item.keyword, item.line) for item, _ancestors in parse(text).walk()] == [
        ("a", 3),
        ("$B", 4),
        ("c", 6),
        ("e", 8),
        ("f", 10),
    ]


def test_text_of_nodes():
    document = parse("# head\n\na {  # x\n    b c # y\n} # z\n")
    block = next(document.statements())
    assert [item.text for item in document.items if isinstance(item, Trivia)] == ["# head\n", "\n"]
    assert str(block) == "a {  # x\n    b c # y\n} # z\n"
    assert [str(item) for item in block.statements()] == ["    b c # y\n"]


def test_walk_gives_ancestors_outermost_first():
    found = [
        (item.keyword, [ancestor.keyword for ancestor in ancestors])
        for item, ancestors in parse("a {\nb {\nc\n}\n}\nd\n").walk()
    ]
    assert found == [("a", []), ("b", ["a"]), ("c", ["a", "b"]), ("d", [])]


@pytest.mark.long
@pytest.mark.parametrize(
    "text",
    [
        "a {\n" * DEEP,
        "a{" * DEEP + "}" * DEEP,
        "{" * DEEP,
        "}" * DEEP,
        "\\" * (DEEP + 1),
        '"\\' * DEEP,
        "$A=\\\n" * DEEP,
        "~SEQ(" * DEEP,
        "a" + " b" * DEEP,
        "@" * DEEP,
        "#" * DEEP,
    ],
    ids=[
        "open lines",
        "balanced line",
        "only open",
        "only close",
        "backslashes",
        "quotes",
        "definitions",
        "sequences",
        "words",
        "conditions",
        "comment",
    ],
)
def test_size_and_depth_do_not_matter(text):
    document = parse(text)
    assert str(document) == text
    document = None


def events(items):
    """What keepalived complains about, statement by statement, when it knows none of the words."""
    for item in items:
        if not isinstance(item, Statement) or item.kind == "definition":
            continue
        if item.condition and not item.condition[0]:
            continue
        if item.keyword:
            yield item.keyword
        if item.has_block:
            yield "{"
            yield from events(item.items)
            if item.tail:
                yield "}"


DAEMON_LINES = """\
w1 a { w2 b } w3 c
w4{w5}w6
w7 "a { b" {
"w8 x" y # z
w9#q {
w10"x"y
w11\\{ w12 \\ }
\tw13\fa\vb\rc
\u00a0w14 a
} w15 {
@^none w16 a
@none w17 { a }
@^none @^none w18
@^w19
@^none{
$D=w20 { \\
 w21 # x \\
}
$E =1
$1=w23
w24
{ w25 } }
w26\0 {
w27 \udcff "a#b"c!d {
w28 a "
} } } }
"""


@pytest.mark.daemon
def test_keepalived_reads_the_same_words(tmp_path):
    file = tmp_path / "keepalived.conf"
    file.write_bytes(DAEMON_LINES.encode("utf-8", "surrogateescape"))
    command = [shutil.which("keepalived", path="/usr/sbin:/usr/local/sbin:/usr/bin"), "--config-test", "-f", str(file)]
    output = subprocess.run(command, capture_output=True, timeout=5, check=False).stderr.decode(
        "utf-8", "surrogateescape"
    )
    found = []
    for line in output.splitlines():
        match = re.fullmatch(r"(?:\(Line \d+\) )?(?:Unknown keyword '(.*)'|Unexpected '(\{)' - ignoring)", line)
        if match:
            found.append(match[1] or match[2])
    assert found == list(events(parse(DAEMON_LINES).items))
