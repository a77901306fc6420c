# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import contextlib
import json
import os

from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.difference import (
    difference,
    difference_in_force,
    overriding,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import from_ansible, without_held
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.inventory import marked, raw_lines, variables
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._module import judge, refusals
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read, read_and_explain
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.plugin_utils import _variables

ROLE = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "roles", "keepalived")
ROLE_FILES = (os.path.join("defaults", "main.yml"), os.path.join("vars", "main", "config.yml"))
ROLE_NAMES = ("__keepalived_config", "keepalived_override", "keepalived_unicast")
DIFFERENT = "keepalived_import: the variables would not give the same configuration, and nothing was written:"
NOTHING_MORE = (
    "The empty keepalived_track_service, null and false keep the role from adding what keepalived.conf does not have:",
    "the tracking of nginx, a log of the changes of state, a user for the scripts, the check who may write them.",
    "Remove them to have it added.",
)
SEVERITIES = {"error": "error", "warning": "warning", "info": "remark"}
# What a file without them is hardly meant for.
SERVICES = ("vrrp_instance", "virtual_server")
NAME = "keepalived.yml"
SECRETS = "keepalived_secrets.yml"
ARGUMENTS = {
    "group": {"type": "str", "required": True},
    "directory": {"type": "path", "default": "imported-inventory"},
    "hosts": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "content": {"type": "str", "required": True, "no_log": True},
            "path": {"type": "str", "default": "/etc/keepalived/keepalived.conf"},
            "version": {"type": "str"},
            "facts": {"type": "dict", "default": {}},
        },
    },
}


class Host:
    """One host and its file.

    :ivar data: what the file says, secrets marked.
    :ivar facts: its normalised facts without the virtual addresses that it holds, or C(None).
    :ivar kept: the lines that are kept as text because their order counts.
    :ivar findings: what is wrong with it.
    :ivar refused: why the role would not write this configuration, [] when it would.
    :ivar difference: how what the role would write differs from the file.
    """

    def __init__(self, given):
        self.name = given["name"]
        self.path = given["path"]
        self.version = tuple(int(number) for number in given["version"].split(".")) if given["version"] else None
        text = base64.b64decode(given["content"]).decode("utf-8", "surrogateescape")
        self.text = text
        self.data = marked(text, self.version)
        self.kept = [kept for kept in read_and_explain(parse(text), self.version)[1] if kept.reason]
        facts = from_ansible(given["facts"])
        held = [address["address"] for address in addresses(self.data)]
        self.facts = facts and without_held(facts, held)
        self.findings = lint_text(text, self.path, self.version, self.facts)
        self.refused = []
        self.difference = []

    def compare(self, derived, findings):
        """Compare the file with what the role derives from the variables, and with what findings."""
        self.refused = list(dict.fromkeys(refusals(findings + judge(derived, self.version, self.facts))))
        # What cannot be rendered is compared as it is; why it cannot is among the refusals.
        written = None
        with contextlib.suppress(ValueError):
            written = render(derived, self.version)
            derived = read(parse(written), self.version)
        self.difference = difference(self.data, derived, self.name)
        if written is not None and not self.difference:
            self.difference = [*difference_in_force(self.text, written, self.name), *overriding(derived)]

    def result(self):
        """Return what is reported of the host."""
        return {"path": self.path, "findings": [finding.as_dict() for finding in self.findings],
                "raw": ["%s: %s" % (label, line) for label, line in raw_lines(self.data)],
                "kept": [{"line": kept.line, "reason": kept.reason} for kept in self.kept],
                "refused": self.refused, "difference": self.difference}

    def report(self):
        """Return the same as lines for people."""
        counts = [sum(finding.severity == severity for finding in self.findings) for severity in SEVERITIES]
        lines = ["%s: %s: %s." % (self.name, self.path, ", ".join(
            "%d %s%s" % (count, word, "" if count == 1 else "s") for count, word in zip(counts, SEVERITIES.values())))]
        if not any(self.data.get(section) for section in SERVICES):
            lines.append("  error: keepalived reads no %s from this file." % " and no ".join(SERVICES))
        lines.extend("  %s" % line for line in _once(self.findings))
        lines.extend("  kept as raw: %s" % line for line in map(_first_line, self.result()["raw"]))
        lines.extend("  line %d is kept as text: %s." % (kept.line, kept.reason) for kept in self.kept)
        lines.extend("  the role refuses it until this is corrected: %s" % line for line in self.refused)
        lines.append("  The variables give %s configuration." % ("another" if self.difference else "the same"))
        return lines


