# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the guides, of the READMEs and of the plugins, by what would take it: variables by the roles'
specifications and the check of a whole cluster, tasks by their modules' documentation and ansible-playbook."""

from __future__ import annotations

import base64
import re
import shlex
import subprocess
import sys
from unittest.mock import MagicMock

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action import keepalived_import
from ansible_collections.openvip.cluster.plugins.module_utils import _edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint import program
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.tests.unit.docs.blocks import (
    BLOCKS,
    PLAYBOOKS,
    SPECS,
    VARIABLES,
    Block,
    blocks,
    commands,
)
from ansible_collections.openvip.cluster.tests.unit.docs.takers import (
    GROUPS,
    SECTIONS,
    cluster,
    is_inventory,
    is_template,
    nginx,
    options_of,
    tasks_of,
    try_include,
    try_inventory,
    try_play,
    try_variables,
    validated,
)

# Languages whose blocks are run here, and the one whose blocks cannot be.
LANGUAGES = {"yaml", "console", "text"}
# What a text is, by a line of it. Nothing else may be shown without being run.
TEXTS = {
    r"^Reloaded lb2 \+0\.000 s": "the output of a task",
    r"^keepalived-watch: split brain": "lines of the journal",
    r"^www\.": "lines of a zone of the DNS",
    r"^! keepalived of a pair": "a keepalived.conf, which is imported below",
}
IMPORT = "guide_import.rst"
LINT = "guide_lint.rst"
# Examples as an editor may leave them, by what is wrong.
WRONG = {
    "no such variable": "keepalived_firewal: auto",
    "no such word": "keepalived_firewall: iptables",
    "no number": "keepalived_track_fall: twice",
    "no such keyword": "keepalived_vrrp_instance: [{name: VI_1, virtual_router: 51}]",
    "out of range": "keepalived_vrrp_instance: [{name: V, virtual_router_id: 256, virtual_ipaddress: [198.18.0.9/24]}]",
    "off the segment": "keepalived_vrrp_instance: [{name: V, virtual_router_id: 5, virtual_ipaddress: [192.0.2.9/24]}]",
    "no such host": "keepalived_override: {vrrp_instance: [{name: VI_2, priority: 200}]}",
    "no such group": "nginx_upstream: [{name: web, server_group: [{group: webs, port: 80}]}]",
    "no certificate": "nginx_server: [{name: www, listen: [443 ssl]}]",
    "no such role": "[{hosts: lb, roles: [{role: openvip.cluster.keepalive}]}]",
    "no such role variable": "[{ansible.builtin.include_role: {name: openvip.cluster.keepalived}, vars: {drain: x}}]",
}


def plain_plays(documented):
    """Return every play that the pages and the plugins show, or that their tasks become, with where it is from."""
    plays = []
    for block in blocks("yaml"):
        data = yaml.safe_load(block.text)
        if isinstance(data, list):
            plays += [(str(block), play) for play in (data if "hosts" in data[0] else [{"tasks": data}])]
        elif set(data) <= {"pre_tasks", "roles", "tasks"}:
            plays.append((str(block), data))
    for name, entry in documented.items():
        examples = yaml.safe_load(entry["examples"])
        assert examples, f"{name} has no examples"
        plays.append((name, {"tasks": examples}))
    return plays


def test_what_is_looked_at_is_there():
    assert len(blocks("yaml")) > 25 and len(commands()) > 40
    assert {block.page.parent.name for block in BLOCKS} >= {*SPECS, "rst"}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_of_a_kind_that_is_run_or_cannot_be(block):
    assert block.language in LANGUAGES
    if block.language == "text":
        assert any(re.search(pattern, block.text) for pattern in TEXTS), "say in TEXTS what it is, or let it be run"


def test_no_reason_is_left_over():
    texts = [block.text for block in blocks("text")]
    assert [pattern for pattern in TEXTS if not any(re.search(pattern, text) for text in texts)] == []


def take(text, what):
    """See that what is written as YAML is taken, whatever it is."""
    data = yaml.safe_load(text)
    if isinstance(data, list) or set(data) <= {"pre_tasks", "roles", "tasks"}:
        for play in data if isinstance(data, list) else [data]:
            try_play(play, what)
        for task in tasks_of(data if isinstance(data, list) else [data]):
            try_include(task, what)
    elif is_inventory(data):
        try_inventory(data, what)
    else:
        try_variables(data, what)


@pytest.mark.parametrize(
    "block", [block for block in blocks("yaml") if block.page.name not in (IMPORT, LINT)], ids=str)
def test_yaml_is_taken_by_the_roles(block: Block):
    take(block.text, block)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_example_is_seen(wrong):
    with pytest.raises(AssertionError):
        take(WRONG[wrong], wrong)


