# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The steps of nginx_config: plan, show, test, exchange, reload, confirm, and roll back after a failure.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import fnmatch
import os
import re
from functools import partial
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .._kit import journal, unit
from .._kit.files import resolved
from .._kit.lock import LockError
from .._kit.transaction import Step, Transaction, TransactionError, explained
from . import addresses, control, files, inspection, origin, others, packages, process, upgrade
from .check import Data, errors, normalise, stated
from .complete import DIRECTORY, OPEN_FILES
from .others import Part
from .program import (
    Verdict,
    config_test,
    for_test,
    is_not_held,
    may_come,
    numbers,
    remove_places,
    version,
    without_missing,
)
from .render import File, Tree, render

Files = Dict[str, File]
State = Tuple[Files, Dict[str, Optional[File]]]

REFUSED = "The configuration is refused and nothing was changed:"
OTHERS = "Somebody else has set up nginx on this host, and nothing was changed:"
NOTHING = "Nothing was changed:"
PID_FILE = "/run/nginx.pid"


class _Run:
    """One run: the plan, and the one way to carry it out."""

    def __init__(self, module: Any, transaction: Transaction) -> None:
        self.module = module
        self.params = module.params
        self.transaction = transaction
        # the former files, once they have been read
        self.state: Optional[State] = None
        self.before: Files = {}
        self.changes: Dict[str, Tuple[Optional[File], File]] = {}
        self.forced = False
        # what the rules find on the host alone; the action has shown the rest
        self.remarks: List[Finding] = []
        # what keeps an nginx that does not run from being started
        self.holders: List[str] = []
        # files of certificates that the last test has left out
        self.missing: List[str] = []
        self.conflict: Optional[addresses.Conflict] = None
        self.result: Dict[str, Any] = {
            "changed": False, "differs": False, "path": self.params["path"], "files": [], "backup_files": [],
            "reloaded": False, "restarted": False, "config_test": [],
            "upgraded": False, "executable": None, "version": None,
            "unit_masked": unit.is_masked(self.params["unit"])}

    def prepare(self) -> None:
        """Verify the options; end the module with a failure when they are rejected.

        :raises OSError: a path leads through a link that must not be followed.
        """
        # The file itself is replaced, not a link to it. Relative paths in it refer to the directory of the link.
        self.path = resolved(self.params["path"])
        self.home = resolved(os.path.dirname(os.path.abspath(self.params["path"])))
        self.directory = resolved(os.path.join(self.home, DIRECTORY))
        self.binary = self.module.get_bin_path(self.params["binary"]) or self.params["binary"]
        self.installed = version(self.binary)
        self.version = numbers(self.params["version"]) if self.params["version"] else self.installed
        self.result["version"] = ".".join(map(str, self.version)) if self.version else None
        if self.params["version"] and self.version is None:
            self.fail(REFUSED, [f'version: "{self.params["version"]}" is not a version of nginx. Write three '
                                "numbers such as 1.26.3."])
        if self.params["backup_count"] < 0:
            self.fail(REFUSED, [f"backup_count must be at least 0, got {self.params['backup_count']}."])
        self.data, findings = normalise(stated(self.params["config"]))
        if not findings:
            findings, self.remarks = inspection.judge(self.data, self.home, self.params["file"])
        refused = errors(findings)
        if refused:
            self.fail(REFUSED, refused)
        # until all of it is rendered, for the files among them that raw includes
        self.tree = Tree(File(""), {
            os.path.normpath(os.path.join(DIRECTORY, entry["path"])): File(entry["content"])
            for entry in self.params["file"]})
        self.wanted = addresses.wanted(self.data, self._included)
        self.open_files = unit.open_files(self.params["unit"]) or OPEN_FILES
        rendered = self._rendered(self.data)
        # what is beside the servers and upstreams in our directory, and what is elsewhere
        self.more, self.single = self._files(rendered)
        self.tree = Tree(rendered.main, {**rendered.files, **self.more})
        self.pid_file = self.data.get("pid", PID_FILE)

    def fail(self, heading: str, sentences: List[str]) -> None:
        """End the module with a failure, and report a change only if the files differ from the former ones."""
        self.result["changed"] = self.transaction.restored or self._is_changed()
        if self.transaction.restored:
            sentences = [*sentences, "An earlier change had been interrupted and was rolled back first. nginx may "
                         "still have the configuration of that change: run this again."]
        self.module.fail_json(msg="\n".join([heading, *(f"- {sentence}" for sentence in sentences)]), **self.result)

    def _is_changed(self) -> bool:
        try:
            return self.state is not None and self.state != self._read()
        except OSError:
            return True

    def _read(self) -> State:
        """Return the files of our directory, and those elsewhere; C(None) stands for no file."""
        return files.read_tree(self.directory), {path: files.read(path) for path in [*self.single, self.path]}

    def _files(self, rendered: Tree) -> Tuple[Files, Files]:
        more: Files = {}
        single: Files = {}
        for entry in self.params["file"]:
            path, mode = entry["path"], entry["mode"]
            problem = ""
            if not re.match(r"0?[0-7]{3}\Z", mode):
                problem = 'mode must be three octal digits such as "0644", got "%s".' % mode
            elsewhere = os.path.isabs(path)
            name = resolved(path) if elsewhere else os.path.normpath(os.path.join(DIRECTORY, path))
            if elsewhere and any(name.startswith(directory + os.sep) for directory in (self.home, self.directory)):
                problem = f"{self.home} is nginx's own. Write a path relative to {DIRECTORY} there."
            elif not elsewhere and not name.startswith(DIRECTORY + os.sep):
                problem = f"it is outside of {os.path.join(self.home, DIRECTORY)}. Write an absolute path."
            elif name in rendered.files or any(each.startswith(name + os.sep) or name.startswith(each + os.sep)
                                               for each in [*rendered.files, *more, *single]):
                problem = "that name is taken by the configuration. Choose another one."
            if problem:
                self.fail(REFUSED, [f"file {path}: {problem}"])
            (single if elsewhere else more)[name] = File(entry["content"].rstrip("\n") + "\n", int(mode, 8))
        return more, single

    def compare(self) -> None:
        """Compare the files with the wanted ones.

        :raises OSError: a file cannot be read.
        """
        self.state = before, read = self._read()
        self.before = before
        wanted = {**self.single, self.path: self.tree.main}
        self.changes = {path: (read[path], file) for path, file in wanted.items() if read[path] != file}
        owed = self.transaction.restored or (
            self.params["reload"] and self.transaction.owed and not self._was_restarted())
        self.result["files"] = [self.path, *(os.path.join(self.home, path) for path in sorted(self.tree.files)),
                                *sorted(self.single)]
        self.result["diff"] = [files.difference(path, *change) for path, change in self.changes.items()] + [
            files.difference(os.path.join(self.home, path), before.get(path), self.tree.files.get(path))
            for path in sorted({*before, *self.tree.files}) if before.get(path) != self.tree.files.get(path)]
        self._compare_program()
        self.result["changed"] = self.result["differs"] = bool(
            self.changes or before != self.tree.files or owed or self.outdated)

    def _was_restarted(self) -> bool:
        """Return whether nginx was started after the files were written that are still owed to it."""
        if not journal.is_read_since(self.transaction.name, unit.started(self.params["unit"])):
            return False
        if not self.module.check_mode:
            journal.remove(self.transaction.name, journal.OWED)
            self.transaction.owed = False
        return True

    def guard(self) -> None:
        """End the module when the change would end or replace what somebody else has set up."""
        if not self.changes:
            return
        former, dummy = self.changes.get(self.path, (None, None))
        sites: List[Part] = []
        if former:
            path = os.path.join(self.home, os.path.basename(self.params["path"]))
            after = others.reached(Part(path, self.path, self.tree.main.text), self._wanted)
            sites = others.lost(others.reached(Part(path, self.path, former.text), files.matching),
                                {part.real for part in after}, packages.untouched)
        earlier = [file.text for file in [former, *self.before.values()] if file and others.is_ours(file.text)]
        pages = others.replaced(
            [path for path, (before, dummy) in self.changes.items() if before and path != self.path],
            self.path not in self.changes or bool(former and others.is_ours(former.text)),
            set(map(os.path.realpath, others.roots(earlier))),
            set(map(os.path.realpath, others.roots([self.tree.main.text, *(
                file.text for file in self.tree.files.values())]))), packages.untouched)
        if sites or pages:
            self.fail(OTHERS, others.told(sites, pages, self.path))

    def _rendered(self, data: Data) -> Tree:
        return render(data, self.version, self._included, self.open_files)

    def _included(self, pattern: str) -> List[Part]:
        """Return the files of a pattern that may be relative to the directory of nginx.conf, as they will be.

        :raises OSError: one cannot be read.
        """
        return self._wanted(os.path.join(self.home, pattern))

    def _wanted(self, pattern: str) -> List[Part]:
        """Return the files of a pattern as they will be."""
        if not pattern.startswith(os.path.join(self.home, DIRECTORY) + os.sep):
            return files.matching(pattern)
        paths = {os.path.join(self.home, path): file.text for path, file in self.tree.files.items()}
        return [Part(path, path, paths[path]) for path in fnmatch.filter(sorted(paths), pattern)]

    def _compare_program(self) -> None:
        """Find whether another program runs."""
        running = process.running(self.params["unit"], self.pid_file)
        wanted = os.path.realpath(self.binary)
        self.result["executable"] = running and running.executable
        self.outdated = running if self.params["upgrade"] and running and running.executable != wanted else None
        if self.outdated:
            header = "the running nginx"
            self.result["diff"].append({"before_header": header, "after_header": header, "after": wanted + "\n",
                                        "before": self.outdated.executable + "\n"})

    def test(self) -> None:
        """Let the installed nginx judge the whole tree; end the module when it refuses."""
        if self.installed is None or self.installed != self.version:
            if not self.module.check_mode:
                self.fail("%s is not installed, so the configuration cannot be tested and nothing was changed:"
                          % (" ".join([self.params["binary"], self.params["version"] or ""]).strip()),
                          ["Install nginx first, or set config_test to false."])
            return
        verdict = self._verdict(self.data)
        if self.module.check_mode and any(origin.NO_STREAM in message and self._is_later(message)
                                          for message in verdict.refused):
            # The module for streams is yet to be installed; nginx says no more than the first that it misses.
            rest = self._verdict({key: value for key, value in self.data.items() if key != "stream"})
            verdict = Verdict([*verdict.refused, *rest.refused], [*verdict.remarks, *rest.remarks])
        told = [*map(self._traced, verdict.refused), *origin.hints(verdict.refused, self.data)]
        self.result["config_test"] = [*map(self._traced, [*verdict.refused, *verdict.remarks]), *(
            f"{path} does not exist, so it was left out of the test."
            for path in self.missing if path not in self.params["config_test_later"])]
        if verdict.refused and not (self.module.check_mode and all(map(self._is_later, verdict.refused))):
            self.fail("nginx refuses the configuration and nothing was changed:", told)

    def _is_later(self, message: str) -> bool:
        """Return whether a task between this check and the change may do what nginx misses."""
        # net.ipv4.ip_nonlocal_bind is such a task.
        return is_not_held(message) or (may_come(message) and bool(packages.missing(
            name for name in self.params["config_test_later"] if not name.startswith("/"))))

    def _verdict(self, data: Data) -> Verdict:
        return config_test(partial(self._staged, data), self.home, self.binary, self.version or (),
                           self.params["config_test_timeout"])

    def _staged(self, data: Data, directory: str) -> Tree:
        tree = self._rendered(for_test(data, directory))
        tree, self.missing = Tree(tree.main, {**tree.files, **self.more}), []
        if self.module.check_mode:
            tree, self.missing = without_missing(tree, self.home)
        return tree

    def _traced(self, message: str) -> str:
        """Return a message of nginx that cites no file which is not on the host."""
        return origin.traced(message, self.home, self.tree.files, self.more)

    def apply(self) -> None:
        """Exchange the files and bring them into force, or roll everything back."""
        force = self._force if self.params["reload"] else None
        try:
            self.result["backup_files"] = self.transaction.carry_out(
                self._steps(), force, self._force_former, owe=force is None)
        except TransactionError as error:
            self._fail(error)
        if not process.running(self.params["unit"], self.pid_file):
            self.holders = addresses.blocked(self.wanted, addresses.held(), frozenset())
        self.remove_secrets()
        self.result["backup_files"] = [path for path in self.result["backup_files"] if os.path.lexists(path)]
        files.remove_leftovers({self.home, *map(os.path.dirname, self.single)})

    def remove_secrets(self) -> None:
        """Remove keys and other secrets from the backups.

        :raises OSError: one cannot be read or removed.
        """
        files.remove_secrets(self.home, [self.path, self.directory, *self.single])

    def _steps(self) -> List[Step]:
        """Return the steps. Each of them leaves a valid configuration."""
        backup = self.params["backup_count"] if self.params["backup"] else 0
        before = self.before
        steps: List[Step] = [files.step(path, after, backup) for path, (dummy, after) in self.changes.items()
                             if path != self.path]
        if self.path in self.changes:
            between = files.between(self.changes[self.path][0], before)
            tree = self.tree.files if between is None else between
            if tree != before:
                steps.append(files.tree_step(self.directory, tree, backup))
            steps.append(files.step(self.path, self.tree.main, backup))
            before, backup = tree, 0
        if self.tree.files != before:
            steps.append(files.tree_step(self.directory, self.tree.files, backup))
        return steps

    def _force(self) -> None:
        """Bring the new files into force."""
        self.forced = True
        self._take(self.outdated)

    def _take(self, outdated: Optional[process.Running]) -> None:
        """Reload nginx, or upgrade it to the other program, or restart it if nothing else helps and a restart is
        allowed."""
        try:
            if outdated:
                if not upgrade.can_become(outdated, self.binary):
                    raise control.ConflictError(f"{outdated.executable} was started as {outdated.name}, and cannot "
                                                "become another program")
                upgrade.Upgrade(outdated, self.pid_file, self._log()).carry_out()
                self.result["upgraded"] = True
            else:
                self.result["reloaded"] = control.take(self.params["unit"], self.pid_file, self._log())
        except control.ConflictError as error:
            self.conflict = self.conflict or self._explained(str(error))
            if not self.params["restart"] or not self.conflict.helps:
                raise
            self.result["restarted"] = True
            control.restart(self.params["unit"])

    def _explained(self, message: str) -> addresses.Conflict:
        """Return why an address that nginx names cannot be bound."""
        running = process.running(self.params["unit"], self.pid_file)
        return addresses.explain(message, self.wanted, addresses.held(),
                                 process.family(running.pid) if running else frozenset())

    def _log(self) -> Optional[str]:
        words = self.data.get("error_log", [""])[0].split()
        return words[0] if words and words[0].startswith("/") else None

    def _force_former(self) -> str:
        """Bring the former files into force, and return a sentence about a failure."""
        try:
            if self.result["restarted"]:
                # the failed restart has ended the running nginx
                control.restart(self.params["unit"])
            elif not self.outdated or self.transaction.owed:
                self._take(None)
        except (control.ReloadError, OSError) as error:
            return f"nginx did not take the former files either: {error}"
        return ""

    def _fail(self, error: TransactionError) -> None:
        """End the module with the failure of a change."""
        sentences = ["; ".join(map(self._traced, str(error).split("; ")))]
        if isinstance(error.reason, control.ConflictError) and self.conflict:
            sentences += self.conflict.sentences
        elif self.forced:
            # systemd does not tell, and the log of errors may not be a file
            conflict = self._explained("")
            sentences += conflict.sentences * (not conflict.helps)
        if error.begun and not self._is_changed():
            sentences.append("The former files are restored.")
        self.result.update(reloaded=False, restarted=False, upgraded=False)
        heading = "The files cannot be written:" if error.begun else f"The files cannot be written. {NOTHING}"
        if self.forced:
            heading = (f"nginx was not upgraded to {self.binary}:" if self.outdated
                       else "nginx did not take the new configuration:")
        self.fail(heading, sentences + error.notes)


def run_nginx(module: Any) -> None:
    """Bring the files to O(nginx_config#module:config), and nginx to the files."""
    transaction = Transaction("nginx", check=module.check_mode)
    run = _Run(module, transaction)
    try:
        run.prepare()
        with transaction:
            if not module.check_mode:
                remove_places()
                run.remove_secrets()
            run.compare()
            if not run.params["takeover"]:
                run.guard()
            if run.params["config_test"] and run.result["changed"]:
                run.test()
            if run.result["changed"] and not module.check_mode:
                run.apply()
    except LockError as error:
        run.fail(NOTHING, [str(error)])
    except OSError as error:
        run.fail("The files cannot be read, tested or written:", [explained(error)])
    for remark in [*transaction.notes, *map(str, run.remarks), *run.result["config_test"], *run.holders]:
        module.warn(remark)
    module.exit_json(**run.result)
