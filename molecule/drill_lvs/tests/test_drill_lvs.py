# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drill on directors of LVS and their real servers: a director that is lost, one that is rebooted, and real servers
that end or hang; and a planned reboot of both directors."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.tests.lab.lvs import Lvs, longest_outage_ms

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/lvs_dr"
URL = "http://198.18.0.100/"
DIRECTOR = ("keepalived_stop", "keepalived_kill", "link_down", "reboot")
REAL_SERVER = ("real_server_stop", "real_server_hang")
# of the inventory: a look every delay_loop seconds, which takes connect_timeout at most, and what asking takes
NOTICED_MS = (2 + 1 + 0.5) * 1000
# What user-mode Linux takes for what a machine does in a few milliseconds. The drill's own verdict does not allow it.
SLOW_MS = 200


@pytest.fixture(scope="module")
def hosts():
    """The directors, their real servers, and a client."""
    return Lvs(INVENTORY)


@pytest.fixture(scope="module")
def results(hosts, tmp_path_factory):
    """The result of each fault of a drill on the director that has the address, and on a real server."""
    output = tmp_path_factory.mktemp("drill")
    hosts.cluster.wait_for_holder("lb1", 60)
    for name in hosts.cluster.names:
        hosts.wait_complete(name)
    booted = hosts.execute("lb1", "cat", "/proc/sys/kernel/random/boot_id")
    values = {"failover_drill_prober": "client", "failover_drill_faults": [*DIRECTOR, *REAL_SERVER],
              "failover_drill_real_server": "web2", "failover_drill_output": str(output),
              "failover_drill_url": URL, "failover_drill_patience": 120,
              # the machines of the lab are several times slower than they seem
              "failover_drill_timeout": 0.5, "failover_drill_fail": False}
    code, said = hosts.playbook("playbooks/failover_drill.yml", f"--extra-vars={json.dumps(values)}")
    assert code == 0, said
    assert hosts.execute("lb1", "cat", "/proc/sys/kernel/random/boot_id") != booted
    return {result["fault"]: result for result in json.loads((output / "drill.json").read_text())["results"]}


@pytest.mark.parametrize("fault", DIRECTOR)
def test_the_other_director_takes_the_address_in_time_and_gives_it_back(results, fault):
    result = results[fault]
    assert (result["host"], result["taken_by"], result["healed"]) == ("lb1", "lb2", True)
    assert result["outage_ms"] <= result["predicted"]["high_ms"] + SLOW_MS
    # One says goodbye before it lets the address go, and on the way back hears of the other before it does.
    assert max(result["overlap_ms"], result["overlap_after_ms"]) <= SLOW_MS


@pytest.mark.parametrize("fault", REAL_SERVER)
def test_a_real_server_that_is_gone_costs_its_part_until_it_is_noticed(results, fault):
    result = results[fault]
    assert result["problems"] == [] and result["healed"] and result["host"] == "web2"
    assert result["failed"] > 0 and result["taken_by"] is None and result["holders_at_once"] == 1
    assert result["outage_ms"] <= NOTICED_MS


def test_every_real_server_is_there_again(results, hosts):
    hosts.wait_complete("lb1")
    assert set(hosts.ask(URL, 30)) == set(hosts.web)


def test_directors_are_rebooted_in_turn_and_the_holder_last(results, hosts):
    def booted():
        return [hosts.execute(name, "cat", "/proc/sys/kernel/random/boot_id") for name in hosts.cluster.names]

    before = booted()
    hosts.cluster.wait_for_holder("lb1", 60)
    stream = hosts.cluster.arp()
    try:
        with hosts.probing(URL, timeout=1) as records:
            code, said = hosts.playbook(
                "playbooks/rolling_update.yml",
                "--extra-vars=" + json.dumps({"rolling_update_reboot": True, "rolling_update_packages": []}))
    finally:
        stream.kill()
    assert code == 0, said
    assert all(old != new for old, new in zip(before, booted(), strict=True))
    owners = [hosts.cluster.owners(event) for event in stream.events if event["event"] == "steady"]
    assert [owner for number, owner in enumerate(owners) if number == 0 or owners[number - 1] != owner] == [
        ["lb1"], ["lb2"], ["lb1"]]
    assert len(records) > 1000 and longest_outage_ms(records) <= SLOW_MS
