# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Write the table of the variables into the README of each role, from its argument specification, and the names of the
variables of all roles into one variable; `make generate` runs it, after the generators that write such specifications.

    python docs/generate_roles.py            writes them
    python docs/generate_roles.py --check    changes nothing, names those that are out of date, fails if there are any

The table stands between two comments, BEGIN and END.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import yaml

from ansible_collections.openvip.cluster.docs import generate_nginx
from ansible_collections.openvip.cluster.docs.generate import OWN_KEYS, TOP, WHERE, Dumper, bring, sentences
from ansible_collections.openvip.cluster.docs.reference import plain
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec

BEGIN = "<!-- Written by docs/generate_roles.py from meta/argument_specs.yml: change that. -->"
END = "<!-- The end of what is written. -->"
HEAD = "| Variable | Type | Default | What it says |\n|---|---|---|---|"
NAMES_HEAD = """# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# Written by docs/generate_roles.py from meta/argument_specs.yml of all roles: change those.
---
"""
ROLES = sorted(path.name for path in (TOP / "roles").iterdir())
# The names of the types in the words of the page of the keywords.
TYPES = {"bool": "switch", "dict": "dictionary", "float": "number", "int": "whole number", "list": "list",
         "path": "path", "raw": "any", "str": "text"}
PLURALS = {"dict": "dictionaries", "float": "numbers", "int": "whole numbers", "path": "paths", "raw": "entries",
           "str": "texts"}
# The variables whose words are on the page of the keywords, with the section that they are.
SECTIONS = {**{f"keepalived_{name}": name for name in argument_spec()},
            "keepalived_real_server": "virtual_server/real_server"}
# The keys of variables that the specification leaves to the tables of keywords.
KEYS = {**OWN_KEYS, **generate_nginx.keys()}


def kind(option: dict) -> str:
    """Return the type of an option, with what a list holds."""
    name = TYPES[option["type"]]
    return f"{name} of {PLURALS[option['elements']]}" if "elements" in option else name


def default(name: str, option: dict, defaults: dict) -> str:
    """Return the default of an option; what the role makes of other variables and of the host is told in words."""
    if option.get("required"):
        return "must be set"
    if "default" in option:
        text = yaml.safe_dump(option["default"], default_flow_style=True, width=1000, explicit_end=False)
        return f"`{text.removesuffix(chr(10)).removesuffix('...').strip()}`"
    return "derived" if defaults.get(name) else ""


def description(name: str, option: dict) -> str:
    """Return the sentences of an option, and the words that it takes."""
    given = [each for each in sentences(option) if each not in (WHERE, generate_nginx.WHERE)]
    given = [each for each in given if not each.startswith(tuple(f"C({key}) - " for key in OWN_KEYS.get(name, ())))]
    if "choices" in option:
        given.append("One of {}.".format(", ".join(f"`{choice}`" for choice in option["choices"])))
    if name in SECTIONS and "dict" in (option["type"], option.get("elements")):
        heading = SECTIONS[name].lower().replace("/", "--")
        given.append(f"Its keywords are on [their page](../../docs/keywords.md#{heading}).")
    return " ".join(plain(sentence.strip()) for sentence in given).replace("|", "\\|")


def rows(options: dict, defaults: dict, path: str = "") -> Iterator[str]:
    """Iterate over the rows of options and of those inside of them. Keywords of keepalived have a page of their own."""
    for key, option in options.items():
        name = path + key
        cells = (f"`{name}`", kind(option), default(name, option, defaults), description(name, option))
        yield "| {} |".format(" | ".join(cells))
        below = name + ("[]." if option["type"] == "list" else ".")
        yield from rows(option.get("options") or option.get("suboptions") or KEYS.get(name) or {}, {}, below)


def entry_points(role: str) -> dict:
    """Return the argument specification of each entry point of a role."""
    path = TOP / "roles" / role / "meta" / "argument_specs.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]


def variables() -> str:
    """Return the variable that has the names of the variables of each role."""
    names = {role: sorted({name for entry in entry_points(role).values() for name in entry.get("options") or {}})
             for role in ROLES}
    return NAMES_HEAD + yaml.dump({"__keepalived_variables": names}, Dumper=Dumper, width=100)


def table(role: str) -> str:
    """Return the table of a role."""
    defaults = yaml.safe_load((TOP / "roles" / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return "\n".join([HEAD, *rows(entry_points(role)["main"]["options"], defaults)])


def readme(role: str) -> str:
    """Return the README of a role with its table. Raises ValueError where there is no place for it."""
    text = (TOP / "roles" / role / "README.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _former, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"roles/{role}/README.md: no place for the table: there is no {END if begin else BEGIN}")
    return f"{before}{BEGIN}\n\n{table(role)}\n\n{END}{after}"


FILES = {**{f"roles/{role}/README.md": partial(readme, role) for role in ROLES},
         "roles/keepalived/vars/main/variables.yml": variables}


if __name__ == "__main__":
    sys.exit(bring(FILES, "--check" in sys.argv[1:]))
