# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the keepalived on this host is: its version and what it was built with.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

TIMEOUT = 10
# The oldest version that the collection supports: that of Debian 11 and Enterprise Linux 8. make versions runs it. In
# 2.0.10 the dumps have addresses without their prefix lengths, for example.
OLDEST_SUPPORTED = (2, 1, 5)


class Build:
    """One installed keepalived.

    :ivar version: three numbers, for example C((2, 2, 7)).
    :ivar options: frozenset of the words behind C(Config options:), for example C(JSON).
    """

    def __init__(self, version, options):
        self.version = version
        self.options = options


def numbers(version):
    """Return a version such as C(2.3.3) as three numbers, C(None) when it is none."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in found.groups()) if found else None


def too_old(version):
    """Return a sentence with the remedy for a version that is not supported, else an empty one.

    :param version: three numbers, C(None) where it is not known.
    """
    if version is None or version >= OLDEST_SUPPORTED:
        return ""
    have, oldest = (".".join(map(str, each)) for each in (version, OLDEST_SUPPORTED))
    return ("keepalived %s is older than %s, the oldest version that is supported. Upgrade it, or build a newer one "
            "with keepalived_install_method: source." % (have, oldest))


def parse(output):
    """Return the C(Build) that the output of C(keepalived --version) describes, or C(None) for anything else."""
    found = re.search(r"Keepalived v(\d+)\.(\d+)(?:\.(\d+))?", output)
    if not found:
        return None
    options = re.search(r"^Config options:(.*)$", output, re.MULTILINE)
    return Build(tuple(int(number or 0) for number in found.groups()),
                 frozenset(options.group(1).split() if options else ()))


def installed(binary):
    """Return the C(Build) of the program I(binary), or C(None) when it is not installed or is no keepalived."""
    try:
        return parse(run([binary, "--version"], TIMEOUT).output)
    except OSError:
        return None
