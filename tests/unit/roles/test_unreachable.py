# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host that is not reached is no failure of the task, the play goes on, also where any error is fatal."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
PLACES = [REPOSITORY / "playbooks", *(REPOSITORY / "roles").glob("*/tasks"), *(REPOSITORY / "roles").glob("*/handlers")]
FILES = sorted(path for place in PLACES for path in place.rglob("*.yml")
               if "ignore_unreachable:" in path.read_text(encoding="utf-8"))


def entries(data):
    """Yield the tasks, blocks and plays of a file."""
    for entry in data or []:
        yield entry
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from entries(entry.get(key))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_task_that_ignores_it_does_not_end_the_play_without_a_message(path):
    found = [entry for entry in entries(yaml.safe_load(path.read_text(encoding="utf-8")))
             if entry.get("ignore_unreachable")]
    assert found
    for entry in found:
        # A play says nothing of errors by default; a task inherits what its play says.
        assert entry.get("any_errors_fatal", None if "hosts" in entry else True) in (None, False), entry["name"]


def test_every_place_that_ignores_it_is_looked_at():
    assert {"moves.yml", "look.yml", "status.yml"} <= {path.name for path in FILES}
