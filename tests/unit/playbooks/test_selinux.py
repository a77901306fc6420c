# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles ask of SELinux for what their variables ask of the daemons."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TELL = "{{ %s | ansible.builtin.to_json }}"
ENABLED = {"keepalived": "__keepalived_selinux | bool", "nginx": "__nginx_selinux | bool"}
CONNECTS = {"keepalived": "__keepalived_connects | bool", "nginx": "__nginx_connects | bool"}
FACTS = {"selinux": "{{ fact | default({}) }}", "os_family": "{{ family | default('RedHat') }}"}
PORTS = "__nginx_selinux_ports"
OTHER_PORT = "http://127.0.0.1:8081/"


def server(**options):
    """Return the variables for one server of nginx."""
    return {"nginx_listen": ["80"], "nginx_server": [{"name": "www", **options}]}


def proxied(directive):
    return server(location=[{"uri": "/", **directive}])


# name: (role, expression, variables, its value)
CASES = {
    "keepalived-enabled": ("keepalived", ENABLED["keepalived"], {"fact": {"status": "enabled"}}, True),
    "keepalived-disabled": ("keepalived", ENABLED["keepalived"], {"fact": {"status": "disabled"}}, False),
    "keepalived-unconfined": (
        "keepalived", ENABLED["keepalived"], {"fact": {"status": "enabled"}, "family": "Debian"}, False),
    "keepalived-not-wanted": (
        "keepalived", ENABLED["keepalived"], {"fact": {"status": "enabled"}, "keepalived_selinux": False}, False),
    "nginx-not-wanted": ("nginx", ENABLED["nginx"], {"fact": {"status": "enabled"}, "nginx_selinux": False}, False),
    "nginx-enabled": ("nginx", ENABLED["nginx"], {"fact": {"status": "enabled"}}, True),
    "nginx-no-library": ("nginx", ENABLED["nginx"], {"fact": {}}, False),
    "default": ("keepalived", CONNECTS["keepalived"], {}, False),
    # The unit that asks the tracked service is not confined.
    "other-port": ("keepalived", CONNECTS["keepalived"], {"keepalived_track_url": OTHER_PORT}, False),
    "nothing-tracked": (
        "keepalived", CONNECTS["keepalived"],
        {"keepalived_track_url": OTHER_PORT, "keepalived_track_service": ""}, False),
    "no-url": ("keepalived", CONNECTS["keepalived"], {"keepalived_track_url": ""}, False),
    "real-servers": (
        "keepalived", CONNECTS["keepalived"], {"keepalived_virtual_server": [{"ip": "198.18.0.100"}]}, True),
    "known-ports": ("nginx", PORTS, server(listen=["80", "[::]:443 ssl", "8080"]), []),
    "other-ports": (
        "nginx", PORTS, server(listen=["198.18.0.100:8082", "[2001:db8::100]:8081 ssl", "8083 default_server"]),
        [8081, 8082, 8083]),
    "addresses-alone": ("nginx", PORTS, server(listen=["198.18.0.100", "[::1]", "localhost:8081"]), [8081]),
    "datagrams": ("nginx", PORTS, server(listen=["53 udp", "8081"]), [8081]),
    "socket": ("nginx", PORTS, server(listen=["unix:/run/nginx.sock"]), []),
    "start-page": ("nginx", CONNECTS["nginx"], {}, False),
    "upstream": ("nginx", CONNECTS["nginx"], {"nginx_upstream": [{"name": "web"}]}, True),
    "files": ("nginx", CONNECTS["nginx"], proxied({"root": "/srv"}), False),
    "proxy": ("nginx", CONNECTS["nginx"], proxied({"proxy_pass": "http://198.18.0.21"}), True),
    "stream": ("nginx", CONNECTS["nginx"], {"nginx_stream_server": [{"name": "dns"}]}, True),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each case's expression is with the variables of its role: a host for each case, and a play for each role."""
    directory = tmp_path_factory.mktemp("selinux")
    groups = {
        role: {
            # Below the hosts' variables, as a role's defaults are.
            "vars": yaml.safe_load((REPOSITORY / "roles" / role / "defaults" / "main.yml").read_text()),
            "hosts": {name: {"told": TELL % expression, **variables}
                      for name, (each, expression, variables, unused) in CASES.items() if each == role},
        } for role in ENABLED}
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {
        "children": groups,
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}))
    (directory / "play.yml").write_text(yaml.safe_dump([{
        "name": "Tell", "hosts": role, "gather_facts": False,
        "vars": {"ansible_facts": FACTS},
        "vars_files": [str(REPOSITORY / "roles" / role / "vars" / "main" / "main.yml")],
        "tasks": [{"name": "Tell", "ansible.builtin.debug": {"msg": "TOLD {{ inventory_hostname }} {{ told }}"}}],
    } for role in ENABLED]))
    environment = dict(
        os.environ, LC_ALL="C.UTF-8", HOME=str(directory), ANSIBLE_LOCAL_TEMP=str(directory / "tmp"),
        ANSIBLE_FORCE_COLOR="0", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.yml", "play.yml"], env=environment, cwd=directory,
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split('"msg": "TOLD ')[1].rstrip('"') for line in done.stdout.splitlines() if "TOLD " in line]
    return {name: json.loads(value) for name, value in (line.split(" ", 1) for line in lines)}


@pytest.mark.parametrize("name", CASES)
def test_the_roles_ask_for_what_their_variables_need(told, name):
    assert told[name] == CASES[name][3]
