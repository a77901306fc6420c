# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The text that is written, to the byte."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

FULL: dict[str, Any] = {
    "vrrp_instance": [
        {
            "virtual_ipaddress": ["198.18.0.100/24  dev eth1"],
            "track_script": ["check_nginx weight -20"],
            "notify": {"script": "/usr/local/bin/notify one", "user": "nobody"},
            "authentication": {"auth_pass": "se#ret", "auth_type": "PASS"},
            "advert_int": 0.1,
            "use_vmac": True,
            "smtp_alert": False,
            "nopreempt": True,
            "virtual_router_id": "51",
            "name": "VI 1",
        }
    ],
    "vrrp_script": [{"name": "check_nginx", "script": "/usr/bin/curl -s http://127.0.0.1/", "interval": 1.0}],
    "global_defs": {"router_id": "lb1", "notification_email": ["a@example.org", "b@example.org"]},
    "use_pid_dir": True,
    "child_wait_time": 10,
    "raw": ["include extra.conf", "$NAME=value", "vrrp_script other {\n  script /bin/true\n}"],
}

TEXT = """\
$NAME=value
use_pid_dir
child_wait_time 10

global_defs {
    router_id lb1
    notification_email {
        a@example.org
        b@example.org
    }
}

vrrp_script check_nginx {
    script "/usr/bin/curl -s http://127.0.0.1/"
    interval 1
}

vrrp_script other {
  script /bin/true
}

vrrp_instance "VI 1" {
    virtual_router_id 51
    advert_int 0.1
    nopreempt
    use_vmac
    authentication {
        auth_type PASS
        auth_pass "se#ret"
    }
    virtual_ipaddress {
        198.18.0.100/24 dev eth1
    }
    track_script {
        check_nginx weight -20
    }
    notify "/usr/local/bin/notify one" nobody
    smtp_alert off
}

include extra.conf
"""


def test_text() -> None:
    assert render(FULL) == TEXT


def test_order_of_the_data_does_not_matter() -> None:
    reverse = {key: FULL[key] for key in reversed(FULL)}
    assert render(reverse) == TEXT


def test_nothing_is_empty() -> None:
    assert render({}) == ""
    assert render(None) == ""


@pytest.mark.parametrize(
    ("version", "keyword"),
    [((2, 0, 20), "vrrp_track_file nginx {"), ((2, 1, 0), "track_file nginx {"), (None, "track_file nginx {")],
)
def test_track_file_before_2_1_0(version: Any, keyword: str) -> None:
    assert render({"track_file": [{"name": "nginx", "file": "/run/nginx"}]}, version).splitlines()[0] == keyword


@pytest.mark.parametrize(
    ("version", "keyword"), [((2, 2, 2), "vmac_garp_intvl"), ((2, 2, 3), "garp_extra_if"), (None, "garp_extra_if")]
)
def test_garp_extra_if_before_2_2_3(version: Any, keyword: str) -> None:
    data = {"vrrp_instance": [{"name": "a", "virtual_router_id": 1, "garp_extra_if": "all 5"}]}
    assert "    %s all 5\n" % keyword in render(data, version)


def test_errors_are_all_in_the_exception() -> None:
    with pytest.raises(ValueError, match="priorty") as caught:
        render({"vrrp_instance": [{"name": "a", "virtual_router_id": 300, "priorty": 1}]})
    assert len(str(caught.value).splitlines()) == 2


def test_what_cannot_be_written_is_an_error() -> None:
    with pytest.raises(ValueError, match="newline"):
        render({"global_defs": {"router_id": "a\nb"}})


def test_warnings_do_not_stop_it() -> None:
    assert render({"global_defs": {"enable_snmp_keepalived": True}}) == "global_defs {\n    enable_snmp_keepalived\n}\n"


def test_raw_lines_stand_at_their_keyword() -> None:
    data = {
        "vrrp_instance": [
            {
                "name": "a",
                "virtual_router_id": 1,
                "raw": ["zzz", "@lb1 priority 2", "@^lb1 priority 1", "$A=1"],
                "version": 3,
            }
        ]
    }
    lines = [line.strip() for line in render(data).splitlines()]
    assert lines == [
        "vrrp_instance a {",
        "$A=1",
        "virtual_router_id 1",
        "@lb1 priority 2",
        "@^lb1 priority 1",
        "version 3",
        "zzz",
        "}",
    ]
