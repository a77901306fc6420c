# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Each type of value: what it takes, what it makes of it, what it says about the rest."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import addresses, entries, routes, values
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    INT,
    INTERFACE,
    IP,
    LINES,
    NAMES,
    PATH,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    WORDS,
    Row,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    ENTRIES,
    GRAMMARS,
    good_values,
    leaves,
)


def row(kind: str, **columns: Any) -> Row:
    return Row("keyword", kind, "A row.", **columns)


ADVERT = row(DECIMAL, minimum=0.01, maximum=255, unit="seconds")
PRIORITY = row(INT, minimum=1, maximum=255, remedy="Choose another.")
STATE = row(ENUM, choices=("MASTER", "BACKUP"))
SHORT = row(STRING, maximum=8)
SECRET = row(STRING, maximum=8, secret=True)
ROUTES = row(LINES, entry=routes.ROUTE)
GROUP = row(NAMES, entry=entries.NAME)
WEIGHT = row(WORDS, entry=entries.WEIGHT_253)

GOOD = [
    (PRIORITY, 1, 1),
    (PRIORITY, "51", 51),
    (PRIORITY, " +51 ", 51),
    (PRIORITY, 51.0, 51),
    (PRIORITY, None, None),
    (ADVERT, 1, 1),
    (ADVERT, 1.0, 1),
    (ADVERT, "0.10", 0.1),
    (ADVERT, 0.1 + 0.2, 0.3),
    (ADVERT, ".5", 0.5),
    (row(FLAG), True, True),
    (row(FLAG), False, None),
    (row(FLAG), "yes", True),
    (row(FLAG), "False", None),
    (row(BOOL), False, False),
    (row(BOOL), "on", True),
    (STATE, "BACKUP", "BACKUP"),
    (row(IP), "198.18.0.1", "198.18.0.1"),
    (row(IP), "fd00::1", "fd00::1"),
    (row(INTERFACE), "eth0.100", "eth0.100"),
    (SHORT, "two words"[:8], "two word"),
    (SHORT, 12345678, "12345678"),
    (row(PATH), "/run/x y", "/run/x y"),
    (row(SCRIPT), "  /bin/true -x  ", "/bin/true -x"),
    (row(SCRIPT_USER), "/bin/true", "/bin/true"),
    (row(SCRIPT_USER), {"script": "/bin/true"}, "/bin/true"),
    (row(SCRIPT_USER), {"script": "/x", "user": "u", "group": None}, {"script": "/x", "user": "u"}),
    (row(SCRIPT_USER), {"script": "/x", "user": " u\t"}, {"script": "/x", "user": "u"}),
    (row(SCRIPT_USER, optional=True), True, True),
    (WEIGHT, "-20", -20),
    (WEIGHT, -20, -20),
    (WEIGHT, "20   reverse", "20 reverse"),
    (row(WORDS, entry=entries.UMASK), "0177", "0177"),
    (row(WORDS, entry=addresses.VMAC, optional=True), False, None),
    (GROUP, ["VI_1", "VI 2"], ["VI_1", "VI 2"]),
    (GROUP, [], None),
    (GROUP, ("VI_1",), ["VI_1"]),
    (ROUTES, ["default  via\t198.18.0.1"], ["default via 198.18.0.1"]),
    (ROUTES, ['198.18.0.0/24 dev "eth0"'], ['198.18.0.0/24 dev "eth0"']),
    # references to definitions are for the daemon to expand
    (row(LINES, entry=addresses.VIRTUAL_ADDRESS), ["$VIP dev eth0"], ["$VIP dev eth0"]),
    (row(LINES, entry=addresses.VIRTUAL_ADDRESS), ["198.18.0.${LAST}/24"], ["198.18.0.${LAST}/24"]),
]

