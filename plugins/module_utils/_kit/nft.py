# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of nft(8) that are in force, and their owners.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterable, Tuple

from .timed_undo import run

Table = Tuple[str, str]
SECONDS = 10


def _list(*words: str) -> str:
    """
    :raises OSError: nft failed.
    """
    code, said = run(("nft", "list", *words), SECONDS)
    if code:
        raise OSError("nft list %s failed: %s" % (" ".join(words), said))
    return said


def find_tables(wanted: Iterable[Table]) -> Dict[Table, str]:
    """Return the text of each of the tables (family, name) that is in force.

    :raises OSError: nft cannot list them.
    """
    present = _list("tables").splitlines()
    return {(family, name): _list("table", family, name) for family, name in wanted
            if "table %s %s" % (family, name) in present}


def render_new(wanted: Iterable[Table], tables: Dict[Table, str], marker: str) -> str:
    """Return the lines in front of the text of new tables, for the same transaction. They remove our own earlier
    tables, and fail where another table has the name by then.

    :param wanted: the new tables.
    :param tables: those that are in force, see C(find_tables).
    :param marker: a text in the comments of our tables.
    :raises ValueError: a table belongs to somebody else; the message names it and the remedy.
    """
    for (family, name), text in tables.items():
        if marker not in text:
            raise ValueError('table %s %s of nftables: already exists, and is not ours (no rule of it has the '
                             'comment "%s"). Remove it (nft delete table %s %s), or give it another name.'
                             % (family, name, marker, family, name))
    return "".join(["delete table %s %s\n" % table for table in tables]
                   + ["create table %s %s\n" % table for table in wanted])
