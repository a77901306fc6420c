# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Nothing is found in configurations as they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.model import Host

GOOD = yaml.safe_load((Path(__file__).parent / "data" / "good.yml").read_text())
# A host without any other file of nginx
HOST = Host(lambda pattern: [], lambda path, user: True)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("host", [None, HOST], ids=["controller", "host"])
def test_nothing_is_found_in_what_is_right(name, host):
    data, wrong = normalise(GOOD[name])
    assert wrong == [] and [f"{finding} [{finding.id}]" for finding in check(data, host)] == []


def test_there_are_many_of_them():
    assert len(GOOD) >= 30
