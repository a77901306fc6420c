# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of nginx's own words, and of a place for its test."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import lock
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import program
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.program import (
    Verdict,
    config_test,
    for_test,
    is_not_held,
    judge,
    may_come,
    stage,
    version,
    without_missing,
)
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import File, Tree

PLACE, HOME = "/tmp/place", "/etc/nginx"


def said(text, code=0, timed_out=False):
    return judge(Outcome(code, text, timed_out), PLACE, HOME)


def test_silence_and_code_0_are_consent():
    assert said("") == Verdict([], [])


def test_a_refusal_names_the_files_as_they_will_be():
    text = 'nginx: [emerg] unknown directive "x" in /tmp/place/openvip.d/http/server/www.conf:5\n' \
           "nginx: configuration file /tmp/place/nginx.conf test failed\n"
    assert said(text, 1).refused == ['unknown directive "x" in /etc/nginx/openvip.d/http/server/www.conf:5']


def test_what_is_said_twice_is_told_once():
    line = "[emerg] 12#12: cannot load certificate\n"
    assert said("nginx: %s2026/11/21 08:00:00 %s" % (line.replace("12#12: ", ""), line), 1).refused == [
        "cannot load certificate"]


def test_a_warning_is_a_remark_unless_nginx_ignores_what_is_written():
    deprecated = 'nginx: [warn] the "listen ... http2" directive is deprecated\n'
    conflicting = 'nginx: [warn] conflicting server name "www" on 0.0.0.0:80, ignored\n'
    verdict = said(deprecated + conflicting)
    assert verdict.remarks == ['the "listen ... http2" directive is deprecated']
    assert verdict.refused == ['conflicting server name "www" on 0.0.0.0:80, ignored']


@pytest.mark.parametrize("code, output, timed_out, words", [
    (1, "", False, "exit code 1: no message"), (139, "Segmentation fault", False, "139: Segmentation fault"),
    (None, "", True, "did not end"),
])
def test_a_test_that_fails_without_a_reason_is_a_refusal_too(code, output, timed_out, words):
    verdict = said(output, code, timed_out)
    assert len(verdict.refused) == 1 and words in verdict.refused[0]


def test_an_address_that_the_host_does_not_hold():
    assert is_not_held("bind() to 198.18.9.9:80 failed (99: Cannot assign requested address)")
    assert not is_not_held("bind() to 0.0.0.0:80 failed (98: Address already in use)")


@pytest.mark.parametrize("line, left_out", [
    ("ssl_certificate ssl/www.crt;", "ssl_certificate ssl/www.crt$remote_addr;"),
    ("    ssl_certificate_key  /no/www.key ;", "    ssl_certificate_key  /no/www.key$remote_addr;"),
    ('ssl_certificate "/no/www.crt";', 'ssl_certificate "/no/www.crt$remote_addr";'),
    ("ssl_certificate there.crt;", None), ("ssl_certificate openvip.d/ssl/www.crt;", None),
    ("ssl_certificate data:$x;", None), ("ssl_certificate_key engine:pkcs11:x;", None),
    ("ssl_certificate /no/$ssl_server_name.crt;", None), ("ssl_trusted_certificate /no/ca.crt;", None),
    ("# ssl_certificate /no/www.crt;", None),
])
def test_a_certificate_that_is_missing_is_left_out_of_the_test(tmp_path, line, left_out):
    (tmp_path / "there.crt").write_text("")
    tree = Tree(File("main"), {"openvip.d/a.conf": File(line + "\nend;\n"), "openvip.d/ssl/www.crt": File("")})
    found, missing = without_missing(tree, str(tmp_path))
    assert found.files["openvip.d/a.conf"].text == (left_out or line) + "\nend;\n"
    assert len(missing) == bool(left_out) and all(path.startswith(("/no/", str(tmp_path))) for path in missing)


@pytest.mark.parametrize("message, comes", [
    ('unknown directive "geoip2" in /etc/nginx/x:1', True), ('unknown "geoip2_x" variable', True),
    ('dlopen() "/usr/lib/nginx/modules/x.so" failed', True), ('open() "/etc/nginx/x" failed (2: No such file', True),
    ('getpwnam("nginx") failed', True), ('invalid number of arguments in "listen"', False),
    ('open() "/etc/nginx/x" failed (13: Permission denied)', False),
])
def test_what_a_package_may_bring(message, comes):
    assert may_come(message) is comes


