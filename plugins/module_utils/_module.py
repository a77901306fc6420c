# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that write share: plan, show, validate, write, confirm, and take back what fails.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re
import time

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.advertised import Change, change
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import pruned
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.notify import STATES
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, moment, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed, numbers
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

# The place before a message of the config-test: an edit moves the lines below it.
_PLACE = re.compile(r"^\S+:\d+: ")


def file_argument_spec():
    """Return the options that every module has that writes the file."""
    return {
        "path": {"type": "path", "default": "/etc/keepalived/keepalived.conf"},
        "backup": {"type": "bool", "default": True},
        "config_test": {"type": "bool", "default": True},
        "config_test_timeout": {"type": "float", "default": 15.0},
        "reload": {"type": "bool", "default": True},
        "binary": {"type": "str", "default": "keepalived"},
        "unit": {"type": "str", "default": "keepalived.service"},
    }


def config_argument_spec():
    """Return the argument specification of O(keepalived_config)."""
    return {
        "config": {"type": "dict", "required": True, "options": argument_spec()},
        "group": {"type": "str"},
        "override": {"type": "dict", "default": {}},
        "unicast": {"type": "bool", "default": False},
        "drain": {"type": "list", "elements": "str", "default": []},
        "sync_daemon": {"type": "bool", "default": False},
        "maintenance": {"type": "path"},
        "version": {"type": "str"},
        "reload_at": {"type": "float"},
        "put_back": {"type": "path"},
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
        "notify": {
            "type": "dict",
            "options": {
                "directory": {"type": "path", "required": True},
                "script": {
                    "type": "list",
                    "elements": "dict",
                    "default": [],
                    "options": {
                        "name": {"type": "str", "required": True},
                        "keywords": {"type": "list", "elements": "str", "choices": list(STATES), "default": ["notify"]},
                        "vrrp_instance": {"type": "list", "elements": "str"},
                        "content": {"type": "str"},
                        "src": {"type": "path"},
                    },
                    "mutually_exclusive": [["content", "src"]],
                    "required_one_of": [["content", "src"]],
                },
                "log": {"type": "path"},
            },
        },
        **file_argument_spec(),
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


def refusal(title, findings):
    """Return what a task that refuses its input results in, by the errors among I(findings); C(None) without any.

    :param title: the first line of the message.
    """
    errors = refusals(findings)
    if not errors:
        return None
    return {"failed": True, "msg": "\n".join([title] + ["- %s" % error for error in errors]),
            "findings": [finding.as_dict() for finding in findings]}


def diff(path, before, after):
    """Return Ansible's diff of two texts (or C(None) for no file) with every secret masked."""
    masked = [mask(text or "") for text in (before, after)]
    if before is not None and before != after and masked[0] == masked[1]:
        masked[1] += "# a masked value differs\n"
    return {"before_header": path, "after_header": path, "before": masked[0], "after": masked[1]}


class Run:
    """One run of a module that writes the file: the plan and the one way to carry it out.

    :ivar result: what the module returns, filled step by step.
    :ivar version: of the installed keepalived, three numbers, or C(None).
    """

    def __init__(self, module):
        self.module = module
        self.params = module.params
        # The file itself, not a link to it, is what is replaced.
        self.path = os.path.realpath(self.params["path"])
        self.binary = _io.find_program(module, self.params["binary"])
        self.build = installed(self.binary)
        self.version = self.build.version if self.build else None
        self.result = {
            "changed": False, "path": self.params["path"], "backup_file": None, "reloaded": False, "findings": [],
            "version": ".".join(str(number) for number in self.version) if self.version else None,
            "config_test": [], "missing_users": []}

    def fail(self, heading, sentences):
        """End the module; it says that nothing was changed."""
        self.result["changed"] = False
        self.module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), **self.result)

    def judged(self, findings, errors):
        """Keep the findings, and end the module when there are errors (sentences) among them."""
        self.result["findings"] = [finding.as_dict() for finding in findings]
        if errors:
            self.fail(REFUSED, errors)

    def load(self):
        """Return the text of the file, C(None) when there is none."""
        try:
            return _io.load(self.path)
        except OSError as error:
            return self.fail("%s cannot be read:" % self.params["path"], [str(error)])

    def superseded(self):
        """Whether another keepalived runs than the installed one, which has not judged the file then."""
        number = control.running(self.params["unit"])
        return number is not None and self.build is not None and not state.runs(number, self.binary)

    def bring(self, before, after, data, mode=_io.MODE, known=None, unjudged=False):
        """Bring the file from one text to the other, and the daemon to the file.

        :param data: what the daemon has to know afterwards.
        :param mode: the permissions of the file.
        :param known: a text whose complaints of the config-test do not count, because they are older than the change.
        :param unjudged: whether the text is tested even when it does not change.
        """
        path = self.params["path"]
        self.result.update(changed=before != after, diff=diff(path, before, after))
        try:
            if self.params["config_test"] and (self.result["changed"] or unjudged):
                self._test(after, known)
            if self.result["changed"] and not self.module.check_mode:
                self._apply(after, before, data, mode)
        except OSError as error:
            self.fail("%s cannot be written or tested:" % path, [str(error)])

    def finish(self, findings):
        """End the module well, with a warning for everything that is not merely information."""
        for finding in findings:
            if finding.severity != "info":
                self.module.warn(str(finding))
        self.module.exit_json(**self.result)

    def _test(self, text, known):
        """Let the installed keepalived judge the text; end the module when it refuses."""
        if self.build is None:
            if not self.module.check_mode:
                self.fail("%s is not installed, so the configuration cannot be tested and nothing was changed:"
                          % self.params["binary"], ["Install keepalived first, or set config_test to false."])
            return
        if self.result["missing_users"] and not self.module.check_mode:
            self.fail("keepalived would drop the scripts, and nothing was changed:",
                      ["the user %s does not exist: create it, or correct script_user." % name
                       for name in self.result["missing_users"]])
        verdict = self._verdict(text)
        self.result["config_test"] = verdict.refused + verdict.remarks
        refused = verdict.refused
        if refused and known is not None:
            old = [_PLACE.sub("", message) for message in self._verdict(known).refused]
            refused = [message for message in refused if _PLACE.sub("", message) not in old]
        if refused:
            self.fail("keepalived refuses the configuration and nothing was changed:", refused)

    def _verdict(self, text):
        return config_test(text, self.path, self.binary, self.version, self.params["config_test_timeout"])

    def _apply(self, text, before, data, mode):
        """Write, reload and confirm; on failure put the last good file back and reload that."""
        reloads = self.params["reload"] and self.build is not None
        together = self.params.get("reload_at") is not None and reloads
        if together:
            number = self._together(text, mode)
        else:
            number = None
            self.result["backup_file"] = _io.write(self.module, self.path, text, self.params["backup"], mode)
        if not reloads or (together and number is None):
            return
        try:
            if together:
                control.hang_up(number)
                self.result["reloaded_at"] = time.time()
            self.take(data, bool(read(parse(text)).get("vrrp_instance")), number)
        except (control.ReloadError, OSError, KeyError, ValueError) as error:
            _io.restore(self.module, self.path, before, mode)
            sentences = [str(error), "The former configuration is back in %s." % self.params["path"]]
            sentences += self._stopped(number) if together else self._taken_back()
            self.result["reloaded"] = False
            self.fail("keepalived did not take the new configuration:", sentences)

    def _together(self, text, mode):
        """Prepare everything, wait for the moment, put the file in its place, and return the daemon's process id."""
        kept = _io.keep(self.module, self.path) if self.params["backup"] else None
        name = _io.stage(self.module, self.path, text)
        number = control.running(self.params["unit"])
        try:
            moment.wait(self.params["reload_at"])
        except moment.MomentError as error:
            self.fail(REFUSED, [str(error)])
        _io.place(self.module, name, self.path, mode)
        self.result["backup_file"] = kept
        return number

    def _taken_back(self):
        """Let the daemon take the former file; return what is to be said of it."""
        try:
            self.take({}, False)
        except control.ReloadError as second:
            return ["keepalived did not take that either: %s" % second]
        return []

    def _stopped(self, number):
        """Stop the daemon: with the former file it would be a second master, because the others have left it."""
        control.stop(self.params["unit"], number)
        self.result["stopped"] = True
        return ["keepalived was stopped, because its peers may have taken what it did not take, and both would hold "
                "the address. Start it when all of them have the same configuration."]

    def take(self, data, answers, number=None):
        """Reload a running daemon, confirm, and warn where that could not be done."""
        self.result["reloaded"], doubt = control.take(
            data, self.build, self.binary, self.params["unit"], answers, number)
        if doubt:
            self.module.warn(doubt)

    def catch_up(self, data):
        """Reload a daemon that does not know what its file says: an earlier run ended between the two."""
        if not self.module.check_mode:
            try:
                self.take(data, True)
            except control.ReloadError as error:
                self.fail("keepalived does not take its configuration:", [str(error)])
        self.result["changed"] = True


