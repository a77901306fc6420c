# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook whose group has no hosts, which Ansible would call a success."""

from __future__ import annotations

import pathlib

import pytest
import yaml

PLAYBOOKS = sorted((pathlib.Path(__file__).resolve().parents[3] / "playbooks").glob("*.yml"))


def test_it_is_refused_with_the_groups_that_there_are(play_without_daemon):
    done = play_without_daemon("status.yml", "--extra-vars", "keepalived_group=proxies")
    output = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert "The inventory has no hosts in the group proxies, which is to have" in output
    assert "It has the groups lb. Nothing was changed." in output and "Ask keepalived" not in output


@pytest.mark.parametrize(("group", "message"), [
    ("lb", "keepalived_group is edge in the inventory, but a playbook reads it from"),
    ("balancers", "The inventory has no hosts in the group lb"),
])
def test_a_group_that_is_named_in_the_inventory_is_refused(play_without_daemon, tmp_path, group, message):
    for path in tmp_path.glob("*.yml"):
        path.write_text(path.read_text().replace("lb:", f"{group}:"))
    more = tmp_path / "more.yml"
    more.write_text("edge: {hosts: {edge1: {}}}\nall: {vars: {keepalived_group: edge}}\n")
    done = play_without_daemon("status.yml", "-i", str(more))
    assert done.returncode != 0 and message in " ".join(done.stdout.split()), done.stdout
    assert "Ask keepalived" not in done.stdout


@pytest.mark.parametrize("variable", ["lvs_real_server_hosts", "nginx_web_hosts"])
@pytest.mark.parametrize(("value", "known"), [("wbe", False), ("lb:!lb1:!lb2", False), ("lb", True), ("lb1", True)])
def test_hosts_of_another_play_that_do_not_exist_are_refused(play_without_daemon, variable, value, known):
    done = play_without_daemon("check_group.yml", "--extra-vars", f"{variable}={value}")
    output = " ".join(done.stdout.split())
    assert (f"The inventory has no hosts for {variable}, which is {value}." in output) is not known, done.stdout
    assert (done.returncode == 0) is known


def test_every_playbook_begins_with_that():
    first = {path.name: yaml.safe_load(path.read_text())[0].get("ansible.builtin.import_playbook")
             for path in PLAYBOOKS if path.name != "check_group.yml"}
    assert first and set(first.values()) == {"check_group.yml"}, first
