# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ipvs_info and a kernel say to each other, as a file: written down once, played back without the kernel."""

from __future__ import annotations

import textwrap
from pathlib import Path

HEAD = """\
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# What ipvs_info and Linux {release} on {machine} with the table in rules.txt said to each other through netlink, in
# hexadecimal: one datagram a paragraph. Written by ipvs_driver.py.
"""
WIDTH = 118


def write(path: Path, said: list[tuple[str, bytes]], release: str, machine: str) -> None:
    """Write a conversation: who ("ask" for the module, "answer" for the kernel) and the bytes of each datagram."""
    paragraphs = [f"{who}\n" + "\n".join(textwrap.wrap(data.hex(), WIDTH)) + "\n" for who, data in said]
    path.write_text("\n".join([HEAD.format(release=release, machine=machine), *paragraphs]), encoding="ascii")


def read(path: Path) -> list[tuple[str, bytes]]:
    """Return a conversation (see `write`)."""
    _head, *paragraphs = path.read_text(encoding="ascii").split("\n\n")
    return [(who, bytes.fromhex(data)) for who, _newline, data in (one.partition("\n") for one in paragraphs)]


class Recorder:
    """A socket that writes down what goes through it."""

    def __init__(self, sock):
        self._sock = sock
        self.said = []

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._sock.close()

    def send(self, data):
        self.said.append(("ask", data))
        return self._sock.send(data)

    def recvmsg(self, size):
        received = self._sock.recvmsg(size)
        self.said.append(("answer", received[0]))
        return received


class Player:
    """A socket at whose other end is the kernel of a conversation, which knows no other questions than those in it."""

    def __init__(self, said):
        self._left = list(said)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        assert self._left == [], "the conversation is not over"

    def send(self, data):
        assert self._left.pop(0) == ("ask", data)

    def recvmsg(self, _size):
        who, data = self._left.pop(0)
        assert who == "answer"
        return data, [], 0, (0, 0)
