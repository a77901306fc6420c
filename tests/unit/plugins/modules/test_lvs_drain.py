# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""lvs_drain on a host with a stand-in for the program keepalived, and keepalived_config, which leaves drained be."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._edit_drain import Drained, Record, apply
from ansible_collections.openvip.cluster.plugins.module_utils._module import HEADER
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.modules import keepalived_config, lvs_drain

CHECK = {"TCP_CHECK": [{"connect_timeout": 2}]}
SERVICE = {"protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR", "real_server": [
    {"ip": "198.18.0.21", "port": 80, "weight": 3, **CHECK}, {"ip": "198.18.0.22", "port": 80, **CHECK}]}
UDP = {**SERVICE, "protocol": "UDP", "real_server": [
    {"ip": f"198.18.0.2{number}", "port": 80, "PING_CHECK": [{}]} for number in (1, 2)]}
CONFIG = {"virtual_server": [{"ip": "198.18.0.100", "port": 80, **SERVICE}, {"ip": "198.18.0.100", "port": 80, **UDP}]}
TEXT = HEADER + render(CONFIG)
WEB1, WEB2 = ({"name": f"web{number}", "addresses": [f"198.18.0.2{number}"], "by": "anna@admin",
               "since": "2026-12-01T08:00:00Z"} for number in (1, 2))


@pytest.fixture
def host(module_on_host):
    """A director whose file is as keepalived_config writes it; calling it drains."""
    run = module_on_host(lvs_drain)
    run.path.write_text(TEXT)
    return run


@pytest.mark.parametrize("options", [
    {"drained": [WEB1]}, {"drained": [WEB1, WEB2]}, {"drained": [{**WEB1, "remove": True}]},
    {"drained": [], "restored": [{key: WEB1[key] for key in ("name", "by", "since")}]},
])
def test_four_runs_check_run_check_run_and_back(host, options):
    check = host(check=True, **options)
    assert check["changed"] and host.path.read_text() == TEXT
    first = host(**options)
    assert first["changed"] and first["diff"] == check["diff"] and first["backup_file"]
    written = host.path.read_text()
    assert [(each["name"], each["remove"]) for each in first["drained"]] == [
        (each["name"], each.get("remove", False)) for each in options["drained"]]
    assert not host(check=True, **options)["changed"] and not host(**options)["changed"]
    assert host.path.read_text() == written
    assert host(drained=[])["changed"] and host.path.read_text() == TEXT


@pytest.mark.parametrize(("options", "said"), [
    ({"drained": [{**WEB1, "by": "Anna Smith"}]}, '"Anna Smith" is no single word.'),
    ({"drained": [{**WEB1, "name": ""}]}, '"" is no single word.'),
    ({"drained": [{"name": "web1"}]}, "missing required arguments"),
])
def test_what_the_file_could_not_remember_is_refused(host, options, said):
    refused = host(**options)
    assert refused["failed"] and said in refused["msg"] and host.path.read_text() == TEXT


def test_a_host_without_a_file_is_no_director(host):
    host.path.unlink()
    refused = host(drained=[WEB1])
    assert refused["failed"] and "openvip.cluster.lvs" in refused["msg"] and not host.path.exists()


@pytest.mark.parametrize("remove", [False, True])
def test_a_configuration_leaves_what_is_drained_drained(module_on_host, remove):
    run = module_on_host(keepalived_config)
    wanted = Record((Drained(**{**WEB1, "addresses": ("198.18.0.21",)}, remove=remove),))
    run.path.write_text(apply(TEXT, wanted))
    run.path.chmod(0o600)
    assert not run(config=CONFIG)["changed"]
    other = {"virtual_server": [{**each, "lb_algo": "wlc"} for each in CONFIG["virtual_server"]]}
    result = run(config=other)
    assert result["changed"] and run.path.read_text() == apply(HEADER + render(other), wanted)
    assert result["config"]["virtual_server"][0]["real_server"][0]["weight"] == 0
