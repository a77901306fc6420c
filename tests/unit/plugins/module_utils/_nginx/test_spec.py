# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specification, its documentation and the role say the same as the table."""

from __future__ import annotations

import json

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.openvip.cluster.docs.generate import TOP
from ansible_collections.openvip.cluster.docs.generate_nginx import directives
from ansible_collections.openvip.cluster.plugins.doc_fragments.nginx import ModuleDocFragment
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import table
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.options import module_argument_spec
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.row import BLOCK, BLOCKS
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.spec import argument_spec, options_documentation
from ansible_collections.openvip.cluster.tests.unit.options import flat

SPEC = dict(flat(argument_spec(), "options"))
DOCUMENTATION = dict(flat(options_documentation(), "suboptions"))
ROLE = yaml.safe_load((TOP / "roles/nginx/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]


def test_the_fragment_holds_the_documentation() -> None:
    assert json.loads(ModuleDocFragment.DOCUMENTATION)["options"]["config"]["suboptions"] == options_documentation()


@pytest.mark.parametrize("path", SPEC)
def test_specification_and_documentation_agree(path: str) -> None:
    option, documentation = SPEC[path], DOCUMENTATION[path]
    for key in ("type", "elements", "choices", "required", "default"):
        assert option.get(key) == documentation.get(key)
    sentences = documentation["description"]
    listed = [sentences] if isinstance(sentences, str) else sentences
    assert all(each[0].isupper() and each.endswith(".") for each in listed)


def test_keys_are_secret_and_nothing_else_is() -> None:
    assert [path for path, option in SPEC.items() if option.get("no_log")] == [
        "http/server/ssl_certificate_key_content", "stream/server/ssl_certificate_key_content"]


def test_every_block_has_its_rows_and_no_key_stands_twice() -> None:
    for path, rows in table.SECTIONS.items():
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys)), path
        assert all(table.section(path, row.key) in table.SECTIONS for row in rows if row.kind in (BLOCK, BLOCKS)), path
    assert {*table.INLINE, *table.FILES} <= set(table.SECTIONS)


def test_ansible_takes_what_the_table_takes() -> None:
    config = {"user": "root", "http": {"server": [{"name": "www", "listen": ["80"], "location": [
        {"uri": "/", "proxy_pass": "http://web", "proxy_set_header": {"Host": "$host"}}]}]}}
    result = ArgumentSpecValidator(module_argument_spec()).validate({"config": config})
    assert result.error_messages == []
    server = result.validated_parameters["config"]["http"]["server"][0]
    assert server["listen"] == ["80"] and server["location"][0]["proxy_set_header"] == {"Host": "$host"}


def test_every_directive_is_a_variable_of_the_role_and_no_two_are_the_same() -> None:
    names = [name for variables in directives().values() for name in variables]
    assert len(names) == len(set(names)) and set(names) <= set(ROLE)
    assert all(name.startswith("nginx_stream_") for name in directives()["stream"])
    assert {"nginx_upstream", "nginx_server", "nginx_stub_status", "nginx_stream_server", "nginx_http_raw"} <= {*names}


def test_the_role_is_typed_to_the_leaf() -> None:
    for path, option in flat(ROLE, "options"):
        assert "type" in option and "description" in option, path
        if option["type"] == "list":
            assert "elements" in option, path


@pytest.mark.parametrize("variables", [
    {"nginx_access_log": False}, {"nginx_access_log": "off"}, {"nginx_access_log": ["/var/log/a.log main"]},
    {"nginx_server_tokens": False}, {"nginx_sendfile": "on"}, {"nginx_listen": 80}, {"nginx_server_name": ["a", "b"]},
    {"nginx_server_name": "a b"}, {"nginx_ssl_protocols": "TLSv1.2 TLSv1.3"}, {"nginx_keepalive_timeout": 65},
    {"nginx_ssl_session_cache": False}, {"nginx_stub_status": {"listen": 8080}}, {"nginx_http_raw": "gzip on;"},
    {"nginx_server": [{"name": "www", "listen": 80, "server_name": "a b", "location": [{"uri": "= /x"}]}]},
])
def test_the_role_takes_what_the_action_takes(variables: dict) -> None:
    assert ArgumentSpecValidator(ROLE).validate(variables).error_messages == []
    [(name, value)] = variables.items()
    for block, names in directives().items():
        if name in names:
            config = {names[name]: value}
            assert normalise({block: config} if block else config)[1] == []
