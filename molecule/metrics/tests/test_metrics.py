# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""node_exporter tells what a failover does to both hosts, and the watchers tell of a split brain."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.openvip.cluster.tests.lab import containers, faults
from ansible_collections.openvip.cluster.tests.lab.site import Site, changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
MORE = ("--inventory=molecule/inventory/alerts.yml", "--inventory=molecule/inventory/metrics.yml")
VIP = "198.18.0.100"
DIRECTORY = "/var/lib/prometheus/node-exporter"
TRACES = f"""ls -d {DIRECTORY}/keepalived* /usr/local/lib/keepalived-metrics* 2>&- | cat
find /etc/systemd/system -name 'keepalived-metrics*' -o -name 'keepalived-watch*'
systemctl list-units --all --plain --no-legend 'keepalived-metrics*' 'keepalived-watch*'
"""
CUT = """\
table inet lab_cut {
    chain input {
        type filter hook input priority 0
        meta l4proto 112 drop
    }
}
"""
MAILS = """\
import json, mailbox
print(json.dumps([mail["Subject"] for mail in mailbox.Maildir("/var/lib/lab-mail")]))
"""
# seconds: a collection every 2, and a split brain after 3; nothing tells when
SOON = 30.0


@pytest.fixture(scope="module")
def hosts(cluster):
    """The hosts, with the address on the first."""
    cluster.wait_for_holder("lb1")
    return Site(INVENTORY, (), cluster)


@pytest.fixture
def metrics(hosts):
    """Run playbooks/metrics.yml with more options; return the exit code, what it printed, and its counts of changes."""
    def run(*options):
        code, output = hosts.playbook("playbooks/metrics.yml", *MORE, *options)
        return code, output, changes(output)

    return run


def told(hosts, name):
    """Return what node_exporter on a host tells of ours: values by name and labels."""
    text = hosts.execute(name, "curl", "--silent", "--fail", "http://127.0.0.1:9100/metrics")
    return {(sample.name, *sorted((label, value) for label, value in sample.labels.items() if label != "cluster")):
            sample.value for family in text_string_to_metric_families(text) if family.name.startswith("openvip_")
            for sample in family.samples}


def value(hosts, host, metric, /, **labels):
    """Return one value, or nothing where it is not told."""
    return told(hosts, host).get((metric, *sorted(labels.items())))


def wait_for(hosts, host, expected, metric, /, **labels):
    hosts.wait(f"{metric} {labels} of {host} is {expected}",
               lambda: value(hosts, host, metric, **labels) == expected, SOON)


def state(hosts, name, expected):
    wait_for(hosts, name, 1, "openvip_vrrp_state", vrrp_instance="VI_1", state=expected)


def held(hosts, name, expected):
    wait_for(hosts, name, expected, "openvip_vrrp_address_held", vrrp_instance="VI_1", address=VIP)


def transitions(hosts, name, transition):
    return value(hosts, name, "openvip_vrrp_transitions_total", vrrp_instance="VI_1", transition=transition)


def test_node_exporter_tells_both_hosts_apart(hosts):
    for name, expected, priority in (("lb1", "MASTER", 250), ("lb2", "BACKUP", 240)):
        state(hosts, name, expected)
        held(hosts, name, expected == "MASTER")
        assert value(hosts, name, "openvip_vrrp_priority", vrrp_instance="VI_1") == priority
        assert value(hosts, name, "openvip_keepalived_up") == 1
        assert [each for each, good in told(hosts, name).items()
                if each[0] == "openvip_collector_success" and not good] == []
        assert value(hosts, name, "openvip_split_brain", address=VIP) == (0 if expected == "MASTER" else None)
    assert "node_textfile_scrape_error 0" in hosts.execute("lb1", "curl", "--silent", "http://127.0.0.1:9100/metrics")


def test_the_timer_collects_again_and_again(hosts):
    seen = set()

    def three_times():
        seen.add(value(hosts, "lb2", "openvip_collector_timestamp_seconds"))
        return len(seen) > 2

    hosts.wait("three collections", three_times, SOON)


def test_a_failover_shows_in_the_metrics_of_both_hosts(hosts, cluster):
    taken, given = transitions(hosts, "lb2", "become_master"), transitions(hosts, "lb1", "release_master")
    stopped = faults.find("nginx stopped")
    try:
        stopped.inject(cluster.host("lb1"))
        cluster.wait_for_holder("lb2")
        state(hosts, "lb2", "MASTER")
        held(hosts, "lb2", 1)
        state(hosts, "lb1", "FAULT")
        held(hosts, "lb1", 0)
        wait_for(hosts, "lb1", 0, "openvip_vrrp_tracked_good", vrrp_instance="VI_1", track="track_file", name="nginx")
        assert transitions(hosts, "lb2", "become_master") == taken + 1
        assert transitions(hosts, "lb1", "release_master") == given + 1
    finally:
        stopped.undo(cluster.host("lb1"))
    cluster.wait_for_holder("lb1")
    held(hosts, "lb2", 0)
    state(hosts, "lb1", "MASTER")


