# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The config test of real keepaliveds: what they run as it is written is accepted, what they change is not."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import Program

pytestmark = pytest.mark.daemon

DRIVER = Path(__file__).with_name("config_test_driver.py")
INSTANCE = """
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    %s
    virtual_ipaddress {
        198.18.0.100/24
    }
    %s
}
"""
SERVICE = """
virtual_server %s {
    %s
    real_server 198.18.0.21 80 {
        %s
    }
}
"""


def instance(before: str = "", after: str = "") -> str:
    return INSTANCE % (before, after)


def service(*lines: str, head: str = "198.18.0.100 80", check: str = "") -> str:
    return SERVICE % (head, "\n    ".join(lines), check)


class Case(NamedTuple):
    """A text, what stands in a message about it, and the versions with which it is refused, and with which it is
    accepted with that as a remark; with the others it passes without a message."""

    text: str
    message: str = ""
    refused: tuple[str, str] = ("", "")
    remark: tuple[str, str] = ("", "")


ALL, NONE = ("0", "9"), ("", "")
CHECK = 'MISC_CHECK {\n misc_path "/usr/bin/true"\n}'
SCRIPT = "vrrp_script chk {\n    script /usr/bin/true\n}\n"
SECURE = "global_defs {\n    enable_script_security\n    script_user root\n}\n"

