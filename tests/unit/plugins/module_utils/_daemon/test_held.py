# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the daemon and the kernel agree on who has an address, and what is confirmed after a reload."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import disagreements, place
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, held, state

DATA = {"vrrp_instance": [{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51,
                           "virtual_ipaddress": ["198.18.0.100/24"]}]}


def instance(state="MASTER", address="198.18.0.100/24", device="eth1", priority=100, name="VI_1"):
    return {"name": name, "state": state, "interface": "eth1", "virtual_router_id": 51, "priority": priority,
            "virtual_ipaddress": [{"address": address, "device": device, "set": True}],
            "virtual_ipaddress_excluded": []}


def interfaces(**held):
    """What ip lists of interfaces with addresses without prefix."""
    return [{"ifname": name.replace("_", "."), "flags": ["LOOPBACK"] if name == "lo" else ["UP"],
             "addr_info": [{"local": each} for each in addresses]} for name, addresses in held.items()]


@pytest.mark.parametrize("instances, found", [
    ([instance()], {"eth1": ["198.18.0.11", "198.18.0.100"]}),
    ([instance(device="vrrp.51@eth1")], {"eth1": [], "vrrp_51": ["198.18.0.100"]}),
    ([instance("BACKUP")], {"eth1": ["198.18.0.11"]}),
    # A real server of LVS-DR, and the owner of the address.
    ([instance("BACKUP")], {"lo": ["198.18.0.100"], "eth1": []}),
    ([instance("FAULT", priority=255)], {"eth1": ["198.18.0.100"]}),
    ([instance(), instance("BACKUP", name="VI_2")], {"eth1": ["198.18.0.100"]}),
    ([instance(address="fd00:0:0::100/64")], {"eth1": ["fd00::100"]}),
    ([instance(device="lo")], {"lo": ["198.18.0.100"]}),
])
def test_both_agree(instances, found):
    place(instances, interfaces(**found))
    assert disagreements(instances) == []


@pytest.mark.parametrize("instances, found, said", [
    ([instance()], {"eth1": ["198.18.0.11"]}, "vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on no interface."),
    ([instance()], {"lo": ["198.18.0.100"]}, "vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on no interface."),
    ([instance()], {"eth2": ["198.18.0.100"]},
     "vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on eth2 instead of eth1."),
    ([instance(device="vrrp.51@eth1")], {"eth1": ["198.18.0.100"]},
     "vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on eth1 instead of vrrp.51."),
    ([instance(device=None)], {"eth1": []}, "vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on no interface."),
    ([instance("BACKUP")], {"eth2": ["198.18.0.100"]}, "vrrp_instance VI_1 is BACKUP, but 198.18.0.100 is on eth2."),
    ([instance("FAULT")], {"eth1": ["198.18.0.100"]}, "vrrp_instance VI_1 is FAULT, but 198.18.0.100 is on eth1."),
])
def test_they_do_not_agree(instances, found, said):
    place(instances, interfaces(**found))
    assert disagreements(instances) == [said]


@pytest.fixture
def daemon(monkeypatch):
    """What daemon and kernel say one time after the other, the last for ever; an exception is raised."""

    def answer(said, found):
        said, found = list(said), list(found)

        def ask(*dummy):
            one = said.pop(0) if len(said) > 1 else said[0]
            if isinstance(one, Exception):
                raise one
            return one

        monkeypatch.setattr(state, "instances", ask)
        monkeypatch.setattr(held, "listed", lambda: found.pop(0) if len(found) > 1 else found[0])
        monkeypatch.setattr(control, "PATIENCE", 0.1)

    return answer


HERE, NOT_HERE = interfaces(eth1=["198.18.0.100"]), interfaces(eth1=[])
SILENT = state.StateError("keepalived wrote no dump.")


def test_the_kernel_agrees(daemon):
    daemon([[instance()]], [HERE])
    assert control.confirm(DATA, None, "keepalived", 7) == ""


