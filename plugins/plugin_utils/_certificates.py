# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What is known on the controller of certificates that are given by their content.

Note that this plugin util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime
import re

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.complete import certificates
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.model import Certificate

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
except ImportError:
    x509 = None

_BLOCK = r"-----BEGIN ((?:[A-Z0-9]+ )*%s)-----\s.*?-----END \1-----"
_CERTIFICATE = re.compile(_BLOCK % "CERTIFICATE", re.DOTALL)
_KEY = re.compile(_BLOCK % "PRIVATE KEY", re.DOTALL)


def known_certificates(data):
    """Return a Certificate for each that canonical data gives by its content, by its file as nginx names it."""
    texts = certificates(data)
    return {path: read_pair(text, texts.get(path[:-len("crt")] + "key"))
            for path, text in texts.items() if path.endswith(".crt")}


def read_pair(text, key):
    """Return what is known of the first certificate of a text.

    :param key: the text of its key, None if it is a file of the host.
    """
    if x509 is None:
        return Certificate(unchecked="the controller has no library cryptography")
    found = _CERTIFICATE.search(text)
    if not found:
        return Certificate(problem="the text of ssl_certificate_content has no certificate")
    try:
        certificate = x509.load_pem_x509_certificate(found[0].encode())
        names = _names(certificate)
        begin, end = _dates(certificate)
    except ValueError:
        return Certificate(problem="the certificate of ssl_certificate_content cannot be read")
    except UnsupportedAlgorithm as problem:
        return Certificate(unchecked=f"the controller does not know its algorithm ({problem})")
    known = Certificate(names=names, begin=begin, end=end)
    return known if key is None else _with_key(known, certificate, key)


def _with_key(known, certificate, text):
    found = _KEY.search(text)
    if not found:
        return known._replace(problem="the text of ssl_certificate_key_content has no key")
    try:
        own, other = (public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
                      for public in (certificate.public_key(),
                                     serialization.load_pem_private_key(found[0].encode(), None).public_key()))
    except TypeError:
        return known._replace(problem="the key of ssl_certificate_key_content has a passphrase")
    except UnsupportedAlgorithm:
        return known
    except ValueError:
        return known._replace(problem="the key of ssl_certificate_key_content cannot be read")
    return known._replace(fits=own == other)


def _names(certificate):
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))


def _dates(certificate):
    """Return the timestamps of its beginning and its end."""
    if hasattr(certificate, "not_valid_after_utc"):
        return tuple(date.timestamp() for date in (certificate.not_valid_before_utc, certificate.not_valid_after_utc))
    return tuple(date.replace(tzinfo=datetime.timezone.utc).timestamp()
                 for date in (certificate.not_valid_before, certificate.not_valid_after))
