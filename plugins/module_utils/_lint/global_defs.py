# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for global_defs.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING

from .model import Block, Configuration
from .registry import Said, rule

SECTION = "global_defs"


@rule("mail-incomplete", WARNING, "Without both notification_email and smtp_server no mail is sent.",
      "core/global_parser.c, run", SECTION)
def mail_incomplete(_configuration: Configuration, globals_: Block) -> Said:
    for have, need in (("notification_email", "smtp_server"), ("smtp_server", "notification_email")):
        if globals_.has(have) and globals_.lacks(need):
            yield f"{have} without {need}: no mail is sent.", f"Set {need}, or remove {have}.", have


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
