# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What rules say, and do not say, of the neighbours of their examples."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, lint_text

INSTANCE = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
            "virtual_ipaddress": ["198.18.0.100/24"]}
SERVICE = {"protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR"}


def ids(data, host=None, version=(2, 2, 7)):
    return [finding.id for finding in lint(data, host, version) if finding.severity != "info"]


def instances(*changes):
    return {"vrrp_instance": [{**INSTANCE, "name": f"VI_{number}", "virtual_router_id": 50 + number, **change}
                              for number, change in enumerate(changes, 1)]}


@pytest.mark.parametrize("one, two, found", [
    ({"virtual_ipaddress": ["fe80::1/64"]}, {"virtual_ipaddress": ["fe80::1/64"], "interface": "eth2"}, []),
    ({"virtual_ipaddress": ["fe80::1/64"]}, {"virtual_ipaddress": ["fe80::1/64 dev eth2"]}, []),
    ({"virtual_ipaddress": ["fe80::1/64 dev eth2"]}, {"virtual_ipaddress": ["fe80::1/64"], "interface": "eth2"},
     ["address-in-two-instances"]),
    ({"virtual_ipaddress": ["fe80::1/64"]}, {"virtual_ipaddress": ["fe80::1/64"]}, ["address-in-two-instances"]),
    ({"virtual_ipaddress": ["169.254.9.1/16"]}, {"virtual_ipaddress": ["169.254.9.1/16"], "interface": "eth2"}, []),
    ({"virtual_ipaddress": ["fd00::1/64"]}, {"virtual_ipaddress": ["fd00::1/64"], "interface": "eth2"},
     ["address-in-two-instances"]),
    ({"virtual_ipaddress": ["198.18.0.100/24"]}, {"virtual_ipaddress": ["198.18.0.100/24"], "interface": "eth2"},
     ["address-in-two-instances"]),
    ({"virtual_ipaddress_excluded": ["fe80::1/64 dev eth2", "fe80::1/64 dev eth3"]},
     {"virtual_ipaddress": ["198.18.0.101/24"]}, []),
    ({"virtual_ipaddress_excluded": ["fe80::1/64 dev eth2", "fe80::1/64 dev eth2"]},
     {"virtual_ipaddress": ["198.18.0.101/24"]}, ["duplicate-address"]),
])
def test_a_link_local_address_is_one_of_each_interface(one, two, found):
    assert ids(instances(one, two)) == found


@pytest.mark.parametrize("interface, found", [("eth1", ["address-is-own"]), ("eth2", [])])
def test_a_link_local_address_is_the_hosts_own_on_its_interface(interface, found):
    host = {"interfaces": {"eth1": ["198.18.0.11/24", "fe80::1/64"], "eth2": ["192.0.2.11/24", "fe80::2/64"]}}
    assert ids(instances({"virtual_ipaddress": ["fe80::1/64"], "interface": interface}), host) == found


@pytest.mark.parametrize("lines, server, found", [
    (["198.18.0.100 80"], {"port": 8080}, ["port-not-changed"]),
    (["198.18.0.100 80", "198.18.0.101 8080"], {"port": 8080}, ["port-not-changed"]),
    (["198.18.0.100-110 80"], {"port": 443}, ["port-not-changed"]),
    (["198.18.0.100"], {"port": 80}, ["port-not-changed"]),
    (["198.18.0.100 80"], {"port": 80}, []), (["198.18.0.100 80"], {}, []),
    (["198.18.0.100 80"], {"port": 8080, "lvs_method": "NAT"}, []),
    (["198.18.0.100 80"], {"port": 8080, "lvs_method": "TUN"}, ["port-not-changed"]),
    (["fwmark 5"], {"port": 8080}, []),
])
def test_dr_cannot_change_the_port_of_a_group(lines, server, found):
    service = {**SERVICE, "group": "G", "real_server": [{"ip": "198.18.0.21", "TCP_CHECK": [{}], **server}]}
    assert ids({"virtual_server_group": [{"name": "G", "address": lines}], "virtual_server": [service]}) == found


@pytest.mark.parametrize("sorry, found", [
    ("198.18.0.3 8080", ["sorry-server-port"]), ("198.18.0.3 80", []), ("198.18.0.3", [])])
