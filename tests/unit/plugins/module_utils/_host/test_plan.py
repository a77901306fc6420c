# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a host needs and what it is to what is written there."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._host import nftables_conf, paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.allowed import Allowed
from ansible_collections.openvip.cluster.plugins.module_utils._host.block import BEGIN, END, BlockError, blocks, edited
from ansible_collections.openvip.cluster.plugins.module_utils._host.firewall import firewalld_lines
from ansible_collections.openvip.cluster.plugins.module_utils._host.found import NOTHING
from ansible_collections.openvip.cluster.plugins.module_utils._host.nftables_conf import Conf
from ansible_collections.openvip.cluster.plugins.module_utils._host.plan import UnusableError, accepted, make
from ansible_collections.openvip.cluster.plugins.module_utils._host.ruleset import MARK, Rule, Ruleset

CHAIN = "inet filter input"
ALLOW = [{"family": "ipv4", "source": "198.18.0.12", "protocol": "vrrp", "port": None}]
NEED = {"allow": ALLOW, "unknown": [], "interface": ["eth1"], "routes": False, "vmac": False}
RULES = b"table inet filter {\n  chain input {\n    type filter hook input priority 0\n  }\n}\n"


def conf(**texts):
    return Conf("/etc/nftables.conf", lambda path: texts.get(path, RULES))


NFTABLES = NOTHING._replace(active=["nftables"], ruleset=Ruleset({CHAIN: "input"}, ()), conf=conf())
UFW = NOTHING._replace(active=["nftables", "ufw"], ruleset=Ruleset({CHAIN: "input"}, ()), ufw={"ipv4": []},
                       files={"/etc/ufw/before.rules": b"*filter\nCOMMIT\n",
                              "/etc/ufw/before6.rules": b"*filter\nCOMMIT\n"})


def plan(have, wanted="auto", chain=CHAIN, **need):
    return make(dict(NEED, **need), have, wanted, chain)


def test_a_host_with_none_of_it_gets_nothing():
    made = plan(NOTHING)
    assert made == ("none", [], [], [], "", [], {}) and not made.differs()


@pytest.mark.parametrize("active, expected", [
    (["firewalld", "nftables"], "firewalld"), (["nftables", "ufw"], "ufw"), (["nftables"], "nftables"), ([], "none")])
def test_the_firewall_in_force_is_meant(active, expected):
    assert plan(UFW._replace(active=active, conf=conf())).firewall == expected


def test_a_ruleset_that_drops_nothing_is_no_firewall():
    rules = Ruleset({"ip nat prerouting": "prerouting"}, ())
    assert plan(NFTABLES._replace(ruleset=rules)).firewall == "none"


def test_nftables_gets_the_rules_in_its_file_and_in_force():
    made = plan(NFTABLES)
    assert [each.path for each in made.files] == ["/etc/nftables.conf"] and len(made.tests) == 1
    assert made.nftables.startswith("insert rule inet filter input meta protocol ip ")
    assert made.effects[0].after == ["inet filter input: vrrp from 198.18.0.12"]


def test_a_missing_chain_is_an_error_with_the_nearest():
    with pytest.raises(UnusableError, match=r'"inet filter INPUT" of nftables is not in force.*"inet filter input"'):
        plan(NFTABLES, chain="inet filter INPUT")


def test_a_chain_for_other_packets_is_an_error():
    with pytest.raises(UnusableError, match="has the hook forward"):
        plan(NFTABLES._replace(ruleset=Ruleset({CHAIN: "forward"}, ())), "nftables")


def test_a_chain_of_another_family_is_an_error():
    allow = [{"family": "ipv6", "source": "fe80::12", "protocol": "vrrp", "port": None}]
    with pytest.raises(UnusableError, match="gets no ipv6 packets"):
        plan(NFTABLES._replace(ruleset=Ruleset({"ip filter input": "input"}, ())), chain="ip filter input", allow=allow)


@pytest.mark.parametrize("have, reason", [
    (NFTABLES._replace(conf=None), "loads /etc/nftables.conf or"),
    (NFTABLES._replace(ruleset=None, reason="no rights"), "no rights")])
def test_what_nftables_lacks_is_reported(have, reason):
    with pytest.raises(UnusableError, match=reason):
        plan(have)


def test_a_peer_that_is_not_known_is_an_error_only_behind_a_firewall():
    assert plan(NOTHING, allow=[], unknown=["lb9 is not known"]).firewall == "none"
    with pytest.raises(UnusableError, match="lb9"):
        plan(NFTABLES, allow=[], unknown=["lb9 is not known"])


LOST = {"family": "ipv6", "source": "fe80::12", "protocol": "vrrp", "port": None}
ACCEPTED = [Allowed(**ALLOW[0]), Allowed(**LOST), Allowed("ipv4", None, "udp", 8848)]


def with_rules():
    """Return hosts with rules of ours in force, by their firewall."""
    rules = tuple(Rule(CHAIN, number, MARK, each, (), False) for number, each in enumerate(ACCEPTED))
    return {
        "nftables": NFTABLES._replace(ruleset=Ruleset({CHAIN: "input"}, rules)),
        "ufw": UFW._replace(ufw={"ipv4": [ACCEPTED[0], None, ACCEPTED[2]], "ipv6": [ACCEPTED[1]]}),
        "firewalld": NOTHING._replace(active=["firewalld"], policy=firewalld_lines(ACCEPTED)),
    }


