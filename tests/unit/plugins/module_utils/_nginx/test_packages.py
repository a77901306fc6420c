# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a file is: the real dpkg with a database of its own, and an rpm that answers as the real one does."""

from __future__ import annotations

import hashlib

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.packages import missing, untouched

RPM = """#!/bin/sh
case $1 in
    --query)
        case $3 in
            */none.conf) echo "file $3 is not owned by any package"; exit 1 ;;
        esac
        echo nginx-core-1.20.1-20.el9.x86_64 ;;
    --verify)
        [ "$4" = nginx-core-1.20.1-20.el9.x86_64 ] || exit 2
        echo "S.5....T.  c %(home)s/changed.conf"
        echo ".......T.  c %(home)s/touched.conf"
        echo "missing    c %(home)s/gone.conf"
        exit 1 ;;
esac
"""


@pytest.fixture
def home(tmp_path):
    """A directory with files that a package has brought, and with others."""
    home = tmp_path / "etc"
    home.mkdir()
    for name in ("nginx.conf", "changed.conf", "touched.conf", "none.conf", "index.html"):
        (home / name).write_text(name + "\n")
    return home


@pytest.fixture
def dpkg(tmp_path, home, monkeypatch):
    """A database of dpkg that knows these files."""
    digests = {name: hashlib.md5((home / name).read_bytes()).hexdigest()
               for name in ("nginx.conf", "changed.conf", "index.html")}
    database = tmp_path / "dpkg"
    for directory in ("info", "updates", "triggers"):
        (database / directory).mkdir(parents=True)
    (database / "info" / "format").write_text("1\n")
    (database / "info" / "nginx-common.list").write_text("".join(f"{home}/{name}\n" for name in digests))
    (database / "info" / "nginx-common.md5sums").write_text(
        f"{digests['index.html']}  {home.relative_to('/')}/index.html\n")
    conffiles = "".join(f" {home}/{name} {digests[name]}\n" for name in ("nginx.conf", "changed.conf"))
    (database / "status").write_text(
        "Package: nginx-common\nStatus: install ok installed\nArchitecture: all\nVersion: 1.22.1-9\n"
        f"Maintainer: Nobody <nobody@example.com>\nDescription: files\nConffiles:\n{conffiles}\n")
    monkeypatch.setenv("DPKG_ADMINDIR", str(database))


@pytest.mark.usefixtures("dpkg")
def test_dpkg_tells_what_it_has_installed(home):
    assert untouched(str(home / "nginx.conf")) and untouched(str(home / "index.html"))
    assert untouched(str(home / "changed.conf")) and not untouched(str(home / "none.conf"))
    (home / "changed.conf").write_text("by hand\n")
    (home / "index.html").write_text("by hand\n")
    assert not untouched(str(home / "changed.conf")) and not untouched(str(home / "index.html"))
    assert untouched(str(home / "nginx.conf"))


def test_rpm_tells_what_it_has_installed(home, tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rpm").write_text(RPM % {"home": home})
    (programs / "rpm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/bin")
    monkeypatch.setenv("DPKG_ADMINDIR", str(tmp_path / "none"))
    told = {name: untouched(str(home / name)) for name in ("nginx.conf", "changed.conf", "touched.conf", "none.conf")}
    assert told == {"nginx.conf": True, "changed.conf": False, "touched.conf": True, "none.conf": False}


def test_without_a_package_manager_nothing_is_a_packages(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not untouched(str(home / "nginx.conf"))


@pytest.mark.parametrize("manager, script", [
    ("dpkg-query", """#!/bin/sh
case $3 in nginx) printf 'installed ' ;; removed) printf 'config-files ' ;; *) exit 1 ;; esac
"""), ("rpm", "#!/bin/sh\n[ \"$1 $2\" = '--query nginx' ]\n")])
def test_packages_that_are_not_installed(tmp_path, monkeypatch, manager, script):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing(["nginx"]) == []
    (tmp_path / manager).write_text(script)
    (tmp_path / manager).chmod(0o755)
    assert missing(["nginx", "removed", "libnginx-mod-stream"]) == ["removed", "libnginx-mod-stream"]
