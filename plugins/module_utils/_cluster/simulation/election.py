# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The election of one virtual router: from a settled state and what happens next to who holds the address when.

It goes from event to event and not from advert to advert, so that a run costs microseconds. What nobody can know, such
as how old the last advert was when the master fell silent, is asked of C(luck): 0.0 gives the earliest takeover, 1.0
the latest. Rules of the protocol: RFC 5798 section 6.4, and keepalived's vrrp/vrrp.c and vrrp/vrrp_scheduler.c.

All times are seconds. Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from ..._lint.model import OWNER_PRIORITY

# States of a node; FAULT is one with the effective priority 0.
GONE, FAULT, BACKUP, MASTER = "gone", "fault", "backup", "master"
NEVER = float("inf")
LONG_AGO = -NEVER
# So many events of one step are no election any more, but masters that take the address from each other for ever.
MOST_EVENTS = 400

# So many seconds a daemon that wakes up needs for what it has missed.
AWAKE = 0.1

Luck = Callable[[], float]


def early() -> float:
    """Be lucky: everything happens as early as it can."""
    return 0.0


def late() -> float:
    """Be unlucky: everything happens as late as it can."""
    return 1.0


class Node(NamedTuple):
    """A member of a virtual router, as its configuration says.

    ``hears``: the nodes whose adverts it takes when the network lets them through; ``rank``: of two equal priorities
    the higher rank wins, as the higher address does (RFC 5798 section 6.4.3).
    """

    priority: int
    hears: FrozenSet[int]
    rank: int = 0
    version: int = 3
    advert_int: float = 1.0
    adverts: int = 3
    nopreempt: bool = False
    preempt_delay: float = 0.0


class Standing(NamedTuple):
    """How a node stands when nothing is on its way any more.

    ``side``: the part of the segment that it is in, 0 where the clients are. ``stale``: a killed daemon left the
    addresses behind. ``answers``: the service behind the address is well. ``heard``: the interval of its last master.
    """

    state: str
    priority: int
    obeys: Optional[int] = None
    heard: float = 1.0
    side: int = 0
    link: bool = True
    frozen: bool = False
    stale: bool = False
    answers: bool = True

    def holds(self) -> bool:
        """Say whether the host has the address."""
        return self.state == MASTER or self.stale

    def serves(self) -> bool:
        """Say whether a client that asks for the address here gets an answer."""
        return self.holds() and self.answers and self.link and not self.frozen and self.side == 0


class Change(NamedTuple):
    """Something that happens to a node: C(spread) seconds at most after C(at), by luck.

    ``what``: start, stop (says goodbye), kill (leaves the address), vanish (a host without power), freeze, thaw,
    or a field of C(Standing) that gets the C(value): priority (0 is FAULT), side, link, answers.
    """

    at: float
    node: int
    what: str
    value: Any = None
    spread: float = 0.0


class Mark(NamedTuple):
    """From C(at) on these nodes hold the address, and so many of them answer."""

    at: float
    holders: Tuple[int, ...]
    serving: int


Router = Tuple[Node, ...]
State = Tuple[Standing, ...]


def down(router: Router) -> State:
    """Return the state in which no daemon runs yet."""
    return tuple(Standing(GONE, node.priority, heard=node.advert_int) for node in router)