def test_nor_the_port_of_a_sorry_server(sorry, found):
    service = {**SERVICE, "group": "G", "sorry_server": sorry, "real_server": [
        {"ip": "198.18.0.21", "TCP_CHECK": [{}]}]}
    assert ids({"virtual_server_group": [{"name": "G", "address": ["198.18.0.100 80"]}],
                "virtual_server": [service]}) == found


@pytest.mark.parametrize("sorry, more, found", [
    ("198.18.0.21 80", {}, True), ("198.18.0.21", {}, True), ("198.18.0.21 80", {"inhibit_on_failure": True}, True),
    ("198.18.0.22 80", {}, False), ("198.18.0.21 81", {"lb_kind": "NAT"}, False),
])
def test_a_sorry_server_is_none_of_the_real_servers(sorry, more, found):
    service = {**SERVICE, "ip": "198.18.0.100", "port": 80, "sorry_server": sorry, **more, "real_server": [
        {"ip": "198.18.0.21", "TCP_CHECK": [{}]}]}
    assert ids({"virtual_server": [service]}) == ["sorry-server-is-real-server"] * found


@pytest.mark.parametrize("one, two, found", [
    ({"use_vmac": "vrrp.a"}, {"use_vmac": "vrrp.a"}, True),
    ({"use_vmac": "vrrp.a"}, {"use_vmac": "vrrp.a", "interface": "eth2"}, True),
    ({"use_vmac": "vrrp.a 02:00:5e:00:01:33"}, {"use_vmac": "vrrp.a"}, True),
    ({"use_vmac": "vrrp.a 02:00:5e:00:01:33"}, {"use_vmac": "group 5 name vrrp.a"}, True),
    ({"use_vmac": "vrrp.a"}, {"use_ipvlan": "vrrp.a"}, True),
    ({"use_vmac": "vrrp.a"}, {"use_vmac": "vrrp.b"}, False),
    ({"use_vmac": True}, {"use_vmac": True}, False),
    ({"use_vmac": "02:00:5e:00:01:33"}, {"use_vmac": "02:00:5e:00:01:33"}, False),
    ({"use_ipvlan": "bridge"}, {"use_ipvlan": "bridge"}, False),
])
def test_a_vmac_has_a_name_of_its_own(one, two, found):
    two = {"virtual_ipaddress": ["198.18.0.101/24"], **two}
    assert ("vmac-name-twice" in ids(instances(one, two), version=(2, 3, 3))) == found


def at(text, identifier):
    return [(finding.line, finding.object) for finding in lint_text(text, "x.conf", (2, 2, 7))
            if finding.id == identifier]


REAL = """\
virtual_server%s {
    protocol TCP
    lb_algo rr
    lb_kind NAT
    real_server 198.18.0.%s 80 {
        TCP_CHECK {
        }
    }
    real_server 198.18.0.%s 80 {
        TCP_CHECK {
        }
    }
}
"""


@pytest.mark.parametrize("last, line", [(("100", "22"), 5), (("21", "100"), 9)])
def test_the_real_server_that_is_the_service_is_the_one_that_is_named(last, line):
    text = REAL % (" 198.18.0.100 80", *last)
    assert at(text, "real-server-is-service") == [
        (line, "virtual_server 198.18.0.100 80 real_server 198.18.0.100 80")]
    group = "virtual_server_group G {\n    198.18.0.99-101 80\n    198.18.0.100 80\n}\n"
    assert [place for place, _object in at(group + REAL % (" group G", *last), "real-server-is-service")] == [line + 4]


def test_each_port_that_a_firewall_mark_ignores_is_named():
    text = (REAL % (" fwmark 5", "21", "22")).replace("    protocol TCP\n", "").replace("0.22 80", "0.22")
    assert [place for place, _object in at(text, "ignored-with-fwmark")] == [4]


