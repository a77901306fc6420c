# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role lvs_director reads of the definition: keywords by every name that keepalived has for them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLE = Path(__file__).resolve().parents[3] / "roles" / "lvs_director"


def variable(name, services):
    """Return a variable of the role as it is with the services of a definition."""
    variables = {**yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()),
                 **yaml.safe_load((ROLE / "vars" / "main.yml").read_text())}
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in variables.items()}
    templar = Templar(DataLoader(), variables={**trusted, "keepalived_virtual_server": services})
    return templar.template(trust_as_template("{{ %s }}" % name))


@pytest.mark.parametrize("services, modules", [
    ([], ["ip_vs"]), ([{}], ["ip_vs", "ip_vs_wlc"]), ([{"lb_algo": "rr"}, {"lb_algo": "rr"}], ["ip_vs", "ip_vs_rr"]),
    ([{"lvs_sched": "sh"}], ["ip_vs", "ip_vs_sh"]),
    ([{"lb_algo": "rr"}, {"lvs_sched": "mh"}], ["ip_vs", "ip_vs_rr", "ip_vs_mh"]),
])
def test_the_modules_of_the_schedulers(services, modules):
    assert variable("__lvs_director_modules", services) == modules


@pytest.mark.parametrize("services, forwards", [
    ([], False), ([{"ip": "198.18.0.100", "lb_kind": "DR"}], False), ([{"ip": "198.18.0.100", "lb_kind": "NAT"}], True),
    ([{"ip": "198.18.0.100", "lvs_method": "NAT"}], True), ([{"fwmark": 5, "lvs_method": "NAT"}], True),
    ([{"ip": "198.18.0.100", "lvs_method": "TUN type gre"}], False),
])
def test_nat_lets_the_kernel_forward(services, forwards):
    assert (variable("__lvs_director_sysctls", services).get("net.ipv4.ip_forward") == 1) == forwards
