#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_probe
short_description: Probe a service hundreds of times a second and tell when it did not answer
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Opens a connection every few milliseconds from the host on which it runs, whether or not earlier ones have been
    answered, so many are under way at once and a service that hangs does not slow the measurement down.
  - A probe of V(http) is good when the whole answer has come in time with status 200. A probe of V(tcp) is good when
    the connection is open in time.
  - Measures its own overhead first, with a service on the loopback whose outages are known, and returns by how much it
    was wrong.
  - Nothing on the host is changed but the file of O(until_removed). In check mode nothing is probed.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  url:
    description:
      - What to probe, V(http://host[:port]/path) or V(tcp://host:port). The host is resolved once.
      - The first line of an HTTP answer is taken for the name of the host that answered.
    type: str
    required: true
  duration:
    description: Seconds to probe, more than 0 and at most 3600.
    type: float
    default: 10.0
  until_removed:
    description:
      - A file that must not exist. It is made when probing begins, gets a line of JSON for each event (the first probe
        that failed, O(settle) good ones in a row, whoever answers), and goes when probing ends.
      - Whoever removes it ends the probing early.
    type: path
  interval:
    description: Seconds between two probes, at least 0.001. The default is 200 probes a second.
    type: float
    default: 0.005
  timeout:
    description: Seconds after which a probe has failed, 1 to 500 intervals.
    type: float
    default: 0.2
  settle:
    description: Good probes in a row that end an outage.
    type: int
    default: 20
  sources:
    description: Addresses of this host from which the probes come in turn. The kernel chooses where there are none.
    type: list
    elements: str
    default: []
  calibrate:
    description: Whether the overhead is measured first, which takes some seconds.
    type: bool
    default: true
  records:
    description: Whether every probe is returned, and not only what they come to.
    type: bool
    default: false
seealso:
  - module: openvip.cluster.vip_watch
  - module: openvip.cluster.drill_report
"""

EXAMPLES = r"""
- name: Probe for ten seconds
  openvip.cluster.vip_probe:
    url: http://198.18.0.100/
  register: result

- name: Show what that came to
  ansible.builtin.debug:
    msg: "{{ result.failures }} of {{ result.probes }} failed; the prober was wrong by at most
          {{ result.calibration.refuse.maximum_ms }} ms"

- name: Probe while something else is done
  openvip.cluster.vip_probe:
    url: tcp://198.18.0.100:443
    duration: 300
    until_removed: /run/openvip-drill/probe
  async: 330
  poll: 0
"""

RETURN = r"""
url:
  description: What was probed.
  returned: success
  type: str
interval_ms:
  description: Milliseconds between two probes, as asked for.
  returned: success
  type: float
timeout_ms:
  description: Milliseconds after which a probe has failed.
  returned: success
  type: float
settle:
  description: Good probes in a row that end an outage.
  returned: success
  type: int
probes:
  description: How many probes there were.
  returned: success
  type: int
rate:
  description: Probes per second, as reached. Nothing for a single probe.
  returned: success
  type: float
failures:
  description: How many of them failed.
  returned: success
  type: int
outcomes:
  description: How many probes ended in which way, V(ok), V(refused), V(reset), V(timeout), V(unreachable), V(status),
    V(invalid) or V(error).
  returned: success
  type: dict
  sample: {ok: 1990, timeout: 10}
answered:
  description: How many good answers each host gave, by the first line of the answer.
  returned: success
  type: dict
  sample: {lb1: 1200, lb2: 790}
outages:
  description: From the start of a failed probe to the start of the first of a row of good ones.
  returned: success
  type: list
  elements: dict
  contains:
    start_ns:
      description: CLOCK_MONOTONIC of its start.
      type: int
    end_ns:
      description: CLOCK_MONOTONIC of its end. Nothing when it did not end.
      type: int
    milliseconds:
      description: How long it lasted. Nothing when it did not end.
      type: float
    failed:
      description: The probes in it that failed.
      type: int
    answered:
      description: The probes in it that were answered.
      type: int
    before:
      description: The host that answered before.
      type: str
    after:
      description: The host that answered afterwards.
      type: str
    outcomes:
      description: How the failed ones ended.
      type: dict
    settled:
      description: Whether a whole row of good probes followed.
      type: bool
latency_us:
  description: Median, 99th percentile and maximum of the time until a good answer, in microseconds.
  returned: success
  type: dict
late_us:
  description: By how much probes began later than they should, in microseconds.
  returned: success
  type: dict
largest_gap_ms:
  description: The longest time between two probes, which is the resolution that was reached.
  returned: success
  type: float
left_out:
  description: Probes that were left out because this host was too busy.
  returned: success
  type: int
stalled_ms:
  description:
    - For how long the prober was not run at all, counted where it was more than 50 ms at a time. A machine that stands
      still answers nobody, so this time does not count for the time-out of a probe.
  returned: success
  type: float
dropped:
  description: Probes beyond the first 200000, which are counted in nothing else.
  returned: success
  type: int
calibration:
  description: What the prober made of outages of known length on the loopback. Nothing without O(calibrate).
  returned: success
  type: dict
  contains:
    refuse:
      description: Of outages in which connections were refused, those that were seen (C(seen)), and the median and
        the largest error in milliseconds (C(median_ms), C(maximum_ms)).
      type: dict
    ignore:
      description: The same for outages in which nothing answered.
      type: dict
records:
  description: Every probe, times from the first one in microseconds, words by their number. Nothing without
    O(records).
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._drill.module import run_probe


def main():
    run_probe(AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "duration": {"type": "float", "default": 10.0},
            "until_removed": {"type": "path"},
            "interval": {"type": "float", "default": 0.005},
            "timeout": {"type": "float", "default": 0.2},
            "settle": {"type": "int", "default": 20},
            "sources": {"type": "list", "elements": "str", "default": []},
            "calibrate": {"type": "bool", "default": True},
            "records": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
