# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""keepalived itself reads every keyword as it is rendered, without a word about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import evaluate
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
    # a build without iptables; before 2.2.2 it does not know the keyword
    "global_defs/vrrp_iptables": r"iptables not supported, using nftables instead|Unknown keyword 'vrrp_iptables'",
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
    # the keys of the sample are forms of one, in a file that is not there as well
    "vrrp_instance/auth_hmac/key": r"cannot be opened|length 0 not in range|duplicate auth_hmac key id 1",
    # the one key of the sample is 1
    "vrrp_instance/auth_hmac/active_key": r"auth_hmac active_key 255 is not defined",
}


def _is_known(row: Row, version: tuple[int, ...]) -> bool:
    owner = table.find_block(row.section) if row.section else row
    return spelling(row, version) is not None and spelling(owner, version) is not None


def _samples(version: tuple[int, ...]) -> dict[str, tuple[Row, str]]:
    """A configuration for each value of each keyword that the version knows, by a name for its file."""
    return {"%s-%d" % (row.path.replace("/", "."), number): (row, render(data_with(row, value), version))
            for row in leaves() if _is_known(row, version) for number, value in enumerate(good_values(row, version))}


def test_accepts_every_keyword(
    keepalived: Program, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    samples = _samples(keepalived.numbers)
    record_property("tried", len(samples))
    # the daemon makes some of the files when it tests
    texts = {name: text.replace(" /tmp/", " %s/" % tmp_path) for name, (_row, text) in samples.items()}
    said = {}
    for name, messages in keepalived.test(texts, tmp_path).items():
        expected = _EXPECTED.get(samples[name][0].path)
        unexpected = [text for text in messages if expected is None or not re.search(expected, text)]
        if unexpected:
            said[name] = unexpected
    assert len(samples) > 750
    assert said == {}


def test_rejects_every_keyword_that_the_table_calls_too_new(
    keepalived: Program, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    newer = {row.path.replace("/", "."): row for row in leaves() if not _is_known(row, keepalived.numbers)}
    record_property("tried", len(newer))
    said = keepalived.test({name: render(data_with(row, good_values(row)[0])) for name, row in newer.items()}, tmp_path)
    assert [name for name, messages in said.items() if not messages] == []


def test_expands_definitions_in_a_script_line(keepalived: Program, tmp_path: Path) -> None:
    notify = {"script": "$COMMAND", "user": "$ACCOUNT", "group": "${ACCOUNT}"}
    instance = {"name": "VI_1", "interface": "eth0", "virtual_router_id": 51, "notify": notify}
    data = {"raw": ["$COMMAND=/usr/bin/env", "$ACCOUNT=root"], "vrrp_instance": [instance]}
    said = "\n".join(keepalived.dump(render(data), tmp_path, VRRP))
    assert "Generic state transition script = '/usr/bin/env', uid:gid 0:0" in said


_INSTANCE = "vrrp_instance %s {\n    interface eth0\n    virtual_router_id %d\n%s\n}\n"


def _instances(*contents: str) -> str:
    return "".join(_INSTANCE % (chr(ord("A") + number), number + 1, text) for number, text in enumerate(contents))


_EVALUATED = {
    "set again": "$P=101\n" + _instances("priority $P") + "$P=102\n" + _instances("", "priority $P"),
    "in a block, for the next one": _instances("$P=101\npriority $P", "priority ${P}"),
    "what follows a name": "$P=10\n$A=198.18.0\n" + _instances(
        "priority ${P}3\nvirtual_ipaddress {\n${A}.7/24\n$A.8/24\n${A}.$P\n${A}.9/24 label $E\n}"),
    "at its use": "$A=${B}\n$B=103\n" + _instances("priority $A\n$B=104", "priority $A"),
    "several lines": "$B=priority 104 \\\n advert_int 3 \\\n # note \\\n nopreempt\n" + _instances("$B", "priority $B"),
    "several lines with a comment": "$B=priority 104 \\\n # note\nadvert_int 3\n" + _instances("$B"),
    "several lines with an empty one": "$B=priority 104 \\\n\nadvert_int 3\n" + _instances("$B"),
    "several lines with nothing in the first": "$B= \\\n priority 104 \\\n advert_int 3\n" + _instances("$B"),
    "lines in lines": "$C=advert_int 3 \\\nnopreempt\n$B=priority 104 \\\n$C \\\naccept\n" + _instances("${B}"),
    "a block": "$B=virtual_ipaddress { \\\n198.18.0.7 \\\n}\n" + _instances("$B\npriority 105"),
    "conditions": "@high $P=106\n@low $P=107\n" + _instances("priority $P\n@^high advert_int 3\n@high nopreempt"),
    "sequences": _instances(
        "virtual_ipaddress {\n~SEQ(N,1,3) 198.18.0.$N\n~SEQ(N,9,-2,5) 198.18.1.${N}/24\n"
        "~SEQx(N,9,0xb) fd00::$N\n~LST({A,B},{7,24},{8,25}) 198.18.2.${A}/${B}\n"
        "~LST(A, x,y) 198.18.3.1 label eth0:$A\n}"),
    "a list that lacks a value": _instances("virtual_ipaddress {\n~LST({A,B},{7,24},{8}) 198.18.2.${A}/${B}\n}"),
    "sequences in sequences": _instances(
        "virtual_ipaddress {\n~SEQ(A,1,2) ~SEQ(B,1,2) 198.18.${A}.${B}\n}\npriority ${B}"),
    "blocks in a sequence":
        "$V=vrrp_instance V$N { \\\ninterface eth0 \\\nvirtual_router_id 10$N \\\n}\n"
        "~SEQ(N,1,3) $V\n" + _instances("priority $N"),
    "a reference that is not defined": _instances("priority 101\nauth ${X} y\nadvert_int 3", "priority 102"),
    "comment signs": "$P=108 # 9\n" + _instances(
        "priority $P ! x\nadvert_int 1${_HASH}0\ntrack_interface {\neth1 weight 5 ${_BANG} x\n}"),
    "the rest of a line":
        "$P=109\nvrrp_instance A { $P=110\ninterface eth0\nvirtual_router_id 1\n"
        "virtual_ipaddress { ~SEQ(N,1,2) 198.18.0.$N\n}\npriority $P\n}\n",
}


# Before 2.2.0 keepalived goes on with a definition behind a comment, and ends itself where a list lacks a value.
_SINCE_2_2_0 = ("several lines with a comment", "a list that lacks a value")


@pytest.mark.parametrize("name", _EVALUATED)
def test_reads_the_lines_in_force_as_it_reads_the_text(keepalived: Program, tmp_path: Path, name: str) -> None:
    found = evaluate(_EVALUATED[name], "high")
    assert found.is_changed
    said = keepalived.dump(_EVALUATED[name], tmp_path, VRRP)
    in_force = keepalived.dump(found.text, tmp_path, VRRP)
    assert any("VRRP Instance" in line for line in in_force)
    is_old = tuple(map(int, keepalived.version.split("."))) < (2, 2, 0)
    assert (in_force == said) != (is_old and name in _SINCE_2_2_0)
