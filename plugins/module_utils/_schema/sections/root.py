# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of the top level, in the order they are written: definitions before their use (data only)."""

from __future__ import annotations

from .. import addresses, entries, routes
from ..row import BLOCK, FLAG, INT, LINES, NAMED, STRING, Alias, Row, Section
from ..words import UINT_MAX

SECTION = Section(
    "",
    (
        # -- the daemon
        Row(
            "instance",
            STRING,
            "Name of this keepalived when several run on the host; only a restart changes it.",
            first_wins=True,
        ),
        Row(
            "net_namespace",
            STRING,
            "Network namespace in which keepalived runs; only a restart changes it.",
            first_wins=True,
        ),
        Row(
            "net_namespace_ipvs",
            STRING,
            "Network namespace of the IPVS table, V(true) for the host's own.",
            optional=True,
            since=(2, 1, 0),
        ),
        Row("namespace_with_ipsets", FLAG, "Uses ipsets in a network namespace also on kernels before 3.13."),
        Row("use_pid_dir", FLAG, "Puts the PID files into C(/run/keepalived)."),
        Row(
            "child_wait_time",
            INT,
            "Time the parent waits for its processes when it stops.",
            unit="seconds",
            minimum=0,
            maximum=UINT_MAX,
            default="5",
        ),
        Row("linkbeat_use_polling", FLAG, "Polls the link state of all interfaces instead of waiting for events."),
        # -- blocks
        Row("global_defs", BLOCK, "Settings of the whole daemon."),
        Row(
            "linkbeat_interfaces",
            LINES,
            "Interfaces whose link state is polled.",
            entry=entries.LINKBEAT_INTERFACE,
            since=(2, 0, 13),
        ),
        Row(
            "interface_up_down_delays",
            LINES,
            "Times an interface must be down, and up again, before keepalived believes it.",
            unit="seconds",
            entry=entries.UP_DOWN_DELAYS,
            since=(2, 2, 3),
        ),
        Row(
            "garp_group",
            BLOCK,
            "Pauses between gratuitous ARPs, for switches that cannot take them fast.",
            repeatable=True,
        ),
        Row(
            "track_group",
            BLOCK,
            "Instances that watch static addresses, routes and rules.",
            repeatable=True,
            heads=NAMED,
        ),
        Row(
            "static_ipaddress",
            LINES,
            "Addresses that keepalived sets at its start and that do not move.",
            entry=addresses.STATIC_ADDRESS,
        ),
        Row(
            "static_routes",
            LINES,
            "Routes that keepalived sets at its start and that do not move.",
            entry=routes.STATIC_ROUTE,
        ),
        Row(
            "static_rules",
            LINES,
            "Routing rules that keepalived sets at its start and that do not move.",
            entry=routes.STATIC_RULE,
        ),
        Row(
            "vrrp_script", BLOCK, "Commands that decide about the priority or the state.", repeatable=True, heads=NAMED
        ),
        Row(
            "track_file",
            BLOCK,
            "Files whose number decides about the priority or the state.",
            repeatable=True,
            heads=NAMED,
            since=(2, 1, 0),
            aliases=(Alias("vrrp_track_file"),),
        ),
        Row(
            "vrrp_track_process",
            BLOCK,
            "Processes that decide about the priority or the state.",
            repeatable=True,
            heads=NAMED,
            since=(2, 0, 11),
        ),
        Row("bfd_instance", BLOCK, "Sessions of bidirectional forwarding detection.", repeatable=True, heads=NAMED),
        Row("vrrp_sync_group", BLOCK, "Instances that change their state together.", repeatable=True, heads=NAMED),
        Row("vrrp_instance", BLOCK, "Virtual routers.", repeatable=True, heads=NAMED),
        Row("SSL", BLOCK, "What C(SSL_GET) shows to the real servers."),
        Row(
            "virtual_server_group",
            BLOCK,
            "Addresses and firewall marks that are one virtual server.",
            repeatable=True,
            heads=NAMED,
        ),
        Row(
            "virtual_server",
            BLOCK,
            "Services whose connections IPVS hands to real servers.",
            repeatable=True,
            heads=(("group", "<group>"), ("fwmark", "<fwmark>"), ("<ip>", "<port>"), ("<ip>",)),
            distinct=("protocol", "ip_family"),
        ),
    ),
)
