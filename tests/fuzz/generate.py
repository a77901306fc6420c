# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Inputs for the fuzzer: configurations written after the keyword table, changed at random, and plain bytes.

Everything is drawn from the Random that is given: the same one gives the same text.
"""

from __future__ import annotations

import pathlib
import string
from collections.abc import Callable
from random import Random

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, BODY, HEAD, LINES, NAMES, Row
from ansible_collections.openvip.cluster.tests.fuzz.cases import CASES

# Real files that mutations start from as well.
CORPUS = pathlib.Path(__file__).resolve().parents[1] / "unit"

WORDS = (
    "0", "1", "51", "100", "255", "256", "300", "-1", "-254", "+7", "0x64", "1.5", "0.01", "1e3", "60s", "100ms",
    "4294967296", "99999999999999999999", "nan", "inf", "1_000", "\u0663", "on", "off", "true", "no", "yes",
    "MASTER", "BACKUP", "PASS", "AH", "TCP", "UDP", "DR", "rr", "weight", "reverse", "dev", "label", "scope", "via",
    "inhibit_on_failure", "port", "all", "eth0", "eth1:1", "an_interface_name_too_long", "lo", "10.0.0.1",
    "10.0.0.1/24", "10.0.0.1/33", "10.0.0.1/255.255.255.0", "300.1.2.3", "fd00::1", "fe80::1%eth0", "fd00::1/64",
    "224.0.0.18", "10.0.0.1-20", "80", "65536", "a@example.org", "/bin/true", '"/bin/true -x"', "'/bin/true -x'",
    '"/bin/sh -c \'exit 1\'"', '"a b"', '""', '"', "''", "'", '"a\\"b"', '"a\\', "\\", "\\\\", "a\\ b", "\\x41", "\\c",
    "$NAME", "${NAME}", "${_HASH}", "${_RANDOM 1 9}", "${", "$", "@lb1", "@^lb1", "@", "~SEQ(N,1,3)", "~LST(A,b,c)",
    "~SEQ(", "file:/etc/key", "VI_1", "VI_2", "G1", "check", "********", "a#b", "a!b", "#", "!", "{", "}", "{}", "}{",
    "\u00a0", "a\u00a0b", "\u3000", "\u200b", "\ufeff", "\uff03", "\u00e4\u00f6", "\U0001f600", "\udce9", "\udcff",
    "\x00", "\x0b", "\x0c", "\x7f", "\x85", "\u2028", "x" * 9, "x" * 300, "y" * 1100,
)
# What is put between words, and into the middle of lines.
PIECES = (
    " ", "\t", "\n", "\r\n", "\r", "{", "}", " {\n", "\n}\n", '"', "'", "\\", "\\\n", "#", "!", "@lb1 ", "@^lb1 ", "@",
    "$NAME=", "$NAME=1\n", "$A=a \\\n b\n", "~SEQ(N,1,3) ", "~LST(N,a,b) ", "~", "include ", "include a.conf\n",
    "includea /x/*.conf\n", "\u00a0", "\ufeff", "\x00", "\x0b", "\x0c", "\udc80", "# note\n", "! note\n", "\n\n", "=",
)
KEYWORDS = tuple(sorted({word for path in table.sections() for word in table.rows(path)} | {"raw", "name", "unknown"}))
DEEPEST = 3000


def _plain_word(random: Random) -> str:
    choice = random.random()
    if choice < 0.45:
        return str(random.randint(0, 300))
    if choice < 0.75:
        return random.choice(("eth0", "10.0.0.1/24", "fd00::1", "VI_1", "check", "/bin/true", "a@example.org", "on"))
    return "".join(random.choices(string.ascii_letters + string.digits + "_-.:/", k=random.randint(1, 12)))


def word(random: Random) -> str:
    """One word: mostly an everyday one, sometimes a strange one."""
    return random.choice(WORDS) if random.random() < 0.3 else _plain_word(random)


def _row_word(row: Row, random: Random) -> str:
    """A word that the row may well take."""
    if row.choices and random.random() < 0.8:
        return random.choice(row.choices)
    if row.minimum is not None and row.maximum is not None and random.random() < 0.8:
        return str(random.randint(int(row.minimum), int(row.maximum) + random.randint(0, 1)))
    return word(random)


def _line(row: Row, random: Random) -> str:
    words = [_row_word(row, random) for _number in range(random.choice((0, 1, 1, 1, 1, 2, 3)))]
    return random.choice((" ", " ", " ", "\t", "  ")).join([row.keyword, *words])


def _head(row: Row, random: Random) -> str:
    form = random.choice(row.heads) if row.heads and random.random() < 0.95 else ()
    return " ".join([row.keyword, *(word(random) if part.startswith("<") else part for part in form)])


def _block(row: Row, random: Random, level: int) -> list[str]:
    indent = "    " * level
    if row.type == BLOCK:
        inner = _section(row.path, random, level + 1)
        head = _head(row, random)
    else:
        inner = [indent + "    " + " ".join(word(random) for _number in range(random.randint(1, 3)))
                 for _line_number in range(random.randint(0, 3))]
        head = row.keyword
    opening = random.choice((f"{head} {{", f"{head} {{", f"{head}{{", f"{head}\n{indent}{{", f"{head} {{ # note"))
    return [indent + opening, *inner, indent + "}"]


def _section(path: str, random: Random, level: int = 0) -> list[str]:
    """The lines of one block's content."""
    rows = list(table.rows(path).values())
    required = [row for row in rows if row.required and random.random() < 0.9]
    chosen = required + random.choices(rows, k=random.randint(0, 4 if level else 3))
    lines: list[str] = []
    for row in chosen:
        if row.place == HEAD:
            continue
        if row.place == BODY:
            lines.append("    " * level + " ".join(word(random) for _number in range(random.randint(1, 4))))
        elif row.type in (BLOCK, NAMES, LINES):
            lines += _block(row, random, level)
        else:
            lines.append("    " * level + _line(row, random))
    return lines


