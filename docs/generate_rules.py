# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/rules: a page for each rule, from the rule itself and its examples in docs/rules/examples.

    python docs/generate_rules.py            writes the pages
    python docs/generate_rules.py --check    changes nothing, names those that are out of date, and then fails

The same examples are the tests of the rules. In them stand <U+00A0> for a character, <=*80> for that many "=",
and <1..9> for as many lines as there are numbers.

A rule for clusters has the texts of several hosts. Under "wrong" are those that differ from "right", under "right"
those that differ from PAIR; "known" is what is known of hosts besides, "cluster" of all of them, and "groups" are the
clusters.

A rule for nginx has the config of nginx_config. "host" is what the host knows: "read" has the files of each pattern
that is included; "file" are the files that are written with it, "certificates" what is known of certificates.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Clock, Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text, rules
from ansible_collections.openvip.cluster.plugins.module_utils._lint.registry import CLUSTER, TEXT, Rule
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint import lint as nginx
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.model import Certificate, Host
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.registry import Rule as NginxRule
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import Part
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import File
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

PAGES = Path(__file__).resolve().parent / "rules"
FILE = "/etc/keepalived/keepalived.conf"
HEAD = """<!--
SPDX-License-Identifier: GPL-3.0-or-later
Copyright: (c) 2026, openvip.cluster contributors
Written by docs/generate_rules.py from the rule and docs/rules/examples: change those.
-->

"""
# What is known of the host for the rules that look at it.
HOST = {"hostname": "lb1", "interfaces": {
    "eth0": ["192.0.2.11/24"], "eth1": ["198.18.0.11/24", "fd00:1::11/64", "fe80::1/64"], "eth2": [],
}}
TITLES = {
    "syntax": "Characters, quotes, braces", "structure": "Keywords and blocks", "lines": "Words of a line",
    "definitions": "Definitions, conditions, includes", "schema": "Single values", "election": "Election",
    "authentication": "Authentication", "addresses": "Virtual addresses",
    "interfaces": "Interfaces of the host", "unicast": "Unicast and multicast",
    "tracking": "Tracking and weights", "sync_group": "Sync groups", "scripts": "Scripts",
    "script_files": "Files and users of scripts", "global_defs": "global_defs", "lvs": "Virtual servers",
    "persistence": "Persistence", "real_servers": "Real servers and checks", "routes": "Routes and rules",
    "cluster_adverts": "Several hosts: what they say", "cluster_peers": "Several hosts: whom it reaches",
    "cluster_election": "Several hosts: election", "cluster_weights": "Several hosts: tracking and weights",
    "cluster_wire": "Several hosts: strangers on the segment",
    "cluster_hosts": "Several hosts: the hosts, and clusters beside each other",
}
NGINX_TITLES = {
    "directives": "Directives", "servers": "Servers and locations", "listen": "Addresses and ports",
    "access": "Who may ask", "locations": "Files and expressions", "proxy": "Passing on", "headers": "Headers",
    "upstreams": "Upstreams", "tls": "TLS", "files": "Files of the workers",
}
INSTANCE = """\
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    priority %s
    virtual_ipaddress {
        198.18.0.100/24
    }
}
"""
# The hosts of a cluster where an example says nothing else of them.
PAIR = {"lb1": INSTANCE % 250, "lb2": INSTANCE % 240}
# What the names of files of examples begin with, but for those for one host.
KINDS = ("cluster_", "nginx_")
ADDRESSES = {"lb1": "198.18.0.11/24", "lb2": "198.18.0.12/24"}


class Example(NamedTuple):
    """The texts of one rule as they are written in the examples, and what they are judged with.

    ``facts`` are what the example says of the host, ``host`` everything that is known of it.
    """

    wrong: str
    right: str
    version: tuple[int, ...] | None
    host: dict
    facts: dict


class Side(NamedTuple):
    """The wrong or the right half of an example of a cluster.

    ``texts``: by host; ``groups``: hosts by cluster; ``known``: what is known of the hosts, and of the ``cluster``.
    """

    texts: dict[str, str]
    groups: dict[str, list[str]]
    known: dict[str, dict]
    cluster: dict


class ClusterExample(NamedTuple):
    """Both halves of the example of a rule for clusters."""

    wrong: Side
    right: Side


class NginxExample(NamedTuple):
    """The configurations of one rule for nginx as text, and what they are judged with, by the keys of the example."""

    wrong: str
    right: str
    known: dict


def _written(kind: str) -> Iterator[tuple[str, dict]]:
    """Iterate over the ids and what is written of them in the files of a kind, "" for the rules for one host."""
    for path in sorted((PAGES / "examples").glob("*.yml")):
        if path.name.startswith(kind or tuple(KINDS)) == bool(kind):
            yield from yaml.safe_load(path.read_text(encoding="utf-8")).items()


