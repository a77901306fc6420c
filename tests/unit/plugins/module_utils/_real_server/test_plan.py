# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a real server on a model of a host: what it sets, in which order, and that it can be taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files, plan
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import (
    DR,
    NAT,
    TUN,
    Service,
    refusals,
)
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    BACKUP_ONLY,
    Address,
    Link,
    Route,
    Rule,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server import model
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server.model import REAL_IP, REAL_IP6

INTERFACE = ["eth1"]
VIRTUAL = ("198.18.0.100", "198.18.0.101", "fd00:18::100", "fd00:18::101")


def nat(ip="203.0.113.10", **changes):
    own, gateway = (REAL_IP6, "fd00:18::1") if ":" in ip else (REAL_IP, "198.18.0.1")
    return Service(ip, NAT, **{"real_ip": own, "port": 8080, "protocol": "TCP", "gateway": gateway, **changes})


@st.composite
def services(draw):
    """Services that nothing stands against."""
    chosen = draw(st.lists(st.sampled_from(VIRTUAL), unique=True))
    guard = draw(st.sampled_from((None, True)))
    found = [Service(ip, draw(st.sampled_from((DR, TUN))), loop_guard=guard) for ip in chosen]
    for port in draw(st.lists(st.integers(80, 83), unique=True)):
        family = draw(st.sampled_from(("203.0.113.%d", "fd00:203::%d")))
        gateway = draw(st.integers(1, 3))
        found.append(nat(family % port, port=port, protocol=draw(st.sampled_from(("TCP", "UDP", "SCTP"))),
                         gateway=("fd00:18::%d" if ":" in family else "198.18.0.%d") % gateway))
    return draw(st.permutations(found))


@st.composite
def hosts(draw):
    """Hosts with different settings, some of which had virtual addresses before."""
    found = model.host(booted=draw(st.booleans()))
    values = {name: draw(st.sampled_from("012")) for name in found.sysctl}
    loopback = found.devices["lo"]
    extra = tuple(Address("lo", "198.18.0.100", length, "global", label=draw(st.sampled_from(("", "lo:0"))))
                  for length in draw(st.sets(st.sampled_from((24, 32)))))
    devices = {**found.devices, "lo": loopback._replace(addresses=(*loopback.addresses, *extra))}
    if draw(st.booleans()):
        devices["tunl0"] = model.device("tunl0", up=draw(st.booleans()))
        values.update((f"net.ipv4.conf.tunl0.{key}", draw(st.sampled_from("012"))) for key in model.KEYS)
    if draw(st.booleans()):
        values[BACKUP_ONLY] = draw(st.sampled_from("01"))
    return found._replace(devices=devices, sysctl=values)


def carried_out(found, wanted, interface=tuple(INTERFACE)):
    """The host after the plan for the services, and the steps."""
    made = plan.make(wanted, list(interface) if wanted else [], found)
    found = model.begin(found, made)
    for step in made.steps:
        found = model.apply(found, step)
    return found, made.steps


def commands(found, wanted, interface=tuple(INTERFACE)):
    return plan.commands(plan.make(wanted, list(interface), found).steps)


@given(hosts(), services())
def test_nothing_stands_against_what_these_tests_use(found, wanted):
    assert refusals(wanted, INTERFACE, found) == []


@given(hosts(), services(), services())
def test_after_a_plan_nothing_is_left_to_do(found, first, second):
    for wanted in (first, second, [], first):
        found, dummy = carried_out(found, wanted)
        assert carried_out(found, wanted)[1] == []


@given(hosts(), services(), services())
def test_without_services_the_host_is_as_it_was(found, first, second):
    start = found
    for wanted in (first, second, []):
        found, dummy = carried_out(found, wanted)
    adopted = {service.ip for service in (*first, *second) if service.lb_kind != NAT}
    loopback = start.devices["lo"]
    kept = tuple(address for address in loopback.addresses if address.address not in adopted)
    expected = start._replace(devices={**start.devices, "lo": loopback._replace(addresses=kept)})
    assert model.kernel(found) == model.kernel(expected)
    assert model.lasting(found) == model.lasting(start)


