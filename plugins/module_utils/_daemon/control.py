# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the running keepalived take a new configuration, and see that it did.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import os
import signal

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.program import run

TIMEOUT = 10
# Two signals that wait for a process are handled in the reverse order, in the parent and again in the child to which it
# passes them on. So the first two answers may be older than the reload; the third cannot.
ANSWERS = 3


class ReloadError(Exception):
    """The daemon did not take the configuration; the message says what was seen."""


def _unit_is_active(unit):
    try:
        return run(["systemctl", "is-active", "--quiet", unit], TIMEOUT).code == 0
    except OSError:
        return False


def reload(unit, number):
    """Ask the daemon to read its configuration again; never restart it, because that moves the address.

    :param unit: the systemd unit; used when it is active, otherwise the process gets SIGHUP.
    :param number: the daemon's process id.
    :raises ReloadError: systemd refused.
    """
    if _unit_is_active(unit):
        outcome = run(["systemctl", "reload", unit], TIMEOUT)
        if outcome.code != 0:
            raise ReloadError("systemctl reload %s failed: %s" % (unit, outcome.output.strip()))
    else:
        os.kill(number, signal.SIGHUP)


def expected(data):
    """Return what the daemon must know after it has taken I(data): ``{name: (virtual_router_id, addresses)}``."""
    return {instance["name"]: (
        int(instance["virtual_router_id"]),
        frozenset(ipaddress.ip_address(address["address"]) for address in instance_addresses(instance)),
    ) for instance in data.get("vrrp_instance") or []}


def known(instances):
    """Return the same of what the daemon says (see C(state.instances))."""
    return {instance["name"]: (
        instance["virtual_router_id"],
        frozenset(ipaddress.ip_interface(entry["address"]).ip
                  for section in ("virtual_ipaddress", "virtual_ipaddress_excluded") for entry in instance[section]),
    ) for instance in instances}


def confirm(data, build, binary, number, answers=False):
    """See that the daemon lives and knows every vrrp_instance of I(data) with its addresses.

    :param answers: whether the daemon has instances, so that it answers even when I(data) has none.
    :raises ReloadError: it does not.
    """
    wanted, seen = expected(data), {}
    try:
        for dummy in range(ANSWERS if wanted or answers else 0):
            seen = known(state.instances(build, binary, number))
    except state.StateError as error:
        raise ReloadError(str(error)) from error
    if state.pid() != number:
        raise ReloadError("keepalived ended while it read the new configuration")
    for name, values in wanted.items():
        if seen.get(name) != values:
            raise ReloadError("keepalived did not take vrrp_instance %s as written (it knows: %s)"
                              % (name, ", ".join(sorted(seen)) or "no instance"))


def take(data, build, binary, unit, answers=False):
    """Reload the daemon if it runs and confirm (see C(confirm)); return whether it was reloaded.

    :raises ReloadError: the daemon did not take it.
    """
    number = state.pid()
    if number is None:
        return False
    reload(unit, number)
    confirm(data, build, binary, number, answers)
    return True
