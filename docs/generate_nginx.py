# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Write what follows from the table of nginx's directives for the role nginx; `make generate` runs it.

    python docs/generate_nginx.py            writes it
    python docs/generate_nginx.py --check    changes nothing, names what is out of date, and fails if there is any
"""

from __future__ import annotations

import sys

import yaml

from ansible_collections.openvip.cluster.docs.generate import TOP, Dumper, bring, role_variable
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.spec import options_documentation

HEAD = """# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# Written by docs/generate_nginx.py from docs/role_nginx.yml and the table of directives: change those.
---
"""
BLOCKS = ("events", "http", "stream")
# What stands in several blocks; the variable without the name of a block is that of the whole file.
SHARED = ("raw", "include")
# The start page is one of the servers, and what has no servers has no streams.
WHERE = "Its keys are those in C(config) of M(openvip.cluster.nginx_config)."
VALUES = {"nginx_server": "{{ __nginx_start_page_server + nginx_server | default([], true) }}"}


def variable(block: str, key: str) -> str:
    """Return the name of the role's variable for a key of a block, "" is the whole file."""
    return "nginx_%s%s" % (block + "_" if block == "stream" or (block and key in SHARED) else "", key)


def directives() -> dict[str, dict[str, str]]:
    """Return the role's variables by the blocks and their keys."""
    return {block: {variable(block, key): key for key in options_documentation(block) if key not in BLOCKS}
            for block in ("", *BLOCKS)}


def keys() -> dict[str, dict]:
    """Return the documentation of the keys of each variable that is a block."""
    found = {name: options_documentation(block)[key].get("suboptions") or {}
             for block, variables in directives().items() for name, key in variables.items()}
    server = options_documentation("http/upstream/server")
    # what a host says of itself: none of it is required
    found["nginx_upstream_server"] = {name: {**option, "required": False} for name, option in server.items()}
    return found


def argument_specs() -> str:
    """Return the argument specification of the role: its own options and a variable per directive."""
    main = yaml.safe_load((TOP / "docs" / "role_nginx.yml").read_text(encoding="utf-8"))
    for block, variables in directives().items():
        documentation = options_documentation(block)
        for name, key in variables.items():
            main["options"].setdefault(name, role_variable(documentation[key], WHERE))
    return HEAD + yaml.dump({"argument_specs": {"main": main}}, Dumper=Dumper, sort_keys=False, width=100)


def role_config() -> str:
    """Return the variable that collects the role's variables into the data of the module, and one with their names."""
    config: dict = {}
    for block, variables in directives().items():
        values = {key: VALUES.get(name, "{{ %s | default(none) }}" % name) for name, key in variables.items()}
        config.update({block: values} if block else values)
    names = sorted(yaml.safe_load(argument_specs())["argument_specs"]["main"]["options"])
    return HEAD + yaml.dump({"__nginx_config": config, "__nginx_variables": names}, Dumper=Dumper, sort_keys=False,
                            width=100)


FILES = {"roles/nginx/meta/argument_specs.yml": argument_specs, "roles/nginx/vars/main/config.yml": role_config}


if __name__ == "__main__":
    sys.exit(bring(FILES, "--check" in sys.argv[1:]))
