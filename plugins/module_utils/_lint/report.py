# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings for people and for programs.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING, Finding

SEVERITIES = (ERROR, WARNING, INFO)
NEVER = "never"


def counts(findings: Sequence[Finding]) -> Dict[str, int]:
    """Return how many findings there are of each severity."""
    return {severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES}


def fails(findings: Sequence[Finding], fail_on: str) -> bool:
    """Say whether there are findings of a severity or a worse one; ``never`` is none of them."""
    if fail_on == NEVER:
        return False
    return any(SEVERITIES.index(finding.severity) <= SEVERITIES.index(fail_on) for finding in findings)


def for_people(findings: Sequence[Finding], path: str) -> str:
    """Return a line for each finding, with its place, severity and rule, and one that sums them up."""
    return "\n".join([*(_line(finding, path) for finding in findings), summary(findings, path)])


def summary(findings: Sequence[Finding], what: str) -> str:
    """Return the line that sums findings up; ``what`` was judged."""
    found = [f"{number} {_plural(severity, number)}" for severity, number in counts(findings).items() if number]
    return f"{what}: {', '.join(found) or 'nothing to complain about'}"


def as_data(findings: Sequence[Finding], path: str) -> Dict[str, Any]:
    """Return the same as plain data: path, findings and counts."""
    return {"path": path, "findings": [finding.as_dict() for finding in findings], "counts": counts(findings)}


def _line(finding: Finding, path: str) -> str:
    places: List[Any] = [finding.path or path, finding.line, finding.column]
    place = ":".join(str(part) for part in places if part is not None)
    return f"{place}: {finding.severity}: {finding.object}: {finding.message} {finding.remedy}".rstrip() + \
        f" [{finding.id}]"


def _plural(severity: str, number: int) -> str:
    return severity if number == 1 or severity == INFO else severity + "s"
