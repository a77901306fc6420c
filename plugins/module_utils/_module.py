# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules share: plan, show, validate, write, confirm, and take back what fails.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import pruned
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.config_test import config_test
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec

REFUSED = "The configuration is refused and nothing was changed:"
HEADER = "# Written by openvip.cluster.keepalived_config: the next run of Ansible replaces changes made here.\n\n"


def config_argument_spec():
    """Return the argument specification of O(keepalived_config)."""
    return {
        "config": {"type": "dict", "required": True, "options": argument_spec()},
        "group": {"type": "str"},
        "override": {"type": "dict", "default": {}},
        "unicast": {"type": "bool", "default": False},
        "track": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "file": {"type": "path"},
                "script": {"type": "str"},
                "interval": {"type": "float"},
                "timeout": {"type": "float"},
                "fall": {"type": "int"},
                "rise": {"type": "int"},
            },
        },
        "path": {"type": "path", "default": "/etc/keepalived/keepalived.conf"},
        "backup": {"type": "bool", "default": True},
        "config_test": {"type": "bool", "default": True},
        "config_test_timeout": {"type": "float", "default": 15.0},
        "reload": {"type": "bool", "default": True},
        "binary": {"type": "str", "default": "keepalived"},
        "unit": {"type": "str", "default": "keepalived.service"},
    }


def judge(data, version=None, host=None):
    """Return the findings of schema and lint on I(data), the errors first."""
    findings = check(data, version)
    if not any(finding.severity == "error" for finding in findings):
        findings = findings + lint(data, host=host, version=version)
    return sorted(findings, key=lambda finding: finding.severity != "error")


def refusals(findings):
    """Return the sentences of all errors among I(findings)."""
    return [str(finding) for finding in findings if finding.severity == "error"]


def diff(path, before, after):
    """Return Ansible's diff of two texts (or C(None) for no file) with every secret masked."""
    masked = [mask(text or "") for text in (before, after)]
    if before is not None and before != after and masked[0] == masked[1]:
        masked[1] += "# a masked value differs\n"
    return {"before_header": path, "after_header": path, "before": masked[0], "after": masked[1]}


def _fail(module, result, heading, sentences):
    result = dict(result, changed=False)
    module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), **result)


def _test(module, text, build, result):
    """Let the installed keepalived judge the text; end the module when it refuses."""
    params = module.params
    if build is None:
        if not module.check_mode:
            _fail(module, result, "%s is not installed, so the configuration cannot be tested and nothing was changed:"
                  % params["binary"], ["Install keepalived first, or set config_test to false."])
        return
    if result["missing_users"] and not module.check_mode:
        _fail(module, result, "keepalived would drop the scripts, and nothing was changed:",
              ["the user %s does not exist: create it, or correct script_user." % name
               for name in result["missing_users"]])
    verdict = config_test(text, params["path"], params["binary"], build.version, params["config_test_timeout"])
    result["config_test"] = verdict.refused + verdict.remarks
    if verdict.refused:
        _fail(module, result, "keepalived refuses the configuration and nothing was changed:", verdict.refused)


def _apply(module, text, before, data, build, result):
    """Write, reload and confirm; on failure put the last good file back and reload that."""
    params = module.params
    result["backup_file"] = _io.write(module, params["path"], text, params["backup"])
    if not params["reload"] or build is None:
        return
    try:
        result["reloaded"] = control.take(data, build, params["binary"], params["unit"])
    except control.ReloadError as error:
        _io.restore(module, params["path"], before)
        sentences = [str(error), "The former configuration is back in %s." % params["path"]]
        try:
            control.take({}, build, params["binary"], params["unit"])
        except control.ReloadError as second:
            sentences.append("keepalived did not take that either: %s" % second)
        _fail(module, result, "keepalived did not take the new configuration:", sentences)


def run_config(module):
    """Bring the file to O(keepalived_config#module:config) and the daemon to the file."""
    params = module.params
    data = pruned(params["config"])
    build = installed(params["binary"])
    version = build.version if build else None
    findings = judge(data, version)
    result = {"changed": False, "path": params["path"], "backup_file": None, "reloaded": False,
              "version": ".".join(str(number) for number in version) if version else None,
              "findings": [finding.as_dict() for finding in findings], "config_test": [], "differs": False,
              "missing_users": missing(data)}
    errors = refusals(findings)
    if errors:
        _fail(module, result, REFUSED, errors)
    try:
        text = HEADER + render(data, version)
        before = _io.load(params["path"])
        result.update(changed=before != text, differs=before != text, config=read(parse(mask(text))),
                      addresses=addresses(data), diff=diff(params["path"], before, text))
        if params["config_test"] and result["changed"]:
            _test(module, text, build, result)
        if result["changed"] and not module.check_mode:
            _apply(module, text, before, data, build, result)
        result["changed"] = _io.tighten(params["path"], module.check_mode) or result["changed"]
    except OSError as error:
        _fail(module, result, "%s cannot be written or tested:" % params["path"], [str(error)])
    for finding in findings:
        if finding.severity == "warning":
            module.warn(str(finding))
    module.exit_json(**result)
