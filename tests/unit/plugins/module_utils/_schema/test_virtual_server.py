# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Virtual servers, to the byte: their heads, their checks, and the order that the daemon needs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import DUPLICATE, check, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

SERVICE: dict[str, Any] = {
    "virtual_server_group": [{"name": "WEB", "address": ["198.18.0.100-110 80", "fwmark 1 inet"]}],
    "SSL": {"password": "se#ret", "ca": "/etc/ssl/ca.pem"},
    "virtual_server": [
        {
            "ip": "198.18.0.100",
            "port": 443,
            "lb_algo": "sh",
            "sh_port": True,
            "lb_kind": "TUN type gue port 6080 csum",
            "protocol": "TCP",
            "delay_loop": 1.5,
            "persistence_timeout": True,
            "sorry_server": "198.18.0.12 443",
            "sorry_server_inhibit": True,
            "quorum_up": {"script": "/usr/bin/logger quorum up", "user": "nobody"},
            "real_server": [
                {
                    "ip": "198.18.0.21",
                    "port": 443,
                    "weight": 0,
                    "inhibit_on_failure": False,
                    "SSL_GET": [
                        {
                            "url": [
                                {"path": "/", "status_code": "200 301-302"},
                                {"path": "/up?a&b", "regex": r"^it's \"up\" [0-9]{3}$", "regex_options": "caseless"},
                            ],
                            "http_protocol": "1.1",
                            "connect_timeout": 3,
                        }
                    ],
                    "TCP_CHECK": [{"connect_port": 80, "connect_ip": "198.18.1.21"}, {}],
                    "MISC_CHECK": [{"misc_path": "/usr/bin/check one two", "misc_dynamic": True}],
                },
                {"ip": "198.18.0.22", "port": 443},
            ],
        },
        {"fwmark": 5, "real_server": [{"ip": "198.18.0.21"}]},
        {"group": "WEB", "protocol": "UDP", "ops": True},
        {"ip": "fd00::100", "protocol": "SCTP"},
    ],
}
TEXT = r"""SSL {
    password "se#ret"
    ca /etc/ssl/ca.pem
}

virtual_server_group WEB {
    198.18.0.100-110 80
    fwmark 1 inet
}

virtual_server 198.18.0.100 443 {
    protocol TCP
    lb_algo sh
    sh-port
    lb_kind TUN type gue port 6080 csum
    persistence_timeout
    delay_loop 1.5
    quorum_up "/usr/bin/logger quorum up" nobody
    sorry_server 198.18.0.12 443
    sorry_server_inhibit
    real_server 198.18.0.21 443 {
        weight 0
        inhibit_on_failure off
        TCP_CHECK {
            connect_ip 198.18.1.21
            connect_port 80
        }
        TCP_CHECK {
        }
        SSL_GET {
            connect_timeout 3
            http_protocol 1.1
            url {
                path /
                status_code 200 301-302
            }
            url {
                path /up?a&b
                regex "^it's \\\042up\\\042 [0-9]{3}$"
                regex_options caseless
            }
        }
        MISC_CHECK {
            misc_path "/usr/bin/check one two"
            misc_dynamic
        }
    }
    real_server 198.18.0.22 443 {
    }
}

virtual_server fwmark 5 {
    real_server 198.18.0.21 {
    }
}

virtual_server group WEB {
    protocol UDP
    ops
}

virtual_server fd00::100 {
    protocol SCTP
}
"""


def server(**keywords: Any) -> dict[str, Any]:
    return {"virtual_server": [{"ip": "198.18.0.100", "port": 80, **keywords}]}


def checked(**check: Any) -> dict[str, Any]:
    return server(real_server=[{"ip": "198.18.0.21", "port": 80, **check}])


def read_check(text: str) -> Any:
    """The data of the checks of one real server."""
    found = read(parse("virtual_server 198.18.0.100 80 {\nreal_server 198.18.0.21 80 {\n%s\n}\n}\n" % text))
    return {key: value for key, value in found["virtual_server"][0]["real_server"][0].items() if key.isupper()}


def test_written_and_read() -> None:
    assert normalise(SERVICE) == (SERVICE, [])
    assert render(SERVICE) == TEXT
    assert read(parse(TEXT)) == SERVICE


