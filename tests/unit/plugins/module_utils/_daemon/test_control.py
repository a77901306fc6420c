# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process is the daemon."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, state

OURS, OTHERS = "/etc/keepalived/keepalived.conf", "/etc/keepalived/other.conf"


@pytest.mark.parametrize("main_pid, files, path, expected", [
    (5, {7: OURS}, OURS, 5),
    (0, {7: OURS}, OURS, None),
    (None, {}, OURS, None),
    (None, {7: OURS}, OURS, 7),
    # The only one is named even if it reads another file: the reload says so.
    (None, {7: OTHERS}, OURS, 7),
    (None, {7: OTHERS, 8: OURS}, OURS, 8),
    (None, {7: OURS, 8: OTHERS}, OTHERS, 8),
    (None, {7: OTHERS, 8: OTHERS}, OURS, 7),
    (None, {7: OTHERS, 8: OURS}, None, 7),
])
def test_systemd_knows_the_daemon_or_else_its_pid_files(monkeypatch, main_pid, files, path, expected):
    monkeypatch.setattr(control, "main_pid", lambda unit: main_pid)
    monkeypatch.setattr(state, "pids", lambda pid_file, binary: list(files))
    monkeypatch.setattr(control, "reads", lambda number, wanted, binary: "" if files[number] == wanted else "another")
    assert control.running("keepalived.service", path=path) == expected
