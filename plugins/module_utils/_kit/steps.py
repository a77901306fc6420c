# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a transaction that are no objects of a file system.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Sequence, Union

from .place import Object
from .process import run

SECONDS = 60.0


class Command(NamedTuple):
    """A command that changes the running host. Settings that are already as wanted must not be steps, or they would be
    undone.

    :ivar words: the program and its arguments; empty for a step that only has I(undo).
    :ivar undo: the command that reverses it, or empty. It may run although the command itself did not.
    :ivar data: the input of the command.
    :ivar undo_data: the input of I(undo).
    """

    words: Sequence[str]
    undo: Sequence[str] = ()
    data: str = ""
    undo_data: str = ""


class Action(NamedTuple):
    """A call between two steps, such as a reload of the first of two versions of a file. It is undone only by bringing
    the former state into force.

    :ivar call: any exception of it rolls everything back.
    """

    call: Callable[[], None]


Step = Union[Object, Command, Action]


class CommandError(Exception):
    """A command of a step failed."""


def do(step: Command) -> None:
    """
    :raises CommandError: it failed.
    """
    if not step.words:
        return
    outcome = run(step.words, SECONDS, data=step.data.encode())
    if outcome.code != 0 or outcome.timed_out:
        reason = "did not end in time" if outcome.timed_out else outcome.output.strip() or f"exit code {outcome.code}"
        raise CommandError(f"{' '.join(step.words)}: {reason.rstrip('.')}.")


def undo(step: Command) -> None:
    """
    :raises CommandError: it failed.
    """
    do(Command(step.undo, data=step.undo_data))
