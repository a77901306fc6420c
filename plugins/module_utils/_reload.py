# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reload of a running keepalived: plan, reload, confirm, or roll back to the former configuration.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import time

from ._cluster import reload_plan
from ._daemon import control, in_force
from ._daemon.reads import reads
from ._daemon.state import StateError
from ._kit import files, proc
from ._kit.place import File
from ._kit.transaction import Action, TransactionError
from ._schema.read import read_in_force


class Reload:
    """The reload of one daemon.

    :ivar number: its process id.
    :ivar process: the same, and no other process that gets its number.
    :ivar rejected: why the change would lose addresses or would not be read, sentences; then nothing may be changed.
    :ivar away: the addresses that the host gives up between two reloads, as text.
    """

    def __init__(self, run, number, text, data):
        """
        :param run: the run of the module, see C(_module.Run), which has read the file.
        :param text: the new text of the file.
        :param data: the data that the daemon must know afterwards.
        """
        self.number = number
        self.process = proc.find(number)
        self.signal = control.reload
        self._run = run
        self._data = data
        self._text = text
        before = run.before
        self._has_instances = bool(read_in_force(text).get("vrrp_instance"))
        self._had_instances = before is not None and bool(read_in_force(before).get("vrrp_instance"))
        self.rejected, self.away = [], []
        self._texts = [text]
        self._answered = False
        # when the daemon was asked to read the file, in seconds since 1970
        self.asked = []
        other_file = reads(number, run.path, run.binary, self._has_instances)
        known = before is not None and in_force.is_in_force(run.path, encoded(before), number)
        try:
            plan = self._plan(before if known else None, text, self._had_instances)
        except StateError as error:
            self.rejected = [str(error)]
            return
        self.rejected = ([other_file] if other_file else []) + plan.rejected
        self.away = plan.away
        self._texts = plan.texts or self._texts

    def _plan(self, before, after, asks):
        """Return the reloads from one text to another one, by the present state of daemon and kernel.

        :param asks: whether the daemon has instances; without one it does not answer.
        :raises StateError: the addresses of the kernel cannot be read.
        """
        found = control.inspect(self._run.build, self._run.binary, self.number, asks)
        self._answered = self._answered or found.instances is not None
        return reload_plan.plan(found.instances, before, after, found.listed, found.promoting, self._run.version)

    def steps(self, mode, backup):
        """Return the steps of the transaction that write the file, and reload a first text before the last one.

        :param mode: its permissions; C(None) if the file need not be written.
        :param backup: how many backups stay.
        """
        if mode is None and len(self._texts) == 1:
            return []
        return self._writes(self._texts, self.away, self._run.mode() if mode is None else mode, backup)

    def _writes(self, texts, away, mode, backup):
        *between, last = texts
        path = self._run.path
        if not between:
            return [File(path, encoded(last), mode, backup)]

        def leave_out():
            self.ask()
            control.confirm_away(away, self._run.build, self._run.binary, self.number)

        return [File(path, encoded(between[0]), mode, backup), Action(leave_out), File(path, encoded(last), mode)]

    def ask(self):
        """Have the daemon read the file.

        :raises control.ReloadError: it does not run any more, also where another process has its number by now.
        """
        if self.process is None or not proc.is_alive(self.process):
            raise control.ReloadError("the daemon (process %d) has ended" % self.number)
        self.signal(self._run.params["unit"], self.number)
        self.asked.append(time.time())

    def confirm(self):
        """
        :raises control.ReloadError: the daemon or the kernel has another configuration, or the daemon no longer
            answers.
        """
        self._confirm(self._data, self._has_instances)

    def force(self):
        """Have the daemon read the file, and confirm it.

        :raises control.ReloadError: see C(confirm).
        """
        self.ask()
        self.confirm()
        self.remember()

    def remember(self):
        """Record that the daemon has read the file."""
        in_force.remember(self._run.path, encoded(self._text), self.number)

    def force_former(self):
        """Have the daemon read the former file; return a sentence about a failure, else an empty text."""
        run = self._run
        self.signal = control.reload

        def force():
            self.ask()
            self._confirm({}, self._had_instances)

        try:
            former = files.read(run.path)
            text = former and former.decode("utf-8", "surrogateescape")
            plan = self._plan(self._text, text, self._has_instances) if text else None
            if plan and len(plan.texts) == 2:
                # The rollback would lose addresses, too.
                run.transaction.carry_out(self._writes(plan.texts, plan.away, run.mode(), 0), force)
            else:
                force()
        except (control.ReloadError, StateError, TransactionError, OSError) as error:
            return "keepalived did not take the former configuration either: %s" % error
        if former is not None:
            in_force.remember(run.path, former, self.number)
        return ""

    def _confirm(self, data, answers):
        doubt = control.confirm(data, self._run.build, self._run.binary, self.number, answers, self._answered)
        if doubt:
            self._run.module.warn(doubt)


def encoded(text):
    """Return a text as the bytes of the file."""
    return text.encode("utf-8", "surrogateescape")
