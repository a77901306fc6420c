# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what keepalived on this host is, does and holds; change nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
import time

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask


def listed(module):
    """Return the interfaces of this host as C(ip -json address show) lists them."""
    code, output, errors = module.run_command([module.get_bin_path("ip", required=True), "-json", "address", "show"])
    if code != 0:
        module.fail_json(msg="ip -json address show failed: %s" % errors.strip())
    return json.loads(output)


# Addresses that nobody has (RFC 5737, RFC 3849): what is sent to them takes the default route.
NOWHERE = ("192.0.2.1", "2001:db8::1")


def default_addresses(module):
    """Return the addresses from which this host sends by its default routes."""
    program = module.get_bin_path("ip", required=True)
    outcomes = [module.run_command([program, "-json", "route", "get", destination]) for destination in NOWHERE]
    return [route["prefsrc"] for code, output, dummy in outcomes if code == 0
            for route in json.loads(output) if route.get("prefsrc")]


def interfaces(found):
    """Return ``{name: ["address/prefix", ...]}`` of the listed interfaces without loopback."""
    return {interface["ifname"]: ["%s/%s" % (entry["local"], entry["prefixlen"])
                                  for entry in interface.get("addr_info", []) if "local" in entry]
            for interface in found if "ifname" in interface and "LOOPBACK" not in interface.get("flags", [])}


def cards(found):
    """Return the hardware addresses of the listed interfaces, loopback left out."""
    return list(dict.fromkeys(interface["address"] for interface in found
                              if interface.get("link_type") == "ether" and "address" in interface))


def present(found, config):
    """Return the set of addresses of the listed interfaces.

    One on loopback answers nobody on the segment: it counts only where the configuration wants it there.
    """
    meant = {(ipaddress.ip_address(entry["address"]), entry["device"]) for entry in addresses(config)}
    listed_there = [(ipaddress.ip_address(entry["local"]), interface)
                    for interface in found for entry in interface.get("addr_info", []) if "local" in entry]
    return {address for address, interface in listed_there
            if "LOOPBACK" not in interface.get("flags", []) or (address, interface.get("ifname")) in meant}


def virtual(config, instances):
    """Return every virtual address of the file and of the daemon, in that order, once each."""
    found = [ipaddress.ip_address(address["address"]) for address in addresses(config)]
    for instance in instances:
        found.extend(control.known_addresses(instance))
    return list(dict.fromkeys(found))


# With these the text dump has another name, and stays where it is with the passwords in it.
OTHER_DUMPS = ("state_dump_file", "data_use_instance")


def tracked(module, config, build, binary, number):
    """Return what each instance tracks by its name, C(None) when it cannot be told, with a warning that says why."""
    try:
        renamed = [keyword for keyword in OTHER_DUMPS if (config.get("global_defs") or {}).get(keyword)]
        if renamed:
            raise state.StateError("keepalived's text dump is not asked for where global_defs has %s." % renamed[0])
        return state.tracked(build, binary, number, module.params["timeout"])
    except state.StateError as error:
        module.warn("What the instances track is not known: %s" % error)
        return None


def run_info(module):
    """Answer the module M(openvip.cluster.keepalived_info)."""
    params = module.params
    binary = _io.find_program(module, params["binary"])
    build = installed(binary)
    number = control.running("keepalived.service", params["pid_file"])
    try:
        text = _io.load(params["path"])
    except OSError as error:
        module.fail_json(msg="%s cannot be read: %s" % (params["path"], error))
    document = parse(mask(text or ""), params["path"])
    config = read(document) if text is not None else None
    instances = []
    # Without an instance the daemon writes no dump.
    if build and number and (config or {}).get("vrrp_instance"):
        try:
            instances = state.instances(build, binary, number, params["timeout"])
        except state.StateError as error:
            module.fail_json(msg=str(error))
        by_name = tracked(module, config, build, binary, number) if instances else {}
        for instance in instances:
            instance["age"] = round(time.time() - instance["last_transition"], 3)
            instance["tracked"] = None if by_name is None else by_name.get(instance["name"], [])
    found = listed(module)
    held = present(found, config or {})
    module.exit_json(
        changed=False,
        version=".".join(str(part) for part in build.version) if build else None,
        build_options=sorted(build.options) if build else [],
        running=number is not None,
        pid=number,
        executable=state.executable(number) if number is not None else None,
        vrrp_instance=instances,
        interfaces=interfaces(found),
        addresses=[str(address) for address in virtual(config or {}, instances) if address in held],
        config=config,
        problems=[str(problem) for problem in document.problems],
    )
