# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The lab's hosts of one inventory for tests and demos: programs, playbooks, modules, and what a client sees."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import LONGEST, PATIENCE, Cluster
from ansible_collections.openvip.cluster.tests.lab.containers import LabError

# Ports that a client has not sent from, below those that the kernel chooses
_PORTS = itertools.count(20000)
# seconds: a playbook on machines whose Python is several times slower
PLAYBOOK_SECONDS = 600
_RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+)", re.MULTILINE)


def environment() -> dict[str, str]:
    """Return the environment in which the lab's playbooks run; without colours, which would be in what they print."""
    return dict(os.environ, ANSIBLE_FORCE_COLOR="false")


def recap(output: str) -> dict[str, tuple[int, int]]:
    """Return how many tasks of a playbook ended well on each host, and how many of them changed something.

    The controller, on which a playbook only looks, is left out.
    """
    return {host: (int(well), int(changed)) for host, well, changed in _RECAP.findall(output) if host != "localhost"}


def changes(output: str) -> list[int]:
    """Return how many tasks of a playbook changed something on each host, in the order of their names."""
    found = recap(output)
    return [found[host][1] for host in sorted(found)]


@dataclass(frozen=True)
class Site:
    """Load balancers, what is behind them, and a client.

    :ivar inventory: the example inventory below the repository.
    :ivar web: the hosts that answer requests.
    :ivar cluster: the load balancers, and the client's view of their address.
    """

    inventory: str
    web: tuple[str, ...]
    cluster: Cluster = field(default_factory=Cluster)

    def execute(self, name: str, *words: str) -> str:
        """Run a program on a host and return what it printed."""
        return containers.execute(self.cluster.container(name), *words)

    def playbook(self, playbook: str, *options: str, facts: Path | None = None) -> tuple[int, str]:
        """Run a playbook on the inventory; return its exit code and what it printed.

        :param facts: a directory that keeps the hosts' facts from one run to the next.
        """
        kept = {"ANSIBLE_GATHERING": "smart", "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(facts)} if facts else {}
        done = subprocess.run(
            [str(containers.REPOSITORY / "tests/lab/playbook"), playbook, self.inventory, *options],
            cwd=containers.REPOSITORY, capture_output=True, text=True, check=False, timeout=PLAYBOOK_SECONDS,
            env=dict(environment(), **kept))
        return done.returncode, done.stdout + done.stderr

    def module(self, name: str, module: str, **arguments: Any) -> dict[str, Any]:
        """Run one of the collection's modules on a host and return its result.

        :raises LabError: it failed; the text is what it printed.
        """
        inventories = (self.inventory, f"molecule/inventory/{os.path.basename(self.inventory)}.yml")
        words = [f"--inventory={inventory}" for inventory in inventories]
        if arguments:
            words.append(f"--args={json.dumps(arguments)}")
        done = subprocess.run(
            [".venv/bin/ansible", *words, name, "--become", "--one-line", f"--module-name=openvip.cluster.{module}"],
            cwd=containers.REPOSITORY, capture_output=True, text=True, check=False, timeout=PLAYBOOK_SECONDS,
            env=dict(environment(), ANSIBLE_COLLECTIONS_PATH=".collections", LC_ALL="C.UTF-8"))
        if done.returncode:
            raise LabError(done.stdout + done.stderr)
        return json.loads(done.stdout.partition(" => ")[2])

    def ask(self, url: str, count: int) -> Counter[str]:
        """Make requests one after the other and return how many each host answered; those that failed count for ""."""
        words = ("ask", url, f"--count={count}")
        return Counter(containers.remote(self.cluster.container(self.cluster.client), *words)["hosts"])

    def empty(self, log: str) -> None:
        """Empty a log on the hosts that answer."""
        for name in self.web:
            self.execute(name, "truncate", "--size=0", log)

    def logged(self, log: str, count: int, ignored: Sequence[str] = ()) -> list[str]:
        """Return the first word of every line of a log on the hosts that answer, when there are as many as `count`.

        A worker of nginx writes its line after it has answered.

        :param ignored: first words of lines that are left out.
        :raises LabError: there are not as many in time.
        """
        def words() -> list[str]:
            found = (line.split()[0] for name in self.web for line in self.execute(name, "cat", log).splitlines())
            return [word for word in found if word not in ignored]

        self.wait(f"{count} lines are in {log}", lambda: len(words()) >= count)
        return words()

    def ask_udp(self, address: str, port: int, count: int) -> Counter[str]:
        """Send datagrams one after the other and return how many each host answered."""
        first = next(itertools.islice(_PORTS, count - 1, None)) - count + 1
        words = ("ask-udp", address, str(port), f"--count={count}", f"--first={first}")
        return Counter(containers.remote(self.cluster.container(self.cluster.client), *words)["hosts"])

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = PATIENCE) -> float:
        """Return after how many seconds the condition has become true.

        :raises LabError: it has not within `seconds`.
        """
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > seconds:
                raise LabError(f"{what}: not so after {seconds} s")
            time.sleep(0.02)
        return time.monotonic() - begin

    @contextmanager
    def probing(self, url: str, interval: float = 0.01, timeout: float = 0.9) -> Iterator[list[Record]]:
        """Make a request every `interval` seconds meanwhile; the list has their records afterwards.

        :param timeout: seconds until an unanswered request has failed. The default is less than a client waits before
            it sends a lost SYN again (1 second, RFC 6298, 2.1), and more than a busy machine takes to answer.
        """
        records: list[Record] = []
        stream = self.cluster.stream(
            self.cluster.client, "probe", url, f"--duration={LONGEST}", f"--interval={interval}",
            f"--timeout={timeout}")
        try:
            yield records
        except BaseException:
            stream.kill()
            raise
        records += [Record(*row) for row in stream.close()["records"]]
