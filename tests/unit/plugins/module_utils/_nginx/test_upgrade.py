# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the pid file tells what became of the successor, however the two looks at it fall between nginx's own steps."""

from __future__ import annotations

import itertools
import pathlib

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.control import ReloadError
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import process
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import upgrade as upgrade_module
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.process import Running, read_pid
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.upgrade import Upgrade

FORMER, SUCCESSOR = 11, 12
# After which look the former one gives way, and how many looks later something becomes of the successor.
PLACES = list(itertools.product(range(4), range(4)))


def give_way(path):
    """What the former one does when it is told to start a successor."""
    path.rename(path.with_suffix(".oldbin"))


def begin(path):
    """What the successor does when it works."""
    path.write_text(f"{SUCCESSOR}\n")


def take_back(path):
    """What the former one does when the successor has ended."""
    path.with_suffix(".oldbin").rename(path)


def named(path):
    """Return the process that a pid file names."""
    try:
        return proc.Process(int(pathlib.Path(path).read_text()), 0)
    except FileNotFoundError:
        return None


@pytest.fixture
def awaited(tmp_path, monkeypatch):
    """Return a function that awaits the successor while nginx does its steps at given looks at the pid file."""
    def function(steps):
        path = tmp_path / "nginx.pid"
        path.write_text(f"{FORMER}\n")
        upgrade = Upgrade(Running(FORMER, "/opt/nginx/sbin/nginx", "/opt/nginx/sbin/nginx"), str(path), None)
        upgrade.renamed = upgrade_module._renamed(str(path))
        look = itertools.count()

        def looking(function):
            def wrapper(given):
                found = function(given)
                for step in steps.get(next(look), ()):
                    step(path)
                return found
            return wrapper

        monkeypatch.setattr(upgrade_module, "_renamed", looking(upgrade_module._renamed))
        monkeypatch.setattr(upgrade_module, "read_pid", looking(read_pid))
        monkeypatch.setattr(proc, "from_file", named)
        monkeypatch.setattr(process, "is_master", lambda pid: True)
        monkeypatch.setattr(upgrade_module, "parent", {SUCCESSOR: FORMER, FORMER: 1}.get)
        monkeypatch.setattr(upgrade_module, "_accepting", lambda pid: frozenset({13}))
        return upgrade._await_successor()

    return function


@pytest.mark.parametrize("first, later", PLACES)
def test_a_successor_that_works_is_seen_whenever_the_former_one_gives_way(awaited, first, later):
    steps = {first: [give_way]}
    steps.setdefault(first + later, []).append(begin)
    assert awaited(steps) == SUCCESSOR


@pytest.mark.parametrize("first, later", PLACES)
def test_one_that_has_ended_is_told_from_it(awaited, first, later):
    steps = {first: [give_way]}
    steps.setdefault(first + later, []).append(take_back)
    with pytest.raises(ReloadError, match="has ended at once"):
        awaited(steps)
