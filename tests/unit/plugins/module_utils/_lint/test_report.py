# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Findings for people and for programs, with and without Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.program import main
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import counts, fails, for_people
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING, Finding

TEXT = """global_defs {
    route_id lb1
}
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {
        198.18.0.100
    }
}
"""


def finding(severity):
    return Finding("some-rule", severity, "vrrp_instance VI_1", "is wrong.", "Mend it.", "k.conf", 3, 5)


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "k.conf"
    found.write_text(TEXT)
    return str(found)


@pytest.mark.parametrize(("severities", "expected"), [
    ([], {"error": False, "warning": False, "info": False, "never": False}),
    ([INFO], {"error": False, "warning": False, "info": True, "never": False}),
    ([WARNING, INFO], {"error": False, "warning": True, "info": True, "never": False}),
    ([ERROR], {"error": True, "warning": True, "info": True, "never": False}),
])
def test_what_fails(severities, expected):
    findings = [finding(severity) for severity in severities]
    assert {fail_on: fails(findings, fail_on) for fail_on in expected} == expected


def test_counts():
    findings = [finding(severity) for severity in (ERROR, INFO, INFO)]
    assert counts(findings) == {"error": 1, "warning": 0, "info": 2}


def test_for_people():
    assert for_people([finding(ERROR), finding(WARNING), finding(WARNING)], "k.conf").split("\n")[2:] == [
        "k.conf:3:5: warning: vrrp_instance VI_1: is wrong. Mend it. [some-rule]", "k.conf: 1 error, 2 warnings"]
    assert for_people([], "k.conf") == "k.conf: nothing to complain about"


def test_the_command(path, capsys):
    assert main([path]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}:2:5: error: global_defs: unknown keyword")
    assert lines[1].startswith(f"{path}:8:9: warning: vrrp_instance VI_1: without a prefix length")
    assert lines[2] == f"{path}: 1 error, 1 warning"


def test_the_command_in_json(path, capsys):
    assert main([path, "--format", "json", "--severity", "never", "--version-of", "2.2.7"]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [report["counts"] for report in reports] == [{"error": 1, "warning": 1, "info": 0}]
    assert reports[0]["findings"][0] == {
        "id": "unknown-key", "severity": "error", "object": "global_defs", "path": path, "line": 2, "column": 5,
        "message": 'unknown keyword "route_id": the line is ignored.', "remedy": 'Did you mean "router_id"?',
        "keyword": "route_id"}


@pytest.mark.parametrize(("severity", "status"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_the_status_goes_by_the_severity(severity, status, tmp_path, capsys):
    file = tmp_path / "k.conf"
    file.write_text(TEXT.replace("    route_id lb1\n", ""))
    assert main([str(file), "--severity", severity]) == status
    assert "[address-without-prefix]" in capsys.readouterr().out


def test_it_judges_for_a_version(tmp_path, capsys):
    file = tmp_path / "k.conf"
    file.write_text("global_defs {\n    json_version 2\n}\n")
    assert main([str(file), "--version-of", "2.2.7"]) == 1
    assert "came with keepalived 2.2.8" in capsys.readouterr().out
    assert main([str(file), "--version-of", "2.2.8"]) == 0
    assert main([str(file)]) == 0


@pytest.mark.parametrize("arguments", [
    [], ["--version-of", "2.x", "k.conf"], ["--version-of", "", "k.conf"], ["--format", "xml", "k.conf"],
    ["--severity", "fatal", "k.conf"],
])
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: keepalived-lint")


def test_bytes_that_are_no_utf_8_are_shown(tmp_path, capsys):
    file = tmp_path / "k.conf"
    file.write_bytes(b"global_defs {\n    wr\xffong 1\n}\n")
    for form in ("text", "json", "sarif"):
        assert main([str(file), "--format", form]) == 1
        assert "wr?ong" in capsys.readouterr().out


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main([str(tmp_path / "none")]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_without_ansible(path):
    """It runs as a program, also where Ansible is not installed."""
    name = "ansible_collections.openvip.cluster.plugins.module_utils._lint.program"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, runpy; sys.modules['ansible'] = None; sys.argv[1:] = ['-']; "
         f"runpy.run_module('{name}', run_name='__main__')"],
        input=TEXT, capture_output=True, text=True, check=False, timeout=60,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 1 and done.stdout.startswith("<stdin>:2:5: error: global_defs: "), done.stderr
