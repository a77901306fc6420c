# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What takes the examples: the roles' specifications, the check of a whole cluster, nginx' rules."""

from __future__ import annotations

import ipaddress
import re
from unittest.mock import MagicMock

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.openvip.cluster.docs.generate_nginx import directives
from ansible_collections.openvip.cluster.plugins.action import cluster_check
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import check, groups
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec
from ansible_collections.openvip.cluster.tests.unit.docs.blocks import SPECS, VARIABLES

# The cluster of the examples, and what a page need not repeat.
GROUPS = {"lb": ["lb1", "lb2"], "web": ["web1", "web2"], "monitoring": ["client"]}
ADDRESSES = {"lb1": "198.18.0.11", "lb2": "198.18.0.12", "web1": "198.18.0.21", "web2": "198.18.0.22",
             "client": "198.18.0.200"}
INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1,
            "virtual_ipaddress": ["198.18.0.100/24"]}
NETWORK = ipaddress.ip_network("198.18.0.0/24")
SECTIONS = argument_spec()
TEMPLATE = re.compile(r"\{\{.*\}\}", re.DOTALL)


def found_in(data, key):
    """Return the first value of a key, wherever it is."""
    if isinstance(data, dict):
        return data.get(key) or next(filter(None, (found_in(value, key) for value in data.values())), None)
    if isinstance(data, list):
        return next(filter(None, (found_in(value, key) for value in data)), None)
    return None


def facts(address, device):
    return {"interfaces": [device], "os_family": "Debian", "all_ipv4_addresses": [address],
            device: {"device": device, "ipv4": {"address": address, "prefix": str(NETWORK.prefixlen)}, "ipv6": [
                {"address": "2001:db8:18::%d" % (int(address.rpartition(".")[2])), "prefix": "64"}]}}


def is_template(value):
    return isinstance(value, str) and bool(TEMPLATE.search(value))


def without_templates(options, given):
    """Return I(options) and I(given) without the values that only Ansible knows: templates that are no text."""
    if not isinstance(given, dict):
        return options, given
    unknown = {key for key, value in given.items()
               if is_template(value) and options[key].get("type", "str") not in ("str", "path", "raw")}
    options = {name: dict(option, required=False) if name in unknown else dict(option)
               for name, option in options.items()}
    values = {key: value for key, value in given.items() if key not in unknown}
    for key, value in values.items():
        below = (options.get(key) or {}).get("options")
        if below and isinstance(value, list) and len(value) == 1:
            options[key]["options"], one = without_templates(below, value[0])
            values[key] = [one]
        elif below and isinstance(value, dict):
            options[key]["options"], values[key] = without_templates(below, value)
    return options, values


def see_variables(given, what):
    """See that variables are those of roles, and of their types."""
    assert set(given) <= set(VARIABLES), f"{what}: no role has {', '.join(sorted(set(given) - set(VARIABLES)))}"
    validated({name: VARIABLES[name] for name in given}, given, what)


def validated(options, given, what):
    """See that the values are of their types; names are looked at, too."""
    assert set(given) <= set(options), f"{what}: there is no {', '.join(sorted(set(given) - set(options)))}"
    known, values = without_templates(options, given)
    result = ArgumentSpecValidator(known).validate(values)
    assert not result.error_messages, f"{what}: {'; '.join(result.error_messages)}"


def cluster(config, hosts=None, members=None, definition=None, web=()):
    """Return the findings on a cluster that is defined so, as cluster_check tells them."""
    hosts, members = hosts or ADDRESSES, dict(members or GROUPS)
    device = found_in([config, definition], "interface") or "eth1"
    variables = {name: {"ansible_facts": facts(address, device)} for name, address in hosts.items()}
    for name in members["lb"]:
        variables[name]["definition"] = dict({"config": config, "group": "lb"}, **definition or {})
    for name, options in dict(web).items():
        variables[name]["keepalived_real_server"] = options
    task = MagicMock(args={"group": ["lb"], "definition": "definition", "fail_on": "never"}, async_val=0,
                     check_mode=True)
    action = cluster_check.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_check, "Scope", lambda *dummy: variables)
        result = action.run(task_vars={"groups": dict(members, all=list(variables)), "hostvars": variables})
    return [finding for finding in result["findings"] if finding["severity"] == "error"]


