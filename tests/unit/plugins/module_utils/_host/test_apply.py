# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_host on a host with a real nft and iptables: what is in force, and what is left of others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._host import paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.block import BEGIN, END
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._host.machine import (
    ALLOW,
    FORMER,
    INCLUDE,
    OTHER,
    RULES,
    isolated,
)

pytestmark = pytest.mark.daemon
MARK = 'comment "openvip.cluster: '


@isolated
def test_nftables_has_the_rules_at_once_and_whenever_its_file_is_loaded(machine):
    machine.nftables()
    assert machine.changed()
    for dummy in range(3):
        listed = machine.ruleset()
        assert listed.count(MARK) == 3 and listed.index(MARK) < listed.index("tcp dport 22")
        machine.do("nft", "-f", "/etc/nftables.conf")
    assert not machine.changed()
    assert machine.changed(allow=OTHER) and machine.ruleset().count(MARK) == 1
    assert machine.changed(firewall="none") and MARK not in machine.ruleset()
    assert machine.read("/etc/nftables.conf") == RULES
    machine.boot()
    assert not machine.changed(firewall="none")


@isolated
def test_firewalld(machine):
    machine.firewalld()
    assert machine.changed() and machine.reloads() == ["firewalld"]
    assert 'source address="198.18.0.12"' in machine.do("firewall-cmd", "--info-policy=keepalived")
    assert machine.changed(firewall="none") and machine.read(paths.FIREWALLD) is None
    assert machine.reloads() == ["firewalld"] * 2


@isolated
def test_ufw(machine):
    machine.ufw()
    before = [machine.read(path) for path in paths.UFW_RULES.values()]
    assert machine.changed() and machine.reloads() == ["ufw"]
    assert machine.do("iptables", "-S", "ufw-before-input").count("-p vrrp") == 1
    assert machine.do("ip6tables", "-S", "ufw6-before-input").count("-s fe80::12/128 -p vrrp") == 1
    assert machine.changed(firewall="none")
    assert [machine.read(path) for path in paths.UFW_RULES.values()] == before
    assert machine.do("iptables", "-S", "ufw-before-input").count("-p vrrp") == 0


HIS = """
table inet filter {
\tchain keepalived {
\t\tip saddr 198.18.0.66 drop
\t\taccept comment "vrrp from 198.18.0.12"
\t}
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\tjump keepalived
\t}
}
"""


@isolated
def test_the_administrators_own_chain_with_the_name_that_ours_had_is_left_alone(machine):
    machine.nftables(f"flush ruleset\n{HIS}")
    before = machine.ruleset()
    machine.write(paths.NFTABLES_FORMER, "# by hand\n")
    assert machine.changed()
    listed = machine.ruleset()
    assert "198.18.0.66 drop" in listed and listed.count("jump keepalived") == 1 and listed.count(MARK) == 3
    assert machine.changed(firewall="none")
    assert machine.ruleset() == before and machine.read(paths.NFTABLES_FORMER) == b"# by hand\n"


@isolated
def test_what_the_former_version_wrote_is_replaced(machine):
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.nftables(RULES + INCLUDE)
    assert machine.changed()
    assert "keepalived {" not in machine.ruleset() and machine.ruleset().count(MARK) == 3
    assert machine.read(paths.NFTABLES_FORMER) is None and b"include" not in machine.read("/etc/nftables.conf")
    machine.boot()
    assert not machine.changed()
    assert machine.changed(firewall="none") and machine.read("/etc/nftables.conf") == RULES


@isolated
def test_what_the_former_version_wrote_goes_where_no_firewall_is_wanted(machine):
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.nftables(RULES + INCLUDE)
    machine.nft("add chain inet filter more; add rule inet filter more tcp dport 99 jump keepalived")
    assert machine.changed(firewall="none")
    # what somebody else refers to stays, and is empty
    assert "198.18" not in machine.ruleset() and "tcp dport 99 jump keepalived" in machine.ruleset()
    assert machine.read("/etc/nftables.conf") == RULES


@isolated
def test_a_chain_of_the_former_version_with_a_rule_of_somebody_else_is_his(machine):
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.nftables(RULES + INCLUDE)
    machine.nft("add rule inet filter keepalived tcp dport 99 accept")
    assert machine.changed() and "tcp dport 99" in machine.ruleset()


