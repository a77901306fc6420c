# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules keepalived_host and keepalived_host_info, from their options to their results.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re

from .._kit.transaction import LockError, Transaction, TransactionError
from . import apply, found
from .block import BlockError
from .plan import AUTO, FIREWALLS, UnusableError, accepted, make

DEFAULT_CHAIN = "inet filter input"
# The writer's name in the transaction
NAME = "keepalived_host"

# What the action plugin takes out of the options before they come here.
CONTROLLER_OPTIONS = ("group", "config", "override", "unicast", "drain", "sync_daemon", "ports")
BYPASSED = (
    "%s: the action plugin of the same name resolves this on the controller, and it did not run. Run the module as a "
    "task of its own, named openvip.cluster.keepalived_host_info, or give allow and interface instead.")


def host_argument_spec():
    """Return the argument specification of keepalived_host."""
    return {
        "firewall": {"type": "str", "choices": list(FIREWALLS), "default": AUTO},
        "nftables_chain": {"type": "str", "default": DEFAULT_CHAIN},
        "allow": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "family": {"type": "str", "required": True, "choices": ["ipv4", "ipv6"]},
                "source": {"type": "str"},
                "protocol": {"type": "str", "required": True, "choices": ["vrrp", "ah", "tcp", "udp"]},
                "port": {"type": "int"},
            },
        },
        "unknown": {"type": "list", "elements": "str", "default": []},
        "interface": {"type": "list", "elements": "str", "default": []},
        "routes": {"type": "bool", "default": False},
        "vmac": {"type": "bool", "default": False},
    }


def host_info_argument_spec():
    """Return the argument specification of keepalived_host_info."""
    return {
        **host_argument_spec(),
        "directory": {"type": "list", "elements": "path", "default": []},
        "group": {"type": "str"},
        "config": {"type": "dict"},
        "override": {"type": "dict"},
        "unicast": {"type": "bool", "default": False},
        "drain": {"type": "list", "elements": "str", "default": []},
        "sync_daemon": {"type": "bool", "default": False},
        "ports": {"type": "list", "elements": "str", "default": []},
    }


def _names(directory):
    """Return the names in a directory, C(None) when there is none."""
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else None


def _chain(module):
    chain = " ".join(module.params["nftables_chain"].split())
    if not re.match(r"(inet|ip|ip6) \S+ \S+$", chain):
        module.fail_json(msg='nftables_chain "%s": must be a family, a table and a chain. Write for example "%s".'
                         % (module.params["nftables_chain"], DEFAULT_CHAIN))
    return chain


def _changes(plan):
    """Return the changes, in the form of Ansible's diff."""
    def shown(content):
        return "" if content is None else content.decode("utf-8", "replace")

    def joined(lines):
        return "".join("%s\n" % line for line in lines)

    changes = [(each.path, shown(each.before), shown(each.after)) for each in plan.files]
    changes += [(each.name, joined(each.before), joined(each.after)) for each in plan.effects]
    return [{"before_header": name, "after_header": name, "before": before, "after": after}
            for name, before, after in changes]


def run_host_info(module):
    """Report the changes that the host needs."""
    params = module.params
    bypassed = [option for option in CONTROLLER_OPTIONS if params[option]]
    if bypassed:
        module.fail_json(msg=BYPASSED % " and ".join(bypassed))
    chain = _chain(module)
    try:
        directories = {path: _names(path) for path in params["directory"]}
        with Transaction(NAME, check=True) as held:
            host = found.read(params["interface"])
            plan = make(params, host, params["firewall"], chain)
            allow = [dict(each._asdict()) for each in accepted(params, host, plan.firewall)]
    except (UnusableError, BlockError, LockError, OSError) as error:
        module.fail_json(msg="Nothing was changed: %s" % error)
    module.exit_json(changed=False, needed=plan.differs() or held.owed, firewall=plan.firewall, changes=_changes(plan),
                     directory=directories, allow=allow,
                     **{name: params[name] for name in ("interface", "routes", "vmac")})


def run_host(module):
    """Change the host as keepalived needs it, or change nothing."""
    params = module.params
    chain = _chain(module)

    def inspect():
        return found.read(params["interface"])

    def decide(host):
        return make(params, host, params["firewall"], chain)

    try:
        with Transaction(NAME, check=module.check_mode) as held:
            for note in held.notes:
                module.warn(note)
            host = inspect()
            plan = decide(host)
            changed = plan.differs() or held.owed
            if changed:
                apply.test(plan)
            if changed and not module.check_mode:
                apply.change(held, inspect, decide, host, plan)
    except TransactionError as error:
        state = " ".join(error.notes) or "Everything is as it was before."
        module.fail_json(msg="%s %s" % (error, state))
    except (UnusableError, BlockError, LockError, OSError) as error:
        module.fail_json(msg="Nothing was changed: %s" % error)
    module.exit_json(changed=changed, firewall=plan.firewall, diff=_changes(plan))
