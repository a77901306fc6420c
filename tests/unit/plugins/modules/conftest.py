# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where modules are run: a host with a stand-in for the program keepalived, and a network with the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

STAND_IN = """#!/bin/sh
case $1 in
    --version) echo 'Keepalived v2.3.3 (01/16,2022)'; echo 'Config options:  VRRP JSON' ;;
    --config-test)
        if grep -n refuse_me "$3" | sed "s|^\\([0-9]*\\):.*|($3: Line \\1) Unknown keyword 'refuse_me'|" | grep .; then
            exit 5
        fi
        if grep -q die_me "$3"; then kill -11 $$; fi
        if grep -q hang_me "$3"; then sleep 60; fi ;;
esac
"""

# A network, a /run and a /var/lib/openvip of its own, and no more rights than root has in a container.
SETUP = """
set -e
mount -t tmpfs tmpfs /run
# where keepalived before 2.2.5 writes its dumps; make versions keeps the files of the tests elsewhere
case $TMPDIR in /tmp/*) ;; *) mount -t tmpfs tmpfs /tmp ;; esac
mkdir -p /var/lib/openvip
mount -t tmpfs -o mode=700 tmpfs /var/lib/openvip
ip link set lo up
ip link add eth0 type veth peer name eth0p
ip link set eth0 up
ip link set eth0p up
ip address add 198.18.0.11/24 dev eth0
exec setpriv --bounding-set=-sys_ptrace "$@"
"""


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    """Run a scenario of a driver beside this file with a real keepalived; gives its story."""

    def run(scenario, *program, driver="daemon_driver.py"):
        driver = Path(__file__).with_name(driver)
        done = subprocess.run(
            ["unshare", "--net", "--mount", "sh", "-c", SETUP, "setup", sys.executable, str(driver), scenario,
             str(tmp_path_factory.mktemp("etc")), *program],
            capture_output=True, text=True, check=False, timeout=90,
            # where keepalived writes its dumps, which another test's would replace
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), TMPDIR=str(tmp_path_factory.mktemp("dumps"))))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture
def module_on_host(tmp_path, capsys, monkeypatch):
    """Prepare a module with options of its own; calling what comes back runs it, with further options."""

    def prepare(module, **always):
        binary = tmp_path / "keepalived"
        binary.write_text(STAND_IN)
        binary.chmod(0o755)
        path = tmp_path / "etc" / "keepalived.conf"
        path.parent.mkdir()

        def run(check=False, **options):
            monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
            arguments = dict({"path": str(path), "binary": str(binary), "_ansible_check_mode": check,
                              "_ansible_diff": True, "_ansible_remote_tmp": str(tmp_path)}, **{**always, **options})
            with patch_module_args(arguments), pytest.raises(SystemExit):
                module.main()
            return json.loads(capsys.readouterr().out)

        run.path = path
        run.warned = []
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda self, warning, **unused: run.warned.append(warning))
        run.binary = binary
        return run

    return prepare