def _once(findings):
    """Yield the findings as text; what is said of many lines in the same words only with the first of them."""
    same = {}
    for finding in findings:
        same.setdefault((finding.severity, finding.object, finding.message), []).append(finding)
    for (severity, dummy, dummy), alike in same.items():
        more = " (And in %d more lines.)" % (len(alike) - 1) if len(alike) > 1 else ""
        yield "%s: %s%s" % (severity, alike[0], more)


def _first_line(text):
    first, newline, rest = text.partition("\n")
    return "%s ... (%d lines)" % (first, rest.count("\n") + 2) if newline else first


class ActionModule(ActionBase):
    """Write the variables of a group of hosts from their keepalived.conf, on the controller."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, arguments = self.validate_argument_spec(ARGUMENTS)
        arguments = _plain(arguments)
        hosts = [Host(given) for given in arguments["hosts"]]
        names = [host.name for host in hosts]
        files = _files(variables({host.name: host.data for host in hosts}, arguments["group"]), arguments["group"])
        for host in hosts:
            host.compare(*self._derived(host.name, names, files, arguments["group"]))
        result["report"] = [line for host in hosts for line in host.report()]
        result["hosts"] = {host.name: host.result() for host in hosts}
        different = ["- %s: %s" % (host.name, line) for host in hosts for line in host.difference]
        if different:
            result.update(failed=True, msg="\n".join([DIFFERENT, *different]))
            return result
        directory = os.path.abspath(arguments["directory"])
        result["files"] = [os.path.join(directory, name) for name in files]
        result["changed"] = _variables.write(directory, files, _places(arguments["group"], names),
                                             self._task.check_mode)
        return result

    def _derived(self, host, names, files, group):
        """Return what the role derives for a host from the files, as they are to be written, and what it finds."""
        found = {}
        for name in ROLE_FILES:
            found.update(self._loader.load_from_file(os.path.join(ROLE, name), trusted_as_template=True))
        for place in _places(group, [host]):
            if place in files:
                found.update(self._loader.load(trust_as_template(files[place].text), os.path.abspath(place)))
        templar = self._templar.copy_with_new_env(available_variables=found)
        config, override, unicast = _plain([templar.template(found[name]) for name in ROLE_NAMES])
        return derive(config, host, [Member(name, None) for name in names], unicast, None, override)


def _plain(value):
    """Return a copy without the tags that Ansible puts on every value."""
    return json.loads(json.dumps(value))


def _places(group, names):
    """Return the paths of all files of a group and its hosts, below the directory."""
    folders = [os.path.join("group_vars", group), *(os.path.join("host_vars", name) for name in names)]
    return [os.path.join(folder, name) for folder in folders for name in (NAME, SECRETS)]


def _files(found, group):
    """Return what is written, by its path below the directory."""
    names = list(found.own)
    parts = [("group %s" % group, found.common, found.common_secrets),
             *(("host %s" % name, found.own[name], found.own_secrets[name]) for name in names)]
    places = iter(_places(group, names))
    files = {}
    for label, given, secrets in parts:
        place, secret_place = next(places), next(places)
        if given:
            files[place] = _variables.File(_variables.text(given, [
                _variables.HEADER % "keepalived.conf of %s" % ", ".join(names), "Variables of the %s." % label,
                *(NOTHING_MORE if given is found.common else ())]), 0o644)
        if secrets:
            files[secret_place] = _variables.File(_variables.text(secrets, [
                _variables.HEADER % "keepalived.conf of %s" % ", ".join(names),
                "Secrets of the %s. Encrypt them before this file goes anywhere else:" % label,
                "    ansible-vault encrypt %s" % secret_place]), 0o600)
    return files
