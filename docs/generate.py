# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the files that follow from the keyword table; `make generate` runs it after a change of the table.

    python docs/generate.py            writes them
    python docs/generate.py --check    changes nothing, names those that are out of date, and fails if there are any
    python docs/generate.py --coverage FILE
                                       counts which keywords of a list, as JSON, the table knows
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from ansible_collections.openvip.cluster.docs.reference import coverage, page
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import options_documentation

TOP = Path(__file__).resolve().parent.parent
HEAD = """# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# Written by docs/generate.py from docs/role_keepalived.yml and the keyword table: change those.
---
"""
WHERE = "Its keywords are those in C(config) of M(openvip.cluster.keepalived_config)."
SCRIPT_USER = "{{ {'script_user': keepalived_script_user} | ansible.builtin.combine(keepalived_global_defs) }}"


class Dumper(yaml.SafeDumper):
    """YAML as yamllint likes it: lists indented, no aliases."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, indentless and False)

    def ignore_aliases(self, data):
        return True


def role_variable(option: dict, where: str) -> dict:
    """Return a module's option as a variable of a role. Of what is in a block, the keyword table judges better.

    :param where: the sentence that says where the keywords of the block are.
    """
    converted = {key: value for key, value in option.items() if key not in ("suboptions", "aliases")}
    if "suboptions" in option:
        converted["description"] = [*sentences(option), where]
    return converted


def sentences(option: dict) -> list[str]:
    """Return the description of an option as a list."""
    given = option["description"]
    return [given] if isinstance(given, str) else list(given)


def real_server_group_options() -> dict:
    """Return the options of a virtual server that are none of keepalived's, above all the group of the real servers."""
    return {
        "real_server_group": {
            "description": [
                "The inventory group whose hosts are real servers, in addition to those of C(real_server).",
                "Addresses are derived from the facts; a host overrides what it likes by O(keepalived_real_server).",
                "With a group, C(alpha) is true and C(delay_loop) 3 unless they are set, and a service of TCP whose "
                "real servers have no check gets a C(TCP_CHECK).",
            ],
            "type": "str",
        },
        "real_server_options": {
            "description": "The keywords of every real server of C(real_server_group), as in C(real_server).",
            "type": "dict",
        },
        "loop_guard": {
            "description": [
                "Whether directors may be real servers of the service, too, with C(DR) and C(TUN). Otherwise that is "
                "refused, because two of them could send a packet to each other, again and again.",
                "The kernel of a director then balances only while its C(lvs_sync_daemon) is the master, so the "
                "addresses of all services have to be in the instance that it follows, or in its C(vrrp_sync_group).",
            ],
            "type": "bool",
            "default": False,
        },
    }


def priority_order_option() -> dict:
    """Return the option of a VRRP instance that is none of keepalived's."""
    return {
        "priority_order": {
            "description": [
                "Hosts of the group O(keepalived_group), the one with the highest priority in this instance first. The "
                "others follow in the order of the group. C(priority) and C(state) are derived from it.",
                "So one host leads one instance and another host the next. Without it the order is that of the group.",
            ],
            "type": "list",
            "elements": "str",
        },
    }


# By the variable, the keys that are none of keepalived's.
OWN_KEYS = {"keepalived_virtual_server": real_server_group_options(),
            "keepalived_vrrp_instance": priority_order_option()}


def role_options() -> dict:
    """Return what the argument specification of the role keepalived has: its own options and a variable per section."""
    main = yaml.safe_load((TOP / "docs" / "role_keepalived.yml").read_text(encoding="utf-8"))
    for section, option in options_documentation().items():
        main["options"]["keepalived_" + section] = role_variable(option, WHERE)
    for name, own in OWN_KEYS.items():
        main["options"][name]["description"] += [f"C({key}) - {sentence}" for key, each in own.items()
                                                 for sentence in sentences(each)]
    return main


def argument_specs() -> str:
    """Return the argument specification of the role keepalived."""
    return HEAD + yaml.dump({"argument_specs": {"main": role_options()}}, Dumper=Dumper, sort_keys=False, width=100)


def role_config() -> str:
    """Return the variable that collects the role's variables, one per section, into the data of the modules."""
    config = {section: "{{ keepalived_%s | default(none) }}" % section for section in options_documentation()}
    config["global_defs"] = SCRIPT_USER
    return HEAD + yaml.dump({"__keepalived_config": config}, Dumper=Dumper, sort_keys=False, width=100)


FILES = {"docs/keywords.md": page,
         "roles/keepalived/vars/main/config.yml": role_config,
         "roles/keepalived/meta/argument_specs.yml": argument_specs}


def bring(files: dict[str, Callable[[], str]], check: bool) -> int:
    """Write the files that are out of date, or name them when I(check); return the exit code."""
    outdated = []
    for name, generate in files.items():
        path, text = TOP / name, generate()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            outdated.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
                print("written:", name)
    if outdated and check:
        print("out of date, run `make generate`:", ", ".join(outdated))
        return 1
    return 0


def main(arguments: list[str]) -> int:
    if "--coverage" in arguments:
        print(coverage(Path(arguments[arguments.index("--coverage") + 1])))
        return 0
    return bring(FILES, "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
