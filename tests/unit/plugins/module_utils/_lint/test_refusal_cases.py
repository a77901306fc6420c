# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is rejected, warned of and accepted: by rules, across hosts, by the versions of the daemon, by its config test.

Each case is a kind of error that version 1.0.0 made, or a neighbour of one. The file also runs in a tree of that
version, where every case fails.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import config_test
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.tracked import parse_tracked
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

KEY = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
OTHER = "hex:" + "a7" * 32
NEWEST = (2, 4, 3)
ADDRESSES = ["198.18.0.100/24"]


def instance(**keys):
    return {"vrrp_instance": [dict({"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
                                    "virtual_ipaddress": ADDRESSES}, **keys)]}


def signed(*keys, **more):
    return instance(auth_hmac=dict({"key": list(keys or ("1 " + KEY,)), "active_key": 1}, **more))


def service(**keys):
    return {"virtual_server": [dict({
        "ip": "198.18.0.100", "port": 80, "lb_algo": "rr", "lb_kind": "NAT", "protocol": "TCP",
        "real_server": [{"ip": "198.18.0.21", "port": 80, "TCP_CHECK": [{"connect_timeout": 2}]}]}, **keys)]}


def real(**keys):
    return service(real_server=[dict({"ip": "198.18.0.21", "port": 80}, **keys)])


def grouped(*addresses):
    found = service(group="web")
    for key in ("ip", "port"):
        del found["virtual_server"][0][key]
    return dict(found, virtual_server_group=[{"name": "web", "address": list(addresses)}])


def script(command, **more):
    return dict(instance(track_script=["check"]), vrrp_script=[{"name": "check", "script": command, **more}],
                global_defs={"enable_script_security": True, "script_user": "nobody"})


def alone(data, version=NEWEST):
    """Return what is found on one host, each in one line."""
    found, findings = normalise(data, version)
    return [str(finding) for finding in [*findings, *lint(found, None, version)]]


def together(*data, version=NEWEST):
    """Return what is found on several hosts."""
    members = [Member(f"lb{number}", each, version=version) for number, each in enumerate(data, 1)]
    return [str(finding) for finding in lint_clusters([Cluster(members)])]


def judged(message):
    """Return whether the config test refuses a file for a message."""
    outcome = SimpleNamespace(code=0, output=message, timed_out=False)
    return bool(config_test.judge(outcome, "/etc/keepalived/keepalived.conf").refused)


