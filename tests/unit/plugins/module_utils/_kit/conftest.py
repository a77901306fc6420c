# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that is killed at a point of its transaction."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import transaction


@pytest.fixture
def killed(monkeypatch):
    """Run a function in a process that is killed at the point of this number; gives whether it came so far."""

    def run(function, number):
        child = os.fork()
        if child == 0:
            left = [number]

            def at(point):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            monkeypatch.setattr(transaction, "at", at)
            status = 1
            try:
                function()
                status = 0
            finally:
                os._exit(status)
        status = os.waitpid(child, 0)[1]
        assert status in (0, signal.SIGKILL), status
        return status == signal.SIGKILL

    return run
