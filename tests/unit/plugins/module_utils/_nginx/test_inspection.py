# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What the rules ask of the host."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import inspection
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.model import Certificate

ME = pwd.getpwuid(os.geteuid()).pw_name
NOBODY = "nobody"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put a program of a name and a text in front of all others; without a text there are no others."""

    def put(**texts):
        directory = tmp_path / "bin"
        directory.mkdir()
        for name, text in texts.items():
            (directory / name).write_text(f"#!/bin/sh\n{text}\n")
            (directory / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(directory))

    return put


def site(**keys):
    return {"http": {"server": [{"name": "www", "listen": ["443 ssl"], "server_name": ["www.example.com"],
                                 "ssl_certificate_key": "www.key", "return": "204", **keys}]}}


def certificate(path, *options):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", os.devnull, "-out", path, "-subj", "/CN=x", *options], check=True, capture_output=True)


@pytest.fixture
def open_place():
    """Make a directory that everybody may enter."""
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("mode, readable", [(0o644, True), (0o604, True), (0o640, False), (0o600, False)])
def test_a_file_that_others_may_read_or_not(open_place, mode, readable):
    path = open_place / "members"
    path.write_text("x")
    path.chmod(mode)
    assert inspection.readable(str(path), NOBODY) is readable
    open_place.chmod(0o700)
    assert inspection.readable(str(path), NOBODY) is False


def test_what_is_not_known_of_a_file_is_not_known(tmp_path):
    path = tmp_path / "members"
    path.write_text("x")
    path.chmod(0o600)
    assert inspection.readable(str(path), "no-such-user") is None
    assert inspection.readable(str(tmp_path / "none"), NOBODY) is None
    assert inspection.readable(str(tmp_path), NOBODY) is None
    assert inspection.readable(str(path), ME) is True


def test_a_certificate_of_the_host_has_names_and_dates(tmp_path):
    path = tmp_path / "www.crt"
    certificate(path, "-days", "3", "-addext", "subjectAltName=DNS:www.example.com,DNS:*.example.org,IP:198.18.0.1")
    found = inspection.certificates(site(ssl_certificate="www.crt"), str(tmp_path))["www.crt"]
    assert found.names == ("www.example.com", "*.example.org", "198.18.0.1") and found.fits is None
    assert found.end - found.begin == 3 * 86400
    assert abs(found.begin - time.time()) < 600


def test_what_openssl_does_not_read_is_not_checked(tmp_path, programs):
    path = tmp_path / "www.crt"
    path.write_text("x")
    assert inspection.read_certificate(str(path)) == Certificate(unchecked=f"openssl does not read {path}")
    programs()
    assert inspection.read_certificate(str(path)) == Certificate(unchecked="the host has no program openssl")


@pytest.mark.parametrize("path", ["none.crt", "$name.crt", "openvip.d/ssl/www.crt"])
def test_a_certificate_that_is_not_there_yet_is_not_looked_at(tmp_path, path):
    assert inspection.certificates(site(ssl_certificate=path), str(tmp_path)) == {}


def test_the_host_is_judged_with_its_files_and_only_that_is_told_apart(tmp_path):
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "tls.conf").write_text("ssl_protocols TLSv1.3;\n")
    certificate(tmp_path / "old.crt", "-days", "1")
    data = site(ssl_certificate="old.crt")
    data["http"].update(include=["conf.d/*.conf"], ssl_protocols=["TLSv1.2"])
    found, of_host = inspection.judge(data, str(tmp_path), [])
    assert found == of_host and [finding.id for finding in found] == [
        "nginx-lists-joined", "nginx-certificate-expired", "nginx-certificate-of-another-name"]
    data["http"]["server"][0].update({"allow": ["198.18.0.1"]})
    found, of_host_too = inspection.judge(data, str(tmp_path), [])
    assert [finding.id for finding in found if finding not in of_host_too] == ["nginx-return-before-access"]
    assert of_host_too == of_host