def test_the_import_of_the_guide_gives_what_the_guide_shows(tmp_path):
    of_guide = [block for block in BLOCKS if block.page.name == IMPORT]
    first = next(block.text for block in of_guide if block.language == "text")
    second = first.replace("SHOP_first", "SHOP_second").replace("priority 100", "priority 90")
    hosts = [{"name": name, "content": base64.b64encode(text.encode()).decode()}
             for name, text in (("lb1", first), ("lb2", second))]
    task = MagicMock(args={"group": "lb", "directory": str(tmp_path), "hosts": hosts}, async_val=0, check_mode=False)
    loader = DataLoader()
    action = keepalived_import.ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock())
    result = action.run(task_vars={})
    *shown, placed = [block.text for block in of_guide if block.language == "yaml"]
    places = ("group_vars/lb/keepalived.yml", "group_vars/lb/keepalived_secrets.yml", "host_vars/lb1/keepalived.yml")
    assert len(shown) == len(places)
    for place, text in zip(places, shown):
        written = (tmp_path / place).read_text()
        assert written.endswith(text), written
    printed = next(block.text for block in of_guide if "Show what was found" in block.text)
    said = " ".join(printed.split())
    for line in result["report"]:
        assert " ".join(line.split()) in said.replace("''", "'"), line
    instances = ["vrrp_instance %s {\n    virtual_ipaddress {\n        ${IP}/24\n    }\n}\n" % name for name in "AB"]
    text = "$IP=192.0.2.10\n%s$IP=192.0.2.20\n%s" % tuple(instances)
    assert yaml.safe_load(placed)["keepalived_raw"] == read(parse(text))["raw"]


def test_the_program_takes_what_its_guide_shows(tmp_path, monkeypatch, capsys):
    of_guide = [block for block in BLOCKS if block.page.name == LINT]
    first, second = (yaml.safe_load(block.text) for block in of_guide if block.language == "yaml")
    (hook,) = first["repos"][0]["hooks"]
    assert hook["id"] == program.command_line().prog
    assert program.command_line().parse_args([*hook["args"], "file"]).severity == "warning"
    steps = [step["run"] for step in second["steps"] if "keepalived-lint" in step.get("run", "")]
    words = [shlex.split(step.partition(" > ")[0])[1:] for step in steps]
    assert [program.command_line().parse_args(given).format for given in words] == ["sarif"]
    shown = next(block.text for block in of_guide if "[unknown-key]" in block.text)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keepalived.conf").write_text("global_defs {\n    route_id lb1\n}\n")
    command, _newline, output = shown.partition("\n")
    assert program.main(shlex.split(command)[2:]) == 1
    assert capsys.readouterr().out == output


def test_examples_of_modules_have_the_options_of_the_modules(documented):
    seen = set()
    for name, play in plain_plays(documented):
        for task in tasks_of([play]):
            for key, given in task.items():
                if key in documented:
                    seen.add(key)
                    options = options_of(documented[key]["doc"])
                    if key == "openvip.cluster.keepalived_config":
                        # a definition is wider than a file: it names groups and orders
                        options["config"]["options"] = {section: VARIABLES["keepalived_" + section]
                                                        for section in SECTIONS}
                    validated(options, given or {}, f"{name}: {task['name']}")
    assert {name for name, entry in documented.items() if entry["kind"] == "module"} <= seen


def test_examples_of_whole_files_are_clusters_without_an_error(documented):
    tasks = [task for _name, play in plain_plays(documented) for task in tasks_of([play])]
    seen = 0
    for task in tasks:
        given = task.get("openvip.cluster.keepalived_config") or task.get("openvip.cluster.lvs_real_server") or {}
        if isinstance(given.get("config"), dict) and not any(map(is_template, given["config"].values())):
            seen += 1
            assert cluster(given["config"], definition={"sync_daemon": given.get("sync_daemon", False)}) == [], task
    assert seen >= 3
    configs = [task["openvip.cluster.nginx_config"]["config"] for task in tasks
               if "openvip.cluster.nginx_config" in task]
    assert len(configs) >= 4
    for config in configs:
        assert nginx(config) == []


@pytest.mark.parametrize("section", ["vrrp_instance", "virtual_server"])
def test_examples_of_one_block_can_be_done_one_after_the_other(documented, section):
    text, path = "", "/etc/keepalived/keepalived.conf"
    counts = []
    for task in yaml.safe_load(documented[f"openvip.cluster.{section}"]["examples"]):
        given = dict(task[f"openvip.cluster.{section}"])
        wanted = given.pop("state", "present") == "present"
        if "initial_state" in given:
            given["state"] = given.pop("initial_state")
        text = (_edit.present if wanted else _edit.absent)(text, path, section, given).text
        counts.append(len(read(parse(text)).get(section) or []))
    assert counts[0] == 1 and counts[-1] == 0, counts


@pytest.mark.long
def test_ansible_playbook_knows_every_task_and_every_playbook(documented, environment, tmp_path):
    plays = []
    for name, play in plain_plays(documented):
        plays.append({"name": name, "hosts": "lb", **play})
    shown = tmp_path / "shown.yml"
    shown.write_text(yaml.safe_dump(plays, sort_keys=False))
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({name: {"hosts": dict.fromkeys(hosts)}
                                                        for name, hosts in GROUPS.items()}))
    named = sorted({word for command in commands() for word in command.words if word.startswith("openvip.cluster.")
                    and command.words[0].endswith("ansible-playbook")})
    files = [str(PLAYBOOKS[name.rpartition(".")[2]]) for name in named]
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "--syntax-check", "--inventory", str(tmp_path / "hosts.yml"),
         str(shown), *files], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("playbook: ") == 1 + len(files)
