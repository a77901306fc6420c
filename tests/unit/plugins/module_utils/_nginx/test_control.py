# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reload is judged by: what nginx's log says, and which processes the master has."""

from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.control import ReloadError
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import control
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.control import ConflictError, Log, take, workers
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.process import Running

LINE = "2026/11/21 08:00:00 [emerg] 7#7: %s\n"
BIND = "bind() to 0.0.0.0:80 failed (98: Address already in use)"
GIVEN_UP = "still could not bind()"


@pytest.fixture
def reloaded(tmp_path, monkeypatch):
    """Reload a master that has no workers and writes these messages; returns nothing when it is taken."""

    def run(*messages):
        log = tmp_path / "error.log"
        log.write_text(LINE % "of an earlier reload")
        monkeypatch.setattr(control, "running", lambda unit, pid_file: Running(os.getpid(), "/usr/sbin/nginx", "nginx"))
        seen = iter([frozenset({1}), *[frozenset({1})] * 3])
        monkeypatch.setattr(control, "workers", lambda master: next(seen, frozenset({2})))

        def reload(unit, master):
            with log.open("a") as stream:
                stream.write("".join(LINE % message for message in messages))

        monkeypatch.setattr(control, "reload", reload)
        return take("nginx.service", "/run/nginx.pid", str(log))

    return run


def test_new_workers_are_a_configuration_that_was_taken(reloaded):
    assert reloaded()


def test_an_address_that_is_tried_again_is_no_failure_yet(reloaded):
    assert reloaded(BIND)


def test_the_reason_is_that_of_this_reload(reloaded):
    with pytest.raises(ReloadError, match=r"\Aopen\(\) failed\Z") as caught:
        reloaded("open() failed", "open() failed")
    assert not isinstance(caught.value, ConflictError)


def test_an_address_that_it_gives_up_may_need_a_restart(reloaded):
    with pytest.raises(ConflictError, match="bind"):
        reloaded(BIND, BIND, GIVEN_UP)


def test_an_nginx_that_does_not_run_is_not_reloaded(monkeypatch):
    monkeypatch.setattr(control, "running", lambda unit, pid_file: None)
    assert not take("nginx.service", "/run/nginx.pid", None)


def test_a_log_that_is_missing_or_not_known_says_nothing(tmp_path):
    assert Log(None).failures() == [] and Log(str(tmp_path / "none")).failures() == []


def test_workers_are_the_children_of_the_master():
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        assert child.pid in workers(os.getpid())
    assert child.pid not in workers(os.getpid())
