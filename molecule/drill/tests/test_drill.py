# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The drill on a preempting pair: figures at the fast and the default profile, one holder, reports; what it refuses;
and what is left when it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from xml.etree import ElementTree

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._drill.judge import as_predicted, bounds_ms
from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.containers import LabError
from ansible_collections.openvip.cluster.tests.lab.site import Site, environment

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
FAULTS = ("service_stop", "service_crash", "service_hang", "keepalived_stop", "keepalived_kill", "freeze", "link_down",
          "partition")
UNDO = "/run/openvip/drill-undo"
# seconds in which a cluster is well again after a drill that was killed
MINUTE = 60


def options(output, *faults, **more):
    """The options of a drill from the client, with these faults."""
    values = {"failover_drill_prober": "client", "failover_drill_faults": faults, "failover_drill_output": str(output)}
    return f"--extra-vars={json.dumps(dict(values, **more))}"


@pytest.fixture(scope="module")
def site():
    """The pair and its client."""
    return Site(INVENTORY, ())


@pytest.fixture(scope="module")
def drill(site, tmp_path_factory):
    """The reports of a drill with every fault but a reboot; a host in a container does not come back by itself."""
    output = tmp_path_factory.mktemp("drill")
    site.cluster.wait_for_holder("lb1")
    code, said = site.playbook("playbooks/failover_drill.yml", options(output, *FAULTS, failover_drill_fail=False))
    assert code == 0, said
    return output


def of(output):
    """The result of each fault of a drill."""
    return {result["fault"]: result for result in json.loads((output / "drill.json").read_text())["results"]}


@pytest.fixture(scope="module")
def results(drill):
    """The result of each fault."""
    return of(drill)


