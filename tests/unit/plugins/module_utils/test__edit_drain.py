# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers drained in the text of a keepalived.conf, and restored as they were, byte by byte."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._edit_block import EditError
from ansible_collections.openvip.cluster.plugins.module_utils._edit_drain import (
    Drained,
    Record,
    Restored,
    apply,
    record,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read_in_force

TEXT = """\
# by hand
virtual_server 198.18.0.100 80 {
\tprotocol TCP
\treal_server 198.18.0.21 80 {
\t\tweight 3 # the large one
\t\tTCP_CHECK {
\t\t}
\t}

\treal_server 198.18.0.22 80 {
\t\t# has the default
\t\tTCP_CHECK {
\t\t}
\t}
\treal_server 198.18.0.23 80 { # nothing in it
\t}
}
virtual_server fwmark 7 {
    real_server 198.18.0.21 0 {
        weight 2
        weight 5
    }
}
virtual_server 2001:db8::100 53 {
    protocol udp
    real_server 2001:0db8::21 53 {

        weight 1
    }
    real_server 198.18.0.21 53
    {
    }
}
"""


def drained(number, *more, remove=False):
    return Drained(f"web{number}", (f"198.18.0.2{number}", *more), "anna@admin", f"2026-12-01T08:00:0{number}Z", remove)


def weights(text):
    """The weight of each real server in the order of the file, None without one."""
    return [(server["ip"], server.get("weight")) for service in read_in_force(text)["virtual_server"]
            for server in service.get("real_server") or []]


WEB1 = drained(1, "2001:db8::21")


@pytest.mark.parametrize("wanted", [
    (WEB1,), (drained(2),), (drained(3),), (drained(2), drained(3)), (WEB1, drained(2), drained(3)),
    (WEB1._replace(remove=True),), (WEB1._replace(remove=True), drained(2, remove=True)),
])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_drained_is_remembered_in_the_file_and_what_is_restored_is_as_it_was(wanted, end):
    text = TEXT.replace("\n", end)
    found = apply(text, Record(wanted))
    assert {(each.name, each.by, each.since) for each in record(found).drained} == {
        (each.name, each.by, each.since) for each in wanted}
    assert apply(found, Record(wanted)) == found
    assert apply(found, record(found)) == found
    assert apply(found, Record()) == text


def test_every_place_of_a_drained_server_has_weight_0_and_no_other_line_differs():
    found = apply(TEXT, Record((WEB1,)))
    assert weights(found) == [("198.18.0.21", 0), ("198.18.0.22", None), ("198.18.0.23", None), ("198.18.0.21", 0),
                              ("2001:0db8::21", 0), ("198.18.0.21", 0)]
    assert record(found).drained[0].addresses == ("198.18.0.21", "2001:db8::21")
    assert "weight 0 # drained web1 by anna@admin at 2026-12-01T08:00:01Z: weight 3 # the large one\n" in found
    assert [line for line in found.splitlines() if "# drained" not in line] == [
        line for line in TEXT.splitlines() if not line.lstrip().startswith("weight")]


def test_one_that_is_removed_leaves_the_services_of_udp_alone():
    found = apply(TEXT, Record((WEB1._replace(remove=True),)))
    assert weights(found) == [("198.18.0.21", 0), ("198.18.0.22", None), ("198.18.0.23", None), ("198.18.0.21", 0)]
    assert record(found).drained == (WEB1._replace(remove=True),)


def test_one_is_restored_by_name_and_the_other_stays():
    both = apply(TEXT, Record((WEB1, drained(2))))
    assert apply(both, Record((drained(2),))) == apply(TEXT, Record((drained(2),)))


def test_what_was_drained_is_drained_in_a_new_text_too_also_in_a_new_service():
    before = apply(TEXT, Record((drained(2),)))
    new = TEXT + "virtual_server 198.18.0.101 80 {\n    real_server 198.18.0.22 80 {\n        weight 9\n    }\n}\n"
    found = apply(new, record(before))
    assert weights(found)[-1] == ("198.18.0.22", 0) and apply(found, Record()) == new


def test_restored_ones_are_remembered_for_directors_that_were_not_reached():
    wanted = Record((drained(2),), (Restored("web1", "anna@admin", "2026-12-01T09:00:00Z"),))
    found = apply(TEXT, wanted)
    assert record(found) == wanted and apply(found, Record()) == TEXT


def test_one_address_under_two_names_is_drained_once():
    found = apply(TEXT, Record((drained(2), drained(2)._replace(name="198.18.0.22"))))
    assert [each.name for each in record(found).drained] == ["web2"] and apply(found, Record()) == TEXT


@pytest.mark.parametrize("text", [
    "virtual_server 198.18.0.100 80 {\n    real_server 198.18.0.22 80 { weight 3 }\n}\n",
    "virtual_server 198.18.0.100 80 {\n    real_server 198.18.0.22 80 { alpha }\n}\n",
    "virtual_server 198.18.0.100 80 {\n@lb1 real_server 198.18.0.22 80 {\n@lb1 }\n}\n",
])
def test_lines_that_cannot_be_edited_one_by_one_are_refused_with_their_place(text):
    with pytest.raises(EditError, match=r"keepalived\.conf:2:\d+: "):
        apply(text, Record((drained(2),)))
