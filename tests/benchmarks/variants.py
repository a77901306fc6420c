# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The two clusters that are compared. Both live in the same hosts, with the same nginx and the same pages, one after
the other: what is ours is put aside while the other runs."""

from __future__ import annotations

import dataclasses
import pathlib
import string
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.faults import Fault, Host

DATA = pathlib.Path(__file__).parent / "tutorial_000"
PRIORITIES = (100, 90)
CONFIGURATION = "/etc/keepalived/keepalived.conf"
SYNC_DAEMON = "lvs_sync_daemon_interface"

# What makes our cluster ours. The script user goes, too: where it exists, keepalived runs every script as that user,
# who may neither signal nginx nor stop keepalived, and the other cluster's scripts are meant to run as root.
PUT_ASIDE = """\
set -eu
systemctl stop keepalived nginx
[ -e /var/lib/openvip-bench ] && exit 0
mkdir -p /var/lib/openvip-bench
units=/etc/systemd/system
for path in /etc/keepalived/keepalived.conf $units/nginx.service.d $units/keepalived.service.d; do
    if [ -e "$path" ]; then mv "$path" /var/lib/openvip-bench/; fi
done
if id keepalived_script > /dev/null 2>&1; then usermod --login keepalived_aside keepalived_script; fi
"""
PUT_BACK = """\
set -eu
systemctl stop keepalived nginx
[ -e /var/lib/openvip-bench ] || exit 0
cd /var/lib/openvip-bench
rm -rf /etc/keepalived/keepalived.conf
for name in *; do
    case $name in
        keepalived.conf) mv "$name" /etc/keepalived/ ;;
        *) mv "$name" /etc/systemd/system/ ;;
    esac
done
if id keepalived_aside > /dev/null 2>&1; then usermod --login keepalived_script keepalived_aside; fi
rmdir /var/lib/openvip-bench
"""
START = """\
set -eu
systemctl daemon-reload
systemctl reset-failed
systemctl start nginx keepalived
"""
INSTALL = """\
command -v killall > /dev/null && exit 0
options='-qq -o DPkg::Lock::Timeout=300'
apt-get $options update && DEBIAN_FRONTEND=noninteractive apt-get $options install --yes psmisc > /dev/null 2>&1
"""


@dataclass(frozen=True)
class Variant:
    """One of the two clusters.

    :ivar name: how tables call it.
    :ivar start: makes it the one that runs, from scratch.
    :ivar healed: what has to be done to a host after a fault is undone, beside undoing it.
    :ivar preempt: the first host takes the address back.
    :ivar patience: seconds to wait for a move before it is "never".
    """

    name: str
    start: Callable[[Cluster], None]
    healed: str
    preempt: bool
    patience: float

    def fault(self, fault: Fault) -> Fault:
        """Return the fault with an undoing that also does what this cluster needs."""
        def undo(host: Host) -> int:
            at_ns = fault.undo(host)
            if self.healed:
                _shell(host.container, self.healed)
            return at_ns
        return dataclasses.replace(fault, undo=undo)


def _shell(container: str, script: str) -> None:
    containers.execute(container, "sh", "-s", data=script.encode(), seconds=300)


def has_ipvs(cluster: Cluster) -> bool:
    """Return whether the hosts' kernel has ip_vs now; without it the sync daemon ends keepalived's VRRP process."""
    return bool(containers.execute(
        cluster.container(cluster.names[0]), "sh", "-c", "if [ -e /proc/net/ip_vs ]; then echo yes; fi").strip())


def tutorial_configuration(cluster: Cluster, priority: int, ipvs: bool) -> str:
    """Return the walk-through's keepalived.conf for one host."""
    text = string.Template((DATA / "keepalived.conf").read_text(encoding="utf-8")).substitute(
        interface=cluster.interface, address=cluster.vip, priority=priority)
    return "".join(line for line in text.splitlines(keepends=True) if ipvs or SYNC_DAEMON not in line)


def _start_all(cluster: Cluster, seconds: float) -> None:
    for name in cluster.names:
        _shell(cluster.container(name), START)
    cluster.wait_for_holder(cluster.names[0], seconds)
    for name in cluster.names:
        cluster.wait_ready(name)


def start_tutorial(cluster: Cluster) -> None:
    """Put ours aside and start the walk-through's cluster."""
    ipvs = has_ipvs(cluster)
    script = (DATA / "check_nginx.sh").read_text(encoding="utf-8")
    for name, priority in zip(cluster.names, PRIORITIES, strict=True):
        container = cluster.container(name)
        _shell(container, INSTALL)
        _shell(container, PUT_ASIDE)
        containers.write(container, CONFIGURATION, tutorial_configuration(cluster, priority, ipvs))
        containers.write(container, "/data/sh/check_nginx.sh", script, "0755")
    # its hosts wait 15.6 seconds before the first of them holds the address
    _start_all(cluster, 40)


def start_ours(cluster: Cluster) -> None:
    """Put ours back and start it."""
    for name in cluster.names:
        _shell(cluster.container(name), PUT_BACK)
    _start_all(cluster, 20)


TUTORIAL = Variant("by hand (a)", start_tutorial, "systemctl start nginx; systemctl start keepalived", False, 25.0)
OURS = Variant("ours (b)", start_ours, "", True, 15.0)