BAD = [
    (PRIORITY, 300, "must be 1-255, got 300. Choose another."),
    (PRIORITY, True, "must be a whole number, got true."),
    (PRIORITY, 1.5, "must be a whole number, got 1.5."),
    (PRIORITY, "0x10", 'must be a whole number, got "0x10".'),
    (PRIORITY, [1], "must be a whole number, got a list."),
    (ADVERT, "1s", 'must be a number, got "1s". Write it in seconds without a unit: 1.'),
    (ADVERT, "100ms", 'must be a number, got "100ms". Write it in seconds without a unit.'),
    (row(INT), "10s", 'must be a whole number, got "10s". Write it without a unit: 10.'),
    (ADVERT, "1e3", "must be a number"),
    (ADVERT, float("nan"), "must be a number, got nan."),
    (ADVERT, float("inf"), "must be a number, got inf."),
    (ADVERT, False, "must be a number, got false."),
    (ADVERT, 0, "must be 0.01-255, got 0."),
    (row(INT, minimum=2, maximum=3), 4, "must be 2 or 3, got 4."),
    (row(INT, minimum=1), 0, "must be at least 1, got 0."),
    (row(INT, minimum=-20, maximum=19), 20, "must be -20 to 19, got 20."),
    (row(FLAG), "maybe", 'must be true or false, got "maybe".'),
    (row(FLAG), 2, "must be true or false, got 2."),
    (row(BOOL), {}, "must be true or false, got a dictionary."),
    (STATE, "SLAVE", 'must be MASTER or BACKUP, got "SLAVE". Use one of them.'),
    (STATE, "master", 'must be MASTER or BACKUP, got "master". Did you mean "MASTER"?'),
    (STATE, True, "must be text, got true."),
    (row(IP), "198.18.0.1/24", "Leave the prefix length out."),
    (row(IP), "lb1", 'must be an IP address, got "lb1".'),
    (row(INTERFACE), "a-name-of-17-byte", "is longer than 15 characters"),
    (row(INTERFACE), "eth0:1", "must be the name of a network interface"),
    (row(INTERFACE), "..", "must be the name of a network interface"),
    (SHORT, "123456789", "must have at most 8 bytes, got 9."),
    (SHORT, "ööööö", "must have at most 8 bytes, got 10."),
    (SHORT, "", "must not be empty."),
    (SHORT, 1.1, "must be text, got 1.1. Put it in quotes."),
    (SHORT, 'a"b', "double quote"),
    (SHORT, "a\nb", "newline"),
    (row(PATH), "run/x", 'must be an absolute path, got "run/x".'),
    (row(SCRIPT), "   ", "must not be empty."),
    (row(SCRIPT), "/bin/x\0", "NUL"),
    (row(SCRIPT_USER), {"user": "root"}, 'lacks the key "script"'),
    (row(SCRIPT_USER), {"script": "/x", "group": "root"}, 'lacks the key "user"'),
    (row(SCRIPT_USER), {"script": "/x", "user": " "}, "must not be empty"),
    (row(SCRIPT_USER), {"script": "/x", "user": "D\\u"}, "a backslash, which versions"),
    (row(SCRIPT_USER), {"script": "/x", "usr": "root"}, 'unknown key "usr". Did you mean "user"?'),
    (row(WORDS, entry=entries.USER), "a\nb", "must be one line."),
    (row(WORDS, entry=entries.USER), "root # admin", "has a comment."),
    (row(WORDS, entry=entries.USER), "root }", "closes no block"),
    (row(WORDS, entry=entries.USER), 'root "', "double quote"),
    (row(WORDS, entry=entries.USER), " ", "is empty."),
    (row(WORDS, entry=addresses.VMAC), True, "must be text, got true."),
    (GROUP, "VI_1", 'must be a list, got "VI_1".'),
    (GROUP, ["VI_1", 1.5], "must be text, got 1.5."),
    (ROUTES, ["@lb1 default via 198.18.0.1"], 'must be plain words, got "@lb1 default via 198.18.0.1".'),
    (ROUTES, ["include routes.conf"], "Write it below raw"),
    (ROUTES, ["$X=default"], "must be plain words"),
]


@pytest.mark.parametrize(("of", "value", "expected"), GOOD, ids=lambda part: repr(part)[:40])
def test_takes(of: Row, value: Any, expected: Any) -> None:
    found = values.check(of, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("of", "value", "expected"), BAD, ids=lambda part: repr(part)[:40])
def test_refuses(of: Row, value: Any, expected: str) -> None:
    with pytest.raises(BadValueError) as caught:
        values.check(of, value)
    assert expected in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("value", ["much too long", 'se"cret', "se\ncret", 12345678])
def test_a_secret_is_in_no_message(value: Any) -> None:
    with pytest.raises(BadValueError) as caught:
        values.check(SECRET, value)
    assert str(value) not in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_secret_of_several_words_is_in_no_message() -> None:
    with pytest.raises(BadValueError) as caught:
        values.check(row(WORDS, entry=entries.HMAC_KEY, secret=True), "1 hidden words")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _bad) in ENTRIES.items() for value in good])
def test_entry_fits_its_grammar(name: str, value: Any) -> None:
    assert values.check(row(WORDS, entry=GRAMMARS[name]), value) == value


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [(name, value, expected) for name, (_good, bad) in ENTRIES.items() for value, expected in bad],
)
def test_entry_is_refused(name: str, value: Any, expected: str) -> None:
    of = row(WORDS, entry=GRAMMARS[name], secret=name == "HMAC_KEY")
    with pytest.raises(BadValueError) as caught:
        values.check(of, value)
    assert expected in str(caught.value)


