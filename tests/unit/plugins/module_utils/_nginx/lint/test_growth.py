# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judging takes as long for each of many servers as for each of few."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check

SITE = {"listen": ["80", "[::]:80", "443 ssl"], "ssl_certificate": "/c", "ssl_certificate_key": "/k", "root": "/srv"}
SHAPES = {
    "sites": lambda number: {"http": {"server": [
        {"name": f"s{index}", "server_name": [f"s{index}.example"], **SITE} for index in range(number)]}},
    "streams": lambda number: {
        "http": {"server": [{"name": f"s{index}", "listen": [str(20000 + index)], "root": "/srv"}
                            for index in range(number)]},
        "stream": {"server": [{"name": f"t{index}", "listen": [str(10000 + index)], "proxy_pass": "198.18.0.21:80"}
                              for index in range(number)]}},
    "upstreams": lambda number: {"http": {
        "upstream": [{"name": f"u{index}", "server": ["198.18.0.21:80"]} for index in range(number)],
        "server": [{"name": "www", "server_name": ["a"], "listen": ["80"], "location": [
            {"uri": f"/{index}/", "proxy_pass": f"http://u{index}"} for index in range(number)]}]}},
}


def calls(data):
    """Return how many functions are called while a configuration is judged."""
    canonical, findings = normalise(data)
    assert findings == []
    count = 0

    def counted(frame, event, dummy):
        nonlocal count
        count += event == "call"

    former = sys.getprofile()
    sys.setprofile(counted)
    try:
        assert check(canonical) == []
    finally:
        sys.setprofile(former)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_many_take_twice_as_long(shape):
    assert calls(SHAPES[shape](120)) < 2.2 * calls(SHAPES[shape](60))
