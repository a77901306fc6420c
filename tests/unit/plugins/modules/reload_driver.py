# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reloads a pair of real keepalived processes with one change after the other, and prints who has which address then.

    python reload_driver.py pair KEEPALIVED NAME...    in a network and a mount namespace of its own
    python reload_driver.py host KEEPALIVED            in those of a host: does what is asked on standard input

The changes are those of reload_changes.py. Each is done twice, by daemons of its own: by one reload, whatever becomes
of it, and in the steps that C(reload_plan.plan) says, or not at all where it says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._cluster import reload_plan
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import known_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, held
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.reload_changes import (
    ADVERT_INT,
    CHANGES,
    OWN,
    texts_of,
)

#: Seconds after which the addresses after a reload count as final: an election takes 3.2 times ADVERT_INT.
FINAL = 2.0 + 3.2 * ADVERT_INT
TIMEOUT = 30
PARALLEL = 9


def sh(script):
    subprocess.run(["sh", "-ec", script], check=True)


class Host:
    """A host of a pair: a process of this driver in a network and a mount namespace of its own."""

    def __init__(self, name, program):
        # /run is its own because of the daemon's pid file, TMPDIR because of its dumps.
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", name, "unshare", "--mount", "sh", "-ec",
             'mount -t tmpfs tmpfs /run; case $TMPDIR in /tmp/*) ;; *) mount -t tmpfs tmpfs /tmp;; esac; exec "$@"',
             "host", sys.executable, __file__, "host", program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, TMPDIR=tempfile.mkdtemp(prefix="reload-")))

    def ask(self, *words):
        """Begin to do something; C(answer) returns the result."""
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(TIMEOUT)


class Server:
    """The commands of C(Host), in the host's namespaces."""

    def __init__(self, program):
        self.program, self.build = program, installed(program)
        self.path = os.path.join(tempfile.gettempdir(), "keepalived.conf")
        self.daemon = None

    def write(self, text):
        Path(self.path).write_text(text, encoding="utf-8")

    def start(self, text):
        self.write(text)
        log = Path(self.path).with_name("log")
        with log.open("w") as stream:
            self.daemon = subprocess.Popen([self.program, "--dont-fork", "--log-console", "--use-file", self.path],
                                           stdout=stream, stderr=stream)
        # Before that a signal ends it.
        end = time.monotonic() + TIMEOUT
        while "BACKUP STATE" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.02)

    def addresses(self):
        """Return the virtual addresses of the interfaces, C(address/prefix interface) each."""
        return sorted("%s/%d %s" % (entry["local"], entry["prefixlen"], interface["ifname"])
                      for interface in held.listed() if "LOOPBACK" not in interface["flags"]
                      for entry in interface["addr_info"]
                      if entry["local"] not in OWN and not entry["local"].startswith("fe80"))

    def until(self, wanted):
        """Return the addresses once they are the wanted ones, or after a while whatever they are."""
        end = time.monotonic() + TIMEOUT
        while self.addresses() != wanted and time.monotonic() < end:
            time.sleep(0.02)
        return self.addresses()

    def plan(self, before, after):
        """Return the planned losses of the change."""
        seen = control.inspect(self.build, self.program, self.daemon.pid)
        assert seen.instances is not None, seen.problem
        return reload_plan.plan(seen.instances, before, after, seen.listed, seen.promoting,
                                self.build.version)._asdict()

    def hang_up(self, text):
        """Reload once, and return the addresses when nothing more is to be expected, and how often each instance has
        become MASTER, by its virtual_router_id and the version of its addresses."""
        self.write(text)
        control.hang_up(self.daemon.pid)
        time.sleep(FINAL)
        instances = control.inspect(self.build, self.program, self.daemon.pid).instances
        return self.addresses(), {
            "%d %d" % (each["virtual_router_id"], known_addresses(each)[0].version): each["stats"]["become_master"]
            for each in instances}

    def apply(self, texts, away):
        """Reload each of the texts, and return the first failure, C(None) for none."""
        try:
            for text in texts:
                self.write(text)
                control.hang_up(self.daemon.pid)
                if text != texts[-1]:
                    control.confirm_away(away, self.build, self.program, self.daemon.pid)
            control.confirm(read(parse(texts[-1])), self.build, self.program, self.daemon.pid, answered_before=True)
        except control.ReloadError as error:
            return str(error)
        return None

    def stop(self):
        """End the daemon, if there is one."""
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait(TIMEOUT)


