# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Judge configuration files without Ansible.

    python -m ansible_collections.openvip.cluster.plugins.module_utils._lint.program FILE [FILE ...] [--json]

Ends with status 1 when there are findings of the severity of --fail-on or a worse one, 2 when a file cannot be read.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import (
    NEVER,
    SEVERITIES,
    as_data,
    fails,
    for_people,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR


def main(arguments: Optional[List[str]] = None) -> int:
    """Write the findings on the files that the command line names, and return the exit status."""
    parser = argparse.ArgumentParser(prog="_lint", description="Judge keepalived.conf better than keepalived does.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="the file to judge, - for the standard input")
    parser.add_argument("--json", action="store_true", help="print a JSON list, with one item per file")
    parser.add_argument("--fail-on", choices=(*SEVERITIES, NEVER), default=ERROR, help="default: %(default)s")
    parser.add_argument("--keepalived", metavar="VERSION", help="judge for this version, such as 2.2.7")
    options = parser.parse_args(arguments)
    version = tuple(int(part) for part in options.keepalived.split(".")) if options.keepalived else None
    status = 0
    reports = []
    for path in options.files:
        try:
            text = _read(path)
        except OSError as error:
            sys.stderr.write(f"{path} cannot be read: {error}\n")
            return 2
        findings = lint_text(text, path, version)
        status = max(status, int(fails(findings, options.fail_on)))
        reports.append(as_data(findings, path))
        if not options.json:
            sys.stdout.write(for_people(findings, path) + "\n")
    if options.json:
        sys.stdout.write(json.dumps(reports, indent=2) + "\n")
    return status


def _read(path: str) -> str:
    if path == "-":
        content = sys.stdin.buffer.read()
    else:
        with open(path, "rb") as stream:
            content = stream.read()
    return content.decode("utf-8", "surrogateescape")


if __name__ == "__main__":
    raise SystemExit(main())
