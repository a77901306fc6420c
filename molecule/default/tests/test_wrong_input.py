# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wrong input stops before any host changes, and says what is wrong where and what to do."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.tests.lab.site import changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
LINK = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1,
        "virtual_ipaddress": ["198.18.0.100/24"]}
WRONG = {
    "misspelt-key": ({"priorty": 200}, ["vrrp_instance VI_1", "priorty", "priority"]),
    "vrid-out-of-range": ({"virtual_router_id": 300}, ["vrrp_instance VI_1", "virtual_router_id", "1-255", "300"]),
    "address-that-is-none": ({"virtual_ipaddress": ["198.18.0.500/24"]}, ["vrrp_instance VI_1", "198.18.0.500"]),
    "address-outside-every-subnet": ({"virtual_ipaddress": ["203.0.113.9/24"]},
                                     ["vrrp_instance VI_1", "203.0.113.9", "198.18.0.11/24", "Set interface"]),
    "password-too-long": (
        {"version": 2, "advert_int": 1, "authentication": {"auth_type": "PASS", "auth_pass": "ninechars"}},
        ["vrrp_instance VI_1", "auth_pass", "8 bytes"]),
    "sub-second-interval-with-version-2": ({"version": 2}, ["vrrp_instance VI_1", "advert_int", "version"]),
    "nopreempt-with-master": ({"nopreempt": True, "state": "MASTER"}, ["vrrp_instance VI_1", "nopreempt", "BACKUP"]),
    "refused-by-keepalived": ({"raw": ["no_such_word 5"]}, ["keepalived.conf:", "Unknown keyword 'no_such_word'"]),
}


@pytest.mark.parametrize("wrong", WRONG, ids=list(WRONG))
def test_wrong_input_changes_nothing_on_any_host(files, site, wrong):
    keys, words = WRONG[wrong]
    before = files()
    code, output = site("--extra-vars", json.dumps({"keepalived_vrrp_instance": [dict(LINK, **keys)]}))
    assert code != 0
    for word in words:
        assert word in output.replace("\\n", "\n"), output
    assert files() == before
    assert changes(output) == [0, 0], output
