# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the hosts as one file."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

from ansible_collections.openvip.cluster.plugins.plugin_utils import _archive

PROGRAM = "_metrics.program"


def test_the_same_files_make_the_same_archive(monkeypatch):
    first = _archive.archive(PROGRAM)
    monkeypatch.setattr(_archive.zipfile.time, "time", lambda: 0.0)
    assert _archive.archive(PROGRAM) == first


def test_it_has_what_is_imported_and_nothing_else():
    names = set(_archive.sources(PROGRAM))
    assert {"_metrics/program.py", "_daemon/state.py", "_ipvs/kernel.py", "_schema/sections/root.py"} <= names
    assert not {name for name in names if name.startswith(("_nginx", "_source", "_real_server"))}
    members = zipfile.ZipFile(io.BytesIO(_archive.archive(PROGRAM))).namelist()
    assert members == sorted(members) and len(members) == len(set(members))


def test_python_runs_it_without_ansible_and_anything_else(tmp_path):
    (tmp_path / "program.pyz").write_bytes(_archive.archive(PROGRAM))
    done = subprocess.run([sys.executable, "-I", "-S", "program.pyz", "collect", "--help"], cwd=tmp_path, check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "--directory" in done.stdout, done.stderr
    done = subprocess.run([sys.executable, "-I", "-S", "program.pyz", "collect", "--directory=/nonexistent"],
                          cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 1 and "cannot be written into /nonexistent" in done.stderr
