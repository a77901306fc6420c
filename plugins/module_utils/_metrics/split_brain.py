# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the answers on the wire to the begin and the end of a split brain: two holders of one address.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Set

BEGIN, END = "begin", "end"


class Event(NamedTuple):
    """A split brain begins or ends.

    :ivar kind: BEGIN or END.
    :ivar address: the address that two have.
    :ivar cards: the hardware addresses that claim it, or did.
    :ivar seconds: for how long it has been claimed, or was.
    :ivar held: whether this host still holds the address.
    """

    kind: str
    address: str
    cards: List[str]
    seconds: float
    held: bool

    def __str__(self) -> str:
        cards = " and ".join(self.cards)
        if self.kind == BEGIN:
            return ("split brain: %s is held here and claimed by %s for %.1f s already. See that VRRP passes between "
                    "the hosts." % (self.address, cards, self.seconds))
        reason = "%s does not claim it any more" % cards if self.held else "this host has given it up"
        return "split brain of %s has ended after %.1f s: %s." % (self.address, self.seconds, reason)


class _Claim:
    """An address that somebody else claims, from one round of questions to the next."""

    def __init__(self, now: float) -> None:
        self.since = now
        self.last = now
        self.cards: Set[str] = set()
        self.told = False


class SplitBrain:
    """What is claimed by others, round by round.

    :ivar count: how often a split brain has begun, by address.
    """

    def __init__(self, patience: float) -> None:
        """:param patience: seconds for which an address must be claimed, and for its end must not be. keepalived's own
        hand-over, for whose few milliseconds two hosts have an address, is over by then."""
        self._patience = patience
        self._claims: Dict[str, _Claim] = {}
        self.count: Dict[str, int] = {}

    @property
    def split(self) -> Set[str]:
        """The addresses that have two holders now."""
        return {address for address, claim in self._claims.items() if claim.told}

    def take(self, now: float, answers: Dict[Any, Set[str]]) -> List[Event]:
        """Take the answers of one round, and return what begins or ends by them.

        :param now: seconds of a clock that only goes on.
        :param answers: the foreign cards of every address that this host holds.
        """
        seen = {str(address): cards for address, cards in answers.items()}
        for address, cards in seen.items():
            self.count.setdefault(address, 0)
            if cards:
                claim = self._claims.setdefault(address, _Claim(now))
                claim.last = now
                claim.cards |= cards
        events = []
        for address, claim in list(self._claims.items()):
            if address not in seen or now - claim.last >= self._patience:
                del self._claims[address]
                if claim.told:
                    events.append(Event(END, address, sorted(claim.cards), claim.last - claim.since, address in seen))
            elif not claim.told and claim.last - claim.since >= self._patience:
                claim.told = True
                self.count[address] += 1
                events.append(Event(BEGIN, address, sorted(claim.cards), claim.last - claim.since, True))
        return events
