# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conversation with a kernel that refuses, is silent, or talks strangely."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import attributes, kernel, message
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import IpvsError, Message, MessageError

FAMILY = 0x1C


class Kernel:
    """A socket with a kernel that answers each question with the datagrams that a function gives."""

    def __init__(self, answer):
        self.answer = answer
        self.left = []
        self.asked = []
        self.closed = False

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.closed = True

    def send(self, data):
        (question,) = message.messages(data)
        self.asked.append(question)
        self.left += self.answer(question)

    def recvmsg(self, _size):
        if not self.left:
            raise socket.timeout("timed out")
        one = self.left.pop(0)
        return one if isinstance(one, tuple) else (one, [], 0, (0, 0))


def datagram(question, *payloads, kind=FAMILY, sequence=0):
    return b"".join(message.pack_message(Message(kind, 0, sequence or question.sequence, payload))
                    for payload in payloads)


def code(question, number, kind=message.ERROR):
    return datagram(question, struct.pack("=i", -number), kind=kind)


def done(question):
    return code(question, 0, message.DONE)


def generic(**values):
    return message.pack_generic(1, 1, attributes.encode(values, attributes.FAMILY))


def families(question):
    """A kernel with IPVS among its families."""
    return [datagram(question, generic(family_id=0x10, family_name="nlctrl"),
                     generic(family_id=FAMILY, family_name="IPVS")), done(question)]


def refusing(number):
    """A kernel that tells its families and refuses everything else."""
    return lambda question: families(question) if question.kind == kernel.CONTROLLER else [code(question, number)]


@pytest.fixture
def read(monkeypatch):
    """Read the table from a kernel of one's own."""

    def ask(sock):
        monkeypatch.setattr(kernel, "open_socket", lambda: sock)
        return kernel.read()

    return ask


def test_a_kernel_without_the_family_is_asked_for_the_list_only(read):
    sock = Kernel(lambda question: [datagram(question, generic(family_id=0x10, family_name="nlctrl")), done(question)])
    assert read(sock)["available"] is False
    # no name in the question, and the flags of a dump: nothing that makes a kernel load a module
    (question,) = sock.asked
    assert question.flags & message.DUMP == message.DUMP and len(question.payload) == 4 and sock.closed


@pytest.mark.parametrize(("number", "words"), [
    (errno.EPERM, "nobody but root.* become: true"),
    (errno.ENOENT, r"No such file or directory \(errno 2\)"),
])
def test_a_kernel_that_refuses(read, number, words):
    sock = Kernel(refusing(number))
    with pytest.raises(IpvsError, match=words):
        read(sock)
    assert sock.closed


def test_a_dump_that_ends_with_an_error(read):
    with pytest.raises(IpvsError, match="errno %d" % errno.EINVAL):
        read(Kernel(lambda question: [code(question, errno.EINVAL, message.DONE)]))


def test_a_kernel_that_is_silent(read):
    with pytest.raises(IpvsError, match=r"does not answer: timed out\. Run it again\."):
        read(Kernel(lambda question: []))


def test_an_answer_that_does_not_fit(read):
    with pytest.raises(IpvsError, match="longer than 65536 bytes"):
        read(Kernel(lambda question: [(b"", [], socket.MSG_TRUNC, (0, 0))]))


def test_an_answer_that_ends_early(read):
    with pytest.raises(MessageError, match="Report it with the kernel's version"):
        read(Kernel(lambda question: [families(question)[0][:-8]]))


def test_an_acknowledgement_in_place_of_an_answer(read):
    with pytest.raises(IpvsError, match="gives 0 answers to command 15"):
        read(Kernel(refusing(0)))


def test_what_others_say_and_what_is_late_is_passed_over():
    def answer(question):
        payload = message.pack_generic(1, 1, b"")
        return [(datagram(question, payload + b"forged"), [], 0, (4711, 0)),
                datagram(question, payload + b"late", sequence=question.sequence + 5),
                datagram(question, payload + b"true")]

    assert list(kernel.Conversation(Kernel(answer)).ask(FAMILY, 0, b"")) == [b"true"]


def test_every_question_has_a_sequence_of_its_own():
    sock = Kernel(families)
    conversation = kernel.Conversation(sock)
    for _time in range(3):
        list(conversation.ask(kernel.CONTROLLER, message.DUMP, b""))
    assert [question.sequence for question in sock.asked] == [1, 2, 3]


@pytest.mark.parametrize("number", [errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT])
def test_a_system_without_generic_netlink_has_no_ipvs(monkeypatch, number):
    def refuse(*_arguments):
        raise OSError(number, "no such thing")

    monkeypatch.setattr(kernel.socket, "socket", refuse)
    assert kernel.read()["available"] is False


def test_a_system_that_gives_no_socket(monkeypatch):
    def refuse(*_arguments):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(kernel.socket, "socket", refuse)
    with pytest.raises(IpvsError, match=r"cannot be opened: .*Too many open files"):
        kernel.read()


def test_this_machine_answers_or_has_none():
    with kernel.open_socket() as sock:
        request = message.pack_generic(kernel.GET_FAMILY, kernel.CONTROLLER_VERSION, b"")
        answers = kernel.Conversation(sock).ask(kernel.CONTROLLER, message.DUMP, request)
        assert "nlctrl" in [attributes.decode(answer, attributes.FAMILY)["family_name"] for answer in answers]
