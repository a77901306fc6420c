# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module keepalived_host_info does with its options.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re

from ansible_collections.openvip.cluster.plugins.module_utils._host.found import Reader
from ansible_collections.openvip.cluster.plugins.module_utils._host.plan import AUTO, FIREWALLS, UnusableError, make

DEFAULT_CHAIN = "inet filter input"

# What the action plugin takes out of the options before they come here.
CONTROLLER_OPTIONS = ("group", "config", "override", "unicast", "drain", "sync_daemon", "ports")
BYPASSED = (
    "%s: the action plugin of the same name resolves this on the controller, and it did not run. Run the module as a "
    "task of its own, named openvip.cluster.keepalived_host_info, or give allow and interface instead.")


def host_argument_spec():
    """Return the argument specification of the module."""
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


def run_host(module):
    """Tell what has to be written on the host."""
    params = module.params
    bypassed = [option for option in CONTROLLER_OPTIONS if params[option]]
    if bypassed:
        module.fail_json(msg=BYPASSED % " and ".join(bypassed))
    chain = " ".join(params["nftables_chain"].split())
    if not re.match(r"(inet|ip|ip6) \S+ \S+$", chain):
        module.fail_json(msg='nftables_chain "%s": it is no family, table and chain. Write it such as "%s".'
                         % (params["nftables_chain"], DEFAULT_CHAIN))

    def run(words):
        path = module.get_bin_path(words[0])
        if path is None:
            return 127, "", "%s is not there" % words[0]
        return module.run_command([path, *words[1:]])

    try:
        directories = {path: _names(path) for path in params["directory"]}
        plan = make(params, Reader(run).read(chain, params["interface"]), params["firewall"], chain)
    except (UnusableError, OSError) as error:
        module.fail_json(msg="Nothing was changed: %s" % error)
    made = plan._asdict()
    needed = any(made[key] for key in made if key != "firewall")
    module.exit_json(changed=False, needed=needed, allow=params["allow"], interface=params["interface"],
                     directory=directories, **made)
