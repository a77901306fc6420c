# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The program keepalived-lint: judge configuration files without Ansible. make wheel builds it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from importlib import metadata
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, Finding

from .files import lint_files
from .report import NEVER, SEVERITIES, as_data, fails, for_people
from .sarif import as_sarif

TEXT, JSON, SARIF = "text", "json", "sarif"
STDIN = "<stdin>"

_EPILOG = """\
Several files are files of one host: one that another includes is judged where it is included.
Exit status: 0 nothing of that severity, 1 findings, 2 wrong usage or a file that cannot be read.
"""


def command_line() -> argparse.ArgumentParser:
    """Return what reads the arguments of the program."""
    parser = argparse.ArgumentParser(
        prog="keepalived-lint", description="Judge keepalived.conf better than keepalived does.", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE", help="the file to judge, - for the standard input")
    parser.add_argument("--format", choices=(TEXT, JSON, SARIF), default=TEXT, help="default: %(default)s")
    parser.add_argument("--severity", choices=(*SEVERITIES, NEVER), default=ERROR,
                        help="the least severity that gives status 1, default: %(default)s")
    parser.add_argument("--version-of", metavar="VERSION", type=_version,
                        help="the version of keepalived to judge for, such as 2.2.8, default: the newest one")
    parser.add_argument("--each", action="store_true", help="each file is that of a host of its own")
    parser.add_argument("--version", action="version", version=f"%(prog)s {_own_version() or 'unknown'}")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """Write the findings on the files that the command line names, and return the exit status."""
    options = command_line().parse_args(arguments)
    try:
        texts = dict(_read(path) for path in options.files)
    except OSError as error:
        sys.stderr.write(f"keepalived-lint: {error.filename} cannot be read: {error.strerror}\n")
        return 2
    hosts = [{path: text} for path, text in texts.items()] if options.each else [texts]
    findings = [finding for host in hosts for finding in lint_files(host, options.version_of)]
    sys.stdout.write(_printable(_written(findings, list(texts), options.format)))
    return int(fails(findings, options.severity))


def _written(findings: List[Finding], paths: List[str], form: str) -> str:
    if form == SARIF:
        return _json(as_sarif(findings, _own_version()))
    by_path: Dict[str, List[Finding]] = {path: [] for path in paths}
    for finding in findings:
        by_path[finding.path or paths[0]].append(finding)
    if form == JSON:
        return _json([as_data(found, path) for path, found in by_path.items()])
    return "".join(for_people(found, path) + "\n" for path, found in by_path.items())


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _printable(text: str) -> str:
    """Return the text without bytes that are no UTF-8, and without what this terminal cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode("utf-8", "replace").decode("utf-8").encode(encoding, "replace").decode(encoding)


def _read(path: str) -> Tuple[str, str]:
    if path == "-":
        path, content = STDIN, sys.stdin.buffer.read()
    else:
        with open(path, "rb") as stream:
            content = stream.read()
    return path, content.decode("utf-8", "surrogateescape")


def _version(text: str) -> Tuple[int, ...]:
    if not re.fullmatch(r"v?[0-9]{1,4}(\.[0-9]{1,4}){1,2}", text):
        raise argparse.ArgumentTypeError(f"must be like 2.2.8, got {text!r}")
    return tuple(int(part) for part in text.lstrip("v").split("."))


def _own_version() -> str:
    """Return the version of the installed program, empty where it runs out of the collection."""
    try:
        return metadata.version("keepalived-lint")
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    raise SystemExit(main())
