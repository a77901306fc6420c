# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The self-signed certificates of the role nginx, made in an /etc of their own: check, run, check again, run again."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.daemon, pytest.mark.slow]

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# An /etc of its own.
SETUP = """
set -e
mkdir "$0/upper" "$0/work"
mount -t tmpfs tmpfs "$0/upper"
mkdir "$0/upper/new"
cp -a /etc/. "$0/upper/new"
mount --bind "$0/upper/new" /etc
mkdir -p /etc/nginx
exec "$@"
"""
PLAYBOOK = """
- name: Make certificates
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Make certificates
      ansible.builtin.include_tasks: %s/roles/nginx/tasks/self_signed.yml
  handlers:
    - name: Reload nginx
      ansible.builtin.debug:
        msg: is asked to reload
"""
DRIVER = """
import json, pathlib, re, subprocess, sys
playbook, names = sys.argv[1:]
ssl = pathlib.Path("/etc/nginx/ssl")

def play(*options, names=names):
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "-e",
         "ansible_python_interpreter=" + sys.executable, "-e", names, playbook, *options],
        capture_output=True, text=True)
    return {"output": done.stdout + done.stderr, "code": done.returncode,
            "changed": int((re.search(r"changed=(\\d+)", done.stdout) or [0, 0])[1]),
            "reloaded": "is asked to reload" in done.stdout, "files": sorted(map(str, ssl.glob("*")))}

def certificate():
    return subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-subject", "-fingerprint", "-in",
                           ssl / "www.crt"], capture_output=True, text=True).stdout

story = {"check": play("--check"), "run": play(), "first": certificate(),
         "mode": oct((ssl / "www.key").stat().st_mode), "check_again": play("--check"), "run_again": play(),
         "again": certificate()}
key = (ssl / "www.key").read_text()
text = '"www.example.com 198.18.0.100 2001:db8::100"'
story["renamed"] = play(names=names.replace(text, '["shop.example.com", "198.18.0.100"]'))
story["other"] = certificate()
story["same_key"] = (ssl / "www.key").read_text() == key
print(json.dumps(story))
"""
NAMES = {"nginx_self_signed": [{"name": "www", "server_name": "www.example.com 198.18.0.100 2001:db8::100"}]}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What happened in the runs."""
    directory = tmp_path_factory.mktemp("self_signed")
    playbook, driver = directory / "play.yml", directory / "driver.py"
    playbook.write_text(PLAYBOOK % REPOSITORY)
    driver.write_text(DRIVER)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", SETUP, str(directory), sys.executable, str(driver), str(playbook),
         json.dumps(NAMES)], capture_output=True, text=True, check=False, cwd=directory,
        env=dict(os.environ, LC_ALL="C.UTF-8", HOME=str(directory), ANSIBLE_FORCE_COLOR="0",
                 ANSIBLE_LOCALHOST_WARNING="0", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections")))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_check_run_check_again_run_again(story):
    assert [story[step]["code"] for step in ("check", "run", "check_again", "run_again")] == [0] * 4, story
    assert story["check"]["changed"] and story["check"]["files"] == []
    assert story["run"]["changed"] and story["run"]["files"] == ["/etc/nginx/ssl/www.crt", "/etc/nginx/ssl/www.key"]
    assert [story["check_again"]["changed"], story["run_again"]["changed"]] == [0, 0]
    assert story["run"]["reloaded"] and not story["run_again"]["reloaded"]


def test_a_certificate_has_the_names_and_the_addresses(story):
    assert all(words in story["first"] for words in (
        "DNS:www.example.com", "IP Address:198.18.0.100", "IP Address:2001:DB8:0:0:0:0:0:100", "CN = www.example.com"))
    assert story["again"] == story["first"]


def test_a_key_is_readable_for_its_owner_alone_and_is_not_told(story):
    assert story["mode"] == "0o100600" and "PRIVATE KEY" not in story["run"]["output"]


def test_a_new_name_brings_a_new_certificate_for_the_same_key(story):
    assert story["renamed"]["changed"] == 1 and story["renamed"]["reloaded"] and story["same_key"]
    assert "DNS:shop.example.com" in story["other"] and "www.example.com" not in story["other"]