def keepalived(variables, hosts=None, members=None):
    """Return the errors in a cluster with these variables of the role keepalived."""
    config = {section: variables["keepalived_" + section] for section in SECTIONS
              if "keepalived_" + section in variables}
    config.setdefault("vrrp_instance", [INSTANCE])
    # the user of the scripts, as the role gives it
    config["global_defs"] = {"script_user": "keepalived_script", **config.get("global_defs", {})}
    synced = bool(config.get("virtual_server")) and variables.get("lvs_director_sync_daemon", True)
    definition = {"unicast": variables.get("keepalived_unicast", False), "sync_daemon": synced,
                  "override": variables.get("keepalived_override", {})}
    web = {"web1": variables["keepalived_real_server"]} if "keepalived_real_server" in variables else {}
    return cluster(config, hosts, members, definition, web)


def nginx(config):
    """Return what is wrong with nginx' configuration, as the action says it before it asks nginx."""
    members = {name: [groups.Member(host, ADDRESSES[host], None, {}) for host in hosts]
               for name, hosts in GROUPS.items()}
    data, findings = check.normalise(config)
    if not findings:
        data, findings = groups.resolve(data, members)
    return findings or lint.check(check.normalise(data)[0])


def nginx_variables(variables):
    """Return the data of nginx' configuration that variables of the role nginx are."""
    config = {}
    for block, names in directives().items():
        given = {key: variables[name] for name, key in names.items() if name in variables}
        if given:
            config.update({block: given} if block else given)
    return config


def try_variables(variables, what, hosts=None, members=None):
    """See that variables are taken by the roles, and that a cluster with them has no error."""
    see_variables(variables, what)
    if any(name.startswith("keepalived_") for name in variables):
        assert keepalived(variables, hosts, members) == [], what
    assert nginx(nginx_variables(variables)) == [], what


def hosts_of(group, found, below):
    """Collect the addresses of an inventory's hosts, and the hosts of each group."""
    names = []
    for name, variables in (group.get("hosts") or {}).items():
        found[name] = (variables or {}).get("ansible_host", ADDRESSES[name])
        names.append(name)
    for name, child in (group.get("children") or {}).items():
        below[name] = hosts_of(child, found, below)
        names += below[name]
    return names


def try_inventory(data, what):
    """See that an inventory is a cluster without an error."""
    hosts, members = {}, {}
    for name, group in data.items():
        members[name] = hosts_of(group, hosts, members)
        try_variables(group["vars"], what, hosts, members)


def is_inventory(data):
    return isinstance(data, dict) and all(
        isinstance(value, dict) and {"hosts", "children"} & set(value) for value in data.values())


def tasks_of(plays):
    """Iterate over the tasks of plays, and of tasks."""
    for each in plays:
        for key in ("pre_tasks", "tasks", "block"):
            yield from tasks_of(each.get(key) or [])
        if "hosts" not in each and "block" not in each:
            yield each


def try_play(play, what):
    for role in play.get("roles", []):
        name = role["role"].rpartition(".")[2]
        assert set(role.get("vars", {})) <= set(VARIABLES), what
        assert name in SPECS, what
        try_variables(role.get("vars", {}), what)


def try_include(task, what):
    """See that what a task gives to a role is among the options of the role."""
    for key in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
        if key in task:
            name = task[key]["name"].rpartition(".")[2]
            entry = SPECS[name].get(task[key].get("tasks_from", "main"), SPECS[name]["main"])
            options = entry["options"] or SPECS[name]["main"]["options"]
            given = task.get("vars", {})
            validated({key: options[key] for key in options if key in given}, given, what)


def options_of(entry):
    """Return the options of a module's documentation as a specification of arguments."""
    return {name: {**{key: value for key, value in option.items()
                      if key in ("type", "elements", "required", "choices", "aliases")},
                   **({"options": options_of(option)} if "suboptions" in option else {})}
            for name, option in (entry.get("suboptions") or entry.get("options") or {}).items()}
