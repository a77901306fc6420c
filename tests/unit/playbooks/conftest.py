# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of several playbooks share."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# Stand-ins for programs of the hosts, so that the result does not depend on this machine.
PROGRAMS = {
    "keepalived": "#!/bin/sh\necho 'Keepalived v2.2.7 (01/16,2022)'\n",
    "ip": "#!/bin/sh\necho '[]'\n",
    "systemctl": "#!/bin/sh\necho 0\n",
}


@pytest.fixture
def play_without_daemon(tmp_path):
    """Run a playbook with more options on lb1, which is this machine as a host without a daemon, and on lb2, which is
    not reached."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"lb": {
        "hosts": {
            "lb1": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
            "lb2": {"ansible_host": "127.0.0.1", "ansible_port": 1},
        },
        "vars": {"ansible_become": False}}}))
    (tmp_path / "bin").mkdir()
    for name, text in PROGRAMS.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    environment = dict(
        os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", HOME=str(tmp_path),
        ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"), ANSIBLE_FORCE_COLOR="0",
        ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))

    def run(playbook, *options):
        return subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory),
             str(REPOSITORY / "playbooks" / playbook), *options],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run
