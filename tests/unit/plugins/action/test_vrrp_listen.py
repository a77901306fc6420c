# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of vrrp_listen: from the definition of the cluster to where it is listened."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action.vrrp_listen import ActionModule

HOSTVARS = {name: {"ansible_facts": {"interfaces": ["eth1"], "eth1": {
    "device": "eth1", "ipv4": {"address": address, "prefix": "24"}}}}
    for name, address in (("lb1", "198.18.0.11"), ("lb2", "198.18.0.12"))}
CONFIG = {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51,
                             "virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]}]}


@pytest.fixture
def given(monkeypatch):
    """Run the action for lb2; returns what the module was given."""

    def call(**arguments):
        action = ActionModule(MagicMock(args=arguments, async_val=0, check_mode=False), MagicMock(), MagicMock(),
                              MagicMock(), MagicMock(), MagicMock())
        found = {}
        monkeypatch.setattr(action, "_execute_module",
                            lambda module_args, **unused: found.update(module_args) or {"changed": False})
        action.run(task_vars={"inventory_hostname": "lb2", "groups": {"lb": ["lb1", "lb2"]}, "hostvars": HOSTVARS})
        return found

    return call


def test_it_listens_where_the_definition_has_its_addresses(given):
    assert given(definition={"group": "lb", "config": CONFIG}, seconds=3) == {"seconds": 3, "instances": [
        {"interface": "eth1", "addresses": ["198.18.0.100", "198.18.0.101"]}]}


def test_instances_are_handed_over_as_they_are(given):
    assert given(instances=[{"interface": "eth9"}]) == {"instances": [{"interface": "eth9"}]}


def test_a_wrong_definition_is_left_to_cluster_check(given):
    assert given(definition={"group": "lb", "config": {"vrrp_instances": []}}) == {"instances": []}


@pytest.mark.parametrize("definition", ["lb", {"group": "lb"}, {"group": "lb", "config": []}])
def test_what_is_no_definition_is_refused(given, definition):
    with pytest.raises(AnsibleActionFail, match="definition must be a dictionary"):
        given(definition=definition)
