# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What nginx_config does: plan, show, test, exchange, reload, confirm, and take back what fails.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import fnmatch
import os
import re
from typing import Any, Dict, List, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

from . import control, files, others, packages, process, upgrade
from .check import normalise
from .complete import DIRECTORY
from .program import config_test, for_test, is_not_held, numbers, version
from .render import File, Tree, render
from .rules import check
from .spec import argument_spec

Files = Dict[str, File]

REFUSED = "The configuration is refused and nothing was changed:"
OTHERS = "Somebody else has set up nginx on this host, and nothing was changed:"
PID_FILE = "/run/nginx.pid"
_NO_UPSTREAM = re.compile(r'host not found in upstream "([^":]+)')


def module_argument_spec() -> Dict[str, Any]:
    """Return the argument specification of nginx_config."""
    return {
        "config": {"type": "dict", "required": True, "options": argument_spec()},
        "file": {"type": "list", "elements": "dict", "default": [], "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
        }},
        "path": {"type": "path", "default": "/etc/nginx/nginx.conf"},
        "backup": {"type": "bool", "default": True},
        "config_test": {"type": "bool", "default": True},
        "config_test_timeout": {"type": "float", "default": 30.0},
        "reload": {"type": "bool", "default": True},
        "restart": {"type": "bool", "default": False},
        "upgrade": {"type": "bool", "default": False},
        "binary": {"type": "str", "default": "nginx"},
        "version": {"type": "str"},
        "unit": {"type": "str", "default": "nginx.service"},
        "takeover": {"type": "bool", "default": False},
    }


def secrets_among(params: Dict[str, Any]) -> Set[str]:
    """Return the texts of the files that others cannot read, whatever shape the options have."""
    entries = params.get("file")
    return {str(entry["content"]).rstrip("\n") for entry in entries if isinstance(entry, dict)
            and entry.get("content") and not others_read(entry.get("mode"))} if isinstance(entries, list) else set()


def others_read(mode: Any) -> bool:
    """Return whether permissions such as C(0644) let everybody read; the default does, and what is none does not."""
    return mode is None or bool(re.match(r"0?[0-7]{2}[4-7]\Z", str(mode)))