@given(hosts(), services(), services(), st.data())
def test_a_failing_step_leaves_the_host_as_it_was(found, first, second, data):
    found, dummy = carried_out(found, first)
    start = found
    steps = plan.make(second, INTERFACE, found).steps
    done = steps[:data.draw(st.integers(0, len(steps)))]
    for step in done:
        found = model.apply(found, step)
    # The last one may not have run when the change was interrupted, and what reverses it may be interrupted, too.
    begun = [*done, *steps[len(done):len(done) + 1]] if data.draw(st.booleans()) else done
    for _time in range(data.draw(st.integers(1, 2))):
        for step in reversed(begun):
            found = model.undo(found, step, start)
    assert model.kernel(found) == model.kernel(start)
    assert found.files == start.files and found.enabled == start.enabled
    # A unit whose file was there can be left started: that changes nothing.
    assert start.active <= found.active <= start.active | {files.UNIT}


@given(hosts(), services(), services())
def test_no_virtual_address_is_there_before_the_arp_settings(found, first, second):
    found, dummy = carried_out(found, first)
    for step in plan.make(second, INTERFACE, found).steps:
        before = found
        found = model.apply(found, step)
        if any("." in address for address in model.virtual(found) - model.virtual(before)):
            for device in ("all", "eth1"):
                assert found.sysctl[f"net.ipv4.conf.{device}.arp_ignore"] == "1"
                assert found.sysctl[f"net.ipv4.conf.{device}.arp_announce"] == "2"


@given(hosts(), services(), services())
def test_a_service_that_stays_is_never_interrupted(found, first, second):
    found, dummy = carried_out(found, first)
    stays = [service for service in first if service in second and service.lb_kind != NAT]
    held = {plan.virtual_address(plan.device_of(service), service.ip) for service in stays}
    for step in plan.make(second, INTERFACE, found).steps:
        found = model.apply(found, step)
        assert held <= {address for entry in found.devices.values() for address in entry.addresses}


@given(hosts(), services(), services(), st.data())
def test_what_is_to_be_taken_back_is_known_at_every_moment(found, first, second, data):
    start = found
    found, dummy = carried_out(found, first)
    made = plan.make(second, INTERFACE, found)
    found = model.begin(found, made)
    for step in made.steps[:data.draw(st.integers(0, len(made.steps)))]:
        found = model.apply(found, step)
    # a run that was killed in between, and then the host gives up all of it
    found, dummy = carried_out(found, [])
    assert found.sysctl == {**found.sysctl, **start.sysctl}
    assert {address.address for address in found.devices["lo"].addresses} <= {
        address.address for address in start.devices["lo"].addresses}
    assert found.rules == found.routes == () and found.files == {}


@given(hosts(), services(), services())
def test_the_lines_are_the_state_before_and_after(found, first, second):
    found, dummy = carried_out(found, first)
    made = plan.make(second, INTERFACE, found)
    after, dummy = carried_out(found, second)
    again = plan.make(second, INTERFACE, after)
    assert again.before == again.after
    # What was put back is told once.
    assert set(again.after) <= set(made.after)
    assert made.steps or made.before == made.after


def test_direct_routing():
    assert commands(model.host(), [Service("198.18.0.100", DR), Service("fd00:18::100", DR)]) == [
        "sysctl -w net.ipv4.conf.all.arp_ignore=1",
        "sysctl -w net.ipv4.conf.all.arp_announce=2",
        "sysctl -w net.ipv4.conf.eth1.arp_ignore=1",
        "sysctl -w net.ipv4.conf.eth1.arp_announce=2",
        "ip address replace 198.18.0.100/32 dev lo scope host",
        "ip address replace fd00:18::100/128 dev lo nodad preferred_lft 0",
        "systemctl daemon-reload",
        "systemctl start lvs-real-server.service",
    ]


def test_ipv6_alone_needs_no_settings():
    assert commands(model.host(booted=False), [Service("fd00:18::100", DR)], ()) == [
        "ip address replace fd00:18::100/128 dev lo nodad preferred_lft 0",
    ]


def test_tunnels():
    found = commands(model.host(booted=False), [Service("198.18.0.100", TUN), Service("fd00:18::100", TUN)])
    assert [line for line in found if "arp_" not in line] == [
        "modprobe ipip",
        "modprobe ip6_tunnel",
        "sysctl -w net.ipv4.conf.tunl0.rp_filter=2",
        "ip link set dev tunl0 up",
        "ip link set dev ip6tnl0 up",
        "ip address replace 198.18.0.100/32 dev tunl0 scope host",
        "ip address replace fd00:18::100/128 dev ip6tnl0 nodad preferred_lft 0",
    ]
    assert sum("arp_" in line for line in found) == 4


