# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Common code of the modules that write: plan, show, test, write, reload, confirm, roll back.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat

from ansible_collections.openvip.cluster.plugins.module_utils import _edit_drain, _timed_reload
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.advertised import Change, change
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import pruned
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.notify import STATES
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, in_force, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed, numbers, too_old
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.config_test import config_test, remove_leftovers
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._included import unmatched
from ansible_collections.openvip.cluster.plugins.module_utils._kit import files, journal, unit
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import (
    LockError,
    Transaction,
    TransactionError,
    explained,
)
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._reload import Reload, encoded
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import (
    data_in_force,
    read,
    read_in_force,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import mask
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec

REFUSED = "The configuration is refused and nothing was changed:"
UNCHANGED = "Nothing was changed:"
CHANGED_SINCE = (
    "%s is not the file that this change was planned for: another run or somebody has changed it since. What the peers "
    "see of the change may be something else now. Run this again.")
# The file contains passwords.
MODE = 0o600
HEADER = "# Written by openvip.cluster.keepalived_config: the next run of Ansible replaces changes made here.\n\n"

# The place before a message of the config-test: an edit moves the lines below it.
_PLACE = re.compile(r"^\S+:\d+: ")


def file_argument_spec():
    """Return the options that every module has that writes the file."""
    return {
        "path": {"type": "path", "default": "/etc/keepalived/keepalived.conf"},
        "backup": {"type": "bool", "default": True},
        "backup_count": {"type": "int", "default": 10},
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
        "confirm_within": {"type": "float", "default": 60.0},
        "put_back": {"type": "path"},
        "former_checksum": {"type": "str"},
        "track": {
            "type": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "file": {"type": "path"},
                "answer": {
                    "type": "dict",
                    "options": {
                        "file": {"type": "path", "required": True},
                        "url": {"type": "str", "required": True},
                        "interval": {"type": "float"},
                        "max_time": {"type": "float"},
                        "fall": {"type": "int"},
                        "rise": {"type": "int"},
                    },
                },
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
    :ivar before: the text of the file, C(None) without a file; set within C(host).
    """

    def __init__(self, module):
        self.module = module
        self.params = module.params
        self.binary = module.get_bin_path(self.params["binary"]) or self.params["binary"]
        self.build = installed(self.binary)
        self.version = self.build.version if self.build else None
        self.before = None
        self.result = {
            "changed": False, "path": self.params["path"], "backup_file": None, "reloaded": False, "findings": [],
            "version": ".".join(str(number) for number in self.version) if self.version else None,
            "config_test": [], "missing_users": [], "away": []}
        if too_old(self.version):
            self.fail(UNCHANGED, [too_old(self.version)])
        try:
            # The file itself is replaced, not a link to it.
            self.path = files.resolved(self.params["path"])
        except OSError as error:
            self.fail(REFUSED, [str(error)])

    @contextlib.contextmanager
    def host(self):
        """Hold the lock of the host while the block runs, except in check mode, and read the file."""
        with contextlib.ExitStack() as stack:
            try:
                self.transaction = stack.enter_context(Transaction("keepalived", check=self.module.check_mode))
                if not self.module.check_mode:
                    remove_leftovers(self.path)
                    _timed_reload.disarm()
                data = self.transaction.read(self.path)
                if data is not None and not self.module.check_mode:
                    in_force.inspected(self.path, data)
            except (LockError, OSError) as error:
                self.fail(UNCHANGED, [explained(error)])
            for note in self.transaction.notes:
                self.module.warn(note)
            self.before = None if data is None else data.decode("utf-8", "surrogateescape")
            yield

    def fail(self, heading, sentences):
        """End the module; it says that nothing was changed."""
        self.result["changed"] = False
        self.module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), **self.result)

    def judged(self, findings, errors):
        """Keep the findings, and end the module when there are errors (sentences) among them."""
        self.result["findings"] = [finding.as_dict() for finding in findings]
        if errors:
            self.fail(REFUSED, errors)

    def daemon(self):
        """Return the process id of the daemon, C(None) when it does not run."""
        return control.running(self.params["unit"], binary=self.binary, path=self.path)

    def number(self):
        """Return the process id of the daemon if it runs and is to be reloaded, else C(None)."""
        return self.daemon() if self.params["reload"] and self.build is not None else None

    def mode(self):
        """Return the permissions of the file; for a missing file, those that a new one gets."""
        return stat.S_IMODE(os.stat(self.path).st_mode) if self.before is not None else MODE

    def superseded(self):
        """Whether another keepalived runs than the installed one, which has not judged the file then."""
        number = self.daemon()
        return number is not None and self.build is not None and not state.runs(number, self.binary)

    def bring(self, text, data, mode=MODE, known=None, unjudged=False):
        """Write a text with its permissions to the file, and reload the daemon, as far as they differ.

        :param data: what the daemon has to know afterwards.
        :param mode: the permissions of the file.
        :param known: a text whose complaints of the config-test do not count, because they are older than the change.
        :param unjudged: whether the text is tested even when it does not change.
        """
        differs = self.before != text or self.mode() != mode
        number = self.number()
        owed = number is not None and not differs and not self._is_in_force(number)
        self.result.update(changed=differs or owed, diff=diff(self.params["path"], self.before, text))
        try:
            if self.params["config_test"] and (differs or owed or unjudged):
                self._test(text, known)
            reload = Reload(self, number, text, data) if number is not None and (differs or owed) else None
        except OSError as error:
            self.fail(UNCHANGED, [explained(error)])
        if reload and reload.rejected:
            self.fail(REFUSED, reload.rejected)
        self.result["away"] = reload.away if reload else []
        if not self.module.check_mode and (differs or owed or self.transaction.owed):
            self._carry_out(text, mode if differs else None, reload)

    def _is_in_force(self, number):
        """Return whether the daemon has read the file, and the kernel has the addresses of its instances."""
        if self.before is None:
            return True
        if self.transaction.owed:
            # What is remembered is older than that, and what is still to be rolled back is not what was read.
            is_read = (self.transaction.name not in journal.names(journal.BEGUN)
                       and in_force.was_started_after(self.path, encoded(self.before), number))
        else:
            is_read = in_force.is_in_force(self.path, encoded(self.before), number)
        if not is_read:
            return False
        has_instances = read_in_force(self.before).get("vrrp_instance")
        return not (has_instances and control.lost(self.build, self.binary, number))

    def finish(self, findings):
        """End the module without a failure, with a warning for everything that is not merely information."""
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
                      ["there is no user or group %s, which a script has: create it, or correct the name." % name
                       for name in self.result["missing_users"]])
        verdict = self._verdict(text)
        self.result["config_test"] = verdict.refused + verdict.remarks
        for remark in verdict.remarks:
            self.module.warn(remark)
        refused = verdict.refused
        if refused and known is not None:
            old = [_PLACE.sub("", message) for message in self._verdict(known).refused]
            refused = [message for message in refused if _PLACE.sub("", message) not in old]
        if refused:
            self.fail("keepalived refuses the configuration and nothing was changed:", refused)

    def _verdict(self, text):
        # In check mode the users are still to come, as keepalived itself may be.
        return config_test(text, self.path, self.binary, self.version, self.params["config_test_timeout"],
                           users=not self.module.check_mode)

    def _carry_out(self, text, mode, reload):
        """Write the file, reload the daemon and confirm, or roll back and end the module with a failure.

        :param mode: the permissions of the file; C(None) if the file need not be written.
        :param reload: the C(Reload) of a running daemon, or C(None).
        """
        backup = self.params["backup_count"] if self.params["backup"] else 0
        if reload:
            steps = reload.steps(mode, backup)
        else:
            steps = [] if mode is None else [File(self.path, encoded(text), mode, backup)]
        if reload and self.params.get("reload_at") is not None:
            _timed_reload.arm(self, steps, reload)
            return
        try:
            backups = self.transaction.carry_out(steps, reload and reload.force, reload and reload.force_former,
                                                 owe=not self.params["reload"])
        except TransactionError as error:
            if not error.begun:
                self.fail(UNCHANGED, [str(error)])
            restored = ["The former configuration is in %s again." % self.params["path"]] if self._is_former() else []
            self.fail("keepalived did not take the new configuration:", [str(error), *restored, *error.notes])
        if mode is not None:
            in_force.inspected(self.path, encoded(text))
        self.result.update(reloaded=reload is not None, backup_file=backups[0] if backups else None)

    def _is_former(self):
        """Return whether the file has its former text."""
        data = files.read(self.path)
        return (None if data is None else data.decode("utf-8", "surrogateescape")) == self.before


def _advertised(run, text):
    """Return what the peers of a running daemon see of the change from one text to the other (see C(Change))."""
    before = run.before
    if before is None or before == text or run.daemon() is None:
        return Change([], None)
    try:
        return change(read_in_force(before), read_in_force(text))
    except ValueError as error:
        return Change(["it is unknown what the peers see, because the former file cannot be understood: %s" % error],
                      None)


def _checksum(text):
    """Return the SHA-256 of a file's text in hexadecimal digits, an empty text without a file."""
    return "" if text is None else hashlib.sha256(encoded(text)).hexdigest()


def _put_back(run):
    """Restore a former file. It is not tested, because keepalived has already read it."""
    try:
        data = files.read(files.resolved(run.params["put_back"]))
    except OSError as error:
        return run.fail(UNCHANGED, ["put_back: %s" % error])
    if data is None:
        return run.fail(UNCHANGED, ["put_back: %s does not exist." % run.params["put_back"]])
    text = data.decode("utf-8", "surrogateescape")
    with run.host():
        run.bring(text, read_in_force(text))
        return run.finish([])


def _with_drains(run, text):
    """Return the text in which the real servers are still drained that are drained in the file."""
    try:
        return _edit_drain.apply(text, _edit_drain.record(run.before or ""), run.params["path"])
    except ValueError as error:
        return run.fail(REFUSED, error.args)


def run_config(module):
    """Bring the file to O(keepalived_config#module:config) and the daemon to the file."""
    run = Run(module)
    run.result.update(differs=False, advertised=[], window=None, reload_identifier=None,
                      unit_masked=unit.is_masked(module.params["unit"]))
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
    findings = judge(data, version, {"missing_includes": unmatched(data, run.path)})
    run.result.update(missing_users=missing(data))
    run.judged(findings, refusals(findings))
    text = HEADER + render(data, version)
    data = data_in_force(data, version)
    run.result.update(addresses=addresses(data))
    with run.host():
        run.result["former_checksum"] = _checksum(run.before)
        if module.params["former_checksum"] not in (None, run.result["former_checksum"]):
            run.fail(UNCHANGED, [CHANGED_SINCE % run.params["path"]])
        text = _with_drains(run, text)
        run.result.update(config=read(parse(mask(text))), **_advertised(run, text)._asdict())
        run.bring(text, data, unjudged=run.superseded())
        run.result["differs"] = run.result["changed"]
        run.finish(findings)
