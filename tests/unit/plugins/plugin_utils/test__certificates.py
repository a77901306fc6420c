# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What the controller knows of certificates that are given by their content, and what the rules make of it."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check
from ansible_collections.openvip.cluster.plugins.plugin_utils import _certificates
from ansible_collections.openvip.cluster.plugins.plugin_utils._certificates import known_certificates, read_pair

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
EC, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
KEYS = {"EC": EC, "RSA": rsa.generate_private_key(65537, 2048), "Ed25519": ed25519.Ed25519PrivateKey.generate()}


def pem(key, passphrase=None, form=serialization.PrivateFormat.PKCS8):
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


def certificate(key=EC, names=("www.example.com",), begin=-1, end=90):
    """Return the text of a certificate that is valid from a day to another, counted from today."""
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "www.example.com")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(NOW + datetime.timedelta(begin)).not_valid_after(NOW + datetime.timedelta(end))
    if names:
        built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
    signed = built.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def data(text, key, names=("www.example.com",)):
    return {"http": {"server": [{"name": "www", "listen": ["443 ssl"], "server_name": list(names), "return": "204",
                                 "ssl_certificate_content": text, "ssl_certificate_key_content": key}]}}


def found(text, key, names=("www.example.com",)):
    given = data(text, key, names)
    return [finding.id[len("nginx-certificate-"):] for finding in check(
        given, certificates=known_certificates(given))]


@pytest.mark.parametrize("kind", KEYS)
def test_a_pair_that_fits_is_right_and_one_that_does_not_is_not(kind):
    assert found(certificate(KEYS[kind]), pem(KEYS[kind])) == []
    assert found(certificate(KEYS[kind]), pem(OTHER)) == ["of-another-key"]


@pytest.mark.parametrize("text, key, expected", [
    (certificate() + certificate(OTHER), pem(EC), []),
    (certificate(OTHER) + certificate(), pem(EC), ["of-another-key"]),
    (certificate(), pem(EC, form=serialization.PrivateFormat.TraditionalOpenSSL), []),
    (certificate(), "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + pem(EC), []),
    ("a line before\n" + certificate(), pem(EC) + "# behind", []),
    (certificate(), pem(EC, b"secret"), ["unreadable"]), (certificate(), "x", ["unreadable"]),
    (certificate(), certificate(), ["unreadable"]), (pem(EC), pem(EC), ["unreadable"]), ("x", pem(EC), ["unreadable"]),
    (certificate()[:200], pem(EC), ["unreadable"]),
    (certificate().replace("M", "Z", 3), pem(EC), ["unreadable"]),
    (certificate(), pem(EC).replace("M", "?", 1), ["unreadable"]),
])
def test_what_stands_in_the_texts(text, key, expected):
    assert found(text, key) == expected


@pytest.mark.parametrize("begin, end, expected", [
    (-90, -1, ["expired"]), (-90, 5, ["expired"]), (-90, 30, []), (3, 90, ["expired"]), (0, 90, [])])
def test_the_days_of_a_certificate(begin, end, expected):
    assert found(certificate(begin=begin, end=end), pem(EC)) == expected


@pytest.mark.parametrize("has, names, fits", [
    (["a.example.com"], ["a.example.com"], True), (["a.example.com"], ["A.Example.com"], True),
    (["*.example.com"], ["a.example.com"], True), (["*.example.com"], ["a.b.example.com"], False),
    (["*.example.com"], ["example.com"], False), (["*.example.com", "example.com"], [".example.com"], True),
    (["a.example.com"], ["*.example.com"], False), (["*.example.com"], ["*.example.com"], True),
    (["a.example.com"], ["a.example.com", "b.example.com"], False), ([], ["www.example.com"], False),
    (["a.example.com"], ["_"], True), (["a.example.com"], ["~^x"], True),
])
def test_the_names_of_a_certificate(has, names, fits):
    assert found(certificate(names=has), pem(EC), names) == ([] if fits else ["of-another-name"])


def test_a_key_that_is_a_file_of_the_host_is_left_to_nginx():
    given = data(certificate(), "x")
    del given["http"]["server"][0]["ssl_certificate_key_content"]
    given["http"]["server"][0]["ssl_certificate_key"] = "/www.key"
    assert known_certificates(given)["openvip.d/ssl/www.crt"].fits is None and check(
        given, certificates=known_certificates(given)) == []


def test_without_the_library_nothing_is_called_good(monkeypatch):
    monkeypatch.setattr(_certificates, "x509", None)
    assert read_pair("x", "y").unchecked == "the controller has no library cryptography"
    assert found(certificate(), pem(EC)) == ["unchecked"]
