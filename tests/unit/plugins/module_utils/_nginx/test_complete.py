# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left out gets today's defaults, in the words of the installed nginx."""

from __future__ import annotations

import copy
import fnmatch

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.complete import certificates, complete
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import Part

TLS_SITE = {"name": "www", "listen": ["443 ssl", "80"], "ssl_certificate": "a.crt", "ssl_certificate_key": "a.key"}


def http(version=None, **keys):
    return complete({"http": keys}, version)["http"]


def headers(**location):
    server = {"name": "www", "listen": ["80"], "location": [{"uri": "/", **location}]}
    return http(server=[server])["server"][0]["location"][0].get("proxy_set_header")


def reading(texts):
    """Return what reads the files of a pattern from texts by their names."""
    return lambda pattern: [Part(name, name, text) for name, text in texts.items() if fnmatch.fnmatch(name, pattern)]


def test_events_is_a_block_that_nginx_insists_on():
    assert complete({})["events"] == {}


def test_a_server_with_a_certificate_brings_the_tls_of_today():
    found = http(server=[TLS_SITE])
    assert found["ssl_protocols"] == ["TLSv1.2", "TLSv1.3"] and found["ssl_session_cache"] == "shared:TLS:10m"
    assert found["ssl_session_tickets"] is False and "DHE-RSA-AES" not in found["ssl_ciphers"].replace("ECDHE", "")
    assert http(server=[TLS_SITE], ssl_protocols=["TLSv1.3"])["ssl_protocols"] == ["TLSv1.3"]
    assert "ssl_protocols" not in http(server=[{"name": "www", "listen": ["80"]}])


PLAIN = {"name": "www", "listen": ["80"]}


@pytest.mark.parametrize("kind", ["http", "stream"])
@pytest.mark.parametrize("given", [
    {"server": [{"name": "www", "listen": ["443 ssl"], "raw": ["ssl_certificate a.crt;\nssl_certificate_key a.key;"]}]},
    {"server": [{"name": "www", "listen": ["443 quic"], "raw": ["include tls.conf;"]}]},
    {"server": [PLAIN], "raw": ["server { listen 443 ssl; include x; }"]},
    {"server": [PLAIN], "raw": ["server {", "  ssl_certificate a.crt;", "}"]},
    {"server": [PLAIN], "include": ["conf.d/*.conf"]},
    {"server": [{**PLAIN, "raw": ["include tls.conf;"]}]},
])
def test_tls_beside_the_typed_servers_is_that_of_today_too(kind, given):
    read = reading({"conf.d/shop.conf": "server {\n  listen [::]:443 ssl; # all\n}\n",
                    "tls.conf": "ssl_certificate 'a b';"})
    assert complete({kind: given}, None, read)[kind]["ssl_protocols"] == ["TLSv1.2", "TLSv1.3"]


@pytest.mark.parametrize("kind", ["http", "stream"])
@pytest.mark.parametrize("given", [
    {"raw": ["# ssl_certificate a.crt;", "server { listen 80; set $x \"ssl_certificate a;\"; }"]},
    {"raw": ["include itself.conf;"]}, {"include": ["mime.types", "none/*"]}])
def test_without_tls_anywhere_nothing_of_it_is_written(kind, given):
    read = reading({"itself.conf": "include itself.conf;\n", "mime.types": "types { text/html html; }"})
    assert "ssl_protocols" not in complete({kind: {"server": [PLAIN], **given}}, None, read)[kind]


@pytest.mark.parametrize("kind", ["http", "stream"])
@pytest.mark.parametrize("given", [{"raw": ["ssl_protocols TLSv1.3;\nssl_session_tickets on;"]},
                                   {"include": ["conf.d/*.conf"]}])
def test_what_is_set_beside_the_typed_directives_is_not_set_again(kind, given):
    read = reading({"conf.d/tls.conf": "ssl_protocols TLSv1.3;\n ssl_session_tickets on;\n"})
    found = complete({kind: {"server": [TLS_SITE], **given}}, None, read)[kind]
    assert "ssl_protocols" not in found and "ssl_session_tickets" not in found and found["ssl_ciphers"]
    # what stands in a server is for that one alone
    inner = {"server": [{**TLS_SITE, "raw": ["ssl_protocols TLSv1.3;"]}], "raw": ["server { ssl_protocols TLSv1.1; }"]}
    assert complete({kind: inner}, None, read)[kind]["ssl_protocols"] == ["TLSv1.2", "TLSv1.3"]


