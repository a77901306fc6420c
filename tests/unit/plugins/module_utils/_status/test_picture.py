# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture: well-formed, complete, and no text leaves its box."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._status import drawing, picture
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.plugins.module_utils._table import cells
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import VIP

SVG = "{http://www.w3.org/2000/svg}"
# The widest advance of the fonts that are asked for, as a part of their size.
ADVANCE = 0.61
# Above and below the baseline, as parts of the size.
ASCENT, DESCENT = 0.8, 0.25


def drawn(reports, **more):
    return ElementTree.fromstring(picture.svg(dict(summarise(reports), **more)))


def rectangle(element):
    x, y, width, height = (float(element.get(key)) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def extent(text):
    x, y = float(text.get("x")), float(text.get("y"))
    return (x, y - ASCENT * drawing.FONT, x + ADVANCE * drawing.FONT * cells(text.text), y + DESCENT * drawing.FONT)


def inside(inner, outer):
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def texts(element):
    return Counter(text.text for text in element.iter(SVG + "text"))


def awkward():
    """Long names, marks that XML takes for its own, and characters that are two cells wide."""
    reports = clusters.lvs()
    reports[0]["name"] = "a-director-whose-name-is-much-longer-than-others.example.net"
    reports[1]["name"] = "主机 <&\"> \x1b[2J"
    return reports


SHAPES = [*clusters.ALL, awkward]


@pytest.mark.parametrize("cluster", SHAPES, ids=lambda cluster: cluster.__name__)
def test_every_label_is_inside_its_box_and_every_box_in_the_picture(cluster):
    root = drawn(cluster(), time="2026-11-21 13:00:00 UTC")
    whole = (0.0, 0.0, float(root.get("width")), float(root.get("height")))
    boxes = []
    for group in root.iter(SVG + "g"):
        outer = rectangle(group.find(SVG + "rect"))
        assert inside(outer, whole)
        labels = list(group.iter(SVG + "text"))
        assert labels and all(inside(extent(label), outer) for label in labels), [label.text for label in labels]
        if group.find(SVG + "rect").get("class").startswith("box"):
            boxes.append(outer)
    assert all(apart(one, other) for number, one in enumerate(boxes) for other in boxes[:number])
    labels = [extent(label) for label in root.iter(SVG + "text")]
    assert all(inside(label, whole) for label in labels)
    assert all(apart(one, other) for number, one in enumerate(labels) for other in labels[:number])


@pytest.mark.parametrize("cluster", clusters.ALL, ids=lambda cluster: cluster.__name__)
def test_every_host_address_and_real_server_is_there_as_often_as_it_should_be(cluster):
    status = summarise(cluster())
    found = texts(drawn(cluster()))
    for host in status["hosts"]:
        assert found[host["name"]] == 1
    for group in status["vrrp_instance"]:
        for vip in group["vips"]:
            assert found[vip["address"]] == max(1, len(vip["holders"]))
    for service in status["virtual_server"]:
        assert found[service["name"]] == 1
        assert all(found[real["ip"]] == 1 for real in service["real_server"])


def test_an_address_is_in_the_box_of_its_holder_and_else_in_that_of_nobody():
    def box_of(reports):
        return [next(iter(texts(group))) for group in drawn(reports).findall(SVG + "g") if VIP in texts(group)]

    assert box_of(clusters.pair()) == ["lb1"]
    assert box_of(clusters.one_down()) == ["lb2"]
    assert box_of(clusters.split()) == ["lb1", "lb2"]
    assert box_of(clusters.nobody()) == ["held by nobody"]


def test_arrows_go_from_the_address_to_the_real_servers_of_the_table_with_their_weights():
    root = drawn(clusters.lvs())
    arrows = root.findall(SVG + "path")
    assert [arrow.get("class") for arrow in arrows] == ["arrow", "arrow", "arrow idle", "arrow"]
    ends = {tuple(map(int, arrow.get("d").split()[-2:])) for arrow in arrows}
    for label in ("port 80: weight 3, 12 active", "port 80: weight 0, 2 active", "port 80: weight 1, 0 active"):
        box = next(group for group in root.findall(SVG + "g") if texts(group)[label])
        text = next(text for text in box.iter(SVG + "text") if text.text == label)
        left = rectangle(box.find(SVG + "rect"))[0]
        assert any(x == left and abs(y - float(text.get("y"))) < drawing.LINE / 2 for x, y in ends), label
    assert texts(root)["port 80: not in the table"] == 1


@pytest.mark.parametrize("cluster", SHAPES, ids=lambda cluster: cluster.__name__)
def test_it_is_told_in_words_and_needs_nothing_from_outside(cluster):
    root = drawn(cluster())
    assert root.get("role") == "img" and root.get("aria-labelledby") == "title description"
    assert root.find(SVG + "title").text.startswith("Status of ")
    assert root.find(SVG + "desc").text
    text = picture.svg(summarise(cluster()))
    # the name space
    assert text.count("http") == 1 and "href" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text


def test_the_description_says_who_holds_what_and_where_it_goes():
    assert drawn(clusters.lvs()).find(SVG + "desc").text == (
        "198.18.0.100 of VI_1 is held by lb1. lb1 sends 198.18.0.100 80 TCP to 198.18.0.21 with weight 3, "
        "198.18.0.22 with weight 0, 198.18.0.23 with weight 1.")