def test_a_keepalived_that_is_stopped_is_told_and_so_is_that_the_address_is_gone(hosts, cluster):
    stopped = faults.find("keepalived stopped")
    try:
        stopped.inject(cluster.host("lb1"))
        wait_for(hosts, "lb1", 0, "openvip_keepalived_up")
        held(hosts, "lb1", 0)
        assert value(hosts, "lb1", "openvip_vrrp_priority", vrrp_instance="VI_1") is None
    finally:
        stopped.undo(cluster.host("lb1"))
    cluster.wait_for_holder("lb1")


def lines(hosts, name):
    return hosts.execute(name, "journalctl", "--identifier=keepalived-watch", "--output=cat", "--no-pager", "--quiet")


def scripts(hosts, name):
    return hosts.execute(name, "cat", "/var/lib/lab-told/every")


def subjects(hosts):
    return json.loads(hosts.execute("client", "python3", "-c", MAILS))


def test_a_hand_over_is_no_split_brain(hosts):
    """The failovers above were watched as well."""
    for name in ("lb1", "lb2"):
        assert "split brain" not in lines(hosts, name)
        assert "SPLIT_BRAIN" not in scripts(hosts, name)


def test_a_split_brain_is_logged_counted_mailed_and_told_and_so_is_its_end(hosts, cluster):
    cards = {name: card for card, name in cluster.cards.items()}
    others = {"lb1": cards["lb2"], "lb2": cards["lb1"]}
    names = tuple(others)
    for name in names:
        containers.write(cluster.container(name), "/run/lab_cut.nft", CUT)
    try:
        for name in names:
            hosts.execute(name, "nft", "--file", "/run/lab_cut.nft")
        for name in names:
            wait_for(hosts, name, 1, "openvip_split_brain", address=VIP)
            assert f"split brain: {VIP} is held here and claimed by {others[name]} for" in lines(hosts, name)
            hosts.wait(f"the script of {name} is told", lambda name=name: (
                f"keepalived_script SPLIT_BRAIN {VIP} begin {others[name]}\n" in scripts(hosts, name)), SOON)
            hosts.wait(f"a mail of {name}", lambda name=name: (
                f"[{name}] Split brain of {VIP} - two hosts hold it" in subjects(hosts)), SOON)
    finally:
        for name in names:
            hosts.execute(name, "nft", "delete", "table", "inet", "lab_cut")
    cluster.wait_for_holder("lb1")
    for name in names:
        hosts.wait(f"the end in the journal of {name}", lambda name=name: (
            re.search(rf"split brain of {VIP} has ended after [0-9.]+ s: ", lines(hosts, name))), SOON)
        wait_for(hosts, name, 0, "openvip_split_brain", address=VIP)
        assert value(hosts, name, "openvip_split_brains_total", address=VIP) == 1
        hosts.wait(f"the script of {name} is told of the end", lambda name=name: (
            f"keepalived_script SPLIT_BRAIN {VIP} end {others[name]}\n" in scripts(hosts, name)), SOON)
        hosts.wait(f"a mail of {name} of the end", lambda name=name: (
            f"[{name}] Split brain of {VIP} - has ended" in subjects(hosts)), SOON)
    assert "does not claim it any more" in lines(hosts, "lb1") and "this host has given it up" in lines(hosts, "lb2")


WRONG = {
    "keepalived_metrics_watch_patience": (0.2, "a single answer would be a"),
    "keepalived_metrics_interval": (0, "is not in 1 to 3600 seconds"),
    "keepalived_metrics_notify": ("/bin/mail admin", "not the full path of a program"),
    "keepalived_metrics_directory": ("metrics", "not the full path of a directory"),
}


def test_wrong_settings_are_all_named_before_anything_changes(metrics):
    settings = {name: wrong for name, (wrong, _message) in WRONG.items()}
    code, output, changed = metrics("--extra-vars", json.dumps(settings))
    assert code != 0 and changed == [0, 0]
    for name, (wrong, message) in WRONG.items():
        assert re.search(rf"{name} is \W*{wrong}.*{message}", " ".join(output.split())), (name, output)


def test_what_is_not_wanted_goes_without_a_trace_and_comes_back(hosts, metrics):
    fewer = ("--extra-vars", json.dumps({
        "keepalived_metrics_state": "{{ 'absent' if inventory_hostname == 'lb1' else 'present' }}",
        "keepalived_metrics_watch": False}))
    code, output, dummy = metrics(*fewer)
    assert code == 0, output
    assert hosts.execute("lb1", "sh", "-c", TRACES) == ""
    assert told(hosts, "lb1") == {}
    left = hosts.execute("lb2", "sh", "-c", TRACES)
    assert "watch" not in left and "keepalived-metrics.timer" in left and f"{DIRECTORY}/keepalived.prom" in left
    assert metrics(*fewer)[2] == [0, 0]
    code, output, dummy = metrics()
    assert code == 0, output
    held(hosts, "lb1", 1)
