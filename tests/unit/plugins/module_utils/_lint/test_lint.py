# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""The corners of the rules: what is derived, inherited, unknown or written in raw lines."""

from __future__ import annotations

import gc

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

HOST = {"hostname": "lb1", "interfaces": {"eth0": ["192.0.2.11/24"], "eth1": ["198.18.0.11/24"]}}
SECURE = {"enable_script_security": True, "script_user": "root"}


def instance(**changes):
    block = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
             "virtual_ipaddress": ["198.18.0.100/24"]}
    block.update(changes)
    return {key: value for key, value in block.items() if value is not None}


def other(**changes):
    return instance(**{"name": "VI_2", "virtual_ipaddress": ["198.18.0.101/24"], **changes})


def service(**changes):
    servers = [{"ip": "198.18.0.21", "port": 80, "TCP_CHECK": [{"connect_timeout": 2}]}]
    return {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "wlc", "lb_kind": "DR",
            "real_server": servers, **changes}


def ids(data, host=None, version=None):
    return [finding.id for finding in lint(data, host=host, version=version)]


def ids_of(**changes):
    return ids({"vrrp_instance": [instance(**changes)]})


def messages(data, host=None):
    return [str(finding) for finding in lint(data, host=host)]


@pytest.mark.parametrize("data", [{}, {"global_defs": {}}, {"vrrp_instance": []}, None])
def test_nothing_is_clean(data):
    assert lint(data) == []


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled):
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        lint({})
        lint_text("vrrp_instance VI_1 {")
        with pytest.raises(AttributeError):
            lint({}, host="no dictionary")
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_what_is_built_has_no_cycles():
    data = {"vrrp_instance": [instance(), other()], "virtual_server": [service()]}
    lint_text(render(data))
    gc.collect()
    lint_text(render(data))
    lint(data)
    assert gc.collect() == 0


def test_version_comes_from_global_defs():
    fast = instance(advert_int=0.1)
    assert ids({"vrrp_instance": [fast]}) == ["advert-int-not-whole"]
    assert ids({"global_defs": {"vrrp_version": 3}, "vrrp_instance": [fast]}) == []
    assert ids({"global_defs": {"vrrp_version": 3}, "vrrp_instance": [instance(advert_int=0.1, version=2)]}) == [
        "advert-int-not-whole"]


def test_ipv6_means_version_3():
    six = {"virtual_ipaddress": ["fe80::100/64", "fd00:1::100/64"]}
    assert ids_of(advert_int=0.1, **six) == []
    assert ids_of(advert_int=0.1, version=2, **six) == ["version-2-with-ipv6"]


@pytest.mark.parametrize("interval", [0.01, 0.07, 0.29, 0.57, 1.15, 2.3, 40.95])
def test_hundredths_survive_binary_fractions(interval):
    assert ids_of(advert_int=interval, version=3) == []


def test_data_from_inventories_may_be_text():
    assert ids_of(advert_int="0.5", virtual_router_id="51") == ["advert-int-not-whole"]
    assert ids_of(nopreempt="true", state="MASTER") == ["nopreempt-master"]


@pytest.mark.parametrize(("changes", "expected"), [
    ({"timer_expired_backup": 200}, ["timer-expired-backup-preempt"]),
    ({"timer_expired_backup": True, "nopreempt": True}, []),
    ({"timer_expired_backup": True, "raw": ["nopreempt # here"]}, []),
    ({"timer_expired_backup": True, "raw": ["include preempting.conf"]}, []),
    ({"owner_ignore_adverts": True, "priority": 255}, []),
    ({"owner_ignore_adverts": False}, []),
    ({"owner_ignore_adverts": True, "raw": ["priority $P"], "priority": None}, []),
    ({"owner_ignore_adverts": False, "raw": ["priority $P"], "priority": None}, []),
    ({"owner_ignore_adverts": True, "priority": None}, ["owner-ignore-adverts-alone"]),
    ({"owner_ignore_adverts": False, "priority": 255}, ["owner-ignore-adverts-off"]),
    ({"owner_ignore_adverts": False, "priority": None, "state": "MASTER"},
     ["owner-ignore-adverts-off", "master-without-priority"]),
])
def test_options_of_the_owner_and_of_those_who_do_not_preempt(changes, expected):
    assert ids_of(**changes) == expected


