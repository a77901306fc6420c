# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Every version gets the words it knows, and an error that names the version for those it does not know."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import VERSION, check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import spelling
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import OLDEST, Row, version_text
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    data_with,
    good_values,
    leaves,
)

NEWER = [row for row in leaves() if row.since]


@pytest.mark.parametrize("row", NEWER, ids=lambda row: row.path)
def test_unknown_to_the_oldest_version(row: Row) -> None:
    findings = [finding for finding in check(data_with(row, good_values(row)[0]), OLDEST) if finding.id == VERSION]
    if spelling(row, OLDEST) is not None:
        assert not any(finding.message.startswith(row.keyword + " ") for finding in findings)
        return
    message = "%s came with keepalived %s, this is 2.0.10." % (row.keyword, version_text(row.since or ()))
    assert message in [finding.message for finding in findings]


@pytest.mark.parametrize("row", NEWER, ids=lambda row: row.path)
def test_known_from_its_version_on(row: Row) -> None:
    assert spelling(row, row.since) == row.spelled
    assert spelling(row, None) == row.spelled


def lines(data: dict[str, Any], version: tuple[int, ...] | None) -> list[str]:
    return [line.strip() for line in render(data, version).splitlines()]


def global_defs(keyword: str, value: Any) -> dict[str, Any]:
    return {"global_defs": {keyword: value}}


RENAMED = [
    (global_defs("lvs_flush_on_stop", "VS"), (2, 1, 5), "lvs_flush_onstop VS"),
    (global_defs("lvs_flush_on_stop", "VS"), (2, 2, 0), "lvs_flush_on_stop VS"),
    (global_defs("checker_process_name", "checks"), (2, 1, 5), "lvs_process_name checks"),
    (global_defs("checker_process_name", "checks"), (2, 2, 7), "checker_process_name checks"),
    (global_defs("vrrp_rlimit_rttime", 10000), (2, 0, 20), "vrrp_rlimit_rtime 10000"),
    (global_defs("vrrp_garp_extra_if", "all 5"), (2, 2, 2), "vrrp_vmac_garp_intvl all 5"),
    (global_defs("vrrp_garp_extra_if", "all 5"), (2, 3, 3), "vrrp_garp_extra_if all 5"),
    ({"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "garp_extra_if": 5}]}, (2, 2, 2), "vmac_garp_intvl 5"),
    ({"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "garp_extra_if": 5}]}, None, "garp_extra_if 5"),
    (
        {"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "timer_expired_backup": 9}]},
        (2, 2, 8),
        "timer_expired_backup 9",
    ),
    ({"track_file": [{"name": "F", "file": "/f"}]}, (2, 0, 20), "vrrp_track_file F {"),
    ({"bfd_instance": [{"name": "B", "neighbour_ip": "198.18.0.1"}]}, OLDEST, "neighbor_ip 198.18.0.1"),
]


@pytest.mark.parametrize(("data", "version", "expected"), RENAMED)
def test_the_version_decides_the_name(data: dict[str, Any], version: tuple[int, ...], expected: str) -> None:
    assert expected in lines(data, version)


@pytest.mark.parametrize("version", [OLDEST, (2, 2, 7), (2, 3, 3), None])
def test_retry_is_known_to_all(version: tuple[int, ...] | None) -> None:
    text = "virtual_server 198.18.0.1 80 {\nreal_server 198.18.0.2 80 {\n%s {\n%s\n}\n}\n}\n"
    for keyword in ("HTTP_GET", "SSL_GET"):
        found = lines(read(parse(text % (keyword, "nb_get_retry 3\nurl {\npath /\n}"))), version)
        assert "retry 3" in found
        assert "nb_get_retry 3" not in found


def mail(**check: Any) -> dict[str, Any]:
    return {
        "virtual_server": [
            {"ip": "198.18.0.1", "port": 25, "real_server": [{"ip": "198.18.0.2", "port": 25, "SMTP_CHECK": [check]}]}
        ]
    }


def checks(data: dict[str, Any], version: tuple[int, ...] | None) -> Any:
    return read(parse(render(data, version)))["virtual_server"][0]["real_server"][0]["SMTP_CHECK"]


HOSTS = [{"connect_ip": "198.18.0.3"}, {"connect_ip": "198.18.0.4", "retry": 5}]


@pytest.mark.parametrize("version", [OLDEST, (2, 2, 7), (2, 3, 4), None])
def test_hosts_of_a_mail_check_stay(version: tuple[int, ...] | None) -> None:
    assert checks(mail(retry=2, host=HOSTS), version) == [{"retry": 2, "host": HOSTS}]


@pytest.mark.parametrize("version", [(2, 3, 0), (2, 3, 3)])
def test_hosts_of_a_mail_check_where_they_never_end(version: tuple[int, ...]) -> None:
    spread = [{"connect_ip": "198.18.0.3", "retry": 2}, {"connect_ip": "198.18.0.4", "retry": 5}]
    assert checks(mail(retry=2, host=HOSTS), version) == spread
    # one that says where to connect is a check of its own
    own = mail(connect_timeout=3, host=HOSTS[:1])
    assert checks(own, version) == [{"connect_timeout": 3}, {"connect_timeout": 3, "connect_ip": "198.18.0.3"}]
    assert checks(mail(helo_name="a"), version) == [{"helo_name": "a"}]
    raw = mail(raw=["odd 1"], host=[{"raw": ["odd 2"]}])
    assert checks(raw, version) == [{"raw": ["odd 1", "odd 2"]}]


def test_what_is_read_by_the_newest_name_is_written_by_the_old_one() -> None:
    text = "global_defs {\n    lvs_flush_onstop\n    lvs_process_name checks\n}\n"
    data = read(parse(text))
    assert data == {"global_defs": {"lvs_flush_on_stop": True, "checker_process_name": "checks"}}
    assert render(data, (2, 1, 0)) == text
