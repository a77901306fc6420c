# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction where the host hinders it: a read-only file system, files that somebody changed, a wrong clock."""

from __future__ import annotations

import errno
import json
import os
import signal
import time
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files, journal, place
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import (
    Action,
    Command,
    Transaction,
    TransactionError,
)


@pytest.fixture
def path(tmp_path):
    """A file that has C(former)."""
    found = tmp_path / "main.conf"
    found.write_text("former\n")
    return found


def bring(path, text="new\n", force=None, force_former=None, **more):
    with Transaction("host") as transaction:
        return transaction.carry_out([File(str(path), text.encode(), **more)], force, force_former)


def refuse():
    raise ValueError("refused")


def at_point(killed, path, text="new\n"):
    """Leave a change interrupted whose file is the new one."""
    return next(point for point in range(40) if killed(lambda: bring(path), point) and path.read_text() == text)


def refusing(monkeypatch, name, number, what):
    """Have a function of os fail for some arguments, as a read-only file system has it."""
    real = getattr(os, name)

    def call(*words, **more):
        if what(*words, **more):
            raise OSError(number, os.strerror(number), words[0])
        return real(*words, **more)

    monkeypatch.setattr(os, name, call)


def test_a_debt_of_an_earlier_change_outlives_one_that_is_rolled_back_before_it_comes_into_force(path):
    with Transaction("host") as transaction:
        transaction.carry_out([File(str(path), b"later\n")], owe=True)
    for steps in ([File(str(path), b"new\n"), Command(["false"])], [Action(refuse)]):
        with Transaction("host") as transaction, pytest.raises(TransactionError) as error:
            transaction.carry_out(steps, lambda: None)
        assert error.value.notes == [] and path.read_text() == "later\n"
        with Transaction("host") as transaction:
            assert transaction.owed
    with pytest.raises(TransactionError):
        bring(path, force=refuse, force_former=lambda: "")
    with Transaction("host") as transaction:
        assert not transaction.owed, "what was owed has been taken into force"


def test_a_way_back_that_is_a_change_itself_and_fails_is_owed(path):
    def force_former():
        with pytest.raises(TransactionError):
            transaction.carry_out([File(str(path), b"between\n")], refuse)
        return "neither the new one nor the former one"

    with Transaction("host") as transaction, pytest.raises(TransactionError):
        transaction.carry_out([File(str(path), b"new\n")], refuse, force_former)
    with Transaction("host") as transaction:
        assert transaction.owed


def test_what_cannot_be_renamed_back_keeps_its_former_object_for_the_next_change(path, monkeypatch):
    with monkeypatch.context() as patch:
        def force():
            patch.setattr(files, "exchange", lambda *dummy: False)
            refusing(patch, "rename", errno.EPERM, lambda old, new, **more: new == path.name)
            refuse()

        with pytest.raises(TransactionError) as error:
            bring(path, force=force)
        assert str(path) in error.value.notes[0] and path.read_text() == "new\n"
        with pytest.raises(OSError, match="cannot be rolled back") as error:
            Transaction("other").__enter__()
        assert error.value.filename == str(path)
    with Transaction("host") as transaction:
        assert transaction.owed and transaction.restored and path.read_text() == "former\n"


def test_a_state_directory_that_is_read_only_is_no_traceback(path, monkeypatch):
    bring(path, "before\n")
    for name in ("open", "unlink", "rename"):
        refusing(monkeypatch, name, errno.EROFS, lambda name, *words, **more: str(name).startswith(
            journal.DIRECTORY + "/"))
    with Transaction("host") as transaction, pytest.raises(TransactionError, match="Read-only") as error:
        transaction.carry_out([File(str(path), b"new\n")])
    assert not error.value.begun and path.read_text() == "before\n" and not (path.parent / ".openvip").exists()


def test_a_state_directory_that_becomes_read_only_leaves_the_former_file(path, monkeypatch):
    def force():
        for name in ("unlink", "rename"):
            refusing(monkeypatch, name, errno.EROFS, lambda name, *words, **more: str(name).startswith(
                journal.DIRECTORY + "/"))
        refuse()

    with pytest.raises(TransactionError, match="refused") as error:
        bring(path, force=force)
    assert "Read-only" in error.value.notes[0] and path.read_text() == "former\n"


