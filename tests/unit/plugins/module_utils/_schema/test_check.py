# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the check says, word for word where people read it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import (
    DEPRECATED,
    DUPLICATE,
    MISSING,
    RENAMED,
    UNKNOWN,
    VALUE,
    VERSION,
    check,
    normalise,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING, Finding
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    configuration,
    data_with,
    good_values,
    leaves,
)


def instance(**keywords: Any) -> dict[str, Any]:
    return {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51, **keywords}]}


@pytest.mark.parametrize("row", leaves(), ids=lambda row: row.path)
def test_good_values_are_good(row: Any) -> None:
    for value in good_values(row):
        data = data_with(row, value)
        found, findings = normalise(data)
        assert [finding for finding in findings if finding.id != DEPRECATED] == []
        above = [table.find_block(row.section)] if row.section else []
        assert any(each.deprecated for each in (row, *above)) == bool(findings)
        assert found == data


MESSAGES = [
    (
        instance(virtual_router_id=300),
        "vrrp_instance VI_1: virtual_router_id must be 1-255, got 300. "
        "Choose a number from 1 to 255 that is unused on the segment.",
    ),
    (instance(priorty=1), 'vrrp_instance VI_1: unknown key "priorty". Did you mean "priority"?'),
    (instance(zzz=1), 'vrrp_instance VI_1: unknown key "zzz". Remove it, or write the line below raw when'),
    (instance(router_id="x"), 'vrrp_instance VI_1: unknown key "router_id". It belongs in global_defs.'),
    ({"priority": 1}, 'configuration: unknown key "priority". It belongs in vrrp_instance.'),
    (instance(auth_pass="x"), 'unknown key "auth_pass". It belongs in vrrp_instance authentication.'),
    ({"vrrp_instanse": []}, 'configuration: unknown key "vrrp_instanse". Did you mean "vrrp_instance"?'),
    ({1: 2}, 'configuration: unknown key "1".'),
    (
        instance(authentication={"auth_pass": "123456789"}),
        "vrrp_instance VI_1 authentication: auth_pass must have at most 8 bytes, got 9. Shorten it.",
    ),
    (
        instance(virtual_ipaddress=["198.18.0.1", "nonsense", "198.18.0.300"]),
        'vrrp_instance VI_1: virtual_ipaddress "nonsense": the address must be an IP address, got "nonsense".',
    ),
    (
        instance(virtual_ipaddress=["nonsense", "198.18.0.300"]),
        'vrrp_instance VI_1: virtual_ipaddress "198.18.0.300": the address must be an IP address',
    ),
    (instance(advert_int="100ms"), 'advert_int must be a number, got "100ms". Write it in seconds without a unit.'),
    ({"vrrp_instance": [{"name": "VI_1"}]}, "vrrp_instance VI_1: virtual_router_id is missing."),
    ({"vrrp_instance": [{"virtual_router_id": 1}]}, 'vrrp_instance (number 1): name is missing. Add "name".'),
    ({"vrrp_script": [{"name": "a"}]}, 'vrrp_script a: script is missing. Add "script".'),
    ({"track_file": [{"name": "a"}]}, "track_file a: file is missing."),
    ({"vrrp_script": {"a": {}}}, "vrrp_script: must be a list of dictionaries."),
    ({"vrrp_instance": ["VI_1"]}, "vrrp_instance (number 1): must be a dictionary."),
    ({"global_defs": []}, "global_defs: must be a dictionary."),
    ([], "configuration: must be a dictionary."),
    (
        {"vrrp_sync_group": [{"name": "G"}, {"name": "G"}]},
        "vrrp_sync_group G: is defined twice. Rename or remove one of them.",
    ),
    (instance(raw=[1]), "vrrp_instance VI_1: raw must be a list of text, or of dictionaries of text and before."),
    (instance(raw=["a {"]), "vrrp_instance VI_1: raw line 1: block of 'a' is not closed; add the missing '}'."),
    ({"raw": ["a\nb }"]}, "configuration: raw line 2: '}' closes no block"),
    ({"raw": ["x " + "y" * 1100]}, "configuration: raw line 1: line is longer than 1023 bytes"),
    (instance(notify="/bin/" + "y" * 1100), "vrrp_instance VI_1: notify makes a line of 1116 bytes"),
    (instance(virtual_ipaddress=["198.18.0.1 scope " + "y" * 1100]), "virtual_ipaddress"),
    (instance(vmac_garp_intvl=1, garp_extra_if=2), "garp_extra_if is given by two names with different values."),
]


@pytest.mark.parametrize(("data", "expected"), MESSAGES, ids=[expected[:60] for _data, expected in MESSAGES])
def test_says(data: Any, expected: str) -> None:
    errors = [str(finding) for finding in check(data) if finding.severity == ERROR]
    assert any(expected in error for error in errors), errors


def test_says_everything_at_once() -> None:
    findings = check(instance(virtual_router_id=0, priority="x", state="SLAVE", zzz=1))
    assert [(finding.id, finding.object) for finding in findings] == [
        (UNKNOWN, "vrrp_instance VI_1"),
        (VALUE, "vrrp_instance VI_1"),
        (VALUE, "vrrp_instance VI_1"),
        (VALUE, "vrrp_instance VI_1"),
    ]


def test_missing_name_is_said_once() -> None:
    assert [finding.id for finding in check({"vrrp_instance": [{"virtual_router_id": 1}]})] == [MISSING]


@pytest.mark.parametrize(
    "absent", [None, {}, {"vrrp_instance": None}, {"vrrp_instance": [], "global_defs": {}, "raw": []}]
)
def test_nothing_is_nothing(absent: Any) -> None:
    assert normalise(absent) == ({}, [])


