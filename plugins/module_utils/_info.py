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

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import place
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, held, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed, too_old
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.questions import questions
from ansible_collections.openvip.cluster.plugins.module_utils._edit_drain import record
from ansible_collections.openvip.cluster.plugins.module_utils._kit import interfaces as kit
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc
from ansible_collections.openvip.cluster.plugins.module_utils._kit.files import read_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import OWNER_PRIORITY
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read, read_in_force
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask


def listed(module):
    """Return the interfaces of this host as C(ip -json address show) lists them."""
    try:
        return kit.listed()
    except kit.UnreadableError as error:
        return module.fail_json(msg=str(error))


# Addresses that nobody has (RFC 5737, RFC 3849): what is sent to them takes the default route.
NOWHERE = ("192.0.2.1", "2001:db8::1")


def default_routes(module):
    """Return ``[{"address": str, "interface": str}]``: source and interface of each default route."""
    program = module.get_bin_path("ip", required=True)
    outcomes = [module.run_command([program, "-json", "route", "get", destination]) for destination in NOWHERE]
    return [{"address": route["prefsrc"], "interface": route.get("dev")} for code, output, dummy in outcomes
            if code == 0 for route in json.loads(output) if route.get("prefsrc")]


def _owned(instance):
    return instance.get("priority") == OWNER_PRIORITY


def _holding(instances):
    """Return the set of addresses that the daemon itself reports as held."""
    return {ipaddress.ip_interface(entry["address"]).ip for instance in instances
            for section in ("virtual_ipaddress", "virtual_ipaddress_excluded") for entry in instance[section]
            if entry["set"] or instance["state"] == "MASTER"}


def ask(config, build, binary, number, timeout):
    """Return the instances that the daemon reports, C(None) where the file has none. Without an instance the daemon
    writes no dump, and instances of an included file are unknown.

    :raises state.StateError: the daemon does not answer.
    """
    if number is None:
        return []
    return state.instances(build, binary, number, timeout) if build and config.get("vrrp_instance") else None


def network(module, found, config, number, instances, again):
    """Return the interfaces of this host with their addresses, and which of these belong to keepalived.

    :param found: the interfaces as C(listed) returns them.
    :param config: the configuration of the file.
    :param number: the process id of the daemon, C(None) when it does not run.
    :param instances: what C(ask) returned before the interfaces were listed.
    :param again: repeats C(ask), because an address may have moved between the two inspections.
    """
    inspected = kit.inspection(found)
    virtual = held.virtual(config, [each for each in instances or [] if not _owned(each)])
    here = {ipaddress.ip_address(entry["address"]) for each in inspected.values() for entry in each["addresses"]}
    holding = None
    if instances is not None:
        holding = _holding(instances)
        if number is not None and here.intersection(virtual) - holding:
            holding |= _holding(again() or [])
    promoting = held.promoting()
    return {
        "interfaces": {name: dict(each, promote_secondaries=name in promoting) for name, each in inspected.items()},
        "routes": default_routes(module),
        "running": number is not None,
        "virtual": [str(address) for address in virtual],
        "held": None if holding is None else sorted(map(str, holding)),
    }


def interfaces(found):
    """Return ``{name: ["address/prefix", ...]}`` of the listed interfaces without loopback."""
    return {name: ["%s/%s" % (entry["address"], entry["prefix"]) for entry in each["addresses"]]
            for name, each in kit.inspection(found).items() if not each["loopback"]}


def cards(found):
    """Return the hardware addresses of the listed interfaces, loopback left out."""
    return list(dict.fromkeys(interface["address"] for interface in found
                              if interface.get("link_type") == "ether" and "address" in interface))


def tracked(module, config, build, binary, number):
    """Return what each instance tracks by its name, C(None) when that is unknown, with a warning that says why."""
    try:
        held.see_text_dump(config)
        return state.tracked(build, binary, number, module.params["timeout"])
    except state.StateError as error:
        module.warn("What the instances track is not known: %s" % error)
        return None


def run_info(module):
    """Answer the module M(openvip.cluster.keepalived_info)."""
    params = module.params
    binary = module.get_bin_path(params["binary"]) or params["binary"]
    build = installed(binary)
    if build and too_old(build.version):
        module.warn(too_old(build.version))
    number = control.running("keepalived.service", params["pid_file"], binary, params["path"])
    try:
        text = read_text(params["path"])
    except OSError as error:
        module.fail_json(msg="%s cannot be read: %s" % (params["path"], error))
    document = parse(mask(text or ""), params["path"])
    config = read(document) if text is not None else None
    force = read_in_force(text or "")

    def asked():
        try:
            return ask(force, build, binary, number, params["timeout"])
        except state.StateError as error:
            return module.fail_json(msg=str(error))

    answer = asked()
    instances = answer or []
    by_name = tracked(module, force, build, binary, number) if instances else {}
    for instance in instances:
        instance["age"] = round(time.time() - instance["last_transition"], 3)
        instance["tracked"] = None if by_name is None else by_name.get(instance["name"], [])
    found = listed(module)
    here = held.present(found, force)
    place(instances, found)
    module.exit_json(
        changed=False,
        version=".".join(str(part) for part in build.version) if build else None,
        build_options=sorted(build.options) if build else [],
        running=number is not None,
        pid=number,
        executable=proc.executable(number) if number is not None else None,
        vrrp_instance=instances,
        interfaces=interfaces(found),
        network=network(module, found, force, number, answer, asked),
        addresses=[str(address) for address in held.virtual(force, instances) if address in here],
        config=config,
        questions=questions(),
        problems=[str(problem) for problem in document.problems],
        **remembered(text or ""),
    )


def remembered(text):
    """Return what the file remembers of drained real servers, as RETURN of keepalived_info has it."""
    found = record(text)
    return {"drained": [dict(each._asdict(), addresses=list(each.addresses)) for each in found.drained],
            "restored": [each._asdict() for each in found.restored]}
