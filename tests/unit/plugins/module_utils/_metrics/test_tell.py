# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A split brain is told by mail and to a program."""

from __future__ import annotations

import getpass
import threading

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import tell
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.split_brain import BEGIN, END, Event

GLOBAL = {"notification_email": ["admin@example.com", "oncall@example.com"], "smtp_server": "192.0.2.25",
          "notification_email_from": "keepalived@example.com", "smtp_alert": True, "router_id": "lb1"}
EVENT = Event(BEGIN, "198.18.0.100", ["02:42:c6:12:00:12"], 3.0, True)
USER = getpass.getuser()
PROGRAM = """\
#!/bin/sh
echo "$*" >>"{}"
"""


def test_the_mail_goes_where_keepalived_sends_its_own():
    mail = tell.mail_of({"global_defs": GLOBAL}, "host")
    message = tell.message(mail, EVENT)
    assert (mail.server, mail.port, message["From"]) == ("192.0.2.25", "25", "keepalived@example.com")
    assert message["To"] == "admin@example.com, oncall@example.com"
    assert message["Subject"] == "[lb1] Split brain of 198.18.0.100 - two hosts hold it"
    assert "02:42:c6:12:00:12" in message.get_content()
    assert tell.message(mail, EVENT._replace(kind=END))["Subject"].endswith("has ended")


@pytest.mark.parametrize("change", [
    {"notification_email": []}, {"smtp_server": None}, {"smtp_alert": False}, {"smtp_alert_vrrp": False}])
def test_where_keepalived_mails_nothing_of_vrrp_neither_does_the_watcher(change):
    assert tell.mail_of({"global_defs": dict(GLOBAL, **change)}, "host") is None
    assert tell.mail_of({}, "host") is None


def test_the_port_of_the_server_and_the_sender_that_keepalived_would_take():
    given = {key: value for key, value in GLOBAL.items() if key not in ("notification_email_from", "router_id")}
    mail = tell.mail_of({"global_defs": dict(given, smtp_server="192.0.2.25 2525")}, "host")
    assert (mail.port, mail.sender, mail.router_id) == ("2525", "root@host", "host")


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Return a function that tells a program, and what it was told and what was logged."""
    monkeypatch.setattr(tell, "as_user", lambda user, group: [])
    program = tmp_path / "program"
    program.write_text(PROGRAM.format(tmp_path / "told"))
    program.chmod(0o755)

    def run(user=USER, text=None, mail=None):
        if text:
            program.write_text(text)
        logged = []
        tell.tell(EVENT, mail, str(program), user, logged.append)
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(20)
        path = tmp_path / "told"
        return path.read_text() if path.exists() else "", logged

    return run


def test_the_program_gets_the_address_the_event_and_the_cards(told):
    assert told() == ("SPLIT_BRAIN 198.18.0.100 begin 02:42:c6:12:00:12\n", [])


@pytest.mark.parametrize("user, text, why", [
    ("unknown", None, "unknown"), (USER, "#!/bin/sh\necho no >&2\nexit 3\n", "ended with 3: no")])
def test_a_program_that_fails_is_logged(told, user, text, why):
    dummy, (line,) = told(user, text)
    assert line.startswith("The command of the split brain of 198.18.0.100 failed: ") and why in line


@pytest.mark.parametrize("port", ["9", "nonsense"])
def test_a_mail_server_that_is_not_there_is_logged_and_hinders_nothing(told, port):
    mail = tell.Mail("127.0.0.1", port, "a@example.com", ["b@example.com"], "lb1")
    text, (line,) = told(mail=mail)
    assert text and line.startswith("The mail of the split brain of 198.18.0.100 failed: ")