@pytest.mark.parametrize("point", ["link", "rename"])
def test_killed_while_it_restores_without_an_exchange_the_next_run_heals(path, killed, monkeypatch, point):
    monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    at_point(killed, path)
    child = os.fork()
    if child == 0:
        real = getattr(os, point)

        def call(*words, **more):
            real(*words, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(os, point, call)
        try:
            Transaction("host").__enter__()
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    with Transaction("host") as transaction:
        assert transaction.notes == [] and transaction.owed
    assert path.read_text() == "former\n" and os.listdir(path.parent) == [path.name]


def test_killed_after_it_has_restored_a_file_the_change_is_still_owed(path, killed):
    """Something may have read the new one, such as a daemon that was restarted."""
    points = 0
    while True:
        at_point(killed, path)
        if not killed(lambda: Transaction("host").__enter__().__exit__(), points):
            break
        with Transaction("host") as transaction:
            assert transaction.owed and path.read_text() == "former\n"
            transaction.carry_out([], lambda: None)
        points += 1
    assert points >= 2


@pytest.mark.parametrize("edit", ["append", "twice"])
def test_what_somebody_else_wrote_into_a_new_file_stays(path, killed, edit):
    """Also where his file has got the inode number of ours, which is free again."""
    at_point(killed, path)
    if edit == "append":
        with open(path, "a", encoding="utf-8") as stream:
            stream.write("by hand\n")
    else:
        number = path.stat().st_ino
        for dummy in range(50):
            (path.parent / "by-hand").write_text("by hand\n")
            os.rename(path.parent / "by-hand", path)
            if path.stat().st_ino == number:
                break
    with Transaction("host") as transaction:
        assert "was changed by somebody else" in transaction.notes[0] and transaction.owed
    assert path.read_text().endswith("by hand\n")
    assert [each.read_text() for each in (path.parent / ".openvip").iterdir()] == ["former\n"]


def test_a_directory_that_has_become_a_link_hinders_no_other_change(path, killed):
    directory = path.parent / "directory"
    directory.mkdir()
    inner = directory / path.name
    inner.write_text("former\n")
    at_point(killed, inner)
    os.rename(directory, path.parent / "moved")
    directory.symlink_to("moved")
    with Transaction("other") as transaction:
        assert str(directory) in transaction.notes[0]
    assert bring(path) == []


def test_the_backup_just_made_stays_where_the_clock_was_set_back(path, monkeypatch):
    for number in range(4):
        bring(path, f"{number}\n", backup=2)
    real = time.time_ns
    monkeypatch.setattr(place.time, "time_ns", lambda: real() - 10 ** 9 * 86400)
    backups = bring(path, backup=2)
    assert [Path(each).read_text() for each in backups] == ["3\n"]
    assert len(list((path.parent / ".openvip").iterdir())) == 2
    assert bring(path, "last\n", backup=-1) == [] and len(list((path.parent / ".openvip").iterdir())) == 2


def test_a_backup_that_cannot_be_made_does_not_fail_a_change_that_was_made(tmp_path):
    path = tmp_path / ("x" * 250)
    path.write_text("former\n")
    assert bring(path, backup=1) == [] and path.read_text() == "new\n"
    assert bring(path, "again\n") == [] and os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", [journal.STAGING, journal.BEGUN, journal.DONE])
def test_a_journal_of_another_version_is_named(path, killed, kind):
    at_point(killed, path)
    written = Path(journal.DIRECTORY, "host" + journal.BEGUN)
    first, separator, begun = written.read_text().partition("\n")
    for change in ({"version": journal.VERSION + 1}, {"version": None}):
        text = json.dumps({**json.loads(first), **change}) + separator + begun
        written.unlink()
        written = Path(journal.DIRECTORY, "host" + kind)
        written.write_text(text)
        with pytest.raises(OSError, match="version of the collection") as error:
            Transaction("other").__enter__()
        assert error.value.filename == str(written) and path.read_text() == "new\n"
