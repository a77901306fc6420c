# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example inventory: explained, used by a scenario, and without a finding in the keepalived.conf of its hosts."""

from __future__ import annotations

import ipaddress
import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import from_ansible
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
INVENTORIES = sorted(path for path in (REPOSITORY / "inventory").iterdir() if path.is_dir())
SCENARIOS = {path.parent: yaml.safe_load(path.read_text())
             for path in (REPOSITORY / "molecule").glob("*/molecule.yml")}
TOP = "--inventory=${MOLECULE_PROJECT_DIRECTORY}/"
VERSIONS = ((2, 2, 7), (2, 3, 3))
# the networks of molecule/inventory/group_vars/lab.yml behind the management network
NETWORKS = (("198.18.0.0/24", "2001:db8:18::/64"), ("198.18.1.0/24", "2001:db8:18:1::/64"))
PLAYBOOK = """
- name: Check
  hosts: lb:web
  gather_facts: false
  tasks:
    - name: Be the hosts of the lab
      ansible.builtin.set_fact:
      args: "{{ facts[inventory_hostname] }}"
    - name: Check the configuration
      ansible.builtin.import_role:
        name: openvip.cluster.keepalived
        tasks_from: check
      when: inventory_hostname in groups['lb']
    - name: Tell what it is
      ansible.builtin.copy:
        dest: "{{ told }}/{{ inventory_hostname }}.conf"
        content: "{{ __keepalived_plan.diff.after }}"
        mode: "0600"
      when: inventory_hostname in groups['lb']
"""


def named(path):
    return path.name


def inventories_of(scenario):
    """Return the example inventory and the lab's that a scenario gives to ansible-playbook."""
    words = scenario["ansible"]["executor"]["args"]["ansible_playbook"]
    return [REPOSITORY / word.removeprefix(TOP) for word in words if word.startswith(TOP)]


def scenarios_of(inventory):
    return [path for path, scenario in SCENARIOS.items() if inventory in inventories_of(scenario)]


def addresses_of(lab):
    """Return the addresses of each host in an inventory of the lab."""
    groups = yaml.safe_load(lab.read_text())["lab"]["children"]
    return {name: host["lab_addresses"] for group in groups.values() for name, host in group["hosts"].items()}


def load_balancers_of(lab):
    """Return the names of the load balancers in an inventory of the lab."""
    return set(yaml.safe_load(lab.read_text())["lab"]["children"]["lb"]["hosts"])


def facts_of(addresses):
    """Return Ansible's facts of a host of the lab: an interface for each of its networks."""
    # cacheable: to be among ansible_facts
    facts = {"os_family": "Debian", "interfaces": [], "cacheable": True}
    for number, networks in enumerate(NETWORKS, 1):
        fact = {"device": f"eth{number}", "ipv6": []}
        for network in map(ipaddress.ip_network, networks):
            found = [address for address in addresses if ipaddress.ip_address(address) in network]
            entries = [{"address": address, "prefix": str(network.prefixlen)} for address in found]
            if entries and network.version == 4:
                fact["ipv4"] = entries[0]
            elif entries:
                fact["ipv6"] = [*entries, {"address": f"fe80::{number}", "prefix": "64"}]
        if "ipv4" in fact:
            facts["interfaces"].append(fact["device"])
            facts[fact["device"]] = fact
    return facts


@pytest.fixture
def rendered(tmp_path):
    """Return a function that gives the facts and the keepalived.conf of each load balancer of a scenario."""
    environment = dict(
        os.environ, LC_ALL="C.UTF-8", HOME=str(tmp_path), ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"),
        ANSIBLE_FORCE_COLOR="0", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))

    def run(scenario):
        sources = inventories_of(SCENARIOS[scenario])
        facts = {name: facts_of(addresses) for name, addresses in addresses_of(sources[1]).items()}
        playbook = tmp_path / "check.yml"
        playbook.write_text(PLAYBOOK)
        # The inspection would report this machine. Without its answer, the facts count.
        interpreter = tmp_path / "python"
        interpreter.write_text(
            f'#!/bin/sh\ncase $1 in *keepalived_info*) exit 1;; esac\nexec {sys.executable} "$@"\n')
        interpreter.chmod(0o755)
        variables = {"facts": facts, "told": str(tmp_path), "ansible_connection": "local", "ansible_become": False,
                     "ansible_shell_executable": "/bin/sh", "ansible_python_interpreter": str(interpreter)}
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", *(f"--inventory={path}" for path in sources),
             "--extra-vars", json.dumps(variables), str(playbook)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return {path.stem: (from_ansible(facts[path.stem]), path.read_text()) for path in tmp_path.glob("*.conf")}

    return run


def test_the_inventories_are_found():
    assert {"active_passive", "active_passive_nopreempt", "active_active", "haproxy", "nginx_balancer",
            "three_hosts", "active_active_three", "lvs_dr", "lvs_nat", "lvs_tun"} <= set(map(named, INVENTORIES))


@pytest.mark.parametrize("inventory", INVENTORIES, ids=named)
def test_an_inventory_is_explained_listed_and_used_by_a_scenario(inventory):
    explained = (inventory / "README.md").read_text()
    assert f"-i inventory/{inventory.name} openvip.cluster." in explained
    assert f"/inventory/{inventory.name}/README.md" in (REPOSITORY / "README.md").read_text()
    assert scenarios_of(inventory), f"no molecule/*/molecule.yml runs on {inventory.name}"


@pytest.mark.slow
@pytest.mark.parametrize("inventory", INVENTORIES, ids=named)
def test_the_configuration_of_an_inventory_has_no_finding(inventory, rendered):
    scenario = scenarios_of(inventory)[0]
    found = rendered(scenario)
    assert set(found) == load_balancers_of(inventories_of(SCENARIOS[scenario])[1])
    for name, (facts, text) in found.items():
        keywords = [statement.keyword for statement in parse(text).statements()]
        assert "global_defs" in keywords and "vrrp_instance" in keywords, text
        for version in VERSIONS:
            assert [str(finding) for finding in lint_text(text, name, version, facts)] == []