@pytest.mark.parametrize(("changes", "expected"), [
    ({"lb_algo": "sh", "sh_port": True, "flag_1": True}, []),
    ({"lb_algo": "mh", "mh_fallback": True, "flag_2": True}, []),
    ({"lb_algo": "mh", "sh_fallback": True}, ["sh-fallback belongs to lb_algo sh and"]),
    ({"flag_1": True, "flag_2": True},
     ["flag-1 belongs to lb_algo sh or mh and", "flag-2 belongs to lb_algo sh or mh and"]),
])
def test_flags_belong_to_schedulers(changes, expected):
    found = lint({"virtual_server": [service(**changes)]})
    assert [finding.message.partition(" is ignored")[0] for finding in found] == expected
    assert {finding.id for finding in found} <= {"scheduler-flag-ignored"}


def test_state_master_without_priority_is_the_owner():
    data = {"vrrp_instance": [instance(state="MASTER", priority=None, track_interface=["eth0 weight 10"])]}
    assert ids(data) == ["master-without-priority", "weight-with-owner"]


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, ["duplicate-virtual-router"]),
    ({"interface": "eth0"}, []),
    ({"virtual_ipaddress": ["fe80::101/64", "fd00::101/64"]}, []),
    ({"mcast_dst_ip": "224.0.0.19"}, []),
    ({"unicast_peer": ["198.18.0.12"]}, []),
])
def test_a_virtual_router_is_number_interface_family_and_wire(changes, expected):
    assert ids({"vrrp_instance": [instance(), other(**changes)]}) == expected


@pytest.mark.parametrize(("peers", "expected"), [
    (["198.18.0.13"], []), (["198.18.0.13", "198.18.0.12"], ["duplicate-virtual-router"]),
])
def test_unicast_routers_clash_on_a_common_peer(peers, expected):
    assert ids({"vrrp_instance": [
        instance(unicast_peer=["198.18.0.12"]), other(unicast_peer=peers)]}) == expected


@pytest.mark.parametrize(("version", "device", "expected"), [
    ((2, 2, 7), " dev eth1", ["interface-missing"]), ((2, 2, 8), " dev eth1", []), (None, " dev eth1", []),
    ((2, 3, 3), "", ["interface-missing"]),
])
def test_interface_may_be_missing_with_unicast(version, device, expected):
    data = {"vrrp_instance": [instance(
        interface=None, unicast_peer=["198.18.0.12"], virtual_ipaddress=["198.18.0.100/24" + device])]}
    assert ids(data, version=version) == expected


def test_without_facts_no_rule_speaks_of_the_host():
    strange = instance(interface="eth9", virtual_ipaddress=["203.0.113.9/24 dev eth8"], unicast_src_ip="203.0.113.1",
                       unicast_peer=["203.0.113.2"], track_interface=["eth7"])
    assert ids({"vrrp_instance": [strange]}) == []
    assert ids({"vrrp_instance": [strange]}, HOST) == [
        "interface-not-on-host", "address-device-not-on-host", "source-address-not-on-host",
        "track-interface-not-on-host"]
    assert ids({"global_defs": {"dynamic_interfaces": True}, "vrrp_instance": [strange]}, HOST) == [
        "source-address-not-on-host"]


def test_interfaces_that_keepalived_makes_are_no_fault():
    virtual = instance(use_vmac="vip0", virtual_ipaddress=["198.18.0.100/24 dev vip0"])
    assert ids({"vrrp_instance": [virtual, other(virtual_router_id=52, track_interface=["vip0"])]}, HOST) == []
    unnamed = instance(use_vmac=True, virtual_ipaddress=["198.18.0.100/24 dev vrrp.51"])
    assert ids({"vrrp_instance": [unnamed]}, HOST) == []


def test_strict_may_be_said_globally_or_not():
    strict = {"vrrp_strict": True}
    assert ids({"global_defs": strict, "vrrp_instance": [instance()]}) == ["strict-drops-traffic"]
    assert ids({"global_defs": strict, "vrrp_instance": [instance(strict_mode=False)]}) == []
    assert ids_of(strict_mode=True) == ["strict-drops-traffic"]
    assert ids_of(strict_mode=True, accept=True) == ["strict-drops-traffic"]
    assert ids_of(strict_mode=True, accept=True, version=3) == []
    assert ids_of(strict_mode=True, no_accept=True, authentication={"auth_type": "PASS", "auth_pass": "x"}) == [
        "auth-ignored"]
    assert ids_of(strict_mode=True, no_accept=True, virtual_ipaddress=None) == ["no-virtual-address"]


