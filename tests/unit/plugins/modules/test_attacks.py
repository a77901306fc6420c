# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An unprivileged local user tries to run, kill, delay or deceive what root runs, with a real keepalived."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.daemon

SETUP = """
set -e
mount -t tmpfs tmpfs /run
mkdir -m 1777 "$TMPDIR"
mkdir "$2"
ip link set lo up
ip link add eth0 type veth peer name eth0p
ip link set eth0 up
ip link set eth0p up
ip address add 198.18.0.11/24 dev eth0
exec "$0" "$@"
"""
# Another one is an attack that has not been thought of: put it in the driver, too.
ATTACKS = 12


def test_no_attack_of_a_local_user_works():
    driver = Path(__file__).with_name("attacks_driver.py")
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP,
         sys.executable, str(driver), "/run/story"],
        capture_output=True, text=True, check=False, timeout=300,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), TMPDIR="/run/shared"))
    assert done.returncode == 0, done.stdout + done.stderr
    story = json.loads(done.stdout.splitlines()[-1])
    print(f"{list(story.values()).count('failed')} of {len(story)} attacks failed")
    assert len(story) == ATTACKS
    assert {name: end for name, end in story.items() if end != "failed"} == {}
