# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers that are drained, remembered in keepalived.conf itself: from text to text.

A drained real server has weight 0, and behind it a comment with its name, who drained it and when, and the line as it
was::

    weight 0 # drained web1 by anna@admin at 2026-12-01T08:00:00Z: weight 3

One that is out of the table is a comment as a whole, below a line that ends with C(removed). What is restored is the
former text, byte by byte. So the file and what is remembered cannot differ, whatever interrupts a change.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, Trivia, parse
from ansible_collections.openvip.cluster.plugins.module_utils._edit_block import EditError, indentation, place, unit

#: What stands in the place of a former line where there was none.
NO_WEIGHT = "no weight"
REMOVED = "removed"
# Before each line of a real server that is out of the table
HIDDEN = "#| "

_MARK = re.compile(r"# drained (?P<name>\S+) by (?P<by>\S+) at (?P<since>\S+): (?P<was>.*)", re.DOTALL)
_RESTORED = re.compile(r"# restored (?P<name>\S+) by (?P<by>\S+) at (?P<since>\S+)\s*\Z")


class Drained(NamedTuple):
    """A real server that is to get no new connections.

    :ivar name: of the host in the inventory, or an address; without a blank, like C(by) and C(since).
    :ivar addresses: of the real server, in any way of writing them.
    :ivar by: who drained it.
    :ivar since: when, in UTC (ISO 8601), so that the later of two is the greater text.
    :ivar remove: whether it leaves the table of the services of UDP, whose clients would stay otherwise.
    """

    name: str
    addresses: Tuple[str, ...]
    by: str
    since: str
    remove: bool = False


class Restored(NamedTuple):
    """A real server that has its weight again, remembered for the sake of directors that do not know of it."""

    name: str
    by: str
    since: str


class Record(NamedTuple):
    """What a file remembers."""

    drained: Tuple[Drained, ...] = ()
    restored: Tuple[Restored, ...] = ()


def record(text: str) -> Record:
    """Return what the text of a keepalived.conf remembers of drained real servers, in the order of the file."""
    document = parse(text)
    found: Dict[str, Drained] = {}
    for service in _services(document):
        for item, mark in _marked(service):
            address = _address(item)
            before = found.get(mark["name"])
            removed = mark["was"].strip() == REMOVED or bool(before and before.remove)
            addresses = before.addresses if before else ()
            if address is not None and address not in addresses:
                addresses += (address,)
            found[mark["name"]] = Drained(mark["name"], addresses, mark["by"], mark["since"], removed)
    matches = (_RESTORED.match(item.text) for item in document.items if isinstance(item, Trivia))
    return Record(tuple(found.values()), tuple(Restored(**match.groupdict()) for match in matches if match))


def apply(text: str, wanted: Record, path: str = "keepalived.conf") -> str:
    """Return the text in which exactly the wanted real servers are drained; all others are as they were before.

    :raises EditError: the lines of a real server cannot be edited one by one.
    """
    document = parse(_clean(text), path)
    taken: Set[str] = set()
    for drained in wanted.drained:
        ours = {_bare(address) for address in drained.addresses} - taken
        taken |= ours
        for service in _services(document):
            for server in list(_servers(service)):
                if _address(server) in ours:
                    _drain(document, service, server, drained)
    for restored in wanted.restored:
        edit.append(document, "x")
        document.items[-1] = Trivia("# restored %s by %s at %s\n" % restored)
    return str(document)


def _clean(text: str) -> str:
    """Return the text as it was before anything was drained."""
    document = parse(text)
    document.items[:] = [item for item in document.items
                         if not (isinstance(item, Trivia) and _RESTORED.match(item.text))]
    for service in _services(document):
        service.items[:] = list(_shown(service.items))
        for server in _servers(service):
            for weight in list(_weights(server)):
                mark = _mark(weight.head)
                if mark and mark["was"].strip() == NO_WEIGHT:
                    server.items.remove(weight)
                elif mark:
                    weight.changed((indentation(weight) or "") + mark["was"])
    return str(document)


