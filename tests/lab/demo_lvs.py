# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The demo of LVS: two directors, three real servers, and what their failures cost. `make demo LAB=lvs_dr` runs it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from ansible_collections.openvip.cluster.tests.lab import containers, prepare, table
from ansible_collections.openvip.cluster.tests.lab.lvs import Lvs, longest_outage_ms

HEADER = ("what happened", "requests", "failed", "longest outage ms", "connections kept")
DOWNLOADS, RATE, SIZE = 100, 100000, 2000000
PAGE = "/var/www/html/large"
# Modules of Ansible can keep a machine of the lab busy for longer than the prober waits otherwise (seconds).
PATIENT = 2.0
INVENTORIES = ("lvs_dr", "lvs_nat", "lvs_tun")
AROUND = """
Look around:
  eval "$(tests/lab/engine which)"
  docker exec openvip-lb1 lab-sh -c 'ipvsadm -Ln'             the director's table; sh where the kernel has IPVS itself
  docker exec openvip-client curl -s http://198.18.0.100/     who answers
  tests/lab/playbook playbooks/drain.yml {inventory} --extra-vars real_server=web2
  tests/lab/playbook playbooks/lvs.yml {inventory}            change {inventory}, run it again
Take it down:
  make demo-down
"""

Row = list[str]


def _row(what: str, records: list, kept: str = "") -> Row:
    failed = sum(record.outcome != "ok" for record in records)
    return [what, str(len(records)), str(failed), f"{longest_outage_ms(records):.0f}", kept]


def spread(lvs: Lvs, url: str) -> Row:
    """Make 300 requests and tell who answered."""
    counts = lvs.ask(url, 300)
    said = ", ".join(f"{name} {counts[name]}" for name in sorted(counts))
    return [f"300 requests: {said}", "300", str(counts[""]), "0" if not counts[""] else "", ""]


def real_server_stops(lvs: Lvs, url: str, name: str) -> list[Row]:
    """Stop nginx on a real server, and start it again."""
    ip = next(server for server in lvs.servers("lb1") if server.endswith(name[-1]))
    with lvs.probing(url) as records:
        lvs.execute(name, "systemctl", "stop", "nginx")
        seconds = lvs.wait(f"{name} leaves", lambda: ip not in lvs.servers("lb1"))
    rows = [_row(f"nginx of {name} stopped, left the table after {seconds:.1f} s", records)]
    with lvs.probing(url) as records:
        lvs.execute(name, "systemctl", "start", "nginx")
        lvs.wait_complete("lb1")
    return [*rows, _row("  started again, back by itself", records)]


def director_dies(lvs: Lvs, url: str) -> list[Row]:
    """Kill the first director while slow downloads run, and let it come back while others do."""
    rows = []
    for name in lvs.web:
        lvs.execute(name, "sh", "-c", f"head -c {SIZE} /dev/zero > {PAGE}")
    large = url + PAGE.rpartition("/")[2]
    steps: tuple[tuple[str, Callable[[], object], str], ...] = (
        (f"director killed (predicted: at most {lvs.crash_ms():.0f} ms)",
         lambda: containers.docker("kill", lvs.cluster.container("lb1")), "lb2"),
        ("  booted again, took the address back", lambda: None, "lb1"))
    for what, act, holder in steps:
        with lvs.probing(url) as records:
            downloads = lvs.downloads(large, DOWNLOADS, RATE, holder)
            act()
            lvs.cluster.wait_for_holder(holder, 60)
            complete = downloads.close(60)["complete"]
        rows.append(_row(what, records, f"{complete} of {DOWNLOADS}"))
        if holder == "lb2":
            containers.docker("start", lvs.cluster.container("lb1"))
            lvs.cluster.wait_ready("lb1", 120)
    return rows


def drained(lvs: Lvs, url: str, name: str) -> list[Row]:
    """Take a real server out of service under load, and give it work again."""
    rows = []
    for what, playbook in ((f"{name} drained", "drain"), ("  restored", "restore")):
        with lvs.probing(url, timeout=PATIENT) as records:
            code, output = lvs.playbook(f"playbooks/{playbook}.yml", "--extra-vars", f"real_server={name}")
        if code:
            raise containers.LabError(output)
        rows.append(_row(what, records))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/lab/demo", description=__doc__)
    parser.add_argument("lab", choices=INVENTORIES)
    options = parser.parse_args()
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"demo {time.monotonic() - begin:6.1f} s  {text}", flush=True)

    inventory = f"inventory/{options.lab}"
    rows: list[Row] = []
    with prepare.program("demo"):
        lvs = Lvs(inventory, cluster=prepare.converged(say, inventory, "playbooks/lvs.yml"))
        url = f"http://{lvs.cluster.vip}/"
        lvs.wait_complete("lb1")
        for what, act in (("spread", lambda: [spread(lvs, url)]),
                          ("a real server stops", lambda: real_server_stops(lvs, url, "web2")),
                          ("a director dies", lambda: director_dies(lvs, url)),
                          ("a real server is drained", lambda: drained(lvs, url, "web3"))):
            say(what)
            rows += act()
    print("", *table.lines(HEADER, rows), "", sep="\n")
    print("longest outage: from the start of the first failed request to that of the next good one; a request starts\n"
          "every 10 ms. While a real server is dead and still in the table, its share of the requests fails.")
    print(AROUND.format(inventory=inventory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
