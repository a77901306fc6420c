# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The filters to_keepalived and from_keepalived."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.openvip.cluster.plugins.filter import from_keepalived, to_keepalived

to_text = to_keepalived.FilterModule().filters()["to_keepalived"]
to_data = from_keepalived.FilterModule().filters()["from_keepalived"]

DATA = {"track_file": [{"name": "nginx", "file": "/run/nginx", "weight": 0}]}
TEXT = "track_file nginx {\n    file /run/nginx\n    weight 0\n}\n"


def test_to_keepalived() -> None:
    assert to_text(DATA) == TEXT
    assert to_text(DATA, version="2.0.20") == "vrrp_" + TEXT
    assert to_text(DATA, version="v2.2.7") == TEXT


def test_from_keepalived() -> None:
    assert to_data(TEXT) == DATA
    assert to_data("vrrp_" + TEXT) == DATA
    assert to_data("") == {}


@pytest.mark.parametrize(
    ("data", "version", "expected"),
    [
        ({"vrrp_instanse": []}, None, 'configuration: unknown key "vrrp_instanse". Did you mean "vrrp_instance"?'),
        ({"vrrp_instance": [{"name": "a"}], "x": 1}, None, "vrrp_instance a: virtual_router_id is missing."),
        (DATA, "newest", 'version must be like 2.2.7, got "newest".'),
    ],
)
def test_to_keepalived_says_what_is_wrong(data: Any, version: str | None, expected: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        to_text(data, version)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vrrp_instance a {\n", "keepalived.conf:1:1: block of 'vrrp_instance' is not closed"),
        ("a\n\u00a0b c\n", "keepalived.conf:2:1: U+00A0 is no space"),
        ({"a": 1}, "must be the text of a keepalived.conf, got dict. Read the file."),
    ],
)
def test_from_keepalived_says_what_is_wrong(text: Any, expected: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        to_data(text)
    assert expected in str(caught.value)
