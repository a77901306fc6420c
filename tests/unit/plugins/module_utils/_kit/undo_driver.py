# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does and undoes things to a host that is a network of its own, with the real ip and nft, and prints the story.

    python undo_driver.py SCENARIO    in a network and a mount namespace of its own; see the tests beside it
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._drill import fault_module
from ansible_collections.openvip.cluster.plugins.module_utils._kit import undo_script
from ansible_collections.openvip.cluster.plugins.modules import drill_fault, vip_handover

PROGRAMS, CALLS, DIRECTORY = Path("/run/programs"), Path("/run/calls"), Path("/run/openvip")
# Programs of systemd that note their call.
STAND_IN = '#!/bin/sh\necho "$(basename "$0") $*" >>/run/calls\n'
# The system calls of a process; it is killed before one of them.
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "os.kill", "subprocess.Popen", "fcntl.flock"}
GIVER = {"side": "giver", "addresses": [{"address": "198.18.0.100", "interface": "eth1"},
                                        {"address": "fd00:18::100", "interface": "eth1"}]}
TAKER = {"side": "taker", "addresses": [
    {"address": "198.18.0.100", "interface": "eth1", "giver": "198.18.0.11"},
    {"address": "fd00:18::100", "interface": "eth1", "giver": "fd00:18::11"}]}
PARTITION = {"fault": "partition"}


def sh(script, check=True):
    return subprocess.run(["sh", "-ec", script], check=check, capture_output=True, text=True).stdout


def program(name, text):
    (PROGRAMS / name).write_text("#!/bin/sh\n" + text + "\n")
    (PROGRAMS / name).chmod(0o755)


def real(name):
    """The line that becomes the real program."""
    return f'exec {sh(f"PATH=/usr/sbin:/usr/bin:/sbin:/bin; command -v {name}").strip()} "$@"'


def build():
    sh("mount -t tmpfs tmpfs /run; mkdir /run/programs; mount -t sysfs sysfs /sys")
    # addresses are what they will be at once
    sh("echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad")
    sh("ip link set lo up; ip link add eth1 type veth peer name p1; ip link set p1 up; ip link set eth1 up;"
       "ip address add 198.18.0.12/24 dev eth1; ip address add fd00:18::12/64 dev eth1 nodad")
    for name in ("systemd-run", "systemctl"):
        (PROGRAMS / name).write_text(STAND_IN)
        (PROGRAMS / name).chmod(0o755)
    os.environ["PATH"] = f"{PROGRAMS}:{os.environ['PATH']}"
    undo_script.PATH = os.environ["PATH"]
    undo_script.LIMIT = 2
    CALLS.touch()
    end = time.monotonic() + 5
    while not has_routes():
        assert time.monotonic() < end, "the addresses have no routes"
        time.sleep(0.02)


def has_routes():
    """Whether both interfaces have a link-local address, and all addresses their routes: the kernel adds them later."""
    found = re.findall(r"inet6 ([0-9a-f:]+)/", sh("ip -oneline -6 address"))
    routes = sh("ip -6 route show table local")
    return sum(each.startswith("fe80") for each in found) == 2 and all(f"local {each} dev" in routes for each in found)


def run(module, **options):
    """Run a module here; return its result."""
    basic._ANSIBLE_ARGS = None
    output = io.StringIO()
    with patch_module_args(options), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    return json.loads(output.getvalue().splitlines()[-1])


def host():
    """Return the state of the host, without counters and values that change by themselves."""
    text = sh("nft list ruleset; ip -oneline address; ip -4 route show table all; ip -6 route show table all;"
              "cat /proc/sys/net/ipv4/conf/eth1/arp_ignore /proc/sys/net/ipv4/conf/eth1/arp_announce")
    return sorted(line.strip() for line in re.sub(r" (?:tentative|linkdown|dead)", "", text).splitlines())


