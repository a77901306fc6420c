# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What stands behind nginx: servers that say what they were asked, in JSON.

An answer has C(name) (that of the server), C(method), C(path), C(header) (names in small letters), C(size) of the body,
C(client) (the address that the connection came from, or that the PROXY protocol tells), and C(count), the number of
requests so far. What stands behind C(?) changes the answer: C(status=503), C(body=text), C(size=100000) letters, and
any other word is a header of the answer: C(?Set-Cookie=a%3Db).
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import hashlib
import json
import os
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

# RFC 6455, 1.3
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# RFC 9113: types of frames and their flags
_DATA, _HEADERS, _SETTINGS, _PING = 0, 1, 4, 6
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
_PREFACE = 24


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One server. ``count`` is the number of its requests."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, name: str, family: int, address: Any, handler: type) -> None:
        self.name = name
        self.count = 0
        self.address_family = family
        super().__init__(address, handler)

    def handle_error(self, _request: Any, _client: Any) -> None:
        """A client that leaves early is no error."""


class _Datagrams(socketserver.UDPServer):
    allow_reuse_address = True

    def __init__(self, name: str, family: int, address: Any, handler: type) -> None:
        self.name = name
        self.address_family = family
        super().__init__(address, handler)


def _answer(server: Any, method: str, target: str, header: dict[str, str], body: bytes, client: str
            ) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the answer to a request."""
    server.count += 1
    asked = parse_qsl(target.partition("?")[2], keep_blank_values=True)
    words = dict(asked)
    told = {"name": server.name, "method": method, "path": target, "header": header, "size": len(body),
            "client": client, "count": server.count, "body": body[:1000].decode("utf-8", "replace")}
    content = words["body"].encode() if "body" in words else json.dumps(told).encode()
    if "size" in words:
        content = b"x" * int(words["size"])
    headers = [("Content-Type", "application/json")] * ("Content-Type" not in words)
    headers += [(name, value) for name, value in asked if name not in ("status", "body", "size") and name[:1].isupper()]
    return int(words.get("status", 200)), headers, content


class _Http(socketserver.StreamRequestHandler):
    """HTTP/1, with and without the PROXY protocol before it; an upgrade to websocket sends back what comes."""

    def handle(self) -> None:
        client = self.client_address[0] if self.client_address else "unix"
        while True:
            line = self.rfile.readline().decode("latin-1").split()
            if line[:1] == ["PROXY"]:
                client = line[2]
                continue
            if len(line) != 3:
                return
            header = {}
            for raw in iter(self.rfile.readline, b"\r\n"):
                if not raw:
                    return
                name, _colon, value = raw.decode("latin-1").partition(":")
                header[name.lower()] = value.strip()
            if header.get("upgrade", "").lower() == "websocket":
                self._websocket(header)
                return
            body = self._body(header)
            status, headers, content = _answer(self.server, line[0], line[1], header, body, client)
            closes = header.get("connection", "").lower() == "close" or line[2] == "HTTP/1.0"
            headers += [("Content-Length", str(len(content))), ("Connection", "close" if closes else "keep-alive")]
            head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
            self.wfile.write(head.encode("latin-1") + (b"" if line[0] == "HEAD" else content))
            if closes:
                return

    def _body(self, header: dict[str, str]) -> bytes:
        if header.get("transfer-encoding", "").lower() == "chunked":
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found
        return self.rfile.read(int(header.get("content-length", 0)))

    def _websocket(self, header: dict[str, str]) -> None:
        accept = base64.b64encode(hashlib.sha1(header["sec-websocket-key"].encode() + _WEBSOCKET).digest()).decode()
        self.wfile.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         f"Sec-WebSocket-Accept: {accept}\r\nX-Backend: {self.server.name}\r\n\r\n".encode())
        while data := self.request.recv(65536):
            self.wfile.write(data)


class _FastCgi(socketserver.StreamRequestHandler):
    """FastCGI's responder, as PHP is one: version, type, id, length and padding before each record."""

    def handle(self) -> None:
        keeps = True
        while keeps:
            params, body, number = b"", b"", 1
            while True:
                head = self.rfile.read(8)
                if len(head) < 8:
                    return
                _version, kind, number, length, padding = struct.unpack(">BBHHBx", head)
                content = self.rfile.read(length + padding)[:length]
                if kind == 1:
                    keeps = bool(content[2] & 1)
                params += content * (kind == 4)
                body += content * (kind == 5)
                if kind == 5 and not length:
                    break
            told = dict(_pairs(params))
            status, headers, content = _answer(
                self.server, told.get("REQUEST_METHOD", ""), told.get("REQUEST_URI", ""), told, body, "fastcgi")
            text = f"Status: {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
            output = text.encode() + content
            for begin in range(0, len(output), 65535):
                self._record(6, number, output[begin:begin + 65535])
            self._record(6, number, b"")
            self._record(3, number, bytes(8))

    def _record(self, kind: int, number: int, content: bytes) -> None:
        self.wfile.write(struct.pack(">BBHHBx", 1, kind, number, len(content), 0) + content)


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    place = 0

    def length() -> int:
        nonlocal place
        size = 4 if data[place] & 0x80 else 1
        found = int.from_bytes(data[place:place + size], "big") & 0x7fffffff
        place += size
        return found

    while place < len(data):
        name, value = length(), length()
        yield data[place:place + name].decode(), data[place + name:place + name + value].decode("utf-8", "replace")
        place += name + value