@pytest.mark.parametrize("data, limit, files", [
    ({"events": {"worker_connections": 8192}}, 1024, 16640),
    ({"events": {"worker_connections": 1024}}, 1024, 2304),
    ({"events": {"worker_connections": 1024}}, 65536, None),
    ({"events": {"worker_connections": 300}}, 1024, None),
    ({"events": {"raw": ["worker_connections 4096;"]}}, 1024, 8448),
    ({}, 1024, 1280),
    ({"events": {"worker_connections": 8192}, "worker_rlimit_nofile": 9000}, 1024, 9000),
    # two of them are none that nginx takes
    ({"events": {"worker_connections": 8192}, "raw": ["worker_rlimit_nofile 9000;"]}, 1024, None),
    ({"events": {"worker_connections": 8192}, "include": ["limits.conf"]}, 1024, None),
    # the kernel gives nobody more
    ({"events": {"worker_connections": 900000}}, 1024, 1 << 20),
])
def test_workers_may_open_the_files_that_their_connections_need(data, limit, files):
    read = reading({"limits.conf": "worker_rlimit_nofile 9000;"})
    assert complete(data, None, read, limit).get("worker_rlimit_nofile") == files


def test_the_shared_memory_of_streams_has_names_of_its_own():
    server = [{"address": "198.18.0.21:80"}]
    both = complete({kind: {"upstream": [{"name": "web", "server": server}], "server": [TLS_SITE]}
                     for kind in ("http", "stream")})
    for key in ("zone", "ssl_session_cache"):
        values = [both["http"]["upstream"][0].get(key, both["http"].get(key)),
                  both["stream"]["upstream"][0].get(key, both["stream"].get(key))]
        assert values[0] != values[1] and None not in values


@pytest.mark.parametrize("servers, zone", [(1, "web 64k"), (31, "web 64k"), (32, "web 128k"), (100, "web 256k")])
def test_the_zone_grows_with_the_servers(servers, zone):
    assert http(upstream=[{"name": "web", "server": [{"address": "a"}] * servers}])["upstream"][0]["zone"] == zone


@pytest.mark.parametrize("line, zone", [
    ("limit_req_zone $binary_remote_addr zone=web:10m rate=10r/s;", "upstream-web 64k"),
    ("proxy_cache_path /var/cache/nginx keys_zone=web:10m;", "upstream-web 64k"),
    ("ssl_session_cache shared:web:1m;", "upstream-web 64k"),
    ("server { limit_req zone=web burst=5; }", "upstream-web 64k"), ("limit_req_zone $x zone=web2:10m;", "web 64k"),
    ("upstream other { zone web 64k; server a; }", "upstream-web 64k"), ("include zones.conf;", "upstream-web 64k"),
    ("server { set $x web; }", "web 64k"),
])
def test_the_zone_has_a_name_that_nothing_else_has(line, zone):
    given = {"upstream": [{"name": "web", "server": [{"address": "a"}]}], "raw": [line]}
    read = reading({"zones.conf": "limit_conn_zone $x zone=web:1m;"})
    assert complete({"http": given}, None, read)["http"]["upstream"][0]["zone"] == zone


def test_a_zone_that_is_given_stays():
    assert http(upstream=[{"name": "web", "zone": "web 1m"}])["upstream"][0]["zone"] == "web 1m"


@pytest.mark.parametrize("version, listen, directive", [
    ((1, 22, 1), ["443 ssl http2", "80"], None),
    ((1, 25, 0), ["443 ssl http2", "80"], None),
    ((1, 25, 1), ["443 ssl", "80"], True),
    (None, ["443 ssl", "80"], True),
])
def test_http2_as_the_version_wants_it(version, listen, directive):
    found = http(version, server=[{**TLS_SITE, "http2": True}])["server"][0]
    assert (found["listen"], found.get("http2")) == (listen, directive)


def test_http2_that_is_off_is_unknown_to_an_old_version():
    assert "http2" not in http((1, 22, 1), server=[{**TLS_SITE, "http2": False}])["server"][0]


