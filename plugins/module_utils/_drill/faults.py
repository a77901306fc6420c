# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults of the drill, as one table: FAULTS.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean


class Fault(NamedTuple):
    """One fault.

    :ivar name: its name in C(failover_drill_faults).
    :ivar summary: what is done, and what undoes it.
    :ivar kind: what the cluster sees of it, one of those that C(predict.seconds) knows.
    :ivar by_default: whether the drill does it without being asked to.
    :ivar needs: the options of M(openvip.cluster.drill_fault) that it cannot do without.
    :ivar silent: the host cannot be reached meanwhile, so what it holds meanwhile is nobody's.
    :ivar remains_master: the host wakes as the master that it was, and the higher priority decides.
    :ivar several: both sides hold the address meanwhile, which is what it is for.
    :ivar real_server: it is done to a real server, and moves no address.
    :ivar comes_back: the host comes back by itself, and nothing is left to undo.
    """

    name: str
    summary: str
    kind: str
    by_default: bool = False
    needs: tuple = ()
    silent: bool = False
    remains_master: bool = False
    several: bool = False
    real_server: bool = False
    comes_back: bool = False


FAULTS = (
    Fault("service_stop", "the service is stopped with systemctl stop; started again", "tracked", True, ("service",)),
    Fault("service_crash", "the service's main process gets SIGKILL; started again, if systemd has not done so",
          "tracked", True, ("service",)),
    Fault("service_hang", "every process of the service gets SIGSTOP; SIGCONT", "checked", True, ("service",)),
    Fault("keepalived_stop", "keepalived is stopped with systemctl stop; started again", "planned", True),
    Fault("keepalived_kill", "every process of keepalived gets SIGKILL; started again, if systemd has not done so",
          "killed", True),
    Fault("freeze", "keepalived and the service get SIGSTOP, and the kernel drops what comes for the addresses, ARP "
          "and VRRP included; SIGCONT, and nothing is dropped any more", "crash",
          needs=("interface", "addresses"), silent=True, remains_master=True),
    Fault("link_down", "the interface is set down; set up again, with the addresses and routes that it had", "crash",
          needs=("interface", "addresses"), silent=True),
    Fault("partition", "VRRP is dropped in both directions, so that both sides hold the address; let through again",
          "none", remains_master=True, several=True),
    Fault("reboot", "the host is rebooted; it comes back by itself", "planned", comes_back=True),
    Fault("real_server_stop", "the service of a real server is stopped with systemctl stop; started again", "none",
          needs=("service",), real_server=True),
    Fault("real_server_hang", "every process of the service of a real server gets SIGSTOP; SIGCONT", "none",
          needs=("service",), real_server=True),
)
NAMES = tuple(fault.name for fault in FAULTS)
BY_DEFAULT = tuple(fault.name for fault in FAULTS if fault.by_default)


def find(name):
    """Return the fault of a name.

    :raises ValueError: there is none; the message has the nearest name, or all.
    """
    for fault in FAULTS:
        if fault.name == name:
            return fault
    raise ValueError('There is no fault "%s". %s' % (
        name, did_you_mean(name, NAMES, "Choose from %s." % ", ".join(NAMES))))
