# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts there are, and no others, ten minutes after something has happened to a cluster."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.daemon
REPOSITORY = Path(__file__).resolve().parents[3]
ALERTS = REPOSITORY / "roles" / "keepalived_metrics" / "files" / "alerts.yml"
CLUSTER, OTHER = "lb:198.18.0.100", "lb:198.18.0.200"
SERVICE = {"ip": "198.18.0.100", "port": "80", "protocol": "TCP"}
MARK = {"fwmark": "8", "ip_family": "inet"}
# Samples of every 15 seconds: all the time, and from the fourth minute on
ALWAYS, NEVER, BEGINS, ENDS = "1x80", "0x80", "0x16 1x64", "1x16 0x64"
# For half a minute, and again and again
SHORTLY, FLAPS = "1x16 0x1 1x64", "0 15 30 45 60 75 90 105x80"


def series(name, values, host="lb1", cluster=CLUSTER, **labels):
    """Return a series of one host."""
    every = {"cluster": cluster, "instance": host, "job": "node", **labels}
    return {"series": "openvip_%s{%s}" % (name, ",".join(f'{key}="{value}"' for key, value in every.items())),
            "values": values}


def fresh(*hosts, cluster=CLUSTER, until=80):
    """Return the times of the collectors of hosts; they stop after so many samples, and their files stay."""
    return [series("collector_timestamp_seconds", "0+15x%d %dx%d" % (until, 15 * until, 80 - until), host, cluster)
            for host in hosts]


def holders(first, second, cluster=CLUSTER, address="198.18.0.100"):
    """Return which of two hosts hold an address."""
    return [series("vrrp_address_held", values, host, cluster, vrrp_instance="VI_1", address=address)
            for host, values in (("lb1", first), ("lb2", second)) if values]


def states(cluster=CLUSTER, **hosts):
    """Return whether hosts are in BACKUP."""
    return [series("vrrp_state", values, host, cluster, vrrp_instance="VI_1", state="BACKUP")
            for host, values in hosts.items()]


def pool(*up, sorry=None, host="lb1", service=None):
    """Return real servers by whether they are up, their number, and whether the sorry server answers."""
    service = service or SERVICE
    found = [series("ipvs_real_server_up", values, host, real_ip=f"198.18.0.2{number}", real_port="80", **service)
             for number, values in enumerate(up, 1)]
    usable = ALWAYS if ALWAYS in up or SHORTLY in up else ENDS
    found.append(series("ipvs_usable_real_servers", usable, host, **service))
    return found + ([series("ipvs_sorry_server_used", sorry, host, **service)] if sorry else [])


