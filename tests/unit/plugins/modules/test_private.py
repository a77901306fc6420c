# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is in what a module returns, which -vvv shows with its options, nor in the log of the host."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.modules import (
    keepalived_config,
    keepalived_lint,
    nginx_config,
    virtual_server,
    vrrp_instance,
)

KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHxs\n-----END PRIVATE KEY-----\n"
SECRETS = ("Xq7secre", "MC4CAQAwBQYDK2VwBCIEIHxs")
INSTANCE = {"name": "VI_1", "interface": "eth0", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
WITH_PASSWORD = dict(INSTANCE, authentication={"auth_type": "PASS", "auth_pass": "Xq7secre"})
RAW_BLOCK = "vrrp_instance VI_2 {\n    authentication {\n        auth_pass Xq7secre\n    }\n}"
REAL = {"ip": "198.18.0.21", "port": 80}


@pytest.fixture
def shown(tmp_path, capsys, monkeypatch):
    """Return a function that runs a module and returns everything that anybody can see of it."""

    def run(module, **options):
        logged = []
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append((msg, log_args)))
        arguments = {"binary": "/nonexistent", "_ansible_check_mode": True, "_ansible_diff": True,
                     "_ansible_remote_tmp": str(tmp_path), **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return capsys.readouterr().out + repr(logged)

    run.path = str(tmp_path / "file.conf")
    return run


@pytest.mark.parametrize("config", [
    {"vrrp_instance": [WITH_PASSWORD]},
    {"raw": [RAW_BLOCK]},
    {"vrrp_instance": [dict(INSTANCE, raw=["authentication {\n auth_pass Xq7secre\n}"])]},
    {"raw": ["$PW=Xq7secre"], "vrrp_instance": [dict(INSTANCE, authentication={"auth_pass": "$PW"})]},
    {"raw": ["$PW=Xq7secre", "$PW2=${PW}x", RAW_BLOCK.replace("Xq7secre", "$PW2")]},
    {"raw": ["~LST(PW,Xq7secre,other) auth_pass $PW"]},
    {"raw": ["# auth_pass Xq7secre"], "no_such_keyword": 1},
    {"raw": [RAW_BLOCK], "vrrp_instance": "none"},
])
def test_passwords_of_keepalived(shown, config):
    found = shown(keepalived_config, path=shown.path, config=config)
    assert not any(secret in found for secret in SECRETS), found
    # and no more than those
    assert "198.18.0.100" in found or not isinstance(config.get("vrrp_instance"), list)


@pytest.mark.parametrize("module, options", [
    (vrrp_instance, dict(WITH_PASSWORD, config_test=False)),
    (vrrp_instance, dict(INSTANCE, raw=["authentication {\n auth_pass Xq7secre\n}"], config_test=False)),
    (vrrp_instance, dict(INSTANCE, raw=["authentication {\n auth_pass Xq7secre\n}"], priority="none")),
    (virtual_server, {"ip": "198.18.0.100", "port": 443, "config_test": False, "real_server": [
        dict(REAL, raw=["SSL_GET {\n url {\n path /\n }\n}"])], "raw": ["# auth_pass Xq7secre"]}),
    (keepalived_lint, {"content": RAW_BLOCK.replace("Xq7secre", "$PW2") + "\n$PW=Xq7secre\n$PW2=${PW}y\n",
                       "host": False, "fail_on": "never"}),
])
def test_passwords_of_the_other_modules(shown, module, options):
    found = shown(module, path=shown.path, **options)
    assert not any(secret in found for secret in SECRETS), found


CONFIG = {"http": {"server": [{"name": "www", "listen": ["80"], "root": "/var/www"}]}}
TLS = {"http": {"server": [{"name": "www", "listen": ["443 ssl"], "root": "/var/www",
                            "ssl_certificate_content": "certificate", "ssl_certificate_key_content": KEY}]}}


@pytest.mark.parametrize("config, file", [
    (CONFIG, [{"path": "key.pem", "content": KEY, "mode": "0600"}]),
    (CONFIG, [{"path": "key.pem", "content": KEY, "mode": "640"}]),
    # invalid modes, paths and files are rejected, and not shown either
    (CONFIG, [{"path": "key.pem", "content": KEY, "mode": "u=rw"}]),
    (CONFIG, [{"content": KEY, "mode": "0600"}]),
    ("none", [{"path": "key.pem", "content": KEY, "mode": "0600"}]),
    (TLS, []),
])
def test_private_files_of_nginx(shown, config, file):
    found = shown(nginx_config, path=shown.path, config=config, file=file)
    assert not any(secret in found for secret in SECRETS), found


@pytest.mark.parametrize("mode", ["0644", "644", "0755", None])
def test_what_everybody_may_read_is_shown(shown, mode):
    page = {"path": "page.html", "content": "<h1>a page for everybody</h1>\n", **({"mode": mode} if mode else {})}
    found = shown(nginx_config, path=shown.path, config=CONFIG, file=[page], config_test=False)
    result = json.loads(next(line for line in found.splitlines() if line.startswith("{")))
    assert result["invocation"]["module_args"]["file"][0]["content"] == page["content"]
    assert [each["after"] for each in result["diff"] if "page.html" in each["after_header"]] == [page["content"]]
