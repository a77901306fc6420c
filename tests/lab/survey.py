# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Whether anything is in the way of a lab that the engine is to have.

    survey LABEL [--container NAME ...] [--network NAME ...] [--subnet CIDR ...]

When something without LABEL has one of the names, or a network or route overlaps a subnet, that is said on standard
error and the exit code is 1. What carries LABEL is the lab's own, and never in the way.
"""

import argparse
import ipaddress
import json
import subprocess
import sys


def run(*command):
    """The output of a command, by line."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout.splitlines()


def listed(kind, label=None):
    """The containers or networks of the engine, those with the label only when one is given: [{"id", "name"}]."""
    everything = ["--all"] if kind == "container" else []
    restriction = ["--filter", f"label={label}"] if label else []
    names = "{{.ID}} {{.Names}}" if kind == "container" else "{{.ID}} {{.Name}}"
    rows = run("docker", kind, "ls", "--no-trunc", *everything, *restriction, "--format", names)
    return [dict(zip(("id", "name"), row.split(" ", 1))) for row in rows]


def strangers(kind, ours):
    known = {entry["id"] for entry in ours}
    return [entry for entry in listed(kind) if entry["id"] not in known]


def name_conflicts(kind, foreign, wanted):
    for entry in foreign:
        if entry["name"] in wanted:
            yield (
                f"a {kind} named {entry['name']} exists that the lab did not make. "
                f"Rename or remove it: docker {kind} rm {entry['name']}"
            )


def network_conflicts(foreign, subnet):
    """Networks of the engine that overlap the subnet."""
    if not foreign:
        return
    form = "{{.Name}} {{range .IPAM.Config}}{{.Subnet}} {{end}}"
    for row in run("docker", "network", "inspect", "--format", form, *(entry["id"] for entry in foreign)):
        name, *used = row.split()
        for text in used:
            other = ipaddress.ip_network(text, strict=False)
            if other.version == subnet.version and other.overlaps(subnet):
                yield (
                    f"the network {name} holds {text}, which overlaps the lab's {subnet}. "
                    f"Remove it: docker network rm {name}"
                )


def route_conflicts(networks, subnet):
    """Routes of this machine that lead into the subnet, except those of the engine's own bridges."""
    bridges = {f"br-{entry['id'][:12]}" for entry in networks}
    text = "".join(run("ip", "-json", f"-{subnet.version}", "route", "show", "table", "main"))
    for route in json.loads(text or "[]"):
        if route["dst"] == "default" or route.get("dev") in bridges:
            continue
        other = ipaddress.ip_network(route["dst"], strict=False)
        # A wider route that only sends the rest of the world somewhere gives way to the lab's narrower one.
        if other.prefixlen >= 8 and other.overlaps(subnet):
            device = route.get("dev", "?")
            yield (
                f"this machine routes {route['dst']} to {device}, which overlaps the lab's {subnet}. "
                f"Take {device} down first"
            )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("label")
    parser.add_argument("--container", action="append", default=[])
    parser.add_argument("--network", action="append", default=[])
    parser.add_argument("--subnet", action="append", default=[], type=ipaddress.ip_network)
    wanted = parser.parse_args()

    containers, networks = listed("container", wanted.label), listed("network", wanted.label)
    other_networks = strangers("network", networks)
    conflicts = [
        *name_conflicts("container", strangers("container", containers), wanted.container),
        *name_conflicts("network", other_networks, wanted.network),
    ]
    for subnet in wanted.subnet:
        conflicts += network_conflicts(other_networks, subnet)
        conflicts += route_conflicts(networks + other_networks, subnet)
    if conflicts:
        sys.exit("".join(f"The lab cannot start: {conflict}.\n" for conflict in conflicts))


if __name__ == "__main__":
    main()
