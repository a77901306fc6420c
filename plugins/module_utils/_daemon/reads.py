# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a running keepalived reads, by its command line.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import os
import re

from ansible_collections.openvip.cluster.plugins.module_utils._included import expanded, included
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

TIMEOUT = 5
# core/main.c, parse_cmdline: the long options with a value of their own, which may be the next word, and the short
# ones. The value of the other short ones is in the same word.
LONG = ("use-file", "log-facility", "umask", "pid", "vrrp_pid", "checkers_pid", "bfd_pid", "snmp-agent-socket",
        "namespace", "config-id", "signum", "config-fd")
SHORT, ATTACHED = "fSuprcbAsi", "gMt"
# The other long options; a long one may be written by any beginning that fits no other.
FLAGS = ("vrrp", "check", "no_bfd", "all", "log-console", "log-detail", "log-file", "all-config", "flush-log-file",
         "no-syslog", "release-vips", "dont-release-vrrp", "dont-release-ipvs", "dont-respawn", "dont-fork",
         "dump-conf", "genhash", "address-monitoring", "snmp", "core-dump", "core-dump-pattern", "no-mem-check",
         "mem-check-log", "config-test", "perf", "debug", "version", "help")
_DEFAULT = re.compile(r"--use-file=FILE.*?'([^']+)'", re.DOTALL)


def _options(words):
    """Yield the options among the words of a command line as getopt_long(3) reads them, each with its value."""
    words = iter(words)
    for word in words:
        if word == "--":
            return
        if word.startswith("--"):
            name, has_value, value = word[2:].partition("=")
            whole = [each for each in LONG + FLAGS if each.startswith(name)]
            name = name if name in whole or len(whole) != 1 else whole[0]
            yield name, value if has_value or name not in LONG else next(words, "")
        elif word.startswith("-"):
            for number, letter in enumerate(word[1:], 2):
                if letter in SHORT:
                    yield letter, word[number:] or next(words, "")
                    break
                yield letter, ""
                if letter in ATTACHED:
                    break


def command(number):
    """Return the words of the command line of a process, empty when it cannot be read."""
    try:
        with open("/proc/%d/cmdline" % number, "rb") as stream:
            return [os.fsdecode(word) for word in stream.read().rstrip(b"\0").split(b"\0")]
    except OSError:
        return []


def _default(binary):
    """Return the file that a keepalived reads without being told, C(None) when it does not say."""
    try:
        said = _DEFAULT.search(run([binary, "--help"], TIMEOUT).output)
    except OSError:
        return None
    return said.group(1) if said else None


def reads(number, path, binary="keepalived", has_instances=False):
    """Return why the daemon does not take what is written to a file, a sentence with the remedy; empty when it does.

    It takes the file of C(--use-file), whose name may be a pattern, or its default one, and what those include.

    :param number: the daemon's process id.
    :param binary: the path of the program, which says what its default file is.
    :param has_instances: whether the file is to have a vrrp_instance.
    """
    words = command(number)
    given = dict(_options(words[1:]))
    if has_instances and ("C" in given or "check" in given):
        return ("keepalived (process %d) was started with --check and runs no vrrp_instance. Take --check out of "
                "DAEMON_ARGS (/etc/default/keepalived or /etc/sysconfig/keepalived) and restart it." % number)
    file = given.get("use-file") or given.get("f") or (words and _default(binary))
    if not file:
        return ""
    names = _files(os.path.join(_directory(number), file))
    wanted = os.path.realpath(path)
    if wanted in map(os.path.realpath, names) or any(wanted == os.path.realpath(name) for name in _below(names)):
        return ""
    return ("keepalived (process %d) reads %s, not %s. Set path to the file that it reads, or correct --use-file in "
            "DAEMON_ARGS (/etc/default/keepalived or /etc/sysconfig/keepalived) and restart it." % (number, file, path))


def _directory(number):
    """Return where a process runs, from which it reads a file without a leading slash."""
    try:
        return os.readlink("/proc/%d/cwd" % number)
    except OSError:
        return "/"


def _files(pattern):
    """Return the files that a pattern of keepalived matches; its own name where there is none yet."""
    found = [name for each in expanded(pattern) for name in sorted(glob.glob(each))]
    return found or [pattern]


def _below(names):
    """Yield the files that the named ones include."""
    for name in names:
        try:
            with open(name, encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        except OSError:
            continue
        for path, dummy in included(text, name):
            yield path