def renamed(old, new):
    return lambda text: text.replace(old, new)


@pytest.mark.parametrize("edit", [
    renamed(b"inet filter", b"inet fw"), renamed(b"chain input", b"chain incoming"),
    renamed(b"inet filter", b"ip filter"), renamed(b"inet filter", b"ip6 filter"),
    renamed(b"priority filter;", b"priority -150;"), renamed(b"hook input", b"hook forward"),
    renamed(b"{\n\tchain", b"{\n\tflags dormant\n\tchain"),
    lambda text: text[:text.index(b"table")], lambda text: text[:text.index(b"table")] + HIS.encode(),
    lambda text: text + HIS.replace("inet filter", "ip nat").encode(),
    renamed(b"inet filter", b"bridge filter"), renamed(b"type filter hook input", b"type route hook output")],
    ids=range(12))
@isolated
def test_whatever_becomes_of_his_ruleset_it_is_loaded(machine, edit):
    machine.nftables()
    machine.changed()
    machine.write("/etc/nftables.conf", edit(machine.read("/etc/nftables.conf")))
    for dummy in range(2):
        machine.boot()
    expected = machine.ruleset()
    assert expected.count(MARK) == (3 if BEGIN.encode() in machine.read("/etc/nftables.conf") else 0)
    assert ("dormant" in expected) is (b"dormant" in machine.read("/etc/nftables.conf"))
    result = machine.run(firewall="nftables")
    in_force = "chain input" in expected and "hook input" in expected and "table inet filter" in expected
    assert result.get("failed", False) is not in_force
    assert in_force or "keepalived_firewall_nftables_chain" in result["msg"] or "Load the ruleset" in result["msg"]
    assert not in_force or machine.ruleset().count(MARK) == 3


@isolated
def test_a_file_that_is_loaded_on_top_of_itself_doubles_rules_until_the_next_run(machine):
    """As it does with his own."""
    machine.nftables(RULES.replace(b"flush ruleset", b""))
    machine.changed()
    machine.do("nft", "-f", "/etc/nftables.conf")
    assert machine.ruleset().count(MARK) == 6 and machine.ruleset().count("his {") == 2
    assert machine.changed() and machine.ruleset().count(MARK) == 3 and machine.ruleset().count("his {") == 2


@pytest.mark.parametrize("family", ["ip", "ip6"])
@isolated
def test_a_table_of_one_family_has_rules_of_it(machine, family):
    machine.nftables(RULES.replace(b"inet filter", f"{family} filter".encode()))
    allow = [each for each in [*ALLOW, {"family": "ipv6", "protocol": "udp", "port": 53}]
             if (each["family"] == "ipv6") is (family == "ip6")]
    assert machine.changed(nftables_chain=f"{family} filter input", allow=allow)
    assert machine.ruleset().count(MARK) == len(allow) == 2


@isolated
def test_the_rules_follow_the_variable_to_another_chain(machine):
    machine.nftables(RULES + HIS.replace("inet filter", "inet other").encode())
    machine.changed()
    assert machine.changed(nftables_chain="inet other input")
    assert machine.do("nft", "list", "table", "inet", "other").count(MARK) == 3 == machine.ruleset().count(MARK)
    machine.boot()
    assert not machine.changed(nftables_chain="inet other input")


@isolated
def test_an_include_of_the_former_version_that_made_his_ruleset_fail_goes(machine):
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.write("/etc/nftables.conf", RULES.replace(b"inet filter", b"inet fw") + INCLUDE)
    assert machine.changed()
    machine.nftables(machine.read("/etc/nftables.conf"))
    assert machine.changed(nftables_chain="inet fw input") and machine.ruleset().count(MARK) == 3


