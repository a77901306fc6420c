# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Headers that one level of nginx's configuration takes away from another."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import errors, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check

HSTS = {"Strict-Transport-Security": "max-age=1"}
PROXY = {"uri": "/", "proxy_pass": "http://x"}


def said(http, server, location):
    data, wrong = normalise({"http": {**http, "server": [
        {"name": "www", "listen": ["80"], **server, "location": [{"uri": "/", **location}]}]}})
    assert wrong == []
    findings = check(data)
    assert errors(findings) == [] and {finding.severity for finding in findings} <= {"warning"}
    return [str(finding) for finding in findings]


@pytest.mark.parametrize("http, server, location, lost", [
    ({}, {"add_header": HSTS}, {"add_header": {"X-A": "1"}}, "server www: location /: its add_header takes the place "
     "of those of server www, and Strict-Transport-Security is not sent here."),
    ({}, {"add_header": HSTS}, {"raw": ["add_header X-A 1;"]}, "location /"),
    ({}, {"raw": ["gzip on; add_header 'Strict-Transport-Security' x always;"]}, {"add_header": {"X-A": "1"}},
     "Strict-Transport-Security"),
    ({"raw": ["add_header X-Http 1;"]}, {"add_header": HSTS}, {}, "server www: its add_header takes the place of those "
     "of nginx.conf, and X-Http is not sent here."),
    ({"raw": ["add_header X-Http 1;"]}, {}, {"add_header": HSTS}, "those of nginx.conf, and X-Http"),
    ({}, {"raw": ["proxy_set_header X-A 1;"]}, PROXY, "proxy_set_header X-A of server www has no effect here. Write "
     "them in proxy_set_header of the location."),
    ({"raw": ["proxy_set_header X-A 1;\nproxy_set_header X-B 2;"]}, {}, PROXY, "header X-A and X-B of nginx.conf"),
    ({"raw": ["proxy_set_header Host $http_host;"]}, {}, {**PROXY, "proxy_set_header": {"X-B": "2"}}, "header Host of"),
])
def test_what_is_never_sent_is_said(http, server, location, lost):
    (finding,) = said(http, server, location)
    assert lost in finding


@pytest.mark.parametrize("http, server, location", [
    ({}, {"add_header": HSTS}, {}), ({}, {}, {"add_header": HSTS}),
    ({}, {"add_header": HSTS}, {"add_header": {"strict-transport-security": "max-age=2", "X-A": "1"}}),
    ({}, {"add_header": HSTS}, {"add_header": {"X-A": "1"}, "raw": ["add_header Strict-Transport-Security x;"]}),
    ({}, {"add_header": HSTS}, {"add_header": {"X-A": "1"}, "raw": ["add_header_inherit merge;"]}),
    ({}, {"add_header": HSTS}, {"raw": ["if ($a) {\n  add_header X-A 1;\n}"]}),
    ({}, {"add_header": HSTS}, {"raw": ["# add_header X-A 1;"]}),
    ({}, {"raw": ["location /x {\n  proxy_set_header X-A 1;\n  proxy_pass http://y;\n}"]}, PROXY),
    ({"raw": ["proxy_set_header X-A 1;"]}, {}, {"return": "204"}),
    ({"raw": ["proxy_set_header X-A 1;"]}, {}, {**PROXY, "proxy_set_header": {"x-a": "2"}}),
])
def test_what_is_sent_is_not(http, server, location):
    assert said(http, server, location) == []