def test_nat_routes_just_the_answers():
    assert commands(model.host(), [nat(), nat("203.0.113.11", port=53, protocol="UDP", gateway="198.18.0.2")], ()) == [
        "ip -4 route replace default via 198.18.0.1 dev eth1 table 28000 protocol kernel",
        "ip -4 route replace default via 198.18.0.2 dev eth1 table 28001 protocol kernel",
        "ip -4 rule add preference 28000 from 198.18.0.31 ipproto 6 sport 8080 lookup main suppress_prefixlength 0"
        " protocol kernel",
        "ip -4 rule add preference 28000 from 198.18.0.31 ipproto 17 sport 53 lookup main suppress_prefixlength 0"
        " protocol kernel",
        "ip -4 rule add preference 28000 from 0.0.0.0 ipproto 17 sport 53 lookup main suppress_prefixlength 0"
        " protocol kernel",
        "ip -4 rule add preference 28001 from 198.18.0.31 ipproto 6 sport 8080 lookup 28000 protocol kernel",
        "ip -4 rule add preference 28001 from 198.18.0.31 ipproto 17 sport 53 lookup 28001 protocol kernel",
        "ip -4 rule add preference 28001 from 0.0.0.0 ipproto 17 sport 53 lookup 28001 protocol kernel",
        "systemctl daemon-reload",
        "systemctl start lvs-real-server.service",
        "systemctl start lvs-real-server-routes.service",
    ]


def test_answers_by_udp_without_a_source_go_to_the_gateway_of_the_first_service():
    found = commands(model.host(), [nat(protocol="UDP"), nat("203.0.113.11", protocol="UDP", real_ip="192.0.2.31",
                                                             gateway="192.0.2.1"), nat("fd00:203::10", protocol="UDP")])
    assert [line.partition(" from ")[2].split()[0] for line in found if "preference 28001" in line] == [
        "198.18.0.31", "0.0.0.0", "192.0.2.31", "fd00:18::31"]
    assert [line.split("lookup ")[1] for line in found if "28001 from 0.0.0.0" in line] == ["28000 protocol kernel"]


def test_the_guard_is_there_before_the_address():
    guarded = Service("198.18.0.100", DR, loop_guard=True)
    found = commands(model.host(booted=False), [guarded])
    assert found[:2] == ["modprobe ip_vs", "sysctl -w net.ipv4.vs.backup_only=1"]
    assert found.index("ip address replace 198.18.0.100/32 dev lo scope host") > 1
    assert commands(with_ipvs("0"), [guarded])[0] == "sysctl -w net.ipv4.vs.backup_only=1"
    assert not [line for line in commands(with_ipvs("1"), [guarded]) if "backup_only" in line or "modprobe" in line]


@pytest.mark.parametrize("before", ["0", "1"])
def test_without_the_guard_ipvs_is_as_it_was(before):
    found, dummy = carried_out(with_ipvs(before), [Service("198.18.0.100", DR, loop_guard=True)])
    assert found.sysctl[BACKUP_ONLY] == "1"
    found, dummy = carried_out(found, [Service("198.18.0.100", DR)])
    assert found.sysctl[BACKUP_ONLY] == before and model.virtual(found) == {"198.18.0.100"}


def with_ipvs(value):
    found = model.host(booted=False)
    return found._replace(sysctl={**found.sysctl, BACKUP_ONLY: value})


@pytest.mark.parametrize(("every", "one", "loose"), [
    ("0", "0", False), ("1", "0", True), ("0", "1", True), ("2", "1", False), ("1", "2", False),
])
@pytest.mark.parametrize("service", [nat(), Service("198.18.0.100", DR)])
def test_a_strict_filter_by_reverse_path_becomes_loose(service, every, one, loose):
    found = model.host()
    found = found._replace(sysctl={**found.sysctl, "net.ipv4.conf.all.rp_filter": every,
                                   "net.ipv4.conf.eth1.rp_filter": one})
    assert ("sysctl -w net.ipv4.conf.eth1.rp_filter=2" in commands(found, [service])) == loose
    after, dummy = carried_out(found, [service])
    assert carried_out(after, [service])[1] == []