def cluster_examples() -> dict[str, ClusterExample]:
    """Return the examples of the rules for clusters by the id of their rule."""
    found = {}
    for identifier, entry in _written("cluster_"):
        right = {**PAIR, **entry.get("right", {})}
        texts = {"right": right, "wrong": {**right, **entry.get("wrong", {})}}
        others = entry.get("groups", {})
        elsewhere = {host for hosts in others.values() for host in hosts}
        groups = {"lb": [host for host in right if host not in elsewhere], **others}
        found[identifier] = ClusterExample(*(
            Side(texts[side], groups, entry.get("known", {}).get(side, {}), entry.get("cluster", {}).get(side, {}))
            for side in ("wrong", "right")))
    return found


def _member(host: str, side: Side) -> Member:
    known = dict(side.known.get(host, {}))
    if "facts" not in known and host in ADDRESSES:
        known["facts"] = {"interfaces": {"eth1": [ADDRESSES[host]]}}
    if "version" in known:
        known["version"] = tuple(int(part) for part in known["version"].split("."))
    if "clock" in known:
        known["clock"] = Clock(**known["clock"])
    return Member(host, read(parse(side.texts[host])), **known)


def judge_cluster(side: Side) -> list:
    """Return the findings on one half of an example."""
    return lint_clusters(
        [Cluster([_member(host, side) for host in hosts], group, **side.cluster)
         for group, hosts in side.groups.items()])


def examples() -> dict[str, Example]:
    """Return the examples of the rules for one host by the id of their rule."""
    found = {}
    for identifier, entry in _written(""):
        version = tuple(int(part) for part in entry["version"].split(".")) if "version" in entry else None
        facts = entry.get("host", {})
        found[identifier] = Example(entry["wrong"], entry["right"], version, {**HOST, **facts}, facts)
    return found


def nginx_examples() -> dict[str, NginxExample]:
    """Return the examples of the rules for nginx by the id of their rule."""
    return {identifier: NginxExample(entry.pop("wrong"), entry.pop("right"), entry)
            for identifier, entry in _written("nginx_")}


def judge_nginx(example: NginxExample, text: str) -> list:
    """Return the findings on one of the configurations of an example."""
    data, wrong = normalise(yaml.safe_load(text))
    host, known = example.known.get("host"), example.known.get("certificates", {})
    files = {pattern: [Part(path, path, each) for path, each in found.items()]
             for pattern, found in (host or {}).get("read", {}).items()}
    return wrong or nginx.check(
        data, host and Host(lambda pattern: files.get(pattern, [])),
        {path: Certificate(**{key: _timestamp(value) for key, value in each.items()}) for path, each in known.items()},
        {f"openvip.d/{each['path']}": File(each.get("content", ""), int(each.get("mode", "0644"), 8))
         for each in example.known.get("file", [])})


def _timestamp(value: object) -> object:
    if not re.match(r"[0-9]{4}-", str(value)):
        return value
    return datetime.datetime.fromisoformat(str(value)).replace(tzinfo=datetime.timezone.utc).timestamp()


def expand(text: str) -> str:
    """Return the text that an example stands for."""
    text = re.sub(r"<U\+([0-9A-F]{4})>", lambda found: chr(int(found.group(1), 16)), text)
    text = re.sub(r"<(.)\*([0-9]+)>", lambda found: found.group(1) * int(found.group(2)), text)
    return re.sub(
        r"(.*)<([0-9]+)\.\.([0-9]+)>(.*\n)",
        lambda found: "".join(f"{found[1]}{number}{found[4]}" for number in range(int(found[2]), int(found[3]) + 1)),
        text)


def judge(example: Example, text: str) -> list:
    """Return the findings on one of the texts of an example."""
    return lint_text(expand(text), FILE, example.version, example.host)


def page(rule: Rule, example: Example) -> str:
    """Return the page of a rule."""
    said = "\n".join(str(finding) for finding in judge(example, example.wrong))
    parts = [
        f"{HEAD}# {rule.id}", f"**{rule.severity}** — {rule.summary}", rule.explanation.replace("``", "`"),
        "## Wrong", f"```\n{example.wrong.rstrip()}\n```", "What the lint says:", f"```\n{said}\n```",
        "## Right", f"```\n{example.right.rstrip()}\n```",
    ]
    if example.facts:
        facts = yaml.safe_dump(example.facts, sort_keys=False).rstrip()
        parts += ["The host:", f"```yaml\n{facts}\n```"]
    notes = [f"Source: {rule.source}."]
    if example.version:
        notes.append("Judged for keepalived {}.".format(".".join(str(part) for part in example.version)))
    if not lint_text(expand(example.wrong), FILE, example.version):
        notes.append("The rule looks at the host: it is applied where the facts of the host are known.")
    if rule.about == TEXT:
        notes.append("The rule looks at the text of a file: data of an inventory cannot have this fault.")
    return "\n\n".join([part for part in parts if part] + [" ".join(notes)]) + "\n"


