# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that looks at the host; it changes nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import json
import os
import re
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files as host_files
from ansible_collections.openvip.cluster.plugins.module_utils._real_server import found
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.files import (
    ENABLED,
    FILES,
    PENDING,
    STATE,
    UNIT,
    UNITS,
    path_of,
)
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    BACKUP_ONLY,
    IPVS,
    TUNNEL_OF_MODULE,
    ip_command,
    sysctl_name,
)

PROGRAMS = ("ip", "modprobe", "sh", "sysctl", "systemctl")
# What matters of the settings of a device, see Documentation/networking/ip-sysctl.rst of the kernel.
KEYS = ("arp_announce", "arp_ignore", "rp_filter")
_SETTINGS = "/proc/sys/net/ipv4/conf"
_SETTINGS_IPV6 = "/proc/sys/net/ipv6/conf"
# There while systemd is the first process, see sd_booted(3).
_BOOTED = "/run/systemd/system"

# Runs a command: exit code, standard output, standard error.
RunCommand = Callable[[Sequence[str]], Tuple[int, str, str]]


class FactsError(Exception):
    """The host cannot be looked at; the message says why and what to do."""


class Reader:
    """Looks at a host.

    :ivar programs: the paths of C(PROGRAMS), without those that are missing.
    """

    def __init__(self, run_command: RunCommand, programs: Dict[str, str]) -> None:
        self.run_command = run_command
        self.programs = programs

    def read(self, wanted: Iterable[Tuple[int, int]] = ()) -> found.Found:
        """Return the host as it is.

        :param wanted: C((IP version, number)) of the tables that the services need.
        :raises FactsError: ip is missing, too old, or fails, or one of our paths is not a regular file.
        :raises found.RememberedError: the file of earlier runs is damaged.
        :raises OSError: a file cannot be read.
        """
        if "ip" not in self.programs:
            raise FactsError("The program ip is missing on this host. Install iproute2 (iproute on Red Hat's systems).")
        devices = found.devices(self._listed(("ip", "address", "show")))
        files = {path: text for path, text in ((path, _text(path)) for path in FILES) if text is not None}
        remembered = recalled(files)
        ours, others = self._rules()
        tables = {(family, int(rule.table)) for family, rule in ours if rule.kept and rule.table.isdigit()}
        return found.Found(
            devices=devices,
            sysctl=_sysctl([*devices, "all", "default"]),
            rules=tuple(rule for dummy, rule in ours),
            other_rules=tuple(others),
            routes=tuple(self._routes(tables.union(remembered.tables, wanted))),
            default_devices=frozenset(route["dev"] for route in self._listed(
                ip_command(4, "route", "show", "default")) if "dev" in route),
            loadable=frozenset(self._loadable()),
            kernel=tuple(int(part) for part in re.findall(r"[0-9]+", os.uname().release)[:2]),
            ipv6_devices=frozenset(_with_ipv6(devices)),
            programs=self.programs,
            files=files,
            booted=os.path.isdir(_BOOTED),
            enabled=os.path.islink(ENABLED),
            active=frozenset(self._active()),
            remembered=remembered)

    def _listed(self, words: Sequence[str], may_fail: str = "") -> List[Dict[str, Any]]:
        """What ip lists.

        :param may_fail: words of a failure that means that there is nothing.
        """
        code, output, errors = self.run_command([self.programs["ip"], "-details", "-json", *words[1:]])
        if code != 0:
            if may_fail and may_fail in errors:
                return []
            raise FactsError("%s failed: %s. It needs iproute2 5.0 or later." % (" ".join(words), errors.strip()))
        return json.loads(output or "[]")

    def _rules(self) -> Tuple[List[Tuple[int, found.Rule]], List[str]]:
        ours: List[Tuple[int, found.Rule]] = []
        others: List[str] = []
        for family in _families():
            of_ours, of_others = found.rules(self._listed(ip_command(family, "-N", "rule", "show")))
            ours.extend((family, rule) for rule in of_ours)
            others.extend(of_others)
        return ours, others

    def _routes(self, tables: Set[Tuple[int, int]]) -> List[found.Route]:
        return [route for family, table in sorted(tables) if family in _families()
                for route in found.routes(self._listed(ip_command(
                    family, "-N", "route", "show", "table", str(table)), "FIB table does not exist"), family, table)]

    def _loadable(self) -> List[str]:
        if "modprobe" not in self.programs:
            return []
        return [module for module in (*TUNNEL_OF_MODULE, IPVS)
                if self.run_command([self.programs["modprobe"], "--dry-run", "--quiet", module])[0] == 0]

    def _active(self) -> List[str]:
        if not os.path.isdir(_BOOTED) or "systemctl" not in self.programs:
            return []
        return [unit for unit in UNITS
                if self.run_command([self.programs["systemctl"], "is-active", "--quiet", unit])[0] == 0]


def real_path(path: str) -> str:
    """Return the path of one of our files without links in its directories; its last component may be a link."""
    return os.path.join(host_files.resolved(os.path.dirname(path)), os.path.basename(path))


def recalled(texts: Dict[str, str]) -> found.Remembered:
    """Return the settings to reverse, by the texts of our files.

    :raises found.RememberedError: one of them is damaged.
    """
    remembered = found.remembered(texts.get(STATE), STATE) if STATE in texts else found.of_unit(
        texts.get(path_of(UNIT), ""))
    return remembered.joined(found.remembered(texts.get(PENDING), PENDING))


def _text(path: str) -> Optional[str]:
    """Return the text of one of our files, C(None) without a file. Bytes that are not UTF-8 become surrogates.

    :raises FactsError: it is not a regular file.
    :raises OSError: it cannot be read.
    """
    try:
        data = host_files.read(real_path(path))
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EINVAL, errno.EISDIR):
            raise
        raise FactsError("%s: is not a regular file, so somebody else made it (as systemctl mask does). Remove it (as "
                         "systemctl unmask does), then run this again." % path) from error
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _families() -> List[int]:
    """The IP versions that the kernel has."""
    return [4, 6] if os.path.isdir(_SETTINGS_IPV6) else [4]


def _value(path: str) -> Optional[str]:
    """The value of a file below /proc/sys; C(None) when the device has gone, or the kernel does not have it."""
    try:
        with open(path, encoding="ascii") as stream:
            return stream.read().strip()
    except FileNotFoundError:
        return None


def _sysctl(names: Iterable[str]) -> Dict[str, str]:
    values = {sysctl_name(name, key): _value("/".join((_SETTINGS, name, key))) for name in names for key in KEYS}
    values[BACKUP_ONLY] = _value("/proc/sys/" + BACKUP_ONLY.replace(".", "/"))
    return {name: value for name, value in values.items() if value is not None}


def _with_ipv6(names: Iterable[str]) -> List[str]:
    return [name for name in names if _value("/".join((_SETTINGS_IPV6, name, "disable_ipv6"))) == "0"]
