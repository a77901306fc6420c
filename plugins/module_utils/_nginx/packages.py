# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Ask the package managers of a host, dpkg and rpm, whose a file is.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Iterable, List

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

# Seconds for one question; rpm reads every file of the package.
TIMEOUT = 60.0


def untouched(path: str) -> bool:
    """Whether a package has brought this file, and its content is still what the package has put there.

    :param path: absolute, without links.
    """
    for packages_of, verify in _MANAGERS:
        try:
            packages = packages_of(path)
            if packages:
                return not _is_changed(path, run([*verify, *packages], TIMEOUT).output)
        except OSError:
            # this host has no such package manager
            continue
    return False


def missing(names: Iterable[str]) -> List[str]:
    """Return which of these packages are not installed; none where this host has neither package manager."""
    for query, installed in _QUERIES:
        try:
            return [name for name in names if not installed(run([*query, name], TIMEOUT))]
        except OSError:
            continue
    return []


def _of_dpkg(path: str) -> List[str]:
    """Return the packages of a file: ``nginx-common: /etc/nginx/nginx.conf``, ``libc6:amd64, libc6:i386: /etc/...``."""
    said = run(["dpkg-query", "--search", path], TIMEOUT)
    lines = [line.partition(": ")[0] for line in said.output.splitlines()
             if line.endswith(": " + path) and not line.startswith("diversion ")]
    return lines[0].split(", ") if said.code == 0 and lines else []


def _of_rpm(path: str) -> List[str]:
    said = run(["rpm", "--query", "--file", path], TIMEOUT)
    # the last line: warnings come before
    return said.output.splitlines()[-1:] if said.code == 0 else []


def _is_changed(path: str, output: str) -> bool:
    """Whether both say so in the same way (dpkg(1), rpm(8)): ``S.5....T.  c /etc/nginx/nginx.conf``, 5 for its digest.
    """
    return any(line.endswith(" " + path) and line[2:3] == "5" for line in output.splitlines())


_MANAGERS = ((_of_dpkg, ("dpkg", "--verify")), (_of_rpm, ("rpm", "--verify", "--nodeps", "--noscripts")))
_QUERIES = (
    (("dpkg-query", "--show", "--showformat=${db:Status-Status} "), lambda said: "installed" in said.output.split()),
    (("rpm", "--query"), lambda said: said.code == 0))
