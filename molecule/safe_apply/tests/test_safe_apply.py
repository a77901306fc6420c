# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a live pair: the client sees none of them, and what goes wrong is taken back with the service up.

The tests follow each other: each begins with the configuration with which the one before it ended.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._outage import outages
from ansible_collections.openvip.cluster.tests.lab import containers, interrupt
from ansible_collections.openvip.cluster.tests.lab.site import Site, changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
FILE = "/etc/keepalived/keepalived.conf"
INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1,
            "virtual_ipaddress": ["198.18.0.100/24"]}
TWO = ["198.18.0.100/24", "198.18.0.101/24"]


def password(word):
    return {"auth_type": "PASS", "auth_pass": word}


OLD = dict(INSTANCE, version=2, advert_int=1, authentication=password("geheim"))
# What the peers see, in the order in which it is changed, and words of the report
SEEN = {
    "an address more": (dict(INSTANCE, virtual_ipaddress=TWO), "virtual_ipaddress gains 198.18.0.101."),
    "an address less": (INSTANCE, "virtual_ipaddress loses 198.18.0.101."),
    "version 2 and a password": (OLD, "version becomes 2 instead of 3."),
    "another password": (dict(OLD, authentication=password("anders")), "authentication changes"),
    "a longer interval": (dict(OLD, advert_int=2), "advert_int becomes 2 instead of 1."),
    "version 3 again": (INSTANCE, "version becomes 3 instead of 2."),
}


# 3 x advert_int + skew (RFC 5798, 6.1), and a fifth more
LONGEST_MS = 306 * 1.2


def definition(instance, **more):
    return "--extra-vars", json.dumps(dict(more, keepalived_vrrp_instance=[instance]))


def addresses(cluster, name):
    links = json.loads(containers.execute(cluster.container(name), "ip", "-json", "address", "show", cluster.interface))
    return {entry["local"] for entry in links[0]["addr_info"]}


def texts(cluster):
    return {name: containers.read(cluster.container(name), FILE) for name in cluster.names}


def reloaded_at(cluster, name):
    """Return when keepalived was last reloaded, in microseconds; the hosts share one clock."""
    journal = containers.execute(
        cluster.container(name), "journalctl", "--unit=keepalived.service", "--grep=^Reloading", "--output=json",
        "--reverse", "--lines=1")
    return int(json.loads(journal.splitlines()[0])["__REALTIME_TIMESTAMP"])


@contextlib.contextmanager
def unnoticed(cluster):
    """Watch the client's view of the address meanwhile: lb1 alone holds it, and answers every request."""
    cluster.wait_for_holder("lb1")
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        yield
        observation.wait_settled("lb1", stays=2)
    assert observation.recording().holders_at_once == 1 and observation.lost("lb1") == []


@pytest.mark.parametrize("change", SEEN)
def test_the_client_does_not_see_what_the_peers_see(cluster, site, change):
    instance, said = SEEN[change]
    with unnoticed(cluster):
        code, output = site(*definition(instance), "-v")
    assert code == 0, output
    assert said in output
    assert "geheim" not in output and "anders" not in output
    spread, window = map(float, re.search(
        r"Reloaded lb\d \+0.000 s, lb\d \+([0-9.]+) s; they must not be further apart than ([0-9.]+) s",
        output).groups())
    assert spread < window
    assert abs(reloaded_at(cluster, "lb1") - reloaded_at(cluster, "lb2")) / 1e6 < window
    asked = {line.partition("/")[0] for line in instance["virtual_ipaddress"]}
    assert addresses(cluster, "lb1") == asked | {"198.18.0.11"}
    assert addresses(cluster, "lb2") == {"198.18.0.12"}


def test_what_nobody_sees_goes_to_the_backup_first(cluster, site):
    with unnoticed(cluster):
        code, output = site(*definition(dict(INSTANCE, garp_master_delay=2)))
    assert code == 0, output
    assert "must not be further apart" not in output
    # In between the cluster was looked at.
    assert reloaded_at(cluster, "lb2") + 500000 < reloaded_at(cluster, "lb1")


