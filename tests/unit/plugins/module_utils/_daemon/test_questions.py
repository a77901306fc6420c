# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the units say that the services are asked."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.questions import question, questions

UNIT = ("[Service]\nExecStart=/usr/bin/python3 -I /usr/local/sbin/keepalived-check --unit=nginx.service "
        '--file=/run/keepalived-track/nginx.answer --interval=0.2 --max-time=0.14 --fall=2 --rise=3 "%s"\n')
FOUND = {"url": "http://127.0.0.1/", "file": "/run/keepalived-track/nginx.answer", "interval": 0.2, "max_time": 0.14,
         "fall": 2, "rise": 3}


@pytest.mark.parametrize(("written", "url"), [
    ("http://127.0.0.1/", "http://127.0.0.1/"), ("http://127.0.0.1/a%%20b$$c", "http://127.0.0.1/a%20b$c")])
def test_a_unit_of_the_role(written, url):
    assert question(UNIT % written) == dict(FOUND, url=url)


@pytest.mark.parametrize("text", [
    "", "[Service]\n", "ExecStart=\n", "ExecStart=/bin/sleep 1\n", 'ExecStart="\n',
    UNIT.replace("--fall=2", "--fall=x") % "http://127.0.0.1/", UNIT.replace("--file", "--files") % "http://127.0.0.1/",
    UNIT.replace("/usr/local/sbin", "/opt") % "http://127.0.0.1/"])
def test_another_unit_asks_nothing(text):
    assert question(text) is None


def test_the_units_of_a_host(tmp_path):
    (tmp_path / "keepalived-check-nginx.service").write_text(UNIT % "http://127.0.0.1/")
    (tmp_path / "keepalived-check-own.service").write_text("[Service]\nExecStart=/bin/true\n")
    (tmp_path / "other.service").write_text(UNIT % "http://127.0.0.1/")
    assert questions(str(tmp_path)) == [FOUND]
    assert questions(str(tmp_path / "none")) == []