def test_a_filter_stays_strict_where_the_answers_leave_by_the_same_device():
    found = model.host(default_devices=frozenset({"eth1"}))
    found = found._replace(sysctl={**found.sysctl, "net.ipv4.conf.all.rp_filter": "1"})
    assert not [line for line in commands(found, [Service("198.18.0.100", DR)]) if "rp_filter" in line]


def test_the_name_of_a_device_can_have_dots():
    found = model.host()
    found = found._replace(devices={**found.devices, "eth0.5": model.device("eth0.5")},
                           sysctl={**found.sysctl, **model.settings(["eth0.5"])})
    assert "sysctl -w net.ipv4.conf.eth0/5.arp_ignore=1" in commands(found, [Service("198.18.0.100", DR)], ["eth0.5"])


def test_an_address_in_another_form_is_put_right():
    found = model.host(booted=False)
    loopback = found.devices["lo"]
    wrong = tuple(Address("lo", "198.18.0.100", length, "global", label="lo:0") for length in (24, 32))
    found = found._replace(devices={**found.devices, "lo": loopback._replace(addresses=wrong)})
    assert [line for line in commands(found, [Service("198.18.0.100", DR)]) if " address " in line] == [
        "ip address del 198.18.0.100/32 dev lo",
        "ip address replace 198.18.0.100/32 dev lo scope host",
        "ip address del 198.18.0.100/24 dev lo",
    ]


def test_a_rule_that_systemd_networkd_would_remove_is_put_right():
    found, dummy = carried_out(model.host(booted=False), [nat()])
    found = found._replace(rules=tuple(rule._replace(kept=False) for rule in found.rules))
    after, steps = carried_out(found, [nat()])
    assert [tuple(line.split()[2:4]) for line in plan.commands(steps)] == [("rule", "del"), ("rule", "add")] * 2
    assert all(rule.kept for rule in after.rules)


@pytest.mark.parametrize("lost", [
    lambda found: found._replace(routes=()),
    lambda found: found._replace(rules=found.rules[1:]),
    lambda found: found._replace(sysctl={**found.sysctl, "net.ipv4.conf.all.arp_ignore": "0"}),
    lambda found: found._replace(files={}, remembered=model.NOTHING),
    lambda found: found._replace(enabled=False),
    lambda found: found._replace(active=found.active - {files.UNIT}),
    lambda found: found._replace(active=found.active - {files.ROUTES_UNIT}),
    lambda found: found._replace(devices={**found.devices, "lo": model.device("lo", loopback=True)}),
])
def test_whatever_is_lost_comes_back(lost):
    wanted = [Service("198.18.0.100", DR), nat()]
    whole, dummy = carried_out(model.host(), wanted)
    found = lost(whole)
    assert plan.make(wanted, INTERFACE, found).steps
    again, dummy = carried_out(found, wanted)
    assert model.kernel(again)[2:] == model.kernel(whole)[2:] and again.sysctl == whole.sysctl
    assert model.virtual(again) == model.virtual(whole) == {"198.18.0.100"}
    assert set(again.files) == set(whole.files) and again.enabled and again.active == whole.active


@given(hosts(), services())
def test_what_is_remembered_is_in_the_unit_too(found, wanted):
    found, dummy = carried_out(found, wanted)
    lost = model.with_file(found, files.STATE, None)
    known = found.remembered
    assert lost.remembered == known._replace(**{key: tuple(reversed(getattr(known, key))) for key in (
        "addresses", "links", "tables")})
    again, dummy = carried_out(lost, wanted)
    assert again.remembered.sysctl == known.sysctl and set(again.remembered.addresses) == set(known.addresses)
    assert model.kernel(carried_out(lost, [])[0]) == model.kernel(carried_out(found, [])[0])


def test_an_address_that_somebody_else_has_set_in_just_our_form_stays():
    found = model.host(booted=False)
    loopback = found.devices["lo"]
    theirs = plan.virtual_address("lo", "198.18.0.100")
    start = found._replace(devices={**found.devices, "lo": loopback._replace(addresses=(*loopback.addresses, theirs))})
    wanted = [Service("198.18.0.100", DR), Service("198.18.0.101", DR)]
    found, dummy = carried_out(start, wanted)
    unit = found.files[files.path_of(files.UNIT)]
    assert "address del 198.18.0.101/32" in unit and "address del 198.18.0.100/32" not in unit
    assert carried_out(found, wanted)[1] == []
    found, dummy = carried_out(found, [])
    assert model.kernel(found) == model.kernel(start) and found.files == {}