# Where one of them stands before the other, the daemon ignores or misreads the second.
ORDER = [
    ("virtual_server", "lb_algo", ("sh_port", "sh_fallback", "mh_port", "mh_fallback", "flag_1", "hashed")),
    ("virtual_server", "lb_kind", ("sorry_server", "real_server")),
    ("virtual_server", "ip_family", ("persistence_granularity", "sorry_server", "real_server")),
    ("virtual_server", "sorry_server", ("sorry_server_inhibit", "sorry_server_lvs_method")),
    ("virtual_server/real_server", "lvs_method", ("TCP_CHECK",)),
    ("virtual_server/real_server/TCP_CHECK", "connect_ip", ("connect_port",)),
    ("virtual_server/real_server/TCP_CHECK", "bindto", ("bind_port",)),
    ("virtual_server/real_server/SMTP_CHECK", "connect_ip", ("connect_port", "host")),
    ("virtual_server/real_server/SMTP_CHECK", "retry", ("host",)),
    ("virtual_server/real_server/MISC_CHECK", "misc_path", ("user",)),
    ("", "track_file", ("virtual_server",)),
    ("", "bfd_instance", ("virtual_server",)),
    ("", "global_defs", ("virtual_server",)),
]


@pytest.mark.parametrize(("section", "first", "later"), ORDER)
def test_order(section: str, first: str, later: tuple[str, ...]) -> None:
    rows = table.rows(section)
    assert all(rows[first].rank < rows[keyword].rank for keyword in later)


def test_real_servers_come_last() -> None:
    assert list(table.rows("virtual_server"))[-1] == "real_server"


def shuffled(data: Any, chance: random.Random) -> Any:
    if isinstance(data, list):
        return [shuffled(item, chance) for item in data]
    if not isinstance(data, dict):
        return data
    keys = list(data)
    chance.shuffle(keys)
    return {key: shuffled(data[key], chance) for key in keys}


def test_the_order_of_the_data_does_not_matter() -> None:
    assert all(render(shuffled(SERVICE, random.Random(seed))) == TEXT for seed in range(20))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TCP_CHECK\n{\n}", {"TCP_CHECK": [{}]}),
        ("TCP_CHECK {\n}\nTCP_CHECK {\nretry 2\n}", {"TCP_CHECK": [{}, {"retry": 2}]}),
        ("HTTP_GET {\nnb_get_retry 3\n}", {"HTTP_GET": [{"retry": 3}]}),
        ("HTTP_GET {\nurl {\npath / }\n}", {"HTTP_GET": [{"url": [{"path": "/"}]}]}),
        (
            "HTTP_GET {\nurl {\nstatus_code 200\nstatus_code 301-302 404\n}\n}",
            {"HTTP_GET": [{"url": [{"status_code": "200 301-302 404"}]}]},
        ),
        ("HTTP_GET {\nurl {\nregex it\\'s\\ up\n}\n}", {"HTTP_GET": [{"url": [{"regex": "it's up"}]}]}),
        ("HTTP_GET {\nurl {\nregex one two\n}\n}", {"HTTP_GET": [{"url": [{"raw": ["regex one two"]}]}]}),
        ("DNS_CHECK {\ntype soa\nname .\n}", {"DNS_CHECK": [{"type": "SOA", "name": "."}]}),
        ("UDP_CHECK {\nrequire_reply\n}", {"UDP_CHECK": [{"require_reply": True}]}),
        ("UDP_CHECK {\nrequire_reply 0a XX\n}", {"UDP_CHECK": [{"require_reply": "0a XX"}]}),
        ("SMTP_CHECK {\nhost {\n}\n}", {"SMTP_CHECK": [{"host": [{}]}]}),
        ("MISC_CHECK {\nmisc_path /a b\n}", {"MISC_CHECK": [{"raw": ["misc_path /a b"]}]}),
    ],
)
def test_checks_are_read(text: str, expected: dict[str, Any]) -> None:
    assert read_check(text) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("198.18.0.1 80", {"ip": "198.18.0.1", "port": 80}),
        ("198.18.0.1", {"ip": "198.18.0.1"}),
        ("fd00::1 0", {"ip": "fd00::1", "port": 0}),
        ("fwmark 7", {"fwmark": 7}),
        ("group WEB", {"group": "WEB"}),
        # for check to refuse
        ("198.18.0.1 http", {"ip": "198.18.0.1", "port": "http"}),
        ("", {}),
    ],
)
def test_heads_are_read(head: str, expected: dict[str, Any]) -> None:
    assert read(parse("virtual_server %s {\nprotocol tcp\n}\n" % head)) == {
        "virtual_server": [{**expected, "protocol": "TCP"}]
    }


