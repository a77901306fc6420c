# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks drain and restore on this machine as a director without a daemon, while all other hosts are dead."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._edit_drain import record

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
CHECK = "        TCP_CHECK {\n        }\n    }\n"
TEXT = ("virtual_server 198.18.0.100 80 {\n    protocol TCP\n    lb_algo rr\n    lb_kind DR\n"
        "    real_server 198.18.0.21 80 {\n        weight 3\n" + CHECK
        + "".join(f"    real_server 198.18.0.2{number} 80 {{\n{CHECK}" for number in (2, 3)) + "}\n")
# Files and a network of its own
SETUP = """
set -e
mkdir -p /etc/keepalived /var/lib/openvip
mount -t tmpfs tmpfs /etc/keepalived
mount -t tmpfs -o mode=700 tmpfs /var/lib/openvip
mount -t tmpfs tmpfs /run
cat "$1" >/etc/keepalived/keepalived.conf
file=$1; shift
"$@" || code=$?
cat /etc/keepalived/keepalived.conf >"$file"
exit ${code:-0}
"""
AWAY = {"ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def play(play_without_daemon, tmp_path):
    """Run one of the playbooks; the file of the director lasts from one to the next."""
    path = tmp_path / "keepalived.conf"
    path.write_text(TEXT)
    (tmp_path / "web.yml").write_text(yaml.safe_dump({"web": {"hosts": {
        "web1": {**AWAY, "keepalived_real_server": {"ip": "198.18.0.21"}}, "web2": AWAY}}}))
    environment = dict(os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8",
                       HOME=str(tmp_path), ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"), ANSIBLE_FORCE_COLOR="0",
                       ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))

    def run(playbook, variables="", *options):
        done = subprocess.run(
            ["unshare", "--net", "--mount", "sh", "-c", SETUP, "setup", str(path), sys.executable, "-m", "ansible",
             "playbook", "-i", str(tmp_path / "hosts.yml"), "-i", str(tmp_path / "web.yml"),
             str(REPOSITORY / "playbooks" / f"{playbook}.yml"), "--extra-vars", variables or "{}", *options],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, path.read_text()

    return run


def names(text):
    return sorted(each.name for each in record(text).drained)


def test_drains_are_added_and_taken_back_by_name(play):
    code, output, text = play("drain", "real_server=web1")
    assert code == 0 and "web1 has 0 connections on lb1" in output and "Not reached: lb2." in output, output
    assert names(text) == ["web1"] and ": weight 3\n" in text
    code, output, text = play("drain", "real_server=198.18.0.22")
    assert code == 0 and names(text) == ["198.18.0.22", "web1"], output
    first = record(text)
    code, output, text = play("drain", "real_server=web1")
    assert code == 0 and "web1 is drained already, by " in output and record(text) == first, output
    code, output, text = play("restore", "real_server=web1")
    assert code == 0 and names(text) == ["198.18.0.22"] and "        weight 3\n" in text, output
    # lb2 may still remember it
    assert [each.name for each in record(text).restored] == ["web1"]
    code, output, text = play("restore")
    assert code == 0 and names(text) == [] and text.startswith(TEXT), output


@pytest.mark.parametrize(("variables", "said"), [
    ("", "real_server is empty."), ("real_server=web2", "web2: no director has a real_server with an address of it"),
    ("real_server=web9", "the inventory has no such host"),
])
def test_what_is_no_real_server_is_refused_and_nothing_changes(play, variables, said):
    code, output, text = play("drain", variables)
    assert code != 0 and said in " ".join(output.split()) and text == TEXT, output


def test_check_mode_changes_nothing_and_shows_what_would_differ(play):
    code, output, text = play("drain", "real_server=web1", "--check", "--diff")
    assert code == 0 and text == TEXT and "+        weight 0 # drained web1 by " in output, output
