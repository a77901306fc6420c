# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The clusters that are compared. All live in the same hosts, with the same nginx and the same pages, one after the
other: what is ours is put aside while one made by hand runs."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import string
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.containers import LabError
from ansible_collections.openvip.cluster.tests.lab.faults import Fault, Host

HERE = pathlib.Path(__file__).parent
DATA = HERE / "tutorial_000"
PRIORITIES = (100, 90)
# What differs between the two hosts of the other walk-through, as it says itself.
MASTER = {"router_id": "master01", "state": "MASTER", "weight": -2, "priority": 100, "source": "198.18.0.11"}
SLAVE = {"router_id": "slave01", "state": "BACKUP", "weight": -20, "priority": 90, "source": "198.18.0.12"}
# What makes our profile fast: without these lines it is keepalived's own default, version 2 with an advert a second.
FAST = re.compile(r"^ +(version 3|advert_int 0\.1)\n", re.MULTILINE)
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
file=/etc/keepalived/keepalived.conf
if [ -e $file.fast ]; then mv $file.fast $file; fi
for path in $file $units/nginx.service.d $units/keepalived.service.d; do
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
# Ours as it was before it ran with the default profile.
KEEP = """\
file=/etc/keepalived/keepalived.conf
if [ -e $file.fast ]; then mv $file.fast $file; fi
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
    """One of the clusters.

    :ivar name: how messages call it.
    :ivar letter: how tables call it.
    :ivar start: makes it the one that runs, from scratch.
    :ivar healed: what has to be done to a host after a fault is undone, beside undoing it.
    :ivar preempt: the first host takes the address back.
    :ivar patience: seconds to wait for a move before it is "never".
    """

    name: str
    letter: str
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


def start_second_tutorial(cluster: Cluster) -> None:
    """Put ours aside and start the cluster of the walk-through with packages."""
    data = HERE / "tutorial_001"
    template = string.Template((data / "keepalived.conf").read_text(encoding="utf-8"))
    script = (data / "nginx_check.sh").read_text(encoding="utf-8")
    for name, own in zip(cluster.names, (MASTER, SLAVE), strict=True):
        container = cluster.container(name)
        _shell(container, PUT_ASIDE)
        containers.write(container, CONFIGURATION, template.substitute(
            own, interface=cluster.interface, address=cluster.vip))
        containers.write(container, "/etc/keepalived/nginx_check.sh", script, "0755")
    _start_all(cluster, 20)


def start_ours(cluster: Cluster, fast: bool = True) -> None:
    """Put ours back and start it.

    :param fast: as it is in the inventory; otherwise with keepalived's own version and interval.
    """
    for name in cluster.names:
        container = cluster.container(name)
        _shell(container, PUT_BACK)
        _shell(container, KEEP)
        if not fast:
            _shell(container, f"cp --preserve=all {CONFIGURATION} {CONFIGURATION}.fast")
            text, count = FAST.subn("", containers.read(container, CONFIGURATION))
            if count != 2:
                raise LabError(f"{CONFIGURATION} of {name} has not the two lines of the fast profile:\n{text}")
            containers.write(container, CONFIGURATION, text, "0600")
    _start_all(cluster, 20)


HEALED = "systemctl start nginx; systemctl start keepalived"
TUTORIAL = Variant("tutorial 000", "a", start_tutorial, HEALED, False, 25.0)
SECOND = Variant("tutorial 001", "b", start_second_tutorial, HEALED, True, 25.0)
DEFAULT = Variant("ours, default", "c", functools.partial(start_ours, fast=False), "", True, 15.0)
OURS = Variant("ours, fast", "d", start_ours, "", True, 15.0)
VARIANTS = (TUTORIAL, SECOND, DEFAULT, OURS)
