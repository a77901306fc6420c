# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""keepalived itself reads every keyword as it is rendered, without a word about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import spelling
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import Row
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import VRRP, Program
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    data_with,
    good_values,
    leaves,
)

pytestmark = pytest.mark.daemon

# What keepalived rightly says about a keyword that it has read.
_EXPECTED = {
    "global_defs/vrrp_iptables": r"iptables not supported, using nftables instead",
    "global_defs/vrrp_ipsets": r"Unknown keyword 'vrrp_ipsets'",
    "vrrp_sync_group/global_tracking": r"global_tracking is deprecated",
    # an instance without an interface came after this version
    "vrrp_instance/vrf": r"Unknown interface!",
    # with V(true) there is no address
    "vrrp_instance/use_ipvlan": r"IPv4 ipvlan requires a source ip address",
    "vrrp_instance/linkbeat_use_polling": r"'linkbeat_use_polling' in vrrp instance deprecated",
    "vrrp_instance/owner_ignore_adverts": r"strict_mode with priority 255 requires owner_ignore_adverts",
    "virtual_server/quorum": r"exceeds total weight of real servers",
    "virtual_server/hysteresis": r"setting hysteresis to 0",
    "vrrp_instance/lvs_sync_daemon_interface": r"lvs_sync_daemon",
}


def _samples(version: tuple[int, ...]) -> dict[str, tuple[Row, str]]:
    """A configuration for each value of each keyword that the version knows, by a name for its file."""
    found = {}
    for row in leaves():
        owner = table.find_block(row.section) if row.section else row
        if spelling(row, version) is None or spelling(owner, version) is None:
            continue
        for number, value in enumerate(good_values(row)):
            name = "%s-%d" % (row.path.replace("/", "."), number)
            found[name] = (row, render(data_with(row, value), version))
    return found


def test_accepts_every_keyword(keepalived: Program, tmp_path: Path) -> None:
    samples = _samples(keepalived.numbers)
    # the daemon makes some of the files when it tests
    texts = {name: text.replace(" /tmp/", " %s/" % tmp_path) for name, (_row, text) in samples.items()}
    said = {}
    for name, messages in keepalived.test(texts, tmp_path).items():
        expected = _EXPECTED.get(samples[name][0].path)
        unexpected = [text for text in messages if expected is None or not re.search(expected, text)]
        if unexpected:
            said[name] = unexpected
    assert len(samples) > 800
    assert said == {}


def test_expands_definitions_in_a_script_line(keepalived: Program, tmp_path: Path) -> None:
    notify = {"script": "$COMMAND", "user": "$ACCOUNT", "group": "${ACCOUNT}"}
    instance = {"name": "VI_1", "interface": "eth0", "virtual_router_id": 51, "notify": notify}
    data = {"raw": ["$COMMAND=/usr/bin/env", "$ACCOUNT=root"], "vrrp_instance": [instance]}
    said = "\n".join(keepalived.dump(render(data), tmp_path, VRRP))
    assert "Generic state transition script = '/usr/bin/env', uid:gid 0:0" in said
