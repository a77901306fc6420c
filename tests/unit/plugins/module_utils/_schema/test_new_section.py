# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""A new section is data alone: blocks with several words, blocks in blocks, blocks without a name, blocks of lines."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import addresses, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    BODY,
    HEAD,
    INT,
    IP,
    LINES,
    NAMED,
    STRING,
    Row,
    Section,
    name,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec, options_documentation

_PORT = Row("port", INT, "Port.", place=HEAD, minimum=0, maximum=65535)
_SERVER = Row(
    "server",
    BLOCK,
    "Servers.",
    repeatable=True,
    heads=(("group", "<group>"), ("fwmark", "<fwmark>"), ("<ip>", "<port>"), ("<ip>",)),
)
NEW = (
    Section("", (Row("pool", BLOCK, "Pools.", repeatable=True, heads=NAMED), _SERVER)),
    Section("pool", (name("Name."), Row("address", LINES, "Addresses.", place=BODY, entry=addresses.UNICAST_PEER))),
    Section(
        "server",
        (
            Row("ip", IP, "Address.", place=HEAD),
            _PORT,
            Row("fwmark", INT, "Mark.", place=HEAD, minimum=1),
            Row("group", STRING, "Pool.", place=HEAD),
            Row("quorum", INT, "Quorum.", minimum=1),
            Row("real", BLOCK, "Real servers.", repeatable=True, heads=(("<ip>", "<port>"),)),
        ),
    ),
    Section(
        "server/real", (Row("ip", IP, "Address.", place=HEAD), _PORT, Row("CHECK", BLOCK, "Checks.", repeatable=True))
    ),
    Section("server/real/CHECK", (Row("retry", INT, "Retries.", minimum=0),)),
)

DATA: dict[str, Any] = {
    "pool": [{"name": "P", "address": ["198.18.0.1", "198.18.0.2 min_ttl 3"]}],
    "server": [
        {
            "ip": "198.18.0.100",
            "port": 80,
            "quorum": 2,
            "real": [{"ip": "198.18.0.21", "port": 80, "CHECK": [{"retry": 1}, {}]}, {"ip": "198.18.0.22", "port": 80}],
        },
        {"ip": "198.18.0.100"},
        {"fwmark": 5},
        {"group": "P"},
    ],
}
TEXT = """\
pool P {
    198.18.0.1
    198.18.0.2 min_ttl 3
}

server 198.18.0.100 80 {
    quorum 2
    real 198.18.0.21 80 {
        CHECK {
            retry 1
        }
        CHECK {
        }
    }
    real 198.18.0.22 80 {
    }
}

server 198.18.0.100 {
}

server fwmark 5 {
}

server group P {
}
"""


@pytest.fixture(autouse=True)
def _new_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_TABLE", table.Table(NEW))


def test_written_and_read() -> None:
    assert normalise(DATA) == (DATA, [])
    assert render(DATA) == TEXT
    assert read(parse(TEXT)) == DATA


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (
            {"ip": "198.18.0.100", "fwmark": 1},
            "server 198.18.0.100 1: must have group, or fwmark, or ip and port, or ip",
        ),
        ({"quorum": 1}, "server (number 1): must have group, or fwmark"),
        ({"ip": "198.18.0.100", "port": "http"}, "server 198.18.0.100 http: port must be a whole number"),
        (
            {"ip": "198.18.0.1", "real": [{"ip": "198.18.0.2"}]},
            'server 198.18.0.1 real 198.18.0.2: port is missing. Add "port".',
        ),
        (
            {"ip": "198.18.0.1", "real": [{"ip": "198.18.0.2", "port": 1, "CHECK": [{"retri": 1}]}]},
            'server 198.18.0.1 real 198.18.0.2 1 CHECK (number 1): unknown key "retri". Did you mean "retry"?',
        ),
        ({"fwmark": 1, "real": [{"ip": "198.18.0.2", "port": 1}] * 2}, "real 198.18.0.2 1: is defined twice."),
    ],
)
def test_messages(server: dict[str, Any], expected: str) -> None:
    assert any(expected in str(finding) for finding in check({"server": [server]}))


def test_lines_that_do_not_fit_are_kept() -> None:
    text = "pool P {\n    198.18.0.1\n    @lb1 198.18.0.2\n}\n"
    data = read(parse(text))
    assert data == {"pool": [{"name": "P", "address": ["198.18.0.1"], "raw": ["@lb1 198.18.0.2"]}]}
    assert render(data) == text


def test_options() -> None:
    options = argument_spec()["server"]["options"]
    assert options["real"]["options"]["CHECK"]["options"]["retry"] == {"type": "int"}
    assert "required" not in options["ip"]
    assert options["real"]["options"]["ip"]["required"] is True
    assert options_documentation()["pool"]["suboptions"]["address"]["elements"] == "str"