@pytest.mark.parametrize("of", leaves(), ids=lambda of: of.path)
def test_words_of_every_row_are_read_back(of: Row) -> None:
    for value in good_values(of):
        assert values.check(of, value) == value
        for item in value if of.is_list else [value]:
            written = "keyword " + " ".join(values.to_words(of, item))
            statement = next(parse(written).statements())
            assert values.from_words(of, values.words_of(of, statement)) == item


@pytest.mark.parametrize(
    ("of", "text", "expected"),
    [
        (PRIORITY, "x 300", 300),
        (PRIORITY, "x 10s", "10s"),
        (row(FLAG), "x on", True),
        (row(BOOL), "x no", False),
        (row(BOOL), "x maybe", "maybe"),
        (row(SCRIPT_USER), "x '/a b' user", {"script": "/a b", "user": "user"}),
        (row(STRING, optional=True), "x", True),
    ],
)
def test_reads(of: Row, text: str, expected: Any) -> None:
    statement = next(parse(text).statements())
    assert values.from_words(of, values.words_of(of, statement)) == expected


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (PRIORITY, "x"),
        (PRIORITY, "x 1 2"),
        (row(FLAG), "x off"),
        (row(SCRIPT), "x /a b"),
        (row(SCRIPT), 'x "'),
        (row(SCRIPT_USER), "x a b c d"),
        (row(WORDS, entry=entries.USER), "x"),
    ],
)
def test_has_no_value_for(of: Row, text: str) -> None:
    statement = next(parse(text).statements())
    with pytest.raises(BadValueError):
        values.from_words(of, values.words_of(of, statement))


@pytest.mark.parametrize(
    ("given", "expected", "written"),
    [
        ("/etc/master.sh root", {"script": "/etc/master.sh", "user": "root"}, "/etc/master.sh root"),
        ("/s root adm", {"script": "/s", "user": "root", "group": "adm"}, "/s root adm"),
        ('"/s a b" nobody', {"script": "/s a b", "user": "nobody"}, '"/s a b" nobody'),
        ('"/s a b" 0 0', {"script": "/s a b", "user": "0", "group": "0"}, '"/s a b" 0 0'),
        ('  "/s"  nobody  nogroup ', {"script": "/s", "user": "nobody", "group": "nogroup"}, "/s nobody nogroup"),
        ('"/s a b"', "/s a b", '"/s a b"'),
        # YAML takes the double quotes of this: those are arguments
        ("/s master", "/s master", '"/s master"'),
        ("/s nobody nogroup", "/s nobody nogroup", '"/s nobody nogroup"'),
        ("/s root VI_1 MASTER", "/s root VI_1 MASTER", '"/s root VI_1 MASTER"'),
        ("/s root --all", "/s root --all", '"/s root --all"'),
        ("root", "root", "root"),
        ({"script": "/s root"}, {"script": "/s root"}, '"/s root"'),
        ({"script": "/s root", "user": "me"}, {"script": "/s root", "user": "me"}, '"/s root" me'),
        ({"script": "/s master"}, "/s master", '"/s master"'),
    ],
)
def test_a_command_may_stand_as_in_the_file(given: Any, expected: Any, written: str) -> None:
    of = row(SCRIPT_USER)
    assert values.check(of, given) == expected and values.check(of, expected) == expected
    assert " ".join(values.to_words(of, expected)) == written
    assert values.from_words(of, values.words_of(of, next(iter(parse("notify " + written).statements())))) == expected


@pytest.mark.parametrize(
    ("of", "value", "message"),
    [
        (SECRET, 1111, "must be text, got a number. Put it in quotes."),
        (SECRET, 1.5, "must be text, got a number. Put it in quotes."),
        (SECRET, True, "must be text, got true. Put it in quotes."),
        (SECRET, ["x"], "must be text, got a list. Write it as one text."),
        (row(STRING), None, "must be text, got nothing. Put it in quotes."),
        (row(STRING), 1.5, "must be text, got 1.5. Put it in quotes."),
        (row(LINES, entry=addresses.UNICAST_PEER), {"ip": "198.18.0.12"},
         "must be text, got a dictionary. Write it as one text: IP [min_ttl 0..255] [max_ttl 0..255]."),
        (row(LINES, entry=addresses.SERVICE), ["198.18.0.12", 80],
         "must be text, got a list. Write it as one text: IP[-LAST|/PREFIX] [PORT] or fwmark NUMBER [inet|inet6]."),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_helps(of: Row, value: Any, message: str) -> None:
    with pytest.raises(BadValueError) as caught:
        values.check_item(of, value)
    assert str(caught.value) == message
