# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""The files that a configuration includes, as keepalived finds them."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._included import expanded, included, unmatched


@pytest.mark.parametrize(("pattern", "expected"), [
    ("a.conf", ["a.conf"]),
    ("{a,b}.conf", ["a.conf", "b.conf"]),
    ("{a,b}/{c,d}", ["a/c", "a/d", "b/c", "b/d"]),
    ("{a", ["{a"]),
])
def test_alternatives(pattern, expected):
    assert expanded(pattern) == expected


def test_files_are_found_once_each_and_relative_to_the_file_that_includes(tmp_path):
    (tmp_path / "conf.d").mkdir()
    files = {"conf.d/a.conf": "include b.conf\n", "conf.d/b.conf": "include ../main.conf\n", "c.conf": "x\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "run.conf").write_text("# a script")
    (tmp_path / "run.conf").chmod(0o755)
    text = "include conf.d/*.conf\nvrrp_instance V {\n    includer {c,run,none}.conf\n}\ninclude conf.d\n"
    (tmp_path / "main.conf").write_text(text)
    found = list(included(text, str(tmp_path / "main.conf")))
    assert found == [(str(tmp_path / name), text) for name, text in files.items()]


def test_nothing_is_included(tmp_path):
    assert list(included("vrrp_instance V {\n}\n", str(tmp_path / "k.conf"))) == []


@pytest.mark.parametrize("line, found", [
    ("include a.conf", False), ("include conf.d/*.conf", False), ("include {a,b}.conf", False),
    ("include empty/*.conf", False), ("include b.conf", True), ("include none/*.conf", True),
    ("include {b,c}.conf", True),
    ("includem empty/*.conf", True), ("includea empty/*.conf", True), ("includer empty/*.conf", False),
    ("include $PLACE/x.conf", False), ("@lb1 include b.conf", True),
])
@pytest.mark.parametrize("place", [
    lambda line: {"raw": [line]}, lambda line: {"vrrp_instance": [{"name": "VI_1", "raw": ["debug 1", line]}]},
    lambda line: {"raw": [f"group X {{\n    {line}\n}}"]}, lambda line: {"raw": line},
])
def test_what_an_include_does_not_find(tmp_path, line, found, place):
    for name in ("conf.d", "empty"):
        (tmp_path / name).mkdir()
    for name in ("a.conf", "conf.d/x.conf"):
        (tmp_path / name).write_text("")
    assert unmatched(place(line), str(tmp_path / "keepalived.conf")) == [line.split()[-1]] * found
    assert unmatched({}, "/x.conf") == unmatched([None, 3], "/x.conf") == []
