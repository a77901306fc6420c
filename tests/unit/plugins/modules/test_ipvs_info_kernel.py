# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ipvs_info and ipvsadm in a kernel with IPVS, which say the same of tables of every kind and of real connections."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import kernel
from ansible_collections.openvip.cluster.tests.lab import user_mode
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import ipvs_recording, ipvsadm

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """Where the driver beside this file has written what it saw."""
    path = tmp_path_factory.mktemp("kernel")
    driver = Path(__file__).with_name("ipvs_driver.py")
    user_mode.run(["env", "PYTHONPATH=" + os.pathsep.join(sys.path), sys.executable, str(driver), str(path)], path)
    return path


@pytest.fixture(scope="module")
def story(directory):
    """What the driver saw, step by step."""
    return json.loads((directory / "story.json").read_text())


def without_rates(value):
    """Return the value without what the kernel estimates anew every two seconds."""
    if isinstance(value, dict):
        return {key: without_rates(inner) for key, inner in value.items() if key != "rate"}
    return [without_rates(inner) for inner in value] if isinstance(value, list) else value


def test_a_kernel_without_ipvs_has_none_and_gets_none(story):
    assert story["absent"] == {"changed": False, "available": False, "version": None, "connection_table_size": None,
                               "lvs_timeouts": None, "lvs_sync_daemon": [], "virtual_server": []}
    assert not story["absent_asked"] and "ip_vs" not in story["absent_modules"]
    # to ask for the family by its name would have loaded the module
    assert "family-IPVS" in story["by_name_asked"]


def test_an_empty_table(story):
    assert story["empty"] == {
        "changed": False, "available": True, "version": "1.2.1", "connection_table_size": 4096,
        "lvs_timeouts": {"tcp": 900, "tcpfin": 120, "udp": 300}, "lvs_sync_daemon": [], "virtual_server": []}


def test_nobody_is_told(story):
    assert story["nobody"]["failed"] and "become: true" in story["nobody"]["msg"]


def test_version_and_size(story):
    first = "IP Virtual Server version {version} (size={connection_table_size})".format(**story["info"])
    assert story["header"].splitlines()[0] == first


def test_every_virtual_and_real_server(story):
    found = ipvsadm.rules(story["info"]["virtual_server"])
    assert ipvsadm.without_thresholds(found) == story["save"].splitlines()


def test_thresholds(story):
    found = ipvsadm.servers(story["info"]["virtual_server"], "uthreshold", "lthreshold", "active_connections",
                            "inactive_connections")
    assert found == ipvsadm.rows(story["thresholds"], 4, only_servers=True)
    assert found[0] == ("127.0.0.1:8080", 100, 50, 1, 2)


def test_persistent_connections(story):
    found = ipvsadm.servers(story["info"]["virtual_server"], "weight", "persistent_connections", "active_connections",
                            "inactive_connections")
    assert found == ipvsadm.rows(story["persistent"], 4, only_servers=True)
    assert ("127.0.0.1:0", 1, 1, 1, 0) in found


def test_counters(story):
    found = ipvsadm.counters(story["info"]["virtual_server"], "stats")
    assert found == ipvsadm.rows(story["stats"], 5)
    place, connections, *others = found[0]
    assert (place, connections) == ("198.18.0.100:80", 3) and all(number > 10 for number in others)


def test_rates(story):
    found = ipvsadm.counters(story["rate_info"]["virtual_server"], "rate")
    assert found == ipvsadm.rows(story["rate"], 5)
    assert any(number > 0 for _place, *numbers in found for number in numbers)


def test_sync_daemons(story):
    assert ipvsadm.daemons(story["info"]["lvs_sync_daemon"]) == story["daemon"].splitlines()
    assert [daemon["id"] for daemon in story["info"]["lvs_sync_daemon"]] == [7, 9]


def test_timeouts(story):
    line = "Timeout (tcp tcpfin udp): {tcp} {tcpfin} {udp}".format(**story["info"]["lvs_timeouts"])
    assert story["timeout"].splitlines() == [line] and "800 100 200" in line


def test_check_mode_tells_the_same(story):
    assert without_rates(story["check"]) == without_rates(story["info"])


def test_both_families_and_every_method(story):
    (service,) = story["mixed"]["virtual_server"]
    assert [(server["ip"], server["lvs_method"]) for server in service["real_server"]] == [
        ("198.18.0.21", "TUN"), ("198.18.0.22", "LOCAL"), ("198.18.0.23", "BYPASS"), ("2001:db8::21", "TUN")]


def test_more_real_servers_than_a_datagram_holds(story):
    assert story["many"]


def test_the_conversation_played_back_gives_the_same(story, directory, monkeypatch):
    said = ipvs_recording.read(directory / "conversation.txt")
    monkeypatch.setattr(kernel, "open_socket", lambda: ipvs_recording.Player(said))
    assert dict(kernel.read(), changed=False) == story["info"]
