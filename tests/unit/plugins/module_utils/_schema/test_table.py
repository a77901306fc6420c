# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The table is whole: every block has its section, every name one meaning, every row its words."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    BODY,
    DECIMAL,
    ENUM,
    HEAD,
    INT,
    LINES,
    NAMES,
    OLDEST,
    WORDS,
    Row,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import ENTRIES, GRAMMARS

EVERY = [row for path in table.sections() for row in table.rows(path).values()]


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.path)
def test_row_is_whole(row: Row) -> None:
    assert row.keyword.isidentifier()
    assert row.description.endswith(".")
    assert row.description[0].isupper()
    assert (row.type == ENUM) == bool(row.choices)
    assert row.minimum is None or row.maximum is None or row.minimum < row.maximum
    assert row.unit == "" or row.type in (INT, DECIMAL, WORDS, LINES)
    assert (row.type in (WORDS, NAMES, LINES)) == (row.entry is not None)
    assert row.since is None or row.since > OLDEST
    assert not row.required or row.place != HEAD
    assert row.deprecated == "" or row.deprecated.endswith(".")


@pytest.mark.parametrize("row", [row for row in EVERY if row.type == BLOCK], ids=lambda row: row.path)
def test_every_block_has_its_section(row: Row) -> None:
    keys = {part[1:-1] for form in row.heads for part in form if part.startswith("<")}
    assert keys == {head.keyword for head in table.placed(row.path, HEAD)}
    assert table.find_block(row.path) == row
    assert not row.heads or row.repeatable


def test_every_section_is_a_block() -> None:
    assert set(table.sections()) - {""} == {row.path for row in EVERY if row.type == BLOCK}


@pytest.mark.parametrize("path", table.sections())
def test_names_mean_one_keyword(path: str) -> None:
    names = [name for row in table.rows(path).values() for name in (row.spelled, *(a.keyword for a in row.aliases))]
    names += [row.keyword for row in table.rows(path).values() if row.written]
    names += [word for row in table.rows(path).values() for word in row.former + row.ended]
    assert len(names) == len(set(names))
    assert "raw" not in names


def test_definitions_stand_before_their_use() -> None:
    order = list(table.SECTIONS)
    for definition in ("global_defs", "vrrp_script", "track_file", "vrrp_track_process", "bfd_instance"):
        for user in ("vrrp_sync_group", "vrrp_instance"):
            assert order.index(definition) < order.index(user)
    for user in ("static_ipaddress", "static_routes", "static_rules"):
        assert order.index("track_group") < order.index(user)


def test_every_grammar_has_samples() -> None:
    assert set(ENTRIES) == set(GRAMMARS)
    usages = [grammar.usage for grammar in GRAMMARS.values()]
    assert len(usages) == len(set(usages))


@pytest.mark.parametrize(
    ("word", "section", "expected"),
    [
        ("priorty", "vrrp_instance", "priority"),
        ("Priority", "vrrp_instance", "priority"),
        ("vrid", "vrrp_instance", None),
        ("route_id", "global_defs", "router_id"),
        ("lvs_id", "global_defs", "router_id"),
        ("vmac_garp_intv", "vrrp_instance", "garp_extra_if"),
        ("vrrp_instanse", "", "vrrp_instance"),
        ("zzz", "", None),
    ],
)
def test_nearest(word: str, section: str, expected: str | None) -> None:
    assert table.nearest(word, section) == expected


def test_homes() -> None:
    assert table.homes("advert_int") == ["vrrp_instance"]
    assert table.homes("fwmark")[0] == "virtual_server/real_server/TCP_CHECK"
    assert set(table.homes("group")) == {"track_group", "vrrp_sync_group"}


def test_unknown_section_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table.rows("no_such_section")


def test_no_block_of_lines_yet_has_keywords_too() -> None:
    for path in table.sections():
        body = table.placed(path, BODY)
        assert len(body) <= 1
        assert table.body(path) == (body[0] if body else None)
