# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What VRRP's arithmetic says about a fault of the lab, from the keepalived.conf of the two hosts."""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.questions import NAMES, UNITS, question
from ansible_collections.openvip.cluster.plugins.module_utils._drill import predict as arithmetic
from ansible_collections.openvip.cluster.plugins.module_utils._drill.predict import Configuration
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.faults import Fault

KEEPALIVED_CONF = "/etc/keepalived/keepalived.conf"


def configuration(text: str, unit: str = "") -> Configuration:
    """Read a keepalived.conf with one vrrp_instance, and the unit that asks its service; what it leaves out has
    keepalived's default."""
    asked = question(unit)
    return arithmetic.configuration(read(parse(text)), questions=[asked] if asked else [])


def configurations(cluster: Cluster) -> list[Configuration]:
    """Read what the first two load balancers of a cluster have: the one that leads, and the one that waits."""
    found = []
    for container in map(cluster.container, cluster.names[:2]):
        unit = containers.execute(container, "sh", "-c", f"cat {UNITS}/{NAMES} 2>/dev/null || true")
        found.append(configuration(containers.read(container, KEEPALIVED_CONF), unit))
    return found


def predict(fault: Fault, holder: Configuration, waiting: Configuration) -> _timing.Range | None:
    """Return how long the address is away, in seconds; None when nothing moves it."""
    return arithmetic.seconds(fault.kind, holder, waiting)
