# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs lvs_real_server on a host with real neighbours and prints what happened; see the tests beside it.

    python real_server_driver.py SCENARIO    in a network and a mount namespace of its own
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import real_server_network as network
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files
from ansible_collections.openvip.cluster.plugins.modules import lvs_real_server

VIP, VIP6, SECOND = "198.18.0.100", "fd00:18::100", "198.18.0.101"
DR = {"interface": ["eth1"], "virtual_server": [{"ip": VIP, "lb_kind": "DR"}, {"ip": VIP6, "lb_kind": "DR"}]}
NAT = {"virtual_server": [
    {"ip": "203.0.113.10", "lb_kind": "NAT", "real_ip": network.REAL_IP, "port": 8080, "gateway": "198.18.0.1"},
    {"ip": "fd00:203::10", "lb_kind": "NAT", "real_ip": network.REAL_IP6, "port": 8080, "gateway": "fd00:18::1"}]}
BOTH = {"interface": ["eth1"], "virtual_server": [*DR["virtual_server"], *NAT["virtual_server"]]}
ABSENT = {"state": "absent"}

# Programs of the host that go before the real ones.
PROGRAMS = Path("/run/programs")
CALLS = Path("/run/calls")
# What systemctl does of a systemd that runs.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>/run/calls
case $1 in
    start) mkdir -p /run/active; touch "/run/active/$2" ;;
    # unquoted: it may be a pattern
    stop) rm -f /run/active/$2 ;;
    is-active) test -e "/run/active/$3" ;;
