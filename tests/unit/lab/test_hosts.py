# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image a host of the lab has."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.containers import LabError
from ansible_collections.openvip.cluster.tests.lab.hosts import IMAGES, Host, image_command


def host(**options):
    return Host("lb1", "openvip-lb1", **options)


def test_a_host_has_the_image_of_its_system_and_a_machine_its_own():
    assert image_command(host()) == ("tests/lab/image", "bookworm")
    assert image_command(host(system="trixie")) == ("tests/lab/image", "trixie")
    assert image_command(host(system="dnf")) == ("tests/lab/dnf/image",)
    assert image_command(host(machine=True)) == ("tests/lab/machine/image",)


@pytest.mark.parametrize("system", IMAGES)
def test_every_system_has_a_program_that_makes_its_image(system):
    assert (containers.REPOSITORY / image_command(host(system=system))[0]).is_file()


def test_a_system_that_the_lab_has_not_got_is_an_error_with_those_it_has():
    with pytest.raises(LabError, match=r"lb1.*no system 'trixy'.*bookworm, dnf, trixie"):
        image_command(host(system="trixy"))
    with pytest.raises(LabError, match="lb1: there are no machines with dnf"):
        image_command(host(system="dnf", machine=True))
