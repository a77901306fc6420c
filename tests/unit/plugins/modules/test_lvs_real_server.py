# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""lvs_real_server on a host with real neighbours: what the director and the client see of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files

# As the daemon does, it needs root, namespaces and programs of the system.
pytestmark = pytest.mark.daemon

# Nothing of what is written reaches the machine.
SETUP = """
set -e
for directory in /run /etc/systemd/system /etc/sysctl.d /var/lib; do
    mount -t tmpfs tmpfs "$directory"
done
exec "$@"
"""
VIP, VIP6 = "198.18.0.100", "fd00:18::100"


def play(scenario):
    driver = Path(__file__).with_name("real_server_driver.py")
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", SETUP, "setup", sys.executable, str(driver), scenario],
        capture_output=True, text=True, check=False, timeout=120,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def four():
    return play("four")


@pytest.fixture(scope="module")
def direct_routing():
    return play("direct_routing")


@pytest.fixture(scope="module")
def nat():
    return play("nat")


@pytest.mark.parametrize("step", range(5))
def test_four_runs_check_run_check_run(four, step):
    story = four["story"][step]
    check, first = story["check"], story["first"]
    assert check["changed"] and first["changed"] and story["untouched"]
    assert check["diff"] == first["diff"] and check["commands"] == first["commands"]
    for run in (story["again_check"], story["again"]):
        assert not run["changed"] and run["commands"] == []
        assert [part["before"] == part["after"] for part in run["diff"]] == [True]
    assert story["same"]


def test_the_runs_leave_only_what_is_asked_for(four):
    held = [sorted(entry[0] for entry in story["state"]["kernel"]["addresses"]["lo"]) for story in four["story"]]
    own = ["127.0.0.1", "::1"]
    both = sorted([*own, VIP, VIP6])
    assert held == [both, sorted([*own, VIP6]), own, both, own]
    assert ["28001" in story["state"]["kernel"]["rules"] for story in four["story"]] == [
        False, False, True, True, False]


def test_absent_takes_everything_away(four):
    assert four["end"]["kernel"] == four["start"] and four["end"]["files"] == {}


def test_the_diff_is_text_of_the_state(four):
    kernel, *written = four["story"][0]["first"]["diff"]
    assert kernel["before"].splitlines() == [f"net.ipv4.conf.{device}.{key} = 0" for device in ("all", "eth1")
                                             for key in ("arp_announce", "arp_ignore")]
    assert "address 198.18.0.100/32 dev lo scope host\n" in kernel["after"]
    assert [part["after_header"] for part in written] == [
        files.SYSCTL, files.path_of(files.UNIT), files.ENABLED, files.STATE]


def test_the_files_are_for_everybody_to_read(four):
    assert set(four["story"][3]["state"]["files"]) == {*files.FILES, files.ENABLED} - {files.PENDING}


def test_by_hand_the_host_answers_for_the_virtual_address(direct_routing):
    assert direct_routing["by_hand"] == {"answers_arp": True, "asks_as": VIP, "source": VIP,
                                         "answers_solicitation": True}


def test_prepared_only_the_director_reaches_the_virtual_address(direct_routing):
    prepared = direct_routing["prepared"]
    assert not prepared["answers_arp"] and not prepared["answers_solicitation"]
    assert prepared["forwards"] and prepared["forwards6"]


def test_prepared_the_virtual_address_is_no_source(direct_routing):
    prepared = direct_routing["prepared"]
    assert prepared["asks_as"] == "198.18.0.31" and prepared["source"] not in (None, VIP)
    assert prepared["source6"] == "fd00:18::31"


def test_what_somebody_took_off_is_set_again(direct_routing):
    expected = ["ip address replace 198.18.0.100/32 dev lo scope host"]
    assert direct_routing["drift"]["changed"] and direct_routing["drift"]["commands"] == expected
    assert direct_routing["repaired"]["commands"] == expected


def test_absent_restores(direct_routing):
    assert direct_routing["absent"]["changed"] and direct_routing["files"] == {}
    assert direct_routing["restored"] == {"addresses": True, "sysctl": True, "rules": True}


def test_what_is_understood_is_returned(direct_routing, nat):
    assert direct_routing["run"]["addresses"] == [VIP, VIP6]
    assert direct_routing["run"]["virtual_server"] == [
        {"ip": VIP, "lb_kind": "DR", "device": "lo"}, {"ip": VIP6, "lb_kind": "DR", "device": "lo"}]
    assert nat["run"]["addresses"] == []
    assert nat["run"]["virtual_server"][0] == {
        "ip": "203.0.113.10", "lb_kind": "NAT", "real_ip": "198.18.0.31", "port": 8080, "protocol": "TCP",
        "gateway": "198.18.0.1", "device": "eth1", "table": 28000}