@pytest.fixture(scope="module")
def slow(site, drill, tmp_path_factory):
    """The results of a drill with keepalived's own version and interval, which the pair has meanwhile."""
    output = tmp_path_factory.mktemp("slow")
    shared = yaml.safe_load((containers.REPOSITORY / INVENTORY / "group_vars/lb.yml").read_text())
    for instance in shared["keepalived_vrrp_instance"]:
        del instance["version"], instance["advert_int"]
    code, said = site.playbook("playbooks/site.yml", f"--extra-vars={json.dumps(shared)}")
    assert code == 0, said
    try:
        site.cluster.wait_for_holder("lb1")
        code, said = site.playbook(
            "playbooks/failover_drill.yml", options(output, *FAULTS, failover_drill_fail=False))
        assert code == 0, said
    finally:
        site.playbook("playbooks/site.yml")
        site.cluster.wait_for_holder("lb1")
    return of(output)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_default_profile_is_slower_and_as_predicted_too(slow, results, fault):
    passed(slow, fault)
    if fault in ("freeze", "link_down"):
        # Two to three adverts of a second instead of a tenth: at least 2062 ms to at most 306, and a fifth more or less
        assert slow[fault]["outage_ms"] > 4 * results[fault]["outage_ms"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_passes_with_one_holder_and_an_outage_as_predicted(results, fault):
    passed(results, fault)


def passed(results, fault):
    """Look at the result of one fault, and not only at its verdict."""
    result = results[fault]
    assert result["problems"] == []
    assert result["host"] == "lb1" and result["healed"] and result["moved_ms"] is not None
    assert result["asked_by_arp"] and result["holders_at_once"] == (2 if fault == "partition" else 1)
    assert result["as_predicted"] is (None if fault == "partition" else True)
    # the lab's hosts forward nothing, so no outage is shorter, either
    assert fault == "partition" or as_predicted(result["outage_ms"], *bounds_ms(**result["predicted"])), result


@pytest.mark.parametrize("fault", ["service_stop", "service_crash"])
def test_a_service_that_ends_costs_a_tenth_of_a_second(results, fault):
    assert results[fault]["outage_ms"] <= 100


def test_the_reports_agree(drill, results):
    suite = ElementTree.parse(drill / "drill.xml").getroot().find("testsuite")
    assert [case.get("name") for case in suite] == list(FAULTS) == list(results)
    assert int(suite.get("failures")) == sum(bool(result["problems"]) for result in results.values())
    page = (drill / "drill.html").read_text()
    assert all(f'<section id="{fault}">' in page for fault in FAULTS)
    assert json.loads((drill / "drill.json").read_text())["calibration"]["refuse"]["seen"] == 5


def test_keepalived_says_when_it_became_master(results):
    said = results["keepalived_stop"]["timeline"]["transitions"]
    assert any(each["host"] == "lb2" and each["what"] == "(VI_1) Entering MASTER STATE" for each in said)


def test_a_drill_leaves_nothing_behind(drill, site):
    for name in ("lb1", "lb2", "client"):
        assert site.execute(name, "find", "/run", "-path", "/run/openvip*", "-type", "f", "!", "-name", "*.lock") == ""
    assert "openvip" not in site.execute("lb1", "nft", "list", "tables")


def present(site):
    """Whether the host has a fault now."""
    try:
        site.execute("lb1", "test", "-e", UNDO)
    except LabError:
        return False
    return True


def moved(site, fault):
    """Whether the fault has had its effect. systemd starts what was killed before one can look."""
    wanted = ["lb1", "lb2"] if fault == "partition" else ["lb2"]
    return fault in ("service_crash", "keepalived_kill") or site.cluster.holders() == wanted


@pytest.mark.parametrize("fault", FAULTS)
def test_a_drill_that_is_killed_leaves_a_healthy_cluster_within_a_minute(site, tmp_path, fault):
    site.cluster.wait_for_holder("lb1")
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(containers.REPOSITORY / "tests/lab/playbook"), "playbooks/failover_drill.yml", INVENTORY,
             options(tmp_path / "reports", fault)],
            cwd=containers.REPOSITORY, env=environment(), stdout=log, stderr=log, start_new_session=True)
        try:
            site.wait(f"{fault} is in lb1", lambda: present(site), 120)
            site.wait("the fault has begun", lambda: moved(site, fault))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    killed = time.monotonic()
    assert present(site), (tmp_path / "log").read_text()
    site.wait("the watchdog has undone it", lambda: not present(site), MINUTE)
    site.cluster.wait_for_holder("lb1", MINUTE)
    site.cluster.wait_ready("lb1", MINUTE)
    assert time.monotonic() - killed <= MINUTE
    assert site.execute("lb1", "systemctl", "is-active", "nginx") == "active\n"


def test_a_cluster_that_is_not_healthy_is_left_alone(site, tmp_path):
    site.cluster.wait_for_holder("lb1")
    site.execute("lb2", "systemctl", "stop", "keepalived")
    try:
        code, said = site.playbook("playbooks/failover_drill.yml", options(tmp_path, "service_stop"))
        assert code != 0 and "no fault was put into it: lb2: keepalived does not run." in said
        assert site.cluster.holders() == ["lb1"] and not present(site)
    finally:
        site.execute("lb2", "systemctl", "start", "keepalived")
    site.cluster.wait_ready("lb2")


@pytest.mark.parametrize(("more", "message"), [
    ({"failover_drill_production": True}, "--extra-vars failover_drill_confirm=lb"),
    ({"failover_drill_prober": "lb2"}, "lb2 is a member of the cluster"),
])
def test_a_drill_that_was_not_confirmed_or_cannot_see_is_refused(site, tmp_path, more, message):
    code, said = site.playbook("playbooks/failover_drill.yml", options(tmp_path, "service_stop"),
                               f"--extra-vars={json.dumps(more)}")
    assert code != 0 and message in said
    assert site.cluster.holders() == ["lb1"] and not present(site)


def test_check_mode_does_nothing(site, tmp_path):
    code, said = site.playbook("playbooks/failover_drill.yml", options(tmp_path / "reports", "service_stop"), "--check")
    assert code == 0 and "predicted outage" in said, said
    assert not (tmp_path / "reports").exists() and site.cluster.holders() == ["lb1"]
