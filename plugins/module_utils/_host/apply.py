# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change the firewall and the network of a host as a plan says, and verify by what is in force; or leave all as it was.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from typing import Callable, List, Sequence

from .._kit import files, transaction
from .._kit.place import File
from .._kit.transaction import Command, Step, Transaction
from . import paths, ruleset
from .found import FIREWALLD, UFW, Found, failed, program
from .plan import Plan, UnusableError

# What makes a firewall read its files again
RELOAD = {FIREWALLD: ["firewall-cmd", "--reload"], UFW: ["ufw", "reload"]}
MODE = 0o644


class ForceError(Exception):
    """Something did not come into force; the message names it."""


def test(plan: Plan) -> None:
    """Have the programs that read the files judge them as they are to be.

    :raises UnusableError: one of them is rejected.
    """
    for each in plan.tests:
        problem = _problem(each.words, each.text)
        if problem and _problem(each.words, each.former):
            raise UnusableError(f"{each.path} is rejected as it is, without our rules: {problem}. Correct it first.")
        if problem:
            raise UnusableError(f"{each.path} with our rules is rejected: {problem}.")


def change(held: Transaction, inspect: Callable[[], Found], decide: Callable[[Found], Plan], former: Found,
           plan: Plan) -> None:
    """Make the change.

    :param inspect: reads the host.
    :param decide: returns the plan for a host.
    :param former: the host as the plan was made for it.
    :raises TransactionError: it was not made.
    """
    steps: List[Step] = [File(files.resolved(each.path), each.after, _mode(each.path)) for each in plan.files]
    # Steps, because what an interface had by "all" is known no more once that is off.
    steps += [_setting(name, value, former.rp_filter[name]) for name, value in plan.sysctl.items()]
    held.carry_out(steps, lambda: _force(plan, lambda: decide(inspect())), lambda: _force_former(plan, former, inspect))


def _force(plan: Plan, again: Callable[[], Plan]) -> None:
    """Take the change into force, and verify that it is."""
    for name in plan.reload:
        _run(RELOAD[name])
        transaction.at(f"{name} reloaded")
    if plan.nftables:
        _run(["nft", "--file", "-"], plan.nftables)
        transaction.at("rules loaded")
    left = again()
    if left.differs():
        names = [each.path for each in left.files] + [each.name for each in left.effects]
        raise ForceError(f"{', '.join(names)}: not as wanted, although it was just changed. Find out which program "
                         "changes it, too, then run this again.")


def _force_former(plan: Plan, former: Found, inspect: Callable[[], Found]) -> str:
    """Take what was in force before into force again; return a sentence about what could not be."""
    notes: List[str] = []
    steps = [functools.partial(_run, RELOAD[name]) for name in plan.reload]
    steps += [functools.partial(_restore_rules, former, inspect)] if plan.nftables else []
    for step in steps:
        try:
            step()
        except (ForceError, OSError) as error:
            notes.append(str(error))
    return " ".join(notes)


def _restore_rules(former: Found, inspect: Callable[[], Found]) -> None:
    now = inspect()
    if now.ruleset is not None and former.ruleset is not None:
        commands = ruleset.commands(now.ruleset, ruleset.in_force(former.ruleset), ruleset.former(former.ruleset))
        if commands:
            _run(["nft", "--file", "-"], commands)


def _problem(words: Sequence[str], text: str = "") -> str:
    return failed(program(words, text), words).rstrip(".")


def _run(words: Sequence[str], text: str = "") -> None:
    problem = _problem(words, text)
    if problem:
        raise ForceError(f"{' '.join(words)}: {problem}.")


def _setting(name: str, value: int, former: int) -> Command:
    """Return the step that sets rp_filter of an interface, which may go meanwhile."""
    path = os.path.join(paths.PROC, name, "rp_filter")
    words = ["sh", "-c", '[ ! -e "$2" ] || echo "$1" >"$2"', "sh"]
    return Command([*words, str(value), path], [*words, str(former), path])


def _mode(path: str) -> int:
    """Return the permissions of a file; of one that is not there, those it gets."""
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(path).st_mode)
    return MODE
