# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Weights that are too small: what is found, and that the remedy's weight moves the address."""

from __future__ import annotations

import re

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import rules
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

RULE = next(rule for rule in rules() if rule.id == "cluster-weight-too-small")
SCRIPT = 'vrrp_script %s {\n  script "/usr/bin/true"\n  weight %d\n}\n'
INSTANCE = """\
vrrp_instance VI_1 {
  interface eth1
  virtual_router_id 51
  priority %d
  track_script {
    %s
  }
}
"""


def host(name, priority, weights):
    """A member whose scripts have these weights."""
    text = "".join(SCRIPT % entry for entry in weights.items())
    return Member(name, read(parse(text + INSTANCE % (priority, "\n    ".join(weights)))))


def found(*members):
    return [finding for finding in lint_clusters([Cluster(list(members), "lb")]) if finding.id == RULE.id]


@pytest.mark.parametrize(("priorities", "weight"), [
    ((100, 90), -2), ((100, 90), -10), ((100, 90), 2), ((100, 90), 10), ((250, 240), 2), ((200, 150), 30),
])
def test_the_weight_of_the_remedy_moves_the_address_and_one_less_does_not(priorities, weight):
    first, second = priorities
    finding, = found(host("lb1", first, {"web": weight}), host("lb2", second, {"web": weight}))
    assert finding.hosts == ["lb1"] and f"script web (weight {weight})" in finding.message
    needed = int(re.search(r"Use weight (-?\d+) or", finding.remedy)[1])
    assert not found(host("lb1", first, {"web": needed}), host("lb2", second, {"web": needed}))
    less = needed - (1 if needed > 0 else -1)
    assert found(host("lb1", first, {"web": less}), host("lb2", second, {"web": less}))


def test_a_positive_weight_that_the_heir_does_not_have_becomes_a_negative_one():
    finding, = found(host("lb1", 100, {"web": 5}), host("lb2", 90, {"other": -1}))
    needed = int(re.search(r"Use weight (-\d+) or less", finding.remedy)[1])
    assert not found(host("lb1", 100, {"web": needed}), host("lb2", 90, {"other": -1}))


def test_several_weights_count_together():
    finding, = found(host("lb1", 100, {"web": -4, "dns": -5}), host("lb2", 90, {"web": -4, "dns": -5}))
    assert "weights of together -11 or less" in finding.remedy
    assert not found(host("lb1", 100, {"web": -6, "dns": -5}), host("lb2", 90, {"web": -6, "dns": -5}))


@pytest.mark.parametrize(("one", "two"), [
    (host("lb1", 100, {"web": 4, "dns": -5}), host("lb2", 90, {"web": 4, "dns": -5})),
    (host("lb1", 254, {"web": 5}), host("lb2", 1, {"web": 5})),
])
def test_where_no_weight_of_one_script_would_do_the_remedy_is_a_fault(one, two):
    finding, = found(one, two)
    assert finding.remedy.startswith("Use weight 0, with which a failure is a FAULT, or priorities that are closer")


def test_who_has_the_same_weights_and_stands_lower_is_named_too():
    members = (host(name, priority, {"web": -2}) for name, priority in (("lb1", 100), ("lb2", 90), ("lb3", 80)))
    finding, = found(*members)
    assert finding.hosts == ["lb1", "lb2"] and "likewise on lb2" in finding.message


@pytest.mark.parametrize(("member", "reason"), [
    (host("lb2", 255, {"web": -2}), "the owner keeps its priority"),
    (Member("lb2", read(parse("vrrp_instance VI_1 {\n  interface eth1\n  virtual_router_id 51\n}\n"))), "no priority"),
])
def test_nothing_is_said_where_nothing_can_be_known_or_changed(member, reason):
    assert not found(host("lb1", 100, {"web": -200}), member), reason
