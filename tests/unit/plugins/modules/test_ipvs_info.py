# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ipvs_info with the answers that a kernel has once given."""

from __future__ import annotations

import errno
import json
import struct
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import kernel
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import NATIVE
from ansible_collections.openvip.cluster.plugins.modules import ipvs_info
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import ipvs_recording, ipvsadm

DATA = Path(__file__).with_name("data") / "ipvs"
NONE = {"changed": False, "available": False, "version": None, "connection_table_size": None, "lvs_timeouts": None,
        "lvs_sync_daemon": [], "virtual_server": []}
TYPES = {"str": str, "int": int, "bool": bool, "dict": dict, "list": list}


@pytest.fixture
def tell(monkeypatch, capsys, tmp_path):
    """Run the module at a socket of one's own."""

    def run(sock, check=False):
        monkeypatch.setattr(kernel, "open_socket", lambda: sock)
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        with patch_module_args({"_ansible_check_mode": check, "_ansible_remote_tmp": str(tmp_path)}), \
                pytest.raises(SystemExit):
            ipvs_info.main()
        result = json.loads(capsys.readouterr().out)
        result.pop("invocation", None)
        return result

    return run


@pytest.fixture
def recorded():
    """The conversation about the table in rules.txt."""
    return ipvs_recording.Player(ipvs_recording.read(DATA / "conversation.txt"))


def documented(value, returned, place="result"):
    """Assert that a value has exactly the keys and types that the documentation says."""
    assert value.keys() == returned.keys(), place
    for name, about in returned.items():
        inner = value[name]
        if inner is not None:
            assert inner.__class__ is TYPES[about["type"]], f"{place}.{name}"
        if "contains" in about:
            for one in inner if about["type"] == "list" else [inner]:
                documented(one, about["contains"], f"{place}.{name}")


def test_every_line_of_the_table_is_told(tell, recorded):
    rules = [line for line in (DATA / "rules.txt").read_text().splitlines() if not line.startswith("#")]
    assert ipvsadm.rules(tell(recorded)["virtual_server"]) == rules


def test_what_is_told_is_what_is_documented(tell, recorded):
    result = tell(recorded)
    assert result.pop("changed") is False
    documented(result, yaml.safe_load(ipvs_info.RETURN))


def test_all_of_one_real_server(tell, recorded):
    (service,) = [one for one in tell(recorded)["virtual_server"] if one["port"] == 80]
    assert service["real_server"][0] == {
        "ip": "127.0.0.1", "port": 8080, "lvs_method": "NAT", "tunnel_type": None, "tunnel_port": None,
        "tunnel_checksum": None, "weight": 3, "uthreshold": 100, "lthreshold": 50, "active_connections": 1,
        "inactive_connections": 2, "persistent_connections": 0,
        "stats": {"connections": 3, "packets_in": 16, "packets_out": 11, "bytes_in": 1156, "bytes_out": 3596},
        "rate": {"connections": 0, "packets_in": 2, "packets_out": 1, "bytes_in": 144, "bytes_out": 449}}


def test_daemons_timeouts_version_and_size(tell, recorded):
    result = tell(recorded)
    assert ipvsadm.daemons(result["lvs_sync_daemon"]) == [
        "master sync daemon (mcast=dummy0, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)",
        "backup sync daemon (mcast=dummy0, syncid=9, maxlen=1400, group=224.0.0.82, port=9000, ttl=3)"]
    assert result["lvs_timeouts"] == {"tcp": 800, "tcpfin": 100, "udp": 200}
    assert (result["available"], result["version"], result["connection_table_size"]) == (True, "1.2.1", 4096)


def test_check_mode_and_every_further_run_tell_the_same(tell):
    said = ipvs_recording.read(DATA / "conversation.txt")
    first, *others = [tell(ipvs_recording.Player(said), check=check) for check in (True, False, True, False)]
    assert others == [first] * 3 and first["changed"] is False


def test_no_ipvs_is_no_failure(tell):
    assert tell(None) == NONE


def test_not_root_is_a_failure(tell):
    *families, question = ipvs_recording.read(DATA / "conversation.txt")[:4]
    refusal = struct.pack(NATIVE + "IHHIIi", 36, 2, 0, 2, 0, -errno.EPERM) + question[1][:16]
    result = tell(ipvs_recording.Player([*families, question, ("answer", refusal)]))
    assert result["failed"] and "root" in result["msg"] and "become: true" in result["msg"]
