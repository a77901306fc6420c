# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell people of a split brain: by a command, and by mail as keepalived mails its changes of state.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import email.message
import pwd
import smtplib
import socket
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import as_user, run
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.split_brain import BEGIN, Event

TIMEOUT = 30
SMTP_PORT = "25"


class Mail(NamedTuple):
    """Where keepalived sends its mails (global_defs); the port is a number or the name of a service."""

    server: str
    port: str
    sender: str
    recipients: List[str]
    router_id: str


def mail_of(config: Dict[str, Any], host: str) -> Optional[Mail]:
    """Return where a configuration has mails of VRRP sent, C(None) when it has none sent."""
    given = config.get("global_defs") or {}
    recipients = [str(each) for each in given.get("notification_email") or []]
    words = str(given.get("smtp_server") or "").split()
    if not recipients or not words or not given.get("smtp_alert_vrrp", given.get("smtp_alert", False)):
        return None
    return Mail(words[0], words[1] if len(words) > 1 else SMTP_PORT,
                str(given.get("notification_email_from") or "root@%s" % host), recipients,
                str(given.get("router_id") or host))


def message(mail: Mail, event: Event) -> email.message.EmailMessage:
    """Return the mail of an event; its subject begins as those of keepalived do."""
    found = email.message.EmailMessage()
    found["Subject"] = "[%s] Split brain of %s - %s" % (
        mail.router_id, event.address, "two hosts hold it" if event.kind == BEGIN else "has ended")
    found["From"] = mail.sender
    found["To"] = ", ".join(mail.recipients)
    found.set_content(str(event) + "\n")
    return found


def _send(mail: Mail, event: Event) -> None:
    """:raises OSError: the mail is not taken, or there is no such port."""
    port = int(mail.port) if mail.port.isdigit() else socket.getservbyname(mail.port, "tcp")
    with smtplib.SMTP(mail.server, port, timeout=TIMEOUT) as server:
        server.send_message(message(mail, event))


def _run(command: str, user: str, event: Event) -> None:
    """Run the command with C(SPLIT_BRAIN), the address, the event and the cards as arguments.

    :raises OSError: it fails; the message says how.
    :raises KeyError: there is no such user.
    """
    account = pwd.getpwnam(user)
    arguments = [command, "SPLIT_BRAIN", event.address, event.kind, *event.cards]
    outcome = run([*as_user(account.pw_uid, account.pw_gid), *arguments], TIMEOUT)
    if outcome.timed_out or outcome.code:
        how = "has not ended after %d s" % TIMEOUT if outcome.timed_out else "ended with %d" % outcome.code
        raise OSError("%s %s: %s" % (command, how, outcome.output.strip()))


def tell(event: Event, mail: Optional[Mail], command: str, user: str, log: Callable[[str], None]) -> None:
    """Send the mail and run the command, each beside the watcher, which goes on asking."""

    def guarded(what: str, action: Callable[..., None], *arguments: Any) -> None:
        try:
            action(*arguments, event)
        except (OSError, KeyError, smtplib.SMTPException) as error:
            log("%s of the split brain of %s failed: %s" % (what, event.address, error))

    if mail:
        threading.Thread(target=guarded, args=("The mail", _send, mail)).start()
    if command:
        threading.Thread(target=guarded, args=("The command", _run, command, user)).start()
