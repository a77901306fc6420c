# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the inventory as the derivation takes them."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError

from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members


class Untemplatable(dict):
    """Variables of which one cannot be templated."""

    def get(self, name, default=None):
        if name == "keepalived_override":
            raise AnsibleError("it is undefined")
        return super().get(name, default)


@pytest.mark.parametrize("variables, interfaces", [
    ({}, {}),
    ({"keepalived_vrrp_instance": [{"name": "VI_1", "interface": "wan0"}, {"name": "VI_2"}]}, {"VI_1": "wan0"}),
    ({"keepalived_vrrp_instance": [{"name": "VI_1", "interface": "wan0"}],
      "keepalived_override": {"vrrp_instance": [{"name": "VI_1", "interface": "bond0"}]}}, {"VI_1": "bond0"}),
    # what the check refuses
    ({"keepalived_vrrp_instance": "text", "keepalived_override": ["text"]}, {}),
    ({"keepalived_vrrp_instance": ["text"], "keepalived_override": {"vrrp_instance": {}}}, {}),
    (Untemplatable(keepalived_vrrp_instance=[{"name": "VI_1", "interface": "wan0"}]), {}),
])
def test_the_interfaces_that_the_variables_of_a_host_name(variables, interfaces):
    members = Members({"hostvars": {"lb1": variables}, "groups": {}})
    (member,) = members.of(["lb1"], {}, interfaces=True)
    assert member.interfaces == interfaces
    assert members.of(["lb1"], {})[0].interfaces is None


def test_a_real_server_is_known_by_the_newest_names_of_its_keywords():
    members = Members({"hostvars": {"web1": {"keepalived_real_server": {
        "HTTP_GET": [{"nb_get_retry": 3}], "weight": 2}}}, "groups": {}})
    assert members.of(["web1"], {})[0].options == {"HTTP_GET": [{"retry": 3}], "weight": 2}