PAIR = [*fresh("lb1", "lb2"), *holders(ALWAYS, NEVER), *states(lb1=NEVER, lb2=ALWAYS)]
# The series, and how many of each alert there are
SCENARIOS = {
    "a healthy pair": (PAIR, {}),
    "a failover": ([*fresh("lb1", "lb2"), *holders(ENDS, BEGINS), *states(lb1=BEGINS, lb2=ENDS)], {}),
    "S14 every real server is down, and a sorry server answers": (
        PAIR + pool(ENDS, ENDS, sorry=BEGINS), {"OpenvipRealServerDown": 2, "OpenvipSorryServerUsed": 1}),
    "S14 on both directors": (
        PAIR + pool(ENDS, sorry=BEGINS) + pool(ENDS, sorry=BEGINS, host="lb2"),
        {"OpenvipRealServerDown": 2, "OpenvipSorryServerUsed": 2}),
    "S14 without a sorry server": (PAIR + pool(ENDS, ENDS),
                                   {"OpenvipRealServerDown": 2, "OpenvipRealServerPoolEmpty": 1}),
    "S14 with one that does not answer": (PAIR + pool(ENDS, sorry=NEVER),
                                          {"OpenvipRealServerDown": 1, "OpenvipRealServerPoolEmpty": 1}),
    "S14 one real server is down": (PAIR + pool(ENDS, ALWAYS, sorry=NEVER), {"OpenvipRealServerDown": 1}),
    "S14 one is down for both directors": (PAIR + pool(ENDS, ALWAYS) + pool(ENDS, ALWAYS, host="lb2"),
                                           {"OpenvipRealServerDown": 2}),
    "S14 of a firewall mark": (PAIR + pool(ENDS, sorry=BEGINS, service=MARK),
                               {"OpenvipRealServerDown": 1, "OpenvipSorryServerUsed": 1}),
    "S14 one is away for a moment": (PAIR + pool(SHORTLY, ALWAYS), {}),
    "S14 one comes back": (PAIR + pool(BEGINS, ALWAYS), {}),
    "S14 every real server is healthy": (PAIR + pool(ALWAYS, ALWAYS, sorry=NEVER), {}),
    "S14 the last one is drained": (PAIR + pool(sorry=BEGINS), {"OpenvipSorryServerUsed": 1}),
    "S15 an old file of a real server": (
        fresh("lb1", until=40) + pool(NEVER, ALWAYS), {"OpenvipCollectorStale": 1}),
    "S15 an old file of a sorry server": (
        fresh("lb1", until=20) + pool(NEVER, sorry=ALWAYS), {"OpenvipCollectorStale": 1}),
    "S15 an old file of a pool": (fresh("lb1", until=12) + pool(NEVER), {"OpenvipCollectorStale": 1}),
    "S15 an old file of a backup": (
        [*fresh("lb1"), *fresh("lb2", until=16), *holders(ALWAYS, NEVER), *states(lb1=NEVER, lb2=ALWAYS)],
        {"OpenvipNoBackup": 1, "OpenvipCollectorStale": 1}),
    "S15 an old file of a master": (
        [*fresh("lb1", until=16), *fresh("lb2"), *holders(ALWAYS, NEVER), *states(lb1=NEVER, lb2=ALWAYS)],
        {"OpenvipAddressNoHolder": 1, "OpenvipCollectorStale": 1}),
    "S15 an old file of a second holder": (
        [*fresh("lb1"), *fresh("lb2", until=16), *holders(ALWAYS, ALWAYS), *states(lb1=ALWAYS)],
        {"OpenvipCollectorStale": 1}),
    "S15 an old file of a FAULT": (
        [*fresh("lb1", until=20), series("vrrp_state", ALWAYS, vrrp_instance="VI_1", state="FAULT")],
        {"OpenvipCollectorStale": 1}),
    "S15 an old file of a keepalived that did not run": (
        [*fresh("lb1", until=20), series("keepalived_up", NEVER)], {"OpenvipCollectorStale": 1}),
    "S15 an old file of a part that failed": (
        [*fresh("lb1", until=20), series("collector_success", NEVER, part="vrrp")], {"OpenvipCollectorStale": 1}),
    "S15 another cluster has a backup": (
        [*PAIR, *fresh("lb3", "lb4", cluster=OTHER), *states(cluster=OTHER, lb3=NEVER, lb4=ENDS)],
        {"OpenvipNoBackup": 1}),
    "S15 the host of the backup is gone": (
        [*fresh("lb1"), *holders(ALWAYS, None), *states(lb1=NEVER)], {"OpenvipNoBackup": 1}),
    "S15 the host of the master is gone, and the other took over": (
        [*fresh("lb2"), *holders(None, BEGINS), *states(lb2=ENDS)], {"OpenvipNoBackup": 1}),
    "two holders": ([*fresh("lb1", "lb2"), *holders(ALWAYS, BEGINS)], {"OpenvipAddressTwoHolders": 1}),
    "two holders of two addresses": (
        [*fresh("lb1", "lb2"), *holders(ALWAYS, BEGINS), *holders(BEGINS, ALWAYS, address="198.18.0.101")],
        {"OpenvipAddressTwoHolders": 2}),
    "one address in two clusters": (
        [*PAIR, *fresh("lb1", cluster=OTHER), *holders(ALWAYS, None, cluster=OTHER)], {}),
    "no holder": ([*fresh("lb1", "lb2"), *holders(ENDS, NEVER)], {"OpenvipAddressNoHolder": 1}),
    "no holder of one of two addresses": (
        [*PAIR, *holders(ENDS, NEVER, address="198.18.0.101")], {"OpenvipAddressNoHolder": 1}),
    "every collector is old": (
        [*fresh("lb1", "lb2", until=16), *holders(ALWAYS, NEVER)],
        {"OpenvipAddressNoHolder": 1, "OpenvipCollectorStale": 2}),
    "keepalived does not run": ([*PAIR, series("keepalived_up", ENDS, "lb2")], {"OpenvipKeepalivedDown": 1}),
    "an instance in FAULT": (
        [*fresh("lb1"), series("vrrp_state", BEGINS, vrrp_instance="VI_1", state="FAULT")],
        {"OpenvipInstanceFault": 1}),
}


def scenario(name):
    """Return a test of promtool."""
    found, expected = SCENARIOS[name]
    return {"name": name, "interval": "15s", "input_series": found, "promql_expr_test": [{
        # promtool shows the expression of what went otherwise, with its comment
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"}) # %s;' % name, "eval_time": "19m", "exp_samples": [
            {"labels": '{alertname="%s"}' % alert, "value": count} for alert, count in sorted(expected.items())]}]}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What promtool says of all scenarios: the expressions of those that went otherwise."""
    path = tmp_path_factory.mktemp("alerts") / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "15s",
                                    "tests": [scenario(name) for name in SCENARIOS]}))
    done = subprocess.run([REPOSITORY / "tests" / "promtool", "test", "rules", path], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0 or " # " in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", SCENARIOS)
def test_these_alerts_and_no_others(said, name):
    assert "# %s;" % name not in said, said
