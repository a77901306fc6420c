# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the hosts: what it writes, and what it says when it cannot."""

from __future__ import annotations

import argparse

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import ask, host, program, tell
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._metrics import recorded

CONFIG = """\
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {
        198.18.0.100/24
    }
}
"""
LISTED = [{"ifname": "eth1", "flags": ["UP"], "address": "02:42:c6:12:00:11", "addr_info": [{"local": "198.18.0.100"}]}]


def test_a_collection_is_written_and_what_cannot_be_read_is_said(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(host, "look", lambda place: recorded.report(errors={"ipvs": "not root"}))
    assert program.main(["collect", f"--directory={tmp_path}", "--cluster=lb"]) == 0
    text = (tmp_path / "keepalived.prom").read_text()
    assert 'openvip_keepalived_up{cluster="lb"} 1\n' in text
    assert 'openvip_collector_success{cluster="lb",part="ipvs"} 0\n' in text
    assert capsys.readouterr().err == "<4>ipvs: not root\n"


def test_a_directory_that_is_not_there_is_an_error(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(host, "look", lambda place: recorded.report())
    assert program.main(["collect", f"--directory={tmp_path}/none"]) == 1
    assert "the metrics cannot be written into" in capsys.readouterr().err


def test_a_host_without_keepalived_still_tells_which_addresses_it_does_not_hold(monkeypatch, tmp_path):
    (tmp_path / "keepalived.conf").write_text(CONFIG)
    monkeypatch.setattr(host, "interfaces", list)
    monkeypatch.setattr(host.control, "running", lambda *dummy: None)
    monkeypatch.setattr(host.kernel, "read", lambda: None)
    report = host.look(host.Place(str(tmp_path / "keepalived.conf"), "/nonexistent", str(tmp_path / "pid")))
    assert (report.version, report.running, report.instances, report.held) == (None, False, [], set())
    assert report.errors == {}
    assert [str(address) for address in report.virtual["VI_1"]] == ["198.18.0.100"]


def test_a_configuration_that_is_not_there_is_an_error_of_its_part(monkeypatch, tmp_path):
    monkeypatch.setattr(host.control, "running", lambda *dummy: None)
    monkeypatch.setattr(host, "interfaces", list)
    monkeypatch.setattr(host.kernel, "read", lambda: None)
    report = host.look(host.Place(str(tmp_path / "none"), "/nonexistent", str(tmp_path / "pid")))
    assert list(report.errors) == ["configuration"]
    assert "Name keepalived's file by --config" in report.errors["configuration"]


@pytest.fixture
def rounds(monkeypatch, tmp_path):
    """Return a function that lets a watcher do rounds with these answers, and what it told."""
    (tmp_path / "keepalived.conf").write_text(CONFIG)
    told = []
    monkeypatch.setattr(tell, "tell", lambda event, *rest: told.append(event.kind))
    monkeypatch.setattr(host, "interfaces", lambda: LISTED)
    clock = [1000.0]
    monkeypatch.setattr(program.time, "monotonic", lambda: clock[0])
    watcher = program.Watcher(argparse.Namespace(
        config=str(tmp_path / "keepalived.conf"), directory=str(tmp_path), cluster="lb", patience=2.0, interval=1.0,
        notify="", user="nobody"))

    def run(*answers):
        for cards in answers:
            def claims(segments, own, seconds, cards=cards):
                if isinstance(cards, Exception):
                    raise cards
                return {address: cards for segment in segments for address in segment.addresses}

            monkeypatch.setattr(ask, "claims", claims)
            watcher.round()
            clock[0] += 1.0
        return told, (tmp_path / "keepalived_watch.prom").read_text()

    return run


def test_the_watcher_writes_logs_and_tells_a_split_brain(rounds, capsys):
    told, text = rounds(set())
    assert told == [] and 'openvip_split_brain{cluster="lb",address="198.18.0.100"} 0\n' in text
    told, text = rounds(*[{"02:42:c6:12:00:12"}] * 3)
    assert told == ["begin"] and 'openvip_split_brain{cluster="lb",address="198.18.0.100"} 1\n' in text
    told, text = rounds(set(), set())
    assert told == ["begin", "end"] and 'openvip_split_brain{cluster="lb",address="198.18.0.100"} 0\n' in text
    assert 'openvip_split_brains_total{cluster="lb",address="198.18.0.100"} 1\n' in text
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("<3>split brain: 198.18.0.100") and second.startswith("<5>split brain of 198.18.0.100")


def test_trouble_is_said_once_and_the_watcher_goes_on(rounds, capsys):
    told, dummy = rounds(set(), OSError("network is down"), OSError("network is down"), *[{"02:42:c6:12:00:12"}] * 3)
    assert told == ["begin"]
    assert capsys.readouterr().err.count("network is down") == 1
