# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a definition before anything is derived from it, and which names of keywords it may have."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen, newest

INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
SERVICE = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR"}


@pytest.mark.parametrize("section, block, key, said", [
    ("vrrp_instance", INSTANCE, "virtual_ipadress", 'Did you mean "virtual_ipaddress"?'),
    ("vrrp_instance", INSTANCE, "virtual_routerid", 'Did you mean "virtual_router_id"?'),
    ("vrrp_instance", INSTANCE, "priority_ordr", 'Did you mean "priority_order"?'),
    ("vrrp_instance", INSTANCE, "real_server", "It belongs in virtual_server."),
    ("virtual_server", SERVICE, "real_server_grop", 'Did you mean "real_server_group"?'),
    ("virtual_server", SERVICE, "loopguard", 'Did you mean "loop_guard"?'),
    ("virtual_server", SERVICE, "real_servr", 'Did you mean "real_server"?'),
    ("virtual_server", SERVICE, "delay_lop", 'Did you mean "delay_loop"?'),
    ("virtual_server", SERVICE, "zzz", "Remove it, or write the line below raw when your keepalived knows it."),
    ("vrrp_script", {"name": "s", "script": "/usr/bin/true"}, "intervall", 'Did you mean "interval"?'),
])
def test_a_mistyped_keyword_gets_one_line_with_the_nearest_one(section, block, key, said):
    (finding,) = misshapen({section: [{**block, key: "x"}]})
    assert finding.remedy == said and f'"{key}"' in finding.message and len(str(finding)) < 200
    (finding,) = misshapen({}, {section: [{**block, key: "x"}]})
    assert finding.remedy == said


@pytest.mark.parametrize("section, more", [
    ("virtual_server", {"lvs_sched": "rr", "lvs_method": "DR", "sh-port": True}),
    ("virtual_server", {"real_server": [
        {"ip": "198.18.0.21", "HTTP_GET": [{"nb_get_retry": 3, "url": [{"path": "/"}]}]}]}),
    ("vrrp_instance", {"vmac_garp_intvl": 5}),
])
def test_every_name_of_a_keyword_is_taken(section, more):
    block = INSTANCE if section == "vrrp_instance" else {"ip": "198.18.0.100", "port": 80, "protocol": "TCP"}
    assert misshapen({section: [{**block, **more}]}) == []


def test_names_are_made_the_newest_ones_before_anything_is_derived():
    assert newest({"virtual_server": [{
        "lvs_sched": "sh", "sh-port": True, "loop_guard": True, "unknown": {"lvs_sched": 1},
        "real_server_options": {"lvs_method": "NAT", "HTTP_GET": [{"nb_get_retry": 3}]}}]}) == {"virtual_server": [{
            "lb_algo": "sh", "sh_port": True, "loop_guard": True, "unknown": {"lvs_sched": 1},
            "real_server_options": {"lvs_method": "NAT", "HTTP_GET": [{"retry": 3}]}}]}


@pytest.mark.parametrize("data", [None, [], "text", {"vrrp_instance": None}, {"vrrp_instance": ["text"]},
                                  {"virtual_server": [{"lvs_sched": "rr", "lb_algo": "wrr"}]}])
def test_what_has_no_other_name_stays(data):
    assert newest(data) == data


def test_the_derivation_knows_a_keyword_by_its_other_name():
    facts = {"interfaces": {"eth1": ["198.18.0.11/24"]}, "default": []}
    web = Member("web1", {"interfaces": {"eth1": ["198.18.0.21/24"]}, "default": []})
    service = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lvs_sched": "rr", "lvs_method": "DR",
               "real_server_group": "web"}
    data, findings = derive({"vrrp_instance": [INSTANCE], "virtual_server": [service]}, "lb1", [Member("lb1", facts)],
                            groups={"web": [web]})
    assert findings == []
    assert data["virtual_server"][0]["lb_kind"] == "DR" and "lvs_method" not in data["virtual_server"][0]
    assert data["virtual_server"][0]["real_server"][0]["ip"] == "198.18.0.21"


@pytest.mark.parametrize("options", ["weight 3", ["weight"], 3])
def test_options_of_real_servers_that_are_no_dictionary_are_named(options):
    (finding,) = misshapen({"virtual_server": [{**SERVICE, "real_server_options": options}]})
    assert "real_server_options must be a dictionary" in str(finding)
