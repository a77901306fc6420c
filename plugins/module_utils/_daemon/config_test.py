# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask keepalived itself about a configuration, and judge what it says.

C(keepalived --config-test) is judged by its messages: its exit code is the number of the last class of message, not a
severity (lib/parser.c), a warning gives the same code as a broken file, and some inputs end it by a signal or never.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re
import tempfile

from ansible_collections.openvip.cluster.plugins.module_utils._conf.edit import append, set_value
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import harmless
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import absent
from ansible_collections.openvip.cluster.plugins.module_utils._included import expanded, included
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

# "(Line 3) " in the parent, "(/etc/keepalived/keepalived.conf: Line 3) " in the children.
PREFIX = re.compile(r"^\((?:(?P<path>[^()]*): )?Line (?P<line>\d+)\) ")
# What C(messages) makes of it.
_PLACE = re.compile(r"^\S+:\d+: ")

# Keywords whose words behind the command line are a user and a group.
_SCRIPT = re.compile(r"(notify|quorum_|startup_script|shutdown_script|.*_fifo_script)")
# The first version that reports an included file that is not there (lib/parser.c, open_and_check_glob).
_SINCE_INCLUDE = (2, 2, 0)
_WILDCARD = re.compile(r"[*?[]")

# What a file under test begins with; the number of the process that tests it follows.
TESTED = ".config-test-"


class Verdict:
    """What keepalived thinks of a configuration.

    :ivar refused: list of sentences why the file must not be used; empty when it may.
    :ivar remarks: list of messages that do not stand in the way, with their remedies.
    """

    def __init__(self, refused, remarks):
        self.refused = refused
        self.remarks = remarks


def messages(output, path):
    """Return the messages in the output of a config-test, once each, as ``path:line: message`` where a line is named.

    keepalived reads the file up to four times, so messages come repeatedly, with and without the file's name.

    :param output: what the program wrote.
    :param path: the name to show for the tested file; names of included files are kept.
    """
    found = []
    for text in output.splitlines():
        text = text.strip()
        prefix = PREFIX.match(text)
        message = PREFIX.sub("", text).strip()
        if prefix:
            # The parent does not say which file a line is in: the children repeat it with the name.
            message = "%s:%s: %s" % (prefix.group("path") or path, prefix.group("line"), message)
        if message and message not in found:
            found.append(message)
    return found


def judge(outcome, path, tested=None):
    """Return the C(Verdict) on one run of C(keepalived --config-test).

    :param outcome: how the run ended.
    :param path: the configuration file as the user knows it.
    :param tested: the temporary file that stood in for it.
    """
    output = outcome.output.replace(tested, path) if tested else outcome.output
    found = messages(output, path)
    if outcome.timed_out:
        return Verdict(["keepalived --config-test did not end: this file would hang the daemon, too", *found], [])
    if outcome.code < 0 or outcome.code > 128:
        number = -outcome.code if outcome.code < 0 else outcome.code - 128
        ended = "keepalived --config-test was ended by signal %d: this file would end the daemon, too" % number
        return Verdict([ended, *found], [])
    refused, remarks = [], []
    for message in found:
        known = harmless.find(_PLACE.sub("", message))
        if known is None:
            refused.append(message)
        else:
            remarks.append(" ".join(filter(None, [message if message.endswith(".") or not known.remedy
                                                  else message + ".", known.remedy])))
    if outcome.code and not found:
        refused.append("keepalived --config-test failed with exit code %d and said nothing" % outcome.code)
    return Verdict(refused, remarks)


def ends_itself(version):
    """Whether the config-test of this version ends itself when a script has a user other than root.

    keepalived 2.2.5 to 2.2.7; 2.2.8 added the guard (lib/notify.c).
    """
    return (2, 2, 5) <= version <= (2, 2, 7)