class _Round:
    """From one settled state to the next."""

    def __init__(self, router: Router, state: State, luck: Luck) -> None:
        self.router, self.luck, self.now = router, luck, 0.0
        self.nodes = range(len(router))
        self.all = [standing._asdict() for standing in state]
        for each in self.all:
            waits = each["frozen"] and each["state"] == BACKUP
            # a frozen backup has not heard anybody for a long time
            each.update(expires=LONG_AGO if waits else NEVER, delayed=None, since=LONG_AGO, accepted=LONG_AGO)
        self.heard = set(self._pairs())
        self.news: Dict[Tuple[int, int], float] = {}
        self.marks: List[Mark] = []
        # what a frozen daemon will notice when it wakes up
        self.unread: Dict[int, List[Change]] = {}
        self.waiting: List[Tuple[float, int, Change]] = []
        self._ages: Dict[Tuple[int, float], float] = {}

    # What the network lets through

    def hears(self, one: int, other: int) -> bool:
        """Say whether a node takes the adverts of another one, which is master."""
        listener, speaker = self.all[one], self.all[other]
        return (one != other and speaker["state"] == MASTER and other in self.router[one].hears
                and listener["state"] in (BACKUP, MASTER) and listener["side"] == speaker["side"]
                and listener["link"] and speaker["link"] and not listener["frozen"] and not speaker["frozen"])

    def _pairs(self) -> List[Tuple[int, int]]:
        masters = [each for each in self.nodes if self.all[each]["state"] == MASTER]
        return [(one, other) for other in masters for one in self.nodes if self.hears(one, other)]

    # Timers

    def skew(self, one: int) -> float:
        node, each = self.router[one], self.all[one]
        return (256 - each["priority"]) / 256.0 * (1.0 if node.version == 2 else each["heard"])

    def interval(self, one: int) -> float:
        """Return the silence after which a node takes over."""
        return self.router[one].adverts * self.all[one]["heard"] + self.skew(one)

    def last_advert(self, one: int, other: int) -> float:
        """Return when a node has taken the last advert of the other one, which is the same for all who hear it."""
        age = self._ages.get((other, self.now))
        if age is None:
            age = self._ages[other, self.now] = self.router[other].advert_int * (1 - self.luck())
        return max(self.now - age, self.all[other]["since"], self.all[one]["accepted"])

    def next_advert(self, other: int) -> float:
        return self.now + self.router[other].advert_int * self.luck()

    # What a node does

    def accepts(self, one: int, other: int) -> bool:
        """Say whether a backup waits for as long as it hears the other one."""
        node, each = self.router[one], self.all[one]
        if node.nopreempt or self.all[other]["priority"] >= each["priority"]:
            return True
        return bool(node.preempt_delay) and (each["delayed"] is None or each["delayed"] > self.now)

    def wait(self, one: int, expires: float) -> None:
        """Let a backup run out, unless one of the masters that it hears speaks first."""
        self.all[one].update(obeys=None, expires=expires)
        for other in self.nodes:
            if self.hears(one, other) and (one, other) not in self.news:
                self.news[one, other] = self.next_advert(other)

    def lose(self, one: int) -> None:
        """Let a backup run out from the last advert of the master that it obeyed."""
        self.wait(one, self.last_advert(one, self.all[one]["obeys"]) + self.interval(one))

    def back(self, one: int, master: Optional[int] = None) -> None:
        each = self.all[one]
        each.update(state=BACKUP, delayed=None, obeys=None, expires=NEVER)
        if master is None:
            each["heard"] = self.router[one].advert_int
            self.wait(one, self.now + self.interval(one))
        else:
            self.obey(one, master)

    def lead(self, one: int) -> None:
        self.all[one].update(state=MASTER, obeys=None, expires=NEVER, delayed=None, since=self.now)

    def obey(self, one: int, master: int) -> None:
        node, each = self.router[one], self.all[one]
        if each["obeys"] != master:
            each["accepted"] = self.now
        each.update(obeys=master, expires=NEVER)
        if node.version == 3:
            each["heard"] = self.router[master].advert_int
        if node.preempt_delay and not node.nopreempt:
            if self.all[master]["priority"] >= each["priority"]:
                each["delayed"] = None
            elif each["delayed"] is None:
                each["delayed"] = self.now + node.preempt_delay

    def advert(self, taker: int, sender: int) -> None:
        """Let a node take an advert."""
        each, priority = self.all[taker], self.all[sender]["priority"]
        if each["state"] == BACKUP:
            if self.accepts(taker, sender):
                self.obey(taker, sender)
        elif (priority, self.router[sender].rank) > (each["priority"], self.router[taker].rank):
            self.back(taker, sender)
        elif self.hears(sender, taker) and (
                each["priority"], self.router[taker].rank) > (priority, self.router[sender].rank):
            # a master answers a lower one at once
            self.back(sender, taker)

    def goodbye(self, leaver: int) -> None:
        """Leave as master, with an advert of priority 0."""
        for node in self.nodes:
            if self.all[node]["state"] == BACKUP and self.hears(node, leaver):
                self.all[node]["obeys"] = None
                self.all[node]["expires"] = self.now + self.skew(node)

    # What happens

    def start(self, one: int) -> None:
        self.all[one].update(stale=False, frozen=False)
        self._rise(one)

    def _rise(self, one: int) -> None:
        each = self.all[one]
        if not each["priority"] or not each["link"]:
            each.update(state=FAULT, obeys=None, expires=NEVER)
        elif each["priority"] == OWNER_PRIORITY:
            self.lead(one)
        else:
            self.back(one)

    def _leave(self, one: int, state: str, stale: bool = False) -> None:
        self.all[one].update(state=state, stale=stale, obeys=None, expires=NEVER, delayed=None)

    def stop(self, one: int) -> None:
        self.goodbye(one)
        self._leave(one, GONE)

    def kill(self, one: int) -> None:
        self._leave(one, GONE, self.all[one]["state"] == MASTER)

    def vanish(self, one: int) -> None:
        self._leave(one, GONE)

    def freeze(self, one: int) -> None:
        each = self.all[one]
        if each["state"] == BACKUP and each["obeys"] is not None:
            each.update(expires=self.last_advert(one, each["obeys"]) + self.interval(one), obeys=None)
        each["frozen"] = True

    def thaw(self, one: int) -> None:
        """Wake up: a backup whose time is over takes the address, unless it reads first what it has missed."""
        each = self.all[one]
        each["frozen"] = False
        for change in self.unread.pop(one, ()):
            self.happen(change._replace(at=self.now))
        if not each["link"]:
            self.happen(Change(self.now, one, "bounce", spread=AWAKE))
        if each["state"] == MASTER:
            each["since"] = self.now
        elif each["state"] == BACKUP and each["expires"] > self.now:
            self.wait(one, each["expires"])
        elif each["state"] == BACKUP and self.luck() > 0.5:
            self.wait(one, self.now + self.interval(one))

    def bounce(self, one: int) -> None:
        """Notice that the link is or was down."""
        each = self.all[one]
        if each["state"] not in (BACKUP, MASTER) or each["frozen"]:
            return
        if each["state"] == MASTER:
            self.goodbye(one)
        self._leave(one, FAULT)
        if each["link"]:
            self._rise(one)

    def happen(self, change: Change) -> None:
        """Let something happen when its time has come."""
        self.waiting.append((change.at + change.spread * self.luck(), len(self.waiting), change))
        self.waiting.sort(key=lambda each: each[:2], reverse=True)

    def change(self, change: Change) -> None:
        one, each = change.node, self.all[change.node]
        if change.what in ("start", "stop", "kill", "vanish", "freeze", "thaw", "bounce"):
            getattr(self, change.what)(one)
        elif change.what == "priority" and each["frozen"]:
            self.unread.setdefault(one, []).append(change)
        elif change.what == "priority":
            self._set_priority(one, change.value)
        else:
            each[change.what] = change.value
            if change.what == "link" and each["frozen"]:
                self.unread.setdefault(one, []).append(Change(0.0, one, "bounce", spread=AWAKE))
            if change.what == "link" and each["state"] != GONE and not each["frozen"]:
                if change.value:
                    self._rise(one)
                else:
                    self._leave(one, FAULT)

    def _set_priority(self, one: int, value: int) -> None:
        each, before = self.all[one], self.all[one]["priority"]
        if each["state"] == GONE or (before == OWNER_PRIORITY and value):
            each["priority"] = value
        elif not value:
            if each["state"] == MASTER:
                self.goodbye(one)
            self._leave(one, FAULT)
            each["priority"] = 0
        elif not before:
            each["priority"] = value
            self._rise(one)
        else:
            old = self.skew(one)
            each["priority"] = value
            if each["state"] == BACKUP and each["expires"] < NEVER:
                each["expires"] += self.skew(one) - old
            self._judge_again(one)

    def _judge_again(self, one: int) -> None:
        """Let everybody who hears the node, or whom it hears, see that its priority is another."""
        for listener, speaker in self._pairs():
            if one not in (listener, speaker):
                continue
            each = self.all[listener]
            if each["obeys"] == speaker and not self.accepts(listener, speaker):
                self.lose(listener)
            self.news[listener, speaker] = min(self.news.get((listener, speaker), NEVER), self.next_advert(speaker))

    # From event to event

    def relate(self) -> None:
        """Notice who is heard from now on, and who is not any more."""
        found = set(self._pairs())
        for one, other in sorted(self.heard - found):
            self.news.pop((one, other), None)
            if self.all[one]["state"] == BACKUP and self.all[one]["obeys"] == other and not self.all[one]["frozen"]:
                self.lose(one)
        for one, other in sorted(found - self.heard):
            self.news[one, other] = self.now if self.all[other]["since"] == self.now else self.next_advert(other)
        self.heard = found

    def mark(self) -> None:
        standings = self.standings()
        found = Mark(self.now, tuple(one for one in self.nodes if standings[one].holds()),
                     sum(standing.serves() for standing in standings))
        if not self.marks or self.marks[-1][1:] != found[1:]:
            if self.marks and self.marks[-1].at == self.now:
                self.marks.pop()
            self.marks.append(found)

    def standings(self) -> State:
        return tuple(Standing(*(each[name] for name in Standing._fields)) for each in self.all)

    def pending(self) -> Tuple[float, str, Any]:
        """Return the next event: when, what, and of whom."""
        found: List[Tuple[float, str, Any]] = [(at, "advert", pair) for pair, at in self.news.items()]
        for one in self.nodes:
            each = self.all[one]
            if each["state"] == BACKUP and not each["frozen"]:
                if each["expires"] < NEVER:
                    found.append((max(each["expires"], self.now), "expired", one))
                if each["delayed"] is not None and each["delayed"] >= self.now and each["obeys"] is not None:
                    found.append((each["delayed"], "delayed", one))
        return min(found, key=lambda event: event[0]) if found else (NEVER, "", None)

    def event(self, what: str, whom: Any) -> None:
        if what == "advert":
            del self.news[whom]
            if self.hears(*whom):
                self.advert(*whom)
        elif what == "expired":
            self.lead(whom)
        else:
            self.lose(whom)
            self.all[whom]["delayed"] = LONG_AGO


def play(router: Router, state: State, changes: Sequence[Change], luck: Luck = late) -> Tuple[State, List[Mark], bool]:
    """Return the state in which the router settles, who held the address from when on, and whether it settled.

    The first mark is of the moment before the changes.
    """
    game = _Round(router, state, luck)
    game.now = LONG_AGO
    game.mark()
    game.now = 0.0
    for change in changes:
        game.happen(change)
    for _event in range(MOST_EVENTS + len(changes)):
        moment, what, whom = game.pending()
        if game.waiting and game.waiting[-1][0] <= moment:
            game.now, _number, change = game.waiting.pop()
            game.change(change)
        elif moment < NEVER:
            game.now = moment
            game.event(what, whom)
        else:
            return game.standings(), game.marks, True
        game.relate()
        game.mark()
    return game.standings(), game.marks, False
