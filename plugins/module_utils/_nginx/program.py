# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Ask the installed nginx which version it is and what it thinks of a configuration.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from typing import Any, Callable, Iterator, List, Match, NamedTuple, Optional, Sequence, Tuple

from .._kit import lock
from .._kit.place import ROOM
from .._kit.process import Outcome, run
from . import table
from .check import Data
from .complete import DIRECTORY
from .render import File, Tree
from .row import BLOCK, BLOCKS, LOGS

TIMEOUT = 10
# The prefix of a private directory beside our locks; the id of the process that uses it follows.
PLACE = "nginx-config-test-%d-"
_PLACE = re.compile(r"nginx-config-test-(\d+)-")
# -e, the log of errors before the configuration is read, is known since 1.19.5.
_ERROR_LOG_OPTION = (1, 19, 5)
_LEVEL = re.compile(r"^(?:nginx: |\S+ \S+ )\[(?P<level>\w+)\] (?:\d+#\d+: )?")
# What nginx merely warns of, although it does not do what is written.
_IGNORED = re.compile(r"conflicting server name .* ignored")
# EADDRNOTAVAIL: the address is none of this host's, and net.ipv4.ip_nonlocal_bind is off.
_NOT_HELD = re.compile(r"bind\(\) to \S+ failed \(99:")


# A line that names a file of a certificate or its key. OpenSSL's engines and contents of files are no paths.
_CERTIFICATE = re.compile(
    r"""(?m)^(?P<key>\s*ssl_certificate(?:_key)?\s+)(?P<mark>["']?)"""
    r"""(?P<path>(?!data:|engine:)[^\s"'$;]+)(?P=mark)\s*;""")
# What a package that is not installed yet may bring: modules, their directives and variables, files, users.
_MAY_COME = re.compile(r"""unknown (directive|"[^"]*" variable)|dlopen\(\)|open\(\) .* failed \(2:|get(pw|gr)nam\(""")


class Verdict(NamedTuple):
    """What nginx thinks of a configuration: why it must not be used, and what else it said."""

    refused: List[str]
    remarks: List[str]


def version(binary: str) -> Optional[Tuple[int, ...]]:
    """Return the version of the program, three numbers, or None when it is not installed or is no nginx."""
    try:
        found = re.search(r"nginx/([\d.]+)", run([binary, "-v"], TIMEOUT).output)
    except OSError:
        return None
    return numbers(found.group(1)) if found else None


