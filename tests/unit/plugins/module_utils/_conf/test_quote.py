# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Words as they must be written: what is written is read back, by the tree and by the daemon."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import (
    quote,
    quote_script,
    quote_user,
    script_words,
    split_script,
)
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse

NASTY = st.lists(
    st.sampled_from(
        [
            " ",
            "\t",
            "#",
            "!",
            "{",
            "}",
            "\\",
            "'",
            "@",
            "$",
            "~",
            "=",
            "a",
            "/",
            "\u00e9",
            "\u00a0",
            "\udcff",
            "\f",
            "x1",
            "0",
        ]
    ),
    max_size=15,
).map("".join)
SCRIPTS = st.lists(
    st.sampled_from(
        [
            " ",
            "\t",
            "#",
            "!",
            "{",
            "}",
            "\\\\",
            "\\",
            "'",
            '"',
            "'a b'",
            '"c d"',
            "$",
            "a",
            "/bin/x",
            "\u00e9",
            "\udcff",
            "\n",
            "\r",
            "x1",
            "07",
        ]
    ),
    min_size=1,
    max_size=15,
).map("".join)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("BACKUP", "BACKUP"),
        ("10.0.0.1/24", "10.0.0.1/24"),
        ("fe80::1", "fe80::1"),
        ("a@b", "a@b"),
        ("it's", "it's"),
        ("a\\b", "a\\b"),
        ("a\\", "a\\"),
        ("$NAME", "$NAME"),
        ("a$b", "a$b"),
        ("\u00e9", "\u00e9"),
        ("", '""'),
        ("a b", '"a b"'),
        ("a\tb", '"a\tb"'),
        ("a#b", '"a#b"'),
        ("a!b", '"a!b"'),
        ("a{b}", '"a{b}"'),
        ("@a", '"@a"'),
        ("~SEQ", '"~SEQ"'),
        ("$A=1", '"$A=1"'),
        ("include", '"include"'),
        ("includer", '"includer"'),
        ("included", "included"),
        ("a\u00a0b", '"a\u00a0b"'),
        ("a b\\\\", '"a b\\\\"'),
    ],
)
def test_quote(value, written):
    assert quote(value) == written


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\nb", "a newline"),
        ("a\rb", "a carriage return"),
        ("a\0b", "a NUL byte"),
        ('a"b', "a double quote"),
        ("a b\\", "backslash at its end"),
        ("{", "is a brace"),
        ("}", "is a brace"),
        ("\ud800", "no UTF-8"),
    ],
)
def test_quote_refuses_what_no_word_can_hold(value, reason):
    with pytest.raises(ValueError, match=re.escape(repr(value)) + ".*" + reason):
        quote(value)


def quotable(value):
    try:
        quote(value)
    except ValueError:
        return False
    return True


@settings(max_examples=1000)
@given(NASTY.filter(quotable))
def test_what_is_quoted_is_read_back(value):
    for text in (f"{quote(value)}\n", f"  a {quote(value)} {quote(value)} # c\n", f"a {quote(value)} {{\n}}\n"):
        document = parse(text)
        (statement,) = document.statements()
        assert document.problems == []
        assert {word.value for word in statement.words} <= {"a", value}
        assert statement.words[-1].value == value


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("/usr/bin/true", "/usr/bin/true"),
        ("/usr/bin/curl -s http://127.0.0.1/", '"/usr/bin/curl -s http://127.0.0.1/"'),
        ("/bin/sh -c 'exit 0'", "\"/bin/sh -c 'exit 0'\""),
        ('/bin/sh -c "exit 0"', '"/bin/sh -c \\"exit 0\\""'),
        ('/bin/sh -c "{ exit 0; }"', '"/bin/sh -c \\042{ exit 0; }\\042"'),
        ("/bin/x 'a\"b'", "\"/bin/x 'a\\042b'\""),
        ("/bin/x a\\\\b", '"/bin/x a\\\\\\\\b"'),
        ("/bin/x\n -a", '"/bin/x\\n -a"'),
        ("/bin/x #1 !2", '"/bin/x #1 !2"'),
        ("$COMMAND", "$COMMAND"),
        ("/opt/$NAME", "/opt/$NAME"),
        ("${COMMAND}", '"${COMMAND}"'),
    ],
)
def test_quote_script(command, written):
    assert quote_script(command) == written


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("/bin/x 'a", "not closed"),
        ('/bin/x "a', "not closed"),
        ("/bin/x \\", "lone backslash"),
        ("/bin/x\0", "NUL"),
        ("/bin/\ud800", "no UTF-8"),
    ],
)
def test_quote_script_refuses_what_the_daemon_would_drop(command, reason):
    with pytest.raises(ValueError, match=reason):
        quote_script(command)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("root", "root"),
        ("domain users", '"domain users"'),
        ("o'brien", '"o\'brien"'),
        ("$ACCOUNT", "$ACCOUNT"),
        ("web#1", '"web#1"'),
        ("\u00e9", "\u00e9"),
    ],
)
def test_quote_user(name, written):
    assert quote_user(name) == written
    assert split_script(f"/bin/x {written} {written}") == ["/bin/x", name, name]


