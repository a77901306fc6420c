# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the kernel for its table of IPVS through generic netlink; nothing is changed and no module is loaded.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import Any, Dict, Iterator, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import words
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.attributes import (
    COMMAND,
    FAMILY,
    INFO,
    Table,
    decode,
    encode,
)
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import (
    DONE,
    DUMP,
    ERROR,
    REQUEST,
    IpvsError,
    Message,
    messages,
    pack_generic,
    pack_message,
    unpack_code,
    unpack_generic,
)

# linux/netlink.h, linux/genetlink.h: the protocol, the controller and its request for the families
GENERIC = 16
CONTROLLER = 0x10
CONTROLLER_VERSION = 2
GET_FAMILY = 3
# linux/ip_vs.h: IPVS_GENL_NAME, IPVS_GENL_VERSION, IPVS_CMD_GET_*
NAME = "IPVS"
VERSION = 1
GET_SERVICE = 4
GET_DEST = 8
GET_DAEMON = 11
GET_CONFIG = 13
GET_INFO = 15
# The kernel makes datagrams of a dump as large as the reader's buffer, up to 32 KiB (af_netlink.c).
BUFFER = 64 * 1024
# The kernel answers while it is asked, so this is no more than a guard, in seconds.
TIMEOUT = 10


def open_socket() -> Optional[socket.socket]:
    """Return a socket of generic netlink, or C(None) where the system has none."""
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC)
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT):
            raise IpvsError("A netlink socket cannot be opened: %s." % error) from error
        return None
    sock.settimeout(TIMEOUT)
    return sock


class Conversation:
    """Questions to the kernel over one socket, and their answers."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._sequence = 0

    def ask(self, kind: int, flags: int, payload: bytes) -> Iterator[bytes]:
        """Yield the attributes of each message of the answer.

        :param kind: number of the family.
        :param flags: 0, or DUMP for all there is.
        :param payload: what C(pack_generic) returns.
        :raises IpvsError: the kernel refuses, or what it says is no answer.
        """
        self._sequence += 1
        self._sock.send(pack_message(Message(kind, REQUEST | flags, self._sequence, payload)))
        answered = False
        while not answered:
            for message in messages(self._receive()):
                if message.sequence != self._sequence:
                    continue
                if message.kind in (ERROR, DONE):
                    _refused(unpack_code(message.payload))
                    return
                yield unpack_generic(message.payload)
                answered = not flags & DUMP

    def _receive(self) -> bytes:
        """Return one datagram of the kernel. Other processes can send to this socket too: theirs are passed over."""
        while True:
            try:
                data, _ancillary, flags, (port, _groups) = self._sock.recvmsg(BUFFER)
            except OSError as error:
                raise IpvsError("The kernel does not answer: %s. Run it again." % error) from error
            if flags & socket.MSG_TRUNC:
                raise IpvsError("The kernel's answer is longer than %d bytes. Report it with the kernel's version."
                                % BUFFER)
            if port == 0:
                return data


def _refused(code: int) -> None:
    """Raise what the kernel's error means.

    :raises IpvsError: I(code) is not 0.
    """
    if code == errno.EPERM:
        raise IpvsError("The kernel tells nobody but root about IPVS (CAP_NET_ADMIN outside of user namespaces). "
                        "Run the task with become: true.")
    if code:
        raise IpvsError("The kernel refuses to tell about IPVS: %s (errno %d)." % (os.strerror(code), code))


def _family(conversation: Conversation) -> Optional[int]:
    """Return the number of IPVS among the families, or C(None) when it is not there.

    All families are asked for: a request for one by its name makes the kernel load its module (ctrl_getfamily).
    """
    request = pack_generic(GET_FAMILY, CONTROLLER_VERSION, b"")
    families = [decode(answer, FAMILY) for answer in conversation.ask(CONTROLLER, DUMP, request)]
    return next((family["family_id"] for family in families if family["family_name"] == NAME), None)


class Ipvs:
    """What IPVS tells, as decoded attributes."""

    def __init__(self, conversation: Conversation, family: int) -> None:
        self._conversation = conversation
        self._family = family

    def one(self, command: int, table: Table) -> Dict[str, Any]:
        """Return the attributes of the single answer to a command.

        :raises IpvsError: see C(Conversation.ask).
        """
        answers = [decode(answer, table)
                   for answer in self._conversation.ask(self._family, 0, pack_generic(command, VERSION, b""))]
        if len(answers) != 1:
            raise IpvsError("The kernel gives %d answers to command %d of IPVS. Report it with the kernel's version."
                            % (len(answers), command))
        return answers[0]

    def every(self, command: int, name: str, service: Optional[Dict[str, Any]] = None) -> Iterator[Dict[str, Any]]:
        """Yield the attributes of each object that a command lists.

        :param name: the attribute that holds the object.
        :param service: the attributes that name the service whose objects are meant.
        :raises IpvsError: see C(Conversation.ask).
        """
        request = encode({"service": service} if service else {}, COMMAND)
        for answer in self._conversation.ask(self._family, DUMP, pack_generic(command, VERSION, request)):
            values = decode(answer, COMMAND)
            if name in values:
                yield values[name]


def _virtual_server(ipvs: Ipvs, attributes: Dict[str, Any]) -> Dict[str, Any]:
    servers = sorted(ipvs.every(GET_DEST, "dest", words.identity(attributes)), key=words.real_server_order)
    return dict(words.virtual_server(attributes),
                real_server=[words.real_server(server, attributes["af"]) for server in servers])


def read() -> Dict[str, Any]:
    """Return what the kernel knows of IPVS; RETURN of M(openvip.cluster.ipvs_info) describes it.

    Services that others change meanwhile appear as they are before or after the change.

    :raises IpvsError: not root, or the kernel answers something else than IPVS does.
    """
    sock = open_socket()
    if sock is None:
        return _table(None)
    with sock:
        conversation = Conversation(sock)
        family = _family(conversation)
        return _table(None if family is None else Ipvs(conversation, family))


def _table(ipvs: Optional[Ipvs]) -> Dict[str, Any]:
    """Return the result for IPVS or for a kernel without it."""
    if ipvs is None:
        return {"available": False, "version": None, "connection_table_size": None, "lvs_timeouts": None,
                "lvs_sync_daemon": [], "virtual_server": []}
    info = ipvs.one(GET_INFO, INFO)
    return {
        "available": True,
        "version": words.version(info["version"]),
        "connection_table_size": info["conn_tab_size"],
        "lvs_timeouts": words.timeouts(ipvs.one(GET_CONFIG, COMMAND)),
        "lvs_sync_daemon": [words.sync_daemon(daemon) for daemon in ipvs.every(GET_DAEMON, "daemon")],
        "virtual_server": [_virtual_server(ipvs, service) for service
                           in sorted(ipvs.every(GET_SERVICE, "service"), key=words.virtual_server_order)],
    }