def numbers(text: str) -> Optional[Tuple[int, ...]]:
    """Return the three numbers of a version, None when it is none."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in found.groups()) if found else None


def for_test(data: Data, directory: str) -> Data:
    """Return the data with the pid file and the logs in another place.

    Even a test opens them, makes those that are missing, and writes what it finds to the log of errors. A log whose
    directory is missing stays, for nginx to refuse it.

    :param directory: what stands in for the directory of nginx.conf.
    """
    return dict(_with_logs("", data, directory), pid=os.path.join(directory, "nginx.pid"))


def _with_logs(path: str, data: Data, directory: str) -> Data:
    found = dict(data)
    for row in table.SECTIONS[path]:
        value: Any = data.get(row.key)
        inner = table.section(path, row.key)
        if value is None:
            continue
        if row.kind == LOGS:
            found[row.key] = [_log(words, directory) for words in value]
        elif row.kind == BLOCK:
            found[row.key] = _with_logs(inner, value, directory)
        elif row.kind == BLOCKS:
            found[row.key] = [_with_logs(inner, block, directory) for block in value]
    return found


def _log(words: str, directory: str) -> str:
    path, blank, rest = words.partition(" ")
    if not path.startswith("/") or not os.path.isdir(os.path.dirname(path)):
        return words
    return os.path.join(directory, "log") + blank + rest


@contextlib.contextmanager
def place() -> Iterator[str]:
    """Make a private directory, and remove it after the block.

    :raises OSError: it cannot be made.
    :raises lock.LockError: the directory of our locks is not private.
    """
    lock.private_directory(lock.DIRECTORY)
    directory = tempfile.mkdtemp(prefix=PLACE % os.getpid(), dir=lock.DIRECTORY)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def remove_places() -> None:
    """Remove the private directories of killed processes."""
    for name in os.listdir(lock.DIRECTORY):
        found = _PLACE.match(name)
        if found and not os.path.exists(f"/proc/{found.group(1)}"):
            shutil.rmtree(os.path.join(lock.DIRECTORY, name), ignore_errors=True)


def put(directory: str, name: str, file: File) -> None:
    """Write one file below the directory; nobody else can read it before it has its mode."""
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.text.encode("utf-8", "surrogateescape"))
        os.fchmod(stream.fileno(), file.mode)


def stage(tree: Tree, home: str, directory: str) -> None:
    """Put up the whole tree in I(directory) as it will be in I(home).

    What is not ours is linked: a path that is relative to nginx.conf leads to it. Absolute paths to what is ours lead
    to the new files, too.
    """
    for name in os.listdir(home) if os.path.isdir(home) else []:
        if name not in (DIRECTORY, ROOM, "nginx.conf", "nginx.pid", "log"):
            os.symlink(os.path.join(home, name), os.path.join(directory, name))
    for name, file in {"nginx.conf": tree.main, **tree.files}.items():
        ours = os.path.join(home, DIRECTORY) + "/"
        put(directory, name, File(file.text.replace(ours, os.path.join(directory, DIRECTORY) + "/"), file.mode))


def config_test(
    make: Callable[[str], Tree], home: str, binary: str, found: Sequence[int], timeout: float
) -> Verdict:
    """Return the Verdict of the installed nginx on a tree as it will be in I(home), from a place of its own.

    :param make: returns the tree for that place, see C(for_test).
    :param found: the version of nginx.
    :param timeout: seconds before the test is taken for hung.
    :raises OSError: the place cannot be made, or nginx cannot be started.
    :raises lock.LockError: see C(place).
    """
    with place() as directory:
        stage(make(directory), home, directory)
        words = [binary, "-t", "-q", "-c", os.path.join(directory, "nginx.conf")]
        if tuple(found) >= _ERROR_LOG_OPTION:
            words += ["-e", os.path.join(directory, "log")]
        return judge(run(words, timeout), directory, home)


def judge(outcome: Outcome, directory: str, home: str) -> Verdict:
    """Return the Verdict on one run of C(nginx -t): its exit code, and what it says of directives it ignores."""
    if outcome.timed_out:
        return Verdict(["nginx -t did not end"], [])
    refused: List[str] = []
    remarks: List[str] = []
    for line in outcome.output.replace(directory, home).splitlines():
        level = _LEVEL.match(line)
        message = _LEVEL.sub("", line).strip()
        if level is None:
            continue
        serious = level.group("level") in ("emerg", "alert", "crit", "error") and outcome.code != 0
        (refused if serious or _IGNORED.search(message) else remarks).append(message)
    if outcome.code != 0 and not refused:
        refused.append("nginx -t failed with exit code %d: %s" % (outcome.code, outcome.output.strip() or "no message"))
    return Verdict(list(dict.fromkeys(refused)), list(dict.fromkeys(remarks)))


def without_missing(tree: Tree, home: str) -> Tuple[Tree, List[str]]:
    """Return a tree that nginx can test before its certificates are there, and the paths of those that are missing.

    With a variable in the path nginx reads the file at a connection, and not before (ngx_http_ssl_module.c, since
    1.15.9).

    :param home: the directory of nginx.conf.
    """
    missing: List[str] = []

    def replaced(found: Match[str]) -> str:
        path = os.path.join(home, found["path"])
        if os.path.relpath(path, home) in tree.files or os.path.exists(path):
            return found[0]
        missing.append(path)
        return f"{found['key']}{found['mark']}{found['path']}$remote_addr{found['mark']};"

    files = {path: File(_CERTIFICATE.sub(replaced, file.text), file.mode) for path, file in tree.files.items()}
    return Tree(tree.main, files), list(dict.fromkeys(missing))


def may_come(message: str) -> bool:
    """Whether a package that is yet to be installed may bring what nginx says that it misses."""
    return bool(_MAY_COME.match(message))


def is_not_held(message: str) -> bool:
    """Whether nginx says that it cannot bind an address because this host does not hold it."""
    return bool(_NOT_HELD.search(message))