def same(before):
    """Whether the host is as it was; the kernel adds routes of IPv6 addresses a little later than the addresses."""
    end = time.monotonic() + 5
    while host() != before:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def left():
    """The files of undoing that are left."""
    return sorted(set(os.listdir(DIRECTORY) if DIRECTORY.exists() else ())
                  - {"handover-giver.lock", "handover-taker.lock", "drill-undo.lock"})


def armed():
    """What the timer would call, if it is armed."""
    calls = CALLS.read_text().splitlines()
    places = [place for place, call in enumerate(calls) if call.startswith("systemd-run")]
    stopped = places and any(call.startswith("systemctl stop openvip-") for call in calls[places[-1]:])
    return None if stopped or not places else calls[places[-1]].partition("/bin/sh -c ")[2]


def fire(command):
    """Do what the timer does; return the exit code and the output."""
    done = subprocess.run(["/bin/sh", "-c", command], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def killed(module, options, number):
    """Run the module and kill it before its system call of this number; return whether it was killed."""
    child = os.fork()
    if not child:
        count = 0

        def hook(event, dummy):
            nonlocal count
            if event in EVENTS:
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        run(module, **options)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kills(module, options):
    """Kill a module at every step, have the timer undo it, and compare the host with what it was."""
    run(module, **options, _ansible_check_mode=True)
    before, number, story, was = host(), 1, [], True
    while was:
        CALLS.write_text("")
        was = killed(module, options, number)
        during, command = host() != before, armed()
        code, said = fire(command) if command else (0, "")
        if code or not same(before) or left() or armed():
            story.append([number, command, code, said, host(), left()])
        number += 1
    return {"wrong": story, "kills": number - 2, "in force at last": during}


def killed_then_run_again():
    """A partial change of a killed run does not count as complete."""
    run(vip_handover, **GIVER, _ansible_check_mode=True)
    before, number, story, was = host(), 1, [], True
    while was:
        CALLS.write_text("")
        was = killed(vip_handover, GIVER, number)
        result, again = run(vip_handover, **GIVER), run(vip_handover, **GIVER)
        there = "198.18.0.100/32" in sh("ip address show dev lo") and "fd00:18::100/128" in sh("ip address show dev lo")
        run(vip_handover, **GIVER, state="absent", wait=0)
        if not (result.get("ready") and there and again["changed"] is False) or not same(before) or left():
            story.append([number, result, again, host(), left()])
        number += 1
    return story


def kills_of_the_undoing():
    """Kill the script at each call of a program, and call it again."""
    story, before, number = [], host(), 1
    names = ("nft", "ip", "grep", "rm", "sleep", "systemctl")
    while True:
        run(vip_handover, **TAKER)
        run(vip_handover, **GIVER)
        command = f"sh {DIRECTORY}/handover-giver expired; sh {DIRECTORY}/handover-taker expired"
        Path("/run/count").write_text("0")
        for name in names:
            # the shell that runs the script is among those that called this
            program(name, f"""
                count=$(($(cat /run/count) + 1))
                echo $count >/run/count
                if [ $count = {number} ]; then
                    each=$PPID
                    while [ $each != 1 ]; do
                        case $(tr '\\0' ' ' </proc/$each/cmdline) in
                            "sh /run/openvip/"*) kill -9 $each; exit 1 ;;
                        esac
                        set -- $(sed 's/.*) //' /proc/$each/stat)
                        each=$2
                    done
                fi
                {real(name) if name != "systemctl" else "exit 0"}""")
        sh(command, check=False)
        count = int(Path("/run/count").read_text())
        for name in names:
            (PROGRAMS / name).unlink()
        program("systemctl", "exit 0")
        sh(f"for each in giver taker; do if [ -e {DIRECTORY}/handover-$each ]; then "
           f"sh {DIRECTORY}/handover-$each expired; fi; done")
        if not same(before) or left():
            story.append([number, host(), left()])
        if count < number:
            return {"wrong": story, "kills": number - 1}
        number += 1


def fails(times):
    """nft does not delete the table so many times."""
    before = host()
    result = {"injected": run(drill_fault, **PARTITION), "cut": host() != before}
    Path("/run/count").write_text(str(times))
    program("nft", f"""
        if [ "$1" = delete ] && [ $(cat /run/count) -gt 0 ]; then
            echo $(($(cat /run/count) - 1)) >/run/count
            echo "Error: Could not process rule: Device or resource busy"
            exit 1
        fi
        {real("nft")}""")
    result.update(undone=run(drill_fault, state="undone"), left=left(), timer=armed() is not None,
                  cut_still=host() != before)
    if armed():
        result["fired"] = fire(armed())
        (PROGRAMS / "nft").unlink()
        result["fired again"] = fire(armed())
        result["again"] = run(drill_fault, state="undone")
    result.update(same=same(before), left_at_last=left(), timer_at_last=armed() is not None)
    return result


def not_answered():
    """nft cannot say whether the table is there."""
    run(drill_fault, **PARTITION)
    program("nft", "echo Operation not permitted; exit 1")
    result = {"undone": run(drill_fault, state="undone"), "left": left(), "timer": armed() is not None}
    (PROGRAMS / "nft").unlink()
    return dict(result, again=run(drill_fault, state="undone"), left_at_last=left())


def there_already(addresses):
    """The giver has the addresses on lo already, as somebody wanted them."""
    for words in addresses:
        sh(f"ip address add {words}")
    before = host()
    story = {"run": [run(vip_handover, **GIVER)["changed"] for dummy in range(2)], "during": host() != before}
    story["absent"] = run(vip_handover, **GIVER, state="absent", wait=0)["changed"]
    return dict(story, same=same(before), left=left())


def added_meanwhile(command):
    """Somebody else does what a step is about to do: the step fails, and what he did stays."""
    program("ip", f"""
        case "$*" in
            "{command}"*) {real("ip").replace("exec ", "")}; {real("ip").replace("exec ", "")}; exit $? ;;
        esac
        {real("ip")}""")
    result = run(vip_handover, **GIVER)
    return {"result": result, "left": left(), "there": sh("ip address show dev lo"), "armed": armed(),
            "settings": sh("cat /proc/sys/net/ipv4/conf/eth1/arp_ignore")}


def tables():
    """Tables of the names that we use: somebody's, and one that is left over of ours."""
    story = {}
    for module, options, family, name, comment in (
            (vip_handover, TAKER, "ip", "openvip_handover", "openvip handover 0"),
            (drill_fault, PARTITION, "inet", "openvip_drill", "openvip drill")):
        plain = host()
        sh(f"nft add table {family} {name}")
        before = host()
        refused = run(module, **options)
        story[name] = {"refused": refused["msg"], "same": same(before), "armed": armed()}
        sh(f"nft 'add chain {family} {name} c; add rule {family} {name} c drop comment \"{comment}\"'")
        story[name]["replaced"] = run(module, **options)["changed"]
        story[name]["drop"] = comment in sh(f"nft list table {family} {name}")
        story[name]["undone"] = run(module, **dict({"state": "absent"}, **options) if module is vip_handover
                                    else {"state": "undone"})["changed"]
        story[name]["gone"] = same(plain)
        CALLS.write_text("")
    return story


def link():
    """An interface with addresses and routes of all kinds goes down and comes back."""
    sh("""
        ip address add 198.18.0.50/24 dev eth1 label eth1:x
        ip address add fd00:19::12/64 dev eth1 nodad noprefixroute
        ip address add fd00:20::12/64 dev eth1 nodad preferred_lft 0
        ip address add fd00:21::12 peer fd00:21::13/128 dev eth1 nodad
        ip address add fe80::12/64 dev eth1 nodad
        ip address add fd00:18::100/64 dev eth1 nodad
        ip route add default via 198.18.0.1
        ip route add 198.19.0.0/24 via 198.19.5.1 dev eth1 onlink
        ip route add 203.0.113.0/24 nexthop via 198.18.0.2 nexthop via 198.18.0.3
        ip -6 route add 2001:db8:5::/48 via fd00:18::1 pref high
        ip -6 route add 2001:db8:6::/48 via fd00:18::1 metric 50 table 77
        ip -6 route add 2001:db8:7::/48 nexthop via fd00:18::1 nexthop via fd00:18::2""")
    # the routes that keepalived sets again
    own = "ip -6 route add 2001:db8:8::/48 via fd00:18::1 proto 18"
    sh(own)
    before = host()
    injected = run(drill_fault, fault="link_down", interface="eth1", addresses=["FD00:18:0::100"])
    down = "UP" not in sh("ip -oneline link show dev eth1").partition(">")[0]
    undone = run(drill_fault, state="undone")
    brought = {"kept out": "fd00:18::100/64" not in sh("ip address") and "2001:db8:8::" not in sh("ip -6 route")}
    sh("ip address add fd00:18::100/64 dev eth1 nodad; " + own)
    same(before)
    after = host()
    return {"injected": injected, "down": down, "undone": undone, **brought,
            "missing": sorted(set(before) - set(after)), "more": sorted(set(after) - set(before))}


def together():
    """The timer and modules undo the same at the same time."""
    before = host()
    run(drill_fault, **PARTITION)
    program("nft", f'[ "$1" != delete ] || echo "nft $*" >>/run/calls\n{real("nft")}')
    command = armed()
    timers = [subprocess.Popen(["/bin/sh", "-c", command]) for dummy in range(3)]
    result = run(drill_fault, state="undone")
    codes = [timer.wait(30) for timer in timers]
    return {"result": result, "codes": codes, "same": same(before), "left": left(),
            "deleted": CALLS.read_text().count("nft delete table inet")}


def directory(make):
    """The directory of the scripts is not root's alone: nothing in it is run, nothing is done."""
    sh(make)
    before = host()
    results = [run(drill_fault, **PARTITION), run(drill_fault, state="undone"), run(vip_handover, **TAKER)]
    return {"results": results, "same": same(before), "ran": Path("/run/ran").exists(), "armed": armed()}


SCENARIOS = {
    "giver is killed": lambda: kills(vip_handover, GIVER),
    "taker is killed": lambda: kills(vip_handover, TAKER),
    "fault is killed": lambda: kills(drill_fault, PARTITION),
    "killed, then run again": killed_then_run_again,
    "undoing is killed": kills_of_the_undoing,
    "fails once": lambda: fails(1),
    "fails always": lambda: fails(100),
    "not answered": not_answered,
    "there already": lambda: there_already(("198.18.0.100/32 dev lo", "fd00:18::100/128 dev lo nodad")),
    "there otherwise": lambda: there_already(("198.18.0.100/24 dev lo label lo:vip", "fd00:18::100/64 dev lo nodad")),
    "added meanwhile": lambda: added_meanwhile("address add 198.18.0.100/32 dev lo"),
    "tables": tables,
    "link": link,
    "together": together,
    "open directory": lambda: directory("mkdir -m 755 /run/openvip; echo 'touch /run/ran' >/run/openvip/drill-undo"),
    "link as directory": lambda: directory("mkdir -m 700 /run/other; echo 'touch /run/ran' >/run/other/drill-undo;"
                                           "ln -s other /run/openvip"),
    "foreign directory": lambda: directory("mkdir -m 700 /run/openvip; echo 'touch /run/ran' >/run/openvip/drill-undo;"
                                           "chown 65534 /run/openvip"),
}


if __name__ == "__main__":
    basic._ANSIBLE_PROFILE = "legacy"
    fault_module.server_address = lambda number: None
    build()
    print(json.dumps(SCENARIOS[sys.argv[1]]()))
