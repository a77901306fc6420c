# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of all scenarios share."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.lvs import Lvs
from ansible_collections.openvip.cluster.tests.lab.site import Site


@pytest.fixture(scope="session")
def cluster():
    """The two load balancers, the client, and the address."""
    return Cluster()


@pytest.fixture(scope="module")
def lvs(request):
    """The LVS cluster of the scenario's inventory, complete: its first director holds the address."""
    found = Lvs(request.module.INVENTORY)
    found.cluster.wait_for_holder(found.cluster.names[0], 60)
    found.wait_complete(found.cluster.names[0])
    return found


@pytest.fixture
def on(cluster):
    """Return a function that runs a shell command on a host and returns what it printed."""
    return lambda name, command: containers.execute(cluster.container(name), "sh", "-c", command)


@pytest.fixture
def files(cluster):
    """Return a function that tells every file of every load balancer's /etc/keepalived: name, mode, time and text."""
    script = "cd /etc/keepalived && for name in *; do stat --format='%n %a %y' \"$name\"; cat \"$name\"; done"
    return lambda: [containers.execute(cluster.container(name), "sh", "-c", script) for name in cluster.names]


@pytest.fixture
def site(request):
    """Run playbooks/site.yml with more options on the inventory of the scenario; return code and output."""
    hosts = Site(request.module.INVENTORY, ())
    return lambda *options: hosts.playbook("playbooks/site.yml", *options)
