# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netlink messages and attributes as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import message
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import Message, MessageError

ORDERS = st.sampled_from("<>")
U16 = st.integers(0, 2**16 - 1)
U32 = st.integers(0, 2**32 - 1)
MESSAGES = st.builds(Message, U16, U16, U32, st.binary(max_size=50))


@given(st.lists(MESSAGES, max_size=4), ORDERS)
def test_what_is_packed_comes_out_again(sent, order):
    data = b"".join(message.pack_message(one, order) for one in sent)
    assert list(message.messages(data, order)) == sent


@given(st.lists(st.tuples(st.integers(1, message.NUMBER_MASK), st.binary(max_size=50)), max_size=4), ORDERS)
def test_attributes_come_out_again_without_flags(sent, order):
    data = b"".join(message.pack_attribute(number | message.NESTED, value, order) for number, value in sent)
    assert list(message.attributes(data, order)) == sent


def test_the_bytes_are_those_of_the_header_files():
    one = Message(0x10, 0x301, 7, b"\1\2\3")
    little = "13000000 1000 0103 07000000 00000000 010203 00"
    big = "00000013 0010 0301 00000007 00000000 010203 00"
    assert message.pack_message(one, "<") == bytes.fromhex(little)
    assert message.pack_message(one, ">") == bytes.fromhex(big)
    assert message.pack_generic(3, 2, b"", "<").hex() == "03020000"
    assert message.pack_attribute(2, b"IPVS\0", ">").hex() == "00090002" "4950565300" "000000"


@given(MESSAGES, ORDERS, st.data())
def test_a_message_that_ends_early_is_an_error(one, order, data):
    whole = message.pack_message(one, order)
    length = len(whole) - -len(one.payload) % message.ALIGNMENT
    cut = data.draw(st.integers(1, length - 1))
    with pytest.raises(MessageError, match="cannot be understood"):
        list(message.messages(whole[:cut], order))


@pytest.mark.parametrize(("data", "words"), [
    ("0300", "2 bytes are too few for the head of an attribute"),
    ("03000100", "attribute 1 says it has 3 bytes, where 4 are left"),
    ("0c000180 00000000", "attribute 1 says it has 12 bytes, where 8 are left"),
])
def test_an_attribute_that_cannot_be_is_an_error(data, words):
    with pytest.raises(MessageError, match=words):
        list(message.attributes(bytes.fromhex(data), "<"))


@given(st.binary(max_size=80), ORDERS)
def test_any_bytes_are_messages_or_an_error(data, order):
    for read in (message.messages, message.attributes):
        try:
            parts = list(read(data, order))
        except MessageError as error:
            assert "Report it" in str(error)
        else:
            assert bool(parts) == bool(data)


def test_a_generic_message_has_a_head_and_an_error_its_code():
    assert message.unpack_generic(b"\1\2\0\0rest") == b"rest"
    assert message.unpack_code(b"\xff\xff\xff\xff", "<") == 1 and message.unpack_code(bytes(4), ">") == 0
    with pytest.raises(MessageError, match="3 bytes are too few"):
        message.unpack_generic(b"\1\2\3")
    with pytest.raises(MessageError, match="without its code"):
        message.unpack_code(b"\1")
