# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program with a time limit that holds, whatever the program does.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import signal
import subprocess


class Outcome:
    """How a program ended.

    :ivar code: exit code; negative is the signal that ended it.
    :ivar output: standard output and standard error together, in the order of writing.
    :ivar timed_out: whether it was killed because the time was up.
    """

    def __init__(self, code, output, timed_out):
        self.code = code
        self.output = output
        self.timed_out = timed_out


def run(arguments, timeout, environment=None, directory=None, before=None):
    """Run I(arguments) without a shell and return its C(Outcome).

    The program gets its own session and the whole session is killed when the time is up, because keepalived leaves
    children behind that keep its output open.

    :param timeout: seconds.
    :param environment: its variables; those of this process when C(None). C(LC_ALL) is always C(C).
    :param directory: where it starts; the directory of this process when C(None).
    :param before: called in the new process before the program, for example to become another user.
    :raises OSError: the program cannot be started.
    :raises subprocess.SubprocessError: I(before) failed.
    """
    environment = dict(os.environ if environment is None else environment, LC_ALL="C")
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, env=environment, cwd=directory, preexec_fn=before)
    try:
        output, dummy = process.communicate(timeout=timeout)
        timed_out = False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, dummy = process.communicate()
        timed_out = True
    return Outcome(process.returncode, output.decode("utf-8", "surrogateescape"), timed_out)