def _advertised(run, before, text):
    """Return what the peers of a running daemon see of the change from one text to the other (see C(Change))."""
    if before is None or before == text or control.running(run.params["unit"]) is None:
        return Change([], None)
    try:
        return change(read(parse(before)), read(parse(text)))
    except ValueError as error:
        return Change(["what the peers see cannot be told, because the former file cannot be understood: %s" % error],
                      None)


def _put_back(run):
    """Bring the file back to what it was before; nothing of it is judged, because keepalived has had it."""
    text = _io.load(run.params["put_back"])
    if text is None:
        run.fail("Nothing was put back:", ["put_back: %s does not exist." % run.params["put_back"]])
    run.bring(run.load(), text, read(parse(text)))
    run.finish([])


def run_config(module):
    """Bring the file to O(keepalived_config#module:config) and the daemon to the file."""
    run = Run(module)
    run.result.update(differs=False, advertised=[], window=None, reloaded_at=None, stopped=False)
    if module.params["put_back"]:
        run.params = dict(run.params, config_test=False, backup=False)
        _put_back(run)
    data = pruned(module.params["config"])
    version = run.version
    if module.params["version"]:
        version = numbers(module.params["version"])
        if version is None:
            run.fail(REFUSED, ["version: %r is no version of keepalived. Give three numbers, as in 2.3.3."
                               % module.params["version"]])
    findings = judge(data, version)
    run.result.update(missing_users=missing(data))
    run.judged(findings, refusals(findings))
    text = HEADER + render(data, version)
    before = run.load()
    stale = (before == text and module.params["reload"] and run.build is not None
             and control.stale(data, run.build, run.binary, module.params["unit"]))
    loose = before is not None and _io.mode_of(run.path) != _io.MODE
    run.result.update(differs=before != text or stale or loose, config=read(parse(mask(text))),
                      addresses=addresses(data), **_advertised(run, before, text)._asdict())
    run.bring(before, text, data, unjudged=run.superseded())
    if stale:
        run.catch_up(data)
    run.result["changed"] = _io.tighten(run.path, module.check_mode) or run.result["changed"]
    run.finish(findings)