def test_a_host_that_does_not_take_it_keeps_what_it_had_and_the_others_theirs(cluster, site):
    before = texts(cluster)
    with hindered(cluster, "lb1", "/run/systemd/system/keepalived.service.d/test.conf",
                  "[Service]\nExecReload=\nExecReload=/bin/false\n"), unnoticed(cluster):
        code, output = site(*definition(dict(INSTANCE, garp_master_delay=3)))
    assert code != 0
    assert "lb1 is unhealthy with the new configuration" in output
    assert "Changed already: lb2. Not changed: lb1." in output
    after = texts(cluster)
    assert after["lb1"] == before["lb1"] and "garp_master_delay 3" in after["lb2"]
    assert "garp_master_delay 3" not in after["lb1"]
    code, output = site(*definition(INSTANCE))
    assert code == 0, output


@pytest.mark.parametrize("unicast", [True, False], ids=["unicast", "multicast"])
def test_another_way_to_the_peers_is_taken_at_one_moment_and_the_address_moves_there_too(cluster, site, unicast):
    cluster.wait_for_holder("lb1")
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        code, output = site(*definition(INSTANCE, keepalived_unicast=unicast), "-v")
        assert code == 0, output
        observation.wait_settled("lb1", stays=2)
    recording = observation.recording()
    assert "keepalived begins a new virtual router" in output and "must not be further apart" in output
    assert recording.holders_at_once == 1
    # for the time of a failover nobody holds the address of what is another virtual router
    assert sum(outage.milliseconds for outage in outages(recording.records)) < LONGEST_MS
    for name, peer in (("lb1", "198.18.0.12"), ("lb2", "198.18.0.11")):
        text = containers.read(cluster.container(name), FILE)
        assert (f"unicast_peer {{\n        {peer}\n" in text) is unicast, text
    result = cluster.provoke("host frozen")
    assert result.away.after == "lb2" and result.away.holders_at_once == 1
    assert result.away.outage_ms < LONGEST_MS


def test_all_hosts_go_back_when_one_does_not_take_what_peers_see(cluster, site):
    code, output = site(*definition(OLD))
    assert code == 0, output
    before = texts(cluster)
    # What keepalived on lb2 has at the place of its file is another one, so it does not learn the new address.
    with hindered(cluster, "lb2", "/run/systemd/system/keepalived.service.d/test.conf",
                  "[Service]\nBindReadOnlyPaths=/run/other:/etc/keepalived\n"):
        containers.execute(cluster.container("lb2"), "cp", "--recursive", "/etc/keepalived", "/run/other")
        containers.execute(cluster.container("lb2"), "systemctl", "restart", "keepalived")
        cluster.wait_ready("lb2")
        with unnoticed(cluster):
            code, output = site(*definition(dict(OLD, virtual_ipaddress=TWO)))
    assert code != 0
    assert "The change was rolled back on" in output
    assert "keepalived did not take vrrp_instance VI_1 as written" in output
    assert texts(cluster) == before
    assert addresses(cluster, "lb1") == {"198.18.0.11", "198.18.0.100"}
    containers.execute(cluster.container("lb2"), "systemctl", "restart", "keepalived")
    cluster.wait_ready("lb2")


def on_host(cluster, name, script):
    return containers.execute(cluster.container(name), "sh", "-c", script).strip()


def reported(cluster, name):
    """Return what the process that makes a simultaneous reload on a host reports of it."""
    return json.loads(on_host(cluster, name, "cat /run/openvip/reload.json 2>/dev/null || echo '{}'"))


