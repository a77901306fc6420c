# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with variables: what Ansible reads from them, and how they are replaced."""

from __future__ import annotations

import os
import stat

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.inventory import Reference
from ansible_collections.openvip.cluster.plugins.plugin_utils import _variables

VALUES = {
    "plain": "eth0", "number": "51", "octal": "0x64", "yes": "yes", "time": "1:30", "null": "null", "empty": "",
    "jinja": "a {{ b }} {# c #} {% d %}", "hash": "a # b", "lines": "block {#c\n    word 1\n}\n", "nbsp": "\u00a0x",
    "list": ["- a", "b: c", {"name": "x", "on": True, "off": False}], "none": None, "float": 0.1, "int": 7,
    "long": "word " * 100, "umlaut": "\u00e4",
}


def loaded(text):
    """What Ansible makes of the text."""
    loader = DataLoader()
    data = loader.load(trust_as_template(text), "/variables.yml")
    return Templar(loader, variables=dict(data, secret="hidden")).template(data)


def test_every_value_is_read_as_it_was_written():
    assert loaded(_variables.text(VALUES, ["a comment"])) == VALUES


def test_a_reference_is_a_template():
    text = _variables.text({"password": Reference("{{ secret }}")}, [])
    assert text == '---\npassword: "{{ secret }}"\n'
    assert loaded(text) == {"password": "hidden"}


def test_the_comment_stands_first():
    assert _variables.text({"a": [{"b": 1}]}, ["one", "two"]) == "# one\n# two\n---\na:\n  - b: 1\n"


def test_bytes_that_are_no_utf_8_are_refused():
    with pytest.raises(AnsibleError, match=r"no UTF-8.*save keepalived\.conf as UTF-8"):
        _variables.text({"a": "x\udce4"}, [])


def file(text, mode=0o600):
    return _variables.File("# %s\n%s" % (_variables.HEADER % "a test", text), mode)


def test_files_are_written_replaced_and_removed(tmp_path):
    directory = str(tmp_path / "inventory")
    files = {"a/one.yml": file("1"), "b/two.yml": file("2", 0o644)}
    places = ["a/one.yml", "b/two.yml", "b/three.yml"]
    assert _variables.write(directory, files, places, check_mode=True)
    assert not os.path.exists(directory)
    assert _variables.write(directory, files, places, check_mode=False)
    assert not _variables.write(directory, files, places, check_mode=False)
    assert (tmp_path / "inventory/a/one.yml").read_text() == files["a/one.yml"].text
    modes = [stat.S_IMODE((tmp_path / "inventory" / place).stat().st_mode) for place in files]
    assert modes == [0o600, 0o644]
    assert _variables.write(directory, {"b/three.yml": file("3")}, places, check_mode=False)
    assert sorted(path.name for path in tmp_path.rglob("*.yml")) == ["three.yml"]
    (tmp_path / "inventory/b/three.yml").chmod(0o644)
    assert _variables.write(directory, {"b/three.yml": file("3")}, places, check_mode=False)


def test_a_file_of_somebody_else_stays(tmp_path):
    (tmp_path / "one.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n")
    with pytest.raises(AnsibleError, match=r"one\.yml was not written by an import"):
        _variables.write(str(tmp_path), {"one.yml": file("1"), "two.yml": file("2")}, ["one.yml", "two.yml"], False)
    assert [path.name for path in tmp_path.iterdir()] == ["one.yml"]