@pytest.mark.parametrize("firewall", ["nftables", "ufw", "firewalld"])
def test_what_is_accepted_stays_while_a_peer_is_not_known(firewall):
    have = with_rules()[firewall]
    need = dict(NEED, unknown=["lb2 is not known"])
    assert set(accepted(need, have, firewall)) == set(ACCEPTED[:2])
    assert plan(have, unknown=["lb2 is not known"]).firewall == firewall
    assert accepted(dict(NEED), have, firewall) == [ACCEPTED[0]]
    # nobody else is accepted yet
    with pytest.raises(UnusableError, match="lb2"):
        accepted(dict(need, allow=[*ALLOW, LOST]), have, firewall)


def test_rules_that_stay_keep_their_order():
    have = with_rules()["nftables"]
    need = dict(NEED, allow=[LOST], unknown=["lb2 is not known"])
    assert accepted(need, have, "nftables") == ACCEPTED[:2]


def test_an_address_that_is_none_is_an_error():
    with pytest.raises(UnusableError, match=r"198\.18"):
        plan(NFTABLES, allow=[dict(ALLOW[0], source="198.18")])


def test_ufw_by_name_where_it_is_not_installed_is_an_error():
    with pytest.raises(UnusableError, match="Install ufw"):
        plan(NOTHING, "ufw")
    with pytest.raises(UnusableError, match=r'no table "\*filter"'):
        plan(UFW._replace(files=dict.fromkeys(UFW.files, b"")))


def test_firewalls_by_name_that_do_not_run_get_their_files_and_nothing_is_reloaded():
    for have, name in ((NOTHING, "firewalld"), (UFW._replace(active=[], ufw={}), "ufw")):
        made = plan(have, name)
        assert len(made.files) == 1 and not made.effects and not made.reload


def test_with_use_vmac_each_interface_gets_what_it_had_by_the_filter_for_all():
    filters = {"all": 1, "default": 0, "lo": 0, "eth0": 2, "eth1": 0, "eth0.7": 0}
    made = plan(NOTHING._replace(rp_filter=filters), vmac=True)
    assert made.sysctl == {"all": 0, "default": 1, "eth1": 1, "eth0.7": 1}
    assert made.files[0].after.decode().split("\n")[1:] == [
        "net.ipv4.conf.all.rp_filter = 0", "net.ipv4.conf.default.rp_filter = 1",
        "net/ipv4/conf/eth0.7/rp_filter = 1", "net.ipv4.conf.eth1.rp_filter = 1", ""]


def test_what_the_file_has_of_an_interface_stays_also_of_one_that_is_not_there():
    text = b"net.ipv4.conf.all.rp_filter=0\nnet.ipv4.conf.default.rp_filter=1\nnet.ipv4.conf.eth9.rp_filter = 2\n"
    made = plan(NOTHING._replace(rp_filter={"all": 0, "default": 1}, files={paths.SYSCTL: text}), vmac=True)
    assert b"eth9.rp_filter = 2" in made.files[0].after and made.sysctl == {}


def test_settings_of_the_former_version_are_ours_and_others_are_not():
    ours = b"net.ipv4.conf.all.rp_filter=0\nnet.ipv4.conf.default.rp_filter = 1\n"
    assert [each.path for each in plan(NOTHING._replace(files={paths.SYSCTL: ours})).files] == [paths.SYSCTL]
    for others in (b"net.ipv4.conf.all.rp_filter=0\n", ours + b"net.ipv4.ip_forward=1\n", b""):
        assert plan(NOTHING._replace(files={paths.SYSCTL: others})).files == []


@pytest.mark.parametrize("text, reason", [
    (f"{BEGIN}\n", "line 1"), (f"x\n{END}\n", "line 2"), (f"{BEGIN}\n{BEGIN}\n{END}\n", "line 1"),
    (f"{BEGIN}\n{END}\n{END}\n", "line 3")])
def test_markers_that_do_not_belong_together_are_an_error_with_the_line(text, reason):
    with pytest.raises(BlockError, match=reason):
        blocks("/etc/x", text)


def test_of_two_blocks_one_stays_where_it_is():
    text = f"a\n  {BEGIN}\n  x\n  {END}\nb\n{BEGIN}\n{END}"
    found = blocks("/etc/x", text)
    assert edited(text, found, ["y"], found[0]) == f"a\n  {BEGIN}\n  y\n  {END}\nb\n"


@pytest.mark.parametrize("stack, chain", [
    ([("table", "inet", "filter"), ("chain", "input")], CHAIN), ([("table", "filter"), ("chain", "a")], "ip filter a"),
    ([("add", "chain", "inet", "filter", "input")], CHAIN), ([("chain", "filter", "a")], "ip filter a"),
    ([("table", "inet", '"filter"'), ("chain", "input")], CHAIN),
    ([("table", "inet", "filter"), ("set", "a")], ""), ([], ""), ([("chain", "a")], ""), ([()], "")])
def test_a_chain_is_known_by_the_words_before_its_brace(stack, chain):
    assert nftables_conf.chain_of(tuple(stack)) == chain


def test_files_that_include_each_other_are_read_once(tmp_path):
    path = tmp_path / "a.nft"
    path.write_text(f'include "{path}"\n')
    found = Conf(str(path), lambda name: path.read_bytes())
    assert found.flat({}).count('include "') == 1 and found.site(CHAIN) is None