CASES = {
    "an instance": Case(instance()),
    "a service": Case(service("lb_algo rr", "lb_kind DR", "protocol TCP")),
    "a route without an interface": Case(
        instance(after="virtual_routes {\n 198.51.100.0/24 via 198.18.0.1\n}"), "not tracking",
        remark=("2.1", "2.3.2")),
    "a route that is not tracked": Case(
        instance(after="virtual_routes {\n 198.51.100.0/24 via 198.18.0.1 no_track\n}")),
    "a rule without preference": Case(
        instance(after="virtual_rules {\n from 198.51.100.0/24 table 9 no_track\n}"), "no preference", remark=ALL),
    "lvs_sync_daemon_interface": Case(instance("lvs_sync_daemon_interface eth0"), "is deprecated", remark=ALL),
    "lvs_sync_daemon with id": Case("global_defs {\n    lvs_sync_daemon eth0 VI_1 id 51\n}\n" + instance()),
    "lvs_sync_daemon without the word id": Case(
        "global_defs {\n    lvs_sync_daemon eth0 VI_1 51\n}\n" + instance(), "Please use keyword", remark=ALL),
    "scripts without security": Case(
        SCRIPT + instance(after="track_script {\n chk\n}"), "SECURITY VIOLATION", remark=ALL),
    "check scripts without security": Case(
        service("lb_algo rr", "lb_kind DR", "protocol TCP", check=CHECK), "SECURITY VIOLATION", remark=ALL),
    "scripts with security": Case(SECURE + SCRIPT + instance(after="track_script {\n chk\n}")),
    # The daemon says of it that it is not used, but not in the test.
    "a script that nothing tracks": Case(SECURE + SCRIPT + instance()),
    "a start script without security": Case(
        "global_defs {\n    startup_script /usr/bin/true\n}\n" + instance(), "SECURITY VIOLATION", remark=ALL),
    "promote_secondaries of an interface of its own": Case(
        instance("use_vmac\n    promote_secondaries"), "is automatically set", remark=ALL),
    "more addresses than fit": Case(
        instance(after="virtual_ipaddress {\n %s\n}" % "\n ".join(f"198.18.7.{last}/24" for last in range(1, 255))
                 + "\nvirtual_ipaddress {\n 198.18.8.1/24\n 198.18.8.2/24\n}"), "excess moved", remark=ALL),
    "a route by its old word": Case(
        instance(after="virtual_routes {\n 198.51.100.0/24 gw 198.18.0.1 dev eth0\n}"), "is deprecated", remark=ALL),
    "a retry by its old word": Case(
        service("lb_algo rr", "lb_kind DR", "protocol TCP",
                check="HTTP_GET {\n url {\n path /\n status_code 200\n }\n nb_get_retry 3\n}"),
        "nb_get_retry is deprecated", remark=ALL),
    "mail without an address": Case("global_defs {\n    notification_email {\n    }\n}\n" + instance(),
                                    "empty notification_email", remark=ALL),
    "polling by its old word": Case(instance("linkbeat_use_polling"), "linkbeat_use_polling", remark=ALL),
    "vmac with unicast": Case(
        instance("use_vmac\n    unicast_src_ip 198.18.0.11\n    unicast_peer {\n 198.18.0.12\n}"),
        "vmac", refused=("2.1", "2.2"), remark=("2.2", "9")),
    "a group that is not of the link": Case(
        "global_defs {\n    vrrp_mcast_group6 ff05::12\n}\n" + instance(), "should be link-local",
        remark=("2.2.5", "9")),
    "global_tracking": Case(
        "vrrp_sync_group G {\n group {\n VI_1\n VI_2\n }\n global_tracking\n}\n" + instance()
        + instance().replace("VI_1", "VI_2").replace("51", "52").replace(".100", ".101"),
        "global_tracking is deprecated", remark=ALL),
    "timer_expired_backup by its old word": Case(
        instance("nopreempt\n    thread_timer_expired"), "thread_timer_expired",
        refused=("2.1", "2.3.2"), remark=("2.3.2", "9")),
    "garp_extra_if by its old word": Case(
        instance("use_vmac\n    vmac_garp_intvl 5"), "vmac_garp_intvl", refused=("2.1", "2.2"),
        remark=("2.2.3", "9")),
    "the own interface tracked": Case(instance(after="track_interface {\n eth0\n}"), "since own interface", remark=ALL),
    "no scheduler": Case(service("lb_kind DR", "protocol TCP"), "no scheduler set", remark=ALL),
    "no protocol": Case(service("lb_algo rr", "lb_kind DR"), "no protocol set", refused=ALL),
    "no way of forwarding": Case(service("lb_algo rr", "protocol TCP"), "no forwarding method set", refused=ALL),
    "a mark with a protocol": Case(
        service("lb_algo rr", "lb_kind DR", "protocol TCP", head="fwmark 5"), "protocol will be ignored", remark=ALL),
    "a mark with ports": Case(
        service("lb_algo rr", "lb_kind DR", head="fwmark 5"), "has port specified", remark=ALL),
    "no virtual address": Case(
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n}\n", "at least one is sensible", remark=ALL),
    "a group of one": Case(
        "vrrp_sync_group G {\n group {\n VI_1\n }\n}\n" + instance(), "only 1 virtual router", ("2.1", "2.2.3"),
        ("2.2.3", "9")),
    "unicast without a peer": Case(
        instance("unicast_src_ip 198.18.0.11"), "without any unicast peers", refused=("2.2.5", "9")),
    "an address twice": Case(
        instance(after="virtual_ipaddress {\n 198.18.0.100/24\n}"), "duplicates a VIP", remark=("2.3.3", "9")),
    "an excluded address twice": Case(
        instance(after="virtual_ipaddress_excluded {\n 198.18.0.101/24\n 198.18.0.101/24\n}"),
        "duplicates an excluded VIP", remark=("2.3.3", "9")),
    "an address of both kinds": Case(
        instance(after="virtual_ipaddress_excluded {\n 198.18.0.100/24\n}"), "duplicates a VIP",
        refused=("2.3.3", "9")),
    "a file that is not there": Case(instance() + "include none.conf\n", "none.conf", refused=ALL),
    "an executable file": Case(instance() + "include run.sh\n", "run.sh", refused=ALL),
    "a pattern without a match": Case(instance() + "include *.none\n"),
    "an unknown user": Case(
        "global_defs {\n    script_user nosuchuser\n}\n" + instance(), "nosuchuser", refused=ALL),
    "an unknown user of one script": Case(
        SECURE + instance(after='notify "/usr/bin/true" nosuchuser'), "nosuchuser", refused=ALL),
    "a user of one script": Case(SECURE + instance(after='notify "/usr/bin/true" root')),
    "two tracked files without a directory": Case(
        "track_file a {\n    file /none/a\n}\ntrack_file b {\n    file /none/b\n}\n"
        + instance(after="track_file {\n a weight 1\n b weight 1\n}"), "realpath() error 2", refused=("2.2.8", "9")),
    "an unknown keyword": Case(instance("no_such_word 5"), "no_such_word", refused=ALL),
    "an interface that is not there": Case(
        instance().replace("eth0", "eth9"), "interface eth9 for vrrp_instance VI_1 doesn't exist", refused=ALL),
    "a password that is too long": Case(
        instance("authentication {\n auth_type PASS\n auth_pass longerthan8\n}"), "Truncating auth_pass", refused=ALL),
    "nopreempt of a master": Case(
        instance("state MASTER\n    priority 200\n    nopreempt"), "nopreempt will not work", refused=ALL),
}


def within(version: tuple[int, ...], span: tuple[str, str]) -> bool:
    """Whether a version is at least the first and below the last of a span."""
    first, last = (tuple(map(int, each.split("."))) if each else None for each in span)
    return first is not None and last is not None and first <= version < last


def test_the_same_verdict_as_the_daemon_does(
    keepalived: Program, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("tried", len(CASES))
    (tmp_path / "run.sh").touch(0o755)
    file = tmp_path / "texts.json"
    file.write_text(json.dumps({name: case.text for name, case in CASES.items()}))
    keepalived.run(tmp_path, f'PYTHONPATH="{os.pathsep.join(sys.path)}" "{sys.executable}" "{DRIVER}" '
                             f'"$program" {keepalived.version} "{file}"')
    wrong = {}
    for name, (refused, remarks) in json.loads(file.read_text()).items():
        case = CASES[name]
        expected = [within(keepalived.numbers, case.refused), within(keepalived.numbers, case.remark)]
        if [bool(refused), bool(remarks)] != expected or (
                any(expected) and not any(case.message in each for each in refused or remarks)):
            wrong[name] = {"refused": refused, "remarks": remarks}
    assert wrong == {}
