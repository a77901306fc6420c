# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Secrets are masked wherever they stand, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import MASK, mask, secrets


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
        # definitions of definitions, in any order, and set again
        ("$PW=secret\n$PW2=${PW}x\nauth_pass $PW2\n", "$PW=********\n$PW2=********\nauth_pass ********\n"),
        ("$A=a\n$B=${A}b\n$C=${B}c\n$D=d\nauth_pass ${C}\n",
         "$A=********\n$B=********\n$C=********\n$D=d\nauth_pass ********\n"),
        ("$PW=one\nauth_pass $PW\n$PW=two\nauth_pass $PW\n",
         "$PW=********\nauth_pass ********\n$PW=********\nauth_pass ********\n"),
        ("$A=$B\n$B=$A\nauth_pass $A\n", "$A=********\n$B=********\nauth_pass ********\n"),
        ("@lb1 $PW=secret\n@^lb1 $PW=other\nauth_pass $PW\n",
         "@lb1 $PW=********\n@^lb1 $PW=********\nauth_pass ********\n"),
        ("$PW=secret\n@lb1 auth_pass $PW\n", "$PW=********\n@lb1 auth_pass ********\n"),
        # over several lines, and inside of them
        ("$PW=\\\n secret\nauth_pass $PW\n", "$PW=********\nauth_pass ********\n"),
        ("$PW=secret\n$B=\\\n auth_pass $PW \\\n }\n", "$PW=********\n$B=\\\n auth_pass ******** \\\n }\n"),
        ("$B=\\\n SSL { \\\n password secret \\\n key /etc/key \\\n }\n",
         "$B=\\\n SSL { \\\n password ******** \\\n key /etc/key \\\n }\n"),
        ("$B=\\\n auth_hmac { \\\n key secret \\\n }\n", "$B=\\\n auth_hmac { \\\n key ******** \\\n }\n"),
        ("$A=auth_pass secret\nx {\n $A\n}\n", "$A=auth_pass ********\nx {\n $A\n}\n"),
        ("$W=auth_pass\nx {\n $W secret\n ${W} secret\n}\n", "$W=auth_pass\nx {\n $W ********\n ${W} ********\n}\n"),
        # lists
        ("~LST(PW,one,two) auth_pass $PW\n", "~LST(PW,********,********) auth_pass ********\n"),
        ("~LST({N,PW},{1,one},{2,two}) x$N { auth_pass $PW }\n",
         "~LST({N,PW},{********,********},{********,********}) x$N { auth_pass ******** }\n"),
        ("$S=secret\n~LST(PW,${S},two) auth_pass $PW\n",
         "$S=********\n~LST(PW,********,********) auth_pass ********\n"),
        ("~SEQ(N,1,3) auth_pass x$N\n", "~SEQ(N,********,********) auth_pass ********\n"),
        ("~LST(N,1,2) x$N { priority $N }\n", "~LST(N,1,2) x$N { priority $N }\n"),
    ],
)
def test_mask(text: str, expected: str) -> None:
    assert mask(text) == expected
    assert mask(expected) == expected


def test_the_words_that_are_masked() -> None:
    text = '$PW=secret\n$PW2=${PW}x\nauth_pass $PW2\nauth_pass "two words"\n# auth_pass old\n$B=auth_pass inner\n'
    assert secrets(text) == {"secret", "${PW}x", '"two words"', "two words", "old", "inner"}
    assert secrets("auth_type PASS\nauth_pass ********\n") == set()


@given(st.text())
def test_text_without_secrets_stays(text: str) -> None:
    if not any(word in text for word in ("auth_pass", "key", "password")):
        assert mask(text) == text


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",), exclude_characters='"#! \\{}$'), min_size=1))
def test_a_password_is_never_left(password: str) -> None:
    text = "authentication {\n    auth_pass %s\n}\n" % password
    assert mask(text) == text.replace(" %s\n" % password, " %s\n" % MASK, 1)
