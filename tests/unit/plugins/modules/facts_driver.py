# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records what two hosts are like before keepalived runs there, as a backup and as the holder of the addresses.

    python facts_driver.py some|all DIRECTORY [KEEPALIVED]

in a network namespace with eth0. The test beside it runs it for some definitions; data/live_hosts.json is what it once
printed for all of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args
from ansible.modules import setup
from daemon_driver import run

from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.modules import keepalived_info

FOUR, SIX = "198.18.0.100", "2001:db8:18::100"


def instance(*addresses, **more):
    return dict({"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": list(addresses)}, **more)


# The definition to derive from, and the configuration of the running daemon where that differs.
DEFINITIONS = {
    "IPv4": [instance(f"{FOUR}/24")],
    "IPv4 without a subnet": [instance(f"{FOUR}/32")],
    "IPv4 with labels": [instance(f"{FOUR}/24 label eth0:0", "198.18.0.101/32 label eth0:vip")],
    "IPv4 as the source of the default route": [
        instance(f"{FOUR}/24", virtual_routes=[f"198.51.100.0/24 via 198.18.0.1 dev eth0 src {FOUR} no_track",
                                               f"8.8.8.8/32 via 198.18.0.1 dev eth0 src {FOUR} no_track"])],
    "IPv4 in a subnet of its own": [instance("198.18.9.1/24", "198.18.9.2/24", interface="eth0")],
    "IPv6": [instance(f"{SIX}/64")],
    "IPv6 without a subnet": [instance(f"{SIX}/128")],
    "IPv6 with a link-local address first": [instance("fe80::100/64", f"{SIX}/64")],
    "both, one excluded": [instance(f"{FOUR}/24", virtual_ipaddress_excluded=[f"{SIX}/64"])],
    "both, two instances": [instance(f"{FOUR}/24"), dict(instance(f"{SIX}/64"), name="VI_2", virtual_router_id=52)],
    "IPv4, moved": [instance("198.18.0.200/24")],
    "IPv6, moved": [instance("2001:db8:18::200/64")],
}
SOME = ("IPv4", "IPv6, moved", "both, one excluded")
FORMER = {"IPv4, moved": [instance(f"{FOUR}/24")], "IPv6, moved": [instance(f"{SIX}/64")]}
# The facts that deriving uses, and the keys in them.
FACTS = ("interfaces", "default_ipv4", "default_ipv6")
KEYS = ("device", "type", "active", "ipv4", "ipv4_secondaries", "ipv6", "address", "prefix", "netmask", "interface")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def wait_for(done):
    """Wait until a condition holds.

    :raises TimeoutError: it was not within ten seconds.
    """
    end = time.monotonic() + 10
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(subprocess.run(["ip", "address"], capture_output=True, text=True, check=True).stdout)
        os.sched_yield()


def listed():
    """Return the entries of eth0's addresses."""
    done = subprocess.run(["ip", "-json", "address", "show", "dev", "eth0"], capture_output=True, check=True)
    return json.loads(done.stdout)[0]["addr_info"]


def prepare(number):
    """Give eth0 the addresses of a host: one of IPv4, and of IPv6 a fixed one and those of an autoconfiguration."""
    ip("link", "set", "eth0", "down")
    ip("address", "flush", "dev", "eth0")
    for key, value in (("use_tempaddr", 2), ("dad_transmits", 0)):
        Path(f"/proc/sys/net/ipv6/conf/eth0/{key}").write_text(str(value), encoding="ascii")
    ip("link", "set", "eth0", "up")
    ip("address", "add", f"198.18.0.{number}/24", "dev", "eth0")
    ip("route", "add", "default", "via", "198.18.0.1")
    lives = ["valid_lft", "3000", "preferred_lft", "2000", "nodad"]
    ip("address", "add", f"2001:db8:18::{number}/64", "dev", "eth0", "nodad")
    ip("address", "add", f"2001:db8:18:0:aa:bb:cc:{number}/64", "dev", "eth0", "mngtmpaddr", *lives)
    lives[-2] = "0"
    ip("address", "add", f"2001:db8:18::5:{number}/64", "dev", "eth0", *lives)
    ip("-6", "route", "add", "default", "via", "2001:db8:18::1", "dev", "eth0")
    wait_for(lambda: any(each.get("temporary") for each in listed()) and not any(
        each.get("tentative") for each in listed()) and any(each["scope"] == "link" for each in listed()))


def _needed(fact):
    if isinstance(fact, list):
        return [_needed(each) for each in fact]
    return {key: _needed(fact[key]) for key in KEYS if key in fact} if isinstance(fact, dict) else fact


def inspect(path, program):
    """Return the facts that Ansible gathers, and what keepalived_info says."""
    output = io.StringIO()
    with patch_module_args({"gather_subset": ["!all", "!min", "network"], "gather_timeout": 30}), \
            contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        setup.main()
    found = {key.removeprefix("ansible_"): value for key, value in json.loads(
        output.getvalue().splitlines()[-1])["ansible_facts"].items()}
    known = {key: _needed(found[key]) for key in (*FACTS, *found["interfaces"]) if key in found}
    return {"ansible_facts": known, "network": run(keepalived_info, path=path, binary=program)["network"]}


@contextlib.contextmanager
def daemon(path, program, instances):
    """A running keepalived that has read the instances."""
    written = [dict({"interface": "eth0", "priority": 100}, **each) for each in instances]
    Path(path).write_text(render({"vrrp_instance": written}), encoding="utf-8")
    process = subprocess.Popen([program, "--dont-fork", "--log-console", "--use-file", path],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: any(each["state"] in ("BACKUP", "MASTER")
                             for each in run(keepalived_info, path=path, binary=program).get("vrrp_instance") or []))
        yield
    finally:
        process.terminate()
        process.wait(10)
        Path(path).unlink()


def states(path, program, instances):
    """Return the state of a host as a backup and as the holder."""
    found = {}
    # A backup waits for three intervals before it takes the addresses.
    with daemon(path, program, [dict(each, advert_int=30) for each in instances]):
        found["backup"] = inspect(path, program)
    wanted = {line.partition("/")[0] for each in instances
              for key in ("virtual_ipaddress", "virtual_ipaddress_excluded") for line in each.get(key, ())}
    with daemon(path, program, [dict(each, version=3, advert_int=0.1) for each in instances]):
        wait_for(lambda: wanted <= {each["local"] for each in listed()})
        wait_for(lambda: wanted <= set(run(keepalived_info, path=path, binary=program)["network"]["held"]))
        found["holder"] = inspect(path, program)
    wait_for(lambda: not wanted & {each["local"] for each in listed()})
    return found


def main(scenario, directory, program="keepalived"):
    path = os.path.join(directory, "keepalived.conf")
    # A sysfs of this namespace has its devices, not those of the machine.
    subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True)
    definitions = DEFINITIONS if scenario == "all" else {name: DEFINITIONS[name] for name in SOME}
    story = {name: {"config": {"vrrp_instance": instances}, "hosts": {}} for name, instances in definitions.items()}
    for number in (11, 12):
        prepare(number)
        fresh = inspect(path, program)
        for name, instances in definitions.items():
            story[name]["hosts"][f"lb{number - 10}"] = dict(
                states(path, program, FORMER.get(name, instances)), fresh=fresh)
    print(json.dumps(story, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
