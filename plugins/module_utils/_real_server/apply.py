# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that carries the steps of a plan out, and takes them back when one fails.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.facts import RunCommand
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.files import located
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.plan import Command, Step
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import Words

# Makes the text of a file another; C(None) is no file.
Write = Callable[[str, Optional[str]], None]


class ApplyError(Exception):
    """A step failed; the arguments are sentences: which one and why, and what became of those before it."""


class Host:
    """Where steps are carried out.

    :ivar done: the steps so far, in their order.
    """

    def __init__(self, run_command: RunCommand, write: Write, programs: Dict[str, str]) -> None:
        self.run_command = run_command
        self.write = write
        self.programs = programs
        self.done: List[Step] = []

    def apply(self, steps: Sequence[Step]) -> None:
        """Carry out the steps.

        :raises ApplyError: one failed; those before it are undone.
        """
        for place, step in enumerate(steps, 1):
            fault = self._run(step.words) if isinstance(step, Command) else self._write(step.path, step.text)
            if fault:
                raise ApplyError("step %d of %d, %s" % (place, len(steps), fault), *self.undo())
            self.done.append(step)

    def undo(self) -> List[str]:
        """Take back what was done, as far as it can be, and return the sentences about that."""
        faults = []
        for step in reversed(self.done):
            fault = self._run(step.undo) if isinstance(step, Command) else self._write(step.path, step.before)
            if fault:
                faults.append("taking back: %s" % fault)
        self.done = []
        return faults or ["what was done before it is undone."]

    def _run(self, words: Words) -> str:
        """Run a command; a sentence when it fails."""
        if not words:
            return ""
        try:
            code, output, errors = self.run_command(located(words, self.programs))
        except OSError as error:
            code, output, errors = 1, "", str(error)
        reason = (errors.strip() or output.strip()) or "exit code %d" % code
        return "%s: failed (%s)." % (" ".join(words), reason.rstrip(".")) if code != 0 else ""

    def _write(self, path: str, text: Optional[str]) -> str:
        try:
            self.write(path, text)
        except OSError as error:
            return "writing %s: failed (%s)." % (path, error)
        return ""


def shown(steps: Sequence[Step]) -> List[str]:
    """The commands of the steps, for the result."""
    return [" ".join(step.words) for step in steps if isinstance(step, Command) and step.words]