def test_a_test_touches_neither_the_pid_file_nor_the_logs(tmp_path):
    logs = str(tmp_path)
    data = {"pid": "/run/nginx.pid", "error_log": [logs + "/error.log warn"], "http": {
        "access_log": [logs + "/access.log client", "off", "syslog:server=198.18.0.5"],
        "server": [{"name": "www", "access_log": [logs + "/www.log"], "error_log": ["/no/such/place/error.log"]}]}}
    assert for_test(data, "/tmp/x") == {"pid": "/tmp/x/nginx.pid", "error_log": ["/tmp/x/log warn"], "http": {
        "access_log": ["/tmp/x/log client", "off", "syslog:server=198.18.0.5"],
        # nginx is to refuse that one
        "server": [{"name": "www", "access_log": ["/tmp/x/log"], "error_log": ["/no/such/place/error.log"]}]}}


def test_every_path_leads_to_the_new_files_or_to_those_of_others(tmp_path):
    home, place = tmp_path / "home", tmp_path / "place"
    (home / "openvip.d").mkdir(parents=True)
    place.mkdir()
    (home / "openvip.d" / "gone.conf").write_text("gone")
    (home / "nginx.conf").write_text("old")
    (home / "mime.types").write_text("types")
    (home / ".openvip").mkdir()
    main = "include mime.types;\ninclude %s/openvip.d/new.conf;\n" % home
    stage(Tree(File(main), {"openvip.d/new.conf": File("new", 0o600)}), str(home), str(place))
    assert (place / "mime.types").read_text() == "types" and (place / "openvip.d" / "new.conf").read_text() == "new"
    assert (place / "nginx.conf").read_text() == "include mime.types;\ninclude %s/openvip.d/new.conf;\n" % place
    assert not (place / "openvip.d" / "gone.conf").exists() and not (place / ".openvip").exists()
    assert (home / "nginx.conf").read_text() == "old"


@pytest.mark.parametrize("found, option", [((1, 18, 0), False), ((1, 19, 5), True), ((1, 26, 3), True)])
def test_the_log_before_the_configuration_is_moved_where_nginx_can(tmp_path, monkeypatch, found, option):
    asked = []
    monkeypatch.setattr(lock, "DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setattr(program, "run", lambda words, timeout: asked.append(words) or Outcome(0, "", False))
    config_test(lambda place: Tree(File("events {}\n"), {}), str(tmp_path), "nginx", found, 5)
    assert ("-e" in asked[0]) == option and asked[0][:3] == ["nginx", "-t", "-q"]
    assert os.path.dirname(os.path.dirname(asked[0][4])) == lock.DIRECTORY and os.listdir(lock.DIRECTORY) == []
    assert os.stat(lock.DIRECTORY).st_mode & 0o777 == 0o700


def test_the_place_of_a_test_that_was_killed_is_removed_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "DIRECTORY", str(tmp_path / "run"))
    child = os.fork()
    if child == 0:
        with program.place() as directory:
            (tmp_path / "run" / "change").write_text("")
            with open(os.path.join(directory, "www.key"), "w", encoding="ascii") as stream:
                stream.write("secret")
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    with program.place() as directory:
        assert len(os.listdir(lock.DIRECTORY)) == 3
        program.remove_places()
        assert sorted(os.listdir(lock.DIRECTORY)) == ["change", os.path.basename(directory)]
    assert os.listdir(lock.DIRECTORY) == ["change"]


def test_the_version_of_the_program(tmp_path):
    binary = tmp_path / "nginx"
    binary.write_text("#!/bin/sh\necho 'nginx version: nginx/1.26.3 (Ubuntu)' >&2\n")
    binary.chmod(0o755)
    assert version(str(binary)) == (1, 26, 3)
    assert version(str(tmp_path / "none")) is None
    binary.write_text("#!/bin/sh\necho something else\n")
    assert version(str(binary)) is None