def test_none_false_and_empty_are_left_out() -> None:
    data = instance(nopreempt=False, priority=None, virtual_ipaddress=[], authentication={}, use_vmac=False, raw=None)
    assert normalise(data) == (instance(), [])


def test_raw_stands_in_for_what_is_required() -> None:
    data = {"raw": ["$VRID=51"], "vrrp_instance": [{"name": "VI_1", "raw": ["virtual_router_id $VRID"]}]}
    assert check(data) == []
    assert check({"vrrp_instance": [{"name": "VI_1", "raw": ["@lb1 virtual_router_id 51"]}]}) == []


def test_raw_may_be_one_text() -> None:
    assert normalise({"raw": "include a.conf\n"})[0] == {"raw": ["include a.conf"]}


@pytest.mark.parametrize(
    ("data", "version", "expected"),
    [
        (instance(down_timer_adverts=2), (2, 2, 2), "down_timer_adverts came with keepalived 2.2.3, this is 2.2.2."),
        (instance(garp_extra_if=2), (2, 1, 5), "garp_extra_if came with keepalived 2.2.3, this is 2.1.5."),
        (instance(auth_hmac={"mode": "enforce"}), (2, 3, 4), "auth_hmac came with keepalived 2.4.0, this is 2.3.4."),
        ({"vrrp_track_process": [{"name": "a", "process": "b"}]}, (2, 0, 10), "came with keepalived 2.0.11"),
        ({"global_defs": {"nftables": True}}, (2, 0, 10), "nftables came with keepalived 2.0.11"),
        (
            {"vrrp_script": [{"name": "a", "script": "/b", "interval": 0.5}]},
            (2, 2, 7),
            "vrrp_script a: interval with decimals came with keepalived 2.3.2, this is 2.2.7. Use a whole number.",
        ),
    ],
)
def test_version_does_not_know(data: Any, version: tuple[int, ...], expected: str) -> None:
    findings = check(data, version)
    assert {finding.id for finding in findings} == {VERSION}
    assert expected in str(findings[0])
    assert check(data) == []


@pytest.mark.parametrize("version", [(2, 0, 15), (2, 2, 7), (2, 4, 3), [2, 2, 7], None])
def test_plain_data_fits_every_version(version: Any) -> None:
    data = configuration()
    del data["vrrp_track_process"]
    assert check(data, version) == []


def test_a_flag_that_is_off_needs_no_version() -> None:
    assert check(instance(no_virtual_ipaddress=False), (2, 2, 7)) == []


def test_old_names_are_taken_and_told() -> None:
    found, findings = normalise({"vrrp_track_file": [{"name": "a", "file": "/b"}]})
    assert found == {"track_file": [{"name": "a", "file": "/b"}]}
    assert [(finding.id, finding.severity) for finding in findings] == [(RENAMED, INFO)]
    assert str(findings[0]) == "configuration: vrrp_track_file is another name of track_file. Write track_file."


def test_the_same_by_two_names_is_no_error() -> None:
    # Ansible gives an option that was set by its alias by both names
    found, findings = normalise(instance(vmac_garp_intvl=5, garp_extra_if=5))
    assert found == instance(garp_extra_if=5)
    assert [finding.id for finding in findings] == [RENAMED]


def test_deprecated_is_a_warning() -> None:
    findings = check(instance(linkbeat_use_polling=True))
    assert [(finding.id, finding.severity) for finding in findings] == [(DEPRECATED, WARNING)]
    assert str(findings[0]).endswith("linkbeat_use_polling is deprecated. Use the block linkbeat_interfaces.")


def test_duplicates_differ_by_name_only() -> None:
    group = {"name": "G", "group": ["A", "B"]}
    findings = check({"vrrp_sync_group": [group, dict(group, name="H"), dict(group, smtp_alert=True)]})
    assert [finding.id for finding in findings] == [DUPLICATE]


def test_finding_as_text_and_as_data() -> None:
    finding = Finding("an-id", ERROR, "vrrp_instance VI_1", "is wrong", "Change it.", "a.conf", 3, 5)
    assert str(finding) == "a.conf:3:5: vrrp_instance VI_1: is wrong. Change it."
    assert finding.as_dict()["line"] == 3
    assert Finding("an-id", INFO, "x", "Is it?").as_dict() == {
        "id": "an-id",
        "severity": "info",
        "object": "x",
        "message": "Is it?",
        "remedy": "",
    }


def test_what_the_daemon_ignores_behind_an_own_address_is_left_out() -> None:
    given = {"unicast_src_ip": "198.18.0.11/24", "unicast_peer": ["198.18.0.12/24 min_ttl 5", "fd00::2/64", "fd00::3"]}
    found, findings = normalise(instance(**given))
    assert findings == []
    (block,) = found["vrrp_instance"]
    assert block["unicast_src_ip"] == "198.18.0.11"
    assert block["unicast_peer"] == ["198.18.0.12 min_ttl 5", "fd00::2", "fd00::3"]
    assert normalise(found)[0] == found


@pytest.mark.parametrize(("section", "keyword"), [("vrrp_script", "interval"), ("bfd_instance", "min_tx")])
@pytest.mark.parametrize(
    ("value", "is_wrong"), [(20.125, False), (20.1256, True), ("20.1250", False), ("20.0001", True)]
)
def test_more_decimals_than_the_daemon_reads(section: str, keyword: str, value: Any, is_wrong: bool) -> None:
    block = {"name": "A", "script": "/a", keyword: value} if section == "vrrp_script" else \
        {"name": "A", "neighbor_ip": "198.18.0.1", keyword: value}
    findings = check({section: [block]})
    assert [finding.keyword for finding in findings] == [keyword] * is_wrong
    assert all("must have at most 3 decimals" in finding.message for finding in findings)
