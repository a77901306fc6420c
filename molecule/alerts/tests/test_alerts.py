# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A failover is told by mail, to scripts, and in the journal with the former and the new state."""

from __future__ import annotations

import json
import re
import time

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.site import changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
ALERTS = "--inventory=molecule/inventory/alerts.yml"
DIRECTORY = "/usr/libexec/keepalived/openvip"
USER = "keepalived_script"
SENDER = "keepalived@example.com"
MAILS = """\
import json, mailbox
print(json.dumps({key: dict(mail.items()) for key, mail in mailbox.Maildir("/var/lib/lab-mail").items()}))
"""
KINDS = ("journal", "every", "single")
# seconds: a mail, a script and a line of the journal come after the change of state, and nothing tells when
SOON = 15.0


@pytest.fixture(scope="module")
def told(cluster):
    """Return a function that tells what was told since the last time it was: on a host by a kind of alert."""
    readers = {
        "journal": ("journalctl", "--identifier=keepalived-transition", "--output=cat", "--no-pager", "--quiet"),
        "every": ("cat", "/var/lib/lab-told/every"),
        "single": ("cat", "/var/lib/lab-told/single"),
    }
    seen = {}

    def read(name, kind):
        lines = containers.execute(cluster.container(name), *readers[kind]).splitlines()
        new = lines[seen.get((name, kind), 0):]
        seen[name, kind] = len(lines)
        return new

    def wait(name, kind, count):
        """Wait until there are so many new lines; fewer are an answer as well, when the time is up."""
        lines, limit = [], time.monotonic() + SOON
        while len(lines) < count and time.monotonic() < limit:
            lines += read(name, kind)
        return lines + read(name, kind)

    return wait


def mails(cluster):
    """Return the headers of each mail that the client has received."""
    return json.loads(containers.execute(cluster.container("client"), "python3", "-c", MAILS))


def wait_for_mail(cluster, name, state, former=()):
    """Return a mail that a host has sent of a state, and that is not among the former ones."""
    limit = time.monotonic() + SOON
    subject = f"[{name}] VRRP Instance VI_1 - Entering {state} state"
    while True:
        received = [mail for key, mail in mails(cluster).items() if key not in former]
        for mail in received:
            if mail["Subject"] == subject:
                return mail
        assert time.monotonic() < limit, (subject, [mail["Subject"] for mail in received])


@pytest.fixture(scope="module")
def failover(cluster, told):
    """One failover and the way back; return the mails that there were before it."""
    cluster.wait_for_holder("lb1")
    wait_for_mail(cluster, "lb1", "MASTER")
    wait_for_mail(cluster, "lb2", "BACKUP")
    for name in cluster.names:
        for kind in KINDS:
            assert told(name, kind, 1), (name, kind)
    before = mails(cluster)
    result = cluster.provoke("nginx stopped")
    assert (result.away.after, result.back.after) == ("lb2", "lb1")
    return before


@pytest.mark.parametrize("name, state", [("lb1", "FAULT"), ("lb2", "MASTER"), ("lb1", "MASTER"), ("lb2", "BACKUP")])
def test_every_host_mails_every_state_to_all_the_recipients(cluster, failover, name, state):
    mail = wait_for_mail(cluster, name, state, failover)
    assert (mail["From"], mail["X-MailFrom"]) == (SENDER, SENDER)
    assert mail["X-RcptTo"] == mail["To"] == "admin@example.com, oncall@example.com"


CHANGES = {"lb1": [("MASTER", "FAULT", 250), ("FAULT", "BACKUP", 250), ("BACKUP", "MASTER", 250)],
           "lb2": [("BACKUP", "MASTER", 240), ("MASTER", "BACKUP", 240)]}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("failover")
def test_the_journal_has_a_line_for_each_change_with_both_states(told, name):
    assert told(name, "journal", len(CHANGES[name])) == [
        f"INSTANCE VI_1: {former} -> {state}, priority {priority}" for former, state, priority in CHANGES[name]]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("failover")
def test_a_script_of_every_change_runs_as_the_unprivileged_user_with_what_keepalived_tells(told, name):
    assert told(name, "every", len(CHANGES[name])) == [
        f"{USER} INSTANCE VI_1 {state} {priority}" for dummy, state, priority in CHANGES[name]]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("failover")
def test_a_script_of_single_states_is_told_the_same_but_the_priority(told, name):
    assert told(name, "single", len(CHANGES[name])) == [
        f"{USER} INSTANCE VI_1 {state}" for dummy, state, dummy_priority in CHANGES[name]]