class _Run:
    """One run: the plan, and the one way to carry it out."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.params = module.params
        # The file itself, not a link to it, is what is replaced.
        self.path = os.path.realpath(self.params["path"])
        self.home = os.path.dirname(self.path)
        self.binary = _io.find_program(module, self.params["binary"])
        self.installed = version(self.binary)
        self.version = numbers(self.params["version"]) if self.params["version"] else self.installed
        self.data, findings = normalise(self.params["config"])
        self.result: Dict[str, Any] = {
            "changed": False, "differs": False, "path": self.params["path"], "files": [], "backup_files": [],
            "reloaded": False, "restarted": False, "config_test": [],
            "upgraded": False, "executable": None,
            "version": ".".join(map(str, self.version)) if self.version else None}
        if self.params["version"] and self.version is None:
            self.fail(REFUSED, ['version: "%s" is none of nginx. Write three numbers such as 1.26.3.'
                                % self.params["version"]])
        findings = findings or check(self.data)
        if findings:
            self.fail(REFUSED, [str(finding) for finding in findings])
        rendered = render(self.data, self.version)
        # what is beside the servers and upstreams in our directory, and what is elsewhere
        self.more, self.single = self._files(rendered)
        self.tree = Tree(rendered.main, {**rendered.files, **self.more})
        self.pid_file = self.data.get("pid", PID_FILE)

    def fail(self, heading: str, sentences: List[str]) -> None:
        """End the module."""
        self.result["changed"] = False
        self.module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), **self.result)

    def _files(self, rendered: Tree) -> Tuple[Files, Files]:
        more: Files = {}
        single: Files = {}
        for entry in self.params["file"]:
            path, mode = entry["path"], entry["mode"]
            problem = ""
            if not re.match(r"0?[0-7]{3}\Z", mode):
                problem = 'mode must be three octal digits such as "0644", got "%s".' % mode
            absolute = os.path.realpath(os.path.join(self.home, DIRECTORY, path))
            inside = os.path.relpath(absolute, self.home)
            if os.path.isabs(path) and not inside.startswith(os.pardir):
                problem = "%s is nginx's own. Write a path relative to %s there." % (self.home, DIRECTORY)
            elif not os.path.isabs(path) and not inside.startswith(DIRECTORY + os.sep):
                problem = "it is outside of %s. Write an absolute path." % os.path.join(self.home, DIRECTORY)
            elif inside in rendered.files or os.path.basename(path) == files.PENDING:
                problem = "that name is taken by the configuration. Choose another one."
            if problem:
                self.fail(REFUSED, ["file %s: %s" % (path, problem)])
            (single if os.path.isabs(path) else more)[absolute if os.path.isabs(path) else inside] = File(
                entry["content"].rstrip("\n") + "\n", int(mode, 8))
        return more, single

    def compare(self) -> None:
        """Find what differs."""
        self.before = before = files.read_tree(self.home)
        self.tree_differs = before != self.tree.files
        # nginx.conf last: as long as the former one is there, it is what includes the other files
        wanted = {**self.single, self.path: self.tree.main}
        read = {path: files.read(path) for path in wanted}
        self.changes = {path: (read[path], file) for path, file in wanted.items() if read[path] != file}
        self.owed = self.params["reload"] and files.is_pending(self.home)
        self.result["files"] = [self.path, *(os.path.join(self.home, path) for path in sorted(self.tree.files)),
                                *sorted(self.single)]
        self.result["diff"] = [files.difference(path, *change) for path, change in self.changes.items()] + [
            files.difference(os.path.join(self.home, path), before.get(path), self.tree.files.get(path))
            for path in sorted({*before, *self.tree.files}) if before.get(path) != self.tree.files.get(path)]
        self._compare_program()
        self.result["changed"] = self.result["differs"] = bool(
            self.changes or self.tree_differs or self.owed or self.outdated)

    def guard(self) -> None:
        """End the module when the change would end or replace what somebody else has set up."""
        if not self.changes:
            return
        former, dummy = self.changes.get(self.path, (None, None))
        sites: List[others.Part] = []
        if former:
            after = others.reached(others.Part(self.path, self.path, self.tree.main.text), self._wanted)
            sites = others.lost(others.reached(others.Part(self.path, self.path, former.text), files.matching),
                                {part.real for part in after}, packages.untouched)
        earlier = [file.text for file in self.before.values() if others.is_ours(file.text)]
        pages = others.replaced(
            [path for path, (before, dummy) in self.changes.items() if before and path != self.path],
            self.path not in self.changes or bool(former and others.is_ours(former.text)),
            set(map(os.path.realpath, others.roots(earlier))),
            set(map(os.path.realpath, others.roots([self.tree.main.text, *(
                file.text for file in self.tree.files.values())]))), packages.untouched)
        if sites or pages:
            self.fail(OTHERS, others.told(sites, pages, self.path))

    def _wanted(self, pattern: str) -> List[others.Part]:
        """Return the files of a pattern as they will be."""
        if not pattern.startswith(os.path.join(self.home, DIRECTORY) + os.sep):
            return files.matching(pattern)
        paths = {os.path.join(self.home, path): file.text for path, file in self.tree.files.items()}
        return [others.Part(path, path, paths[path]) for path in fnmatch.filter(sorted(paths), pattern)]

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
        verdict = config_test(self._staged, self.home, self.binary, self.version, self.params["config_test_timeout"])
        self.result["config_test"] = [*verdict.refused, *verdict.remarks]
        if self.module.check_mode and all(is_not_held(message) for message in verdict.refused):
            # A task before this one would set net.ipv4.ip_nonlocal_bind.
            return
        if verdict.refused:
            self.fail("nginx refuses the configuration and nothing was changed:",
                      [*verdict.refused, *self._hints(verdict.refused)])

    def _staged(self, directory: str) -> Tree:
        tree = render(for_test(self.data, directory), self.version)
        return Tree(tree.main, {**tree.files, **self.more})

    def _hints(self, refused: List[str]) -> List[str]:
        """Return what to do about some of nginx's complaints."""
        found = []
        for message in refused:
            missing = _NO_UPSTREAM.search(message)
            if missing:
                names = [upstream["name"] for kind in ("http", "stream")
                         for upstream in self.data.get(kind, {}).get("upstream", [])]
                found.append(did_you_mean(missing.group(1), names))
            if 'unknown directive "stream"' in message:
                found.append("Install nginx's module for streams (Debian: libnginx-mod-stream, Enterprise Linux: "
                             "nginx-mod-stream), and include the file that loads it.")
            if is_not_held(message):
                found.append("Set net.ipv4.ip_nonlocal_bind or net.ipv6.ip_nonlocal_bind to 1, or correct listen.")
        return list(dict.fromkeys(hint for hint in found if hint))

    def apply(self) -> None:
        """Exchange the files, let nginx take them, and put everything back when it does not."""
        exchange = files.Exchange(self.module, self.home, self.params["backup"])
        try:
            if self.tree_differs:
                exchange.directory(self.tree.files)
            else:
                exchange.pend()
            for path, (before, after) in self.changes.items():
                exchange.file(path, before, after)
        except OSError as error:
            exchange.undo()
            self.fail("The files cannot be written, and everything is as it was:", [str(error)])
        if self.params["reload"]:
            try:
                self._take()
            except (control.ReloadError, OSError) as error:
                self._take_back(exchange, error)
            exchange.finish()
        else:
            exchange.keep()
        self.result["backup_files"] = exchange.backups

    def _take(self) -> None:
        """Reload nginx, or put the other program in its place, or restart it where only that helps and is allowed."""
        words = self.data.get("error_log", [""])[0].split()
        log = words[0] if words and words[0].startswith("/") else None
        try:
            if self.outdated:
                if not upgrade.can_become(self.outdated, self.binary):
                    raise control.ConflictError("%s was started as %s, and can become no other program" % (
                        self.outdated.executable, self.outdated.name))
                upgrade.Upgrade(self.outdated, self.pid_file, log).carry_out()
                self.result["upgraded"] = True
            else:
                self.result["reloaded"] = control.take(self.params["unit"], self.pid_file, log)
        except control.ConflictError:
            if not self.params["restart"]:
                raise
            self.result["restarted"] = True
            control.restart(self.params["unit"])

    def _take_back(self, exchange: files.Exchange, error: Exception) -> None:
        exchange.undo()
        sentences = [str(error)]
        if isinstance(error, control.ConflictError) and self.outdated:
            sentences.append("Only a restart can change that: set restart (nginx_restart of the role) to true once.")
        elif isinstance(error, control.ConflictError):
            sentences.append("The address is held by nginx's own old socket, as when *:80 becomes an address of its "
                             "own: then set restart (nginx_restart of the role) to true once. Or another program holds "
                             "it: then end that program, or correct listen.")
        sentences.append("The former files are back.")
        try:
            if self.result["restarted"]:
                # the restart that failed has ended the running nginx
                control.restart(self.params["unit"])
            elif not self.outdated:
                self._take()
        except (control.ReloadError, OSError) as second:
            sentences.append("nginx did not take these either: %s" % second)
        self.result.update(reloaded=False, restarted=False)
        self.fail("nginx was not upgraded to %s:" % self.binary if self.outdated
                  else "nginx did not take the new configuration:", sentences)


def run_nginx(module: Any) -> None:
    """Bring the files to O(nginx_config#module:config), and nginx to the files."""
    run = _Run(module)
    try:
        run.compare()
        if not run.params["takeover"]:
            run.guard()
        if run.params["config_test"] and run.result["changed"]:
            run.test()
        if run.result["changed"] and not module.check_mode:
            run.apply()
    except OSError as error:
        run.fail("The files cannot be read, tested or written:", [str(error)])
    for remark in run.result["config_test"]:
        module.warn(remark)
    module.exit_json(**run.result)