TOLD = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Scheme",
        "X-Forwarded-Ssl")


def test_the_address_of_the_client_is_passed_on_and_nothing_that_it_says_of_itself():
    assert headers(proxy_pass="http://web") == {
        "Host": "$host", "X-Real-IP": "$remote_addr", "X-Forwarded-For": "$proxy_add_x_forwarded_for",
        "X-Forwarded-Proto": "$scheme", "Connection": "", **dict.fromkeys(TOLD, "")}


def test_headers_that_are_given_stay_whatever_their_case():
    found = headers(proxy_pass="http://web", proxy_set_header={"host": "$proxy_host", "Upgrade": "$http_upgrade"})
    assert found["host"] == "$proxy_host" and "Host" not in found and found["Upgrade"] == "$http_upgrade"
    assert found["X-Real-IP"] == "$remote_addr"


def test_headers_that_stand_in_raw_or_in_an_included_file_are_not_sent_twice():
    """nginx sends a header as often as it is set; Debian's proxy_params has these."""
    site = {"name": "www", "listen": ["80"], "location": [{
        "uri": "/", "proxy_pass": "http://web", "raw": ["include proxy_params;", "proxy_http_version 1.0;"]}]}
    read = reading({"proxy_params": "proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-Proto $scheme;\n"})
    [found] = complete({"http": {"server": [site]}}, None, read)["http"]["server"][0]["location"]
    assert "X-Real-IP" in found["proxy_set_header"] and "proxy_http_version" not in found
    assert not {"Host", "X-Forwarded-Proto"} & set(found["proxy_set_header"])


def test_a_location_that_passes_nothing_on_has_no_headers():
    assert headers(root="/var/www") is None


def test_proxies_that_are_believed_name_the_client_by_the_usual_header():
    found = http(set_real_ip_from=["198.18.0.11"])
    assert (found["real_ip_header"], found["real_ip_recursive"]) == ("X-Forwarded-For", True)
    assert http(set_real_ip_from=["198.18.0.11"], real_ip_header="proxy_protocol")["real_ip_header"] == "proxy_protocol"
    assert "real_ip_header" not in http()


def test_the_numbers_of_connections_are_for_this_host_unless_others_are_named():
    found = http(stub_status={"listen": ["8080"]})
    assert "stub_status" not in found
    server = found["server"][-1]
    assert (server["name"], server["listen"]) == ("stub_status", ["8080"])
    assert server["location"] == [
        {"modifier": "=", "uri": "/stub_status", "allow": ["127.0.0.1", "::1"], "raw": ["stub_status;"]}]
    other = http(stub_status={"listen": ["8080"], "allow": ["198.18.0.5"], "uri": "/numbers"})["server"][-1]
    assert (other["location"][0]["allow"], other["location"][0]["uri"]) == (["198.18.0.5"], "/numbers")


def test_certificates_that_are_given_as_text_become_files():
    server = {"name": "www", "listen": ["443 ssl"], "ssl_certificate_content": "A\n\n",
              "ssl_certificate_key_content": "B"}
    data = {"http": {"server": [server]}, "stream": {"server": [dict(server, proxy_pass="web")]}}
    assert certificates(data) == {
        "openvip.d/ssl/www.crt": "A\n", "openvip.d/ssl/www.key": "B\n",
        "openvip.d/stream/ssl/www.crt": "A\n", "openvip.d/stream/ssl/www.key": "B\n"}
    found = complete(data)
    assert found["http"]["server"][0]["ssl_certificate"] == "openvip.d/ssl/www.crt"
    assert found["stream"]["server"][0]["ssl_certificate_key"] == "openvip.d/stream/ssl/www.key"


def test_nothing_given_is_changed_and_the_result_is_canonical():
    given = {"http": {"upstream": [{"name": "web", "server": [{"address": "a"}]}], "stub_status": {"listen": ["81"]},
                      "server": [{**TLS_SITE, "http2": True, "location": [{"uri": "/", "proxy_pass": "http://web"}]}]}}
    before = copy.deepcopy(given)
    found = complete(given, (1, 22, 1))
    assert given == before
    assert normalise(found)[1] == []
