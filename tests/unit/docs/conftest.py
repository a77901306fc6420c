# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the documentation share."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.openvip.cluster.tests.unit.docs.blocks import REPOSITORY


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return dict(os.environ, LC_ALL="C.UTF-8", HOME=str(home), ANSIBLE_LOCAL_TEMP=str(home / "tmp"),
                ANSIBLE_FORCE_COLOR="0", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))


@pytest.fixture(scope="session")
def documented(environment):
    """The documentation of every plugin by its kind and name."""
    found = {}
    for kind, files in (("module", "modules/*.py"), ("filter", "filter/*.yml"), ("lookup", "lookup/*.py")):
        names = [f"openvip.cluster.{path.stem}" for path in (REPOSITORY / "plugins").glob(files)]
        done = subprocess.run([sys.executable, "-m", "ansible", "doc", "--json", "--type", kind, *names],
                              env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        found.update({name: dict(entry, kind=kind) for name, entry in json.loads(done.stdout).items()})
    return found
