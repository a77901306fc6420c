# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab reads out of the output of ansible-playbook."""

from __future__ import annotations

from ansible_collections.openvip.cluster.tests.lab.site import changes, recap

OUTPUT = """
TASK [See what runs] *****
ok: [lb1]

PLAY RECAP *****
lb2                        : ok=12   changed=3    unreachable=0    failed=0    skipped=28   rescued=0    ignored=0
lb1                        : ok=14   changed=0    unreachable=0    failed=0    skipped=30   rescued=0    ignored=0
localhost                  : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""


def test_the_counts_are_those_of_the_hosts_without_the_controller():
    assert recap(OUTPUT) == {"lb1": (14, 0), "lb2": (12, 3)}
    assert changes(OUTPUT) == [0, 3]
    assert changes("ERROR! the playbook could not be found") == []
