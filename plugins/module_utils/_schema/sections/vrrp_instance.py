# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of vrrp_instance and of its blocks authentication and auth_hmac (data only)."""

from __future__ import annotations

from .. import addresses, entries, routes
from ..dated import choice
from ..row import (
    BLOCK,
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    INT,
    INTERFACE,
    IP,
    LINES,
    SCRIPT_USER,
    STRING,
    WORDS,
    Alias,
    Row,
    Section,
    name,
)
from ..words import INT_MAX, TIMER_MAX, UINT_MAX
from .tracking import NOTIFICATION, SMTP_ALERT, TRACKING

_GLOBAL = "the global value"

SECTION = Section(
    "vrrp_instance",
    (
        name("Name of the instance."),
        # -- the election
        Row(
            "state",
            ENUM,
            "State after the start; the priority decides soon after, so V(BACKUP) on all hosts is right.",
            choices=("MASTER", "BACKUP"),
            default="BACKUP",
        ),
        Row(
            "interface",
            INTERFACE,
            "Interface on which adverts are sent and the virtual addresses are held.",
        ),
        Row(
            "virtual_router_id",
            INT,
            "Number of the virtual router (VRID), the same on all its hosts and unique on the network segment.",
            minimum=1,
            maximum=255,
            required=True,
            remedy="Choose a number from 1 to 255 that is unused on the segment.",
        ),
        Row(
            "priority",
            INT,
            "Priority in the election, the highest wins; 255 is the owner of the addresses.",
            minimum=1,
            maximum=255,
            default="100, with state MASTER 255",
        ),
        Row(
            "version",
            INT,
            "VRRP version; 3 allows intervals below one second, and C(auth_hmac) but no C(authentication).",
            minimum=2,
            maximum=3,
            default=_GLOBAL,
        ),
        Row(
            "advert_int",
            DECIMAL,
            "Interval of the adverts, whole seconds with version 2, 0.01 to 40.95 with version 3.",
            unit="seconds",
            minimum=0.01,
            maximum=255,
            default="1",
        ),
        Row(
            "down_timer_adverts",
            INT,
            "Number of adverts that must be missed before a backup takes over.",
            minimum=1,
            maximum=100,
            default=_GLOBAL,
            since=(2, 2, 3),
        ),
        Row("preempt", FLAG, "Takes the addresses back from a lower priority, which is the default."),
        Row(
            "nopreempt",
            FLAG,
            "Leaves the addresses with a lower priority that holds them; needs C(state BACKUP).",
        ),
        Row(
            "preempt_delay",
            DECIMAL,
            "Time to wait before the addresses are taken back.",
            unit="seconds",
            minimum=0,
            maximum=1000,
            default="0",
        ),
        Row(
            "timer_expired_backup",
            INT,
            "Priority up to which a master steps back to backup when it notices that it ran too late, V(true) for 254.",
            minimum=1,
            maximum=254,
            optional=True,
            since=(2, 2, 8),
            aliases=(Alias("thread_timer_expired", (2, 3, 2)),),
        ),
        Row(
            "owner_ignore_adverts",
            BOOL,
            "Whether the address owner (priority 255) ignores all adverts.",
            default=_GLOBAL,
            since=(2, 3, 3),
        ),
        Row(
            "lower_prio_no_advert",
            BOOL,
            "Whether a master keeps silent when it receives an advert with a lower priority.",
            default=_GLOBAL,
        ),
        Row(
            "higher_prio_send_advert",
            BOOL,
            "Whether a master answers an advert with a higher priority before it becomes backup.",
            default=_GLOBAL,
        ),
        Row("strict_mode", BOOL, "Whether the instance keeps strictly to the VRRP standard.", default=_GLOBAL),
        Row(
            "native_ipv6",
            FLAG,
            "Makes the instance use IPv6 and version 3, which its addresses do by themselves.",
        ),
        # -- the interface
        Row("vrf", INTERFACE, "VRF of a unicast instance without an interface.", since=(2, 2, 5)),
        Row(
            "use_vmac",
            WORDS,
            "Holds the addresses on an interface with the virtual MAC address; V(true) or its name and MAC address.",
            entry=addresses.VMAC,
            default="name vrrp.VRID",
            optional=True,
        ),
        Row(
            "use_vmac_addr",
            FLAG,
            "Uses a VMAC interface also for addresses on other interfaces.",
            since=(2, 2, 0),
        ),
        Row("vmac_xmit_base", FLAG, "Sends and receives adverts on the base interface instead of the VMAC."),
        Row(
            "use_ipvlan",
            WORDS,
            "Holds the addresses on an ipvlan interface; V(true) or its name, its address and its mode.",
            entry=addresses.IPVLAN,
            optional=True,
            since=(2, 0, 17),
        ),
        Row("dont_track_primary", FLAG, "Keeps running when the interface is down."),
        Row(
            "linkbeat_use_polling",
            FLAG,
            "Polls the link state of the interface.",
            deprecated="Use the block linkbeat_interfaces.",
        ),
        Row(
            "promote_secondaries",
            FLAG,
            "Sets the kernel's promote_secondaries, so that removing one address does not remove others.",
        ),
        # -- addresses of the packets
        Row(
            "mcast_src_ip",
            IP,
            "Source address of multicast adverts.",
            default="the first address of the interface",
            source=True,
        ),
        Row(
            "mcast_dst_ip",
            WORDS,
            "Multicast group of the adverts.",
            entry=addresses.MULTICAST,
            default=_GLOBAL,
            since=(2, 2, 5),
        ),
        Row(
            "unicast_src_ip",
            IP,
            "Source address of unicast adverts.",
            default="the first address of the interface",
            source=True,
        ),
        Row("track_src_ip", FLAG, "Goes to FAULT when the source address is not on the host."),
        Row(
            "unicast_peer",
            LINES,
            "Addresses of all other members; adverts then go to them instead of the multicast group.",
            entry=addresses.UNICAST_PEER,
        ),
        Row(
            "unicast_ttl",
            INT,
            "TTL of unicast adverts.",
            minimum=0,
            maximum=255,
            default="255",
            since=(2, 1, 0),
        ),
        Row(
            "unicast_fault_no_peer",
            FLAG,
            "Goes to FAULT instead of using multicast when there is no usable peer.",
            since=(2, 2, 5),
        ),
        Row("check_unicast_src", FLAG, "Accepts unicast adverts from the peers only.", since=(2, 1, 0)),
        Row(
            "old_unicast_checksum",
            ENUM,
            "Uses the VRRPv3 checksum of versions up to 1.3.6; V(never) does not even recognise it.",
            choices=("never",),
            optional=True,
        ),
        Row(
            "v3_checksum_as_v2",
            BOOL,
            "Whether VRRPv3 checksums are computed without the pseudo header.",
            default=_GLOBAL,
            since=(2, 2, 8),
        ),
        # "skip_check_adv_addr off" switches it on from 2.2.5, so the keyword is only ever written without a value
        Row(
            "skip_check_adv_addr",
            FLAG,
            "Compares the addresses in an advert only when the master has changed.",
            default=_GLOBAL,
        ),
        Row(
            "kernel_rx_buf_size",
            INT,
            "Receive buffer for adverts.",
            unit="bytes",
            minimum=0,
            maximum=UINT_MAX,
            default=_GLOBAL,
        ),
        # -- authentication
        Row("authentication", BLOCK, "Password of the adverts, with version 2 only and not beside C(auth_hmac)."),
        Row("auth_hmac", BLOCK, "Keyed hashes of the adverts, with versions 2 and 3.", since=(2, 4, 0)),
        # -- what moves
        Row(
            "virtual_ipaddress",
            LINES,
            "Addresses that the master holds and that the adverts name, all of one family.",
            entry=addresses.VIRTUAL_ADDRESS,
        ),
        Row(
            "virtual_ipaddress_excluded",
            LINES,
            "Addresses that the master holds and that the adverts do not name.",
            entry=addresses.VIRTUAL_ADDRESS,
        ),
        Row(
            "no_virtual_ipaddress",
            FLAG,
            "Says that an instance without addresses is meant.",
            since=(2, 2, 8),
        ),
        Row("virtual_routes", LINES, "Routes that the master holds.", entry=routes.ROUTE),
        Row("virtual_rules", LINES, "Routing rules that the master holds.", entry=routes.RULE),
        Row("accept", FLAG, "Accepts packets to the virtual addresses although the standard forbids it."),
        Row("no_accept", FLAG, "Drops packets to the virtual addresses, for routers only."),
        # -- gratuitous ARP
        Row(
            "garp_master_delay",
            INT,
            "Time between the first and the second burst of gratuitous ARPs of a new master, 0 for no second.",
            unit="seconds",
            minimum=0,
            maximum=TIMER_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_master_repeat",
            INT,
            "Number of gratuitous ARPs in a burst of a new master.",
            minimum=1,
            maximum=UINT_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_master_refresh",
            INT,
            "Interval in which a master repeats its gratuitous ARPs, 0 for never.",
            unit="seconds",
            minimum=0,
            maximum=UINT_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_master_refresh_repeat",
            INT,
            "Number of gratuitous ARPs in each refresh.",
            minimum=1,
            maximum=UINT_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_lower_prio_delay",
            INT,
            "Time between the bursts of gratuitous ARPs after an advert with a lower priority.",
            unit="seconds",
            minimum=0,
            maximum=TIMER_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_lower_prio_repeat",
            INT,
            "Number of gratuitous ARPs in a burst after an advert with a lower priority.",
            minimum=0,
            maximum=INT_MAX,
            default=_GLOBAL,
        ),
        Row(
            "garp_extra_if",
            WORDS,
            "Interval of gratuitous ARPs on VMAC interfaces, after C(all) on every interface with an address.",
            unit="seconds",
            entry=entries.EXTRA_GARP,
            default=_GLOBAL,
            since=(2, 2, 3),
            aliases=(Alias("vmac_garp_intvl", (2, 2, 0)),),
        ),
        # -- what is watched
        *TRACKING,
        Row(
            "lvs_sync_daemon_interface",
            INTERFACE,
            "Interface of the daemon that copies IPVS connections.",
            deprecated="Use lvs_sync_daemon in global_defs, or drop it when there is no IPVS.",
        ),
        # -- who is told
        *NOTIFICATION,
        Row(
            "notify_master_rx_lower_pri",
            SCRIPT_USER,
            "Command that runs when a master receives an advert with a lower priority.",
            first_wins=True,
        ),
        Row(
            "notify_deleted",
            SCRIPT_USER,
            "Command that runs when a reload has removed the instance; V(true) only reports DELETED instead of FAULT.",
            optional=True,
            since=(2, 1, 0),
        ),
        Row(
            "notify_priority_changes",
            BOOL,
            "Whether changes of priority are written to the pipes.",
            default=_GLOBAL,
            since=(2, 0, 16),
        ),
        SMTP_ALERT,
        Row("debug", INT, "Level of debugging messages.", minimum=0, maximum=4, default="0"),
    ),
)

