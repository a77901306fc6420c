# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction: killed at each of its points, on a full disk, with another one at the same time."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files, journal, lock
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File, Link, Tree
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import (
    Action,
    Command,
    LockError,
    Transaction,
    TransactionError,
)

TREE = {"one": {"site.conf": (b"one", 0o644), "keys/key": (b"secret one", 0o600)},
        "two": {"site.conf": (b"two", 0o644), "more.conf": (b"more", 0o644)}}


class Host:
    """A host with one object of each kind, and a daemon that reads them."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.etc = top / "etc"
        self.etc.mkdir()
        self.read = top / "read"
        self.flag = top / "flag"
        (self.etc / "foreign").write_text("foreign")

    def steps(self, version):
        """Return the steps from nothing, or from the other version, to this one."""
        done, undo = (["sh"], f"touch '{self.flag}'"), (["sh"], f"rm -f '{self.flag}'")
        commands = [Command(done[0], undo[0], done[1], undo[1])] if version == "two" else []
        if version == "one" and self.flag.exists():
            commands = [Command(undo[0], done[0], undo[1], done[1])]
        return [File(str(self.etc / "main.conf"), f"include {version}\n".encode(), 0o640, backup=2),
                Tree(str(self.etc / "tree"), TREE[version]), *commands,
                Link(str(self.etc / "current"), version),
                File(str(self.etc / "only.conf"), b"one\n" if version == "one" else None),
                File(str(self.etc / "new" / "dir" / "file"), b"two\n" if version == "two" else None)]

    def state(self):
        """Return everything live, without our own room."""
        found = {}
        for directory, directories, names in os.walk(self.etc):
            directories[:] = [name for name in directories if name != ".openvip"]
            for name in names:
                path = Path(directory, name)
                found[str(path.relative_to(self.etc))] = os.readlink(path) if path.is_symlink() else path.read_text()
        return found

    def leftovers(self):
        """Return what transactions left beside the live files."""
        return sorted(str(path.relative_to(self.etc)) for path in self.etc.rglob("*")
                      if ".openvip" in path.parts and path.is_file() and not path.name.startswith("main.conf.2"))

    def reload(self):
        self.read.write_text((self.etc / "main.conf").read_text())

    def bring(self, version):
        """One plain run: from whatever there is to this version and in force; gives whether it changed something."""
        with Transaction("host") as transaction:
            wanted = f"include {version}\n"
            main = self.etc / "main.conf"
            if not transaction.owed and main.exists() and main.read_text() == wanted:
                return False
            transaction.carry_out(self.steps(version), self.reload)
            return True


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def texts(version):
    """What is live in a version."""
    found = {"main.conf": f"include {version}\n", "current": version, "foreign": "foreign",
             **{f"tree/{name}": data.decode() for name, (data, mode) in TREE[version].items()}}
    found.update({"only.conf": "one\n"} if version == "one" else {"new/dir/file": "two\n"})
    return found


def test_a_change_is_made_and_leaves_nothing_beside_it(host):
    assert host.bring("one") and host.state() == texts("one")
    assert host.bring("two") and host.state() == texts("two") and not host.bring("two")
    assert host.flag.exists() and host.leftovers() == [] and os.listdir(journal.DIRECTORY) == []
    assert stat.S_IMODE((host.etc / "main.conf").stat().st_mode) == 0o640
    assert stat.S_IMODE((host.etc / ".openvip").stat().st_mode) == 0o700
    assert not (host.etc / "new" / "dir" / ".openvip").exists()
    for version in ("one", "two", "one", "two"):
        assert host.bring(version)
    backups = sorted(path.name for path in (host.etc / ".openvip").iterdir())
    assert len(backups) == 2 and (host.etc / ".openvip" / backups[-1]).read_text() == "include one\n"


@pytest.mark.parametrize("exchange", [True, False])
def test_killed_at_every_point_each_object_is_former_or_new_and_the_next_run_heals(host, killed, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    points = 0
    host.bring("one")
    while killed(lambda: host.bring("two"), points):
        points += 1
        one, two, live = texts("one"), texts("two"), host.state()
        if exchange:
            for path, text in live.items():
                assert text in (one.get(path), two.get(path)), path
            tree = {path for path in live if path.startswith("tree/")}
            assert tree in [{path for path in wanted if path.startswith("tree/")} for wanted in (one, two)]
        assert live["main.conf"] in (one["main.conf"], two["main.conf"]) and live["foreign"] == "foreign"
        wanted = "two" if points % 2 else "one"
        host.bring(wanted)
        assert host.state() == texts(wanted) and host.leftovers() == []
        assert host.read.read_text() == texts(wanted)["main.conf"] and not host.bring(wanted)
        assert host.flag.exists() is (wanted == "two")
        host.bring("one")
    assert points >= 20
    assert host.state() == texts("two")


def test_in_check_mode_a_change_that_was_confirmed_owes_nothing(host, killed):
    """Also where it followed one that was interrupted, and was ended before it had removed what it left."""
    host.bring("one")
    points = confirmed = 0
    while killed(lambda: host.bring("two"), 15) and killed(lambda: host.bring("two"), points):
        with Transaction("host", check=True) as transaction:
            assert transaction.owed is not bool(journal.names(journal.DONE)), points
        confirmed += bool(journal.names(journal.DONE))
        host.bring("two")
        host.bring("one")
        points += 1
    assert confirmed >= 3


@pytest.mark.parametrize("exchange", [True, False])
def test_in_check_mode_files_are_read_as_the_next_run_restores_them(host, killed, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    host.bring("one")
    points = 0
    paths = [str(host.etc / name) for name in ("main.conf", "only.conf", "new/dir/file")]
    while killed(lambda: host.bring("two"), points):
        points += 1
        live = host.state()
        with Transaction("host", check=True) as transaction:
            seen = [transaction.read(path) for path in paths]
        assert host.state() == live
        with Transaction("host") as transaction:
            assert seen == [transaction.read(path) for path in paths], points
        host.bring("one")
    assert points >= 20


def test_in_check_mode_the_end_of_another_change_is_awaited(host):
    with lock.locked(lock.host_path(), 1, "a change of tests"), \
            pytest.raises(LockError, match=r"a change of tests .* has not ended within 0.1 s"), \
            Transaction("host", 0.1, check=True):
        pass
    with Transaction("host", 0.1, check=True) as transaction:
        assert transaction.read(str(host.etc / "foreign")) == b"foreign"


def test_killed_while_it_recovers_the_next_run_heals(host, killed):
    host.bring("one")
    points = 0
    while True:
        assert killed(lambda: host.bring("two"), 15)
        if not killed(lambda: host.bring("one"), points):
            break
        points += 1
        host.bring("one")
        assert host.state() == texts("one") and host.read.read_text() == "include one\n" and host.leftovers() == []
    assert points >= 8


def test_what_was_interrupted_is_owed_even_where_nothing_differs(host, killed):
    host.bring("one")
    point = next(point for point in range(40) if killed(lambda: host.bring("two"), point)
                 and Transaction("host", check=True).__enter__().owed and host.state() == texts("two"))
    assert point
    host.read.write_text("include two\n")
    with Transaction("other") as transaction:
        assert not transaction.owed and host.state() == texts("one")
    with Transaction("host", check=True) as transaction:
        assert transaction.owed
    assert host.bring("one") and host.read.read_text() == "include one\n" and not host.bring("one")


def test_what_is_to_be_taken_into_force_later_is_owed(host, killed):
    host.bring("one")
    step = File(str(host.etc / "main.conf"), b"include later\n")

    def write():
        with Transaction("host") as transaction:
            transaction.carry_out([step], owe=True)
            assert transaction.owed

    points = 0
    while killed(write, points):
        points += 1
        with Transaction("host") as transaction:
            wanted = "include later\n" if transaction.owed and not transaction.restored else "include one\n"
            assert (host.etc / "main.conf").read_text() == wanted, points
            transaction.carry_out([File(step.path, b"include one\n")], host.reload)
        assert not host.bring("one")
    assert points >= 7
    for dummy in range(2):
        with Transaction("host") as transaction:
            assert transaction.owed and not transaction.restored
        with Transaction("other") as transaction:
            assert not transaction.owed
    with Transaction("host") as transaction:
        transaction.carry_out([], host.reload)
    with Transaction("host") as transaction:
        assert not transaction.owed
    assert host.read.read_text() == "include later\n" and os.listdir(journal.DIRECTORY) == []


def test_a_journal_that_was_not_written_to_its_end_goes(host):
    host.bring("one")
    Path(journal.DIRECTORY, "other.fresh").write_text("{")
    assert not host.bring("one") and os.listdir(journal.DIRECTORY) == []


def test_a_rollback_is_reported_to_the_writer_that_was_interrupted(host, killed):
    for name in ("other", "host"):
        host.bring("one")
        point = next(point for point in range(40)
                     if killed(lambda: host.bring("two"), point) and host.state() == texts("two"))
        assert point
        with Transaction(name) as transaction:
            assert transaction.restored is (name == "host")
    with Transaction("host") as transaction:
        assert not transaction.restored and transaction.owed


@pytest.mark.parametrize("exchange", [True, False])
def test_a_path_that_is_changed_twice_is_restored_from_each_point(host, killed, monkeypatch, exchange):
    """A tree that is wanted only together with a file, by way of one that is right with both files."""
    if not exchange:
        monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    host.bring("one")
    tree, main = str(host.etc / "tree"), str(host.etc / "main.conf")
    steps = [Tree(tree, {"a": (b"between\n", 0o644)}, backup=3), File(main, b"new\n"),
             Tree(tree, {"a": (b"new\n", 0o644)}), File(main, None), File(main, b"last\n")]

    def change(force=None):
        with Transaction("host") as transaction:
            transaction.carry_out(steps, force)

    points = 0
    while killed(change, points):
        points += 1
        with Transaction("host") as transaction:
            pass
        if host.state() != texts("one"):
            assert host.state()["tree/a"] == "new\n" and not transaction.owed
            break
        assert host.leftovers() == []
    assert points >= 15
    host.bring("two")
    host.bring("one")

    def refuse():
        assert (host.etc / "tree" / "a").read_text() == "new\n"
        assert (host.etc / "main.conf").read_text() == "last\n"
        raise ValueError("refused")

    with pytest.raises(TransactionError, match="refused") as error:
        change(refuse)
    assert error.value.notes == [] and host.state() == texts("one")
    change()
    assert host.state()["tree/a"] == "new\n" and host.state()["main.conf"] == "last\n"
    former = max((host.etc / ".openvip").glob("tree.*"))
    assert (former / "site.conf").read_text() == "one"
    assert all(path.name.startswith(("tree.2", "main.conf.2")) for path in (host.etc / ".openvip").iterdir())


def test_backups_of_another_file_whose_name_begins_alike_stay(host):
    alike = str(host.etc / "main.conf.2")
    for text in (b"a", b"b", b"c", b"d"):
        with Transaction("host") as transaction:
            transaction.carry_out([File(alike, text, backup=3)])
    for text in (b"a", b"b", b"c"):
        with Transaction("host") as transaction:
            transaction.carry_out([File(str(host.etc / "main.conf"), text, backup=1)])
    names = [path.name for path in (host.etc / ".openvip").iterdir()]
    assert sum(name.startswith("main.conf.2.") for name in names) == 3 and len(names) == 4


def test_a_change_that_does_not_come_into_force_is_rolled_back(host):
    host.bring("one")
    forced = []

    def force():
        assert host.state() == texts("two") and host.flag.exists()
        raise ValueError("the daemon ended")

    def force_former():
        forced.append(host.state())
        return ""

    with Transaction("host") as transaction, pytest.raises(TransactionError, match="the daemon ended") as error:
        transaction.carry_out(host.steps("two"), force, force_former)
    assert error.value.begun and error.value.notes == [] and forced == [texts("one")]
    assert host.state() == texts("one") and not host.flag.exists() and host.leftovers() == []
    assert os.listdir(journal.DIRECTORY) == [] and not host.bring("one")
    with Transaction("host") as transaction, pytest.raises(TransactionError) as error:
        transaction.carry_out(host.steps("two"), force, lambda: "it did not take that either")
    assert error.value.notes == ["it did not take that either"]
    assert host.bring("one"), "what could not be taken into force is owed"


def test_a_command_that_fails_rolls_back_what_was_done_before_it(host):
    host.bring("one")
    with Transaction("host") as transaction, pytest.raises(TransactionError, match="exit code 1") as error:
        transaction.carry_out([*host.steps("two"), Command(["false"], ["touch", str(host.top / "never")])])
    assert error.value.begun and host.state() == texts("one") and not host.flag.exists()


def test_a_step_may_do_something_only_when_it_is_undone(host):
    steps = [Command((), ["touch", str(host.flag)]), *host.steps("one")]
    with Transaction("host") as transaction:
        transaction.carry_out(steps)
    assert host.state() == texts("one") and not host.flag.exists()
    with Transaction("host") as transaction, pytest.raises(TransactionError):
        transaction.carry_out([*steps, Command(["false"])])
    assert host.flag.exists()


def test_the_end_of_the_process_in_the_middle_rolls_back(host):
    host.bring("one")
    with Transaction("host") as transaction, pytest.raises(SystemExit):
        transaction.carry_out(host.steps("two"), lambda: sys.exit(1))
    assert host.state() == texts("one") and host.leftovers() == []


def test_signals_of_a_lost_connection_do_not_interrupt_a_change(host):
    def force():
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)

    with Transaction("host") as transaction:
        transaction.carry_out(host.steps("one"), force)
    assert host.state() == texts("one")


def test_what_somebody_else_changed_meanwhile_stays(host, killed):
    host.bring("one")
    point = next(point for point in range(40)
                 if killed(lambda: host.bring("two"), point) and host.state() == texts("two"))
    assert point
    (host.etc / "by-hand").write_text("by hand\n")
    os.rename(host.etc / "by-hand", host.etc / "main.conf")
    with Transaction("host") as transaction:
        assert "main.conf was changed by somebody else" in " ".join(transaction.notes)
        assert transaction.owed
    assert host.state() == {**texts("one"), "main.conf": "by hand\n"}
    kept = [path.read_text() for path in (host.etc / ".openvip").iterdir()]
    assert "include one\n" in kept


def test_a_boot_has_undone_what_commands_did(host, killed, monkeypatch):
    host.bring("one")
    point = next(point for point in range(40) if killed(lambda: host.bring("two"), point) and host.flag.exists())
    assert point
    monkeypatch.setattr(journal, "boot_id", lambda: "another boot")
    with Transaction("other"):
        assert host.state() == texts("one") and host.flag.exists()


@pytest.mark.parametrize("free", range(0, 65, 1))
def test_a_full_disk_changes_nothing_or_is_no_hindrance(tmp_path, free):
    """In a mount namespace of its own: a tmpfs that is full but for some KiB."""
    script = Path(__file__).with_name("full_disk.py")
    done = subprocess.run(["unshare", "--mount", sys.executable, str(script), str(tmp_path), str(free)],
                          capture_output=True, text=True, check=False,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0 and done.stdout.strip() in ("two", "one: the disk is full"), done.stdout + done.stderr


def test_a_directory_of_a_lower_layer_is_refused_with_a_remedy_that_helps(tmp_path):
    """In a mount namespace of its own: an overlay file system, whose kernel renames files and links, but no such
    directory."""
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, str(Path(__file__).with_name("overlay_driver.py")), str(tmp_path)],
        capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stdout + done.stderr
    story = json.loads(done.stdout)
    assert story["files"] == "" and story["first"] == {
        "current": "new", "main.conf": "new\n", "tree/site.conf": "former\n"}
    for error in (story["tree"], story["without"]):
        assert "comes from a lower layer of an overlay file system" in error and "Make it anew once: cp -a " in error
    assert story["second"] == story["first"] and story["journals"] == []
    # the remedy was done as it is written
    assert story["again"] == "" and story["third"] == {
        "current": "new", "main.conf": "former\n", "tree/site.conf": "new\n"}


def test_two_at_once_are_one_after_the_other(host):
    """Each adds a line of its own to one file, a hundred times; none is lost."""
    path = host.etc / "lines"
    path.write_text("")
    children = []
    for name in ("a", "b"):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for number in range(100):
                    with Transaction("host") as transaction:
                        text = files.read(str(path)) + f"{name}{number}\n".encode()
                        transaction.carry_out([File(str(path), text)])
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(f"{name}{number}" for name in "ab" for number in range(100))


def test_a_lock_that_is_held_names_its_holder(host):
    with Transaction("host"), pytest.raises(LockError, match=r"a change of host \(process \d+\) has not ended"):
        Transaction("other", seconds=0.1).__enter__()


@pytest.mark.parametrize("planted", ["link", "foreign", "open", "file"])
def test_a_directory_that_somebody_else_made_is_not_used(host, planted):
    room = host.etc / ".openvip"
    if planted == "link":
        (host.top / "elsewhere").mkdir(mode=0o700)
        room.symlink_to(host.top / "elsewhere")
    elif planted == "file":
        room.write_text("")
    else:
        room.mkdir(mode=0o700)
        if planted == "foreign":
            os.chown(room, 65534, 65534)
        else:
            room.chmod(0o755)
    before = host.state()
    with Transaction("host") as transaction, pytest.raises(TransactionError, match=r"\.openvip"):
        transaction.carry_out(host.steps("one"))
    assert host.state() == before


def test_a_link_of_another_user_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("root's")
    link = tmp_path / "link"
    link.symlink_to(target)
    assert files.resolved(str(link)) == str(target)
    os.chown(link, 65534, 65534, follow_symlinks=False)
    with pytest.raises(files.UnsafeError, match="a link that user 65534 made"):
        files.resolved(str(link))


def test_an_object_that_is_no_file_is_not_read_and_never_blocks(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="not a regular file"):
        files.read(str(tmp_path / "fifo"))
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    with pytest.raises(OSError) as error:
        files.read(str(tmp_path / "link"))
    assert error.value.errno == errno.ELOOP
    assert files.read(str(tmp_path / "missing" / "file")) is None


@pytest.mark.parametrize("planted", ["link", "foreign"])
def test_a_lock_that_somebody_else_planted_is_not_used(host, planted):
    os.mkdir(lock.DIRECTORY, 0o700)
    path = Path(lock.DIRECTORY, "change")
    if planted == "link":
        path.symlink_to(host.etc / "foreign")
    else:
        path.write_text("")
        os.chown(path, 65534, 65534)
    with pytest.raises((OSError, LockError)):
        Transaction("host", seconds=0.1).__enter__()
    assert (host.etc / "foreign").read_text() == "foreign"


def in_two(host, calls):
    """Change one file twice in one change, with a call between."""
    path = host.etc / "main.conf"
    with Transaction("host") as transaction:
        transaction.carry_out([File(str(path), b"between\n", backup=1), Action(lambda: calls[0](path.read_text())),
                               File(str(path), b"last\n")], lambda: calls[1](path.read_text()), lambda: "")


def test_a_file_changes_twice_in_one_change(host, killed):
    host.bring("one")
    read = []
    for step in ("between\n", "last\n"):
        def fail(text, step=step):
            read.append(text)
            if text == step:
                raise ValueError(step)

        with pytest.raises(TransactionError) as error:
            in_two(host, [fail, fail])
        assert error.value.notes == [] and host.state() == texts("one") and host.leftovers() == []
    assert read == ["between\n", "between\n", "last\n"]
    points = 0
    while killed(lambda: in_two(host, [print, print]), points):
        points += 1
        assert (host.etc / "main.conf").read_text() in ("include one\n", "between\n", "last\n")
        host.bring("one")
        assert host.state() == texts("one") and host.leftovers() == [] and not host.bring("one")
    assert points >= 12 and (host.etc / "main.conf").read_text() == "last\n"
    assert [path.read_text() for path in (host.etc / ".openvip").iterdir()] == ["include one\n"]
