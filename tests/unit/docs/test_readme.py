# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README: what it links to is there, what it claims has a test. And the figures of the page on timing."""

from __future__ import annotations

import re

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._drill.predict import Configuration, Question, seconds
from ansible_collections.openvip.cluster.tests.lab import faults
from ansible_collections.openvip.cluster.tests.unit.docs.blocks import GUIDES, PAGES, REMOTE, REPOSITORY

README = (REPOSITORY / "README.md").read_text()
TIMING = next(path for path in GUIDES if path.stem == "guide_timing").read_text()
HERE = f"https://github.com/{REMOTE}/blob/main/"
RAW = f"https://raw.githubusercontent.com/{REMOTE}/main/"
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[\w+\]: (\S+)$", re.MULTILINE)
ROWS = re.findall(r"^\| ([^|]+) \| (yes[^|]*) \|", README, re.MULTILINE)
# Of the bench: inventory/active_passive, with the version and the interval of keepalived and with its own.
QUESTIONS = (Question(0.2, 2, 0.14),)
DEFAULT = Configuration(_timing.Timers(2, 1, 240), True, (), QUESTIONS)
FAST = Configuration(_timing.Timers(3, 0.1, 240), True, (), QUESTIONS)


def anchors(text):
    """Return the anchors that GitHub makes of the headings."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links():
    """Iterate over the links of the pages that are Markdown to places of the repository."""
    for page in PAGES:
        if page.suffix == ".md":
            for found in LINK.finditer(page.read_text()):
                target = found[1] or found[2]
                inside = target.removeprefix(HERE).removeprefix(RAW)
                if inside != target:
                    yield page, REPOSITORY, inside
                elif "://" not in target:
                    yield page, page.parent, target


def table(title):
    """Return the rows of a table of the page on timing, each its cells, after the heading that begins so."""
    _title, line, *rest = TIMING[TIMING.index(title):].split("\n")
    return [re.split(r"  +", row) for row in rest[:rest.index(line)]]


def milliseconds(span):
    """Return a time as the page has it."""
    if span is None:
        return "never"
    low, high = (str(round(each * 1000)) for each in span)
    return low if low == high else f"{low}-{high}"


def test_every_link_leads_somewhere():
    wrong = []
    for page, base, target in links():
        place, _hash, anchor = target.partition("#")
        path = (base / place) if place else page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text())):
            wrong.append(f"{page.relative_to(REPOSITORY)}: {target}")
    assert wrong == []
    assert len(list(links())) > 100


def test_galaxy_shows_links_and_pictures_that_are_whole():
    assert all((found[1] or found[2]).startswith(("https://", "#")) for found in LINK.finditer(README))
    assert f"[picture]: {RAW}docs/cluster.svg" in README
    assert f"[architecture]: {RAW}docs/architecture.svg" in README


@pytest.mark.parametrize(("claim", "shown"), ROWS, ids=[claim for claim, _shown in ROWS])
def test_a_claim_has_its_test(claim, shown):
    files = re.findall(r"`(tests/[^`]+)`", shown)
    _before, scenario, names = shown.partition("scenario")
    scenarios = re.findall(r"`(\w+)`", names) if scenario else []
    assert files or scenarios, claim
    for file in files:
        assert (REPOSITORY / file).exists(), file
    for name in scenarios:
        assert list((REPOSITORY / "molecule" / name).glob("tests/test_*.py")), name


def test_there_are_claims():
    assert len(ROWS) > 7


def test_the_timers_are_those_of_the_arithmetic():
    rows = table("``version``")
    assert len(rows) > 5
    for version, advert_int, priority, goodbye, silence in rows:
        timers = _timing.Timers(int(version), float(advert_int), int(priority))
        assert (goodbye, silence) == (milliseconds(_timing.planned(timers)), milliseconds(_timing.crash(timers)))


def test_the_predictions_are_those_of_the_arithmetic():
    rows = table("Fault               ")
    assert {row[0] for row in rows} == {fault.name for fault in faults.ALL}
    for name, *_by_hand, _default, predicted_default, _fast, predicted_fast in rows:
        kind = faults.find(name).kind
        assert predicted_default == milliseconds(seconds(kind, DEFAULT, DEFAULT)), name
        assert predicted_fast == milliseconds(seconds(kind, FAST, FAST)), name


def test_the_readme_has_the_figures_of_the_page():
    said = re.findall(r"(\d+) ms", README[README.index("## Failover times"):README.index("## Compatibility")])
    shown = {row[0]: (row[-2].removeprefix("< "), row[1]) for row in table("Fault               ")}
    stopped, frozen = shown["nginx stopped"], shown["host frozen"]
    assert said == [stopped[0], frozen[0], stopped[1], frozen[1]]