def test_addresses_without_prefix_are_one_finding():
    (message,) = messages({"vrrp_instance": [instance(virtual_ipaddress=[f"198.18.0.{last}" for last in range(5)])]})
    assert "without a prefix length 198.18.0.0, 198.18.0.1, 198.18.0.2 and 2 more becomes /32." in message


def test_address_may_be_in_the_subnet_of_its_own_device():
    assert ids({"vrrp_instance": [instance(virtual_ipaddress=["192.0.2.100/24 dev eth0"])]}, HOST) == []
    assert ids({"vrrp_instance": [instance(virtual_ipaddress=["192.0.2.100/24"])]}, HOST) == ["address-off-subnet"]


def test_excluded_addresses_are_looked_at_too():
    assert ids({"vrrp_instance": [instance(virtual_ipaddress_excluded=["198.18.0.11/24"])]}, HOST) == ["address-is-own"]
    assert ids_of(virtual_ipaddress_excluded=["198.18.0.100/24"]) == ["duplicate-address"]
    excluded_only = {"virtual_ipaddress": None, "virtual_ipaddress_excluded": ["198.18.0.100/24"]}
    assert ids_of(**excluded_only) == ["virtual-address-expected"]


def test_weights_come_from_what_is_tracked():
    files = [{"name": "plain", "file": "/x"}, {"name": "zero", "file": "/y", "weight": 0}]
    data = {"track_file": files, "vrrp_sync_group": [{"name": "G1", "group": ["VI_1", "VI_2"]}],
            "vrrp_instance": [instance(track_file=["plain", "zero"]), other(virtual_router_id=52)]}
    (message,) = messages(data)
    # a file's weight is 1 when nothing is said
    assert "track_file plain has weight 1, which is ignored in the vrrp_sync_group G1." in message
    data["vrrp_instance"][0]["track_file"] = ["plain weight 0", "zero"]
    assert messages(data) == []


@pytest.mark.parametrize(("lines", "expected"), [
    (["chk"], []),
    (["chk weight 200"], ["weight-out-of-range"]),
    (["chk weight 200 reverse"], ["weight-out-of-range"]),
    (["chk weight -99"], []),
    (["chk weight -100"], ["weight-out-of-range"]),
    (["chk weight 154"], []),
    (["chk weight 155"], ["weight-out-of-range"]),
])
def test_weights_keep_the_priority_between_1_and_254(lines, expected):
    data = {"global_defs": SECURE, "vrrp_script": [{"name": "chk", "script": "/usr/bin/true"}],
            "vrrp_instance": [instance(track_script=lines)]}
    if lines == ["chk weight 200 reverse"]:
        assert "lower the priority from 100 to -100" in messages(data)[0]
    assert ids(data) == expected


def test_sync_groups_track_too():
    data = {"global_defs": SECURE, "vrrp_script": [{"name": "chk", "script": "/usr/bin/true"}],
            "vrrp_sync_group": [{"name": "G1", "group": ["VI_1", "VI_2"], "track_script": ["chk"]}],
            "vrrp_instance": [instance(), other(virtual_router_id=52)]}
    assert ids(data) == []
    data["vrrp_sync_group"][0]["track_script"] = ["chk", "gone"]
    assert messages(data) == [
        "vrrp_sync_group G1: track_script gone is not defined, so it is not watched. "
        "Define it in vrrp_script (defined: chk), or remove the line."]


@pytest.mark.parametrize(("section", "keyword", "block"), [
    ("vrrp_script", "track_script", {"script": "/usr/bin/true"}),
    ("track_file", "track_file", {"file": "/x", "weight": 0}),
    ("vrrp_track_process", "track_process", {"process": "nginx"}),
    ("bfd_instance", "track_bfd", {"neighbor_ip": "198.18.0.1"}),
])
def test_everything_that_can_be_tracked_is_known(section, keyword, block):
    data = {"global_defs": SECURE, section: [{"name": "it", **block}], "vrrp_instance": [instance(**{keyword: ["it"]})]}
    assert ids(data) == []
    del data["vrrp_instance"][0][keyword]
    assert ids(data) == ["never-tracked"]
    data["vrrp_instance"][0][keyword] = ["it", "that"]
    assert ids(data) == ["tracked-undefined"]


