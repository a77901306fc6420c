#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_report
short_description: Turn what a failover drill recorded into figures, a table, JUnit and a page
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Compares what M(openvip.cluster.vip_probe) and M(openvip.cluster.vip_watch) saw during a fault with what
    M(openvip.cluster.drill_plan) predicted, adds it to the results so far, and returns the whole in four forms.
  - The HTML page needs nothing beside it, no other file and no network. It has a timeline for each fault.
  - An outage is as predicted when it misses the predicted range by no more than a fifth of it or 50 ms, whichever is
    more.
  - Everything happens on the controller, and nothing changes.
extends_documentation_fragment:
  - openvip.cluster.reports
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  results:
    description: The results so far, C(report.results) of the call before.
    type: list
    elements: dict
    default: []
  recording:
    description: What was recorded during one more fault.
    type: dict
    suboptions:
      plan:
        description: What M(openvip.cluster.drill_plan) returned for the fault.
        type: dict
        required: true
      injected:
        description: What M(openvip.cluster.drill_fault) returned.
        type: dict
        required: true
      undone:
        description: The same for the undoing. Empty where there was nothing to undo.
        type: dict
        default: {}
      probe:
        description: What M(openvip.cluster.vip_probe) returned, with its records.
        type: dict
        required: true
      watched:
        description: What M(openvip.cluster.vip_watch) returned on the members, by their names.
        type: dict
        default: {}
      claims:
        description: What M(openvip.cluster.vip_watch) returned on the prober.
        type: dict
        default: {}
      healed:
        description: Whether the cluster was as planned afterwards.
        type: bool
        required: true
  calibration:
    description: The prober's overhead, as M(openvip.cluster.vip_probe) returned it.
    type: dict
    default: {}
  prober:
    description: The host from which was probed.
    type: str
    required: true
  url:
    description: What was probed.
    type: str
    required: true
  interval:
    description: Seconds between two probes.
    type: float
    default: 0.005
seealso:
  - module: openvip.cluster.drill_plan
  - module: openvip.cluster.vip_probe
  - module: openvip.cluster.vip_watch
"""

EXAMPLES = r"""
- name: Judge one fault
  openvip.cluster.drill_report:
    recording:
      plan: "{{ drill.plans[0] }}"
      injected: "{{ injected }}"
      undone: "{{ undone }}"
      probe: "{{ probe }}"
      watched: "{{ {'lb1': watched} }}"
      healed: true
    reports:
      - name: lb1
        keepalived: "{{ keepalived }}"
    prober: client
    url: http://198.18.0.100/
  register: result
"""

RETURN = r"""
report:
  description: All of it as data, which the other forms are made of.
  returned: success
  type: dict
  contains:
    time:
      description: When it was put together, by the clock of the controller.
      type: str
    members:
      description: The hosts of the cluster.
      type: list
      elements: str
    prober:
      description: The host from which was probed.
      type: str
    url:
      description: What was probed.
      type: str
    interval_ms:
      description: Milliseconds between two probes.
      type: float
    calibration:
      description: The prober's overhead.
      type: dict
    configurations:
      description: The configuration of each member, passwords masked.
      type: dict
    results:
      description: One for each fault.
      type: list
      elements: dict
      contains:
        fault:
          description: The fault.
          type: str
        host:
          description: The host that had it.
          type: str
        predicted:
          description: The predicted outage, C(low_ms) and C(high_ms). Nothing where no timer says it.
          type: dict
        outage_ms:
          description: The measured outages until the address began to go back, added up; V(0) for none, nothing when
            one did not end before the fault was undone.
          type: float
        as_predicted:
          description: Whether the two agree, within a fifth or 50 milliseconds; a shorter outage does, too, unless the
            host could not be reached. Nothing without a prediction.
          type: bool
        failed:
          description: The failed requests in them.
          type: int
        back_outage_ms:
          description: Those after that, when the address went back.
          type: float
        back_failed:
          description: The failed requests in them.
          type: int
        moved_ms:
          description: When another host had the address, from the fault. Nothing when none had.
          type: float
        taken_by:
          description: The host that had it then.
          type: str
        holders_at_once:
          description: The most hosts that held an address at once, for more than the 50 ms of a hand-over, while the
            fault lasted.
          type: int
        holders_at_once_after:
          description: The same afterwards.
          type: int
        overlap_ms:
          description: For how long two reachable hosts had an address, by what they say themselves.
          type: float
        overlap_after_ms:
          description: The same after the fault was undone.
          type: float
        overlap_address:
          description: The address that they had together for the longest time.
          type: str
        overlap_after_address:
          description: The same after the fault was undone.
          type: str
        overlap_hosts:
          description: The hosts that had it.
          type: list
          elements: str
        overlap_after_hosts:
          description: The same after the fault was undone.
          type: list
          elements: str
        claimed_ms:
          description: For how long, at least, several network cards answered ARP for the probed address. Nothing where
            the prober could not ask.
          type: float
        claimed_after_ms:
          description: The same after the fault was undone.
          type: float
        problems:
          description: What must not be, in words, and at last why the figures are doubtful, if they are. Empty when the
            fault passed.
          type: list
          elements: str
        timeline:
          description: What the page draws, in milliseconds from the fault.
          type: dict
lines:
  description: The table as lines for people.
  returned: success
  type: list
  elements: str
junit:
  description: The results as the text of a JUnit file.
  returned: success
  type: str
html:
  description: The page.
  returned: success
  type: str
problems:
  description: What must not be, of all faults.
  returned: success
  type: list
  elements: str
"""
