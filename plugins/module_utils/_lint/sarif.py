# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Findings in the format of static analysis, SARIF 2.1.0 (OASIS), which code hosts show beside the lines.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, List, Sequence
from urllib.parse import quote

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING, Finding

from .registry import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOME = "https://github.com/openvip/openvip.cluster"
LEVELS = {ERROR: "error", WARNING: "warning", INFO: "note"}


def as_sarif(findings: Sequence[Finding], version: str) -> Dict[str, Any]:
    """Return a log with one run; ``version`` is that of the program.

    The rules are those that have findings, each with its page. A finding about what is missing altogether has no
    region.
    """
    names = sorted({finding.id for finding in findings})
    driver: Dict[str, Any] = {
        "name": "keepalived-lint", "informationUri": HOME, "rules": [_rule(name) for name in names]}
    if version:
        driver["version"] = version
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "results": [_result(finding, names) for finding in findings],
        }],
    }


def _rule(name: str) -> Dict[str, Any]:
    rule = RULES[name]
    found: Dict[str, Any] = {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "helpUri": f"{HOME}/blob/main/docs/rules/{name}.md",
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }
    if rule.explanation:
        found["fullDescription"] = {"text": rule.explanation}
    return found


def _result(finding: Finding, names: List[str]) -> Dict[str, Any]:
    place: Dict[str, Any] = {"artifactLocation": _location(finding.path or "")}
    if finding.line is not None:
        place["region"] = {"startLine": finding.line, "startColumn": finding.column or 1}
    return {
        "ruleId": finding.id,
        "ruleIndex": names.index(finding.id),
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.object}: {finding.message} {finding.remedy}".rstrip()},
        "locations": [{"physicalLocation": place}],
    }


def _location(path: str) -> Dict[str, str]:
    """Return where a file is; a relative path is relative to the root of the repository that is looked at."""
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(os.path.normpath(path))), "uriBaseId": "%SRCROOT%"}
