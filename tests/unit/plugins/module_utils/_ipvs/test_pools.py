# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which real servers are usable, down, or the sorry server, by keepalived.conf and the kernel's table."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import pools

ONE, TWO, SORRY = "198.18.0.21", "198.18.0.22", "198.18.0.99"


def entry(**weights):
    """Return a virtual server of the kernel's table."""
    names = {"one": ONE, "two": TWO, "sorry": SORRY}
    return {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "fwmark": None, "ip_family": "inet",
            "real_server": [{"ip": names[name], "port": 80, "weight": weight} for name, weight in weights.items()]}


def config(*real, **more):
    """Return the data of keepalived.conf."""
    real = real or ({"ip": ONE, "port": 80}, {"ip": TWO, "port": 80})
    service = {"ip": "198.18.0.100", "port": 80, "real_server": list(real), **more}
    return {"virtual_server": [{key: value for key, value in service.items() if value is not None}]}


@pytest.mark.parametrize(("table", "usable", "failed", "sorry"), [
    (entry(one=1, two=1), [ONE, TWO], [], False),
    (entry(one=1), [ONE], [TWO], False),
    (entry(one=1, two=0), [ONE], [TWO], False),
    (entry(), [], [ONE, TWO], False),
    (entry(sorry=1), [], [ONE, TWO], True),
    (entry(one=0, two=0, sorry=1), [], [ONE, TWO], True),
    (entry(one=1, two=1, sorry=0), [ONE, TWO], [], False),
])
def test_what_the_kernel_has(table, usable, failed, sorry):
    found = pools.pool(config(sorry_server="%s 80" % SORRY), table)
    assert [address for address, dummy in pools.usable(found, table)] == usable
    assert [address for address, dummy in pools.failed(found, table)] == failed
    assert pools.is_on_sorry_server(found, table) == sorry


def test_what_is_drained_has_not_failed():
    found = pools.pool(config({"ip": ONE, "port": 80, "weight": 0}, {"ip": TWO, "port": 80}), entry(one=0, two=1))
    assert pools.failed(found, entry(one=0, two=1)) == []


def test_a_sorry_server_that_is_a_real_server_is_one():
    found = pools.pool(config(sorry_server="%s 80" % ONE), entry(one=1))
    assert found.sorry is None and pools.usable(found, entry(one=1)) == [(ONE, 80)]


def test_a_weight_for_all_and_a_port_of_the_service():
    found = pools.pool(config({"ip": ONE}, {"ip": "0198.18.0.22"}, weight=3), entry(one=3))
    assert found.weights == {(ONE, 80): 3}


@pytest.mark.parametrize(("line", "covered"), [
    ("198.18.0.100 80", True), ("198.18.0.100 443", False), ("198.18.0.96-104 80", True),
    ("198.18.0.101-104 80", False),
    ("198.18.0.96-198.18.0.104 80", True), ("198.18.0.96/28 80", True), ("198.18.0.112/28 80", False),
    ("fwmark 8", False), ("$IP 80", False), ("2001:db8::100 80", False), ("198.18.0.100", False),
])
def test_the_addresses_of_a_group(line, covered):
    data = config(ip=None, port=None, group="web")
    data["virtual_server_group"] = [
        {"name": "web", "address": [line]}, {"name": "mail", "address": ["198.18.0.100 80"]}]
    assert (pools.pool(data, entry()) is not None) == covered


@pytest.mark.parametrize(("data", "known"), [
    (config(ip=None, port=None, fwmark=8), True), (config(ip=None, port=None, fwmark=9), False), (config(), False)])
def test_a_firewall_mark(data, known):
    marked = dict(entry(), ip=None, port=None, protocol=None, fwmark=8)
    assert (pools.pool(data, marked) is not None) == known


@pytest.mark.parametrize("data", [{}, config(protocol="UDP"), config(port=81), config(ip="198.18.0.101"),
                                  config(ip="$IP")])
def test_what_the_file_does_not_say_is_not_known(data):
    assert pools.pool(data, entry(one=1)) is None
    assert pools.usable(None, entry(one=1)) == [(ONE, 80)]
