# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The register of rules: what a rule is and how a function becomes one.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .model import Block, Configuration

# What a rule looks at.
DATA = "data"  # the data of one host
TEXT = "text"  # the text of one file
SCHEMA = "schema"  # one value and the keyword table; said by check()
CLUSTER = "cluster"  # the data of all members

# What a rule says about one block: the parts of a Fault, of which keyword and entry may be left out.
Said = Iterator[Tuple[str, ...]]
Check = Callable[..., Any]


class Fault(NamedTuple):
    """What is wrong and the remedy, both sentences; the keyword it is about and the entry of its list."""

    message: str
    remedy: str
    keyword: str = ""
    entry: str = ""


class Rule(NamedTuple):
    """One rule. ``about`` is DATA, TEXT, SCHEMA or CLUSTER; ``check`` finds what is wrong, in the form of that kind.

    For DATA it takes the configuration and one block of the sections, of those with one of the ``keywords`` where there
    are any; cluster.py says what it takes for CLUSTER.
    """

    id: str
    severity: str
    summary: str
    source: str
    about: str
    sections: Tuple[str, ...]
    check: Check
    keywords: Tuple[str, ...] = ()

    def findings(self, configuration: Configuration) -> Iterator[Finding]:
        """Yield the findings of a DATA rule on every block of its sections."""
        for section in self.sections:
            for block in self._blocks(configuration, section):
                for said in self.check(configuration, block):
                    fault = Fault(*said)
                    yield Finding(
                        self.id, self.severity, block.label, fault.message, fault.remedy,
                        keyword=fault.keyword or None, entry=fault.entry or None)

    def _blocks(self, configuration: Configuration, section: str) -> Sequence[Block]:
        """Return the blocks of a section that the rule looks at."""
        if not self.keywords:
            return configuration.blocks(section)
        wanted = frozenset(self.keywords)
        with_keyword = configuration.index(
            " ".join((section, *self.keywords)), section, lambda block: [not wanted.isdisjoint(block.data)])
        return with_keyword.get(True, [])

    @property
    def explanation(self) -> str:
        """What the function of the rule says beyond the summary."""
        return " ".join((self.check.__doc__ or "").split())


# By id.
RULES: Dict[str, Rule] = {}


def declare(rule: Rule) -> None:
    """Add a rule to the register. Raises ValueError when there is one of that id."""
    if rule.id in RULES:
        raise ValueError(f"there are two rules with the id {rule.id}; give one of them another")
    RULES[rule.id] = rule


def rule(
    identifier: str, severity: str, summary: str, source: str, *sections: str, keywords: Tuple[str, ...] = ()
) -> Any:
    """Register the decorated function as a rule for every block of the sections, of vrrp_instance without any.

    ``keywords``: it says something only of blocks whose data has one of them, and is not asked about the others.
    ``summary`` is one sentence on what the daemon does; ``source`` says where that is seen: a file of keepalived
    2.2.7, an RFC, or "run" with what was run. Every rule has a wrong and a right text in docs/rules/examples.
    """

    def register(check: Callable[[Configuration, Block], Said]) -> Callable[[Configuration, Block], Said]:
        declare(Rule(identifier, severity, summary, source, DATA, sections or ("vrrp_instance",), check, keywords))
        return check

    return register
