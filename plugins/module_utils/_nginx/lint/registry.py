# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The register of the rules for nginx: what a rule is and how a function becomes one.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterator, NamedTuple, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .model import Block, Configuration

# What a rule says about one block: what is wrong and the remedy, both sentences, and the directive that it is about.
# A fourth part is the object where that is not the block.
Said = Iterator[Tuple[str, ...]]
Check = Callable[[Configuration, Block], Said]


class Rule(NamedTuple):
    """One rule: ``check`` finds what is wrong with a block of one of the sections, whose paths are those of the table.

    ``summary`` is one sentence on what nginx does, ``source`` says where that is documented or seen.
    """

    id: str
    severity: str
    summary: str
    source: str
    sections: Tuple[str, ...]
    check: Check

    def findings(self, configuration: Configuration) -> Iterator[Finding]:
        """Iterate over the findings on every block of its sections."""
        for section in self.sections:
            for block in configuration.blocks(section):
                for said in self.check(configuration, block):
                    message, remedy, keyword, *subject = said
                    yield Finding(self.id, self.severity, subject[0] if subject else block.label, message, remedy,
                                  keyword=keyword)

    @property
    def explanation(self) -> str:
        """What the function of the rule says beyond the summary."""
        return " ".join((self.check.__doc__ or "").split())


# By id.
RULES: Dict[str, Rule] = {}


def rule(identifier: str, severity: str, summary: str, source: str, *sections: str) -> Callable[[Check], Check]:
    """Register the decorated function as a rule. Every rule has wrong and right data in docs/rules/examples.

    :raises ValueError: there is one of that id.
    """

    def register(check: Check) -> Check:
        if identifier in RULES:
            raise ValueError(f"there are two rules with the id {identifier}; give one of them another")
        RULES[identifier] = Rule(identifier, severity, summary, source, sections, check)
        return check

    return register