def _users(document):
    """Yield the statements that name the user of a script, each with the statements around it, the words before the
    user, and the user and maybe the group."""
    for statement, ancestors in list(document.walk()):
        words = [word.text for word in statement.words]
        if statement.keyword == "script_user" or (statement.keyword == "user" and ancestors):
            yield statement, ancestors, [], words[1:]
        elif _SCRIPT.match(statement.keyword) and len(words) > 2:
            yield statement, ancestors, words[1:2], words[2:]


def as_root(text):
    """Return the configuration with every script's user replaced by root, for versions where C(ends_itself) holds."""
    document = parse(text)
    found = False
    for statement, dummy, before, dummy in _users(document):
        set_value(document, statement, before or ["root"])
        found = found or statement.keyword == "script_user"
    if not found:
        append(document, "global_defs {\n    script_user root\n}\n")
    return str(document)


def _is_conditional(statement, ancestors):
    """Return whether a line may be meant for another host (C(@lb2 ...))."""
    return any(each.condition is not None for each in (statement, *ancestors))


def unreported_users(text, path):
    """Return a sentence for each user or group of a script that this host does not know.

    Of the scripts whose user is in their own line no version says it in a config-test, and 2.2.5 to 2.2.7 are tested
    with root in the user's place (see C(ends_itself)). The daemon drops these scripts (lib/notify.c).
    """
    found = []
    for statement, ancestors, dummy, names in _users(parse(text)):
        if names and not any("$" in name for name in names) and not _is_conditional(statement, ancestors):
            found += ["%s:%d: %s does not exist: keepalived would drop the scripts of %s. Create it, or correct %s." % (
                path, statement.line, name, statement.keyword, statement.keyword)
                for name in absent(*(name.strip('"') for name in names[:2]))]
    return found


def unreported_includes(text, path, version):
    """Return a sentence for each file to include that keepalived cannot read, for versions that do not report it."""
    if version >= _SINCE_INCLUDE:
        return []
    found = []
    for name, content in [(path, text), *included(text, path)]:
        for statement, ancestors in parse(content, name).walk():
            if statement.kind != "include" or _is_conditional(statement, ancestors):
                continue
            for pattern in expanded(statement.values[0]):
                wanted = os.path.join(os.path.dirname(name), pattern)
                if not os.path.exists(wanted) and not _WILDCARD.search(pattern):
                    fault = "does not exist"
                elif os.path.isdir(wanted) or (os.path.isfile(wanted) and os.stat(wanted).st_mode & 0o111):
                    fault = "is a directory or executable"
                else:
                    continue
                found.append("%s:%d: %s %s, and keepalived %s leaves it out without a message" % (
                    name, statement.line, wanted, fault, ".".join(map(str, version))))
    return found


def remove_leftovers(path):
    """Remove the files of tests beside I(path) whose processes have ended without doing that themselves.

    :raises OSError: one cannot be removed.
    """
    directory = os.path.dirname(path) or "."
    for name in os.listdir(directory) if os.path.isdir(directory) else []:
        process = name[len(TESTED):].partition("-")[0]
        if name.startswith(TESTED) and not (process.isdigit() and os.path.exists("/proc/" + process)):
            os.unlink(os.path.join(directory, name))


def config_test(text, path, binary, version, timeout, users=True):
    """Return the C(Verdict) of the installed keepalived on I(text), with what its version does not report.

    The text is tested from a temporary file beside I(path), so that relative includes are found, with mode 0600.

    :param path: where the configuration will be.
    :param binary: the keepalived program.
    :param version: its version, three numbers.
    :param timeout: seconds before the test is taken for hung.
    :param users: whether the users of the scripts must exist already.
    :raises OSError: the directory of I(path) cannot be written to.
    """
    tested = as_root(text) if ends_itself(version) else text
    descriptor, name = tempfile.mkstemp(prefix="%s%d-" % (TESTED, os.getpid()), dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(tested.encode("utf-8", "surrogateescape"))
        verdict = judge(run([binary, "--config-test", "--use-file", name], timeout), path, name)
    finally:
        os.unlink(name)
    verdict.refused += unreported_includes(text, path, version) + (unreported_users(text, path) if users else [])
    return verdict
