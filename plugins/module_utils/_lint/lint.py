# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The judgement: lint() applies the rules to the data of one host, lint_text() also those for the text of a file.

Keys, types, ranges and versions are the schema's business (check() there); lint_text() asks it too.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import Evaluation, evaluate
from ansible_collections.openvip.cluster.plugins.module_utils._conf.garbage import uncollected
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import (
    DEPRECATED,
    MISSING,
    RAW,
    VALUE,
    normalise,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.line import literal
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import of_evaluation

from . import (
    addresses,
    authentication,
    cluster_adverts,
    cluster_election,
    cluster_hosts,
    cluster_peers,
    cluster_weights,
    cluster_wire,
    definitions,
    election,
    global_defs,
    interfaces,
    lines,
    lvs,
    persistence,
    real_servers,
    routes,
    schema,
    script_files,
    scripts,
    structure,
    sync_group,
    syntax,
    tracking,
    unicast,
)
from .model import Configuration, configuration_in_force
from .registry import DATA, RULES, TEXT, Rule
from .text import Text, findings_of, in_force, read_text

# The modules with rules, in the order in which they are applied; importing them registers what they hold.
MODULES = (
    syntax, structure, lines, definitions, schema,
    election, authentication, addresses, interfaces, unicast, tracking, sync_group, scripts, script_files, global_defs,
    routes, lvs, persistence, real_servers,
    cluster_adverts, cluster_peers, cluster_election, cluster_weights, cluster_hosts, cluster_wire,
)
# Rules for the text that say better than the table what becomes of a line.
EXPLAIN = (
    "unit-suffix", "off-switches-on", "definition-not-replaced", "comment-in-word", "reference-opens-block",
    "single-quotes", "unicode-space", "quote-not-closed", "smtp-host-hangs",
)
# The modules whose rules are about the text as it is written, and not about the lines in force.
AS_WRITTEN = (syntax.__name__, definitions.__name__)
_WHOLE_WORD = re.compile(r"(?<!\S)\$[A-Za-z_][A-Za-z0-9_]*(?!\S)")
_ORDER = {module.__name__: number for number, module in enumerate(MODULES)}
_RULES = sorted(RULES.values(), key=lambda rule: _ORDER[rule.check.__module__])


def rules() -> List[Rule]:
    """Return all rules in the order in which they are applied."""
    return list(_RULES)


def lint(
    data: Dict[str, Any], host: Optional[Dict[str, Any]] = None, version: Optional[Sequence[int]] = None
) -> List[Finding]:
    """Return what is wrong with the data of one host.

    ``host``: normalised facts ``{"interfaces": {name: ["address/prefix", ...]}}`` without loopback and without the
    virtual addresses that the host holds at the moment; None when nothing is known, then no rule looks at it.
    ``version``: of keepalived, such as (2, 2, 7). Values that the schema refuses are left out here, check() names them.
    """
    with uncollected():
        return _lint(configuration_in_force(data, host, version))


def _lint(configuration: Configuration) -> List[Finding]:
    return [finding for rule in _RULES if rule.about == DATA for finding in rule.findings(configuration)]


def lint_text(
    text: str,
    path: str = "<string>",
    version: Optional[Sequence[int]] = None,
    host: Optional[Dict[str, Any]] = None,
) -> List[Finding]:
    """Return what is wrong with a file, in the order of its lines: every finding with path, line and column.

    ``text`` is any str, ``path`` names it; ``version`` and ``host`` as for lint(). What a finding misses altogether has
    a path and no line. Included files are not read.
    """
    with uncollected():
        return sorted(_lint_text(text, path, version, host), key=_place)


def _lint_text(
    text: str, path: str, version: Optional[Sequence[int]], host: Optional[Dict[str, Any]]
) -> List[Finding]:
    found = read_text(text, path, version)
    evaluation = evaluate(found.source)
    force = in_force(found, evaluation)
    read_by_daemon = structure.without_surplus(force) if force is found else force
    with literal():
        data = of_evaluation(evaluation, read_by_daemon.document)
        canonical, findings = normalise(data, version)
    said = [finding for rule in _RULES if rule.about == TEXT for finding in findings_of(rule, found)]
    if force is not found:
        said += _of_changed(evaluation, force, said)
    explained = {finding.line for finding in said if finding.id in EXPLAIN or _is_whole_word(finding, found)}
    for finding in findings:
        placed = read_by_daemon.place(finding)
        hidden = finding.keyword == RAW or (finding.id in (VALUE, DEPRECATED) and placed.line in explained)
        # what only looks like missing, because its line cannot be read, has been named
        if not hidden and not (finding.id == MISSING and read_by_daemon.has_keyword(finding)):
            said.append(placed)
    said += [read_by_daemon.place(finding) for finding in _lint(Configuration(canonical, data, host, version))]
    return said if force is found else [_within(finding, evaluation, found) for finding in said]


def _is_whole_word(finding: Finding, text: Text) -> bool:
    """Say whether a finding is about a definition that is missing, without which there is no value to judge."""
    return finding.id == "definition-missing" and finding.line is not None and \
        _WHOLE_WORD.search(text.source.split("\n")[finding.line - 1]) is not None


def _of_changed(evaluation: Evaluation, force: Text, said: Sequence[Finding]) -> List[Finding]:
    """Return what the rules for the text say of lines that the daemon reads as something else than what is written."""
    # what a brace too many makes of the lines has been said
    changed = evaluation.changed() - {finding.line for finding in said if finding.id == "reference-opens-block"}
    known = {(finding.id, finding.line, finding.message) for finding in said}
    found = []
    for rule in _RULES:
        if rule.about == TEXT and rule.check.__module__ not in AS_WRITTEN:
            for finding in findings_of(rule, force):
                what = (finding.id, finding.line, finding.message)
                if finding.line in changed and what not in known:
                    known.add(what)
                    found.append(finding)
    return found


def _within(finding: Finding, evaluation: Evaluation, text: Text) -> Finding:
    """Return the finding with a column of the line that is written: the first one where another line is in force."""
    if finding.line is None or finding.line not in evaluation.changed():
        return finding
    written = text.source.split("\n")[finding.line - 1]
    return finding._replace(column=min(finding.column or 1, len(written) - len(written.lstrip(" \t")) + 1))


def lint_document(
    document: Document, version: Optional[Sequence[int]] = None, host: Optional[Dict[str, Any]] = None
) -> List[Finding]:
    """Return what lint_text() says of the text of a document."""
    return lint_text(str(document), document.path, version, host)


def _place(finding: Finding) -> Tuple[int, int]:
    return finding.line or 0, finding.column or 0
