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


@pytest.mark.parametrize("command, found", [
    ("</run/ready", False), ("'</run/ready'", False), ("'< /run/ready'", False), (" </run/ready", False),
    ("< /run/ready", True), ("<run/ready", True), ("</run/ready | /bin/true", True), ("/bin/cat </run/ready", True),
    ("</run/ready && /bin/true", True), (">/run/ready", True),
])
def test_a_shell_sees_whether_a_file_can_be_read(command, found):
    data = {"vrrp_script": [{"name": "S", "script": command}], **instances({"track_script": ["S"]})}
    assert ("script-shell-syntax" in ids(data)) is found
