# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what keepalived on this host is, does and holds; change nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import json
import time

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, held, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc
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


def tracked(module, config, build, binary, number):
    """Return what each instance tracks by its name, C(None) when it cannot be told, with a warning that says why."""
    try:
        held.see_text_dump(config)
        return state.tracked(build, binary, number, module.params["timeout"])
    except state.StateError as error:
        module.warn("What the instances track is not known: %s" % error)
        return None


def run_info(module):
    """Answer the module M(openvip.cluster.keepalived_info)."""
    params = module.params
    binary = _io.find_program(module, params["binary"])
    build = installed(binary)
    number = control.running("keepalived.service", params["pid_file"], binary)
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
    here = held.present(found, config or {})
    module.exit_json(
        changed=False,
        version=".".join(str(part) for part in build.version) if build else None,
        build_options=sorted(build.options) if build else [],
        running=number is not None,
        pid=number,
        executable=proc.executable(number) if number is not None else None,
        vrrp_instance=instances,
        interfaces=interfaces(found),
        addresses=[str(address) for address in held.virtual(config or {}, instances) if address in here],
        config=config,
        problems=[str(problem) for problem in document.problems],
    )
