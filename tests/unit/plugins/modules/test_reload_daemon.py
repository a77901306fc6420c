# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a live pair of real keepalived processes: what is foreseen of each, and who has which address after it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import VERSIONS, Program
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.reload_changes import CHANGES, changes

pytestmark = pytest.mark.daemon

DRIVER = pathlib.Path(__file__).with_name("reload_driver.py")
# There it is one instance whose prefix alone changes, which 2.3 does not give up.
KEPT = "IPv6 another prefix"


@pytest.fixture(scope="module", params=[
    pytest.param(version, marks=pytest.mark.slow if version != VERSIONS[0] else ()) for version in VERSIONS])
def stories(request, tmp_path_factory):
    """What the driver saw of each change, and the version of keepalived."""
    program = Program.fetch(request.param)
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, str(DRIVER), "pair", str(program.path), *CHANGES],
        capture_output=True, text=True, check=False, timeout=300,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), TMPDIR=str(tmp_path_factory.mktemp("pairs"))))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1]), program.numbers


def bare(places):
    return [place.partition("/")[0] for place in places]


def test_one_reload_loses_what_is_foreseen(stories, record_property):
    record_property("tried", len(CHANGES))
    for name, change in changes(stories[1]).items():
        story = stories[0][name]
        assert story["held"] == [change.held, []], name
        given_up = any(":" in address for address in change.lost) and (
            name != KEPT or stories[1] < (2, 3))
        assert story["given_up"] == given_up, name
        if not any(":" in address for address in change.lost):
            wanted = bare(change._replace(reloads=1).wanted)
            assert sorted(set(wanted) - set(bare(story["once"]))) == list(change.lost), name


def test_every_address_is_kept_or_the_change_is_rejected(stories, capsys, record_property):
    record_property("tried", len(CHANGES))
    kept = rejected = 0
    for name, change in changes(stories[1]).items():
        story = stories[0][name]
        first, second = story["plans"]
        assert (len(first["texts"]), len(second["texts"])) == (change.reloads, 1), name
        assert story["failed"] == [None, None], name
        assert story["end"] == [change.wanted, []], name
        rejected += bool(first["rejected"])
        kept += not first["rejected"]
    with capsys.disabled():
        print(f"\n{len(CHANGES)} changes: {kept} kept, {rejected} rejected")
    assert kept + rejected == len(CHANGES) >= 12
