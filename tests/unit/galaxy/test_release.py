# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be released, and what is refused before anything is written."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.openvip.cluster.tests.galaxy.release import ReleaseError, refuse, semantic

# semver.org, 11
ASCENDING = ("0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
             "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0")
# version, what galaxy.yml says, what is released, fragments, changes; and what is said
REFUSED = {
    "no version": (("", "1.0.0", [], ["a.yml"], []), "'' is no semantic version"),
    "two numbers": (("1.0", "1.0.0", [], ["a.yml"], []), "'1.0' is no semantic version"),
    "a leading v": (("v1.0.0", "1.0.0", [], ["a.yml"], []), "'v1.0.0' is no semantic version"),
    "a leading zero": (("1.01.0", "1.0.0", [], ["a.yml"], []), "'1.01.0' is no semantic version"),
    "a leading zero later": (("1.0.0-rc.01", "1.0.0", [], ["a.yml"], []), "'1.0.0-rc.01' is no semantic version"),
    "build metadata": (("1.1.0+today", "1.0.0", [], ["a.yml"], []), "'1.1.0+today' is no semantic version"),
    "lower": (("1.0.0", "1.1.0", [], ["a.yml"], []), "1.0.0 is lower than 1.1.0"),
    "before its release": (("1.1.0-rc.1", "1.1.0", [], ["a.yml"], []), "1.1.0-rc.1 is lower than 1.1.0"),
    "released": (("1.1.0", "1.1.0", ["1.0.0", "1.1.0"], ["a.yml"], []), "1.1.0 has been released"),
    "nothing new": (("1.1.0", "1.0.0", ["1.0.0"], [], []), "nothing to release"),
    "changes": (("1.1.0", "1.0.0", ["1.0.0"], ["a.yml"], [" M README.md"]), " M README.md"),
}


def test_versions_are_ordered_as_semver_says():
    for low, high in itertools.combinations(ASCENDING, 2):
        assert semantic(low) < semantic(high), (low, high)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_reason(name):
    arguments, said = REFUSED[name]
    with pytest.raises(ReleaseError) as caught:
        refuse(*arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize("version, current, released", [
    ("1.0.0", "1.0.0", []), ("1.0.1", "1.0.0", ["1.0.0"]), ("2.0.0-rc.1", "1.10.0", ["1.9.0", "1.10.0"])])
def test_it_is_taken(version, current, released):
    refuse(version, current, released, ["a.yml"], [])
