# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The work grows with the size of the configuration and no faster; counted, since time depends on the machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
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


def test_a_line_costs_little() -> None:
    servers = 1000
    lines = text(servers, 30000).count("\n")
    for function, argument in arguments(servers, 30000):
        assert calls(function, argument) / lines < 45, function.__name__
