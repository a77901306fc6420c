# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Configurations such as walk-throughs have them, with their mistakes: read without loss of what keepalived knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import raw_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

CLUSTERS = Path(__file__).parent / "data" / "clusters"
FILES = sorted(CLUSTERS.glob("*.conf"))

# What no version of keepalived knew where it stands, by the block.
RAW: dict[str, dict[str, list[str]]] = {
    "stopping-script": {"/global_defs": ["route_id SHOP_*"]},
    "direct-routing": {
        # older ones did
        "/global_defs": ["lvs_id *"],
        "/virtual_server": ["persistence_time 1"],
        "/virtual_server/real_server/TCP_CHECK": ["connection_timeout 10", "nb_get_retry 3"],
    },
}

# What the files of a cluster call their hosts.
HOSTS = {"master": "director1", "backup": "director2"}


def data_of(file: Path) -> dict[str, Any]:
    return read(parse(file.read_text(encoding="utf-8"), file.name))


def raw_of(data: Any, path: str = "") -> dict[str, list[str]]:
    """The lines below ``raw`` without their comments, by the path of their block."""
    found: dict[str, list[str]] = {}
    for item in data if isinstance(data, list) else [data]:
        for key, value in item.items() if isinstance(item, dict) else ():
            texts = [raw_text(entry) for entry in value] if key == "raw" else []
            lines = [text.partition("#")[0].rstrip() for text in texts]
            found.update({path: lines} if key == "raw" else raw_of(value, path + "/" + key))
    return found


def test_all_are_here() -> None:
    assert len(FILES) == 12


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_tree_is_lossless(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    document = parse(text, file.name)
    assert str(document) == text
    assert bool(document.problems) == file.stem.startswith("no-break-spaces")


@pytest.mark.parametrize(
    "file", [file for file in FILES if not file.stem.startswith("no-break-spaces")], ids=lambda file: file.stem
)
def test_read_without_loss(file: Path) -> None:
    cluster, _dash, host = file.stem.rpartition("-")
    name = HOSTS.get(host, host)
    expected = {path: [line.replace("*", name) for line in lines] for path, lines in RAW.get(cluster, {}).items()}
    data = data_of(file)
    assert raw_of(data) == expected
    instance = data["vrrp_instance"][0]
    assert set(instance) >= {"name", "state", "virtual_router_id", "priority", "advert_int", "virtual_ipaddress"}
    assert instance["authentication"]["auth_type"] == "PASS"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_written_and_read_again(file: Path) -> None:
    found = normalise(data_of(file))[0]
    text = render(found)
    assert read(parse(text)) == found
    assert render(read(parse(text))) == text


def test_a_name_that_no_supported_version_knows() -> None:
    raw = data_of(CLUSTERS / "direct-routing-master.conf")["global_defs"]["raw"]
    assert [text.split()[:2] for text in raw] == [["lvs_id", "director1"]]


def test_the_service() -> None:
    servers = data_of(CLUSTERS / "direct-routing-master.conf")["virtual_server"]
    assert len(servers) == 1
    real = servers[0].pop("real_server")
    assert servers[0] == {
        "ip": "198.18.0.120",
        "port": 80,
        "delay_loop": 1,
        "lb_algo": "rr",
        "lb_kind": "DR",
        "protocol": "TCP",
        "raw": ["persistence_time 1\t# how long a client stays with its server"],
    }
    assert [(server["ip"], server["port"], server["weight"]) for server in real] == [
        ("198.18.0.132", 80, 1),
        ("198.18.0.133", 80, 1),
    ]
    assert real[0]["TCP_CHECK"][0]["delay_before_retry"] == 3


def test_words_stick_to_spaces_that_are_none() -> None:
    data = data_of(CLUSTERS / "no-break-spaces-master.conf")
    assert "vrrp_instance" not in data
    assert any(line.startswith("\u00a0" * 6 + "vrrp_instance VI_7 {") for line in data["raw"])


def test_an_overlong_password_is_an_error() -> None:
    findings = normalise(data_of(CLUSTERS / "stopping-script-first.conf"))[1]
    assert [str(finding) for finding in findings if "auth_pass" in finding.message] == [
        "vrrp_instance SHOP authentication: auth_pass must have at most 8 bytes, got 17. Shorten it."
    ]
