# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this host is to be told of: keepalived's configuration and state, the addresses, the table of IPVS.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import known_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, held, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import kernel
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import IpvsError
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask

UNIT = "keepalived.service"
TIMEOUT = 5.0
# Bytes of the list of interfaces, about 1 KiB for each.
LISTED = 1 << 26
# The parts of a collection, each of which can fail by itself.
CONFIGURATION, VRRP, TRACKED, ADDRESSES, IPVS = PARTS = ("configuration", "vrrp", "tracked", "addresses", "ipvs")


class HostError(Exception):
    """Something of this host cannot be read; the message says what, and what to do."""


class Place(NamedTuple):
    """Where keepalived is: its configuration file, its program, and its process id in a file."""

    path: str = "/etc/keepalived/keepalived.conf"
    binary: str = "keepalived"
    pid_file: str = state.PID_FILE


class Report(NamedTuple):
    """What was found.

    :ivar version: of the installed keepalived, C(None) when it is not installed.
    :ivar running: whether it runs.
    :ivar instances: see C(state.instances), empty when it does not run, C(None) when it did not tell.
    :ivar tracked: see C(state.tracked), C(None) when it is not known.
    :ivar virtual: the virtual addresses of each instance, by its name.
    :ivar held: the addresses of this host, C(None) when they are not known.
    :ivar ipvs: see C(kernel.read), C(None) when it is not known.
    :ivar errors: what could not be read and why, by its part.
    :ivar config: the data of keepalived's file, nothing when it could not be read.
    """

    version: Optional[str]
    running: bool
    instances: Optional[List[Dict[str, Any]]]
    tracked: Optional[Dict[str, List[Dict[str, Any]]]]
    virtual: Dict[str, List[Any]]
    held: Optional[set]
    ipvs: Optional[Dict[str, Any]]
    errors: Dict[str, str]
    config: Dict[str, Any]


def configuration(path: str) -> Dict[str, Any]:
    """Return the data of keepalived's file, passwords masked. Files that it includes are not followed.

    :raises HostError: it cannot be read.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return read(parse(mask(stream.read()), path))
    except OSError as error:
        raise HostError("%s cannot be read: %s. Name keepalived's file by --config."
                        % (path, error.strerror)) from error


def interfaces() -> List[Dict[str, Any]]:
    """Return the interfaces as C(ip -json -details address show) lists them.

    :raises HostError: ip does not tell.
    """
    try:
        outcome = run(["ip", "-json", "-details", "address", "show"], TIMEOUT, kept=LISTED)
        return json.loads(outcome.output)
    except (OSError, ValueError) as error:
        raise HostError("ip -json address show tells nothing: %s. Install iproute2." % error) from error


def virtual_addresses(config: Dict[str, Any], instances: List[Dict[str, Any]]) -> Dict[str, List[Any]]:
    """Return the virtual addresses of each instance of the file, and of the daemon where it knows others."""
    found: Dict[str, Dict[Any, None]] = {}
    for instance in config.get("vrrp_instance") or []:
        addresses = (ipaddress.ip_address(entry["address"]) for entry in instance_addresses(instance))
        found.setdefault(instance["name"], {}).update(dict.fromkeys(addresses))
    for instance in instances:
        found.setdefault(instance["name"], {}).update(dict.fromkeys(known_addresses(instance)))
    return {name: list(addresses) for name, addresses in found.items()}


def look(place: Place) -> Report:
    """Return what this host is and does now. What cannot be read is among the errors, and the rest is there."""
    errors: Dict[str, str] = {}

    def attempt(part: str, question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return question(*arguments)
        except (HostError, state.StateError, IpvsError) as error:
            errors[part] = str(error)
            return None

    build = installed(place.binary)
    number = control.running(UNIT, place.pid_file, place.binary, place.path)
    config = attempt(CONFIGURATION, configuration, place.path) or {}
    instances: Optional[List[Dict[str, Any]]] = []
    tracked: Optional[Dict[str, List[Dict[str, Any]]]] = {}
    # Without an instance the daemon writes no dump.
    if build and number and config.get("vrrp_instance"):
        instances = attempt(VRRP, state.instances, build, place.binary, number, TIMEOUT)

        def ask() -> Any:
            held.see_text_dump(config)
            return state.tracked(build, place.binary, number, TIMEOUT)

        tracked = attempt(TRACKED, ask) if instances else None
    listed = attempt(ADDRESSES, interfaces)
    return Report(
        version=".".join(str(part) for part in build.version) if build else None,
        running=number is not None, instances=instances, tracked=tracked,
        virtual=virtual_addresses(config, instances or []),
        held=None if listed is None else held.present(listed, config), ipvs=attempt(IPVS, kernel.read), errors=errors,
        config=config)
