# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an upstream learns of the client, and the name that it is asked for by TLS."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.complete import complete
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import Part

PASS = [{"uri": "/", "proxy_pass": "http://web"}]


def completed(server=None, **http):
    site = {"name": "www", "listen": ["80"], "location": PASS, **(server or {})}
    return complete({"http": {"server": [site], **http}}, None, lambda pattern: [
        Part(pattern, pattern, "set_real_ip_from 10.0.0.0/8;\n")])["http"]


def sent(found):
    return found["server"][0]["location"][0]["proxy_set_header"]


@pytest.mark.parametrize("given", [
    {"set_real_ip_from": ["198.18.0.11"]}, {"raw": ["set_real_ip_from 198.18.0.11;"]}, {"include": ["cdn.conf"]},
    {"server": {"raw": ["set_real_ip_from 198.18.0.11;"]}},
    {"server": {"location": [{**PASS[0], "raw": ["set_real_ip_from 198.18.0.11;"]}]}},
    {"set_real_ip_from": ["unix:"]}, {"set_real_ip_from": ["proxy.example.com"]},
])
def test_behind_a_proxy_its_word_is_passed_on_wherever_it_is_named(given):
    found = completed(**given)
    assert sent(found)["X-Forwarded-Proto"] == "$openvip_forwarded_proto"
    assert sent(found)["X-Forwarded-Host"] == "$openvip_forwarded_host"
    assert sent(found)["X-Forwarded-For"] == sent(found)["X-Real-IP"] == "$remote_addr"
    text = "\n".join(found["raw"])
    assert all(f"{value} {{" in text for value in sent(found).values() if "$openvip" in value)


def test_the_proxies_are_those_that_nginx_believes():
    proxies = ["198.18.0.11", "198.18.0.11/32", "2001:db8::/32", "10.1.2.3/8", "unix:", "proxy.example.com"]
    text = "\n".join(completed(set_real_ip_from=proxies)["raw"])
    assert [line for line in text.splitlines() if line.endswith(" 1;") and "default" not in line] == [
        "    198.18.0.11/32 1;", "    2001:db8::/32 1;", "    10.0.0.0/8 1;", '    "~^0 unix: " 1;']
    # a server that believes others: then the address that nginx has replaced tells
    inner = completed(set_real_ip_from=["198.18.0.11"], server={"raw": ["set_real_ip_from 10.0.0.1;"]})
    assert "198.18" not in "\n".join(inner["raw"])


@pytest.mark.parametrize("given", [{}, {"set_real_ip_from": ["198.18.0.11"], "server": {"location": [{"uri": "/"}]}},
                                   {"set_real_ip_from": ["198.18.0.11"], "server": {"location": [
                                       {**PASS[0], "raw": ["proxy_set_header X-Forwarded-Proto https;"] + [
                                           f"proxy_set_header {name} '';" for name in (
                                               "Forwarded", "X-Forwarded-Host", "x-forwarded-port",
                                               "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Ssl")]}]}}])
def test_without_a_need_there_are_no_variables(given):
    assert "raw" not in completed(**given)


@pytest.mark.parametrize("given, balanced", [
    ({"server": {"listen": ["80 proxy_protocol"]}}, True),
    ({"server": {"listen": ["80", "81 ssl proxy_protocol"]}}, True),
    ({"real_ip_header": "proxy_protocol"}, True),
    ({"raw": ["real_ip_header proxy_protocol;"]}, True),
    ({"server": {"raw": ["real_ip_header proxy_protocol;"]}}, True),
    ({"real_ip_header": "X-Forwarded-For", "server": {"listen": ["80 proxy_protocol"]}}, False),
    ({"server": {"listen": ["80 proxy_protocol"], "raw": ["real_ip_header X-Real-IP;"]}}, False),
])
def test_a_balancer_of_tcp_passes_on_the_headers_of_its_client_which_is_not_believed(given, balanced):
    found = completed(set_real_ip_from=["198.18.0.11"], **given)
    expected = ("$openvip_balanced_proto", "") if balanced else ("$openvip_forwarded_proto", "$openvip_forwarded_host")
    assert (sent(found)["X-Forwarded-Proto"], sent(found)["X-Forwarded-Host"]) == expected
    lines = [*found["server"][0].get("raw", []), *given.get("raw", [])]
    assert ("real_ip_header proxy_protocol;" in lines) == (balanced and "real_ip_header" not in given)


def test_the_header_that_is_named_in_raw_has_no_default_beside_it():
    assert "real_ip_header" not in completed(set_real_ip_from=["198.18.0.11"], raw=["real_ip_header X-Real-IP;"])


