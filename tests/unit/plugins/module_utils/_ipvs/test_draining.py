# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections to drained real servers by kind, and the wait for their end by the clock."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import draining

VIP, WEB1, WEB2 = "198.18.0.100", "198.18.0.21", "198.18.0.22"
# as ip_vs_conn_seq_show() of ip_vs_conn.c prints it
TABLE = """\
Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP C6120005 0000 C6120064 0050 C6120015 0050 NONE            300
TCP C6120005 A1B2 C6120064 0050 C6120015 0050 ESTABLISHED     899
TCP C6120005 A1B3 C6120064 0050 C6120015 0050 SYN_RECV         59
TCP C6120005 A1B4 C6120064 0050 C6120015 0050 FIN_WAIT        119
TCP C6120005 A1B5 C6120064 0050 C6120016 0050 ESTABLISHED     898
UDP C6120005 A1B6 C6120064 0035 C6120015 0035 UDP             301
UDP C6120005 A1B7 C6120065 0035 C6120015 0035 UDP             302
IP  C6120005 0000 00000007 0000 C6120015 0000 NONE             50
TCP 20010db8:0000:0000:0000:0000:0000:0000:0005 A1B8 2001:0db8:0000:0000:0000:0000:0000:0100 0050 \
2001:0db8:0000:0000:0000:0000:0000:0021 0050 ESTABLISHED      10
SCTP C6120005 A1B9 C6120064 0050 C6120015 0050 COOKIE_ECHOED  20
garbage
"""


def count(servers, counts=lambda service: True):
    return draining.counted(draining.entries(TABLE.splitlines()), servers, counts)


@pytest.mark.parametrize(("servers", "expected"), [
    ([WEB1], {"established": 1, "opening": 2, "udp": 2, "closing": 1, "template": 2, "expires": 899}),
    ([WEB2], {"established": 1, "opening": 0, "udp": 0, "closing": 0, "template": 0, "expires": 898}),
    (["2001:db8::21"], {"established": 1, "opening": 0, "udp": 0, "closing": 0, "template": 0, "expires": 10}),
    (["198.18.0.99"], {"established": 0, "opening": 0, "udp": 0, "closing": 0, "template": 0, "expires": 0}),
])
def test_connections_are_counted_by_kind(servers, expected):
    assert count(servers) == expected


def test_those_of_another_director_do_not_count():
    assert count([WEB1], lambda service: service == "198.18.0.101")["udp"] == 1


def place(weight=0):
    return [{"ip": VIP, "port": 80, "protocol": "TCP", "fwmark": None, "ip_family": "inet",
             "real_server": [{"ip": WEB1, "port": 80, "weight": weight}, {"ip": WEB2, "port": 80, "weight": 1}]}]


PLACE = place()
LINE = "TCP C6120005 A1B2 C6120064 0050 C6120015 0050 ESTABLISHED     899\n"


class Host:
    """A host whose clock goes on by what is slept, and by the cost of each inspection."""

    def __init__(self, lines=((LINE,),), addresses=((VIP,),), services=(PLACE,), cost=0.0):
        self.now, self.cost, self.looks = 1000.0, cost, 0
        self.values = [itertools.chain(each, itertools.repeat(each[-1])) for each in (lines, addresses, services)]

    def host(self):
        lines, addresses, services = self.values
        return draining.Host(lambda: self.interfaces(next(addresses)), lambda: next(services),
                             lambda: self.table(lines), lambda: self.now, self.sleep)

    def interfaces(self, addresses):
        self.looks += 1
        return {"lo": {"loopback": True, "addresses": [{"address": "198.18.0.101"}]},
                "eth1": {"loopback": False, "addresses": [{"address": each} for each in addresses]}}

    def table(self, lines):
        self.now += self.cost
        return next(lines)

    def sleep(self, seconds):
        self.now += seconds


@pytest.mark.parametrize(("host", "timeout", "state", "elapsed"), [
    (Host([()]), 0, "drained", 0), (Host(), 0, "busy", 0), (Host([(LINE,), (LINE,), ()]), 60, "drained", 4),
    (Host(), 600, "busy", 600), (Host(), 7, "busy", 7), (Host(), 100000, "busy", 100000),
    # the address has gone to another director, or was only on loopback
    (Host(addresses=[(VIP,), (VIP,), ()]), 60, "idle", 4), (Host(addresses=[("198.18.0.101",)]), 60, "idle", 0),
    # the check of the real server fails meanwhile
    (Host(services=[place(), place(), []]), 60, "gone", 4),
    # the daemon has not taken the weight yet
    (Host([()], services=[place(3), place(3), place()]), 60, "drained", 4),
    # a long table is read less often
    (Host(cost=3), 60, "busy", 63),
])
def test_it_waits_by_the_clock_and_no_longer_than_it_has_to(host, timeout, state, elapsed):
    result = draining.wait(host.host(), [WEB1], [VIP, "198.18.0.101"][:1], timeout, 2)
    assert (result["state"], result["elapsed"]) == (state, elapsed)
    assert host.looks <= 1 + timeout / max(2, 10 * host.cost) + 1
    assert result["held"] == ([] if state == "idle" else [VIP])
    if state == "busy":
        assert result["waited_for"] == 1 and result["real_server"][0]["others"] == [WEB2]


def test_without_an_address_that_moves_all_connections_count():
    assert draining.wait(Host(addresses=[()]).host(), [WEB1], [], 0, 2)["state"] == "busy"
