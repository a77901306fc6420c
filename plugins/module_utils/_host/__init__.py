# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The firewall and the network of a host, as far as keepalived depends on them.

C(needs) runs on the controller, everything else on the target: C(found) reads the host, C(plan) decides, C(apply)
changes it by C(_kit.transaction).

Note that this module util is PRIVATE to the collection.
"""
