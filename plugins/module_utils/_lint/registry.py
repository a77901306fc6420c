# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The register of rules: what a rule is and how a function becomes one.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .model import Block, Configuration

# What a rule says about one block: (what is wrong, the remedy), both sentences.
Said = Iterator[Tuple[str, str]]
Check = Callable[..., Said]


class Rule(NamedTuple):
    """One rule. ``check`` takes the configuration and one block of the sections and yields what is wrong with it."""

    id: str
    severity: str
    summary: str
    source: str
    sections: Tuple[str, ...]
    check: Check

    def findings(self, configuration: Configuration) -> Iterator[Finding]:
        """Yield the findings on every block of the rule's sections."""
        for section in self.sections:
            for block in configuration.blocks(section):
                for message, remedy in self.check(configuration, block):
                    yield Finding(self.id, self.severity, block.label, message, remedy)


# By id.
RULES: Dict[str, Rule] = {}


def rule(identifier: str, severity: str, summary: str, source: str, *sections: str) -> Any:
    """Register the decorated function as a rule for every block of the sections, of vrrp_instance without any.

    ``summary`` is one sentence on what the daemon does; ``source`` says where that is seen: a file of keepalived
    2.2.7, an RFC, or "run" with what was run.
    """

    def register(check: Callable[[Configuration, Block], Said]) -> Callable[[Configuration, Block], Said]:
        RULES[identifier] = Rule(identifier, severity, summary, source, sections or ("vrrp_instance",), check)
        return check

    return register
