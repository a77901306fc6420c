# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the files on the host, their differences from the wanted ones, and the steps of the change."""

from __future__ import annotations

import os
import tempfile

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import place
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import files
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.files import (
    between,
    difference,
    matching,
    read,
    read_tree,
    remove_leftovers,
)
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import HEADER, File

SITE = "openvip.d/http/server/www.conf"
KEY = "openvip.d/ssl/www.key"


@pytest.fixture
def tree(tmp_path):
    """Our directory after a first run."""
    for path, mode in ((SITE, 0o644), (KEY, 0o600)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"{path}\n")
        (tmp_path / path).chmod(mode)
    return tmp_path / "openvip.d"


def test_the_files_are_read_with_their_permissions(tree):
    assert read_tree(str(tree)) == {SITE: File(f"{SITE}\n"), KEY: File(f"{KEY}\n", 0o600)}
    assert read(str(tree / "none")) is None and read_tree(str(tree / "none")) == {}
    (tree / "latin").write_bytes(b"\xe9")
    assert files.step("/x", read(str(tree / "latin")), 0).data == b"\xe9"


def test_what_is_no_file_is_never_as_it_is_wanted(tree):
    (tree / "http" / "link").symlink_to("server")
    (tree / "loop").symlink_to("loop")
    os.mkfifo(tree / "ssl" / "fifo")
    found = read_tree(str(tree))
    assert set(found) == {SITE, KEY, "openvip.d/http/link", "openvip.d/loop", "openvip.d/ssl/fifo"}
    assert all(file.mode > 0o7777 for path, file in found.items() if path not in (SITE, KEY))
    # and is not followed where a change leads from the former layout to that of today
    assert set(between(File("main"), found)) == {SITE, KEY, files.MAIN}


def test_the_files_that_others_include_are_read_by_their_links(tree):
    (tree / "on").symlink_to(tree / "http" / "server" / "www.conf")
    (tree / "off").symlink_to(tree / "none")
    os.mkfifo(tree / "out")
    assert [(part.path, part.real, part.text) for part in matching(f"{tree}/o*")] == [
        (f"{tree}/on", f"{tree}/http/server/www.conf", f"{SITE}\n")]


def test_between_two_layouts_the_directory_is_right_with_both():
    former = {SITE: File("site\n"), KEY: File("key\n", 0o600)}
    main = File(HEADER + "user www-data;\npid /run/nginx.pid;\nhttp {\n    pid_like x;\n}\n", 0o640)
    found = between(main, former)
    assert found == {**former, "openvip.d/nginx.conf": File(
        HEADER + "user www-data;\nhttp {\n    pid_like x;\n}\n", 0o640)}
    # nothing to go by: a first run, and one on the layout of today
    assert between(main, {}) is None and between(None, former) is None and between(main, found) is None


def test_the_steps_have_bytes_and_permissions():
    assert files.step("/a", File("\udce9\n", 0o640), 3) == place.File("/a", b"\xe9\n", 0o640, 3)
    assert files.tree_step("/etc/nginx/openvip.d", {SITE: File("a"), KEY: File("b", 0o600)}, 0) == place.Tree(
        "/etc/nginx/openvip.d", {"http/server/www.conf": (b"a", 0o644), "ssl/www.key": (b"b", 0o600)})


def test_leftovers_of_the_first_version_go_and_backups_stay(tmp_path, monkeypatch):
    home, temporary = tmp_path / "etc", tmp_path / "tmp"
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    gone = [home / ".openvip.d.ab_1cd2e" / "ssl" / "www.key", temporary / "nginx-config-test-old" / "nginx.conf"]
    stay = [home / "openvip.d.2026-11-01@10:00:00.abcdefgh~" / "ssl" / "www.key", home / ".openvip.d.mine" / "x",
            temporary / "nginx-config-test-new" / "nginx.conf", temporary / "nginx-config-test-user" / "nginx.conf"]
    for path in [*gone, *stay]:
        path.parent.mkdir(parents=True)
        path.write_text("")
    for name in (".new-ab_1cd2e", "nginx.conf.1234.2026-11-01@10:00:00~", ".new-thing.conf"):
        (home / name).write_text("")
    (home / ".new-abcdefgh").symlink_to(stay[0])
    for name in ("old", "user"):
        os.utime(temporary / f"nginx-config-test-{name}", (1, 1))
    os.chown(temporary / "nginx-config-test-user", 65534, 65534)
    remove_leftovers([str(home), str(tmp_path / "none")])
    assert not any(path.parent.exists() for path in gone) and all(path.exists() for path in stay)
    assert sorted(path.name for path in home.iterdir()) == [
        ".new-abcdefgh", ".new-thing.conf", ".openvip.d.mine", "nginx.conf.1234.2026-11-01@10:00:00~",
        "openvip.d.2026-11-01@10:00:00.abcdefgh~"]


def test_a_difference_shows_texts_and_permissions_and_masks_secrets():
    shown = difference("/etc/nginx/nginx.conf", None, File("a\n"))
    assert shown == {"before_header": "/etc/nginx/nginx.conf (no file)", "after_header": "/etc/nginx/nginx.conf",
                     "before": "", "after": "a\n"}
    secret = difference("x.key", File("one\n", 0o600), File("two\n", 0o600))
    assert "one" not in str(secret) and "two" not in str(secret) and secret["before"] != secret["after"]
    opened = difference("x", File("a\n", 0o600), File("a\n", 0o644))
    assert opened["before"].startswith("mode: 0600\n") and opened["after"].startswith("mode: 0644\n")
