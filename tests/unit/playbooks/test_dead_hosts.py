# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole playbooks while a director and a real server are dead: what is possible is done, the rest is named, and the
exit code says so."""

from __future__ import annotations

import json
import re

import pytest

from .hosts import REPOSITORY, Hosts, alive

GUIDE = REPOSITORY / "docs/docsite/rst/guide_operation.rst"

INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.5,
            "virtual_ipaddress": ["198.18.0.100/24"]}
SERVICE = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR", "delay_loop": 3,
           "real_server_group": "web"}
DEFINITION = {"keepalived_vrrp_instance": [INSTANCE], "keepalived_virtual_server": [SERVICE]}
SITE = {"keepalived_vrrp_instance": [INSTANCE], "keepalived_virtual_server": []}
GROUPS = {"lb": ["lb1", "lb2"], "web": ["web1", "web2", "web3"]}
CHECK = "        TCP_CHECK {\n            connect_timeout 2\n            retry 0\n        }\n"
# lb1's file before anybody died
SERVERS = "".join(f"    real_server 198.18.0.{number} 80 {{\n{CHECK}    }}\n" for number in (21, 22, 23))
FORMER = f"""vrrp_instance VI_1 {{
    state BACKUP
    interface eth1
    virtual_router_id 51
    priority 250
    version 3
    advert_int 0.5
    virtual_ipaddress {{
        198.18.0.100/24
    }}
}}
virtual_server 198.18.0.100 80 {{
    protocol TCP
    lb_algo rr
    lb_kind DR
    delay_loop 3
    alpha
{SERVERS}}}
"""


class Cluster(Hosts):
    """lb1, web1 and web2 live, and lb2 and web3 are dead."""

    def __init__(self, tmp_path, pids):
        super().__init__(tmp_path, pids)
        self.shell("lb1", "cat >/etc/keepalived/keepalived.conf", FORMER)
        self.inventory(GROUPS, {}, dead=["lb2", "web3"])

    def run(self, playbook, definition=None, *options):
        return self.play(playbook, "-e", json.dumps(DEFINITION if definition is None else definition), *options)

    def text(self):
        return self.shell("lb1", "cat /etc/keepalived/keepalived.conf")


@pytest.fixture
def cluster(tmp_path):
    with alive(tmp_path, ["lb1", "web1", "web2"]) as pids:
        yield Cluster(tmp_path, pids)


def changed(**keys):
    return {**DEFINITION, "keepalived_virtual_server": [{**SERVICE, **keys}]}


def test_what_is_possible_is_done_and_the_hosts_that_are_left_out_are_named(cluster):
    code, said = cluster.run("lvs", changed(delay_loop=5))
    assert code == 4 and "failed=1" not in said, said
    assert "Not reached: lb2, web3. The others have what was asked for." in said, said
    assert "lb2, of the cluster: has its former configuration" in said and "web3: is as it was" in said
    assert "delay_loop 5\n" in cluster.text() and SERVERS in cluster.text()
    # web2 is prepared
    assert "198.18.0.100" in cluster.shell("web2", "ip address show dev lo")

    code, said = cluster.run("drain", DEFINITION, "-e", "real_server=web3")
    assert code == 0 and "web3 has 0 connections on lb1" in said and "Not reached: lb2." in said, said
    assert "weight 0 # drained web3 by " in cluster.text()

    code, said = cluster.run("status")
    assert code == 0 and "real_server web3 198.18.0.23: is drained by " in said and "lb2 not reached" in said, said

    code, said = cluster.run("preflight")
    assert code == 4 and "not seen lb2 and web3 everything but its definition: it was not reached" in said, said
    assert "lb: nothing to complain about" in said, said

    code, said = cluster.run("restore")
    assert code == 0 and "Not reached: lb2." in said and SERVERS in cluster.text(), said


LEFT_OUT = "Not reached: lb2. The others have what was asked for."
NEEDED = "lb2 was not reached, and every host is needed here. Nothing was changed."
# By playbook: its options, the exit code and what is said. That of the others is in the test above.
ROWS = {
    "site": ((), 4, LEFT_OUT),
    "nginx_balancer": ((), 4, LEFT_OUT.replace("lb2", "lb2, web3")),
    "haproxy": (("-e", "haproxy_config_file={path}/haproxy.cfg"), 4, LEFT_OUT.replace("lb2", "lb2, web3")),
    "metrics": ((), 4, LEFT_OUT),
    "maintenance": (("-e", "maintenance_host=lb1", "-e", "maintenance_state=absent"), 0, "lb1 : ok="),
    "rolling_update": ((), 2, NEEDED), "failover_drill": ((), 2, "lb2: is not reached"), "import": ((), 2, NEEDED),
}
ABOVE = {"lvs": 4, "preflight": 4, "drain": 0, "restore": 0, "status": 0}


@pytest.mark.parametrize("playbook", [
    pytest.param(name, marks=pytest.mark.slow) for name in ROWS])
def test_each_row_of_the_table(cluster, tmp_path, playbook):
    (tmp_path / "haproxy.cfg").write_text("global\n")
    options, expected, words = ROWS[playbook]
    code, said = cluster.run(playbook, SITE, *(option.format(path=tmp_path) for option in options))
    assert code == expected and words in said, said
    assert (expected == 2) == ("failed=1" in said), said


@pytest.mark.slow
def test_a_switchover_does_not_end_at_a_dead_host(cluster):
    """What ends it is that keepalived does not run here; tests with a running one move addresses."""
    code, said = cluster.run("switchover", SITE, "-e", "switchover_from=lb1")
    assert code == 2 and "keepalived on lb1 has no track_file maintenance" in said and "UNREACHABLE" in said, said


def test_the_guide_has_these_rows_and_exit_codes():
    found = {}
    for row in re.findall(r"^   \* - ((?:``\w+``(?:, )?)+)\n(?:     - .*\n)+?     - (\d)$", GUIDE.read_text(), re.M):
        found.update(dict.fromkeys(re.findall(r"\w+", row[0]), int(row[1])))
    assert found == {**ABOVE, **{playbook: row[1] for playbook, row in ROWS.items()}, "switchover": 0}


@pytest.mark.slow
def test_the_dead_are_taken_out(cluster):
    cluster.inventory({"lb": ["lb1"], "web": ["web1", "web2"]}, {})
    code, said = cluster.run("lvs")
    assert code == 0 and "198.18.0.22" in cluster.text() and "198.18.0.23" not in cluster.text(), said
    code, said = cluster.run("status")
    assert code == 0 and "lb2" not in said and "[not-running]" in said, said


@pytest.mark.slow
def test_a_new_director_comes_in_the_place_of_a_dead_one(tmp_path):
    with alive(tmp_path, ["lb1", "lb3", "web1", "web2"]) as pids:
        cluster = Cluster(tmp_path, pids)
        cluster.inventory({"lb": ["lb1", "lb3"], "web": ["web1", "web2", "web3"]}, {}, dead=["web3"])
        code, said = cluster.run("lvs")
        assert code == 4 and "web3: is as it was" in said and "former configuration" not in said, said
        assert SERVERS in cluster.shell("lb3", "cat /etc/keepalived/keepalived.conf")


@pytest.mark.parametrize("definition, said", [
    # unprepared, and its checks would succeed
    pytest.param(
        changed(ip="198.18.0.101"),
        "web3 (198.18.0.23) was not reached, so it cannot be prepared for what would be new",
        marks=pytest.mark.slow),
    (changed(lb_kind="NAT"), "web3 (198.18.0.23) was not reached, so it cannot be prepared for what would be new"),
    # two holders when lb2 comes back
    ({**DEFINITION, "keepalived_vrrp_instance": [{**INSTANCE, "virtual_router_id": 52}]},
     "The peers see this change, and lb2 would be left without it, so that both sides would hold the addresses"),
    pytest.param(
        {**DEFINITION, "keepalived_vrrp_instance": [{**INSTANCE, "name": "VI_2", "virtual_router_id": 52}]},
        "The peers see this change, and lb2 would be left without it, so that both sides would hold the addresses",
        marks=pytest.mark.slow),
])
def test_what_must_not_be_done_without_them_is_refused_before_anything_changes(cluster, definition, said):
    code, shown = cluster.run("lvs", definition)
    assert code == 2 and said in shown and cluster.text() == FORMER, shown
    assert "198.18.0.100" not in cluster.shell("web2", "ip address show dev lo")
