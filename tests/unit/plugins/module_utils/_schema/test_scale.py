# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The work grows with the size of the configuration and no faster; counted, since time depends on the machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

pytestmark = pytest.mark.long

_SERVER = """\
    real_server 198.18.%d.%d 80 {
        weight %d
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 3
            connect_port %d
            retry 3
            delay_before_retry 2
        }
    }
"""


def text(servers: int, first: int) -> str:
    """One virtual server with so many real servers, numbered from ``first`` on, no two of them the same."""
    numbers = range(first, first + servers)
    lines = [_SERVER % (number // 250, number % 250 + 1, number, number + 1) for number in numbers]
    return "virtual_server 198.19.0.1 80 {\n    protocol TCP\n%s}\n" % "".join(lines)


def calls(function: Callable[[Any], Any], argument: Any) -> int:
    """The number of calls that one call makes, those into C among them."""
    count = 0

    def profile(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function(argument)
    finally:
        sys.setprofile(None)
    return count


def arguments(servers: int, first: int) -> Iterator[tuple[Callable[[Any], Any], Any]]:
    """The functions with what they work on; what was seen before would cost less."""
    document = parse(text(servers, first))
    data = read(document)
    yield read, document
    yield check, data
    yield render, data


def test_the_work_is_linear() -> None:
    for (function, small), (_function, large) in zip(arguments(300, 10000), arguments(1200, 20000)):
        assert calls(function, large) == pytest.approx(4 * calls(function, small), rel=0.1), function.__name__


_INSTANCE = """\
vrrp_instance V%d {
    interface eth0
    virtual_router_id %d
    virtual_ipaddress {
        10.%d.%d.1/24
    }
}
"""
_INCLUDE = "include /etc/keepalived/%d.conf\n"
_ADDRESSES = "vrrp_instance V {\n    interface eth0\n    virtual_router_id 1\n    virtual_ipaddress {\n%s    }\n}\n"
_GROUP = """\
virtual_server_group G {
%s}
virtual_server group G {
    lb_kind NAT
    protocol TCP
%s}
"""
HOST = {"interfaces": {"eth0": ["198.18.0.1/24"]}, "promotes": []}


def _instances(numbers: range) -> str:
    return "".join(_INSTANCE % (number, number % 255 + 1, number // 250, number % 250) for number in numbers)


def _judge(written: str) -> None:
    lint_text(written, host=HOST)


def _read(written: str) -> None:
    read(parse(written))


@pytest.mark.parametrize("function, made", [
    pytest.param(_judge, _instances, id="instances"),
    pytest.param(_judge, lambda numbers: _ADDRESSES % "".join(
        f"        10.{number // 250}.{number % 250}.1/24\n" for number in numbers), id="addresses of one instance"),
    pytest.param(_judge, lambda numbers: _GROUP % (
        "".join(f"    198.19.{number // 250}.{number % 250} 80\n" for number in numbers),
        "".join(f"    real_server 198.18.{number // 250}.{number % 250} 80 {{\n    }}\n" for number in numbers)),
        id="a group and its servers"),
    pytest.param(_read, lambda numbers: "".join(map(_INCLUDE.__mod__, numbers)) + _instances(numbers),
                 id="includes before instances"),
    pytest.param(_read, lambda numbers: _instances(numbers) + "".join(map(_INCLUDE.__mod__, numbers)),
                 id="includes behind instances"),
])
def test_many_of_a_kind_take_no_time(function: Callable[[str], None], made: Callable[[range], str]) -> None:
    """Looking at all the others again for each of them would take 64 times as long; a step a pair is not felt."""
    small, large = (calls(function, made(range(10_000, 10_000 + count))) for count in (100, 800))
    assert large < 24 * small


def test_a_line_costs_little() -> None:
    servers = 1000
    lines = text(servers, 30000).count("\n")
    for function, argument in arguments(servers, 30000):
        assert calls(function, argument) / lines < 45, function.__name__
