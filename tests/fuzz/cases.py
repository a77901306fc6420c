# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Inputs that broke a promise once, made shorter. Bytes that are no UTF-8 are surrogate escapes."""

from __future__ import annotations

CASES = {
    "line ends that only Python takes for some": "global_defs {\n    a\x0cb \x0b\x1c\x85\u2028 c\n}\n",
    "Unicode spaces at the end of a line": "net_namespace_ipvs N \u3000\nuse_pid_dir\x85\n\u2028# no comment\n",
    "a keyword for a script without one": "vrrp_instance VI_1 {\n    virtual_router_id 51\n    notify_deleted\n}\n",
    "a name that makes the line too long": f"track_group {'y' * 1100} {{\n}}\n",
    "a name that makes the indented line too long": f"bfd_instance {'y' * 1005} {{\n    neighbor_ip 192.0.2.1\n}}\n",
    "an unknown line that the line end makes too long": "y" * 1023,
    "a key without its number": "vrrp_instance VI_1 {\n    auth_hmac {\n        key opensesame\n    }\n}\n",
    "an entry that is an empty word": 'garp_group {\n    interfaces {\n        "\r\n    }\n}\n',
    "a change of checks that is an empty word": 'global_defs {\n    include_check match ""\n}\n',
    "a check that is an empty word": 'global_defs{include_check""',
    "a user with backslashes": "vrrp_instance VI_1 {\n    virtual_router_id 51\n    notify /bin/true \\\\\n}\n",
    "a user that is one Unicode space": "vrrp_sync_group G1 {\n    notify /bin/true \u2028\n}\n",
    "a comment behind a brace of a condition": '@"\t\udcff}#',
    "bytes that are no UTF-8": "vrrp_instance VI_\udce4 {\n    # \udcff\n    unknown \udc80\udc81\n}\n",
}