def test_only_the_answers_of_the_service_go_through_the_director(nat):
    assert (nat["before"], nat["after"], nat["other_port"]) == ("outside", "director", "outside")


def test_the_client_and_the_director_reach_the_service(nat):
    assert nat["connects"] and nat["connects6"] and nat["director_connects"]


def test_a_strict_filter_by_reverse_path_does_not_drop_the_requests(nat):
    assert nat["strict"]["commands"] == ["sysctl -w net.ipv4.conf.eth1.rp_filter=2"]
    assert nat["connects_strict"] and nat["rp_filter"] == "0"


def test_the_unit_brings_it_back_after_a_boot():
    story = play("reboot")
    assert story["stopped"] and story["booted"] and story["twice"] and not story["check"]["changed"]


def test_the_routes_come_back_with_the_network():
    story = play("routes")
    for route in ("route", "route6"):
        assert story[route].startswith("default via") and "eth1" in story[route]
    assert not any("2800" in text for text in story["gone"])
    assert not story["check"]["changed"]


def test_answers_by_udp_come_from_the_address_asked():
    story = play("udp")
    assert story["before"] == ["outside", "192.0.2.31"]
    assert [story[name] for name in ("any", "own", "own6")] == [
        ["client", "198.18.0.31"], ["client", "198.18.0.31"], ["client", "fd00:18::31"]]
    [four] = story["four"]
    assert four["first"]["changed"] and four["untouched"] and four["same"]
    assert not four["again"]["changed"] and not four["again_check"]["changed"]
    assert story["other_port"] == "192.0.2.31"
    assert story["absent"]["changed"] and "sport" not in story["rules"]


def test_a_failing_step_is_named_and_the_last_good_state_survives():
    story = play("failures")
    for name, words in {
        "second_rule": ["ip -4 rule add", "lookup 28001", "RTNETLINK answers: broken", "is rolled back"],
        "removal": ["ip address del fd00:18::100/128 dev lo: RTNETLINK answers: broken.", "is rolled back"],
        "silent": ["some settings differ right after the change", "ip -4 rule add", "lookup 28000", "is rolled back"],
    }.items():
        result = story[name]["result"]
        assert result["failed"] and not result["changed"] and story[name]["same"], story[name]
        for word in words:
            assert word in result["msg"]
    undo = story["undo"]
    assert undo["result"]["failed"] and undo["result"]["changed"] and not undo["same"] and undo["pending"]
    assert "The host still has: address 198.18.0.101/32 dev lo scope host. Run this again." in undo["result"]["msg"]
    assert undo["next"]["changed"] and undo["healed"]


def test_systemd_is_told_what_it_has_to_know():
    story = play("systemd")
    main, routes = files.UNITS
    start = ["daemon-reload", f"start {main}", f"start {routes}"]
    assert story["nat"]["told"] == start
    assert story["both"]["told"] == [f"stop {routes}", "daemon-reload", f"start {routes}"]
    assert story["again"]["told"] == [] and not story["again"]["result"]["changed"]
    assert story["absent"]["told"] == [f"stop {routes}", "daemon-reload", f"stop {main}"]
    assert story["stopped"]["commands"] == [f"systemctl start {main}"]
    assert {step: story[step]["verified"] for step in ("nat", "both", "absent")} == {
        "nat": "", "both": "", "absent": ""}


@pytest.mark.parametrize(("writer", "every"), [
    ("lvs_real_server", 45), ("lvs_at_once", 1), pytest.param("lvs_real_server", 1, marks=pytest.mark.slow),
])
def test_killed_wherever_it_can_be_the_next_run_heals(writer, every):
    run = Path(__file__).parents[3] / "kills" / "run"
    done = subprocess.run(
        ["bash", str(run), writer], capture_output=True, text=True, check=False,
        env=dict(os.environ, EVERY=str(every), PATH=f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_cannot_be_is_refused_before_anything_changes():
    story = play("refusals")
    assert story["same"] and all(result["failed"] for result in story["results"])
    for result, words in zip(story["results"], (
        ["nothing was changed", "interface eth9", "does not exist"],
        ["virtual_server 198.18.0.31", "is an address of eth1"],
        ["lb_kind TUN needs the kernel module ipip"],
        ["ip rule priority 28000", "Move the rule to another preference"],
        ["value of lb_kind must be one of: DR, TUN, NAT"],
        ["prot", "protocol"],
        ["group and config", "the action plugin", "virtual_server and interface instead"],
        [files.STATE, "Remove it and run this again"],
        [files.path_of(files.UNIT), "is not a regular file", "systemctl unmask"],
        ["table 28000: has a default route that somebody else set", "Move that route to another table"],
    )):
        for word in words:
            assert word in result["msg"]