def test_a_head_with_a_definition_has_no_form() -> None:
    text = "virtual_server 198.18.0.1 $PORT {\n    protocol TCP\n}\n"
    assert read(parse(text)) == {"raw": [text.rstrip()]}


def test_old_names_of_keywords() -> None:
    text = "virtual_server 198.18.0.1 80 {\nlvs_sched rr\nlvs_method DR\n}\n"
    assert read(parse(text))["virtual_server"] == [
        {"ip": "198.18.0.1", "port": 80, "lb_algo": "rr", "lb_kind": "DR"},
    ]


def test_words_that_are_no_names_of_options() -> None:
    text = "virtual_server 198.18.0.1 80 {\n    lb_algo sh\n    sh-port\n}\n"
    data = read(parse(text))
    assert data == {"virtual_server": [{"ip": "198.18.0.1", "port": 80, "lb_algo": "sh", "sh_port": True}]}
    assert render(data) == text
    assert normalise(server(**{"sh-port": True}))[0] == server(sh_port=True)
    # the daemon does not know it
    assert read(parse(text.replace("-", "_")))["virtual_server"][0]["raw"] == ["sh_port"]
    assert table.nearest("sh-prt", "virtual_server") == "sh-port"
    assert table.nearest("sh_prt", "virtual_server") == "sh_port"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (server(lb_algo="rrr"), "lb_algo must be rr, wrr, lc, wlc, lblc, sh, mh, dh, fo, ovf, lblcr, sed, nq or twos"),
        (server(lb_kind="dr"), 'Did you mean "DR"?'),
        (server(protocol="ICMP"), "protocol must be TCP, UDP or SCTP"),
        (server(persistence_timeout=0), "persistence_timeout must be 1-2678400, got 0."),
        (server(persistence_time=60), 'unknown key "persistence_time". Did you mean "persistence_timeout"?'),
        (server(delay_loop="6s"), "Write it in seconds without a unit: 6."),
        (server(ip=None), "must have group, or fwmark, or ip and port, or ip, and nothing of the others."),
        (server(fwmark=3), "virtual_server 198.18.0.100 80 3: must have group, or fwmark"),
        (server(port=65536), "port must be 0-65535, got 65536."),
        (checked(TCP_CHECK=[{"connection_timeout": 3}]), 'Did you mean "connect_timeout"?'),
        (checked(TCP_CHECK=[{"nb_get_retry": 3}]), 'unknown key "nb_get_retry". It belongs in virtual_server'),
        (checked(HTTP_GET=[{}]), "HTTP_GET (number 1): url is missing."),
        (checked(HTTP_GET=[{"url": [{}]}]), "url (number 1): path is missing."),
        (checked(HTTP_GET=[{"tls_compliant": True}]), "It belongs in virtual_server real_server SSL_GET"),
        (checked(HTTP_GET=[{"url": [{"path": "/", "digest": "abc"}]}]), "must be 32 hexadecimal digits"),
        (checked(MISC_CHECK=[{}]), "misc_path is missing."),
        (checked(TCP_CHECK={"retry": 1}), "TCP_CHECK: must be a list of dictionaries. Write a dash before"),
    ],
)
def test_messages(data: dict[str, Any], expected: str) -> None:
    assert any(expected in str(finding) for finding in check(data)), [str(finding) for finding in check(data)]


@pytest.mark.parametrize("value", ["1.1", 1.1])
def test_a_version_may_be_a_number(value: Any) -> None:
    found, findings = normalise(checked(HTTP_GET=[{"http_protocol": value, "url": [{"path": "/"}]}]))
    assert findings == []
    assert found["virtual_server"][0]["real_server"][0]["HTTP_GET"][0]["http_protocol"] == "1.1"


def test_the_same_address_with_another_protocol_is_another_service() -> None:
    service = {"ip": "198.18.0.100", "port": 53}
    both = {"virtual_server": [{**service, "protocol": "TCP"}, {**service, "protocol": "UDP"}]}
    assert check(both) == []
    twice = {"virtual_server": [{**service, "protocol": "TCP"}, {**service, "protocol": "tcp"}]}
    assert [finding.id for finding in check(twice)] == [DUPLICATE]
