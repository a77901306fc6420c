# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command of the pages, by the playbooks, variables and options that it names; and every name in a sentence."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.openvip.cluster.plugins.action import keepalived_import
from ansible_collections.openvip.cluster.plugins.module_utils._lint.program import command_line
from ansible_collections.openvip.cluster.tests.unit.docs.blocks import (
    BLOCKS,
    PLAYBOOKS,
    REMOTE,
    REPOSITORY,
    SPECS,
    VARIABLES,
    Command,
    commands,
)
from ansible_collections.openvip.cluster.tests.unit.docs.takers import GROUPS, options_of, see_variables, validated

# Programs that are none of ours. Their names and options say nothing about the collection.
PROGRAMS = {".", "curl", "journalctl", "pip", "python3"}
# Inventories that a reader writes.
INVENTORIES = {"hosts.yml", "inventory/hosts.yml", "inventory", "imported-inventory"}


@pytest.mark.parametrize("command", commands(), ids=str)
def test_a_command_names_what_there_is(command: Command, documented):
    program, *words = command.words
    checks = {"ansible-playbook": see_playbook, "ansible": see_module, "make": see_make, "ansible-doc": see_doc,
              "ansible-galaxy": see_galaxy, "ansible-vault": see_vault, "keepalived-lint": see_lint}
    while "=" in program:
        name, *_value = program.split("=")
        assert name.startswith("ANSIBLE_"), name
        program, *words = words
    if program in checks:
        checks[program](words, documented)
    else:
        assert program in PROGRAMS, "say in PROGRAMS that it is none of ours, or look at it"


def given_by(values):
    """Return the variables of --extra-vars, of both its forms."""
    found = {}
    for value in values:
        if value.startswith("{"):
            found.update(json.loads(value))
        else:
            found.update(dict(word.split("=", 1) for word in value.split()))
    return found


def see_playbook(words, dummy):
    options = {"-i": [], "--extra-vars": []}
    names, rest = [], iter(words)
    for word in rest:
        if word in options:
            options[word].append(next(rest))
        elif word.startswith("-"):
            assert word in ("--check", "--diff"), word
        else:
            names.append(word)
    assert len(names) == 1 and names[0].startswith("openvip.cluster."), names
    playbook = PLAYBOOKS[names[0].rpartition(".")[2]]
    assert options["-i"], "without an inventory"
    for inventory in options["-i"]:
        assert inventory in INVENTORIES or (REPOSITORY / inventory / "hosts.yml").exists(), inventory
    text = playbook.read_text() + "".join(path.read_text() for path in (REPOSITORY / "playbooks/tasks").glob("*.yml"))
    given = given_by(options["--extra-vars"])
    see_variables({name: value for name, value in given.items() if name in VARIABLES}, names[0])
    for name in set(given) - set(VARIABLES):
        assert re.search(rf"\b{name}\b", text), f"{playbook.name} knows no {name}"
    for name in set(given) & set(VARIABLES):
        role = next(role for role, specs in SPECS.items() if name in specs["main"]["options"])
        assert f"openvip.cluster.{role}" in text or name in text, f"{playbook.name} does not run {role} with {name}"


def see_module(words, documented):
    assert words[0] in GROUPS and words[1:3] == ["-i", "hosts.yml"], words
    name, arguments = words[words.index("--module-name") + 1], words[words.index("--args") + 1]
    validated(options_of(documented[name]["doc"]), given_by([arguments]), name)


def see_make(words, dummy):
    makefile = (REPOSITORY / "Makefile").read_text()
    for word in words:
        name, _equals, value = word.partition("=")
        assert re.search(rf"\$\(.*\b{name}\b" if value else rf"^{name}:", makefile, re.MULTILINE), word


def see_doc(words, documented):
    assert words[-1] in documented or words[-1].rpartition(".")[2] in SPECS, words


def see_galaxy(words, dummy):
    name = REMOTE.rpartition("/")[2]
    # "make galaxy" builds, and installs into an empty place
    assert words[:2] in (["collection", "install"], ["collection", "build"])
    archive = f"/path/to/checkout/dist/{name.replace('.', '-')}-*.tar.gz"
    assert words[2:] in ([name], ["--output-path", "dist"], [archive])


def see_vault(words, dummy):
    assert words[0] == "encrypt" and words[1].endswith(f"/{keepalived_import.SECRETS}"), words


def see_lint(words, dummy):
    assert command_line().parse_args(words).files


def mentioned():
    """Iterate over the words of the pages that look like a variable of a role or something of the collection."""
    words = "|".join(sorted(SPECS, key=len, reverse=True))
    for page in sorted({block.page for block in BLOCKS}):
        for found in re.finditer(rf"`+(openvip\.cluster\.(?!git)\w+|(?:{words})_\w+)[:=`]", page.read_text()):
            yield page, found[1]


def test_every_name_in_a_sentence_is_one_of_the_collection():
    known = {*VARIABLES, *PLAYBOOKS, *SPECS, *(
        path.stem for kind in ("modules", "filter", "lookup") for path in (REPOSITORY / "plugins" / kind).glob("*"))}
    # values of options, results that a role leaves behind, booleans of SELinux, variables of playbooks alone
    more = "".join(path.read_text() for pattern in ("playbooks/*.yml", "roles/*/meta/*.yml", "roles/*/tasks/*.yml")
                   for path in REPOSITORY.glob(pattern))
    found = list(mentioned())
    assert len(found) > 120
    wrong = [f"{page.relative_to(REPOSITORY)}: {word}" for page, word in found
             if word.rpartition(".")[2] not in known and not re.search(rf"\b{word}\b", more)]
    assert wrong == []
