# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exchange of the files, and what comes back when a step of it fails."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import files
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.files import Exchange, difference, read, read_tree
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import File

SITE = "openvip.d/http/server/www.conf"
KEY = "openvip.d/ssl/www.key"


class Module:
    """What an exchange asks of Ansible's module."""

    def add_cleanup_file(self, path):
        """Nothing is left over: every file is moved."""

    @staticmethod
    def atomic_move(source, target):
        os.replace(source, target)

    @staticmethod
    def backup_local(path):
        kept = path + ".kept~"
        with open(path, "rb") as source, open(kept, "wb") as target:
            target.write(source.read())
        return kept


@pytest.fixture
def home(tmp_path):
    """A directory of nginx after a first run."""
    (tmp_path / "nginx.conf").write_text("old main\n")
    (tmp_path / "mime.types").write_text("of others\n")
    exchange = Exchange(Module(), str(tmp_path), False)
    exchange.directory({SITE: File("old\n"), KEY: File("secret\n", 0o600)})
    exchange.finish()
    return tmp_path


def state(home):
    return {str(path.relative_to(home)): (path.read_text(), stat.S_IMODE(path.stat().st_mode))
            for path in home.rglob("*") if path.is_file()}


def change(home, backup=False):
    exchange = Exchange(Module(), str(home), backup)
    exchange.directory({SITE: File("new\n")})
    main = str(home / "nginx.conf")
    exchange.file(main, read(main), File("new main\n"))
    return exchange


def test_the_files_are_read_with_their_permissions(home):
    assert read_tree(str(home)) == {SITE: File("old\n"), KEY: File("secret\n", 0o600)}
    assert read(str(home / "none")) is None and read_tree(str(home / "none")) == {}


def test_an_exchange_removes_what_is_no_longer_wanted(home):
    change(home).finish()
    assert state(home) == {"nginx.conf": ("new main\n", 0o644), "mime.types": ("of others\n", 0o644),
                           SITE: ("new\n", 0o644)}


def test_until_nginx_has_taken_it_the_change_is_noted(home):
    exchange = change(home)
    assert files.is_pending(str(home)) and files.PENDING not in str(read_tree(str(home)))
    exchange.finish()
    assert not files.is_pending(str(home))


@pytest.mark.parametrize("backup", [True, False])
def test_undone_everything_is_as_it_was(home, backup):
    before = state(home)
    change(home, backup).undo()
    assert state(home) == before and sorted(os.listdir(home)) == ["mime.types", "nginx.conf", "openvip.d"]


def test_a_first_exchange_is_undone_to_nothing(tmp_path):
    change(tmp_path).undo()
    assert os.listdir(tmp_path) == []


def test_a_note_alone_is_undone_too(home):
    exchange = Exchange(Module(), str(home), True)
    exchange.pend()
    assert files.is_pending(str(home))
    exchange.undo()
    assert not files.is_pending(str(home)) and read_tree(str(home))[SITE] == File("old\n")


def test_what_was_there_is_kept_when_asked_for(home):
    exchange = change(home, backup=True)
    exchange.finish()
    directory = next(path for path in exchange.backups if "openvip.d" in path)
    assert len(exchange.backups) == 2 and os.path.basename(directory).startswith("openvip.d.")
    with open(os.path.join(directory, "http/server/www.conf"), encoding="utf-8") as stream:
        assert stream.read() == "old\n"


def test_a_directory_that_cannot_be_written_leaves_the_former_one(home, monkeypatch):
    before = state(home)

    def full(*unused):
        raise OSError("No space left on device")

    monkeypatch.setattr(files, "put", full)
    exchange = Exchange(Module(), str(home), True)
    with pytest.raises(OSError, match="No space"):
        exchange.directory({SITE: File("new\n")})
    exchange.undo()
    assert state(home) == before and sorted(os.listdir(home)) == ["mime.types", "nginx.conf", "openvip.d"]


def test_a_directory_that_cannot_be_put_in_its_place_leaves_the_former_one(home, monkeypatch):
    before, rename, done = state(home), os.rename, []

    def second_fails(source, target):
        done.append(target)
        if len(done) == 2:
            raise OSError("second")
        rename(source, target)

    monkeypatch.setattr(os, "rename", second_fails)
    exchange = Exchange(Module(), str(home), True)
    with pytest.raises(OSError, match="second"):
        exchange.directory({SITE: File("new\n")})
    exchange.undo()
    assert state(home) == before


def test_a_difference_shows_texts_and_permissions_and_masks_secrets():
    shown = difference("/etc/nginx/nginx.conf", None, File("a\n"))
    assert shown == {"before_header": "/etc/nginx/nginx.conf (no file)", "after_header": "/etc/nginx/nginx.conf",
                     "before": "", "after": "a\n"}
    secret = difference("x.key", File("one\n", 0o600), File("two\n", 0o600))
    assert "one" not in str(secret) and "two" not in str(secret) and secret["before"] != secret["after"]
    opened = difference("x", File("a\n", 0o600), File("a\n", 0o644))
    assert opened["before"].startswith("mode: 0600\n") and opened["after"].startswith("mode: 0644\n")