@pytest.mark.parametrize(("raw", "changes"), [
    (["vrrp_script chk {", "    script /usr/bin/true", "}"], {"track_script": ["chk"]}),
    (["include /etc/keepalived/conf.d/*.conf"], {"track_script": ["anything"]}),
    (["vrrp_track_file f {", "    file /x", "}"], {"track_file": ["f"]}),
])
def test_raw_lines_may_define_what_is_tracked(raw, changes):
    assert ids({"raw": ["\n".join(raw)], "vrrp_instance": [instance(**changes)]}) == []


@pytest.mark.parametrize(("changes", "raw"), [
    ({"interface": None}, "interface eth1"),
    ({"state": "MASTER", "priority": None}, "priority 100"),
    ({"virtual_ipaddress": None}, "virtual_ipaddress {\n    198.18.0.100/24\n}"),
    ({"virtual_ipaddress": None}, "include addresses.conf"),
    ({"interface": None}, "$SETTINGS"),
    ({"unicast_src_ip": "198.18.0.11"}, "unicast_peer {\n    198.18.0.12\n}"),
    ({"interface": None}, "@lb1 interface eth1"),
])
def test_raw_lines_may_hold_what_seems_to_be_missing(changes, raw):
    assert ids_of(**changes)
    assert ids_of(**changes, raw=[raw]) == []


def test_raw_definitions_hide_nothing():
    assert ids_of(interface=None, raw=["$X=1"]) == ["interface-missing"]


def test_names_with_definitions_are_not_judged():
    assert ids_of(track_script=["chk_${N}"], virtual_ipaddress=["${VIP}/24"]) == []


def test_refused_values_are_not_missing():
    assert ids_of(virtual_ipaddress=["no address"]) == []


def test_groups_with_unknown_members_in_includes():
    group = [{"name": "G1", "group": ["VI_1", "VI_9"]}]
    assert ids({"vrrp_sync_group": group, "vrrp_instance": [instance()]}) == ["sync-group-unknown-member"]
    assert ids({"vrrp_sync_group": group, "vrrp_instance": [instance()], "raw": ["include more.conf"]}) == []


@pytest.mark.parametrize("command", [
    "/bin/x || /bin/y", "/bin/x && /bin/y", "/bin/x > /dev/null", "/bin/x 2>&1", "/bin/x >/dev/null 2>&1",
    "/bin/x; /bin/y",
    "/bin/x &", "/bin/x $(date)", "/bin/x `date`", "/bin/x < /etc/passwd", "</dev/tcp/127.0.0.1/80",
])
def test_shell_syntax_is_found(command):
    data = {"global_defs": SECURE, "vrrp_instance": [instance(notify_master=command)]}
    assert ids(data) == ["script-shell-syntax"]


@pytest.mark.parametrize("command", [
    "/bin/x '|' \"&&\" \\; 'a > b'", "/bin/sh -c 'x | y > z'", "/bin/bash -c \"x; y\"", "/bin/x a=b&c http://h/?a=1&b=2",
    "/bin/grep '<title>' f", "/bin/x $HOME", "/bin/x a|b",
])
def test_what_only_looks_like_shell_syntax_is_not_found(command):
    data = {"global_defs": SECURE, "vrrp_instance": [instance(notify_master=command)]}
    assert ids(data) == []


def test_scripts_with_a_user_of_their_own():
    data = {"global_defs": {"enable_script_security": True},
            "vrrp_instance": [instance(notify={"script": "/usr/local/bin/n", "user": "nobody"})]}
    assert ids(data) == []
    data["vrrp_instance"][0]["notify_fault"] = "/usr/local/bin/n"
    assert messages(data) == [
        "global_defs: no script_user: without a user keepalived_script on the host, notify_fault is dropped. "
        "Set script_user to an unprivileged user that exists."]


def test_symbolic_links_matter_from_2_3_0():
    data = {"global_defs": SECURE, "vrrp_instance": [instance(notify="/sbin/n a")]}
    assert [ids(data, version=version) for version in (None, (2, 2, 8), (2, 3, 0))] == [
        [], [], ["script-path-symlinked"]]