esac
"""


def run(check=False, **options):
    """Run the module and return its result."""
    # What was read of the options of the run before.
    basic._ANSIBLE_ARGS = None
    output = io.StringIO()
    arguments = dict(options, _ansible_check_mode=check, _ansible_diff=True, _ansible_remote_tmp="/run")
    with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        lvs_real_server.main()
    return json.loads(output.getvalue().splitlines()[-1])


def program(name, text):
    """Put a program before the real one."""
    PROGRAMS.mkdir(exist_ok=True)
    path = PROGRAMS / name
    path.write_text(text)
    path.chmod(0o755)


def written():
    """Return the texts of all our files, and where the link leads that starts the unit."""
    found = {name: Path(name).read_text() for name in files.FILES if os.path.exists(name)}
    if os.path.islink(files.ENABLED):
        found[files.ENABLED] = os.readlink(files.ENABLED)
    return found


def everything():
    return {"kernel": network.state(), "files": written()}


def lines(word, name=files.UNIT):
    """Return the commands of a unit."""
    return [line.partition("=")[2] for line in Path(files.path_of(name)).read_text().splitlines()
            if line.startswith(word + "=")]


def run_lines(word):
    """Run the commands as systemd does: one after the other until one fails that must not."""
    for line in lines(word):
        subprocess.run(shlex.split(line.lstrip("-")), check=not line.startswith("-"), capture_output=True)


def four(*steps):
    """Check, run, check again and run again, for each of the options in turn."""
    story = []
    for options in steps:
        before = everything()
        check = run(check=True, **options)
        untouched = everything() == before
        first = run(**options)
        after = everything()
        story.append({"check": check, "untouched": untouched, "first": first, "again_check": run(check=True, **options),
                      "again": run(**options), "same": everything() == after, "state": after})
    return story


def scenario_four():
    start = network.state()
    return {"story": four(DR, {**DR, "virtual_server": DR["virtual_server"][1:]}, NAT, BOTH, ABSENT),
            "start": start, "end": everything()}


def scenario_direct_routing():
    story = {}
    network.ip(f"address add {VIP}/32 dev lo")
    network.ip(f"address add {SECOND}/32 dev eth1")
    network.ip("address add fd00:18::101/128 dev eth1 nodad")
    story["by_hand"] = {
        "answers_arp": network.answers_arp(VIP), "asks_as": network.asks_as(VIP, "198.18.0.77"),
        "source": network.source_to("198.51.100.1"), "answers_solicitation": network.answers_solicitation(
            "fd00:18::101")}
    network.ip(f"address del {SECOND}/32 dev eth1")
    network.ip("address del fd00:18::101/128 dev eth1")
    start = network.state()
    story["run"] = run(**DR)
    with network.listening(VIP, 80), network.listening(VIP6, 80):
        story["prepared"] = {
            "answers_arp": network.answers_arp(VIP), "asks_as": network.asks_as(VIP, "198.18.0.78"),
            "source": network.source_to("198.51.100.1"), "source6": network.source_to("fd00:18::1"),
            "answers_solicitation": network.answers_solicitation(VIP6),
            "forwards": network.forwards(VIP, 80), "forwards6": network.forwards(VIP6, 80)}
    network.ip(f"address del {VIP}/32 dev lo")
    story["drift"] = run(check=True, **DR)
    story["repaired"] = run(**DR)
    story["absent"] = run(**ABSENT)
    end = network.state()
    start["addresses"]["lo"] = [entry for entry in start["addresses"]["lo"] if entry[0] != VIP]
    story["restored"] = {key: end[key] == start[key] for key in ("addresses", "sysctl", "rules")}
    story["files"] = written()
    return story


def scenario_nat():
    story = {}
    with network.listening("0.0.0.0", 8080), network.listening("0.0.0.0", 2222), \
            network.listening(network.REAL_IP6, 8080):
        before = network.leaves_by(network.REAL_IP, 8080)
        story["run"] = run(**NAT)
        story["before"], story["after"] = before, network.leaves_by(network.REAL_IP, 8080)
        story["other_port"] = network.leaves_by(network.REAL_IP, 2222)
        story["connects"] = network.connects("client", network.REAL_IP, 8080)
        story["connects6"] = network.connects("client", network.REAL_IP6, 8080)
        story["director_connects"] = network.connects("director", network.REAL_IP, 8080)
        subprocess.run(["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1"], check=True)
        story["strict"] = run(**NAT)
        story["connects_strict"] = network.connects("client", network.REAL_IP, 8080)
    story["absent"] = run(**ABSENT)
    story["rp_filter"] = network.state()["sysctl"]["eth1/rp_filter"]
    return story


def scenario_udp():
    """A service that leaves it to the kernel which address it answers from, and one that does not."""
    story = {"before": network.asks_by_udp(network.REAL_IP, 5353, "0.0.0.0")}
    services = [dict(service, protocol="UDP", port=5353) for service in NAT["virtual_server"]]
    story["four"] = four({"virtual_server": services})
    for name, asked, bound in (("any", network.REAL_IP, "0.0.0.0"), ("own", network.REAL_IP, network.REAL_IP),
                               ("own6", network.REAL_IP6, network.REAL_IP6)):
        story[name] = network.asks_by_udp(asked, 5353, bound)
    story["other_port"] = network.source_to("203.0.113.5 ipproto udp sport 5354")
    story["absent"] = run(**ABSENT)
    story["rules"] = network.state()["rules"]
    return story


def scenario_reboot():
    start = network.state()
    run(**BOTH)
    prepared = network.state()
    run_lines("ExecStop")
    stopped = network.state()
    run_lines("ExecStart")
    booted = network.state()
    # systemctl start on a host that has it all
    run_lines("ExecStart")
    return {"stopped": stopped == start, "booted": booted == prepared, "twice": network.state() == prepared,
            "check": run(check=True, **BOTH)}


def scenario_routes():
    """The devices lose their addresses and go down, as a network manager makes them."""
    run(**NAT)
    story = {"route": network.ip("route show table 28000"), "route6": network.ip("-6 route show table 28001")}
    network.ip("link set eth1 down")
    network.ip("address flush dev eth1")
    story["gone"] = [network.ip("route show table all"), network.ip("-6 route show table all")]
    [line] = lines("ExecStart", files.ROUTES_UNIT)
    # systemd makes one of each pair
    watcher = subprocess.Popen(shlex.split(line.replace("%%", "%").replace("$$", "$")), stderr=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        # It sets them twice without being told. So the third time it has heard of the change.
        for _time in range(3):
            network.ip("link set eth1 down")
            network.ip("address flush dev eth1")
            network.ip("link set eth1 up")
            network.ip("address add 198.18.0.31/24 dev eth1")
            network.ip("address add fd00:18::31/64 dev eth1 nodad")
            for family, gateway in (("-4", "198.18.0.1"), ("-6", "fd00:18::1")):
                network.wait_for(f"default via {gateway} dev eth1 table 2800", f"{family} route show table all")
    finally:
        os.killpg(watcher.pid, 9)
        watcher.wait()
    story["check"] = run(check=True, **NAT)
    return story


def scenario_failures():
    run(**DR)
    start = everything()
    story = {}
    real = subprocess.run(["which", "ip"], capture_output=True, text=True, check=True).stdout.strip()
    for name, condition in {
        "second_rule": '*"rule add"*"lookup 28001"*) echo "RTNETLINK answers: broken" >&2; exit 2',
        "removal": '*"address del fd00:18::100/128"*) echo "RTNETLINK answers: broken" >&2; exit 2',
        "silent": '*"rule add"*"lookup 28000"*) exit 0',
        "undo": '*"rule add"*"lookup 28001"*) touch /run/broken; exit 2 ;; '
                f'*"address del {SECOND}"*) [ -e /run/broken ] && exit 2',
    }.items():
        program("ip", f'#!/bin/sh\ncase "$*" in {condition} ;; esac\nexec {real} "$@"\n')
        other = {"interface": ["eth1"], "virtual_server": [
            {"ip": SECOND, "lb_kind": "DR"}, NAT["virtual_server"][0],
            {**NAT["virtual_server"][0], "port": 8081, "gateway": "198.18.0.2"}]}
        story[name] = {"result": run(**other), "same": everything() == start}
    (PROGRAMS / "ip").unlink()
    story["undo"].update(pending=os.path.exists(files.PENDING), next=run(**DR), healed=everything() == start)
    return story


def scenario_systemd():
    """systemd runs: what it is told."""
    os.makedirs("/run/systemd/system")
    program("systemctl", SYSTEMCTL)
    story = {}
    for name, options in {"nat": NAT, "both": BOTH, "again": BOTH, "absent": ABSENT}.items():
        CALLS.write_text("")
        result = run(**options)
        told = [line for line in CALLS.read_text().splitlines() if not line.startswith("is-active")]
        story[name] = {"result": result, "told": told, "verified": verified()}
    run(**BOTH)
    os.unlink(f"/run/active/{files.UNIT}")
    story["stopped"] = run(check=True, **BOTH)
    return story


def verified():
    """Return what systemd has against the units that are there."""
    found = [files.path_of(unit) for unit in files.UNITS if os.path.exists(files.path_of(unit))]
    if not found:
        return ""
    done = subprocess.run(["systemd-analyze", "verify", *found], capture_output=True, text=True, check=False)
    return "".join(line for line in done.stderr.splitlines(keepends=True) if "lvs-real-server" in line)


def scenario_refusals():
    network.ip("rule add preference 28000 to 192.0.2.0/24 lookup main")
    program("modprobe", "#!/bin/sh\nexit 1\n")
    start = everything()
    results = [run(**options) for options in (
        {**DR, "interface": ["eth9"]},
        {"virtual_server": [{"ip": network.REAL_IP, "lb_kind": "DR"}], "interface": ["eth1"]},
        {"virtual_server": [{"ip": VIP, "lb_kind": "TUN"}], "interface": ["eth1"]},
        NAT,
        {"virtual_server": [{"ip": VIP, "lb_kind": "dr"}]},
        {"virtual_server": [{"ip": VIP, "lb_kind": "DR", "prot": 80}]},
        {"group": "lb", "config": {"virtual_server": []}})]
    Path(files.STATE).write_text("{")
    results.append(run(**DR))
    Path(files.STATE).unlink()
    os.symlink("/dev/null", files.path_of(files.UNIT))
    results.append(run(**DR))
    os.unlink(files.path_of(files.UNIT))
    network.ip("rule del preference 28000")
    network.ip("route add default via 192.0.2.1 dev eth0 table 28000")
    results.append(run(**NAT))
    network.ip("route del default table 28000")
    network.ip("rule add preference 28000 to 192.0.2.0/24 lookup main")
    return {"results": results, "same": everything() == start}


def main():
    os.environ["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"
    network.set_up()
    print(json.dumps(globals()[f"scenario_{sys.argv[1]}"]()))


if __name__ == "__main__":
    main()
