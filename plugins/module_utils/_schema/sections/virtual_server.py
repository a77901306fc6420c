# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of virtual_server: a service whose connections IPVS hands to real servers (data only)."""

from __future__ import annotations

from .. import addresses, entries
from ..dated import Dated, choice, over
from ..row import (
    BLOCK,
    BOOL,
    ENUM,
    FLAG,
    HEAD,
    INT,
    IP,
    SCRIPT_USER,
    STRING,
    WORDS,
    Alias,
    Row,
    Section,
)
from ..words import INT_MAX, UINT_MAX
from .checker import CONNECT_TIMEOUT, DEFAULTS, RETRIES, VIRTUAL_HOST

_PORT = "Write the port behind the address."
_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos")
# the kernel's limit, 31 days (ip_vs_ctl.c)
_LONGEST_PERSISTENCE = 31 * 86400
# IP_VS_PENAME_MAXLEN (linux/ip_vs.h)
_ENGINE_NAME = 16

SECTION = Section(
    "virtual_server",
    (
        Row("ip", IP, "Address of the service.", place=HEAD),
        Row(
            "port",
            INT,
            "Port of the service, none or 0 for all ports of a persistent one.",
            place=HEAD,
            minimum=0,
            maximum=65535,
        ),
        Row("fwmark", INT, "Firewall mark of the packets.", place=HEAD, minimum=1, maximum=UINT_MAX),
        Row("group", STRING, "Name of a C(virtual_server_group).", place=HEAD),
        # -- the service
        Row(
            "ip_family",
            ENUM,
            "Address family of a firewall mark whose real servers are all tunnelled.",
            choices=("inet", "inet6"),
            default="the family of the real servers",
        ),
        Row(
            "protocol",
            ENUM,
            "Protocol of the service, always to be given except for a firewall mark.",
            choices=("TCP", "UDP", "SCTP"),
            default="UDP, with a message",
            any_case=True,
        ),
        # the flags of a scheduler count after it only
        Row(
            "lb_algo",
            ENUM,
            "Scheduler that chooses the real server.",
            choices=_SCHEDULERS,
            default="wlc, with a message",
            aliases=(Alias("lvs_sched"),),
            dated=(choice("twos", (2, 2, 5)),),
        ),
        Row("sh_port", FLAG, "Scheduler sh hashes the source port too.", written="sh-port"),
        Row(
            "sh_fallback",
            FLAG,
            "Scheduler sh takes another real server when the chosen one has weight 0.",
            written="sh-fallback",
        ),
        Row("mh_port", FLAG, "Scheduler mh hashes the source port too.", written="mh-port", since=(2, 0, 20)),
        Row(
            "mh_fallback",
            FLAG,
            "Scheduler mh takes another real server when the chosen one has weight 0.",
            written="mh-fallback",
            since=(2, 0, 20),
        ),
        Row("flag_1", FLAG, "Sets the first flag of the scheduler.", written="flag-1"),
        Row("flag_2", FLAG, "Sets the second flag of the scheduler.", written="flag-2"),
        Row("flag_3", FLAG, "Sets the third flag of the scheduler.", written="flag-3"),
        Row("hashed", FLAG, "Has no effect.", deprecated="Remove it."),
        Row("ops", FLAG, "Chooses a real server for every single packet, with UDP only."),
        # the servers below take it over where they stand after it only
        Row(
            "lb_kind",
            WORDS,
            "How packets reach the real servers; V(DR) and V(TUN) cannot change the port.",
            entry=entries.FORWARDING,
            default="NAT, with a message",
            aliases=(Alias("lvs_method"),),
        ),
        Row(
            "persistence_timeout",
            INT,
            "How long a client keeps its real server, V(true) for 360.",
            unit="seconds",
            minimum=1,
            maximum=_LONGEST_PERSISTENCE,
            default="no persistence",
            optional=True,
            former=("persistence_time",),
        ),
        Row(
            "persistence_granularity",
            WORDS,
            "Which clients count as one, as a netmask (IPv4) or a prefix length (IPv6).",
            entry=entries.GRANULARITY,
            default="every address for itself",
        ),
        Row(
            "persistence_engine",
            STRING,
            "What tells clients apart instead of their address, such as V(sip).",
            maximum=_ENGINE_NAME,
        ),
        # -- health
        *DEFAULTS,
        RETRIES,
        CONNECT_TIMEOUT,
        Row("inhibit_on_failure", FLAG, "Gives a failed real server weight 0 instead of removing it."),
        Row("alpha", FLAG, "Takes a real server as down until its first check has succeeded."),
        Row("omega", FLAG, "Runs the scripts of the real servers and of the quorum also when keepalived stops."),
        Row("ha_suspend", FLAG, "Checks nothing while the address of the service is not on this host."),
        VIRTUAL_HOST,
        # -- the pool
        Row(
            "weight",
            INT,
            "Weight of real servers that name none.",
            minimum=1,
            maximum=INT_MAX,
            default="1",
            dated=(over(65535, (2, 1, 0)),),
        ),
        Row(
            "quorum",
            INT,
            "Sum of the weights below which the service counts as down.",
            minimum=1,
            maximum=UINT_MAX,
            default="1",
        ),
        Row(
            "hysteresis",
            INT,
            "How far the sum must rise above the quorum to count again, and fall below to be lost.",
            minimum=0,
            maximum=UINT_MAX,
            default="0",
        ),
        Row("quorum_up", SCRIPT_USER, "Command that runs when the quorum is reached.", first_wins=True),
        Row("quorum_down", SCRIPT_USER, "Command that runs when the quorum is lost.", first_wins=True),
        Row(
            "smtp_alert",
            BOOL,
            "Whether mails are sent about the quorum.",
            default="the global value",
        ),
        Row("snmp_name", STRING, "Name of the service in SNMP.", since=(2, 2, 3)),
        # its two options count after it only
        Row("sorry_server", WORDS, "Server that answers while the quorum is lost.", entry=addresses.SERVER),
        Row(
            "sorry_server_inhibit",
            FLAG,
            "Gives the sorry server weight 0 instead of removing it; rarely what is meant.",
        ),
        Row(
            "sorry_server_lvs_method",
            WORDS,
            "How packets reach the sorry server.",
            entry=entries.FORWARDING,
            default="C(lb_kind)",
        ),
        Row(
            "real_server",
            BLOCK,
            "Servers that do the work.",
            repeatable=True,
            heads=(("<ip>", "<port>"), ("<ip>",)),
            dated=(Dated("without a port", lambda block: "ip" in block and not block.get("port"), (2, 0, 15), _PORT),),
        ),
    ),
)
