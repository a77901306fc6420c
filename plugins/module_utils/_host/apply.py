# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out a plan for the firewall and the network of a host, and verify what is in force, or change nothing.

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

# The commands that make a firewall read its files again
RELOAD = {FIREWALLD: ["firewall-cmd", "--reload"], UFW: ["ufw", "reload"]}
MODE = 0o644


class ForceError(Exception):
    """A change did not come into force; the message names it."""


def test(plan: Plan) -> None:
    """Test the new files by the programs that read them.

    :raises UnusableError: a file is rejected.
    """
    for each in plan.tests:
        problem = _problem(each.words, each.text)
        if problem and _problem(each.words, each.former):
            raise UnusableError(f"{each.path} is rejected even without our rules: {problem}. Correct the file, "
                                "then run this again.")
        if problem:
            raise UnusableError(f"{each.path} with our rules is rejected: {problem}.")


def change(held: Transaction, inspect: Callable[[], Found], decide: Callable[[Found], Plan], former: Found,
           plan: Plan) -> None:
    """Make the change.

    :param inspect: reads the host.
    :param decide: returns the plan for a host.
    :param former: the host for which the plan was made.
    :raises TransactionError: the change was not made.
    """
    steps: List[Step] = [File(files.resolved(each.path), each.after, _mode(each.path)) for each in plan.files]
    # Steps, because the value that an interface had by "all" cannot be read any more once that is off.
    steps += [_setting(name, value, former.rp_filter[name]) for name, value in plan.sysctl.items()]
    held.carry_out(steps, lambda: _force(plan, lambda: decide(inspect())), lambda: _force_former(plan, former, inspect))


def _force(plan: Plan, again: Callable[[], Plan]) -> None:
    """Bring the change into force, and verify it."""
    for name in plan.reload:
        _run(RELOAD[name])
        transaction.at(f"{name} reloaded")
    if plan.nftables:
        _run(["nft", "--file", "-"], plan.nftables)
        transaction.at("rules loaded")
    left = again()
    if left.differs():
        names = [each.path for each in left.files] + [each.name for each in left.effects]
        raise ForceError(f"{', '.join(names)}: different right after the change, so another program changes this, too. "
                         "Find that program, then run this again.")


def _force_former(plan: Plan, former: Found, inspect: Callable[[], Found]) -> str:
    """Bring the former rules into force again; return sentences about failures."""
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
    """Return the step that sets rp_filter of an interface, which may vanish meanwhile."""
    path = os.path.join(paths.PROC, name, "rp_filter")
    words = ["sh", "-c", '[ ! -e "$2" ] || echo "$1" >"$2"', "sh"]
    return Command([*words, str(value), path], [*words, str(former), path])


def _mode(path: str) -> int:
    """Return the permissions of a file; for a missing file, those that a new one gets."""
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(os.stat(path).st_mode)
    return MODE