# Two hosts, and what a finding across them says
TOGETHER = {
    "R1 another key": ((signed(), signed("1 " + OTHER)), "key"),
    "R1 another active key": (
        (signed("1 " + KEY, "2 " + OTHER), signed("1 " + KEY, "2 " + OTHER, active_key=2)), "key"),
    "R1 a key that one host lacks": ((signed("1 " + KEY, "2 " + OTHER, active_key=2), signed()), "key"),
    "R1 one host alone signs": ((signed(), instance()), "hmac"),
    "R1 other protection against replay": (
        (signed(anti_replay="time"), signed(anti_replay="monotonic")), "anti_replay"),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_hosts_that_do_not_hear_each_other_are_found(name):
    data, word = TOGETHER[name]
    assert [line for line in together(*data) if word in line and "lb" in line], together(*data)


# The data of one host, its version, and what a finding says
SAID = {
    "R1 a key that is too short": (signed("1 hex:" + "0f" * 15), NEWEST, "32 to 64 bytes"),
    "R1 an active key that there is not": (signed(active_key=2), NEWEST, "active_key"),
    "R1 keys and no active key": (instance(auth_hmac={"key": ["1 " + KEY]}), NEWEST, "active_key"),
    "R7 pidof of Debian": (script("/usr/bin/pidof nginx"), (2, 2, 7), "killall5"),
    "R7 pidof by its other path": (script("/bin/pidof nginx"), (2, 2, 7), "killall5"),
    "R12 a password that is a number": (
        instance(authentication={"auth_type": "PASS", "auth_pass": 1111}), NEWEST, "number"),
    "R12 a dictionary for an address": (instance(virtual_ipaddress=[{"ip": "198.18.0.100/24"}]), NEWEST, "one text"),
    "V1 a network of addresses": (grouped("198.18.0.144/28 80"), (2, 1, 5), "2.2.2"),
    "V4 a preferred lifetime": (instance(virtual_ipaddress=["198.18.0.100/24 preferred_lft 0"]), (2, 0, 19), "2.0.20"),
    "V6 twos": (service(lb_algo="twos"), (2, 2, 4), "2.2.5"),
    "V6 a range of addresses": (grouped("198.18.0.144-198.18.0.150 80"), (2, 1, 5), "2.2.2"),
    "V6 a large weight": (real(weight=65536), (2, 0, 20), "2.1.0"),
    "V6 a range of states": (
        real(HTTP_GET=[{"url": [{"path": "/", "status_code": "200-299"}]}]), (2, 0, 16), "2.0.17"),
    "V6 a weight of 0": (real(weight=0), (2, 0, 15), "2.0.16"),
    "V6 decimals of BFD": (
        dict(instance(), bfd_instance=[{"name": "b", "neighbor_ip": "198.18.0.12", "min_rx": 10.5}]), (2, 1, 5),
        "2.2.0"),
    "V7 an active key is missing": (instance(auth_hmac={"key": ["1 " + KEY], "mode": "enforce"}), (2, 4, 0),
                                    "active_key"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_daemon_does_otherwise_is_said(name):
    data, version, word = SAID[name]
    assert [line for line in alone(data, version) if word in line], alone(data, version)


# The data of one host and its version, and the word of a finding that is none
SILENT = {
    "R1 the key of the manual page": (signed(), NEWEST, "key is not of the form"),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_the_daemon_takes_is_accepted(name):
    data, version, word = SILENT[name]
    assert [line for line in alone(data, version) if word in line] == []


def test_r3_the_config_test_does_not_refuse_what_the_daemon_runs_as_written():
    assert not judged("Warning - cannot track route 198.51.100.0/24 with no interface specified, not tracking")


@pytest.mark.parametrize("message", [
    "V2 Please use a shorter name, ignoring",
    "V2 Please use something else; the instance is ignored",
    "V2 rubbish is deprecated and was ignored",
])
def test_the_config_test_refuses_what_is_left_out(message):
    assert judged(message[3:])


def test_v3_tracked_files_of_older_dumps():
    text = (" VRRP Track file = nginx\n   File = /run/nginx\n   Status = 0\n   Tracking instances :\n"
            "     VI_1, weight 0\n")
    assert [each["name"] for each in parse_tracked(text).get("VI_1", [])] == ["nginx"]


@pytest.mark.parametrize("keyword", ["notify_master", "notify_backup", "notify_fault", "notify_stop"])
def test_r6_a_command_in_keepalived_s_notation_is_one(keyword):
    command = "/etc/keepalived/x.sh root"
    written = read(parse("vrrp_instance A {\n    %s %s\n}\n" % (keyword, command)))
    given, dummy = normalise({"vrrp_instance": [{"name": "A", keyword: command}]})
    assert given["vrrp_instance"][0][keyword] == written["vrrp_instance"][0][keyword]


@pytest.mark.parametrize("keyword", ["notify", "notify_master", "notify_stop"])
def test_r2_the_user_of_every_script_is_looked_up(keyword):
    assert missing(instance(**{keyword: {"script": "/etc/x.sh", "user": "nosuchuser"}})) == ["nosuchuser"]
    assert missing(instance(**{keyword: {"script": "/etc/x.sh", "user": "root", "group": "nosuchgroup"}})) == [
        "nosuchgroup"]


def test_r2_also_of_checks():
    assert missing(real(MISC_CHECK=[{"misc_path": "/etc/x.sh", "user": "nosuchuser"}])) == ["nosuchuser"]
