# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of attributes: what is encoded is decoded to the same, and anything else is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import attributes
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.attributes import Nested, Numbers, Raw
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import MessageError, pack_attribute

TABLES = {name: getattr(attributes, name) for name in ("SERVICE", "DEST", "DAEMON", "COMMAND", "INFO", "FAMILY")}
LARGEST = {"B": 2**8 - 1, "H": 2**16 - 1, "I": 2**32 - 1, "Q": 2**64 - 1}
ORDERS = st.sampled_from("<>")


def values(kind):
    """Values of a kind."""
    if isinstance(kind, Nested):
        return tables(kind.table)
    if isinstance(kind, Raw):
        return st.binary(min_size=kind.size, max_size=kind.size)
    if isinstance(kind, Numbers):
        numbers = [st.integers(0, LARGEST[letter]) for letter in kind.form]
        return numbers[0] if len(numbers) == 1 else st.tuples(*numbers)
    return st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=15)


def tables(table):
    """Values of a table, by name, all required ones among them."""
    return st.fixed_dictionaries({row.name: values(row.kind) for row in table if row.required},
                                 optional={row.name: values(row.kind) for row in table if not row.required})


@pytest.mark.parametrize("name", TABLES)
@given(data=st.data(), order=ORDERS)
def test_what_is_encoded_is_decoded_to_the_same(name, data, order):
    table = TABLES[name]
    sent = data.draw(tables(table))
    encoded = attributes.encode(sent, table, order)
    assert attributes.decode(encoded, table, order) == sent
    # what a later kernel adds is passed over
    assert attributes.decode(encoded + pack_attribute(999, b"new", order), table, order) == sent


@pytest.mark.parametrize("name", TABLES)
@given(data=st.binary(max_size=120), order=ORDERS)
def test_any_bytes_are_attributes_or_an_error(name, data, order):
    try:
        found = attributes.decode(data, TABLES[name], order)
    except MessageError as error:
        assert str(error).endswith("Report it with the kernel's version.")
    else:
        assert all(row.name in found for row in TABLES[name] if row.required)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_has_every_number_and_name_once(table):
    assert [row.number for row in table] == list(range(1, len(table) + 1))
    assert len({row.name for row in table}) == len(table)


def test_ports_and_addresses_are_in_the_order_of_the_network():
    sent = {"af": 2, "protocol": 6, "addr": bytes([198, 18, 0, 100]), "port": 80}
    little = attributes.encode(sent, attributes.SERVICE, "<")
    big = attributes.encode(sent, attributes.SERVICE, ">")
    assert little.hex() == ("06000100" "0200" "0000" "06000200" "0600" "0000"
                            "14000300" "c6120064" + "00" * 12 + "06000400" "0050" "0000")
    assert big.hex() == ("00060001" "0002" "0000" "00060002" "0006" "0000"
                         "00140003" "c6120064" + "00" * 12 + "00060004" "0050" "0000")


def test_errors_name_the_attribute():
    with pytest.raises(MessageError, match="the attribute conn_tab_size is missing"):
        attributes.decode(pack_attribute(1, bytes(4)), attributes.INFO)
    with pytest.raises(MessageError, match="the attribute version has 2 bytes"):
        attributes.decode(pack_attribute(1, bytes(2)), attributes.INFO)
    with pytest.raises(ValueError, match="No such attribute: adress"):
        attributes.encode({"adress": b""}, attributes.SERVICE)