def serve(program):
    server = Server(program)
    try:
        for line in sys.stdin:
            word, *arguments = json.loads(line)
            print(json.dumps(getattr(server, word)(*arguments)), flush=True)
    finally:
        server.stop()


class Pair:
    """Two hosts on one segment for each of their two interfaces; the first has the higher priority."""

    def __init__(self, number, program):
        self.names = ["lb1-%d" % number, "lb2-%d" % number]
        for interface in range(2):
            sh(f"ip link add s{number}-{interface} type bridge mcast_snooping 0; ip link set s{number}-{interface} up")
        for name, last in zip(self.names, ("11", "12")):
            sh(f"ip netns add {name}; ip -n {name} link set lo up")
            for interface in range(2):
                device, port = f"eth{interface}", f"{name}-{interface}"
                sh(f"ip link add {port} type veth peer name {device} netns {name};"
                   f"ip link set {port} master s{number}-{interface} up; ip -n {name} link set {device} up;"
                   f"ip -n {name} address add 198.18.{interface}.{last}/24 dev {device};"
                   f"ip -n {name} address add fd00:{interface}::{last}/64 dev {device} nodad")
        self.hosts = [Host(name, program) for name in self.names]

    def both(self, word, *each):
        """Let both hosts do something at one time, each with arguments of its own; return the answers."""
        for host, arguments in zip(self.hosts, each or [(), ()]):
            host.ask(word, *arguments)
        return [host.answer() for host in self.hosts]

    def change(self, name):
        """Return the story of a change."""
        change = CHANGES[name]
        promoting = int(change.promoting)
        for host in self.names:
            sh(f"ip netns exec {host} sysctl -qw net.ipv4.conf.all.promote_secondaries={promoting}")
        before, after = texts_of(change.before), texts_of(change.after)
        story = {"held": self._begin(change, before)}
        once = self.both("hang_up", *zip(after))
        story["once"] = once[0][0]
        story["given_up"] = any(times > 1 for times in once[0][1].values())
        self.both("stop")
        self._begin(change, before)
        story["plans"] = plans = self.both("plan", *zip(before, after))
        if any(plan["rejected"] for plan in plans):
            story["failed"], story["end"] = [None, None], self.both("addresses")
        else:
            story["failed"] = self.both("apply", *((plan["texts"], plan["away"]) for plan in plans))
            story["end"] = self.both("until", (change.wanted,), ([],))
        self.both("stop")
        return story

    def _begin(self, change, before):
        """Start the daemons, the second one when the first one has all addresses."""
        for host, text, wanted in zip(self.hosts, before, (change.held, [])):
            host.ask("start", text)
            host.answer()
            host.ask("until", wanted)
            host.answer()
        return self.both("addresses")

    def close(self):
        for host in self.hosts:
            host.close()


def work(number, program, names):
    """Return the stories of some changes, one after the other, by one pair of hosts."""
    pair = Pair(number, program)
    try:
        return {name: pair.change(name) for name in names}
    finally:
        pair.close()


def main(what, program, *names):
    if what == "host":
        serve(program)
        return
    sh("mount -t tmpfs tmpfs /run; mkdir /run/netns")
    stories = {}
    with ThreadPoolExecutor(PARALLEL) as pool:
        for part in pool.map(lambda number: work(number, program, names[number::PARALLEL]), range(PARALLEL)):
            stories.update(part)
    print(json.dumps(stories))


if __name__ == "__main__":
    main(*sys.argv[1:])
