# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts have in common and what each has of its own; put together it is what it was."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.factor import merged, same, split

SCALARS = st.integers(0, 3) | st.booleans() | st.sampled_from(["a", "b", "1", 1.0, 0.5])
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, min_size=1, max_size=2),
    st.dictionaries(st.sampled_from("xyz"), SCALARS, min_size=1, max_size=2),
)
BLOCKS = st.builds(
    lambda name, block: {"name": name, **block},
    st.sampled_from(["VI_1", "VI_2", 3]),
    st.dictionaries(st.sampled_from(["priority", "state", "virtual_ipaddress"]), VALUES, max_size=3),
)
SECTIONS = st.one_of(
    VALUES,
    st.lists(BLOCKS, min_size=1, max_size=3),
    st.lists(st.dictionaries(st.sampled_from(["ip", "port"]), SCALARS, min_size=1), min_size=1, max_size=2),
)
CONFIGURATIONS = st.dictionaries(st.sampled_from(["global_defs", "vrrp_instance", "virtual_server", "raw"]), SECTIONS)


@st.composite
def groups(draw):
    """The configurations of one to four hosts, most of them much alike."""
    first = draw(CONFIGURATIONS)
    hosts = {"lb1": first}
    for number in range(2, draw(st.integers(1, 4)) + 1):
        other = copy.deepcopy(first) if draw(st.booleans()) else draw(CONFIGURATIONS)
        for section in list(other):
            change = draw(st.sampled_from(["keep", "keep", "drop", "replace", "block"]))
            if change == "drop":
                del other[section]
            elif change == "replace":
                other[section] = draw(SECTIONS)
            elif change == "block" and isinstance(other[section], list) and isinstance(other[section][0], dict):
                other[section][0]["priority"] = draw(VALUES)
        hosts["lb%d" % number] = other
    return hosts


@settings(max_examples=400, deadline=None)
@given(groups())
def test_what_was_split_is_merged_again(hosts):
    before = copy.deepcopy(hosts)
    parts = split(hosts)
    for host, data in hosts.items():
        assert same(merged(parts, host), data)
        assert not set(parts.own[host]) & (set(parts.common) | set(parts.override[host]))
    assert same(hosts, before)


@settings(max_examples=50, deadline=None)
@given(CONFIGURATIONS, st.integers(1, 3))
def test_hosts_that_are_alike_have_nothing_of_their_own(data, count):
    parts = split({"lb%d" % number: data for number in range(count)})
    assert same(parts.common, data)
    assert not any(parts.override.values()) and not any(parts.own.values())


def test_what_differs_in_named_blocks_is_an_override():
    hosts = {
        host: {
            "global_defs": {"router_id": host, "smtp_server": "127.0.0.1"},
            "vrrp_instance": [{"name": "VI_1", "interface": "eth0", "priority": priority}, {"name": "VI_2"}],
        } for host, priority in (("lb1", 100), ("lb2", 90))
    }
    parts = split(hosts)
    assert parts.common == {"global_defs": {"smtp_server": "127.0.0.1"},
                            "vrrp_instance": [{"name": "VI_1", "interface": "eth0"}, {"name": "VI_2"}]}
    assert parts.override["lb2"] == {"global_defs": {"router_id": "lb2"},
                                     "vrrp_instance": [{"name": "VI_1", "priority": 90}]}
    assert parts.own == {"lb1": {}, "lb2": {}}


@pytest.mark.parametrize("first, second", [
    ([{"name": "VI_1"}], [{"name": "VI_2"}]),
    ([{"name": "VI_1"}, {"name": "VI_2"}], [{"name": "VI_2"}, {"name": "VI_1"}]),
    ([{"name": "VI_1", "priority": 1}, {"name": "VI_1"}], [{"name": "VI_1"}, {"name": "VI_1"}]),
    ([{"ip": "10.0.0.1", "port": 80}], [{"ip": "10.0.0.1", "port": 81}]),
    (["include a.conf"], ["include b.conf"]),
    ([{"name": "VI_1"}], None),
])
def test_what_an_override_cannot_say_is_the_host_s_own(first, second):
    hosts = {"lb1": {"section": first}, "lb2": {"section": second} if second else {}}
    parts = split(hosts)
    assert parts.common == {}
    assert parts.own == hosts


@pytest.mark.parametrize("first, second", [(True, 1), (1, 1.0), ("1", 1), ([1], [1, 1]), ({"a": 1}, {"b": 1})])
def test_values_of_different_types_are_not_the_same(first, second):
    assert not same(first, second)
    assert same(first, copy.deepcopy(first))
