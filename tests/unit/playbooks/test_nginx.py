# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role nginx on the hosts of inventory/nginx_balancer, as far as its check goes: what the variables become."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
HOSTS = ("lb1", "lb2", "web1", "web2")
PLAYBOOK = """
- name: Check
  hosts: all
  gather_facts: true
  gather_subset: ["!all", "!min", distribution]
  tasks:
    - name: Check the configuration
      ansible.builtin.import_role:
        name: openvip.cluster.nginx
        tasks_from: check
    - name: Tell what it is
      ansible.builtin.copy:
        dest: "{{ told }}/{{ inventory_hostname }}.json"
        content: "{{ {'diff': __nginx_plan.diff, 'packages': __nginx_all_packages, 'sysctls': __nginx_sysctls}
                     | ansible.builtin.to_json }}"
        mode: "0644"
"""


@pytest.fixture
def check(tmp_path):
    """Run the check of the role for all hosts; returns what ansible-playbook said, and what each host would get."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {
        "hosts": {name: {} for name in HOSTS},
        "vars": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "told": str(tmp_path)}}}))
    playbook = tmp_path / "check.yml"
    playbook.write_text(PLAYBOOK)

    def run(**variables):
        environment = dict(
            os.environ, LC_ALL="C.UTF-8", HOME=str(tmp_path), ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"),
            ANSIBLE_FORCE_COLOR="0", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", str(REPOSITORY / "inventory" / "nginx_balancer"), "-i",
             str(inventory), "-e", json.dumps(variables), str(playbook)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        told = {name: json.loads((tmp_path / f"{name}.json").read_text())
                for name in HOSTS if (tmp_path / f"{name}.json").exists()}
        return done.stdout + done.stderr, {
            name: {**each, "files": {change["after_header"].partition(" ")[0]: change["after"]
                                     for change in each["diff"]}} for name, each in told.items()}

    return run


def test_the_example_becomes_balancers_and_servers_that_believe_them(check):
    output, told = check()
    assert set(told) == set(HOSTS), output
    for name in ("lb1", "lb2"):
        files = told[name]["files"]
        upstream = files["/etc/nginx/openvip.d/http/upstream/web.conf"]
        assert "server 198.18.0.21:80;" in upstream and "server 198.18.0.22:80;" in upstream
        site = files["/etc/nginx/openvip.d/http/server/www.conf"]
        assert "proxy_pass http://web;" in site and "proxy_set_header X-Real-IP $remote_addr;" in site
        assert "listen 127.0.0.1:80;" in files["/etc/nginx/openvip.d/http/server/start_page.conf"]
        assert told[name]["sysctls"] == []
    for name in ("web1", "web2"):
        assert "set_real_ip_from 198.18.0.11;" in told[name]["files"]["/etc/nginx/openvip.d/nginx.conf"]
        assert "listen 80;" in told[name]["files"]["/etc/nginx/openvip.d/http/server/start_page.conf"]
        assert any(text == name + "\n" for text in told[name]["files"].values())


def test_what_is_asked_for_brings_its_packages_and_settings(check):
    output, told = check(
        nginx_stream_server=[{"name": "dns", "listen": ["198.18.0.100:53 udp", "[2001:db8::100]:53"],
                              "proxy_pass": "198.18.0.53:53"}],
        nginx_self_signed=[{"name": "www", "server_name": ["www.example.com"]}])
    assert set(told) == set(HOSTS), output
    assert told["lb1"]["packages"][0] == "nginx" and told["lb1"]["packages"][2] == "python3-cryptography"
    assert "stream" in told["lb1"]["packages"][1]
    assert told["lb1"]["sysctls"] == ["net.ipv4.ip_nonlocal_bind", "net.ipv6.ip_nonlocal_bind"]
    assert "listen 198.18.0.100:53 udp;" in told["lb1"]["files"]["/etc/nginx/openvip.d/stream/server/dns.conf"]


def test_what_yaml_makes_of_variables_is_what_is_meant(check, tmp_path):
    output, told = check(
        nginx_access_log=False, nginx_server_name=["one.example", "two.example three.example"], nginx_start_page=404,
        nginx_stream_server=None, nginx_root=str(tmp_path), nginx_gzip=True, nginx_server=[{
            "name": "www", "listen": 8081, "server_name": "a.example b.example", "access_log": False, "location": [
                {"uri": r"~ /\.git", "return": 403}]}])
    assert set(told) == set(HOSTS), output
    files = told["web1"]["files"]
    assert "variable nginx_gzip: the role" in output and 'nginx_http_raw: ["gzip on;"]' in output.replace("\n", " ")
    page, site = (files[f"/etc/nginx/openvip.d/http/server/{name}.conf"] for name in ("start_page", "www"))
    assert "server_name one.example two.example three.example;" in page and files[f"{tmp_path}/index.html"] == "404\n"
    assert "listen 8081;" in site and "server_name a.example b.example;" in site and "access_log off;" in site
    assert r'location ~ "/\\.git" {' in site and "access_log off;" in files["/etc/nginx/openvip.d/nginx.conf"]


def test_a_misspelt_key_stops_all_hosts_with_the_nearest(check):
    output, told = check(nginx_server=[{"name": "www", "lisen": ["80"]}])
    assert told == {} and "server www: unknown key" in output and "lisen" in output and "Did you mean" in output


@pytest.mark.daemon
def test_where_nginx_is_installed_it_judges_before_anything_changes(check, tmp_path):
    found = subprocess.run([REPOSITORY / "tests" / "nginx-version", "1.22.1"], check=True, capture_output=True,
                           text=True)
    site = {"name": "shop", "listen": ["127.0.0.1:18080"], "location": [{"uri": "/", "raw": ["return 1 2 3;"]}]}
    given = {"__nginx_binary": found.stdout.strip(), "nginx_user": "root", "nginx_include": [],
             "nginx_http_include": [], "nginx_listen": ["127.0.0.1:18081"], "nginx_server": [site],
             "nginx_error_log": [f"{tmp_path}/error.log"], "nginx_access_log": ["off"]}
    output, told = check(**given)
    assert told == {} and "server shop (nginx_server): location /: " in output, output
    assert "invalid number of arguments in" in output and "nothing was changed" in output, output
    # a certificate that the role makes, and one from somewhere else
    site.update(location=[], listen=["127.0.0.1:18080 ssl"], ssl_certificate="/etc/nginx/ssl/shop.crt",
                ssl_certificate_key="/etc/nginx/ssl/shop.key")
    output, told = check(**given, nginx_self_signed=[{"name": "shop", "server_name": ["shop.example.com"]}])
    assert set(told) == set(HOSTS) and "left out of the test" not in output, output
    output, told = check(**given)
    assert set(told) == set(HOSTS) and "/etc/nginx/ssl/shop.key does not exist" in output, output


@pytest.mark.slow
def test_one_port_needs_no_list(check):
    output, told = check(nginx_listen=8081)
    assert set(told) == set(HOSTS), output
    assert "listen 8081;" in told["web1"]["files"]["/etc/nginx/openvip.d/http/server/start_page.conf"]


def test_a_wrong_listen_of_the_start_page_stops_all_hosts_too(check):
    output, told = check(nginx_listen=["198.18.0.300:80"])
    assert told == {}, output
    words = 'server start_page: listen "198.18.0.300:80": "198.18.0.300" is no IP address'
    assert words in output.replace('\\"', '"'), output


@pytest.mark.slow
def test_a_page_of_somebody_else_stops_all_hosts_unless_it_may_go(check, tmp_path):
    (tmp_path / "html").mkdir()
    page = tmp_path / "html" / "index.html"
    page.write_text("the shop\n")
    output, told = check(nginx_root=str(page.parent))
    assert told == {}, output
    assert "Somebody else has set up nginx on this host" in output and str(page) in output, output
    assert "nginx_takeover to true" in output
    output, told = check(nginx_root=str(page.parent), nginx_takeover=True)
    assert set(told) == set(HOSTS) and page.read_text() == "the shop\n", output


@pytest.mark.parametrize("server, words", [
    # by the data alone
    ({"root": "/srv"}, "server www: no request on 0.0.0.0:80 reaches it"),
    # by what the host includes, too
    ({"server_name": ["a"], "location": [{"uri": "/", "proxy_pass": "http://a.example.com$request_uri"}]},
     "so nginx asks a resolver for"),
])
def test_what_a_rule_finds_is_refused_by_the_check_of_the_role(check, server, words):
    output, told = check(nginx_listen=["80"], nginx_server=[{"name": "www", "listen": ["80"], **server}])
    assert told == {} and "nothing was changed" in output and words in output, output