def test_a_value_that_somebody_else_has_set_meanwhile_stays():
    found, dummy = carried_out(model.host(), [Service("198.18.0.100", DR)])
    found = found._replace(sysctl={**found.sysctl, "net.ipv4.conf.eth1.arp_ignore": "3"})
    found, dummy = carried_out(found, [])
    assert found.sysctl["net.ipv4.conf.eth1.arp_ignore"] == "3"
    assert found.sysctl["net.ipv4.conf.all.arp_ignore"] == "0" and found.files == {}


def test_a_rule_that_is_not_marked_as_ours_stays_with_its_routes():
    theirs = Rule(28001, "192.0.2.7", "TCP", 22, "28000", kept=False)
    start = model.host(rules=(theirs,), routes=(Route(4, 77, "192.0.2.1", "eth0", kept=False),))
    found, dummy = carried_out(start, [nat()])
    assert theirs in found.rules
    found, dummy = carried_out(found, [])
    assert model.kernel(found) == model.kernel(start)


def test_a_table_with_a_default_route_of_somebody_else_is_refused():
    theirs = Route(4, 28000, "192.0.2.1", "eth0", kept=False)
    found = model.host(routes=(theirs,))
    [sentence] = plan.taken([nat()], found)
    assert sentence.startswith("table 28000: has a default route that somebody else set") and theirs.text() in sentence
    assert plan.taken([Service("198.18.0.100", DR)], found) == plan.taken([nat("fd00:203::10")], found) == []
    after, dummy = carried_out(model.host(), [nat()])
    assert plan.taken([nat()], after) == []


@pytest.mark.parametrize("wanted", [[], [Service("198.18.0.100", DR)], [nat()]])
def test_after_an_interrupted_change_systemd_reads_its_files_again(wanted):
    found, dummy = carried_out(model.host(), wanted)
    told = plan.commands(plan.make(wanted, INTERFACE if wanted else [], found, owed=True).steps)
    routes = ["systemctl stop lvs-real-server-routes.service", "systemctl start lvs-real-server-routes.service"]
    reload = ["systemctl daemon-reload"]
    assert told == ([*routes[:1], *reload, *routes[1:]] if wanted == [nat()] else reload)
    left = model.with_file(found, files.PENDING, model.NOTHING.text())
    assert plan.commands(plan.make(wanted, INTERFACE if wanted else [], left).steps) == told
    assert files.PENDING not in carried_out(left, wanted)[0].files


def test_a_link_that_was_up_stays_up():
    found = model.host(booted=False)
    found = found._replace(devices={**found.devices, "tunl0": model.device("tunl0")},
                           sysctl={**found.sysctl, **model.settings(["tunl0"])})
    after, dummy = carried_out(carried_out(found, [Service("198.18.0.100", TUN)])[0], [])
    assert after.devices["tunl0"] == model.device("tunl0")


def test_the_route_to_a_new_gateway_replaces_the_other():
    found, dummy = carried_out(model.host(), [nat()])
    made = plan.make([nat(gateway="198.18.0.2")], [], found)
    assert plan.commands(made.steps) == [
        "systemctl stop lvs-real-server-routes.service",
        "ip -4 route replace default via 198.18.0.2 dev eth1 table 28000 protocol kernel",
        "systemctl daemon-reload",
        "systemctl start lvs-real-server-routes.service",
    ]
    assert set(made.before).symmetric_difference(made.after) == {
        Route(4, 28000, f"198.18.0.{last}", "eth1").text() for last in (1, 2)}


def test_what_the_settings_say_of_themselves():
    assert [setting.text() for setting in (
        Address("lo", "198.18.0.100", 32, "host"), Address("lo", "fd00:18::100", 128, deprecated=True), Link("tunl0"),
        Rule(28000, REAL_IP, "TCP", 80, "main"), Route(4, 28000, "198.18.0.1", "eth1", kept=False))] == [
        "address 198.18.0.100/32 dev lo scope host",
        "address fd00:18::100/128 dev lo nodad preferred_lft 0",
        "link tunl0 up",
        "rule preference 28000 from 198.18.0.31 ipproto 6 sport 80 lookup main suppress_prefixlength 0"
        " protocol kernel",
        "route default via 198.18.0.1 dev eth1 table 28000",
    ]
