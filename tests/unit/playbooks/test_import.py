# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook import, run by ansible-playbook on files that stand for hosts: what it writes, and what the role makes
of that. The files are after five walk-throughs that clusters are set up from."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
import subprocess
import sys

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.difference import difference
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
DATA = REPOSITORY / "tests" / "unit" / "plugins" / "module_utils" / "_schema" / "data" / "clusters"
# Of each cluster the first host's file and the second one's.
CLUSTERS = {
    "direct-routing": ("master", "backup"),
    "no-break-spaces": ("master", "backup"),
    "plain-spaces": ("master", "backup"),
    "script-without-interpreter": ("master", "backup"),
    "stopping-script": ("first", "second"),
    "weight-too-small": ("master", "backup"),
}
HOSTS = ("lb1", "lb2")
SECRETS = re.compile(r"654321|135790|hill>org|much-too-long-one|2468")

# Stand-ins for programs of the hosts, so that the result does not depend on this machine.
PROGRAMS = {"keepalived": "#!/bin/sh\necho 'Keepalived v2.2.7 (01/16,2022)'\n", "ip": "#!/bin/sh\necho '[]'\n"}


class Cluster:
    """Two hosts that are nothing but a keepalived.conf each."""

    def __init__(self, directory: pathlib.Path, files: dict[str, pathlib.Path]) -> None:
        self.directory = directory
        self.written = directory / "imported"
        self.inventory = directory / "hosts.yml"
        self.inventory.write_text(yaml.safe_dump({"lb": {
            "hosts": {host: {"keepalived_import_path": str(path)} for host, path in files.items()},
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
        }}))
        (directory / "bin").mkdir()
        for name, text in PROGRAMS.items():
            (directory / "bin" / name).write_text(text)
            (directory / "bin" / name).chmod(0o755)

    def play(self, playbook: pathlib.Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook on the hosts, with the variables that were imported."""
        environment = dict(
            os.environ, PATH=f"{self.directory / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8",
            HOME=str(self.directory), ANSIBLE_LOCAL_TEMP=str(self.directory / "tmp"), ANSIBLE_FORCE_COLOR="0",
            ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"), ANSIBLE_LOCALHOST_WARNING="0",
        )
        command = [sys.executable, "-m", "ansible", "playbook", "-i", str(self.inventory), str(playbook), *options]
        return subprocess.run(command, env=environment, cwd=self.directory, capture_output=True, text=True, check=False)

    def imported(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the playbook import."""
        return self.play(
            REPOSITORY / "playbooks" / "import.yml", "-e", f"keepalived_import_directory={self.written}",
            "-e", "keepalived_import_facts=false", "-e", "ansible_become=false", *options)

    def variables(self, place: str) -> dict[str, object]:
        """The variables of one file."""
        found = yaml.safe_load((self.written / place).read_text().replace("!unsafe ", ""))
        assert isinstance(found, dict)
        return found


def changes(output: str) -> dict[str, int]:
    """The changes of each host in the recap."""
    return {host: int(count) for host, count in re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", output, re.MULTILINE)}


@pytest.fixture
def cluster(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Cluster:
    return Cluster(tmp_path, {
        host: DATA / f"{request.param}-{role}.conf" for host, role in zip(HOSTS, CLUSTERS[request.param], strict=True)
    })


def test_all_files_are_used() -> None:
    used = {f"{name}-{role}.conf" for name, roles in CLUSTERS.items() for role in roles}
    assert used == {path.name for path in DATA.iterdir()}


@pytest.mark.parametrize("cluster", CLUSTERS, indirect=True)
def test_every_cluster_is_imported_without_a_difference(cluster: Cluster) -> None:
    ran = cluster.imported("--diff")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("The variables give the same configuration.") == len(HOSTS)
    assert changes(ran.stdout) == {"lb1": 0, "lb2": 0, "localhost": 1}
    assert not SECRETS.search(ran.stdout + ran.stderr)
    for path in cluster.written.rglob("*.yml"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.name == "keepalived_secrets.yml" else 0o644)
        assert path.name == "keepalived_secrets.yml" or not SECRETS.search(path.read_text()), path
    again = cluster.imported()
    assert changes(again.stdout) == {"lb1": 0, "lb2": 0, "localhost": 0}


@pytest.mark.parametrize("cluster", ["plain-spaces"], indirect=True)
def test_a_relative_directory_is_one_of_that_where_it_was_started(cluster: Cluster) -> None:
    ran = cluster.imported("-e", "keepalived_import_directory=relative")
    assert ran.returncode == 0 and not cluster.written.exists(), ran.stdout + ran.stderr
    assert (cluster.directory / "relative/group_vars/lb/keepalived.yml").exists()


CHECK = """
- hosts: lb
  gather_facts: false
  module_defaults:
    openvip.cluster.keepalived_config:
      path: "{{ playbook_dir }}/none.conf"
  tasks:
    - ansible.builtin.import_role:
        name: openvip.cluster.keepalived
        tasks_from: check
    - ansible.builtin.copy:
        content: "{{ __keepalived_plan.config | to_json }}"
        dest: "{{ playbook_dir }}/{{ inventory_hostname }}.json"
        mode: "0600"
"""


@pytest.mark.parametrize("cluster", ["direct-routing", "script-without-interpreter"], indirect=True)
def test_the_role_makes_the_same_of_the_files(cluster: Cluster, request: pytest.FixtureRequest) -> None:
    assert cluster.imported().returncode == 0
    playbook = cluster.directory / "check.yml"
    playbook.write_text(CHECK)
    ran = cluster.play(playbook, "-i", str(cluster.written))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for host in HOSTS:
        path = yaml.safe_load(cluster.inventory.read_text())["lb"]["hosts"][host]["keepalived_import_path"]
        derived = json.loads((cluster.directory / f"{host}.json").read_text())
        assert difference(read(parse(mask(pathlib.Path(path).read_text()))), derived, host) == []


@pytest.mark.parametrize("cluster", ["stopping-script"], indirect=True)
def test_what_is_common_stands_once(cluster: Cluster) -> None:
    said = cluster.imported().stdout
    group = cluster.variables("group_vars/lb/keepalived.yml")
    assert group["keepalived_vrrp_instance"][0]["virtual_ipaddress"] == ["198.18.0.100/24"]
    assert "priority" not in group["keepalived_vrrp_instance"][0]
    assert cluster.variables("host_vars/lb2/keepalived.yml") == {"keepalived_override": {
        "global_defs": {"raw": ["route_id SHOP_second"]},
        "vrrp_instance": [{"name": "SHOP", "priority": 90}]}}
    for sentence in ('first.conf:12:5: global_defs: unknown keyword \\"route_id\\"',
                     "kept as raw: global_defs: route_id",
                     "the role refuses it until this is corrected: vrrp_instance SHOP authentication: auth_pass"):
        assert sentence in said


@pytest.mark.parametrize("cluster", ["no-break-spaces"], indirect=True)
def test_a_file_indented_by_no_break_spaces_says_that_keepalived_reads_nothing(cluster: Cluster) -> None:
    said = cluster.imported().stdout
    assert said.count("error: keepalived reads no vrrp_instance and no virtual_server from this file.") == len(HOSTS)
    assert re.search(r"master.conf:\d+:1: \S+: U\+00A0 is no space", said)
    assert "keepalived_vrrp_instance" not in cluster.variables("group_vars/lb/keepalived.yml")


@pytest.mark.parametrize("cluster", ["plain-spaces"], indirect=True)
def test_check_mode_writes_nothing(cluster: Cluster) -> None:
    ran = cluster.imported("--check")
    assert changes(ran.stdout) == {"lb1": 0, "lb2": 0, "localhost": 1}
    assert not cluster.written.exists()


def test_what_stands_beside_the_data_is_kept_as_raw_lines(tmp_path: pathlib.Path) -> None:
    text = ("$VIP=198.18.0.100\n@lb1 $PRIORITY=200\n@^lb1 $PRIORITY=100\ninclude more.conf\nvrrp_instance VI_1 {\n"
            "    interface eth1\n    virtual_router_id 51\n    @lb1 state MASTER\n    priority ${PRIORITY}\n"
            '    virtual_ipaddress {\n        ${VIP}/24\n    }\n}\nunknown_word "{{ no }} {# Jinja #}"\n')
    (tmp_path / "keepalived.conf").write_text(text)
    cluster = Cluster(tmp_path, dict.fromkeys(HOSTS, tmp_path / "keepalived.conf"))
    ran = cluster.imported()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    group = cluster.variables("group_vars/lb/keepalived.yml")
    assert group["keepalived_raw"] == [
        "$VIP=198.18.0.100", "@lb1 $PRIORITY=200", "@^lb1 $PRIORITY=100",
        {"text": "include more.conf", "before": "vrrp_instance VI_1"},
        'unknown_word "{{ no }} {# Jinja #}"']
    assert group["keepalived_vrrp_instance"][0]["raw"] == ["@lb1 state MASTER", "priority ${PRIORITY}"]


@pytest.mark.parametrize("cluster", ["plain-spaces"], indirect=True)
@pytest.mark.slow
@pytest.mark.parametrize("limit, whole", [("lb1", False), ("lb,localhost", True)])
def test_a_limit_that_leaves_somebody_out_is_refused(cluster: Cluster, limit: str, whole: bool) -> None:
    ran = cluster.imported("--limit", limit)
    assert (ran.returncode == 0) is whole and cluster.written.exists() is whole, ran.stdout
    assert ("without --limit" in ran.stdout + ran.stderr) is not whole


def test_a_host_without_the_file_stops_before_anything_is_written(tmp_path: pathlib.Path) -> None:
    cluster = Cluster(tmp_path, {"lb1": DATA / "plain-spaces-master.conf", "lb2": tmp_path / "missing.conf"})
    ran = cluster.imported()
    assert ran.returncode != 0 and not cluster.written.exists()
