# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Looks at the collection where tests/galaxy/install has put it, as somebody does who has nothing else of it.

    python tests/galaxy/check.py INSTALLED TOOLS

INSTALLED is what tests/galaxy/install prints, TOOLS what tests/galaxy/tools prints; .venv/bin comes first in PATH.
Ends with 1 at the first thing that is not as it must be, and says what.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator

NAME = "openvip.cluster"
# The kinds of plugins that ansible-doc knows, and where their files are.
PLUGINS = {"module": "plugins/modules/*.py", "filter": "plugins/filter/*.py", "lookup": "plugins/lookup/*.py",
           "role": "roles/*"}


class WrongError(Exception):
    """Something is not as it must be; the text says what."""


class Installed:
    """The installed collection.

    :ivar place: its directory.
    :ivar work: a directory for what is written meanwhile, and where the programs run.
    """

    def __init__(self, place: pathlib.Path, work: pathlib.Path) -> None:
        self.place = place
        self.work = work
        self.collections = place.parents[2]
        self.dependencies = self.collections.parent / "dependencies"
        settings = work / "ansible.cfg"
        settings.touch()
        self.environment = dict(
            os.environ, LC_ALL="C.UTF-8", ANSIBLE_CONFIG=str(settings), ANSIBLE_FORCE_COLOR="false",
            ANSIBLE_COLLECTIONS_PATH=f"{self.collections}:{self.dependencies}")

    def names(self, pattern: str) -> list[str]:
        """Return the full names of what is in files that match the pattern."""
        return sorted(f"{NAME}.{path.stem}" for path in self.place.glob(pattern))

    def run(self, *words: str, directory: pathlib.Path | None = None) -> str:
        """Run a program and return what it printed.

        :raises WrongError: it failed, or it printed a warning of Ansible's.
        """
        done = subprocess.run(
            words, env=self.environment, cwd=directory or self.work, capture_output=True, text=True, check=False)
        if done.returncode or "[WARNING]" in done.stderr or "[DEPRECATION" in done.stderr:
            raise WrongError(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def manifest(installed: Installed) -> str:
    """Every file is as the archive's manifest says, and there is no other."""
    installed.run("ansible-galaxy", "collection", "verify", "--offline", NAME)
    return "the installed files are those of the archive's manifest"


def documentation(installed: Installed) -> str:
    """ansible-doc knows every plugin and role, and shows it."""
    counts = []
    for kind, pattern in PLUGINS.items():
        expected = installed.names(pattern)
        found = sorted(json.loads(installed.run("ansible-doc", "--list", "--json", f"--type={kind}", NAME)))
        if found != expected:
            raise WrongError(f"ansible-doc --type={kind} lists {found}, and the files are {expected}")
        shown = json.loads(installed.run("ansible-doc", "--json", f"--type={kind}", *expected))
        silent = [name for name in expected if not shown.get(name)]
        if silent:
            raise WrongError(f"ansible-doc --type={kind} has nothing to show of {', '.join(silent)}")
        installed.run("ansible-doc", f"--type={kind}", *expected)
        counts.append(f"{kind} {len(expected)}")
    return f"ansible-doc shows every plugin and role: {', '.join(counts)}"


def playbooks(installed: Installed) -> str:
    """Every playbook is found by its full name, and Ansible understands it with the roles that it names."""
    names = installed.names("playbooks/*.yml")
    inventory = installed.place / "inventory" / "lvs_dr"
    # Which hosts are reached is known only when a playbook runs.
    reached = installed.work / "reached.yml"
    reached.write_text("openvip_reached: {hosts: {}}\n")
    printed = installed.run("ansible-playbook", "--syntax-check", f"--inventory={inventory}", f"--inventory={reached}",
                            *names)
    for name in names:
        path = installed.place / "playbooks" / f"{name.rpartition('.')[2]}.yml"
        if f"playbook: {path}\n" not in printed:
            raise WrongError(f"{name} is not {path}:\n{printed}")
    return f"{len(names)} playbooks are found and understood"


def execution_environment(installed: Installed, tools: pathlib.Path) -> str:
    """ansible-builder finds what the collection needs, and takes the example."""
    builder = str(tools / "bin" / "ansible-builder")
    needs = installed.run(builder, "introspect", str(installed.collections))
    if "openssh-clients" not in needs:
        raise WrongError(f"ansible-builder introspect does not find the SSH client of bindep.txt:\n{needs}")
    context = installed.work / "context"
    example = installed.place / "execution_environment" / "execution-environment.yml"
    installed.run(builder, "create", f"--file={example}", f"--context={context}", "--output-filename=Containerfile")
    if NAME not in (context / "_build" / "requirements.yml").read_text():
        raise WrongError(f"the context that ansible-builder makes of {example} does not ask for {NAME}")
    return "ansible-builder takes the execution environment"


def checks(place: pathlib.Path, tools: pathlib.Path) -> Iterator[str]:
    """Yield what was found to be right."""
    with tempfile.TemporaryDirectory() as work:
        installed = Installed(place, pathlib.Path(work))
        yield manifest(installed)
        yield documentation(installed)
        yield playbooks(installed)
        yield execution_environment(installed, tools)


def main() -> int:
    place, tools = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    try:
        for line in checks(place, tools):
            print(f"galaxy: {line}", flush=True)
    except WrongError as error:
        print(f"galaxy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
