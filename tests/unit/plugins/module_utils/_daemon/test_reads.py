# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a daemon reads, by its command line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import reads as module
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.reads import reads

HELP = """#!/bin/sh
cat >&2 <<END
  -f, --use-file=FILE          Use the specified configuration file,
                                default '/etc/keepalived/keepalived.conf'
END
"""
OURS = "/etc/keepalived/keepalived.conf"


@pytest.fixture
def started(monkeypatch, tmp_path):
    """A daemon that was started with some words, in a directory of its own; calling it asks what it reads."""
    binary = tmp_path / "keepalived"
    binary.write_text(HELP)
    binary.chmod(0o755)

    def ask(*words, path=OURS, **more):
        monkeypatch.setattr(module, "command", lambda number: ["/usr/sbin/keepalived", *words])
        monkeypatch.setattr(module, "_directory", lambda number: str(tmp_path))
        return reads(7, str(path), str(binary), **more)

    return ask


@pytest.mark.parametrize("words", [
    (), ("--dont-fork",), ("-f", OURS), ("-f" + OURS,), ("-nlDf", OURS), ("--use-file", OURS), ("--use-file=" + OURS,),
    ("--us", OURS), ("--dont-fork", "-S", "3", "-f", OURS), ("-i", "lb1"), ("-g/var/log/f", "-l"), ("-t/tmp/f",),
    ("-p", "-f", "-n"), ("--", "-f", "/other.conf"), ("-f", "/etc/../etc/keepalived/keepalived.conf"),
    ("-f", "/other.conf", "-f", OURS),
])
def test_it_reads_ours(started, words):
    assert started(*words) == ""


@pytest.mark.parametrize("words", [
    ("-f", "/srv/k.conf"), ("-f/srv/k.conf",), ("-nf", "/srv/k.conf"), ("--use-file=/srv/k.conf",),
    ("--use-file", "/srv/k.conf"), ("--use=/srv/k.conf",), ("-s", "blue", "-f", "/srv/k.conf"),
    ("--namespace", "-n", "-f", "/srv/k.conf"),
])
def test_it_reads_another_file(started, words):
    said = started(*words)
    assert "(process 7) reads /srv/k.conf, not " + OURS in said
    assert "Set path to the file that it reads, or correct --use-file" in said


def test_the_default_is_another_file(started):
    assert "reads /etc/keepalived/keepalived.conf, not /srv/k.conf" in started("-n", path="/srv/k.conf")


def test_links_patterns_and_includes(started, tmp_path):
    (tmp_path / "main.conf").write_text("include conf.d/*.conf\n")
    (tmp_path / "conf.d").mkdir()
    part = tmp_path / "conf.d" / "a.conf"
    part.write_text("")
    (tmp_path / "link.conf").symlink_to("main.conf")
    for file in ("main.conf", tmp_path / "link.conf", f"{tmp_path}/*.conf", f"{tmp_path}/{{main,none}}.conf"):
        assert started("-f", str(file), path=tmp_path / "main.conf") == ""
        assert started("-f", str(file), path=part) == ""
        assert "not /srv/k.conf" in started("-f", str(file), path="/srv/k.conf")


@pytest.mark.parametrize("word", ["-C", "-nC", "--check"])
def test_a_daemon_that_runs_no_instance(started, word):
    assert "runs no vrrp_instance" in started(word, has_instances=True)
    assert started(word) == ""


def test_a_process_whose_command_line_cannot_be_read(monkeypatch):
    monkeypatch.setattr(module, "command", lambda number: [])
    assert reads(7, "/srv/k.conf") == ""


def test_the_command_line_of_a_process():
    assert module.command(os.getpid()) == sys.orig_argv
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert module.command(ended.pid) == []