def configuration(random: Random) -> str:
    """A configuration that looks like one: sections of the table with keywords of theirs."""
    lines = [line for _number in range(random.randint(1, 3)) for line in _section("", random)]
    return random.choice(("\n", "\n", "\n", "\n", "\r\n")).join(lines) + random.choice(("\n", "\n", "\n", ""))


def _definition(random: Random) -> list[str]:
    """A definition of one of few names, of one line or several, for all identities or for one."""
    condition = random.choice(("", "", "", "@lb1 ", "@^lb1 ", "@lb2 "))
    name = random.choice("PPPANL")
    if name == "L":
        lines = [f"advert_int {random.randint(1, 9)}", f"priority {random.choice(('$P', '7', '${P}'))}", "$P=9", "# x"]
        chosen = random.sample(lines, random.randint(1, 3))
        return [f"{condition}$L={chosen[0]}" + " \\" * (len(chosen) > 1),
                *(line + " \\" for line in chosen[1:-1]), *chosen[1:][-1:]]
    value = {"P": str(random.randint(1, 254)), "A": random.choice(("198.18.0", "10.0.${N}")),
             "N": str(random.randint(1, 9))}
    return [f"{condition}${name}={value[name]}"]


_INNER: tuple[Callable[[Random], list[str]], ...] = (
    lambda random: [f"priority {random.choice(('$P', '${P}', '50', '$P'))}"],
    lambda random: [f"{random.choice(('@lb1', '@^lb1', '@lb2'))} priority {random.choice(('$P', '60'))}"],
    lambda random: [f"advert_int {random.choice(('1', '2', '${N}'))}"],
    lambda random: [f"state {random.choice(('MASTER', 'BACKUP'))}"],
    lambda random: ["$L"],
    lambda random: [f"garp_master_delay {random.randint(1, 9)}"],
    lambda random: ["track_script {", random.choice(("chk1", "chk2", "chk$N")), "}"],
    lambda random: ["virtual_ipaddress {", random.choice((
        "${A}.7/24", "${A}.$N", "~SEQ(N,1,3) ${A}.$N", "~LST({N,P},{1,2},{3,4}) 198.18.${P}.${N}/24",
        "198.18.9.${N}")), "}"],
    lambda random: [f"unicast_src_ip {random.choice(('198.18.0.${N}', 'fd00::${N}', '198.18.0.1'))}"],
    lambda random: ["include inner.conf"],
    lambda random: [f"@lb{random.randint(1, 2)} nopreempt"],
    _definition, _definition, _definition,
)


def _some_block(random: Random, number: int) -> list[str]:
    choice = random.random()
    if choice < 0.15:
        return [f"vrrp_script chk{random.randint(1, 3)} {{", "script /bin/true",
                f"weight {random.choice(('2', '$N'))}", "}"]
    if choice < 0.25:
        inner = random.sample(["router_id x$N", "router_id ${P}y", "script_user root", "vrrp_garp_master_delay $N",
                               "enable_script_security"], random.randint(1, 3))
        return ["global_defs {", *inner, "}"]
    if choice < 0.3:
        return ["vrrp_sync_group G%d {" % number, "group {", "V1", "V2", "}", "track_script {", "chk1", "}", "}"]
    lines = [line for inner in random.choices(_INNER, k=random.randint(0, 5)) for line in inner(random)]
    name = random.choice((f"V{number}", f"V{number}", f"V{number}_$N"))
    return [f"vrrp_instance {name} {{", "interface eth0", f"virtual_router_id {number}", *lines, "}"]