@pytest.mark.parametrize(
    ("name", "reason"), [("DOMAIN\\web", "a backslash, which versions"), ('a"b', "a double quote"), ("{", "is a brace")]
)
def test_quote_user_refuses_what_keepalived_reads_differently(name, reason):
    with pytest.raises(ValueError, match=re.escape(repr(name)) + ".*" + reason):
        quote_user(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/bin/x", ["/bin/x"]),
        ('"/bin/x a" user group', ["/bin/x a", "user", "group"]),
        ("/bin/x\\ a b", ["/bin/x a", "b"]),
        ("'/bin/x \"a\"' b", ['/bin/x "a"', "b"]),
        ("/bin/x\" a\"' b' c", ["/bin/x a b", "c"]),
        ('"a\\tb" "\\x41\\102\\cA\\E"', ["a\tb", "AB\x01\x1b"]),
        ('"\\xc3\\xa9" "\\303\\251" \\xff', ["\u00e9", "\u00e9", "\udcff"]),
        ('"a\\0b" c', ["a", "c"]),
        ("", []),
        (" \t", []),
        ('""', [""]),
    ],
)
def test_split_script(text, words):
    assert split_script(text) == words


def test_script_words_as_they_are_written():
    written = ["'/bin/x a'", "\\x41z", '"c"d']
    assert script_words("  ".join(written)) == list(zip(written, ["/bin/x a", "Az", "cd"], strict=True))


@settings(max_examples=1000)
@given(SCRIPTS)
def test_command_comes_back_through_the_tree(command):
    try:
        written = quote_script(command)
    except ValueError:
        return
    document = parse(f"a {{\n  script {written} user # c\n}}\n")
    assert document.problems == []
    script = next(document.statements()).items[0]
    assert split_script(script.arguments) == [command, "user"]


@pytest.mark.daemon
def test_keepalived_reads_the_values(tmp_path):
    values = [
        "a#b",
        "a!b",
        "a b",
        "a\tb",
        "a{b",
        "}c",
        "a\\b",
        "a\\",
        "@a",
        "@^a b",
        "~SEQ(N,1,2) a",
        "$A=1",
        "include",
        "includer",
        "$B",
        "${B}",
        "a'b",
        "a\\#b",
        "\u00e9",
        "a\u00a0b",
        "\udcff",
        "",
        "a b\\\\",
    ]
    file = tmp_path / "keepalived.conf"
    file.write_bytes("".join(f"{quote(value)} x\n" for value in values).encode("utf-8", "surrogateescape"))
    command = [shutil.which("keepalived", path="/usr/sbin:/usr/local/sbin:/usr/bin"), "--config-test", "-f", str(file)]
    output = subprocess.run(command, capture_output=True, timeout=5, check=False).stderr.decode(
        "utf-8", "surrogateescape"
    )
    assert re.findall(r"^\(Line \d+\) Unknown keyword '(.*)'$", output, re.MULTILINE) == values
