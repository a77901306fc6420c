# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection says of itself is what it is."""

from __future__ import annotations

import pathlib
import re

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# How tools are told to look away; with brackets, because this file is looked at, too
SILENCERS = re.compile(
    r"# ?no[q]a|type: ?i[g]nore|pragma: ?n[o]|pylint: ?d[i]sable|(shellcheck|yamllint) d[i]sable|(skip|warn)_l[i]st"
    r"|(mark|pytest)\.(x?s[k]ip|xf[a]il)|ignore_e[r]rors: ")
PLACES = ("docs", "execution_environment", "inventory", "meta", "molecule", "playbooks", "plugins", "roles", "tests")
RUNTIME = yaml.safe_load((REPOSITORY / "meta" / "runtime.yml").read_text())


def names(directory: str) -> set[str]:
    """Return the names of the plugins in a directory."""
    return {path.stem for path in (REPOSITORY / directory).glob("*.py")}


def test_the_action_group_has_every_module():
    group = RUNTIME["action_groups"]["cluster"]
    assert set(group) == names("plugins/modules") | names("plugins/action")
    assert group == sorted(set(group))
    assert not names("plugins/action") - names("plugins/modules")


def test_the_oldest_ansible_core_is_what_is_tested():
    oldest = re.search(r"ansible-core==(\d+\.\d+)\.\d+ ", (REPOSITORY / "tests" / "bootstrap").read_text())[1]
    assert RUNTIME["requires_ansible"] == f">={oldest}.0"
    for path in (REPOSITORY / "roles").glob("*/meta/main.yml"):
        assert yaml.safe_load(path.read_text())["galaxy_info"]["min_ansible_version"] == f"{oldest}.0", path


def test_make_help_lists_every_target():
    lines = (REPOSITORY / "Makefile").read_text().splitlines()
    phony = {line.split(": ")[1] for line in lines if line.startswith(".PHONY: ")}
    listed = {match[1] for match in (re.match(r"([a-z-]+):.*## \S", line) for line in lines) if match}
    defined = {match[1] for match in (re.match(r"([a-z][a-z-]*):", line) for line in lines) if match}
    assert listed == defined == phony


def test_no_check_is_silenced():
    found = [
        f"{path}: {line}"
        for top in PLACES
        for path in (REPOSITORY / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "data" not in path.parts
        for line in path.read_text(errors="replace").splitlines() if SILENCERS.search(line)]
    assert not found
    assert not list((REPOSITORY / "tests" / "sanity").glob("ignore*"))
