# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Secrets are masked wherever they stand, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import MASK, mask


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auth_pass secret\n", "auth_pass ********\n"),
        ("  auth_pass\tsecret  # why\n", "  auth_pass\t********  # why\n"),
        ('auth_pass "two words"\n', "auth_pass ********\n"),
        ("auth_pass two words\n", "auth_pass ******** ********\n"),
        ('"auth_pass" secret', '"auth_pass" ********'),
        (
            "authentication { auth_type PASS\nauth_pass secret }",
            "authentication { auth_type PASS\nauth_pass ******** }",
        ),
        ("@lb1 auth_pass secret\r\n", "@lb1 auth_pass ********\r\n"),
        # the daemon ends the password at "!", its writer did not mean to
        ("auth_pass se!cret # why", "auth_pass ******** # why"),
        ("# auth_pass secret\n", "# auth_pass ********\n"),
        ("$A=secret\nauth_pass $A\n", "$A=********\nauth_pass ********\n"),
        ("$A=secret\nauth_pass x${A}\n", "$A=********\nauth_pass ********\n"),
        ("$B=\\\n auth_pass secret \\\n }\n", "$B=\\\n auth_pass ******** \\\n }\n"),
        (
            "auth_hmac {\n key 1 secret\n key 2 file:/etc/key\n}",
            "auth_hmac {\n key 1 ********\n key 2 file:/etc/key\n}",
        ),
        ("# key 1 secret", "# key 1 ********"),
        ("auth_hmac {\n key secret\n key file:/k\n}", "auth_hmac {\n key ********\n key file:/k\n}"),
        ("SSL {\n password secret\n key /etc/key\n}", "SSL {\n password ********\n key /etc/key\n}"),
        ("SSL {\n  #password secret\n}", "SSL {\n  #password ********\n}"),
        ('misc_path "/usr/bin/check --password x password y"', 'misc_path "/usr/bin/check --password x password y"'),
        ("! the password is asked for", "! the password is asked for"),
        ("auth_pass", "auth_pass"),
        ("auth_type PASS\nkey word\nactive_key 1\n", "auth_type PASS\nkey word\nactive_key 1\n"),
        ("auth_pass ********\n", "auth_pass ********\n"),
    ],
)
def test_mask(text: str, expected: str) -> None:
    assert mask(text) == expected
    assert mask(expected) == expected


@given(st.text())
def test_text_without_secrets_stays(text: str) -> None:
    if not any(word in text for word in ("auth_pass", "key", "password")):
        assert mask(text) == text


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",), exclude_characters='"#! \\{}$'), min_size=1))
def test_a_password_is_never_left(password: str) -> None:
    text = "authentication {\n    auth_pass %s\n}\n" % password
    assert mask(text) == text.replace(" %s\n" % password, " %s\n" % MASK, 1)
