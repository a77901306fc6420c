# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: listen
short_description: Tell where nginx listens as a real server of LVS
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Derives from C(keepalived_virtual_server) the addresses and ports on which the host of the task is asked for the TCP
    services it is a real server of. DR and TUN deliver packets for the virtual address, checks and NAT ask for the
    host's own.
  - It reads the variables of the role P(openvip.cluster.keepalived#role) that the host has, and the facts of the hosts.
options:
  _terms:
    description: What is returned for a host that is no real server of a TCP service.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the addresses
  ansible.builtin.debug:
    msg: "{{ query('openvip.cluster.listen', '80') }}"
"""

RETURN = r"""
_list:
  description: Values of nginx's directive C(listen).
  type: list
  elements: str
  sample:
    - 198.18.0.100:80
    - 198.18.0.21:80
"""

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.preparation import listen
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import UnderivableError
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import given, newest
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, names_of, plain

SECTIONS = ("virtual_server", "virtual_server_group", "vrrp_instance")


class LookupModule(LookupBase):
    """Take the definition out of the host's variables and derive."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        config = {section: variables.get("keepalived_" + section) or [] for section in SECTIONS}
        config = newest(given(plain(self._templar.template(config))))
        if not config["virtual_server"]:
            return list(terms)
        host = variables["inventory_hostname"]
        directors = names_of(self._templar.template(variables.get("keepalived_group", "lb")), variables, "listen")
        inventory = Members(variables)
        director, server = inventory.with_director(directors, host, config)
        try:
            found = listen(config, director, inventory.groups(config), server)
        except UnderivableError as error:
            raise AnsibleLookupError(f"listen: {error.finding}") from error
        return found or list(terms)