@pytest.mark.parametrize("versions, said", [
    (("2.2.7", "2.2.8"), "All hosts would be master."), ((None, None), "All hosts would be master."),
    (("2.3.2", "2.3.2"), "All hosts would be master."),
    (("2.3.3", "2.4.0"), "An address is gone while a host without it is master."),
    (("2.3.3", "2.2.7"), "lb2 (keepalived before 2.3.3) would reject the adverts and be master beside another host."),
    (("2.3.3", None), "lb2 (keepalived before 2.3.3) would reject the adverts and be master beside another host."),
])
@pytest.mark.parametrize("addresses, identifier", [
    (["198.18.0.100/24", "198.18.0.101/24"], "cluster-address-count-differs"),
    (["198.18.0.101/24"], "cluster-addresses-differ"),
])
def test_the_version_of_the_receiver_decides_what_other_addresses_do(versions, said, addresses, identifier):
    members = [Member(f"lb{number}", {"vrrp_instance": [{**INSTANCE, "virtual_ipaddress": each}]},
                      version=None if version is None else tuple(map(int, version.split("."))))
               for number, (each, version) in enumerate(zip((INSTANCE["virtual_ipaddress"], addresses), versions), 1)]
    (finding,) = (each for each in lint_clusters([Cluster(members)]) if "address" in each.id)
    if identifier == "cluster-addresses-differ":
        said = said.replace("All hosts would be master.", "Each host would hold its own.")
    assert finding.id == identifier and finding.severity == "error" and finding.message.endswith(said)


def sessions(*each):
    """BFD sessions that an instance tracks."""
    named = [{"name": f"B{number}", "neighbor_ip": "198.18.0.1", **one} for number, one in enumerate(each, 1)]
    return {"bfd_instance": named, **instances({"track_bfd": [one["name"] for one in named]})}


@pytest.mark.parametrize("session, found", [
    ({"max_hops": 5, "ttl": 5}, False), ({"max_hops": 6, "ttl": 5}, True), ({"max_hops": -1, "ttl": 5}, True),
    ({"max_hops": -1, "ttl": 255}, False), ({"max_hops": 255}, False), ({"max_hops": -1}, False), ({"ttl": 1}, False),
    ({"max_hops": 65, "neighbor_ip": "fd00::1"}, True), ({"max_hops": 64, "neighbor_ip": "fd00::1"}, False),
    ({"max_hops": -1, "neighbor_ip": "fd00::1"}, True),
    ({"max_hops": -1, "neighbor_ip": "fd00::1", "raw": ["ttl 255"]}, False),
    ({"max_hops": -1, "neighbor_ip": "fd00::1", "raw": ["include ttl.conf"]}, False),
    ({"max_hops": 65, "neighbor_ip": "$N"}, False), ({"max_hops": "$N", "ttl": 1}, False),
])
def test_max_hops_is_below_the_ttl_of_its_family(session, found):
    assert ("bfd-max-hops" in ids(sessions(session))) is found


@pytest.mark.parametrize("each, found", [
    ([{}, {}], 1), ([{}, {}, {}], 2), ([{}, {"neighbor_ip": "198.18.0.2"}], 0), ([{}, {"source_ip": "198.18.0.9"}], 1),
    ([{"source_ip": "198.18.0.9"}, {}], 1), ([{"source_ip": "198.18.0.9"}, {"source_ip": "198.18.0.8"}], 0),
    ([{"source_ip": "198.18.0.9"}, {"source_ip": "198.18.0.9"}], 1),
    # the second is left out, so that it is in nobody's way
    ([{"source_ip": "198.18.0.9"}, {}, {"source_ip": "198.18.0.8"}], 1),
    ([{"source_ip": "198.18.0.9"}, {"source_ip": "198.18.0.8"}, {"source_ip": "198.18.0.8"}], 1),
    ([{"neighbor_ip": "fd00::1"}, {"neighbor_ip": "fd00:0::1"}], 1),
    ([{"source_ip": "fd00::9"}, {}], 0), ([{}, {"raw": ["source_ip 198.18.0.9"]}], 0), ([{"source_ip": "$S"}, {}], 0),
    ([{"neighbor_ip": "$N"}, {"neighbor_ip": "$N"}], 0), ([{}, {"name": "B1"}], 0),
])
def test_a_session_of_bfd_has_addresses_of_its_own(each, found):
    assert ids(sessions(*each)).count("bfd-session-twice") == found


@pytest.mark.parametrize("source, found", [
    ("198.18.0.9", False), ("fd00::9", True), ("$S", False), (None, False)])
def test_a_session_of_bfd_has_one_family(source, found):
    assert ("bfd-family" in ids(sessions({"source_ip": source} if source else {}))) is found