def _shown(title: str, side: Side, said: str = "") -> list[str]:
    parts = [f"## {title}"]
    for host, text in side.texts.items():
        parts += [f"{host}:", f"```\n{text.rstrip()}\n```"]
    known = {**side.known, **side.cluster}
    if known:
        parts += ["What is known besides:", f"```yaml\n{yaml.safe_dump(known, sort_keys=False).rstrip()}\n```"]
    return parts + (["What `cluster_check` says:", f"```\n{said}\n```"] if said else [])


def cluster_page(rule: Rule, example: ClusterExample) -> str:
    """Return the page of a rule for clusters."""
    parts = [
        f"{HEAD}# {rule.id}", f"**{rule.severity}** — {rule.summary}", rule.explanation.replace("``", "`"),
        *_shown("Wrong", example.wrong, "\n".join(str(finding) for finding in judge_cluster(example.wrong))),
        *_shown("Right", example.right), f"Source: {rule.source}. The rule looks at several hosts.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def nginx_page(rule: NginxRule, example: NginxExample) -> str:
    """Return the page of a rule for nginx."""
    said = "\n".join(str(finding) for finding in judge_nginx(example, example.wrong))
    parts = [
        f"{HEAD}# {rule.id}", f"**{rule.severity}** — {rule.summary}", rule.explanation.replace("``", "`"),
        "## Wrong", f"```yaml\n{example.wrong.rstrip()}\n```", "What `nginx_config` says:", f"```\n{said}\n```",
        "## Right", f"```yaml\n{example.right.rstrip()}\n```",
    ]
    if example.known:
        known = yaml.safe_dump(example.known, sort_keys=False).rstrip()
        parts += ["What is known besides:", f"```yaml\n{known}\n```"]
    return "\n\n".join([part for part in parts if part] + [f"Source: {rule.source}."]) + "\n"


def index() -> str:
    """Return the page that lists all rules."""
    lines = [f"{HEAD}# Rules",
             "What `keepalived_lint`, `cluster_check` and the other modules look for, by the id of the finding.",
             *_tables(rules(), TITLES), "# Rules for nginx",
             "What `nginx_config`, and so the role `nginx`, looks for before anything is changed.",
             *_tables(nginx.rules(), NGINX_TITLES),
             "[Other findings](others.md) are those of the definition and of the status."]
    return "\n\n".join(lines) + "\n"


def _tables(listed: list, titles: dict[str, str]) -> Iterator[str]:
    tables: dict[str, list[str]] = {}
    for rule in listed:
        tables.setdefault(rule.check.__module__.rpartition(".")[2], []).append(
            f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.summary} |")
    for module, rows in tables.items():
        head = [f"## {titles[module]}", "", "| id | severity | what it is about |", "|---|---|---|"]
        yield "\n".join([*head, *rows])


def others() -> dict[str, dict[str, str]]:
    """Return what findings mean that are of no rule, by their ids and by what looks for them."""
    return yaml.safe_load((PAGES / "others.yml").read_text(encoding="utf-8"))


def others_page() -> str:
    """Return the page of the findings that are of no rule."""
    parts = [f"{HEAD}# Other findings", "Findings that are of no rule for `keepalived.conf`. The message of each names "
             "the object, what is wrong with it and the remedy."]
    for title, findings in others().items():
        rows = [f"| {identifier} | {' '.join(text.split())} |" for identifier, text in findings.items()]
        parts.append("\n".join([f"## {title}", "", "| id | what it means |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return the text of every page by its name.

    :raises SystemExit: a rule has no example.
    """
    given, of_clusters, of_nginx = examples(), cluster_examples(), nginx_examples()
    missing = [rule.id for rule in rules() if rule.id not in (of_clusters if rule.about == CLUSTER else given)]
    missing += [rule.id for rule in nginx.rules() if rule.id not in of_nginx]
    if missing:
        sys.exit(f"docs/rules/examples has no example of {', '.join(missing)}: add it to the file of the rule's topic")
    found = {f"{rule.id}.md": cluster_page(rule, of_clusters[rule.id]) if rule.about == CLUSTER
             else page(rule, given[rule.id]) for rule in rules()}
    found.update({f"{rule.id}.md": nginx_page(rule, of_nginx[rule.id]) for rule in nginx.rules()})
    return {"README.md": index(), "others.md": others_page(), **found}


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    wanted = pages()
    outdated = [path.name for path in PAGES.glob("*.md") if path.name not in wanted]
    for name in outdated:
        if not check:
            (PAGES / name).unlink()
    for name, text in wanted.items():
        path = PAGES / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            outdated.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and outdated:
        print("out of date, run docs/generate_rules.py:", ", ".join(sorted(outdated)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