class _Grpc(socketserver.StreamRequestHandler):
    """A service of gRPC over cleartext HTTP/2, which returns its name as a message, whatever it is asked."""

    def handle(self) -> None:
        self.rfile.read(_PREFACE)
        self._frame(_SETTINGS, 0, 0, b"")
        while True:
            head = self.rfile.read(9)
            if len(head) < 9:
                return
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
            content = self.rfile.read(int.from_bytes(head[:3], "big"))
            if kind in (_SETTINGS, _PING) and not flags & _ACK:
                self._frame(kind, _ACK, stream, content if kind == _PING else b"")
            if kind in (_HEADERS, _DATA) and flags & _END_STREAM:
                message = self.server.name.encode()
                # RFC 7541: 0x88 is ":status: 200", 0 a literal that is not indexed
                self._frame(_HEADERS, _END_HEADERS, stream, b"\x88" + _literal("content-type", "application/grpc"))
                self._frame(_DATA, 0, stream, b"\0" + struct.pack(">I", len(message)) + message)
                self._frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, _literal("grpc-status", "0"))

    def _frame(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        self.wfile.write(len(content).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + content)


def _literal(name: str, value: str) -> bytes:
    return b"\0" + b"".join(bytes((len(text),)) + text.encode() for text in (name, value))


class _Lines(socketserver.StreamRequestHandler):
    """Any TCP service: it sends back each line with its name, as C(web1: line)."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(f"{self.server.name}: ".encode() + line)


class _Packets(socketserver.DatagramRequestHandler):
    """Any UDP service: it sends back each datagram with its name."""

    def handle(self) -> None:
        self.wfile.write(f"{self.server.name}: ".encode() + self.rfile.read())


# The network that the sandbox has for backends
BEHIND = "/behind"
KINDS = {"http": _Http, "fastcgi": _FastCgi, "grpc": _Grpc, "tcp": _Lines, "udp": _Packets}


@contextlib.contextmanager
def running(backends: list[dict[str, str]]) -> Iterator[None]:
    """Run servers during the block.

    :param backends: C(address), with a port or C(unix:) and a path, C(kind) (one of KINDS) and C(name) of each.
    :raises OSError: an address is taken.
    """
    with contextlib.ExitStack() as stack:
        for backend in backends:
            family, address = _family(backend["address"])
            kind = backend.get("kind", "http")
            with _network("/proc/self/ns/net" if is_here(backend["address"]) else BEHIND):
                server = (_Datagrams if kind == "udp" else _Server)(backend["name"], family, address, KINDS[kind])
            stack.callback(server.server_close)
            if family == socket.AF_UNIX:
                os.chmod(address, 0o777)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.shutdown)
        yield


def is_here(address: str) -> bool:
    """Return whether only the host of nginx itself can have an address: one of loopback, or the path of a socket."""
    return address.startswith(("unix:", "127.", "[::1]"))


@contextlib.contextmanager
def _network(path: str) -> Iterator[None]:
    """Make the sockets of the block in another network; a socket stays in the one where it was made (setns(2))."""
    library = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as before, open(path, "rb") as wanted:
        if library.setns(wanted.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"{path} cannot be entered")
        try:
            yield
        finally:
            library.setns(before.fileno(), 0)


def _family(text: str) -> tuple[int, Any]:
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return socket.AF_UNIX, path
    host, _colon, port = text.rpartition(":")
    return (socket.AF_INET6 if "[" in host else socket.AF_INET), (host.strip("[]"), int(port))
