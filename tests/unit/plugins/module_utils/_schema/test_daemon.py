# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""keepalived itself reads every keyword as it is rendered, without a word about it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import spelling
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import Row
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    data_with,
    good_values,
    leaves,
)

pytestmark = pytest.mark.daemon

# Interfaces of the samples, the address they use as their own, and a test of every file. The exit code says little.
_SCRIPT = """
set -e
ip link set lo up
ip link add eth0 type veth peer name eth0p
ip link add eth1 type veth peer name eth2
ip link add eth3 type veth peer name eth3p
for interface in eth0 eth0p eth1 eth2 eth3 eth3p; do ip link set "$interface" up; done
ip address add 198.18.0.11/24 dev eth0
cd "$1"
for file in *.conf; do
    name=${file%.conf}
    timeout 20 keepalived --config-test --use-file "$file" > "$name.out" 2>&1 || echo "$?" > "$name.code"
done
"""

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
    "vrrp_instance/lvs_sync_daemon_interface": r"lvs_sync_daemon",
}
_PREFIX = re.compile(r"^\((?:[^()]*: )?Line \d+\) ")


def _version() -> tuple[int, ...]:
    output = subprocess.run(["keepalived", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"Keepalived v([0-9.]+)", output.stderr + output.stdout)
    assert found is not None
    return tuple(int(part) for part in found.group(1).split("."))


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


def _messages(directory: Path, name: str) -> list[str]:
    code = directory / (name + ".code")
    lines = (directory / (name + ".out")).read_text().splitlines()
    found = sorted({_PREFIX.sub("", line.strip()) for line in lines if line.strip()})
    return found or (["exit code %s" % code.read_text().strip()] if code.exists() else [])


def test_accepts_every_keyword(tmp_path: Path) -> None:
    samples = _samples(_version())
    for name, (_row, text) in samples.items():
        # the daemon makes some of the files when it tests
        (tmp_path / (name + ".conf")).write_text(text.replace(" /tmp/", " %s/" % tmp_path))
    subprocess.run(["unshare", "--net", "sh", "-c", _SCRIPT, "sh", str(tmp_path)], check=True, timeout=600)
    said = {}
    for name, (row, _text) in samples.items():
        expected = _EXPECTED.get(row.path)
        messages = [text for text in _messages(tmp_path, name) if expected is None or not re.search(expected, text)]
        if messages:
            said[name] = messages
    assert len(samples) > 400
    assert said == {}
