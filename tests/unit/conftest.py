# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit tests share."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import is_hypothesis_test, settings

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock

# How long one example takes says something about the machine, not about the code: `make bench` measures. The examples
# are the same in every run, so that a change fails for what it changed: `make fuzz` is what looks for new ones.
settings.register_profile("openvip", deadline=None, derandomize=True)
settings.load_profile("openvip")

# Most of these run ansible-playbook, which takes as long as hundreds of other tests.
PLAYBOOKS = pathlib.Path(__file__).parent / "playbooks"


def pytest_collection_modifyitems(items):
    """Mark what takes long by what it is: playbooks, and tests that go through made-up examples."""
    for item in items:
        if item.path.parent == PLAYBOOKS or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.long)


@pytest.fixture(autouse=True)
def host_state(tmp_path_factory, monkeypatch):
    """The lock and the journals of a host of its own: tests run side by side, and leave the machine alone."""
    directory = tmp_path_factory.mktemp("host")
    monkeypatch.setattr(lock, "DIRECTORY", str(directory / "run"))
    monkeypatch.setattr(journal, "DIRECTORY", str(directory / "lib" / "openvip"))
