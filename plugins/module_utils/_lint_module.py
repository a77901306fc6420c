# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge a configuration file on its host; change nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import from_inspection, without_held
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._included import unmatched
from ansible_collections.openvip.cluster.plugins.module_utils._info import ask, listed, network
from ansible_collections.openvip.cluster.plugins.module_utils._kit.files import read_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import (
    NEVER,
    SEVERITIES,
    counts,
    fails,
    for_people,
)
from ansible_collections.openvip.cluster.plugins.module_utils._lint.survey import survey
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import RAW
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read_in_force
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import secrets_of

DEFAULT_PATH = "/etc/keepalived/keepalived.conf"
# Seconds within which the daemon writes its dump.
TIMEOUT = 5


def lint_argument_spec():
    """Return the argument specification of M(openvip.cluster.keepalived_lint)."""
    return {
        "path": {"type": "path", "default": DEFAULT_PATH},
        "content": {"type": "str"},
        "fail_on": {"type": "str", "choices": [*SEVERITIES, NEVER], "default": "error"},
        "host": {"type": "bool", "default": True},
        "binary": {"type": "str", "default": "keepalived"},
    }


def secrets_among(params):
    """Return the secrets of the text that the options may hold."""
    return secrets_of({RAW: params.get("content")})


def run_lint(module):
    """Answer the module M(openvip.cluster.keepalived_lint)."""
    params = module.params
    path, text = params["path"], params["content"]
    if text is None:
        try:
            text = read_text(path)
        except OSError as error:
            module.fail_json(msg="%s cannot be read: %s" % (path, error))
        if text is None:
            module.fail_json(msg="There is no file %s. Correct path, or give content." % path)
    binary = module.get_bin_path(params["binary"]) or params["binary"]
    build = installed(binary)
    version = build.version if build else None
    host = facts(module, text, build, binary) if params["host"] else None
    findings = lint_text(text, path, version, host)
    result = {"changed": False, "path": path, "findings": [finding.as_dict() for finding in findings],
              "counts": counts(findings), "report": for_people(findings, path),
              "version": ".".join(str(number) for number in version) if version else None}
    if fails(findings, params["fail_on"]):
        module.fail_json(msg=result["report"], **result)
    module.exit_json(**result)


def facts(module, text, build, binary):
    """Return what is known of this host for the rules: its interfaces, and its scripts and users."""
    known_text = text
    if module.params["content"] is not None:
        # The daemon has not read a given text, and the path of the text may be only a name.
        path = module.params["path"]
        known_text = read_text(path if os.path.isfile(path) else DEFAULT_PATH)
    config = read_in_force(known_text or "")
    number = control.running("keepalived.service")

    def asked():
        try:
            return ask(config, build, binary, number, TIMEOUT)
        except state.StateError as error:
            module.warn("Which addresses keepalived holds is not known: %s" % error)
            return None

    answer = asked()
    known = from_inspection(network(module, listed(module), config, number, answer, asked))
    data = read_in_force(text)
    return dict(without_held(known, [address["address"] for address in addresses(data)]), **survey(data),
                missing_includes=unmatched(data, module.params["path"]))
