# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table, the JUnit file and the page of a drill."""

from __future__ import annotations

import html.parser
from xml.etree import ElementTree

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import report
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._drill import drills

VOID = ("meta",)


class Page(html.parser.HTMLParser):
    """Sees that every element is closed, and keeps what the page has."""

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.text = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data

    def all(self, tag):
        return [attributes for found, attributes in self.found if found == tag]


@pytest.fixture
def told():
    """A drill of two faults, one of which did not pass."""
    lost = drills.recorded("A" * 40 + "x" * 60 + "A" * 40, {"lb1": [(0, 9000)], "lb2": []}, back=100,
                           made=drills.planned("service_hang"))
    return drills.report(drills.moved(), lost)


def test_the_table_has_a_row_per_fault_and_what_is_wrong_below_it(told):
    lines = report.lines(told)
    assert lines[0] == "Drill of lb1, lb2 at 2026-01-31 12:00:00 UTC"
    assert lines[4].split() == [
        "keepalived_stop", "lb1", "3", "ms", "15", "ms", "3", "10", "ms,", "2", "1,", "1", "passed"]
    assert lines[5].split()[-1] == "FAILED" and "never" in lines[5]
    assert lines[7] == "service_hang: 198.18.0.100 did not move away from lb1 before the fault was undone."


def test_the_predicted_cost_is_a_table_beforehand():
    plans = [drills.planned("freeze"), drills.planned("keepalived_stop"), drills.planned("partition")]
    lines = report.outlook(plans)
    assert [line.split() for line in lines if line and not line.startswith("-")] == [
        ["fault", "host", "predicted", "outage"], ["freeze", "lb1", "203-303", "ms"],
        ["keepalived_stop", "lb1", "3", "ms"], ["partition", "lb1", "-"]]
    assert lines[-1] == "-: the address does not move, or no timer of VRRP says when."
    assert report.outlook(plans[:1])[-1].startswith("freeze ")


def test_the_summary_says_that_the_machines_were_short_of_time(told):
    sentence = "the machines were short of time, and the figures are doubtful."
    assert sentence not in "".join(report.lines(told)) and sentence not in report.page(told)
    told["results"][0]["rate"] = 132.4
    assert report.lines(told)[-1] == f"The prober reached only 132 of 200 requests a second: {sentence}"
    assert sentence in report.page(told)


def test_junit_has_a_case_per_fault(told):
    suite = ElementTree.fromstring(report.junit(told)).find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    passed, failed = suite.findall("testcase")
    assert (passed.get("name"), passed.get("time"), passed.find("failure")) == ("keepalived_stop", "0.015", None)
    assert "did not move away" in failed.find("failure").get("message")
    assert "measured 15 ms" in passed.find("system-out").text


def test_the_page_is_whole_and_has_a_section_with_two_timelines_per_fault(told):
    page = Page(report.page(told))
    assert not page.open and page.all("html") == [{"lang": "en"}]
    assert page.text["title"].startswith("Failover drill of lb1, lb2") and page.text["strong"] == "1 of 2 faults passed"
    assert [each["id"] for each in page.all("section") if each] == ["keepalived_stop", "service_hang"]
    pictures = page.all("svg")
    assert len(pictures) == 4 and all(each["role"] == "img" and each["aria-label"] for each in pictures)
    assert page.text["text"].count("fault") == 4 and "-0" not in page.text["text"].split()
    assert len(page.all("details")) == 2 and "advert_int 0.1" in page.text["pre"]


def test_the_page_needs_nothing_beside_it(told):
    page = Page(report.page(told))
    assert not page.all("script") and not page.all("link") and not page.all("img")
    assert all(each["href"].startswith("#") for each in page.all("a")) and "url(" not in page.text["style"]


def test_each_table_says_what_it_is_and_has_headings(told):
    page = Page(report.page(told))
    assert len(page.all("table")) == len(page.all("caption")) == 3
    assert all(each.get("scope") in ("col", "row") for each in page.all("th"))


def test_what_the_hosts_say_is_text_and_no_markup(told):
    told["members"] = ["<script>alert(1)</script>", "lb2"]
    told["results"][0]["timeline"]["transitions"][0]["what"] = "(VI_1) <b>&\"'</b>"
    told["configurations"]["lb1"] = {"global_defs": {"router_id": "<i>"}}
    page = Page(report.page(told))
    assert not page.all("script") and not page.all("b") and not page.all("i")
    assert "<b>&\"'</b>" in page.text["td"] and "<i>" in page.text["pre"]


@pytest.mark.parametrize("config", [{"raw": ['notify "open']}, {"vrrp_instance": [{"name": "VI_1", "no_such": 1}]}])
def test_a_configuration_that_cannot_be_written_is_shown_as_data(told, config):
    told["configurations"]["lb1"] = config
    page = Page(report.page(told))
    assert page.open == [] and "only as data" in page.text["pre"]
    assert '\"open' in page.text["pre"] or "no_such" in page.text["pre"]


def test_the_same_data_give_the_same_texts(told):
    assert report.page(told) == report.page(told) and report.junit(told) == report.junit(told)


def test_a_drill_that_has_not_begun_has_a_page_too():
    page = Page(report.page(drills.report()))
    assert page.text["strong"] == "0 of 0 faults passed"


def test_the_prober_that_was_not_measured_says_so(told):
    told["calibration"] = {}
    assert "overhead was not measured" in report.page(told)
