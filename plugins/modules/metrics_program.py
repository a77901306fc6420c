#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metrics_program
short_description: Put the program that collects metrics of keepalived and IPVS onto a host
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - The program is one file that Python 3.8 or later runs, with nothing but its standard library. It is made of the
    same code by which M(openvip.cluster.keepalived_info) and M(openvip.cluster.ipvs_info) ask a host.
  - It is part of the role P(openvip.cluster.keepalived_metrics#role), which runs it.
  - The same release of the collection always makes the same file, byte for byte.
extends_documentation_fragment:
  - openvip.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  path:
    description: Where it goes. The directory must be there. It belongs to root, and everybody may read it.
    type: path
    required: true
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.ipvs_info
"""

EXAMPLES = r"""
- name: Put the program onto the host
  openvip.cluster.metrics_program:
    path: /usr/local/lib/keepalived-metrics.pyz
"""

RETURN = r"""
dest:
  description: Where it is.
  returned: success
  type: str
  sample: /usr/local/lib/keepalived-metrics.pyz
checksum:
  description: The SHA-1 of the file.
  returned: success
  type: str
"""