@pytest.mark.usefixtures("failover")
def test_a_stop_is_a_state_and_the_former_one_outlives_keepalived(cluster, told):
    for kind in KINDS:
        told("lb2", kind, 0)
    containers.execute(cluster.container("lb2"), "systemctl", "restart", "keepalived")
    cluster.wait_ready("lb2")
    assert told("lb2", "journal", 2) == [
        "INSTANCE VI_1: BACKUP -> STOP, priority 240", "INSTANCE VI_1: STOP -> BACKUP, priority 240"]
    assert told("lb2", "every", 2) == [f"{USER} INSTANCE VI_1 {state} 240" for state in ("STOP", "BACKUP")]
    assert told("lb2", "single", 2) == [f"{USER} INSTANCE VI_1 {state}" for state in ("STOP", "BACKUP")]


def test_nobody_but_root_can_change_what_runs(cluster):
    paths = ["/", "/usr", "/usr/libexec", "/usr/libexec/keepalived", DIRECTORY,
             *(f"{DIRECTORY}/{name}" for name in ("every", "log-transition", "single"))]
    for name in cluster.names:
        found = containers.execute(cluster.container(name), "stat", "--format=%U:%G %A", *paths).splitlines()
        assert [re.fullmatch(r"root:root .{5}-..-.", line) is not None for line in found] == [True] * len(paths), found


def test_a_script_without_a_place_is_refused_before_anything_changes(files, site):
    before = files()
    instance = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1,
                "virtual_ipaddress": ["198.18.0.100/24"], "notify_master": "/usr/bin/true"}
    code, output = site(ALERTS, "--extra-vars", json.dumps({"keepalived_vrrp_instance": [instance]}))
    assert code != 0 and files() == before
    assert "vrrp_instance VI_1: it has a notify_master of its own" in output and "notify_script single" in output
    assert changes(output) == [0, 0], output


def scripts(cluster, name):
    return containers.execute(cluster.container(name), "ls", "-A", DIRECTORY).split()


def test_what_is_no_longer_listed_goes_and_comes_back_without_a_trace_in_the_states(cluster, site, tmp_path):
    (tmp_path / "other.sh").write_text("#!/bin/sh\nexit 0\n")
    other = {"keepalived_notify_script": [{"name": "other", "src": str(tmp_path / "other.sh")}]}
    none = {"keepalived_notify_script": [], "keepalived_log_transitions": False}
    for wanted, left in ((other, ["log-transition", "other"]), (none, [])):
        code, output = site(ALERTS, "--extra-vars", json.dumps(wanted))
        assert code == 0, output
        for name in cluster.names:
            assert scripts(cluster, name) == left
            config = containers.read(cluster.container(name), "/etc/keepalived/keepalived.conf")
            assert config.count(DIRECTORY) == len(left)
        code, output = site(ALERTS, "--extra-vars", json.dumps(wanted))
        assert changes(output) == [0, 0], output
    for name in cluster.names:
        left = containers.execute(cluster.container(name), "sh", "-c",
                                  "ls -d /run/keepalived-transition /etc/tmpfiles.d/keepalived-openvip.conf 2>&- | cat")
        assert left == ""
    code, output = site(ALERTS)
    assert code == 0, output
    assert scripts(cluster, "lb1") == ["every", "log-transition", "single"]
    cluster.wait_for_holder("lb1")
    assert cluster.states("lb1") == {"VI_1": "MASTER"} and cluster.states("lb2") == {"VI_1": "BACKUP"}


def test_a_service_that_is_no_longer_tracked_is_left_as_it_was(cluster, site, on):
    units = "systemctl show --property=Restart --property=DropInPaths --property=Wants nginx.service; " \
            "ls /etc/systemd/system | grep keepalived-track-; true"
    before = on("lb1", units)
    assert "keepalived-track-nginx.service" in before
    for changed in (True, False):
        code, output = site(ALERTS, "--extra-vars", "keepalived_track_service=")
        assert code == 0, output
        assert (changes(output) == [0, 0]) is not changed, output
        for name in cluster.names:
            left = on(name, units)
            assert "keepalived" not in left and "Restart=no" in left, left
    code, output = site(ALERTS)
    # systemd names what a unit wants in any order
    assert code == 0 and sorted(on("lb1", units).split()) == sorted(before.split()), output
    cluster.wait_for_holder("lb1")
