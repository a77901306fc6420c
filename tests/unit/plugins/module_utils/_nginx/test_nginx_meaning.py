# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person who knows nginx reads in the data is what nginx reads in the files, or a finding says that it is not.

Each case is a kind of error that version 1.0.0 made, or a neighbour of one. The file also runs in a tree of that
version, where every case fails.
"""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import render

try:
    from ansible_collections.openvip.cluster.plugins.module_utils._nginx.inspection import judge
except ImportError:
    from ansible_collections.openvip.cluster.plugins.module_utils._nginx import rules

    def judge(data, home, files):
        """Return what version 1.0.0 finds."""
        return rules.check(data), []

VERSION = (1, 26, 3)
SITE = "http: {server: [{name: www, server_name: [a.example], listen: ['80'], %s}]}"
LOCATION = SITE % "root: /srv, location: [{%s}]"
PROXY = SITE % "location: [{uri: /, proxy_pass: 'http://198.18.0.21:80'}]"
TLS = ("{name: %s, server_name: [%s.example], listen: ['443 ssl'], ssl_certificate: /c, ssl_certificate_key: /k, "
       "root: /srv}")
OTHER = "{name: other, server_name: [b.example], listen: ['80'], root: /srv}"


def outcome(text, home):
    """Return the findings of a configuration, each in one line, and what is rendered, nothing where it is rejected."""
    data, findings = normalise(yaml.safe_load(text))
    if not findings:
        findings, _alone = judge(data, str(home), [])
    lines = [str(finding) for finding in findings]
    if any(getattr(finding, "severity", "error") == "error" for finding in findings):
        return lines, ""
    tree = render(data, VERSION)
    return lines, "\n".join(file.text for file in [tree.main, *tree.files.values()])


# By what nginx would make of it: the case, the data, what is in the rendered files, what must not be in them
WRITTEN = {
    "N1 an expression": (LOCATION % r"uri: '~ /\.git', return: 403", [r'location ~ "?/\\\\.git"? \{'], []),
    "N1 without regard to case": (LOCATION % r"uri: '~* \.PHP$', return: 403", [r'location ~\* "?\\\\.PHP\$"? \{'], []),
    "N1 exactly": (LOCATION % "uri: '= /x', return: 403", [r"location = /x \{"], []),
    "N1 a prefix before expressions": (LOCATION % "uri: '^~ /x/', return: 403", [r"location \^~ /x/ \{"], []),
    "N1 blanks around": (LOCATION % "uri: '  =   /x ', return: 403", [r"location = /x \{"], []),
    "N2 two names": (SITE.replace("[a.example]", "'a.example b.example'") % "root: /srv",
                     ["server_name a.example b.example;"], ['"a.example b.example"']),
    "N2 two names in a list of one": (SITE.replace("[a.example]", "['a.example b.example']") % "root: /srv",
                                      ["server_name a.example b.example;"], ['"a.example b.example"']),
    "N2 two files of a directory": (SITE % "root: /srv, index: 'index.html index.htm'",
                                    ["index index.html index.htm;"], ['"index.html index.htm"']),
    "N2 files to try": (LOCATION % "uri: /, try_files: '$uri $uri/ =404'", ["try_files \\$uri \\$uri/ =404;"], []),
    "N2 cases of another server": (
        LOCATION % "uri: /, proxy_pass: 'http://198.18.0.21:80', proxy_next_upstream: 'error timeout'",
        ["proxy_next_upstream error timeout;"], []),
    "N4 no log": (SITE % "root: /srv, access_log: off", ["access_log off;"], ["False"]),
    "N4 no log in a list": (SITE % "root: /srv, access_log: [off]", ["access_log off;"], ["False"]),
    "N4 no log of everything": ("http: {access_log: no, server: [%s]}" % OTHER, ["access_log off;"], ["False"]),
    "N4 no other server": (
        LOCATION % "uri: /, proxy_pass: 'http://198.18.0.21:80', proxy_next_upstream: off",
        ["proxy_next_upstream off;"], ["False"]),
    "N4 no log of a stream": (
        "stream: {server: [{name: dns, listen: ['53'], proxy_pass: '198.18.0.21:53', access_log: off}]}",
        ["access_log off;"], ["False"]),
    "N7 a format of raw": (
        "http: {raw: 'log_format short $remote_addr;', access_log: ['/var/log/a.log short'], server: [%s]}" % OTHER,
        ["(?s)log_format short.*access_log /var/log/a.log short;"], []),
    "N7 included sites are last": (
        "http: {include: ['sites-enabled/*'], log_format: [{name: main, format: $remote_addr}], server: [%s]}" % OTHER,
        [r"(?s)log_format main.*include openvip.d/http/server/other.conf;.*include sites-enabled/\*;"], []),
    "N7 raw is before return": (
        SITE % "raw: 'if (-f /maintenance) { return 503; }', return: '301 https://a.example/'",
        [r"(?s)return 503;.*return 301"], []),
    "N7 raw of a location is before return": (
        LOCATION % "uri: /, raw: 'if (-f /maintenance) { return 503; }', return: '301 https://a.example/'",
        [r"(?s)return 503;.*return 301"], []),
    "N7 raw is before allow": (
        SITE % "root: /srv, raw: 'if (-f /maintenance) { return 503; }', allow: [198.18.0.0/24]",
        [r"(?s)return 503;.*allow 198.18.0.0/24;"], []),
    "N8 protocols of a certificate in raw": (
        SITE.replace("'80'", "'443 ssl'") % "root: /srv, raw: \"ssl_certificate /c;\\nssl_certificate_key /k;\"",
        ["ssl_protocols TLSv1.2 TLSv1.3;"], []),
    "N8 no protocols beside those of raw": (
        "http: {raw: 'ssl_protocols TLSv1.3;', server: [%s]}" % TLS % ("a", "a"), ["ssl_protocols TLSv1.3;"],
        ["ssl_protocols TLSv1.2"]),
    "N9 the protocol of the first proxy": (
        PROXY.replace("{server", "{set_real_ip_from: [198.18.0.1], server"), [r"X-Forwarded-Proto \$openvip_"],
        [r"X-Forwarded-Proto \$scheme;"]),
    "N9 the chain of clients": (
        PROXY.replace("{server", "{set_real_ip_from: [198.18.0.1], server"), [r"X-Forwarded-For \$remote_addr;"],
        [r"X-Forwarded-For \$proxy_add_x_forwarded_for;"]),
    "N9 the host that the client asked": (PROXY, ["proxy_set_header X-Forwarded-Host"], []),
    "N9 the port that the client asked": (PROXY, ["proxy_set_header X-Forwarded-Port"], []),
    "N9 no standard header of the client": (PROXY, ["proxy_set_header Forwarded "], []),
    "N10 the name of an upstream with TLS": (
        PROXY.replace("'http://198.18.0.21:80'", "'https://app.example'"), ["proxy_ssl_server_name on;"], []),
    "N10 the name of an upstream of its own": (
        "http: {upstream: [{name: app.example, server: [{address: '198.18.0.21:443'}]}], server: [{name: www, "
        "server_name: [a], listen: ['80'], location: [{uri: /, proxy_pass: 'https://app.example'}]}]}",
        ["proxy_ssl_server_name on;"], []),
    "N11 files for connections": ("events: {worker_connections: 8192}\nhttp: {server: [%s]}" % OTHER,
                                  [r"worker_rlimit_nofile 1\d{4};"], []),
    "N11 files for connections of a stream": (
        "events: {worker_connections: 4096}\nstream: {server: [{name: dns, listen: ['53'], "
        "proxy_pass: '198.18.0.21:53'}]}", [r"worker_rlimit_nofile \d{4,5};"], []),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_what_nginx_is_to_do(name, tmp_path):
    text, expected, absent = WRITTEN[name]
    findings, rendered = outcome(text, tmp_path)
    assert rendered, findings
    assert [pattern for pattern in expected if not re.search(pattern, rendered)] == [], rendered
    assert [pattern for pattern in absent if re.search(pattern, rendered)] == []


# The case, the data, and what the finding says; where nothing of it is rejected, a warning
SAID = {
    "N1 null for an expression": (LOCATION % r"modifier: ~, uri: /x, return: 403", "modifier"),
    "N1 an expression without text": (LOCATION % "uri: '~', return: 403", "uri"),
    "N1 a modifier twice": (LOCATION % "modifier: '~', uri: '~ /x', return: 403", "modifier|uri"),
    "N1 a name with a modifier": (LOCATION % "modifier: '=', uri: '@x', return: 403", "@x"),
    "N3 return beside allow": (SITE % "allow: [198.18.0.11], return: '200 secret'", "return"),
    "N3 return beside allow, of a location": (LOCATION % "uri: /, allow: [198.18.0.11], return: '200 s'", "return"),
    "N3 return beside a login": (
        LOCATION % "uri: /, auth_basic: Staff, auth_basic_user_file: /etc/nginx/p, return: '200 s'", "return"),
    "N3 return in a raw line": (SITE % "allow: [198.18.0.11], raw: 'return 200;'", "return"),
    "N3 return behind the access of the server": (
        SITE % "root: /srv, allow: [198.18.0.11], location: [{uri: /, return: '200 s'}]", "return"),
    "N4 true for a log": (SITE % "root: /srv, access_log: yes", "access_log"),
    "N4 false for a log of errors": (SITE % "root: /srv, error_log: off", "error_log"),
    "N4 true for a name": (SITE.replace("[a.example]", "[on]") % "root: /srv", "true"),
    "N4 null for a name": (SITE.replace("[a.example]", "[~]") % "root: /srv", "null"),
    "N4 false for a port": (SITE.replace("'80'", "no") % "root: /srv", "listen"),
    "N4 true for a header": (SITE % "root: /srv, add_header: {X-A: true}", "true"),
    "N4 true for a login": (LOCATION % "uri: /, auth_basic: on, auth_basic_user_file: /p", "auth_basic"),
    "N4 true for times of expiry": (LOCATION % "uri: /, expires: yes", "expires"),
    "N4 a boolean in quotes": (SITE % "root: /srv, access_log: 'False'", "False"),
    "N5 a port in http and stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['8080'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['8080'], proxy_pass: '198.18.0.21:80'}]}", "8080"),
    "N5 a port in http and at an address of stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['8080'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['198.18.0.1:8080'], proxy_pass: '198.18.0.21:80'}]}", "8080"),
    "N5 an address of http and a port of stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['198.18.0.1:8080'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['8080'], proxy_pass: '198.18.0.21:80'}]}", "8080"),
    "N5 the default port in stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['*'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['80'], proxy_pass: '198.18.0.21:80'}]}", "80"),
    "N5 IPv6 in http and stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['[::]:8080'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['[::]:8080'], proxy_pass: '198.18.0.21:80'}]}", "8080"),
    "N5 a socket in http and stream": (
        "http: {server: [{name: www, server_name: [a], listen: ['unix:/run/a'], root: /srv}]}\n"
        "stream: {server: [{name: tcp, listen: ['unix:/run/a'], proxy_pass: '198.18.0.21:80'}]}", "/run/a"),
    "N5 the status and stream": (
        "http: {stub_status: {listen: ['8080']}}\n"
        "stream: {server: [{name: tcp, listen: ['8080'], proxy_pass: '198.18.0.21:80'}]}", "8080"),
    "N6 a second server without a name": (
        "http: {server: [{name: start, listen: ['80'], root: /srv}, {name: www, listen: ['80'], root: /www}]}", "www"),
    "N6 a name twice": (
        "http: {server: [%s, %s]}" % (OTHER, OTHER.replace("name: other", "name: again")), "again"),
    "N6 a name twice, in other letters": (
        "http: {server: [%s, %s]}" % (OTHER, OTHER.replace("other", "again").replace("b.ex", "B.EX")), "again"),
    "N6 the status behind a server": (
        "http: {server: [{name: start, listen: ['8080'], root: /srv}], stub_status: {listen: ['8080']}}",
        "stub_status"),
    "N6 a server without a port of its own": (
        "http: {server: [{name: a, listen: ['80 default_server'], root: /a}, {name: b, listen: ['80'], root: /b}]}",
        "server b"),
    "N7 a format that nobody defines": (
        "http: {access_log: ['/var/log/a.log short'], server: [%s]}" % OTHER, "short"),
    "N8 protocols of raw and of an option": (
        "http: {raw: 'ssl_protocols TLSv1.3;', ssl_protocols: [TLSv1.2], server: [%s]}" % TLS % ("a", "a"),
        "ssl_protocols"),
    "N10 a variable without a resolver": (
        LOCATION % "uri: /, proxy_pass: 'https://$host'", "resolver"),
    "N10 a variable in raw without a resolver": (
        LOCATION % "uri: /, raw: 'proxy_pass http://$arg_to;'", "resolver"),
    "N11 more connections than files": (
        "worker_rlimit_nofile: 1024\nevents: {worker_connections: 8192}\nhttp: {server: [%s]}" % OTHER, "8192"),
    "N12 a login file that nobody writes": (
        LOCATION % "uri: /, auth_basic: Staff", "auth_basic_user_file"),
    "R11 a header that a location hides": (
        SITE % ("root: /srv, add_header: {Strict-Transport-Security: max-age=1}, "
                "location: [{uri: /, add_header: {X-A: b}}]"), "Strict-Transport-Security"),
    "R11 a header that raw hides": (
        SITE % ("root: /srv, add_header: {Strict-Transport-Security: max-age=1}, "
                "location: [{uri: /, raw: 'add_header X-A b;'}]"), "Strict-Transport-Security"),
    "R11 a header of http that a server hides": (
        "http: {raw: 'add_header X-Frame-Options DENY;', server: [{name: www, server_name: [a], listen: ['80'], "
        "root: /srv, add_header: {X-A: b}}]}", "X-Frame-Options"),
    "R11 a header to the upstream that a location hides": (
        SITE % "raw: 'proxy_set_header X-A b;', location: [{uri: /, proxy_pass: 'http://198.18.0.21:80'}]", "X-A"),
    "R11 a header to the upstream of http": (
        "http: {raw: 'proxy_set_header X-A b;', server: [{name: www, server_name: [a], listen: ['80'], "
        "location: [{uri: /, proxy_pass: 'http://198.18.0.21:80'}]}]}", "X-A"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_nginx_does_otherwise_is_said(name, tmp_path):
    text, pattern = SAID[name]
    findings, _rendered = outcome(text, tmp_path)
    assert [line for line in findings if re.search(pattern, line)], findings
