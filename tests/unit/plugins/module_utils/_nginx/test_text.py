# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx's words: what needs quotes, and what is more than the parameters of one directive."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.text import fault, quote


@pytest.mark.parametrize("word, written", [
    ("/var/www/html", "/var/www/html"),
    ("$host", "$host"),
    ("", '""'),
    ("two words", '"two words"'),
    ("a;b", '"a;b"'),
    ('say "yes"', "'say \"yes\"'"),
    ("it's", '"it\'s"'),
    ("\"it's\"", '"\\"it\'s\\""'),
    ("^/a\\.b{2}", '"^/a\\\\.b{2}"'),
])
def test_a_word_is_quoted_where_it_must_be(word, written):
    assert quote(word) == written


@pytest.mark.parametrize("text", [
    "80", "[::]:443 ssl", "$remote_addr consistent", "${host}x", '200 "a; b {c} # d"', "301 https://$host$request_uri",
    "a\\;b", "a\\\\", "a\\ b", "'single; quoted'", "a#b", "x}",
])
def test_parameters_of_one_directive(text):
    assert fault(text) == ""


@pytest.mark.parametrize("text, why", [
    ("", "is empty"),
    ("  ", "is empty"),
    ("80;", 'has ";" outside of quotes'),
    ("80 {", 'has "{" outside of quotes'),
    ("80 }", 'has "}" outside of quotes'),
    ("80 # all", 'has "#", which begins a comment'),
    ('200 "open', "has a quote without its end"),
    ("80\n81", "has a line break"),
    ('"closed"; evil', 'has ";" outside of quotes'),
    ("http://x\\", "ends with a backslash, which escapes the end of the directive"),
    ("http://x\\ ", "ends with a backslash, which escapes the end of the directive"),
    ('200 "a\\', "ends with a backslash, which escapes the end of the directive"),
    ("http://x\\${", 'has "{" outside of quotes'),
    ("http://x\\\\;", 'has ";" outside of quotes'),
])
def test_more_than_the_parameters_of_one_directive(text, why):
    assert fault(text) == why
