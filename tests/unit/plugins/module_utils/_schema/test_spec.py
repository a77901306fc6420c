# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The argument specification and its documentation say the same as the table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.openvip.cluster.plugins.doc_fragments.config import ModuleDocFragment
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, NAMED
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import argument_spec, options_documentation
from ansible_collections.openvip.cluster.tests.unit.options import flat
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    data_with,
    good_values,
    leaves,
)

SPEC = dict(flat(argument_spec(), "options"))
DOCUMENTATION = dict(flat(options_documentation(), "suboptions"))


def test_the_fragment_holds_the_documentation() -> None:
    config = json.loads(ModuleDocFragment.DOCUMENTATION)["options"]["config"]
    assert config["suboptions"] == options_documentation()
    assert config["type"] == "dict"


def test_the_same_options() -> None:
    assert list(SPEC) == list(DOCUMENTATION)
    every = {row.path for path in table.sections() for row in table.rows(path).values()}
    assert {path for path in SPEC if path.rpartition("/")[2] != "raw"} == every


@pytest.mark.parametrize("path", SPEC)
def test_specification_and_documentation_agree(path: str) -> None:
    option, documentation = SPEC[path], DOCUMENTATION[path]
    for key in ("type", "elements", "choices", "aliases", "required"):
        assert option.get(key) == documentation.get(key)
    assert "default" not in option
    assert "default" not in documentation
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in documentation["description"])


def test_secrets_are_not_logged() -> None:
    assert [path for path, option in SPEC.items() if option.get("no_log")] == [
        "vrrp_instance/authentication/auth_pass",
        "vrrp_instance/auth_hmac/key",
        "SSL/password",
    ]


def test_names_are_required() -> None:
    named = {row.path + "/name" for row in table.rows().values() if row.heads == NAMED}
    assert {path for path, option in SPEC.items() if option.get("required")} == named


def validated(data: Any) -> tuple[Any, list[str]]:
    validator = ArgumentSpecValidator({"config": {"type": "dict", "options": argument_spec()}})
    result = validator.validate({"config": data})
    return result.validated_parameters["config"], list(result.error_messages)


@pytest.mark.parametrize("row", leaves(), ids=lambda row: row.path)
def test_ansible_takes_what_the_table_takes(row: Any) -> None:
    for value in good_values(row):
        data = data_with(row, value)
        parameters, errors = validated(data)
        assert errors == []
        assert normalise(parameters)[0] == data


def test_ansible_takes_old_names() -> None:
    parameters, errors = validated({"vrrp_track_file": [{"name": "a", "file": "/b"}]})
    assert errors == []
    assert normalise(parameters)[0] == {"track_file": [{"name": "a", "file": "/b"}]}
    assert [finding.id for finding in check(parameters)] == ["renamed-key"]


def test_blocks_have_their_options() -> None:
    blocks = [row for path in table.sections() for row in table.rows(path).values() if row.type == BLOCK]
    for row in blocks:
        assert SPEC[row.path]["type"] == ("list" if row.repeatable else "dict")
        assert set(SPEC[row.path]["options"]) == {*table.rows(row.path), "raw"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("vrrp_instance/virtual_router_id", "Allowed are 1-255."),
        ("vrrp_instance/advert_int", "Allowed are 0.01-255, in seconds."),
        ("vrrp_instance/down_timer_adverts", "Needs keepalived 2.2.3 or newer."),
        ("vrrp_instance/garp_extra_if", "Written as C(vmac_garp_intvl) for older versions."),
        ("vrrp_instance/interface", "At most 15 characters."),
        ("vrrp_instance/authentication/auth_pass", "At most 8 bytes."),
        ("vrrp_instance/track_file", "Every entry has the form C(FILE [weight -254..254 [reverse|noreverse]])."),
        (
            "vrrp_instance/notify",
            "Either the command line, or a dictionary of C(script), C(user) and optionally C(group).",
        ),
        ("vrrp_script/interval", "Since keepalived 2.3.2: with decimals."),
        ("global_defs/lvs_flush_on_stop", "Either V(true) or V(VS)."),
        ("virtual_server/lb_algo", "Since keepalived 2.2.5: twos."),
        ("vrrp_instance/virtual_routes", "Deprecated: gw, or."),
    ],
)
def test_columns_are_sentences(path: str, expected: str) -> None:
    assert expected in DOCUMENTATION[path]["description"]
