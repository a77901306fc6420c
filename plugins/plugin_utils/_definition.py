# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the definition of a cluster and the inventory to the data of one host.

keepalived_config writes what is derived here, and cluster_check judges it: what is checked is what is written.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive, merge
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import given, newest
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, names_of

# The options of keepalived_config that say how the data is derived.
OPTIONS = ("group", "override", "unicast", "track", "drain", "sync_daemon", "maintenance")


class Derived(NamedTuple):
    """The data of one host, its normalised facts (C(None): not gathered), and what could not be derived."""

    data: dict
    facts: dict
    findings: list


def _truth(options, name):
    """Return an option as a truth value.

    :raises AnsibleActionFail: it is none.
    """
    value = options.get(name)
    try:
        return boolean(value or False)
    except TypeError:
        raise AnsibleActionFail('%s (keepalived_%s of the role keepalived) must be true or false, got "%s".'
                                % (name, name, value)) from None


def _drained(options):
    """Return the names of the hosts that get no new connections.

    :raises AnsibleActionFail: it is no list.
    """
    names = options.get("drain") or []
    if not isinstance(names, list):
        raise AnsibleActionFail('drain (keepalived_drain of the role keepalived) must be a list of hosts, got "%s". '
                                "Write every name after a dash." % names)
    return names


def derived(host, names, config, options, inventory):
    """Return C(Derived) for a host.

    :param names: of all members of the cluster in the order of their priority, I(host) among them.
    :param config: the definition, without errors of C(misshapen).
    :param options: dictionary with the values of OPTIONS; a C(track) without a name tracks nothing.
    :param inventory: C(Members).
    :raises AnsibleActionFail: an option has another type.
    """
    merged, dummy = merge(newest(given(config)), newest(given(options.get("override") or {})))
    unicast = _truth(options, "unicast")
    members = inventory.of(names, merged, unicast)
    track = options.get("track")
    data, findings = derive(
        config, host, members, unicast=unicast,
        tracked=track if track and track.get("name") else None,
        override=options.get("override"), groups=inventory.groups(merged),
        drained=_drained(options), synced=_truth(options, "sync_daemon"),
        maintenance=options.get("maintenance"), present=inventory.present(names))
    return Derived(data, next(each.facts for each in members if each.name == host), findings)


def derived_here(config, options, task_vars, who, inspected=None):
    """Return C(Derived) for the host of a task, which is a member of the group in I(options).

    :param who: what asks, for the message.
    :param inspected: see C(Members).
    :raises AnsibleActionFail: there is no such group, or the host is not in it.
    """
    host = task_vars["inventory_hostname"]
    names = names_of(options["group"], task_vars, who)
    if host not in names:
        raise AnsibleActionFail('%s: %s is not in the group "%s" of the cluster\'s members (%s).'
                                % (who, host, options["group"], ", ".join(names)))
    return derived(host, names, config, options, Members(task_vars, inspected))
