# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process is nginx: systemd's main process or its successor, and nothing that merely has the word."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import process
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.process import Running

MASTER = "nginx: master process /usr/sbin/nginx -g daemon on;"
PROGRAM = "/usr/sbin/nginx"


@pytest.fixture
def host(monkeypatch):
    """Return a function that says which nginx runs on a host.

    :param main: what systemd says of the unit.
    :param filed: the process of the pid file.
    :param titles: the titles of the processes.
    :param parents: their parents.
    :param program: the name of the file that they run.
    """
    def function(main, filed, titles, parents=(), program="tail"):
        monkeypatch.setattr(process, "main_pid", lambda unit: main)
        monkeypatch.setattr(proc, "from_file", lambda path: proc.Process(filed, 0) if filed else None)
        monkeypatch.setattr(process, "title", lambda pid: titles.get(pid, ""))
        monkeypatch.setattr(process, "parent", lambda pid: dict(parents).get(pid, 1))
        monkeypatch.setattr(proc, "executable", lambda pid: PROGRAM if pid in titles else None)
        monkeypatch.setattr(proc, "program_name", lambda pid: program)
        return process.running("nginx.service", "/run/nginx.pid")

    return function


@pytest.mark.parametrize("title", [
    "tail -f /var/log/nginx/access.log", "vi nginx: master process /usr/sbin/nginx", "/usr/sbin/nginx", "",
    "nginx: worker process",
])
def test_a_process_that_is_no_master_is_not_nginx_even_in_the_pid_file(host, title):
    assert host(None, 7, {7: title}) is None


def test_without_systemd_it_is_the_master_of_the_pid_file(host):
    assert host(None, 7, {7: MASTER}) == Running(7, PROGRAM, PROGRAM)
    assert host(None, None, {7: MASTER}) is None
    assert host(None, 7, {7: f"/lib64/loader {MASTER}"}) is None
    assert host(None, 7, {7: "/usr/sbin/nginx -g master_process off;"}, program="nginx").pid == 7


def test_systemd_takes_precedence_over_the_pid_file(host):
    assert host(0, 7, {7: MASTER}) is None
    assert host(5, 7, {5: MASTER, 7: MASTER}).pid == 5
    assert host(5, None, {5: MASTER}).pid == 5
    assert host(5, None, {}) is None


def test_after_an_upgrade_it_is_the_successor(host):
    assert host(5, 7, {5: MASTER, 7: MASTER}, {7: 5}).pid == 7
    assert host(5, 5, {5: MASTER}).pid == 5


def test_a_main_process_without_a_master_is_nginx_by_a_name_that_is_not_known(host):
    assert host(5, None, {5: "/usr/sbin/nginx -g daemon off; master_process off;"}) == Running(5, PROGRAM, "")
