# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The benchmark of many real servers measures what it says."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess

import pytest

from ansible_collections.openvip.cluster.tests.benchmarks import scale

pytestmark = pytest.mark.long


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> pathlib.Path:
    scale.prepare(tmp_path, 25)
    return tmp_path


def test_the_template_and_the_data_say_the_same(directory: pathlib.Path) -> None:
    text = (directory / "keepalived.conf").read_text()
    data = json.loads((directory / "data.json").read_text())
    assert [len(service["real_server"]) for service in data["virtual_server"]] == [10, 10, 5]
    assert len(set(re.findall(r"real_server \S+", text))) == 25
    assert sorted(text.splitlines()) == sorted(str(scale.OPERATIONS["render"](directory)()).splitlines())
    assert text == scale.OPERATIONS["template"](directory)()


def test_the_edit_changes_one_block(directory: pathlib.Path) -> None:
    text = (directory / "keepalived.conf").read_text()
    change = scale.OPERATIONS["edit"](directory)
    changed = str(change())
    assert changed == change()
    assert changed.count("real_server 192.0.2.1 80 {") == 1 and changed.count("real_server") == 25
    assert set(changed.splitlines()) - set(text.splitlines()) == {
        "    real_server 192.0.2.1 80 {", "        weight 7"}


@pytest.mark.parametrize("operation", scale.OPERATIONS)
def test_every_operation_is_measured(directory: pathlib.Path, operation: str) -> None:
    figure = scale.measure(operation, directory)
    assert 0 < figure.seconds < 10 and figure.megabytes > 1


def test_a_table_from_processes_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    found = scale.bench([10], 1)
    said = capsys.readouterr().out
    assert set(found) == {(10, operation) for operation in scale.OPERATIONS}
    assert re.search(r"^ +10 +0\.00 MB +parse +\S+ ms +\d+ MB +\S+ µs +\S+ x$", said, re.MULTILINE)


def test_two_trees_take_turns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def unpack(_commit: str, collections: pathlib.Path) -> None:
        (collections / "ansible_collections/openvip").mkdir(parents=True)
        (collections / "ansible_collections/openvip/cluster").symlink_to(scale.REPOSITORY)

    monkeypatch.setattr(scale, "unpack", unpack)
    monkeypatch.setattr(scale, "OPERATIONS", {"parse": scale.OPERATIONS["parse"]})
    found = scale.compare("1234567", [10], 1)
    assert found.keys() == {(10, "parse")} and found[10, "parse"] > 0
    assert re.search(r"^ +10 +parse( +\S+ ms +\S+ ms +\S+ x){2}$", capsys.readouterr().out, re.MULTILINE)


def test_another_commit_is_unpacked(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    repository = tmp_path / "repository"
    (repository / "plugins").mkdir(parents=True)
    (repository / "plugins/one.py").write_text("ONE = 1\n")
    for words in ("init --quiet", "add plugins", "commit --quiet --message one"):
        subprocess.run(["git", "-C", str(repository), "-c", "user.name=one", "-c", "user.email=one@example.org",
                        *words.split()], check=True)
    monkeypatch.setattr(scale, "REPOSITORY", repository)
    scale.unpack("HEAD", tmp_path / "collections")
    unpacked = tmp_path / "collections/ansible_collections/openvip/cluster/plugins/one.py"
    assert unpacked.read_text() == "ONE = 1\n"
    with pytest.raises(SystemExit, match=r"1234567 is not in this repository .*git fetch --unshallow"):
        scale.unpack("1234567", tmp_path / "others")


def test_targets_are_judged() -> None:
    found = {
        (10_000, "template"): scale.Measured(0.1, 30), (10_000, "parse"): scale.Measured(0.9, 30),
        (10_000, "render"): scale.Measured(1.1, 30), (10_000, "lint"): scale.Measured(0.1, 300),
        (100_000, "parse"): scale.Measured(9.0, 30), (100_000, "lint"): scale.Measured(2.0, 30),
    }
    said = scale.judge(found)
    assert [sentence.partition(":")[0] for sentence in said] == ["met", "MISSED", "MISSED", "met", "MISSED"]
    assert said[-1] == "MISSED: lint of ten times as many takes 20.0 times as long"