def _shown(items: List[Statement | Trivia]) -> Iterator[Statement | Trivia]:
    """Yield the items of a block with the hidden real servers as they were."""
    hidden: List[str] = []
    for item in [*items, None]:
        if hidden and isinstance(item, Trivia) and item.text.lstrip().startswith(HIDDEN):
            hidden.append(item.text.replace(HIDDEN, "", 1))
            continue
        if hidden:
            yield from parse("".join(hidden[1:])).items
            hidden = []
        if isinstance(item, Trivia) and _hides(item.text):
            hidden = [""]
        elif item is not None:
            yield item


def _hides(text: str) -> bool:
    mark = _mark(text)
    return bool(mark and mark["was"].strip() == REMOVED and text.lstrip().startswith("# drained "))


def _mark(text: str) -> Optional[Dict[str, str]]:
    found = _MARK.search(text)
    return found.groupdict() if found else None


def _services(document: Document) -> Iterator[Statement]:
    return (each for each in document.statements() if each.keyword == "virtual_server" and each.has_block)


def _servers(service: Statement) -> Iterator[Statement]:
    return (each for each in service.statements() if each.keyword == "real_server" and each.has_block)


def _weights(server: Statement) -> Iterator[Statement]:
    return (each for each in server.statements() if each.keyword == "weight" and not each.has_block)


def _marked(service: Statement) -> Iterator[Tuple[Statement, Dict[str, str]]]:
    """Yield each real server of a service that is drained, hidden ones too, with what is remembered of it."""
    for server in _servers(service):
        for weight in _weights(server):
            mark = _mark(weight.head)
            if mark:
                yield server, mark
    hidden: Optional[Dict[str, str]] = None
    for item in service.items:
        if isinstance(item, Trivia) and _hides(item.text):
            hidden = _mark(item.text)
        elif isinstance(item, Trivia) and hidden and HIDDEN in item.text:
            for statement in parse(item.text.replace(HIDDEN, "", 1)).statements():
                if statement.keyword == "real_server":
                    yield statement, hidden
        else:
            hidden = None


def _bare(address: str) -> str:
    """Return an address in its shortest form; any other word as it is."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def _address(server: Statement) -> Optional[str]:
    return _bare(server.values[0]) if server.values else None


def _is_of_udp(service: Statement) -> bool:
    protocols = [each.values[0].upper() for each in service.statements() if each.keyword == "protocol" and each.values]
    return protocols[-1:] == ["UDP"]


def _drain(document: Document, service: Statement, server: Statement, drained: Drained) -> None:
    """Mark one real server of a service.

    :raises EditError: it stands under a condition, or shares its lines with something else.
    """
    if server.condition is not None or service.condition is not None:
        raise EditError("%s: real_server %s stands under a condition that only keepalived can decide. Drain it by hand."
                        % (place(document, server), " ".join(server.values)))
    mark = "# drained %s by %s at %s: " % (drained.name, drained.by, drained.since)
    if drained.remove and _is_of_udp(service):
        _hide(document, service, server, mark)
        return
    weights = list(_weights(server))
    for weight in weights:
        blanks = indentation(weight)
        if blanks is None or not weight.head.endswith("\n") or weight.condition is not None:
            raise EditError("%s: the weight of real_server %s shares its line with something else. Give it a line of "
                            "its own." % (place(document, weight), " ".join(server.values)))
        weight.changed("%sweight 0 %s%s" % (blanks, mark, weight.head[len(blanks):]))
    if not weights:
        first = next(server.statements(), None)
        blanks = indentation(first) if first else (indentation(server) or "") + unit(document)
        line = "%sweight 0 %s%s" % (blanks, mark, NO_WEIGHT)
        if first is None:
            edit.append(server, line)
        elif blanks is not None:
            edit.insert_before(document, first, line)
        else:
            raise EditError("%s: real_server %s shares its line with what is in it. Give each keyword a line of "
                            "its own." % (place(document, server), " ".join(server.values)))


def _hide(document: Document, service: Statement, server: Statement, mark: str) -> None:
    """Turn a real server into comments.

    :raises EditError: it does not have its lines for itself.
    """
    blanks, text = indentation(server), str(server)
    if blanks is None or not text.endswith("\n"):
        raise EditError("%s: real_server %s shares its line with something else. Give it lines of its own."
                        % (place(document, server), " ".join(server.values)))
    index = service.items.index(server)
    lines = [blanks + mark + REMOVED + "\n", *(HIDDEN + line for line in text.splitlines(keepends=True))]
    service.items[index:index + 1] = [Trivia(line) for line in lines]
