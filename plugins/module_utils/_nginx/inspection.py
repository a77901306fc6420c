# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the rules ask of the host: included files, permissions, and certificates.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import ssl
import stat
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .check import Data
from .complete import DIRECTORY
from .files import matching
from .lint.lint import check, written
from .lint.model import Certificate, Host
from .others import Part

TIMEOUT = 10
_NO_OPENSSL = "the host has no program openssl"
_READ, _ENTER = 4, 1
_ACL = "system.posix_acl_access"


def judge(data: Data, home: str, files: Any) -> Tuple[List[Finding], List[Finding]]:
    """Return what the rules find with what the host knows, and which of it the data alone does not show.

    :param data: canonical.
    :param home: the directory of nginx.conf.
    :param files: the option C(file).
    :raises OSError: an included file cannot be read.
    """
    host = Host(lambda pattern: _included(home, pattern), lambda path, user: readable(os.path.join(home, path), user))
    found = check(data, host, certificates(data, home), written(files))
    alone = check(data, written=written(files)) if found else []
    return found, [finding for finding in found if finding not in alone]


def _included(home: str, pattern: str) -> List[Part]:
    return matching(os.path.join(home, pattern))


def readable(path: str, user: str) -> Optional[bool]:
    """Return whether a user can read a file by its permissions and those of the directories above it.

    :returns: C(None) if the user or the file is not there, or an access control list says more than the permissions.
    """
    try:
        account = pwd.getpwnam(user)
        members = {account.pw_gid, *(group.gr_gid for group in grp.getgrall() if user in group.gr_mem)}
        real = os.path.realpath(path)
        if not stat.S_ISREG(os.stat(real).st_mode):
            return None
        places = [real]
        while os.path.dirname(places[-1]) != places[-1]:
            places.append(os.path.dirname(places[-1]))
        for place in places:
            found = os.stat(place)
            shift = 6 if found.st_uid == account.pw_uid else 3 if found.st_gid in members else 0
            if not found.st_mode >> shift & (_READ if place == real else _ENTER):
                return None if account.pw_uid == 0 or _has_list(place) else False
    except (KeyError, OSError):
        return None
    return True


def _has_list(path: str) -> bool:
    try:
        return _ACL in os.listxattr(path)
    except OSError:
        return True


def certificates(data: Data, home: str) -> Dict[str, Certificate]:
    """Return names and dates of the certificates that are files of the host, by the value of C(ssl_certificate).

    Whether a key fits is for nginx to say: a later task may replace both.
    """
    found = {}
    for kind in ("http", "stream"):
        for server in data.get(kind, {}).get("server", []):
            path = server.get("ssl_certificate", "")
            whole = os.path.join(home, path)
            if path and "$" not in path and not path.startswith(DIRECTORY + "/") and os.path.isfile(whole):
                found[path] = read_certificate(whole)
    return found


def read_certificate(path: str) -> Certificate:
    """Return what openssl says of the first certificate of a file; nothing of what it does not understand."""
    try:
        shown = run(["openssl", "x509", "-in", path, "-noout", "-dates", "-ext", "subjectAltName"], TIMEOUT)
    except OSError:
        return Certificate(unchecked=_NO_OPENSSL)
    dates = dict(re.findall(r"^(notBefore|notAfter)=(.*)$", shown.output, re.MULTILINE))
    if len(dates) != 2:
        return Certificate(unchecked=f"openssl does not read {path}")
    names = re.findall(r"\b(?:DNS|IP Address):([^,\s]+)", shown.output)
    begin, end = (ssl.cert_time_to_seconds(dates[key]) for key in ("notBefore", "notAfter"))
    return Certificate(names=tuple(names), begin=begin, end=end)
