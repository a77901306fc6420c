# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps from an archive to an installed tree, each run as an unprivileged user, and what to do when one fails.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import pwd
import re
import time
from typing import List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome, as_user, run
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

# Of the output of a step that failed: in the message, and in what the module returns.
SHOWN = 15
KEPT = 500
NO_SPACE = "Free space there, or choose another prefix."
# With fewer free bytes a disk counts as full, even if a program reports another cause for a file that it could not
# write.
FULL = 1 << 14

# configure of autoconf goes on without an option that it does not know; that of nginx ends.
_UNKNOWN_OPTIONS = (re.compile(r"WARNING: unrecognized options?: (.*)"),
                    re.compile(r"error: (?:unrecognized|invalid) option:? [\"`']?([^\"`'\s]+)"))
_REMEDIES = tuple((re.compile(pattern, re.MULTILINE), remedy) for pattern, remedy in (
    (r"No space left on device|Disk quota exceeded", NO_SPACE),
    (r"Killed \(program|virtual memory exhausted|[Oo]ut of memory|Cannot allocate memory",
     "The memory does not suffice: set jobs to 1, or add swap."),
    (r"Permission denied",
     "Let the user reach prefix: every directory above it needs mode 0755, and no mount on the way the option noexec."),
    (r"no acceptable C compiler|C compiler \S+ is not found|make: (?:command )?not found",
     "Install a C compiler, make, and the development packages of what the program uses."),
    (r"fatal error: (\S+): No such file or directory", "Install the development package with the header %s."),
    (r"^(?:\./)?configure: error: .*(?:not found|not present|missing|requires?|without|unusable)"
     r"|not properly installed",
     "Install the development package of what it misses, or leave out the option that needs it."),
))


class StepError(Exception):
    """A step failed.

    :ivar step: its name.
    :ivar why: how it ended, a sentence.
    :ivar remedy: what to do, a sentence.
    :ivar log: the lines of its output.
    """

    def __init__(self, step: str, why: str, remedy: str, output: str = ""):
        super().__init__(why)
        self.step = step
        self.why = why
        self.remedy = remedy
        self.log = output.splitlines()[-KEPT:]

    def text(self) -> str:
        """Return the message for people: what failed and how, the end of the output, and what to do."""
        lines = ["%s: %s" % (self.step, self.why)]
        if self.log:
            lines += ["The last lines of its output:", *("    " + line for line in self.log[-SHOWN:])]
        return "\n".join([*lines, self.remedy])


def remedy(output: str) -> str:
    """Return what to do about the output of a step that failed, a sentence."""
    for pattern, sentence in _REMEDIES:
        found = pattern.search(output)
        if found:
            return sentence % found.groups() if found.groups() else sentence
    return "Correct what the output names, and run this again."


def unknown_options(output: str) -> List[str]:
    """Return the options that configure says it does not know, once each: autoconf says so at the start and the end."""
    return list(dict.fromkeys(option for pattern in _UNKNOWN_OPTIONS for found in pattern.findall(output)
                              for option in found.replace(",", " ").split()))


def known_options(text: str) -> List[str]:
    """Return the options that C(./configure --help) lists."""
    return re.findall(r"^ +(--[\w-]+)", text, re.MULTILINE)


class Builder:
    """Runs the steps one after the other.

    :ivar taken: (name of the step, seconds) of those that are done.
    """

    def __init__(self, user: str, place: str, nice: int, timeout: float):
        """Prepare for steps in the directory I(place), which belongs to the I(user).

        :param nice: how much a running service goes before (nice(2), 0 to 19).
        :param timeout: seconds for all steps together.
        :raises KeyError: there is no such user.
        """
        self._account = pwd.getpwnam(user)
        self._place = place
        self._nice = nice
        self._timeout = timeout
        self._end = time.monotonic() + timeout
        self.taken: List[Tuple[str, float]] = []

    def ask(self, arguments: Sequence[str], directory: Optional[str] = None) -> Outcome:
        """Run a program as the user and return its C(Outcome), also when it cannot be started."""
        # Nothing of the caller's own reaches the compiler, so that the same release comes out the same.
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": self._place,
                       "TMPDIR": os.path.join(self._place, "tmp")}
        try:
            words = as_user(self._account.pw_uid, self._account.pw_gid) if os.geteuid() == 0 else []
            words += ["nice", "-n", str(self._nice), *arguments]
            return run(words, max(self._end - time.monotonic(), 0), environment, directory)
        except OSError as error:
            return Outcome(127, str(error), False)

    def step(self, name: str, arguments: Sequence[str], directory: str) -> str:
        """Run one step and return its output.

        :raises StepError: it failed, or the time was up.
        """
        start = time.monotonic()
        outcome = self.ask(arguments, directory)
        seconds = time.monotonic() - start
        if outcome.timed_out:
            raise StepError(name, "it was ended after %d seconds, because timeout is %d for the whole build." % (
                seconds, self._timeout), "Raise timeout, or jobs on a machine with more processors.", outcome.output)
        if outcome.code != 0:
            unknown = unknown_options(outcome.output)
            if unknown:
                self._refuse(name, unknown, directory)
            free = os.statvfs(self._place)
            full = free.f_bavail * free.f_frsize < FULL
            raise StepError(name, "it failed after %d seconds with exit code %d%s." % (
                seconds, outcome.code, ", and the disk is full at %s" % self._place if full else ""),
                NO_SPACE if full else remedy(outcome.output), outcome.output)
        self.taken.append((name, round(seconds, 1)))
        return outcome.output

    def configure(self, options: Sequence[str], directory: str) -> None:
        """Run C(./configure).

        :raises StepError: it failed, or does not know an option, which autoconf would merely mention.
        """
        output = self.step("configure", ["./configure", *options], directory)
        unknown = unknown_options(output)
        if unknown:
            self._refuse("configure", unknown, directory)

    def _refuse(self, name: str, unknown: List[str], directory: str) -> None:
        known = known_options(self.ask(["./configure", "--help"], directory).output)
        listed = "./configure --help of this version lists those it knows."
        raise StepError(name, "it does not know %s." % ", ".join(unknown), " ".join(
            ["Correct configure_options.", *(did_you_mean(option.partition("=")[0], known, listed)
                                             for option in unknown)]))