HOOK = "type filter hook input priority filter; policy drop;"
CHAIN = f"chain input {{\n\t{HOOK}\n\ttcp dport 22 accept\n}}\n"
MAIN = "/etc/nftables.conf"
LAYOUTS = {
    "included": {MAIN: 'flush ruleset\ninclude "/etc/nftables.d/*.nft"\n',
                 "/etc/nftables.d/a.nft": "table inet nat {\n}\n",
                 "/etc/nftables.d/b.nft": f"table inet filter {{\n{CHAIN}}}"},
    "included within the table": {MAIN: 'flush ruleset\ntable inet filter {\n\tinclude "nft.d/chain"\n}\n',
                                  "/etc/nft.d/chain": CHAIN},
    "commands": {MAIN: "flush ruleset\nadd table inet filter\n"
                 f"add chain inet filter input {{ {HOOK} }}\nadd rule inet filter input tcp dport 22 accept\n"},
    "one line": {MAIN: f"flush ruleset; table inet filter {{ chain input {{ {HOOK} tcp dport 22 accept; }}; }}\n"},
    "another before": {MAIN: "flush ruleset\ntable ip filter {\n # chain input {\n chain input {\n }\n}\n"
                       "table \\\ninet filter {\n set s { type ipv4_addr; elements = { 1.2.3.4,\n 1.2.3.5 }; }\n"
                       f"{CHAIN}}}"},
    "a place of his": {MAIN: f"flush ruleset\ntable inet filter {{\nchain input {{\n{HOOK}\nct state invalid drop\n"
                       f"  {BEGIN}\n  {END}\n}}\n}}\n"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@isolated
def test_the_chain_is_found_in_every_layout_of_the_files(machine, layout):
    for path, text in LAYOUTS[layout].items():
        machine.write(path, text)
    machine.nftables(LAYOUTS[layout][MAIN])
    assert machine.changed() and machine.ruleset().count(MARK) == 3
    machine.boot()
    assert machine.ruleset().count(MARK) == 3 and not machine.changed()
    assert machine.changed(firewall="none")
    machine.boot()
    assert MARK not in machine.ruleset()
    for path, text in LAYOUTS[layout].items():
        assert machine.read(path).decode().split() == text.replace(BEGIN, "").replace(END, "").split()


@pytest.mark.parametrize("text, reason", [
    ("flush ruleset\nadd table inet filter\nadd chain inet filter input\n", 'have no block "chain input {"'),
    (f"flush ruleset\ntable inet filter {{\n{BEGIN}\n{CHAIN}}}\n", "line 3"),
    (f"flush ruleset\ntable inet filter {{\n{END}\n{CHAIN}}}\n", "line 3"),
    (f"flush ruleset\ntable inet filter {{\n{CHAIN}}}\nsyntax error\n", "is rejected even without our rules")])
@isolated
def test_a_file_that_cannot_take_the_rules_is_refused_and_nothing_changes(machine, text, reason):
    machine.nftables()
    machine.write("/etc/nftables.conf", text)
    before = machine.ruleset()
    for check in (True, False):
        result = machine.run(check=check)
        assert result["failed"] and reason in result["msg"] and machine.ruleset() == before
    assert machine.read("/etc/nftables.conf") == text.encode()


@pytest.mark.parametrize("command", [
    "flush chain inet filter input",
    f"delete table inet filter; add table inet filter; add chain inet filter input {{ {HOOK} }}",
    'insert rule inet filter input accept comment "openvip.cluster: x"',
    "insert rule inet filter input ip saddr 198.18.0.12 meta l4proto 112 accept "
    'comment "openvip.cluster: vrrp from 198.18.0.12"',
    'add chain inet filter x; add rule inet filter x accept comment "openvip.cluster: vrrp from x"'])
@isolated
def test_rules_in_force_that_are_others_are_a_difference(machine, command):
    machine.nftables()
    machine.changed()
    before = machine.read("/etc/nftables.conf")
    machine.nft(command)
    assert machine.needed()["needed"] and machine.changed()
    assert machine.ruleset().count(MARK) == 3 and machine.read("/etc/nftables.conf") == before


@isolated
def test_a_rule_that_was_changed_in_force_is_a_difference(machine):
    machine.nftables()
    machine.changed()
    listed = machine.do("nft", "-a", "list", "chain", "inet", "filter", "input")
    handle = listed.partition("vrrp from 198.18.0.12\" # handle ")[2].split()[0]
    machine.nft(f"replace rule inet filter input handle {handle} ip saddr 198.18.0.99 meta l4proto 112 accept comment "
                '"openvip.cluster: vrrp from 198.18.0.12"')
    assert machine.changed() and "198.18.0.99" not in machine.ruleset()


@isolated
def test_rules_that_firewalld_or_ufw_never_loaded_are_brought_into_force(machine):
    machine.firewalld()
    machine.changed()
    Path("/run/policies/keepalived.xml").unlink()
    assert machine.needed()["needed"] and machine.changed() and machine.reloads() == ["firewalld"] * 2
    # the file went, and firewalld was not told
    Path(paths.FIREWALLD).unlink()
    assert machine.changed(firewall="none") and machine.reloads() == ["firewalld"] * 3
    machine.active()
    machine.ufw()
    machine.changed()
    machine.do("ip6tables", "-F", "ufw6-before-input")
    assert machine.changed()
    machine.do("iptables", "-D", "ufw-before-input", "1")
    assert machine.changed()
    for path in paths.UFW_RULES.values():
        text = machine.read(path).decode()
        machine.write(path, text[:text.index(BEGIN)] + text[text.index(END) + len(END) + 1:])
    assert machine.changed(firewall="none") and "vrrp" not in machine.do("iptables", "-S", "ufw-before-input")


@isolated
def test_a_policy_and_files_of_others_are_refused_by_name_and_left_alone(machine):
    machine.firewalld()
    machine.write(paths.FIREWALLD, '<policy target="DROP"/>\n')
    machine.write(paths.SYSCTL, "# his\nnet.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.default.rp_filter = 0\n")
    for options, path in (({}, paths.FIREWALLD), ({"firewall": "none", "vmac": True}, paths.SYSCTL)):
        before = machine.read(path)
        result = machine.run(**options)
        assert result["failed"] and f"{path} was not written by this role" in result["msg"]
        assert not machine.run(firewall="none")["changed"] and machine.read(path) == before


@pytest.mark.parametrize("firewall", ["firewalld", "ufw"])
@isolated
def test_what_cannot_be_taken_into_force_is_restored(machine, firewall):
    getattr(machine, firewall)()
    machine.changed(allow=OTHER)
    names = [*paths.UFW_RULES.values(), paths.FIREWALLD]
    before = [machine.read(path) for path in names]
    machine.write("/run/broken", "")
    result = machine.run()
    assert result["failed"] and "reload" in result["msg"]
    assert [machine.read(path) for path in names] == before
    Path("/run/broken").unlink()
    assert machine.changed() and not machine.changed()


@isolated
def test_rules_that_do_not_come_into_force_are_restored(machine):
    """ufw says that it has reloaded, and has not."""
    machine.ufw()
    machine.program("ufw", "#!/bin/sh\nexit 0\n")
    before = machine.read("/etc/ufw/before.rules")
    result = machine.run()
    assert result["failed"] and "rules of ufw in force" in result["msg"] and "as it was before" in result["msg"]
    assert machine.read("/etc/ufw/before.rules") == before


@isolated
def test_a_rule_that_goes_at_once_restores_the_former_ones(machine):
    """Somebody else removes what was just loaded."""
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.nftables(RULES + INCLUDE)
    before = machine.ruleset()
    machine.program("nft", '#!/bin/sh\n/usr/sbin/nft "$@" || exit\n[ "$1 $2" = "--file -" ] || exit 0\n'
                    "[ -e /run/once ] || /usr/sbin/nft flush chain inet filter input\ntouch /run/once\n")
    result = machine.run()
    assert result["failed"] and "rules of nftables in force" in result["msg"]
    assert machine.read("/etc/nftables.conf") == RULES + INCLUDE
    assert machine.ruleset().count('comment "vrrp from') == 2 and "jump keepalived" in machine.ruleset()
    assert MARK not in machine.ruleset() and "198.18.0.12" in before


@isolated
def test_use_vmac_has_its_settings_in_the_file_and_in_force(machine):
    def value(name, new=None):
        path = Path(paths.PROC, name, "rp_filter")
        if new is not None:
            path.write_text(str(new))
        return int(path.read_text())

    machine.do("ip", "link", "add", "vrrp.51", "link", "eth1", "address", "00:00:5e:00:01:33", "type", "macvlan")
    machine.do("ip", "link", "add", "eth1.7", "type", "veth", "peer", "name", "eth1.7p")
    options = {"firewall": "none", "vmac": True}
    for name in ("default", "eth1", "eth1p", "eth1.7", "vrrp.51", "lo"):
        value(name, 0)
    value("all", 1)
    assert machine.changed(**options)
    text = machine.read(paths.SYSCTL).decode()
    assert "net.ipv4.conf.eth1.rp_filter = 1\n" in text and "net/ipv4/conf/eth1.7/rp_filter = 1\n" in text
    assert "vrrp" not in text and [value(name) for name in ("all", "default", "eth1", "vrrp.51")] == [0, 1, 1, 0]
    value("all", 1)
    value("eth1", 0)
    assert machine.changed(**options) and [value(name) for name in ("all", "eth1")] == [0, 1]
    value("eth1", 2)
    assert machine.changed(**options) and value("eth1") == 2
    assert machine.changed(firewall="none") and machine.read(paths.SYSCTL) is None


@isolated
def test_networkd_gets_its_drop_ins(machine):
    machine.active("systemd-networkd")
    machine.write("/run/network", "  Network File: /run/systemd/network/10-netplan-eth1.network\n")
    options = {"firewall": "none", "interface": ["eth1"], "routes": True}
    assert machine.changed(**options)
    drop_in = paths.network_drop_in("/run/systemd/network/10-netplan-eth1.network")
    assert b"KeepConfiguration=static" in machine.read(drop_in) and machine.read(paths.NETWORKD)
    assert machine.changed(firewall="none") and machine.read(drop_in) is None
    machine.write(drop_in, "[Network]\n")
    assert f"{drop_in} was not written by this role" in machine.run(**options)["msg"]


@isolated
def test_bytes_and_modes_of_others_stay(machine):
    machine.ufw()
    before = (b"# L\xe4den \xff\r\n*filter\n:ufw-before-input - [0:0]\n:ufw-before-output - [0:0]\n"
              b":ufw-before-forward - [0:0]\n\n\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n\n# the end")
    machine.write("/etc/ufw/before.rules", before)
    os.chmod("/etc/ufw/before.rules", 0o640)
    assert machine.changed()
    text = machine.read("/etc/ufw/before.rules")
    begin, end = text.index(BEGIN.encode()), text.index(END.encode()) + len(END) + 1
    assert text[:begin] + text[end:] == before
    assert os.stat("/etc/ufw/before.rules").st_mode & 0o7777 == 0o640
    assert not (Path("/etc/ufw") / ".openvip").exists()


@isolated
def test_the_place_of_a_block_that_somebody_moved_stays(machine):
    machine.ufw()
    machine.changed()
    text = machine.read("/etc/ufw/before.rules").decode()
    block = text[text.index(BEGIN):text.index(END) + len(END) + 1]
    moved = text.replace(block, "").replace("COMMIT", block.replace("\n", "\r\n") + "COMMIT")
    machine.write("/etc/ufw/before.rules", moved)
    machine.changed(allow=OTHER)
    changed = machine.read("/etc/ufw/before.rules").decode()
    assert changed.index("-i lo") < changed.index(BEGIN) and changed.count(BEGIN) == 1 and "198.18.0.13" in changed


@isolated
def test_a_link_to_a_file_stays_a_link(machine):
    machine.write("/etc/his/rules", RULES)
    os.symlink("his/rules", "/etc/nftables.conf")
    machine.active("nftables")
    machine.boot()
    assert machine.changed() and os.readlink("/etc/nftables.conf") == "his/rules"
    assert BEGIN.encode() in machine.read("/etc/his/rules")


@isolated
def test_what_nft_does_not_say_is_an_error_where_it_is_the_firewall(machine):
    machine.nftables()
    machine.program("nft", "#!/bin/sh\necho Operation not permitted\nexit 1\n")
    assert "Operation not permitted" in machine.run()["msg"]
    assert machine.run(firewall="none")["changed"] is False


@isolated
def test_from_one_firewall_to_the_other(machine):
    machine.nftables()
    machine.changed()
    machine.active("nftables", "firewalld")
    assert machine.changed() and MARK not in machine.ruleset() and machine.read(paths.FIREWALLD)
    machine.active("nftables")
    machine.ufw()
    assert machine.changed() and machine.read(paths.FIREWALLD) is None
    assert machine.read("/etc/nftables.conf") == RULES
