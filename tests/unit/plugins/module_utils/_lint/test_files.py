# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Several files of one host are one text, and every finding has its place in its own file."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.files import lint_files
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.program import main

SAFE = "global_defs {\n    enable_script_security\n    script_user root\n}\n"
SCRIPT = 'vrrp_script check {\n    script "/usr/bin/check"\n}\n'
INSTANCE = """vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        198.18.0.10/24
    }
    track_script {
        check
    }
}
"""


def places(texts: dict[str, str]) -> list[tuple[str | None, int | None, str]]:
    return [(finding.path, finding.line, finding.id) for finding in lint_files(texts)]


def test_one_file_is_judged_as_before() -> None:
    text = SAFE + INSTANCE.replace("priority", "prio")
    assert lint_files({"k.conf": text}) == lint_text(text, "k.conf")


def test_nothing_of_no_file() -> None:
    assert lint_files({}) == []


@pytest.mark.parametrize("first", ["", "\n", SAFE, SAFE.rstrip("\n"), SAFE + "\n\n"])
def test_files_follow_each_other(first: str) -> None:
    wrong = SCRIPT.replace("    script", "    scirpt 1\n    script")
    found = places({"a.conf": first, "b.conf": wrong, "c.conf": INSTANCE})
    assert ("b.conf", 2, "unknown-key") in found
    assert not {name for _path, _line, name in found} & {"never-tracked", "not-defined"}


def test_what_is_in_two_files_is_found_twice() -> None:
    alone = SAFE + SCRIPT + INSTANCE
    assert places({"a.conf": alone}) == []
    assert ("b.conf", 1, "duplicate-name") in places({"a.conf": alone, "b.conf": INSTANCE})


@pytest.mark.parametrize("include", [
    "scripts.conf", "./scripts.conf", "/etc/keepalived/scripts.conf", "s*.conf", "{a,scripts}.conf", "script[st].conf",
    "conf.d/../scripts.conf", "scripts.conf   # with a comment",
])
@pytest.mark.parametrize("order", [1, -1])
def test_a_file_stands_where_it_is_included(include: str, order: int) -> None:
    texts = {
        "/etc/keepalived/keepalived.conf": SAFE + f"include {include}\n" + INSTANCE,
        "/etc/keepalived/scripts.conf": SCRIPT.replace("}", "    weight 300\n}"),
    }
    found = places(dict(list(texts.items())[::order]))
    assert [finding for finding in found if finding[2] != "bad-value"] == []
    assert found == [("/etc/keepalived/scripts.conf", 3, "bad-value")]


def test_a_file_may_be_a_part_of_a_block() -> None:
    addresses = "    198.18.0.10/24\n    198.18.0.999/24\n"
    main_text = SAFE + SCRIPT + INSTANCE.replace("198.18.0.10/24", "include addresses.conf")
    assert places({"keepalived.conf": main_text, "addresses.conf": addresses}) == [("addresses.conf", 2, "bad-value")]


def test_files_that_include_each_other_are_read_once() -> None:
    texts = {"a.conf": "include b.conf\n" + SAFE, "b.conf": "include a.conf\n" + SCRIPT + INSTANCE}
    assert places(texts) == []


@pytest.mark.parametrize("include", ["other.conf", "conf.d/*", "/scripts.conf", "*/scripts.conf", '"scripts.conf"'])
def test_another_file_is_not_included(include: str) -> None:
    texts = {"keepalived.conf": SAFE + f"include {include}\n" + INSTANCE, "scripts.conf": SCRIPT}
    assert ("keepalived.conf", 13, "used-before-definition") in places(texts)


def test_each_file_may_be_a_host_of_its_own(tmp_path, capsys) -> None:
    paths = []
    for host in ("lb1", "lb2"):
        path = tmp_path / host / "keepalived.conf"
        path.parent.mkdir()
        path.write_text(SAFE + SCRIPT + INSTANCE)
        paths.append(str(path))
    assert main(paths) == 1
    assert "[duplicate-name]" in capsys.readouterr().out
    assert main([*paths, "--each"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{path}: nothing to complain about" for path in paths]
