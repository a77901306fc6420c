# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook preflight and the check of the role, run on hosts that are nothing but facts."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
KEEPALIVED = "#!/bin/sh\necho 'Keepalived v2.2.7 (01/16,2022)'\n"
CHECK = [{"name": "Check", "hosts": "lb", "gather_facts": False, "tasks": [{
    "name": "Check", "ansible.builtin.import_role": {"name": "openvip.cluster.keepalived", "tasks_from": "cluster"}}]}]
OUTSIDE = {"lb2": {"keepalived_override": {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 52}]}}}
EXAMPLES = sorted(path.name for path in (REPOSITORY / "inventory").iterdir() if path.is_dir())


NUMBERS = {"lb1": 11, "lb2": 12, "lb3": 13, "web1": 21, "web2": 22, "web3": 23}
# In place of the facts of this machine, which all hosts would share: an address in each of the examples' networks.
FACTS = """
- name: Say what the hosts are like
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.set_fact:
        cacheable: true
        interfaces: [eth0, eth1]
        eth0:
          device: eth0
          ipv4: {address: "198.18.0.{{ number }}", prefix: "24"}
          ipv6: [{address: "2001:db8:18::{{ number }}", prefix: "64"}, {address: "fe80::{{ number }}", prefix: "64"}]
        eth1: {device: eth1, ipv4: {address: "198.18.1.{{ number }}", prefix: "24"}}
"""
# The same as the program ip of each host lists it; it has no route.
IP = """#!/bin/sh
test "$2" = address || exit 2
echo '[{"ifname": "eth0", "flags": ["UP"], "addr_info": [
         {"local": "198.18.0.'$NUMBER'", "prefixlen": 24}, {"local": "2001:db8:18::'$NUMBER'", "prefixlen": 64},
         {"local": "fe80::'$NUMBER'", "prefixlen": 64}]},
       {"ifname": "eth1", "flags": ["UP"], "addr_info": [{"local": "198.18.1.'$NUMBER'", "prefixlen": 24}]}]'
"""


def program(path, text):
    """Write a program."""
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def play(tmp_path):
    """Run a playbook on an inventory; every host has an address in each of the examples' networks."""
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "keepalived", KEEPALIVED)
    program(tmp_path / "bin" / "ip", IP)
    pythons = {name: program(tmp_path / f"python-{name}", f'#!/bin/sh\nNUMBER={number} exec {sys.executable} "$@"\n')
               for name, number in NUMBERS.items()}
    (tmp_path / "facts.yml").write_text(FACTS)

    def run(playbook, *inventories, hosts=None, options=()):
        local = tmp_path / "local.yml"
        local.write_text(yaml.safe_dump({"all": {
            "hosts": {name: dict((hosts or {}).get(name, {}), number=number, ansible_python_interpreter=pythons[name])
                      for name, number in NUMBERS.items()},
            "vars": {"ansible_connection": "local"}}}))
        environment = dict(
            os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", HOME=str(tmp_path),
            ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"), ANSIBLE_FORCE_COLOR="0", ANSIBLE_GATHERING="explicit",
            ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))
        # They have no interfaces to listen on.
        command = [sys.executable, "-m", "ansible", "playbook", "-e", "ansible_become=false", "-e",
                   "keepalived_preflight_listen=0", *options]
        for inventory in (*inventories, local):
            command += ["-i", str(inventory)]
        done = subprocess.run(
            [*command, str(tmp_path / "facts.yml"), str(playbook)], env=environment, cwd=tmp_path, capture_output=True,
            text=True, check=False)
        output = done.stdout + done.stderr
        assert all(int(count) == 0 for count in re.findall(r"changed=(\d+)", done.stdout)), output
        return done.returncode, output

    return run


@pytest.fixture
def check(tmp_path):
    path = tmp_path / "check.yml"
    path.write_text(yaml.safe_dump(CHECK))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_there_is_nothing_wrong_with_the_examples(play, check, example):
    code, output = play(check, REPOSITORY / "inventory" / example)
    assert code == 0 and "WARNING" not in output and "cluster-" not in output, output


def test_the_preflight_of_a_right_cluster_says_what_it_has_not_seen(play):
    code, output = play(REPOSITORY / "playbooks" / "preflight.yml", REPOSITORY / "inventory" / "active_passive")
    assert code == 0, output
    assert "lb: nothing to complain about" in output and "what the firewall of the host lets in" in output
    assert "the clock:" not in output and "the version of keepalived:" not in output


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_the_preflight_of_a_wrong_cluster_names_it_and_its_hosts(play, options):
    code, output = play(REPOSITORY / "playbooks" / "preflight.yml", REPOSITORY / "inventory" / "active_passive",
                        hosts=OUTSIDE, options=options)
    assert code != 0 and "virtual_router_id differs: 51 on lb1, 52 on lb2" in output, output
    assert "lb: 1 error" in output


def test_a_host_outside_the_limit_is_judged_by_its_definition(play, check):
    code, output = play(check, REPOSITORY / "inventory" / "active_passive", hosts=OUTSIDE,
                        options=("--limit", "lb1"))
    assert code != 0 and "virtual_router_id differs: 51 on lb1, 52 on lb2" in output, output
    assert "interfaces and addresses" in output and "--limit" in output


def test_the_role_refuses_a_wrong_cluster_before_it_installs_anything(play):
    code, output = play(
        REPOSITORY / "playbooks" / "site.yml", REPOSITORY / "inventory" / "active_passive", hosts=OUTSIDE)
    assert code != 0 and "cluster-virtual-router-id-differs" in output and "Install" not in output, output


def test_a_host_variable_counts_for_its_host_alone(play, check):
    code, output = play(check, REPOSITORY / "inventory" / "active_passive", hosts={"lb1": {"keepalived_unicast": True}})
    assert code != 0 and "cluster-unicast-and-multicast" in output and "on lb2" in output, output


def test_a_variable_that_no_role_has_is_named_with_the_one_that_was_meant(play, check):
    wrong = {"lb2": {"nginx_servers": [{"name": "shop"}]}}
    code, output = play(check, REPOSITORY / "inventory" / "active_passive", hosts=wrong)
    assert code == 0 and "WARNING" in output, output
    said = re.sub(r"\s+", " ", output)
    assert "variable nginx_servers of lb2: no role of openvip.cluster has a variable of this name" in said, output
    assert 'Did you mean "nginx_server"?' in said, output


def test_a_foreign_variable_that_cannot_be_made_is_named(play, check):
    wrong = {"lb2": {"keepalived_override": "{{ nowhere }}"}}
    code, output = play(check, REPOSITORY / "inventory" / "active_passive", hosts=wrong)
    assert code != 0 and "__keepalived_definition of lb2" in output and "nowhere" in output, output
