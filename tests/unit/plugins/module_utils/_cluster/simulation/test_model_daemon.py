# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few of the cases of `make model`: real daemons do what the model says. Needs root."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.openvip.cluster.tests.model import run

pytestmark = [pytest.mark.daemon, pytest.mark.slow]
# Short ones: a crash and a return, a cut, a link, weights, a script, a sync group
SEEDS = tuple(f"quick.{number}" for number in (0, 1, 20, 22, 30, 35))


def test_real_daemons_do_what_the_model_says():
    program = shutil.which("keepalived") or "/usr/sbin/keepalived"
    with ThreadPoolExecutor() as pool:
        for case, found, _told, logs in pool.map(lambda seed: run.judge(seed, program), SEEDS):
            assert not found, (case, found, logs)