AUTHENTICATION = Section(
    "vrrp_instance/authentication",
    (
        Row(
            "auth_type",
            ENUM,
            "V(PASS) sends the password in clear, V(AH) is not recommended.",
            choices=("PASS", "AH"),
            default="no authentication",
        ),
        # a longer one is cut by the daemon
        Row(
            "auth_pass", STRING, "Password, the same on all members.", maximum=8, secret=True, former=("auth_password",)
        ),
    ),
)

AUTH_HMAC = Section(
    "vrrp_instance/auth_hmac",
    (
        Row(
            "key",
            WORDS,
            "Keys by number, 32 to 64 bytes each, as hexadecimal digits, as text, or in a file that only root can "
            "read.",
            entry=entries.HMAC_KEY,
            repeatable=True,
            secret=True,
            remedy="Write a number from 1 to 255, and 32 to 64 bytes: hex: and what openssl rand -hex 32 gives.",
        ),
        Row(
            "active_key",
            INT,
            "Number of the key that signs own adverts; without it nothing is signed or checked.",
            minimum=1,
            maximum=255,
        ),
        Row(
            "mode",
            ENUM,
            "Whether unsigned adverts are rejected; V(permissive) accepts them, V(receive-only) does and signs none.",
            choices=("enforce", "permissive", "receive-only"),
            default="enforce",
            dated=(choice("receive-only", (2, 4, 2)),),
        ),
        Row(
            "anti_replay",
            ENUM,
            "How repeated adverts are recognised.",
            choices=("time", "monotonic"),
            default="time",
        ),
        Row(
            "time_window",
            INT,
            "How far the clocks of the members may differ with C(anti_replay time).",
            unit="seconds",
            minimum=1,
            maximum=300,
            default="three times C(advert_int), 5 at least",
        ),
    ),
)
