# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about TLS: certificates and their keys.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import time
from typing import Iterator, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import to_address

from .model import Block, Certificate, Configuration
from .registry import Said, rule
from .servers import names_of
from .sockets import groups, kind_of, shared_words, sockets_of

SERVERS = ("http/server", "stream/server")
CERTIFICATE, KEY = "ssl_certificate", "ssl_certificate_key"
_SSL = "nginx.org/en/docs/http/ngx_http_ssl_module.html"
_TLS_WORDS = {"ssl", "quic"}
# Days before its end in which somebody should renew a certificate; that of ACME is renewed 30 days before
_SOON = 14
_DAY = 86400


@rule("nginx-certificate-twice", ERROR, "A certificate is given as a file or by its content.",
      "both options write ssl_certificate", *SERVERS)
def certificate_twice(_configuration: Configuration, server: Block) -> Said:
    for key in (CERTIFICATE, KEY):
        if key in server.data and key + "_content" in server.data:
            yield f"{key} is given as a file and by its content.", "Keep one of them.", key


@rule("nginx-certificate-incomplete", ERROR, "A certificate has a key.",
      "run: no ssl_certificate_key is defined for certificate", *SERVERS)
def certificate_incomplete(_configuration: Configuration, server: Block) -> Said:
    for given, missing in ((CERTIFICATE, KEY), (KEY, CERTIFICATE)):
        if server.has(given) and server.lacks(missing):
            yield f"{missing} is missing.", "Add the other half.", missing


@rule("nginx-no-certificate", ERROR, "The default server of an address with ssl has a certificate.",
      "run: no ssl_certificate is defined for the listen ... ssl directive", *SERVERS)
def no_certificate(configuration: Configuration, server: Block) -> Said:
    """Other servers without a certificate show that of the default server."""
    if not server.lacks(CERTIFICATE) or server.has(KEY) or server.inherited("ssl_reject_handshake") == "on":
        return
    shared = groups(configuration, kind_of(server))
    for directive in server.all("listen"):
        socket = next((each for each in sockets_of(server) if each.words == directive.arguments[1:]), None)
        is_default = socket is None or any(
            next((each for each in shared[place] if each.is_default), shared[place][0]).server is server
            for place in socket.places)
        if _TLS_WORDS & {*directive.arguments[1:]} and is_default:
            yield "it listens with ssl and has no certificate.", "Add ssl_certificate and ssl_certificate_key.", \
                CERTIFICATE
            return


@rule("nginx-certificate-without-effect", ERROR, "A certificate is shown where listen has ssl.", f"{_SSL}#example",
      *SERVERS)
def certificate_without_effect(configuration: Configuration, server: Block) -> Said:
    """Without ssl the port speaks plain HTTP."""
    spoken = {word for directive in server.all("listen") for word in directive.arguments[1:]}
    spoken |= {word for socket in sockets_of(server) for word in shared_words(configuration, socket)}
    is_known = configuration.is_known(kind_of(server)) and not server.unread
    if server.has(CERTIFICATE) and server.has(KEY) and is_known and not _TLS_WORDS & spoken and not server.has("ssl"):
        yield "it has a certificate and listens nowhere with ssl.", 'Write it like "listen: [443 ssl]".', "listen"


def _certificate(configuration: Configuration, server: Block) -> Optional[Certificate]:
    return configuration.certificates.get(server.value(CERTIFICATE))


@rule("nginx-certificate-unreadable", ERROR, "A certificate and its key are PEM, and the key has no passphrase.",
      "run: cannot load certificate", *SERVERS)
def certificate_unreadable(configuration: Configuration, server: Block) -> Said:
    """nginx would ask for a passphrase when it starts."""
    known = _certificate(configuration, server)
    if known and known.problem:
        yield (f"{known.problem}.", "Write the whole PEM text, from -----BEGIN to -----END, of an unencrypted key.",
               CERTIFICATE)


@rule("nginx-certificate-of-another-key", ERROR, "The key is that of the certificate.", "run: key values mismatch",
      *SERVERS)
def certificate_of_another_key(configuration: Configuration, server: Block) -> Said:
    """The first certificate of several is that of the server, those behind it are intermediate ones."""
    known = _certificate(configuration, server)
    if known and known.fits is False:
        yield ("ssl_certificate_key does not belong to the first certificate of ssl_certificate.",
               "Give the key of this certificate, and write the certificate of the server first.", KEY)


@rule("nginx-certificate-expired", WARNING, "A certificate is valid from a day to another.", "RFC 5280, 4.1.2.5",
      *SERVERS)
def certificate_expired(configuration: Configuration, server: Block) -> Said:
    """nginx takes it, clients do not. The rule also warns two weeks before the end."""
    known = _certificate(configuration, server)
    now = time.time()
    if known and known.end is not None and known.end < now + _SOON * _DAY:
        what = "has expired on" if known.end < now else "expires on"
        yield f"its certificate {what} {_date(known.end)}.", "Renew it.", CERTIFICATE
    if known and known.begin is not None and known.begin > now + _DAY:
        yield f"its certificate is not valid before {_date(known.begin)}.", "Use one that is valid now.", CERTIFICATE


def _date(timestamp: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(timestamp))


@rule("nginx-certificate-of-another-name", WARNING, "A certificate is for the names that stand in it.", "RFC 6125, 6.4",
      "http/server")
def certificate_of_another_name(configuration: Configuration, server: Block) -> Said:
    """Those are the subject alternative names. Clients do not look at the common name."""
    known = _certificate(configuration, server)
    if not known or known.names is None:
        return
    missing = list(_uncovered(server, [name.lower() for name in known.names]))
    if missing:
        has = ", ".join(known.names) or "no name at all"
        yield (f'its certificate is not for {" and ".join(missing)}: it has {has}.',
               "Use a certificate with all names of server_name.", CERTIFICATE)


def _uncovered(server: Block, names: List[str]) -> Iterator[str]:
    for name in names_of(server):
        if name in ("", "_") or name.startswith("~") or name.endswith(".*") or "$" in name:
            continue
        # .example.com is the name and everything below it
        for each in (name[1:], f"*{name}") if name.startswith(".") else (name,):
            wildcard = "" if to_address(each) else "*." + each.partition(".")[2]
            if each not in names and (wildcard not in names or each.startswith("*")):
                yield each


@rule("nginx-certificate-unchecked", WARNING, "What is not known of a certificate is not judged.",
      "cryptography on the controller reads what is given by its content, openssl on the host what is a file there",
      *SERVERS)
def certificate_unchecked(configuration: Configuration, server: Block) -> Said:
    """A certificate that a later task brings to the host is judged when it is there."""
    known = _certificate(configuration, server)
    if known and known.unchecked:
        yield (f"its certificate was not checked: {known.unchecked}.",
               "Look yourself at its names, its dates and its key.", CERTIFICATE)