def test_a_host_rolls_back_by_itself_when_the_controller_and_its_own_process_are_killed(cluster, site):
    before = texts(cluster)
    lab = Site(INVENTORY, ())
    options = definition(dict(OLD, virtual_ipaddress=TWO), keepalived_confirm_within=10)
    command = [str(containers.REPOSITORY / "tests/lab/playbook"), "playbooks/site.yml", INVENTORY, *options]
    with unnoticed(cluster):
        with subprocess.Popen(command, cwd=containers.REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True) as controller:
            lab.wait("the reload on lb1", lambda: reported(cluster, "lb1").get("state") == "changed", 120)
            interrupt.kill(controller)
        on_host(cluster, "lb1", "kill -KILL %d" % reported(cluster, "lb1")["process"][0])
        lab.wait("the end of what is armed", lambda: not any(
            on_host(cluster, name, "ls /var/lib/openvip /etc/systemd/system | grep rollback || true")
            for name in cluster.names), 60)
    assert texts(cluster) == before
    assert addresses(cluster, "lb1") == {"198.18.0.11", "198.18.0.100"}
    assert addresses(cluster, "lb2") == {"198.18.0.12"}
    code, output = site(*definition(OLD))
    assert code == 0, output
    assert "this host rolled it back by itself" in output
    # what was rolled back is taken into force once more, by the run that reports it
    code, output = site(*definition(OLD))
    assert code == 0 and set(changes(output)) == {0}, output


@contextlib.contextmanager
def hindered(cluster, name, path, text):
    """Have another text in a file of a host meanwhile."""
    container = cluster.container(name)
    there = "if test -e %s; then cat %s; fi" % (path, path)
    before = containers.execute(container, "sh", "-c", there)
    containers.write(container, path, text)
    containers.execute(container, "systemctl", "daemon-reload")
    try:
        yield
    finally:
        containers.write(container, path, before)
        containers.execute(container, "systemctl", "daemon-reload")


@pytest.mark.parametrize("options, words", [
    # the window of 0.01 s is smaller than what it takes
    (definition(dict(INSTANCE, advert_int=0.01)), ["must be reloaded within 0.020 s", "make advert_int longer first"]),
    ((*definition(dict(OLD, virtual_ipaddress=TWO)), "--limit=lb1"),
     ["lb2 would be left without it", "Run for the whole group"]),
], ids=["window", "limit"])
def test_what_cannot_reach_all_hosts_in_time_is_refused_before_anything_changes(cluster, files, site, options, words):
    before = files()
    with unnoticed(cluster):
        code, output = site(*options)
    assert code != 0
    for word in words:
        assert word in output
    assert files() == before
    assert set(changes(output)) == {0}


# The same package as a newer version, in a repository of the host's own.
NEWER = """\
set -eu
mkdir -p /srv/newer
cd /srv/newer
apt-get -qq update
apt-get -qq download keepalived
dpkg-deb --raw-extract keepalived_*.deb tree
sed -i 's/^Version: .*/&+newer1/' tree/DEBIAN/control
dpkg-deb --build tree keepalived.deb
{
    dpkg-deb --field keepalived.deb
    echo "Filename: ./keepalived.deb"
    echo "Size: $(stat --format=%s keepalived.deb)"
    echo "SHA256: $(sha256sum keepalived.deb | cut -d' ' -f1)"
} > Packages
echo 'deb [trusted=yes] file:/srv/newer ./' > /etc/apt/sources.list.d/newer.list
"""


def versions(cluster):
    """The version of the package on each load balancer."""
    return [containers.execute(cluster.container(name), "dpkg-query", "--show", "--showformat=${Version}", "keepalived")
            for name in cluster.names]


def test_an_upgrade_takes_the_hosts_in_turn_and_the_holder_last(cluster, site):
    code, output = site(*definition(INSTANCE))
    assert code == 0, output
    before = versions(cluster)
    for name in cluster.names:
        containers.execute(cluster.container(name), "sh", "-s", data=NEWER.encode(), seconds=120)
    cluster.wait_for_holder("lb1")
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        code, output = Site(INVENTORY, ()).playbook("playbooks/rolling_update.yml")
        observation.wait_settled("lb1", stays=2)
    assert code == 0, output
    recording = observation.recording()
    assert recording.holders_at_once == 1 and observation.lost() == []
    answered = [record.host for record in recording.records]
    turns = [host for number, host in enumerate(answered) if number == 0 or answered[number - 1] != host]
    assert turns == ["lb1", "lb2", "lb1"]
    assert versions(cluster) == [version + "+newer1" for version in before]
