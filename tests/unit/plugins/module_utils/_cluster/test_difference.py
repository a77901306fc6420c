# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which configurations mean the same, and how a difference reads."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.difference import difference
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

INSTANCE = {"name": "VI_1", "state": "BACKUP", "interface": "eth1", "virtual_router_id": 51, "priority": 100}


def instance(**keys):
    return {"vrrp_instance": [{key: value for key, value in dict(INSTANCE, **keys).items() if value is not ...}]}


@pytest.mark.parametrize("before, after", [
    ({}, {}),
    ({}, {"global_defs": {}, "vrrp_script": [], "raw": None}),
    (instance(), instance(priority="100", advert_int=None, nopreempt=False)),
    (instance(state=..., priority=...), instance()),
    (instance(state="MASTER", priority=...), instance(state="MASTER", priority=255)),
    (instance(), dict(instance(), global_defs={"router_id": "lb1"})),
    (dict(instance(), vrrp_track_file=[{"name": "a", "file": "/a"}]),
     dict(instance(), track_file=[{"name": "a", "file": "/a", "weight": None}])),
    (instance(raw=["word 1"]), instance(raw=["    word 1\n"])),
    (instance(virtual_router_id=300), instance(virtual_router_id=300)),
])
def test_the_same_in_other_words(before, after):
    assert difference(before, after, "lb1") == []
    assert difference(after, before, "lb1") == []


@pytest.mark.parametrize("before, after, said", [
    (instance(), instance(priority=90), "vrrp_instance VI_1 priority: 100 became 90."),
    (instance(), instance(nopreempt=True), "vrrp_instance VI_1 nopreempt: nothing became True."),
    (instance(), {}, "vrrp_instance: 1 block became nothing."),
    (instance(virtual_router_id=300), instance(virtual_router_id=301),
     "vrrp_instance VI_1 virtual_router_id: 300 became 301."),
    (instance(virtual_ipaddress=["10.0.0.1/24"]), instance(virtual_ipaddress=["10.0.0.1"]),
     "vrrp_instance VI_1 virtual_ipaddress: 10.0.0.1/24 became 10.0.0.1."),
    (instance(authentication={"auth_type": "PASS", "auth_pass": "one"}),
     instance(authentication={"auth_type": "PASS", "auth_pass": "two"}),
     "vrrp_instance VI_1 authentication auth_pass: ******** became ********."),
    (instance(raw=["auth_pass one"]), instance(raw=["auth_pass two"]),
     "vrrp_instance VI_1 raw: auth_pass ******** became auth_pass ********."),
    # what stands elsewhere says that it is a secret
    (dict(instance(authentication={"auth_pass": "$PW"}), raw=["$PW=first"]),
     dict(instance(authentication={"auth_pass": "$PW"}), raw=["$PW=second"]),
     "raw: $PW=******** became $PW=********."),
    (dict(instance(), global_defs={"router_id": "other"}), instance(), "global_defs router_id: other became lb1."),
    ({"raw": ["a"]}, {"raw": ["b"]}, "raw: a became b."),
    ({"unknown": {"a": 1}}, {}, "unknown: a block became nothing."),
])
def test_a_difference_names_its_place(before, after, said):
    assert said in difference(before, after, "lb1")


def test_the_layout_of_a_file_does_not_matter():
    one = "vrrp_instance VI_1 { # one\n  priority 100\n virtual_router_id 51 }\n"
    other = "! other\nvrrp_instance \"VI_1\"\n{\nvirtual_router_id 51\npriority +100\n}"
    assert difference(read(parse(one)), read(parse(other)), "lb1") == []
