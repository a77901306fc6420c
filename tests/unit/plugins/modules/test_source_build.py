# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""source_build: with a toy that needs no compiler, real configure and make steps, and each way they fail."""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files, transaction
from ansible_collections.openvip.cluster.plugins.module_utils._source import module
from ansible_collections.openvip.cluster.plugins.module_utils._source.place import Place
from ansible_collections.openvip.cluster.plugins.modules import source_build
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import toy_source

pytestmark = pytest.mark.long

ROOT = os.geteuid() == 0
USER = "nobody" if ROOT else getpass.getuser()
# The module in a process of its own.
ALONE = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.openvip.cluster.plugins.modules import source_build
with patch_module_args(json.loads(sys.argv[1])):
    source_build.main()
"""


class Host:
    """Where the toy is built; calling it runs the module."""

    def __init__(self, top, capsys, monkeypatch):
        self.top = top
        self.prefix = top / "opt" / "toy"
        self.capsys = capsys
        self.monkeypatch = monkeypatch
        self.archives = {}
        self.archive("1.0")

    def archive(self, version, extra="true"):
        path = self.top / f"toy-{version}.tar.gz"
        self.archives[version] = {"version": version, "archive": str(path),
                                  "checksum": toy_source.archive(path, version, extra)}
        return self.archives[version]

    def __call__(self, which="1.0", /, check=False, **options):
        self.monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        arguments = dict({"name": "toy", "prefix": str(self.prefix), "program": "sbin/toy", "user": USER,
                          "_ansible_check_mode": check, "_ansible_remote_tmp": str(self.top)},
                         **{**self.archives[which], **options})
        with patch_module_args(arguments), pytest.raises(SystemExit):
            source_build.main()
        return json.loads(self.capsys.readouterr().out)

    def absent(self, check=False):
        return self(check=check, state="absent", version=None, archive=None, checksum=None)

    def current(self):
        """What the current program says first."""
        return subprocess.run([self.prefix / "current/sbin/toy"], capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]

    def entries(self):
        return sorted(os.listdir(self.prefix))


@pytest.fixture
def host(capsys, monkeypatch):
    # not tmp_path, whose parents are closed to the user who builds
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        yield Host(Path(top), capsys, monkeypatch)


def test_four_runs_check_run_check_run(host):
    check = host(check=True, configure_options=["--enable-json"])
    assert check["changed"] and not check["found"] and not host.prefix.exists()
    first = host(configure_options=["--enable-json"])
    assert first["changed"] and not first["found"] and host.current() == "Toy v1.0 (01/16,2022)"
    assert {key: first[key] for key in ("diff", "release", "program", "former")} == {
        key: check[key] for key in ("diff", "release", "program", "former")}
    assert first["diff"]["before"] == "" and "  - --enable-json\n" in first["diff"]["after"]
    assert [step["name"] for step in first["steps"]] == ["unpack", "configure", "make", "make install"]
    assert host.entries() == sorted(["current", Path(first["release"]).name])
    os.unlink(host.archives["1.0"]["archive"])
    for again in (host(check=True, configure_options=["--enable-json"]), host(configure_options=["--enable-json"])):
        assert not again["changed"] and again["found"] and again["steps"] == []
        assert again["diff"]["before"] == again["diff"]["after"]
        assert again["former"] == first["release"]


def test_an_unprivileged_user_builds_and_who_runs_the_module_owns_the_result(host):
    sbin = Path(host()["release"]) / "sbin"
    assert int((sbin / "builder").read_text()) == pwd.getpwnam(USER).pw_uid
    assert int((sbin / "niceness").read_text()) == 19
    for path in (sbin.parent, sbin, sbin / "toy", sbin / "toy-link"):
        assert path.lstat().st_uid == os.geteuid()
    assert stat.S_IMODE((sbin / "toy").stat().st_mode) == 0o755 and os.readlink(sbin / "toy-link") == "toy"


def test_what_would_be_installed_elsewhere_is_left_out_and_named(host):
    result = host()
    assert result["left_out"] == ["/etc/toy/sample"] and not Path("/etc/toy").exists()
    assert not (Path(result["release"]) / "etc").exists()


def test_upgrade_and_downgrade_switch_the_link_and_build_each_version_once(host):
    old = host()
    host.archive("2.0")
    new = host("2.0")
    assert new["changed"] and new["former"] == old["release"] and host.current() == "Toy v2.0 (01/16,2022)"
    assert "version: 1.0\n" in new["diff"]["before"] and "version: 2.0\n" in new["diff"]["after"]
    back = host()
    assert back["changed"] and back["found"] and back["steps"] == [] and host.current() == "Toy v1.0 (01/16,2022)"


@pytest.mark.parametrize("keep, left", [(0, ["3.0"]), (1, ["2.0", "3.0"]), (5, ["1.0", "2.0", "3.0"])])
def test_as_many_former_releases_stay_as_are_to_be_kept(host, keep, left):
    host(keep=5)
    for version in ("2.0", "3.0"):
        host.archive(version)
        last = host(version, keep=keep if version == "3.0" else 5)
    assert [name.partition("-")[0] for name in host.entries()] == [*left, "current"]
    assert len(last["removed"]) == 3 - len(left)
    assert not host("3.0", keep=keep)["changed"]


def test_other_options_are_another_release(host):
    plain = host()
    other = host(configure_options=["--enable-bfd", "--with-words=one  two"])
    assert other["changed"] and other["release"] != plain["release"]
    assert not host(configure_options=["--enable-bfd", "--with-words=one  two"])["changed"]


def test_a_release_can_be_built_before_it_is_switched_to(host):
    old = host()
    host.archive("2.0")
    check = host("2.0", check=True, activate=False)
    built = host("2.0", activate=False)
    assert built["changed"] and built["diff"] == check["diff"] and host.current() == "Toy v1.0 (01/16,2022)"
    assert not host("2.0", activate=False)["changed"]
    switched = host("2.0")
    assert switched["changed"] and switched["found"] and switched["former"] == old["release"]
    assert host.current() == "Toy v2.0 (01/16,2022)"


def test_a_program_that_does_not_answer_for_its_release_is_built_again(host):
    first = host()
    Path(first["program"]).write_text("#!/bin/sh\necho broken\n")
    check = host(check=True)
    assert check["changed"] and not check["found"]
    assert host()["changed"] and host.current() == "Toy v1.0 (01/16,2022)" and not host()["changed"]


def test_the_source_is_changed_before_it_is_configured(host):
    brand = {"path": "settings.mk", "regexp": r"^(BRAND = ).*$", "replace": r"\1Mine"}
    assert host(substitutions=[brand])["changed"] and host.current() == "Mine v1.0 (01/16,2022)"
    assert not host(substitutions=[brand])["changed"]


FAILURES = {
    "make": ("1.1", {}, "make", ["sh: 1: cc1: no such thing", "exit code 2", "Correct what the output names"]),
    "header": ("1.2", {}, "make", ["Install the development package with the header openssl/ssl.h."]),
    "memory": ("1.3", {}, "make", ["set jobs to 1"]),
    "time": ("1.4", {"timeout": 1}, "make", ["timeout is 1 for the whole build", "Raise timeout"]),
    "version": ("1.5", {"version": "1.6"}, "prove", ["does not say that it is version 1.6, but: Toy v1.5"]),
    "program": ("1.0", {"program": "sbin/other"}, "prove", ["sbin/other", "does not start", "Correct version"]),
    "library": ("1.0", {"configure_options": ["--enable-png"]}, "configure",
                ["libpng is required", "Install the development package"]),
    "option": ("1.0", {"configure_options": ["--enable-jsn"]}, "configure",
               ["does not know --enable-jsn.\n", 'Did you mean "--enable-json"?']),
    "checksum": ("1.0", {"checksum": "sha256:" + "0" * 64}, "verify",
                 ["is not the one with checksum sha256:000", "but has sha256:", "Compare the checksum"]),
    "archive": ("1.0", {"archive": "/nowhere/toy.tar.gz"}, "verify",
                ["/nowhere/toy.tar.gz is not there", "Put it there"]),
    "substitution": ("1.0", {"substitutions": [{"path": "settings.mk", "regexp": "nothing", "replace": ""}]},
                     "substitute", ["nothing in settings.mk matches nothing", "for this version"]),
    "file": ("1.0", {"substitutions": [{"path": "src/nginx.h", "regexp": "a", "replace": ""}]},
             "substitute", ["the source has no file src/nginx.h"]),
}
EXTRAS = {
    "1.1": "echo 'a.c:1: error: lvalue required'; echo 'sh: 1: cc1: no such thing'; false",
    "1.2": "echo 'a.c:3: fatal error: openssl/ssl.h: No such file or directory'; false",
    "1.3": "echo 'c++: fatal error: Killed (program cc1)'; false",
    "1.4": "sleep 60",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_names_the_step_and_the_remedy_and_leaves_the_former_release_current(host, failure):
    version, options, step, told = FAILURES[failure]
    host.archive("0.9")
    former = host("0.9")["release"]
    before = host.entries()
    host.archive(version, EXTRAS.get(version, "true"))
    failed = host(version, **options)
    assert failed["failed"] and not failed["changed"] and failed["step"] == step
    for text in ("cannot be built, and nothing was switched", former + " stays current.", step + ": ", *told):
        assert text in failed["msg"], failed["msg"]
    assert host.current() == "Toy v0.9 (01/16,2022)" and host.entries() == before


def test_a_file_that_is_no_archive(host):
    archive = Path(host.archives["1.0"]["archive"])
    archive.write_text("<html>Not found</html>")
    failed = host(checksum="sha256:" + hashlib.sha256(archive.read_bytes()).hexdigest())
    assert failed["step"] == "unpack" and "not look like a tar archive" in failed["msg"]


def test_a_failure_after_a_damaged_release_puts_it_back(host):
    first = host()
    program = Path(first["program"])
    program.write_text("#!/bin/sh\necho damaged\n")
    failed = host(version_argument="--version", program="sbin/nothing")
    assert failed["step"] == "prove" and program.read_text().endswith("echo damaged\n")


def test_the_checksum_is_verified_in_check_mode_when_the_archive_is_there(host):
    assert host(check=True, checksum="sha256:" + "0" * 64)["step"] == "verify"
    assert host(check=True, archive="/nowhere", checksum="sha256:" + "0" * 64)["changed"]


@pytest.mark.daemon
def test_a_full_disk(host):
    """In a mount namespace of its own, where the prefix is a file system of 300 kB. Needs root, not keepalived."""
    host.archive("1.7", "head -c 1000000 /dev/zero >filler")
    arguments = dict(host.archives["1.7"], name="toy", prefix=str(host.prefix), program="sbin/toy", user=USER,
                     _ansible_remote_tmp=str(host.top))
    host.prefix.mkdir(parents=True)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c",
         'for top in /run /var/lib; do mount -t tmpfs tmpfs $top; done\n'
         'mount -t tmpfs -o size=300k tmpfs "$0" && exec "$@"', host.prefix,
         sys.executable, "-c", ALONE, json.dumps(arguments)],
        capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    failed = json.loads(done.stdout)
    assert failed["step"] == "make" and "No space left on device" in failed["msg"]
    assert "Free space there, or choose another prefix." in failed["msg"]


def test_one_build_at_a_time(host):
    with Place(str(host.prefix)).alone():
        failed = host()
        assert failed["failed"] and f"a build in {host.prefix} (process {os.getpid()}) has not ended" in failed["msg"]
        reader = os.open(host.prefix, os.O_RDONLY)
    try:
        fcntl.flock(reader, fcntl.LOCK_EX)
        assert host()["changed"], "whoever can read the prefix blocks nobody"
    finally:
        os.close(reader)
    with Place(str(host.prefix)).alone():
        (host.prefix / ".build").mkdir()
        assert not host()["changed"]
    assert host()["changed"] and ".build" not in host.entries() and not host()["changed"]


def test_what_a_killed_build_left_is_cleared(host):
    rest = host.prefix / ".build" / "source" / "rest"
    rest.mkdir(parents=True)
    assert host()["changed"] and not rest.exists() and ".build" not in host.entries()


@pytest.mark.parametrize("options, told", [
    ({"checksum": None}, "checksum is missing"),
    ({"checksum": "md5:" + "0" * 32}, "'md5' is no known kind. Choose one of sha256"),
    ({"checksum": "sha256:123"}, "a sha256 has 64 hexadecimal digits"),
    ({"version": "latest"}, "version: 'latest' is no version"),
    ({"program": "/usr/sbin/toy"}, "program: '/usr/sbin/toy' leaves the prefix"),
    ({"configure_options": ["--prefix=/usr"]}, "leave out '--prefix=/usr'"),
    ({"configure_options": ["enable-json"]}, "Write --enable-json"),
    ({"substitutions": [{"path": "../x", "regexp": "a", "replace": ""}]}, "substitutions[0]: path '../x' leaves"),
    ({"substitutions": [{"path": "x", "regexp": "(", "replace": ""}]}, "substitutions[0]: regexp and replace"),
    ({"substitutions": [{"path": "x", "regexp": "a", "replace": r"\1"}]}, "substitutions[0]: regexp and replace"),
    ({"jobs": 0}, "jobs must be 1-1024, got 0."),
    ({"nice": 20}, "nice must be 0-19, got 20."),
    ({"keep": -1}, "keep must be 0-100, got -1."),
    ({"timeout": 0}, "timeout must be 1-86400, got 0."),
    ({"user": "root"}, "would run with every privilege as root"),
    ({"user": "no-such-user"}, "there is no no-such-user"),
])
def test_wrong_options_are_refused_before_anything_changes(host, options, told):
    failed = host(**options)
    assert failed["failed"] and failed["msg"].startswith("The build of toy is refused and nothing was changed:")
    assert told in failed["msg"] and not host.prefix.exists()


def test_a_name_that_is_a_path_is_refused(host):
    assert "name: '../toy' is no name" in host(name="../toy")["msg"] and not host.prefix.exists()


def test_a_user_is_needed_to_build_and_not_to_switch(host):
    host()
    assert not host(user="no-such-user")["changed"]


def test_a_prefix_is_one_programs(host):
    host()
    failed = host(name="other")
    assert failed["failed"] and "holds builds of toy. Choose another for other." in failed["msg"]
    assert "holds builds of toy, not of other" in host(name="other", state="absent")["msg"]


def test_four_runs_of_a_removal_leave_what_is_not_ours(host):
    host()
    host.archive("2.0")
    host("2.0")
    (host.prefix / "notes").write_text("mine")
    check = host.absent(check=True)
    assert check["changed"] and len(check["removed"]) == 3 and host.current() == "Toy v2.0 (01/16,2022)"
    removed = host.absent()
    assert removed["changed"] and removed["removed"] == check["removed"] and removed["diff"] == check["diff"]
    assert host.entries() == ["notes"]
    assert not host.absent(check=True)["changed"] and not host.absent()["changed"]
    os.unlink(host.prefix / "notes")
    shutil.rmtree(host.prefix)
    host()
    host.absent()
    assert not host.prefix.exists()


def killed(function, module, name, number=0):
    """Run a function in a process that is killed as it calls something for the time of this number, counted from 0.

    :returns: whether it came so far.
    """
    child = os.fork()
    if child == 0:
        left = [number]
        real = getattr(module, name)

        def call(*arguments, **keywords):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **keywords)

        setattr(module, name, call)
        try:
            function()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def test_killed_at_every_point_of_the_switch_the_link_leads_to_a_release_and_the_next_run_heals(host):
    host()
    host.archive("2.0")
    host("2.0", keep=5)
    points = 0
    while killed(lambda: host("1.0", keep=5), transaction, "at", points):
        assert host.current() in ("Toy v1.0 (01/16,2022)", "Toy v2.0 (01/16,2022)")
        if points % 2:
            with transaction.Transaction("other") as other:
                assert other.notes == []
            interrupted = host.current()
            check = host("1.0", check=True, keep=5)
            assert check["changed"] or interrupted == "Toy v1.0 (01/16,2022)"
        points += 1
        host("1.0", keep=5)
        assert host.current() == "Toy v1.0 (01/16,2022)" and not host("1.0", keep=5)["changed"]
        assert ".openvip" not in host.entries()
        host("2.0", keep=5)
    assert points >= 9


@pytest.mark.parametrize("exchange", [True, False])
def test_killed_while_a_damaged_release_is_replaced_the_next_run_heals(host, exchange, monkeypatch):
    if not exchange:
        monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    program = Path(host()["program"])
    entries = host.entries()
    points = 0
    while True:
        program.write_text("#!/bin/sh\necho damaged\n")
        if not killed(host, os, "rename", points):
            break
        points += 1
        assert (host.prefix / "current" / "sbin" / "toy").exists() or not exchange
        assert host()["changed"] and host.current() == "Toy v1.0 (01/16,2022)" and not host()["changed"]
        assert host.entries() == entries
    assert points >= 2


def test_killed_between_two_renames_a_failing_build_restores_the_damaged_release(host, monkeypatch):
    monkeypatch.setattr(files, "exchange", lambda *dummy: False)
    program = Path(host()["program"])
    program.write_text("#!/bin/sh\necho damaged\n")
    point = next(point for point in range(9) if killed(host, os, "rename", point) and not program.exists())
    assert point
    os.rename(host.archives["1.0"]["archive"], host.top / "away")
    assert host()["failed"] and program.read_text().endswith("echo damaged\n")


def test_killed_while_it_removes_a_release_the_next_run_removes_the_rest(host):
    first = host()
    host.archive("2.0")
    assert killed(lambda: host("2.0", keep=0), shutil, "rmtree") and host.current() == "Toy v2.0 (01/16,2022)"
    assert not Path(first["release"]).exists() and ".build" in host.entries()
    assert host("2.0", check=True, keep=0)["changed"] and host("2.0", keep=0)["changed"]
    assert len(host.entries()) == 2 and not host("2.0", keep=0)["changed"]
    assert killed(host.absent, shutil, "rmtree") and host.absent(check=True)["changed"]
    assert host.absent()["changed"] and not host.prefix.exists() and not host.absent()["changed"]


def test_a_release_is_on_the_disk_before_it_has_its_name_and_before_the_link_leads_to_it(host, monkeypatch):
    events = []
    settle, rename, exchange = Place.settle, os.rename, files.exchange
    monkeypatch.setattr(Place, "settle", lambda self: events.append("disk") or settle(self))

    def renamed(source, target, **descriptors):
        events.append("link" if os.path.basename(target) == "current" else os.path.basename(target).partition("-")[0])
        rename(source, target, **descriptors)

    monkeypatch.setattr(os, "rename", renamed)
    monkeypatch.setattr(files, "exchange", lambda *names: events.append("link") or exchange(*names))
    host()
    assert [event for event in events if event in ("disk", "1.0", "link")] == ["disk", "1.0", "disk", "disk", "link"]
    del events[:]
    host.archive("2.0")
    host("2.0")
    assert [event for event in events if event in ("disk", "2.0", "link")] == ["disk", "2.0", "disk", "disk", "link"]


def test_a_program_that_does_not_answer_by_the_link_is_rolled_back(host, monkeypatch):
    former = host()["release"]
    host.archive("2.0")
    real = module.Run._complaints
    monkeypatch.setattr(module.Run, "_complaints", lambda self, program=None: ["it does not start"] if program
                        else real(self))
    failed = host("2.0")
    assert failed["step"] == "switch" and "it does not start" in failed["msg"] and not failed["changed"]
    assert f"{former} stays current." in failed["msg"] and host.current() == "Toy v1.0 (01/16,2022)"


@pytest.mark.daemon
def test_what_a_killed_build_left_running_is_ended(host):
    host.archive("1.8", f"echo >{host.top}/started; exec sleep 1000")
    (host.top / "started").touch()
    os.chmod(host.top / "started", 0o666)
    child = os.fork()
    if child == 0:
        host("1.8")
        os._exit(0)
    end = time.monotonic() + 60
    while not (host.top / "started").stat().st_size:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    running = [name for name in filter(str.isdigit, os.listdir("/proc")) if in_build(host, name)]
    assert running
    assert host()["changed"] and not [name for name in running if in_build(host, name)]


def in_build(host, number):
    """Whether a process is in the place where a release is built."""
    try:
        return os.readlink(f"/proc/{number}/cwd").startswith(str(host.prefix / ".build"))
    except OSError:
        return False


@pytest.mark.daemon
@pytest.mark.parametrize("kind, told", [
    ("owner", "belongs to user nobody"), ("open", "can be written to by every user"),
    ("group", "can be written to by the group of "), ("link", "a link that user 65534 made"),
    ("link in", "belongs to user nobody"),
])
def test_a_prefix_that_somebody_else_could_replace_is_refused_before_anything_is_built(host, kind, told):
    above = host.prefix.parent
    if kind.startswith("link"):
        elsewhere = host.top / "elsewhere"
        elsewhere.mkdir()
        above.symlink_to(elsewhere)
        os.chown(*((elsewhere, 65534, 65534) if kind == "link in" else (above, 65534, 65534)), follow_symlinks=False)
    else:
        above.mkdir()
        if kind == "group":
            os.chown(above, 0, pwd.getpwnam("nobody").pw_gid)
        if kind == "owner":
            os.chown(above, 65534, 65534)
        above.chmod({"owner": 0o755, "open": 0o777, "group": 0o775}[kind])
    for failed in (host(check=True), host(), host.absent()):
        assert failed["failed"] and "nothing was changed" in failed["msg"] and told in failed["msg"], failed["msg"]
    assert not host.prefix.exists()


@pytest.mark.daemon
def test_a_prefix_of_a_group_without_members_and_below_a_sticky_directory_is_good(host):
    above = host.prefix.parent
    above.mkdir()
    os.chown(above, 0, pwd.getpwnam("nobody").pw_gid)
    above.chmod(0o1777)
    assert host()["changed"]
    host.absent()
    os.chown(above, 0, 54321)
    above.chmod(0o775)
    assert host()["changed"]


@pytest.mark.daemon
@pytest.mark.parametrize("every", [15, pytest.param(1, marks=pytest.mark.slow)])
def test_killed_wherever_it_can_be_the_next_run_heals(every):
    run = Path(__file__).parents[3] / "kills" / "run"
    done = subprocess.run(
        ["bash", str(run), "source_build"], capture_output=True, text=True, check=False,
        env=dict(os.environ, EVERY=str(every), PATH=f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_written_through_a_link_that_the_builder_left(host):
    target = host.top / "target"
    target.write_text("root's")
    link = host.top / "copy"
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        module.copy_verified(host.archives["1.0"]["archive"], str(link), host.archives["1.0"]["checksum"])
    assert target.read_text() == "root's"