@pytest.mark.parametrize("listen, host", [
    (["80", "[::]:443 ssl"], "$host"), (["8080"], "$host$openvip_port"),
    (["80", "198.18.0.11:8443 ssl"], "$host$openvip_port"),
    (["[2001:db8::1]"], "$host"), (["unix:/run/x"], "$host"), (["80-81"], "$host$openvip_port"),
])
@pytest.mark.parametrize("proxies", [[], ["198.18.0.11"]])
def test_the_port_that_the_client_asked_for_is_passed_on_where_it_is_no_usual_one(listen, host, proxies):
    found = completed(server={"listen": listen}, **({"set_real_ip_from": proxies} if proxies else {}))
    assert sent(found)["Host"] == host
    assert ("map $http_host $openvip_port {" in "\n".join(found.get("raw", []))) is (host != "$host")


def test_a_host_that_is_given_needs_no_port():
    location = [{**PASS[0], "proxy_set_header": {"host": "app.example.com"}}]
    assert "raw" not in completed(server={"listen": ["8080"], "location": location})


UPSTREAMS = [
    {"name": "web", "server": [{"address": "198.18.0.21:443"}, {"address": "[2001:db8::22]:443"}]},
    {"name": "named", "server": [{"address": "app.example.com:443"}, {"address": "app.example.com:8443"}]},
    {"name": "both", "server": [{"address": "one.example.com:443"}, {"address": "two.example.com:443"}]},
    {"name": "shop.example.com", "server": [{"address": "198.18.0.21:443"}]},
    {"name": "socket", "server": [{"address": "unix:/run/x"}]}]
ON = "proxy_ssl_server_name on;"


@pytest.mark.parametrize("location, lines", [
    ({"proxy_pass": "http://web"}, None),
    ({"proxy_pass": "https://web"}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://web/path"}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://both"}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://socket"}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://of_raw"}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://named"}, [ON, "proxy_ssl_name app.example.com;"]),
    ({"proxy_pass": "https://shop.example.com"}, [ON]),
    ({"proxy_pass": "https://other.example.com:8443"}, [ON]),
    ({"proxy_pass": "$backend"}, [ON]),
    ({"proxy_pass": "https://$name"}, [ON]),
    ({"proxy_pass": "https://web", "proxy_set_header": {"host": "app.example.com"}},
     [ON, "proxy_ssl_name app.example.com;"]),
    ({"proxy_pass": "https://web", "raw": ["proxy_set_header Host app.example.com;"]},
     [ON, "proxy_ssl_name app.example.com;", "proxy_set_header Host app.example.com;"]),
    ({"proxy_pass": "https://web", "proxy_set_header": {"Host": "$http_host"}}, [ON, "proxy_ssl_name $host;"]),
    ({"proxy_pass": "https://web", "proxy_set_header": {"Host": "$proxy_host"}}, [ON]),
    # what is chosen stays
    ({"proxy_pass": "https://web", "raw": ["proxy_ssl_server_name off;"]},
     ["proxy_ssl_name $host;", "proxy_ssl_server_name off;"]),
    ({"proxy_pass": "https://web", "raw": ["proxy_ssl_name a.example;"]}, [ON, "proxy_ssl_name a.example;"]),
])
def test_a_server_of_https_is_asked_by_its_name(location, lines):
    found = completed(upstream=UPSTREAMS, raw=["upstream of_raw { server 198.18.0.23:443; }"],
                      server={"location": [{"uri": "/", **location}]})
    assert found["server"][0]["location"][0].get("raw") == lines


@pytest.mark.parametrize("given", [{"raw": [ON]}, {"server": {"raw": [ON]}}])
def test_what_is_chosen_around_a_location_stays_in_force(given):
    server = {"location": [{"uri": "/", "proxy_pass": "https://198.18.0.21"}], **given.pop("server", {})}
    assert "raw" not in completed(server=server, **given)["server"][0]["location"][0]


@pytest.mark.parametrize("server, lines", [
    ({"proxy_pass": "web:443"}, []),
    ({"proxy_pass": "app.example.com:443", "raw": ["proxy_ssl on;"]}, [ON]),
    ({"proxy_pass": "named", "raw": ["proxy_ssl on;"]}, [ON, "proxy_ssl_name app.example.com;"]),
    ({"proxy_pass": "web", "raw": ["proxy_ssl on;"]}, []),
    ({"proxy_pass": "web", "raw": ["proxy_ssl on;"], "ssl_certificate": "a", "ssl_certificate_key": "b"},
     [ON, "proxy_ssl_name $ssl_server_name;"]),
    ({"proxy_pass": "web", "raw": ["proxy_ssl on;"], "ssl_preread": True},
     [ON, "proxy_ssl_name $ssl_preread_server_name;"]),
    ({"proxy_pass": "named", "raw": ["proxy_ssl on;", "proxy_ssl_server_name off;", "proxy_ssl_name x;"]}, []),
    ({"proxy_pass": "named", "raw": ["proxy_ssl off;"]}, []),
])
def test_a_stream_that_speaks_tls_to_its_upstream_asks_by_a_name_too(server, lines):
    found = complete({"stream": {"upstream": UPSTREAMS, "server": [{"name": "db", "listen": ["1"], **server}]}})
    assert found["stream"]["server"][0].get("raw", []) == [*lines, *server.get("raw", [])]