@pytest.mark.parametrize("process, found", [
    ({"quorum": 3, "quorum_max": 2}, True), ({"quorum": 1, "quorum_max": 0}, True), ({"quorum": 2}, False),
    ({"quorum_max": 0}, False), ({"quorum": 2, "quorum_max": 2}, False), ({"quorum": "$N", "quorum_max": 2}, False),
])
def test_a_quorum_of_processes_may_run(process, found):
    data = {"vrrp_track_process": [{"name": "P", "process": "nginx", **process}],
            **instances({"track_process": ["P"]})}
    assert ids(data) == ["track-process-quorum"] * found


PAUSE = {"garp_interval": 0.1}


@pytest.mark.parametrize("groups, found", [
    ([{"interface": "eth1"}, {"interface": "eth1"}], ["eth1 is in garp_group (number 1) already."]),
    ([{"interface": "eth1"}, {"interface": "eth2"}], []),
    ([{"interface": "eth1"}, {"interfaces": ["eth1", "eth2"]}], ["eth1 is in garp_group (number 1) already."]),
    ([{"interface": "eth1"}, {"interfaces": ["eth1"]}],
     ["eth1 is in garp_group (number 1) already, and keepalived ends."]),
    ([{"interfaces": ["eth1", "eth2"]}, {"interfaces": ["eth3", "eth2"]}],
     ["eth2 is in garp_group (number 1) already."]),
    ([{"interface": "eth1", "interfaces": ["eth1", "eth2"]}], ["eth1 is in it twice."]),
    ([{"interfaces": ["eth1", "eth1"]}], ["eth1 is in it twice."]),
    ([{"interface": "$I"}, {"interface": "$I"}], []), ([{"interface": "eth9"}, {"interface": "eth9"}], []),
    ([{"interface": "vrrp.51"}, {"interface": "vrrp.51"}], []),
])
def test_an_interface_is_in_one_garp_group(groups, found):
    host = {"interfaces": {f"eth{number}": ["198.18.0.11/24"] for number in (1, 2, 3)}}
    data = {"garp_group": [{**PAUSE, **group} for group in groups], **instances({"use_vmac": "vrrp.51"})}
    assert [each.message for each in lint(data, host) if each.id == "garp-group-shared-interface"] == found


@pytest.mark.parametrize("groups, found", [
    ([{}, PAUSE], ["garp-group-without-pause"]),
    ([PAUSE, {}], ["garp-group-without-pause", "garp-group-shared-interface"]),
    ([{"gna_interval": 0.1}, {"raw": ["include pause.conf"]}], ["garp-group-shared-interface"]),
    ([{"raw": ["gna_interval 0.1"]}], []), ([{"garp_interval": "$P"}], []),
])
def test_a_garp_group_without_a_pause_is_removed(groups, found):
    assert ids({"garp_group": [{"interface": "eth1", **group} for group in groups], **instances({})}) == found


TWO = ["198.18.0.21", "fd00::21"]


@pytest.mark.parametrize("service, found", [
    ({"ip": "198.18.0.100", "port": 80}, ["fd00::21"]), ({"ip": "fd00::100", "port": 80}, ["198.18.0.21"]),
    ({"fwmark": 5}, ["fd00::21"]), ({"group": "G"}, ["fd00::21"]),
    ({"fwmark": 5, "ip_family": "inet6"}, ["198.18.0.21"]),
    ({"fwmark": 5, "persistence_granularity": "64"}, ["198.18.0.21"]),
    ({"fwmark": 5, "persistence_granularity": "255.255.255.0"}, ["fd00::21"]),
    ({"fwmark": 5, "persistence_granularity": "$G"}, []), ({"ip": "$IP", "port": 80}, []),
    ({"fwmark": 5, "lb_kind": "TUN"}, []), ({"ip": "198.18.0.100", "port": 80, "lb_kind": "TUN"}, []),
    ({"ip": "198.18.0.100", "port": 80, "lb_kind": "$K"}, []), ({"fwmark": 5, "ip_family": "$F"}, []),
    ({"fwmark": 5, "raw": ["include family.conf"]}, []), ({"fwmark": 5, "raw": ["real_server ::1 {\n}"]}, []),
    ({"fwmark": 5, "lb_kind": "TUN type gue port 6080"}, []),
])
def test_a_service_takes_servers_of_its_own_family(service, found):
    servers = [{"ip": ip, "TCP_CHECK": [{}]} for ip in TWO]
    data = {"virtual_server_group": [{"name": "G", "address": ["fwmark 7"]}],
            "virtual_server": [{**SERVICE, "lb_kind": "NAT", **service, "real_server": servers}]}
    of_servers = [each.object.split()[-1] for each in lint(data) if each.id == "real-server-family"]
    assert of_servers == found
    # the first server decides where nothing else does; it is asked last, whatever it says
    for ip in TWO:
        data["virtual_server"][0]["sorry_server"] = ip
        assert ("sorry-server-family" in ids(data)) is (ip in found)