def ordered(random: Random) -> str:
    """A configuration in which much holds from its line on: definitions, conditions, sequences, includes."""
    lines: list[str] = []
    for number in range(1, random.randint(2, 7)):
        choice = random.random()
        if choice < 0.4:
            lines += _definition(random)
        elif choice < 0.45:
            lines.append(random.choice(("include more.conf", "include /etc/keepalived/conf.d/*.conf")))
        elif choice < 0.5:
            lines += [f"$V=vrrp_instance W$N{number} {{ \\", "interface eth0 \\",
                      f"virtual_router_id {number}$N \\", "}", random.choice(("~SEQ(N,1,2) $V", "~LST(N,3,4) $V"))]
        lines += _some_block(random, number)
    return "\n".join(lines) + "\n"


def raw_bytes(random: Random) -> str:
    """Any bytes, the way a file is read."""
    data = random.randbytes(random.randint(0, 120))
    if random.random() < 0.5:
        data = bytes(random.choices(b'{}"\'\\#!@$~= \t\r\n\x00\xa0\xc2\xffabinclude0', k=random.randint(0, 120)))
    return data.decode("utf-8", "surrogateescape")


def nested(random: Random) -> str:
    """Blocks in blocks, deeper than Python recurses."""
    depth = random.randint(2, DEEPEST) if random.random() < 0.02 else random.randint(2, 40)
    keywords = [random.choice(KEYWORDS) for _number in range(3)]
    opened = "".join(f"{random.choice(keywords)} {{{random.choice(('', ' ', chr(10)))}" for _number in range(depth))
    return opened + "}\n" * random.randint(0, depth + 1)


def _at(text: str, random: Random) -> int:
    return random.randint(0, len(text))


def _insert_piece(text: str, random: Random) -> str:
    at = _at(text, random)
    return text[:at] + random.choice(PIECES) + text[at:]


def _insert_word(text: str, random: Random) -> str:
    at = _at(text, random)
    return f"{text[:at]} {random.choice(WORDS)} {text[at:]}"


def _insert_keyword(text: str, random: Random) -> str:
    at = text.find("\n", _at(text, random)) + 1
    return f"{text[:at]}{random.choice(KEYWORDS)} {word(random)}\n{text[at:]}"


def _delete(text: str, random: Random) -> str:
    at = _at(text, random)
    return text[:at] + text[at + random.choice((1, 1, 1, 2, 5, 30)):]


def _swap_lines(text: str, random: Random) -> str:
    lines = text.split("\n")
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


def _repeat_line(text: str, random: Random) -> str:
    lines = text.split("\n")
    lines.insert(random.randint(0, len(lines)), random.choice(lines))
    return "\n".join(lines)


def _join_lines(text: str, random: Random) -> str:
    at = text.find("\n", _at(text, random))
    return text if at < 0 else text[:at] + " " + text[at + 1:]


def _cut(text: str, random: Random) -> str:
    return text[:_at(text, random)]


def _flip_byte(text: str, random: Random) -> str:
    data = bytearray(text.encode("utf-8", "surrogateescape"))
    if data:
        data[random.randrange(len(data))] = random.randrange(256)
    return data.decode("utf-8", "surrogateescape")


MUTATIONS: tuple[Callable[[str, Random], str], ...] = (
    _insert_piece, _insert_piece, _insert_word, _insert_keyword, _delete, _delete, _swap_lines, _repeat_line,
    _join_lines, _cut, _flip_byte,
)


def mutated(text: str, random: Random) -> str:
    """The text with a few changes."""
    for _number in range(random.choice((1, 1, 2, 2, 3, 5, 8))):
        text = random.choice(MUTATIONS)(text, random)
    return text


class Source:
    """Draws inputs. ``corpus`` are the texts of real files."""

    def __init__(self) -> None:
        paths = sorted(CORPUS.rglob("*.conf"))
        self.corpus = [path.read_bytes().decode("utf-8", "surrogateescape") for path in paths]

    def draw(self, random: Random) -> str:
        """One input of any kind."""
        choice = random.random()
        if choice < 0.15:
            return configuration(random)
        if choice < 0.25:
            return ordered(random)
        if choice < 0.75:
            return mutated(configuration(random), random)
        if choice < 0.83:
            return mutated(random.choice(self.corpus), random)
        if choice < 0.85:
            return mutated(random.choice(list(CASES.values())), random)
        if choice < 0.88:
            return mutated(nested(random), random)
        return raw_bytes(random)