def test_an_election_meanwhile_is_no_failure(daemon):
    daemon([[instance("BACKUP")], [instance("BACKUP")], [instance("BACKUP")], [instance()]], [HERE])
    assert control.confirm(DATA, None, "keepalived", 7) == ""
    daemon([[instance()]], [HERE, HERE, HERE, NOT_HERE, HERE, HERE])
    assert control.confirm(DATA, None, "keepalived", 7) == ""


def test_a_lost_address_is_named(daemon):
    daemon([[instance()]], [NOT_HERE])
    with pytest.raises(control.ReloadError, match=r"VI_1 is MASTER, but 198\.18\.0\.100 is on no interface"):
        control.confirm(DATA, None, "keepalived", 7)


def test_a_question_that_a_reload_has_swallowed_is_asked_again(daemon):
    daemon([SILENT, [instance()]], [HERE])
    assert control.confirm(DATA, None, "keepalived", 7, answered_before=True) == ""


def test_silence_after_an_answer_is_a_failure(daemon):
    daemon([SILENT], [HERE])
    with pytest.raises(control.ReloadError, match=r"wrote no dump\. It answered before"):
        control.confirm(DATA, None, "keepalived", 7, answered_before=True)
    assert "is not known: keepalived wrote no dump." in control.confirm(DATA, None, "keepalived", 7)


def test_a_kernel_that_cannot_be_asked_is_silence(daemon, monkeypatch):
    daemon([[instance()]], [HERE])

    def broken():
        raise state.StateError("ip is not there.")

    monkeypatch.setattr(held, "listed", broken)
    with pytest.raises(control.ReloadError, match="ip is not there"):
        control.confirm(DATA, None, "keepalived", 7, answered_before=True)


def test_a_daemon_that_has_ended(daemon):
    daemon([state.EndedError("it has ended")], [HERE])
    for confirm in (lambda: control.confirm(DATA, None, "keepalived", 7),
                    lambda: control.confirm_away(["198.18.0.100"], None, "keepalived", 7)):
        with pytest.raises(control.ReloadError, match="ended while it read"):
            confirm()


def test_addresses_leave_in_between(daemon):
    daemon([[instance()], [instance(address="198.18.0.101/24")]], [HERE])
    control.confirm_away(["198.18.0.100"], None, "keepalived", 7)
    daemon([[instance()]], [HERE])
    with pytest.raises(control.ReloadError, match=r"without 198\.18\.0\.100, but did not give that up"):
        control.confirm_away(["198.18.0.100"], None, "keepalived", 7)
    daemon([SILENT], [HERE])
    with pytest.raises(control.ReloadError, match="does not answer after a reload"):
        control.confirm_away(["198.18.0.100"], None, "keepalived", 7)


def test_what_is_known_before_a_change(daemon):
    daemon([[instance()]], [HERE])
    assert control.inspect(None, "keepalived", 7)[:3] == ([instance()], "", HERE)
    assert control.inspect(None, "keepalived", None)[:3] == (None, "", HERE)
    assert control.inspect(None, "keepalived", 7, asks=False).instances is None
    daemon([SILENT], [HERE])
    assert control.inspect(None, "keepalived", 7)[:2] == (None, "keepalived wrote no dump.")


def test_the_interfaces_that_promote(monkeypatch, tmp_path):
    for name, value in {"all": "0", "default": "1", "eth0": "1", "eth1": "0"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "promote_secondaries").write_text(value + "\n")
    monkeypatch.setattr(held, "IPV4", str(tmp_path))
    assert held.promoting() == {"default", "eth0"}
    (tmp_path / "all" / "promote_secondaries").write_text("1\n")
    assert held.promoting() == {"all", "default", "eth0", "eth1"}
    monkeypatch.setattr(held, "IPV4", str(tmp_path / "none"))
    assert held.promoting() == set()


def test_ip_that_does_not_answer(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(state.StateError, match="Install iproute2"):
        held.listed()