@pytest.mark.parametrize("first, second, sorry, found", [
    ("TUN", None, None, ["sorry-server-family"]), ("$M", None, None, []), (None, "TUN", "TUN", []),
    (None, "TUN", None, []), (None, None, "$M", ["real-server-family"]),
])
def test_only_servers_of_tun_may_have_the_other_family(first, second, sorry, found):
    servers = [{"ip": ip, "TCP_CHECK": [{}], **({"lvs_method": way} if way else {})}
               for ip, way in zip(TWO, (first, second))]
    service = {**SERVICE, "lb_kind": "NAT", "fwmark": 5, "real_server": servers, "sorry_server": "198.18.0.31"}
    if sorry:
        service.update(sorry_server="fd00::31", sorry_server_lvs_method=sorry)
    data = {"virtual_server": [service]}
    assert [each for each in ids(data) if each.endswith("-family")] == found


@pytest.mark.parametrize("line, more, found", [
    ("eth1 VI_1", {}, False), ("eth1 VI_2", {}, True), ("eth1 inst VI_2 id 5", {}, True), ("eth1 inst VI_1", {}, False),
    ("eth1", {}, False), ("eth1 id 5", {}, False), ("eth1 $VI", {}, False),
    ("eth1 VI_2", {"raw": ["include more.conf"]}, False), ("eth1 VI_2", {"raw": ["vrrp_instance VI_2 {\n}"]}, False),
])
def test_the_sync_daemon_follows_an_instance_that_is_there(line, more, found):
    data = {"global_defs": {"lvs_sync_daemon": line}, **instances({}), **more}
    assert ("sync-daemon-undefined" in ids(data)) is found


@pytest.mark.parametrize("command, found", [
    ("</run/ready", False), ("'</run/ready'", False), ("'< /run/ready'", False), (" </run/ready", False),
    ("< /run/ready", True), ("<run/ready", True), ("</run/ready | /bin/true", True), ("/bin/cat </run/ready", True),
    ("</run/ready && /bin/true", True), (">/run/ready", True),
    ("</dev/tcp/127.0.0.1/80", True), ("'< /dev/udp/127.0.0.1/53'", True), ("</dev/null", False),
    ("/bin/bash -c '</dev/tcp/127.0.0.1/80'", False),
])
def test_a_shell_sees_whether_a_file_can_be_read(command, found):
    data = {"vrrp_script": [{"name": "S", "script": command}], **instances({"track_script": ["S"]})}
    assert ("script-shell-syntax" in ids(data)) is found


def test_a_name_that_only_bash_has_is_left_to_bash():
    data = {"vrrp_script": [{"name": "S", "script": "</dev/tcp/127.0.0.1/80"}], **instances({"track_script": ["S"]})}
    assert [str(each) for each in lint(data) if each.id == "script-shell-syntax"] == [
        "vrrp_script S: script opens /dev/tcp/127.0.0.1/80, which fails where /bin/sh is not bash. "
        "Write /bin/bash -c '</dev/tcp/127.0.0.1/80'."]


@pytest.mark.parametrize("more", [
    {}, {"unicast_peer": ["198.18.0.12"]}, {"unicast_peer": ["198.18.0.12", "198.18.0.13"]}])
def test_what_many_have_in_common_is_said_once_of_each(more):
    numbers = range(40)
    data = {"vrrp_instance": [{**INSTANCE, "name": f"V{number}", "virtual_ipaddress": [f"198.18.1.{number}/24"], **more}
                              for number in numbers],
            "vrrp_sync_group": [{"name": f"G{number}", "group": ["V0", "V1"]} for number in numbers]}
    said = ids(data)
    assert said.count("duplicate-virtual-router") == len(numbers) - 1
    assert said.count("sync-group-shared-member") == 2 * (len(numbers) - 1)
