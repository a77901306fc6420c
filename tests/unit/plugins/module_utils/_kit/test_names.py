# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of addresses, interfaces and units."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import names


def test_addresses_are_written_as_the_kernel_writes_them():
    assert str(names.parse_address("FD00:18:0::100")) == "fd00:18::100"
    assert str(names.parse_address("127.0.0.1")) == "127.0.0.1"


@pytest.mark.parametrize("name", ["eth0", "eth1.100", "br-0123456789ab", "-x", "wlp0s20f3", "lo", "x@y", "ä"])
def test_what_the_kernel_takes_is_the_name_of_an_interface(name):
    assert names.verify_interface(name) == name


@pytest.mark.parametrize("name", ["eth0:1", "interface-of-16b", "ääääääää", "a b", "a\tb", "a\x7f", "a\\b"])
def test_what_the_kernel_or_nft_does_not_take_is_none(name):
    with pytest.raises(ValueError, match='Give one that "ip link" shows'):
        names.verify_interface(name)


@pytest.mark.parametrize(("name", "unit"), [
    ("nginx", "nginx.service"), ("php8.2-fpm", "php8.2-fpm.service"), ("nginx.socket", "nginx.socket"),
    ("getty@tty1", "getty@tty1.service"), (r"a\x2db.service", r"a\x2db.service")])
def test_a_unit_has_a_suffix(name, unit):
    assert names.parse_unit(name) == unit
