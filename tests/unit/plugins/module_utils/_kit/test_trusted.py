# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file that only root can have written, and everything that may be in its place."""

from __future__ import annotations

import os
import socket
import stat

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import trusted


@pytest.fixture
def owner(monkeypatch):
    """Let every file belong to root, or to the user that is set."""
    real, found = os.fstat, {"user": 0}

    def fstat(descriptor):
        given = list(real(descriptor))
        given[stat.ST_UID] = found["user"]
        return os.stat_result(given)

    monkeypatch.setattr(trusted.os, "fstat", fstat)
    return found


def _socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def test_a_file_of_roots_is_read(tmp_path, owner):
    path = tmp_path / "file"
    path.write_bytes(b"text")
    content, found = trusted.read(str(path))
    assert content == b"text" and found.st_ino == path.stat().st_ino


def test_what_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        trusted.read(str(tmp_path / "none"))


@pytest.mark.parametrize("spoil, what", [
    (lambda path: path.chmod(0o666), "-rw-rw-rw-"),
    (lambda path: path.chmod(0o620), "-rw--w----"),
    (lambda path: os.link(path, path.with_name("second")), "with 2 names"),
    (lambda path: (path.rename(path.with_name("other")), path.symlink_to("other")), "lrwxrwxrwx"),
    (lambda path: (path.unlink(), path.symlink_to("nothing")), "lrwxrwxrwx"),
    (lambda path: (path.unlink(), os.mkfifo(path)), "prw"),
    (lambda path: (path.unlink(), _socket(path)), "srwx"),
    (lambda path: (path.unlink(), path.mkdir()), "drwx"),
])
def test_a_foreign_object_is_named_and_never_blocks(tmp_path, owner, spoil, what):
    path = tmp_path / "file"
    path.write_bytes(b"text")
    spoil(path)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(trusted.ForeignError) as caught:
        trusted.read(str(path))
    assert what in str(caught.value) and str(path) in str(caught.value)
    assert os.listdir("/proc/self/fd") == before


def test_a_file_of_another_user(tmp_path, owner):
    path = tmp_path / "file"
    path.write_bytes(b"text")
    owner["user"] = 1000
    with pytest.raises(trusted.ForeignError, match="of user 1000"):
        trusted.read(str(path))
