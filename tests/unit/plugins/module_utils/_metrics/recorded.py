# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host as it was once found: the dumps of a keepalived, and the answers of a kernel with IPVS."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import state, tracked
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import kernel
from ansible_collections.openvip.cluster.plugins.module_utils._metrics import host
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import ipvs_recording

DATA = Path(__file__).with_name("data")
CONVERSATION = Path(__file__).parents[2] / "modules" / "data" / "ipvs" / "conversation.txt"
INSTANCES = state.parse_json((DATA / "keepalived.json").read_text())
TRACKED = tracked.parse_tracked((DATA / "keepalived.txt").read_text())


def ipvs(monkeypatch):
    """Return the recorded table of IPVS."""
    player = ipvs_recording.Player(ipvs_recording.read(CONVERSATION))
    monkeypatch.setattr(kernel, "open_socket", lambda: player)
    return kernel.read()


def report(**changes):
    """Return a report of the recorded host, without IPVS, of which something else may be said."""
    virtual = host.virtual_addresses({}, INSTANCES)
    nothing = {"available": False, "lvs_sync_daemon": [], "virtual_server": []}
    held = {address for name, addresses in virtual.items() for address in addresses if name == "VI_2"}
    found = {"version": "2.2.7", "running": True, "instances": INSTANCES, "tracked": TRACKED, "virtual": virtual,
             "held": held, "ipvs": nothing, "errors": {}, "config": {}}
    return host.Report(**dict(found, **changes))
