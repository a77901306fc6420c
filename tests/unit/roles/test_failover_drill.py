# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults of the role are those of the table, everywhere they are named."""

from __future__ import annotations

import pathlib
import re

import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
ROLE = REPOSITORY / "roles/failover_drill"


def test_the_role_knows_every_fault_and_the_same_ones_by_default():
    options = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert tuple(options["failover_drill_faults"]["choices"]) == faults.NAMES
    assert tuple(options["failover_drill_faults"]["default"]) == faults.BY_DEFAULT
    assert tuple(defaults["failover_drill_faults"]) == faults.BY_DEFAULT
    assert set(defaults) == set(options)


def test_the_page_of_the_role_has_a_row_per_fault():
    rows = re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \|$", (ROLE / "README.md").read_text(), re.MULTILINE)
    assert rows == [(fault.name, "yes" if fault.by_default else "no") for fault in faults.FAULTS]
