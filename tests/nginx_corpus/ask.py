# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Requests to nginx, and what came of them. What is expected of them is in judge.py."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Seconds for one request, and for what comes a little later, such as a line of a log
TIMEOUT = 10
PATIENCE = 3.0
_END = "\n--openvip-next--\n"
# curl's words for versions of HTTP
_VERSIONS = {"1.0": "--http1.0", "1.1": "--http1.1", "2": "--http2", "2 cleartext": "--http2-prior-knowledge"}


@dataclass
class Answer:
    """What one request brought; ``failure`` is why there was no answer. Names of headers are in small letters."""

    status: int = 0
    version: str = ""
    header: dict[str, list[str]] = field(default_factory=dict)
    body: str = ""
    failure: str = ""


def ask(request: dict[str, Any], place: Path) -> list[Answer]:
    """Return the answers to a request of a file, as docs/nginx_corpus.md describes them.

    :param place: a directory with the certificates C(ca.crt), C(client.crt) and C(client.key).
    """
    if "url" in request:
        return _curl(request, place)
    if "file" in request:
        return [_file(request)]
    if "listens" in request:
        return [_listens(request["listens"])]
    return [_exchange(request)]


def _curl(request: dict[str, Any], place: Path) -> list[Answer]:
    url = str(request["url"])
    words = ["curl", "--silent", "--show-error", "--include", "--path-as-is", "--globoff", "--max-time", str(TIMEOUT),
             "--noproxy", "*", "--write-out", _END, _VERSIONS[str(request.get("http", "1.1"))],
             "--request" * (request.get("method", "GET") != "HEAD"), str(request.get("method", "GET")),
             "--header", "Expect:"]
    words = [word for word in words if word and word != "HEAD"]
    if request.get("method") == "HEAD":
        words.append("--head")
    to = str(request.get("to", ""))
    if to.startswith("unix:"):
        words += ["--unix-socket", to.removeprefix("unix:")]
    elif to or not _is_address(urlsplit(url).hostname or ""):
        words += ["--connect-to", f"::{to or '127.0.0.1'}:"]
    for name, value in request.get("header", {}).items():
        words += ["--header", f"{name}: {value}" if value != "" else f"{name};"]
    data = None
    if "body" in request or "size" in request:
        data = str(request["body"]).encode() if "body" in request else b"x" * int(request["size"])
        words += ["--data-binary", "@-"]
        if "method" not in request:
            words[words.index("GET")] = "POST"
    if "user" in request:
        words += ["--user", str(request["user"])]
    if "from" in request:
        words += ["--interface", str(request["from"])]
    if request.get("proxy_protocol"):
        words.append("--haproxy-protocol")
    words += _tls(request, place)
    done = subprocess.run([*words, *[url] * int(request.get("repeat", 1))], input=data, capture_output=True,
                          check=False, timeout=TIMEOUT * 3)
    parts = done.stdout.split(_END.encode())[:-1]
    failure = done.stderr.decode("utf-8", "replace").strip().removeprefix("curl: ")
    return [_parsed(part, failure) for part in parts] or [Answer(failure=failure or "no answer")]


def _tls(request: dict[str, Any], place: Path) -> list[str]:
    words = ["--insecure"] if request.get("insecure") else ["--cacert", str(place / "ca.crt")]
    if request.get("certificate"):
        words += ["--cert", str(place / "client.crt"), "--key", str(place / "client.key")]
    if "tls" in request:
        version = str(request["tls"])
        # the ciphers of the old versions are too weak for OpenSSL's usual level
        words += [f"--tlsv{version}", "--tls-max", version, "--ciphers", "DEFAULT@SECLEVEL=0"]
    return words


def _is_address(host: str) -> bool:
    return ":" in host or re.fullmatch(r"[0-9.]+", host) is not None


def _parsed(data: bytes, failure: str) -> Answer:
    head, rest = b"", data
    # what comes before the answer: 100, 103, and the answer of a tunnel
    while not head or (re.match(rb"HTTP/\S+ 1\d\d", head) and rest.startswith(b"HTTP/")):
        head, blank, rest = rest.partition(b"\r\n\r\n")
        if not blank:
            return Answer(failure=failure or "no answer")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split()
    answer = Answer(int(words[1]), words[0].removeprefix("HTTP/"))
    for line in lines[1:]:
        name, _colon, value = line.partition(":")
        answer.header.setdefault(name.strip().lower(), []).append(value.strip())
    if answer.header.get("content-encoding") == ["gzip"] and rest:
        rest = gzip.decompress(rest)
    answer.body = rest.decode("utf-8", "replace")
    return answer


def _exchange(request: dict[str, Any]) -> Answer:
    """Send a text over TCP or UDP, and read until what is expected has come, or nothing more comes."""
    kind = "udp" if "udp" in request else "tcp"
    host, _colon, port = str(request[kind]).rpartition(":")
    wanted = _patterns(request)
    family = socket.AF_INET6 if "[" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            if "from" in request:
                connection.bind((str(request["from"]), 0))
            connection.connect((host.strip("[]") or "127.0.0.1", int(port)))
            connection.sendall(str(request.get("send", "")).encode())
            found = b""
            while not (wanted and _has(found.decode("utf-8", "replace"), wanted)):
                data = connection.recv(65536)
                found += data
                if not data:
                    break
    except OSError as error:
        return Answer(failure=str(error) or type(error).__name__)
    return Answer(body=found.decode("utf-8", "replace"), failure="" if found else "nothing came")


def _patterns(request: dict[str, Any]) -> list[str]:
    """Return what the body must have."""
    found = request.get("expect", {}).get("body", [])
    return [str(pattern) for pattern in (found if isinstance(found, list) else [found])]


def _has(text: str, patterns: list[str]) -> bool:
    return all(re.search(pattern, text) for pattern in patterns)


def _file(request: dict[str, Any]) -> Answer:
    """Read a file; a log is written after the answer was sent."""
    wanted = _patterns(request) or ["\n"]
    end = time.monotonic() + PATIENCE
    while True:
        try:
            text = Path(request["file"]).read_text(encoding="utf-8")
        except OSError as error:
            return Answer(failure=str(error))
        if _has(text, wanted) or time.monotonic() > end:
            return Answer(body=text)
        time.sleep(0.01)


def _listens(what: str) -> Answer:
    """Whether a socket is bound, as C(udp 443). The second word of a line of proc(5) is address and port, in hex."""
    kind, port = what.split()
    lines = [line.split() for name in (kind, kind + "6")
             for line in Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]]
    bound = any(int(line[1].rpartition(":")[2], 16) == int(port) and (kind == "udp" or line[3] == "0A")
                for line in lines)
    return Answer(body=what if bound else "", failure="" if bound else f"nothing is bound to {what}")
