# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mails that would never be sent: what is missing is named, and what asks for them is found wherever it stands."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint

INSTANCE = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
            "virtual_ipaddress": ["198.18.0.100/24"]}
ADDRESSES = {"notification_email": ["admin@example.com"], "smtp_server": "192.0.2.25"}


def said(global_defs, instance=None, **sections):
    """Return the ids and keywords of the findings about mail."""
    data = dict({"global_defs": global_defs, "vrrp_instance": [dict(INSTANCE, **(instance or {}))]}, **sections)
    return [(finding.id, finding.keyword) for finding in lint(data) if finding.id.startswith("mail-")]


def service(**real_server):
    server = dict({"ip": "198.18.0.21", "port": 80}, **real_server)
    return {"virtual_server": [{"ip": "198.18.0.100", "port": 80, "lb_algo": "rr", "lb_kind": "DR", "protocol": "TCP",
                                "real_server": [server]}]}


@pytest.mark.parametrize("more, instance", [
    ({"smtp_alert": True}, {}), ({"smtp_alert_vrrp": True}, {}), ({"raw": ["smtp_alert"]}, {}),
    ({}, {"smtp_alert": True}), ({}, {"raw": ["smtp_alert true"]}),
])
def test_whatever_asks_for_mails_is_found(more, instance):
    assert said(dict(ADDRESSES, **more), instance) == []


@pytest.mark.parametrize("more", [{}, {"smtp_alert": False}, {"no_email_faults": True}])
def test_addresses_for_which_nothing_asks_are_named(more):
    assert said(dict(ADDRESSES, **more)) == [("mail-never-sent", "notification_email")]


def test_real_servers_are_mailed_about_by_themselves():
    assert said(ADDRESSES, **service()) == []


@pytest.mark.parametrize("more, server", [
    ({"smtp_alert": False}, {}), ({"smtp_alert_checker": False}, {}), ({}, {"smtp_alert": False}),
])
def test_real_servers_that_were_told_not_to_are_not(more, server):
    assert said(dict(ADDRESSES, **more), **service(**server)) == [("mail-never-sent", "notification_email")]


@pytest.mark.parametrize("keyword", ["smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker"])
def test_asking_without_any_address_is_named(keyword):
    assert said({keyword: True}) == [("mail-incomplete", keyword)]


def test_an_instance_that_asks_without_any_address_is_named():
    assert said({}, {"smtp_alert": True}) == [("mail-incomplete", "smtp_alert")]


@pytest.mark.parametrize("have, need", [("notification_email", "smtp_server"), ("smtp_server", "notification_email")])
def test_one_half_of_the_addresses_is_named_once(have, need):
    assert said({have: ADDRESSES[have], "smtp_alert": True}) == [("mail-incomplete", have)]


def test_what_an_included_file_may_hold_is_not_missed():
    assert said(dict(ADDRESSES), raw=["include mail.conf"]) == []
    assert said({"smtp_alert": True}, raw=["include mail.conf"]) == []
