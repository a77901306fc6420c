# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that make it last: systemd's units and the file for sysctl.

Nothing is asked of what configures the network (systemd-networkd, NetworkManager, ifupdown), so that it is the same
everywhere.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
import shlex
from typing import Dict, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import Remembered
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    DEVICES,
    EVERY_DEVICE,
    KernelModule,
    Route,
    Rule,
    Setting,
    Sysctl,
    Words,
)

UNIT = "lvs-real-server.service"
ROUTES_UNIT = "lvs-real-server-routes.service"
# The routes follow from the first, so they are stopped before it and started after it.
UNITS = (UNIT, ROUTES_UNIT)
_DIRECTORY = "/etc/systemd/system/%s"
# The link to the unit that systemctl enable makes for WantedBy=.
ENABLED = _DIRECTORY % "multi-user.target.wants/" + UNIT
# What is read last wins, and 99-sysctl.conf is the administrator's /etc/sysctl.conf (sysctl.d(5)).
SYSCTL = "/etc/sysctl.d/99-zz-lvs-real-server.conf"
STATE = "/var/lib/lvs-real-server.json"
# Exists during a change and after an interrupted one: the settings that the change may have made in addition to STATE.
# A boot in the middle of a change starts the new unit; only afterwards are the former files restored.
PENDING = "/var/lib/lvs-real-server.pending.json"
UNIT_FILES = {_DIRECTORY % unit: unit for unit in UNITS}
FILES = (SYSCTL, *UNIT_FILES, STATE, PENDING)

HEADER = "# Written by openvip.cluster.lvs_real_server: the next run of Ansible replaces changes made here.\n"

# local-fs.target and the like come with the default dependencies. Whatever listens on the addresses comes after
# network.target (systemd.special(7)), also those that do not wait for network-online.target.
_UNIT = """\
[Unit]
Description=Real server of LVS
Documentation=https://docs.kernel.org/networking/ip-sysctl.html
After=network-pre.target systemd-modules-load.service systemd-sysctl.service
Before=network.target
%(wants)s
[Service]
Type=oneshot
RemainAfterExit=yes
%(commands)s# To change the network, and to load modules of the kernel
CapabilityBoundingSet=CAP_NET_ADMIN CAP_SYS_MODULE
SystemCallFilter=@system-service @module
%(sandbox)s
[Install]
WantedBy=multi-user.target
"""

# The kernel drops the routes of a device with its last address and when it goes down, and brings none back
# (fib_disable_ip of net/ipv4/fib_frontend.c). So each change of an address or a link sets them again, which changes
# nothing when they are there. Once more after a second: what changed before ip listened has told nobody.
_ROUTES_UNIT = """\
[Unit]
Description=Routes of a real server of LVS to its directors
PartOf=%(unit)s
After=%(unit)s network.target

[Service]
ExecStart=%(command)s
Restart=always
CapabilityBoundingSet=CAP_NET_ADMIN
SystemCallFilter=@system-service
ProtectKernelTunables=yes
ProtectKernelModules=yes
%(sandbox)s"""
# Restrictions under which ip, sysctl, modprobe and sh still work (systemd.exec(5)). ip uses netlink, and for some
# requests the ioctl of an IP socket, through which it sends nothing.
_SANDBOX = """\
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
IPAddressDeny=any
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
UMask=0077
"""
_FOLLOW = "{ %s monitor link address & echo; sleep 1; echo; wait; } | while read -r event; do %s; done"


def path_of(name: str) -> str:
    """The file of a unit."""
    return _DIRECTORY % name


def escaped(word: str) -> str:
    """A word as a line of a unit has it: C(%) and C($) stand for themselves (systemd.service(5), Command lines)."""
    word = word.replace("%", "%%").replace("$", "$$")
    if re.match(r"[A-Za-z0-9_./:=@%$+-]+\Z", word):
        return word
    return '"%s"' % word.replace("\\", "\\\\").replace('"', '\\"')


def located(words: Sequence[str], programs: Dict[str, str]) -> Words:
    """The command with the full path of its program."""
    return (programs.get(words[0], words[0]), *words[1:])


def command_line(words: Words, programs: Dict[str, str]) -> str:
    """The command as a line of a unit."""
    return " ".join(escaped(word) for word in located(words, programs))


def _of_device(setting: Sysctl) -> bool:
    return setting.name.startswith(DEVICES) and not setting.name.startswith(EVERY_DEVICE)


def _starts(setting: Setting, programs: Dict[str, str]) -> List[str]:
    """The lines that set something; they can be run again when it is there."""
    # A device may appear later than this; then udev has systemd-sysctl read the file for it, and for ARP the setting
    # for all devices holds until then. The same goes for a route: its unit sets it when there is a network.
    # A container has the modules of its host, and none to load.
    late = isinstance(setting, (KernelModule, Route)) or (isinstance(setting, Sysctl) and _of_device(setting))
    lines = ["ExecStart=%s%s" % ("-" if late else "", command_line(setting.add(), programs))]
    if isinstance(setting, Rule):
        # ip has no replace for rules
        lines.insert(0, "ExecStart=-" + command_line(setting.remove(), programs))
    return lines


def _stops(setting: Setting, ours: Remembered) -> Optional[Words]:
    """Return the command that reverses a setting; C(None) when the setting stays."""
    if isinstance(setting, Sysctl):
        return Sysctl(setting.name, ours.sysctl[setting.name]).add() if setting.name in ours.sysctl else None
    if isinstance(setting, (Route, Rule)) or setting in ours.addresses or setting in ours.links:
        return setting.remove()
    return None


def unit(settings: List[Setting], ours: Remembered, programs: Dict[str, str]) -> str:
    """Return the unit that sets everything in the order of I(settings) and reverses it in the reverse order.

    :param ours: the settings to reverse; other addresses and links stay.
    """
    lines = [line for setting in settings for line in _starts(setting, programs)]
    stops = [_stops(setting, ours) for setting in reversed(settings)]
    lines.extend("ExecStop=-" + command_line(words, programs) for words in stops if words)
    wants = "Wants=%s\n" % ROUTES_UNIT if any(isinstance(setting, Route) for setting in settings) else ""
    return HEADER + _UNIT % {
        "wants": wants, "commands": "".join(line + "\n" for line in lines), "sandbox": _SANDBOX}


def _follow(routes: List[Route], programs: Dict[str, str]) -> str:
    """The command that sets the routes again whenever an address or a link changes."""
    commands = [" ".join(shlex.quote(word) for word in located(route.add(), programs)) for route in routes]
    return command_line(("sh", "-c", _FOLLOW % (located(("ip",), programs)[0], "; ".join(commands))), programs)


def files(settings: List[Setting], ours: Remembered, programs: Dict[str, str]) -> Dict[str, Optional[str]]:
    """Return the text of every file but C(STATE) and C(PENDING), C(None) for a file to remove; see C(unit).
    """
    values = [setting for setting in settings if isinstance(setting, Sysctl)]
    routes = [setting for setting in settings if isinstance(setting, Route)]
    # A minus sign: the device, or IPVS, may not be there yet.
    sysctl = HEADER + "".join("%s%s\n" % ("" if setting.name.startswith(EVERY_DEVICE) else "-", setting.text())
                              for setting in values) if values else None
    main = unit(settings, ours, programs) if settings else None
    follow = HEADER + _ROUTES_UNIT % {
        "unit": UNIT, "command": _follow(routes, programs), "sandbox": _SANDBOX} if routes else None
    return {SYSCTL: sysctl, path_of(UNIT): main, path_of(ROUTES_UNIT): follow}
