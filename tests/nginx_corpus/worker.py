# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Reads names of files, and writes a report on each, as a line of JSON; run.py starts it inside of the sandbox.

    python worker.py NGINX PLACE <names

PLACE is a directory for what clients need.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible.plugins.loader import init_plugin_loader

# Ansible finds plugins only in collections that are imported by its own finder, so that comes first.
init_plugin_loader([os.environ["ANSIBLE_COLLECTIONS_PATH"]])

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.program import version
from ansible_collections.openvip.cluster.tests.corpus.judge import Attempt
from ansible_collections.openvip.cluster.tests.nginx_corpus import backends, host, judge, role
from ansible_collections.openvip.cluster.tests.nginx_corpus.ask import ask
from ansible_collections.openvip.cluster.tests.nginx_corpus.run import CHANGING

# Where the sandbox shows the files
VARIABLES = Path("/variables")
# Seconds after which a file is given up
LIMIT = 60
# Where backends are that a file knows by name
_NAMED = "198.18.255.%d"
# What nginx says only because no root runs this
_AS_USER = re.compile('"user" directive makes sense only if')
# What the module says when the data is right, and nginx does not take what it has become
NGINX_REFUSES = "nginx refuses the configuration"


class Worker:
    """Reports on files."""

    def __init__(self, program: str, place: Path) -> None:
        self.role = role.Role(role.system())
        self.program = program
        self.version = version(program) or (0, 0, 0)
        self.place = place
        self.host = host.Host(program, place)

    def report(self, name: str) -> judge.Report:
        """Return the report on a file; never raises for what is in it."""
        report = judge.Report(name)
        begin = time.monotonic()
        signal.alarm(LIMIT)
        with Attempt() as attempt:
            self._fill(report)
        signal.alarm(0)
        report.failure = attempt.failure or report.failure
        report.seconds = time.monotonic() - begin
        return report

    def _fill(self, report: judge.Report) -> None:
        expected: dict[str, Any] = {}
        try:
            own = {**self.host.variables(), **self.role.read(VARIABLES / report.name)}
            expected = self.role.expected(own)
            problems = list(judge.misspelt(expected))
            if problems:
                report.failure = " ".join(problems)
            elif self.version < tuple(map(int, str(expected.get("since", 0)).split("."))):
                report.untried = f"needs nginx {expected['since']}"
            else:
                self._try(own, expected, report)
        except role.RefusedError as error:
            report.refused = str(error)
            report.accepted = report.refused.startswith(NGINX_REFUSES)
            declared = expected.get("refused")
            report.as_declared = bool(declared and re.search(str(declared), report.refused))
        except TimeoutError:
            report.failure = f"it takes more than {LIMIT} s"

    def _try(self, own: dict[str, Any], expected: dict[str, Any], report: judge.Report) -> None:
        own = self.role.with_inventory(own, expected.get("group") or {})
        arguments = self.role.asked(own)
        listed = [dict(backend) for backend in expected.get("backend") or []]
        for number, backend in enumerate(listed, 1):
            backend.setdefault("name", f"backend{number}")
        self.host.reset({str(path): str(text) for path, text in (expected.get("file") or {}).items()})
        given = {str(name): str(address) for name, address in (expected.get("host") or {}).items()}
        names = _named(listed, given, host.names_in(arguments["config"]))
        self.host.names(names)
        members = [str((each or {}).get("ansible_host")) for each in own["hostvars"].values()]
        self.host.route(host.behind(arguments["config"], [
            *members, *names.values(), *(backend["address"].rpartition(":")[0] for backend in listed)],
            [str(request.get("from")) for request in expected.get("request") or []]))
        self.host.user(arguments["config"].get("user"))
        self.host.certify(arguments["config"])
        result, warnings = self.role.write(own, arguments, self.program)
        report.warnings = [warning for warning in warnings if not _AS_USER.search(warning)]
        report.accepted = report.tested = True
        if expected.get("refused"):
            report.failure = f'it was accepted, and must be rejected with "{expected["refused"]}"'
            return
        before = [path for path in result["files"] if not path.startswith(CHANGING)]
        try:
            with backends.running(listed), self.host.running():
                for number, request in enumerate(expected.get("request") or [], 1):
                    self._ask(number, request, report)
        except host.StartError as error:
            report.failure = f"nginx does not start: {error}"
        finally:
            for path in before:
                Path(path).unlink(missing_ok=True)

    def _ask(self, number: int, request: dict[str, Any], report: judge.Report) -> None:
        report.requests += 1
        answers = ask(request, self.place)
        found = list(judge.differences(request.get("expect") or {}, answers))
        report.right += not found
        report.wrong += [f"{judge.title(number, request)}: {difference}" for difference in found]


def _named(listed: list[dict[str, str]], given: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return addresses for names, and put them in the place of those of backends.

    :param given: addresses by names.
    :param names: those of other servers behind nginx, which has to find them.
    """
    found = {"localhost": "127.0.0.1", **given}
    for name in names:
        found.setdefault(name, _NAMED % len(found))
    for backend in listed:
        name, _colon, port = backend["address"].rpartition(":")
        if re.fullmatch(r"[\w.-]*[A-Za-z][\w.-]*", name) and name != "unix":
            backend["address"] = f"{found.setdefault(name, _NAMED % len(found))}:{port}"
    return found


def _late(_signal: int, _frame: object) -> None:
    raise TimeoutError


def main(program: str, place: str) -> None:
    """Read names until there are no more."""
    signal.signal(signal.SIGALRM, _late)
    worker = Worker(program, Path(place))
    for line in sys.stdin:
        print(json.dumps(dataclasses.asdict(worker.report(line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
