# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for global_defs.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import Block, Configuration, sync_daemon
from .registry import Said, rule

SECTION = "global_defs"
# What asks for mails, the latter two only in global_defs, and where else.
ALERTS = ("smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker")
ASKING = ("vrrp_sync_group", "vrrp_instance", "virtual_server", "virtual_server/real_server")


@rule("mail-incomplete", WARNING, "Without both notification_email and smtp_server no mail is sent.",
      "core/smtp.c:599, run", SECTION, *ASKING)
def mail_incomplete(configuration: Configuration, block: Block) -> Said:
    globals_ = configuration.globals
    if block is globals_:
        for have, need in (("notification_email", "smtp_server"), ("smtp_server", "notification_email")):
            if globals_.has(have) and globals_.lacks(need):
                yield f"{have} without {need}: no mail is sent.", f"Set {need}, or remove {have}.", have
    if globals_.lacks("notification_email") and globals_.lacks("smtp_server") and not configuration.root.is_open:
        for asking in ALERTS:
            if block.get(asking):
                yield (f"{asking} without notification_email and smtp_server: no mail is sent.",
                       f"Set notification_email and smtp_server in global_defs, or remove {asking}.", asking)


def _asks(block: Block) -> bool:
    """Say whether a block may ask for mails."""
    return any(block.get(keyword) or block.has_raw(keyword) for keyword in ALERTS)


@rule("mail-never-sent", WARNING, "keepalived mails nothing of an instance unless smtp_alert asks for it.",
      "vrrp/vrrp.c:3237, check/check_data.c:1155, run", SECTION)
def mail_never_sent(configuration: Configuration, globals_: Block) -> Said:
    """Real servers alone are mailed about by themselves, unless smtp_alert or smtp_alert_checker is off."""
    if not (globals_.has("notification_email") and globals_.has("smtp_server")) or configuration.root.is_open:
        return
    by_default = not any(globals_.get(keyword) is False for keyword in ("smtp_alert", "smtp_alert_checker"))
    servers = configuration.blocks("virtual_server/real_server")
    if by_default and any(server.get("smtp_alert") is not False for server in servers):
        return
    if not any(_asks(block) for section in (SECTION, *ASKING) for block in configuration.blocks(section)):
        yield "notification_email is set, and nothing sends mail.", "Set smtp_alert.", "notification_email"


@rule("smtp-server-name", WARNING, "keepalived resolves the name of smtp_server while it reads the file, and waits.",
      "core/global_parser.c:220", SECTION)
def smtp_server_name(_configuration: Configuration, globals_: Block) -> Said:
    server = str(globals_.get("smtp_server", "")).partition(" ")[0]
    if not server or "$" in server:
        return
    try:
        ipaddress.ip_address(server)
    except ValueError:
        yield (f"smtp_server {server} is a name: every start and reload waits for its resolution.",
               "Write its IP address.", "smtp_server")


@rule("sync-daemon-undefined", ERROR, "keepalived starts no sync daemon for a vrrp_instance that does not exist.",
      "vrrp/vrrp.c:4766, run", SECTION)
def sync_daemon_undefined(configuration: Configuration, globals_: Block) -> Said:
    """Only the log says so, not the config test."""
    daemon, known = sync_daemon(globals_.get("lvs_sync_daemon")), configuration.defined("vrrp_instance")
    if daemon is None or not daemon.instance or "$" in daemon.instance or configuration.root.is_open:
        return
    if daemon.instance not in known:
        names = ", ".join(known) or "none"
        yield f"lvs_sync_daemon follows {daemon.instance}, which is no vrrp_instance, and does not start.", \
              f"Correct the name (there are: {names}), or define it.", "lvs_sync_daemon"
