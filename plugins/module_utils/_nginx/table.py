# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The directives of nginx that are options: one row each, in the order of writing.

Names, ranges and defaults are those of nginx.org/en/docs; everything else nginx knows is written as C(raw).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, Optional

from . import forms
from .row import (
    ALLOWED,
    BARE,
    BLOCK,
    BLOCKS,
    CONTENT,
    DIRECTIVE,
    FLAG,
    FORMAT,
    GROUPS,
    HEAD,
    HEADERS,
    INTEGER,
    LABEL,
    LINES,
    LITERAL,
    LOGS,
    NAMES,
    PATH,
    RAW,
    SECONDS,
    SIZE,
    TEXT,
    TIME,
    WORDS,
    Row,
    Table,
)

_NAME_DESCRIPTION = "The name. Letters, digits, C(_), C(-) and C(.) are allowed."
NAME = Row("name", HEAD, _NAME_DESCRIPTION, required=True)
LABELLED = Row("name", LABEL, _NAME_DESCRIPTION + " It is that of the file, too.", required=True)

_LOG_FORMAT = Row("log_format", BLOCKS, "The formats of log lines.")
_FORMAT = (
    NAME,
    Row("escape", WORDS, "How characters in variables are escaped, for lines of JSON as V(json).",
        choices=("default", "json", "none")),
    Row("format", FORMAT, "The format, with variables, without the quotes of nginx. C(escape=json) may stand in "
        "front of it.", required=True),
)
_ACCESS_LOG = Row("access_log", LOGS, "File and optionally format of the log of requests, or V(off), or a list of "
                  "several.", switch=("off",))
_ERROR_LOG = Row("error_log", LOGS, "File and optionally level of the log of errors, or a list of several.", most=2,
                 form=forms.level)
_ALLOW = Row("allow", ALLOWED, "Addresses and networks that may ask. All others are denied. It must not be "
             "empty.", most=1, closes=True, form=forms.network)
_RAW = Row(RAW, LITERAL, "Lines or whole blocks in nginx's own words, for what the other options cannot say.")
_RAW_FIRST = Row(RAW, LITERAL, _RAW.description + " They stand before C(allow), C(return) and C(location), in whose "
                 "order nginx takes them.")
_RETURN = Row("return", WORDS, "Code, and text or address, of every answer. A text with blanks stands in quotes of its "
              "own.", most=2, closes=True, form=forms.answer)
_INDEX = Row("index", NAMES, "The files that stand for a directory.", most=1)
_INCLUDE = Row("include", LINES, "Files to include. They stand behind all others, so that the sites in them are no "
               "default of an address that a site here listens on, too.", most=1)
_RESOLVER = Row("resolver", WORDS, "Name servers and their parameters.")
_PROXY_CONNECT_TIMEOUT = Row("proxy_connect_timeout", TIME, "The time in which a server must take a connection.")
_PROXY_TRIES = Row("proxy_next_upstream_tries", INTEGER, "The most servers that are tried.", minimum=0)

# What a server of an upstream has besides its address; nginx.org/en/docs/http/ngx_http_upstream_module.html#server
PARAMETERS = (
    Row("weight", INTEGER, "The share of the server, compared with the other servers.", minimum=1, maximum=65535),
    Row("max_conns", INTEGER, "The most connections at a time, V(0) for no limit.", minimum=0),
    Row("max_fails", INTEGER, "Failures within C(fail_timeout) that make it unavailable, V(0) for never.", minimum=0),
    Row("fail_timeout", SECONDS, "The time in which failures are counted, and in which it is unavailable then."),
    Row("backup", BARE, "Whether it is used only when the others are unavailable."),
    Row("down", BARE, "Whether it is never used."),
)
_SERVER = (
    Row("address", WORDS, "Address and port, or C(unix:) and the path of a socket. HTTP without a port is 80.",
        required=True, most=1, form=forms.server),
    *PARAMETERS,
)
_GROUP = (
    Row("group", TEXT, "The inventory group whose members are servers, in the inventory's order.", required=True),
    Row("port", INTEGER, "The port of every member.", minimum=1, maximum=65535, required=True),
    Row("network", WORDS, "The network that holds the address to use, where members have several.", most=1,
        form=forms.network),
    *PARAMETERS,
)
_UPSTREAM = (
    NAME,
    Row("zone", WORDS, "Name and size of the shared memory with which all workers count together. The default is one "
        "that holds the servers."),
    Row("method", DIRECTIVE, "How a server is chosen: C(least_conn), C(ip_hash) (HTTP only), C(hash KEY [consistent]), "
        "C(random [two [least_conn]]). Without it the servers take turns by weight.",
        form=forms.method),
    Row("server", BLOCKS, "The servers. An entry may also be a text in nginx's own notation, for example "
        "C(198.18.0.21:80 weight=3 backup)."),
    Row("server_group", BLOCKS, "Inventory groups whose members are servers, too. A member says otherwise in its "
        "variable C(nginx_upstream_server), in the words of C(server)."),
)
_CERTIFICATE = (
    Row("ssl_certificate", PATH, "The file of the certificate, with the intermediate ones, on the host."),
    Row("ssl_certificate_key", PATH, "The file of its key on the host."),
    Row("ssl_certificate_content", CONTENT, "The certificate itself, instead of C(ssl_certificate)."),
    Row("ssl_certificate_key_content", CONTENT, "The key itself, instead of C(ssl_certificate_key).", secret=True),
)
_TLS = (
    Row("ssl_protocols", NAMES, "The versions of TLS. Where a server has a certificate, the default is V(TLSv1.2) and "
        "V(TLSv1.3).", form=forms.choice("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")),
    Row("ssl_ciphers", TEXT, "The ciphers up to TLS 1.2. The default are those that Mozilla calls intermediate, "
        "without DHE."),
    Row("ssl_prefer_server_ciphers", FLAG, "Whether the server chooses the cipher. The default is V(false)."),
    Row("ssl_dhparam", PATH, "The file with the parameters of DHE ciphers."),
    Row("ssl_session_cache", WORDS, "Where sessions are kept. The default are 10 MB that all workers share.", most=2,
        switch=("off", "none"), form=forms.session_cache),
    Row("ssl_session_timeout", SECONDS, "How long sessions are kept. The default is V(1d)."),
    Row("ssl_session_tickets", FLAG, "Whether clients keep sessions. The default is V(false)."),
)
_LISTEN = Row("listen", LINES, "Address, port and parameters of each C(listen) directive.", required=True)
_PROXY_PASS = Row("proxy_pass", WORDS, "Where requests go: the name of an upstream, or an address and a port.",
                  required=True, most=1)

SECTIONS: Table = {
    "": (
        Row("user", WORDS, "The user of the workers, and optionally the group.", most=2),
        Row("worker_processes", WORDS, "The number of workers, or V(auto) for one per processor.", most=1,
            form=forms.workers),
        Row("worker_rlimit_nofile", INTEGER, "The most files that a worker may have open. Where the unit has a lower "
            "limit, the default is twice C(worker_connections), for a file beside each, and 256 more.", minimum=1),
        Row("pid", PATH, "The file of the master's process id."),
        _ERROR_LOG,
        Row("include", LINES, "Files to include first, such as those of modules.", most=1),
        _RAW,
        Row("events", BLOCK, "How connections are handled."),
        Row("http", BLOCK, "The web servers."),
        Row("stream", BLOCK, "The servers of TCP and UDP."),
    ),
    "events": (
        Row("worker_connections", INTEGER, "The most connections of one worker, those to upstreams too.", minimum=1),
        Row("multi_accept", FLAG, "Whether a worker takes all new connections at a time."),
        _RAW,
    ),
    "http": (
        _LOG_FORMAT,
        _RAW,
        Row("default_type", TEXT, "The type of files whose name says nothing."),
        Row("sendfile", FLAG, "Whether files are sent by the kernel."),
        Row("tcp_nopush", FLAG, "Whether full packets are sent."),
        Row("server_tokens", WORDS, "Whether answers tell nginx's version.", choices=("on", "off", "build")),
        Row("keepalive_timeout", WORDS, "The time that an idle connection of a client is kept.", most=2,
            form=forms.idle),
        Row("client_max_body_size", SIZE, "The largest body of a request, V(0) for any."),
        _RESOLVER,
        Row("set_real_ip_from", LINES, "Proxies that are believed when they name the client's address.",
            most=1),
        Row("set_real_ip_from_group", GROUPS, "Inventory groups whose members are believed in the same way."),
        Row("real_ip_header", WORDS, "The header in which they name it. The default is V(X-Forwarded-For).", most=1),
        Row("real_ip_recursive", FLAG, "Whether the last address of the header that is no proxy's is taken. The "
            "default is V(true) when there are such proxies."),
        *_TLS,
        _ACCESS_LOG,
        Row("upstream", BLOCKS, "Groups of servers that requests are given to."),
        Row("stub_status", BLOCK, "A server that tells how many connections there are."),
        Row("server", BLOCKS, "The sites. The first one that listens on an address answers for unknown names."),
        _INCLUDE,
    ),
    "http/log_format": _FORMAT,
    "http/upstream": (
        *_UPSTREAM,
        _RAW,
        Row("keepalive", INTEGER, "Idle connections to the servers that each worker keeps.", minimum=1),
        Row("keepalive_requests", INTEGER, "The most requests over one of them.", minimum=1),
        Row("keepalive_timeout", TIME, "How long an idle one is kept."),
    ),
    "http/upstream/server": _SERVER,
    "http/upstream/server_group": _GROUP,
    "http/stub_status": (
        _LISTEN,
        Row("uri", WORDS, "The path. The default is C(/stub_status).", most=1, form=forms.path),
        Row("allow", ALLOWED, "Addresses and networks that may ask. All others are denied. Without any, and without "
            "C(allow_group), the host itself may.", most=1, form=forms.network),
        Row("allow_group", GROUPS, "Inventory groups whose members may ask."),
    ),
    "http/server": (
        LABELLED,
        _LISTEN,
        Row("http2", FLAG, "Whether HTTP/2 is spoken on the C(listen) directives with C(ssl)."),
        Row("server_name", NAMES, "The names.", least=0, form=forms.host_names),
        *_CERTIFICATE,
        Row("root", PATH, "The directory of the pages."),
        _INDEX,
        Row("client_max_body_size", SIZE, "The largest body of a request, V(0) for any."),
        Row("add_header", HEADERS, "Headers of every answer, also of errors.", suffix="always"),
        Row("error_page", LINES, "Codes and the page for them.", least=2, form=forms.pages),
        _ACCESS_LOG,
        _ERROR_LOG,
        _RAW_FIRST,
        _ALLOW,
        _RETURN,
        Row("location", BLOCKS, "What is done for which paths."),
    ),
    "http/server/location": (
        Row("modifier", HEAD, "How C(uri) is compared. YAML needs quotes for C(~) and C(=).",
            choices=("=", "~", "~*", "^~"), closes=True),
        Row("uri", HEAD, "The path, or a regular expression, which is written as it is meant, without the quotes of "
            "nginx. It may begin with the modifier, as in C(= /x) and C(~ [.]php$), or be a name such as C(@spare).",
            required=True),
        Row("proxy_pass", WORDS, "Where requests go: C(http://) and the name of an upstream, for example.", most=1),
        Row("proxy_http_version", WORDS, "The version of HTTP that the upstream is spoken to in. The default is "
            "V(1.1).", choices=("1.0", "1.1", "2")),
        Row("proxy_set_header", HEADERS, "Headers of requests to the upstream. Those that are not named pass on "
            "C(Host), and the client's address as C(X-Real-IP) and C(X-Forwarded-For), with C(X-Forwarded-Proto). What "
            "else of C(Forwarded), C(X-Forwarded-Host), C(-Port), C(-Prefix), C(-Scheme) and C(-Ssl) a request has is "
            "passed on only from a proxy of C(set_real_ip_from), with its C(X-Forwarded-Proto). An empty value sends "
            "none."),
        _PROXY_CONNECT_TIMEOUT,
        Row("proxy_send_timeout", TIME, "The time between two writes to the upstream."),
        Row("proxy_read_timeout", TIME, "The time between two reads from the upstream."),
        Row("proxy_next_upstream", NAMES, "The cases in which the next server is tried, or V(off).",
            switch=("off",), form=forms.cases),
        _PROXY_TRIES,
        Row("proxy_redirect", WORDS, "How addresses in redirects are changed, or V(off).", most=2, switch=("off",),
            form=forms.redirect),
        Row("proxy_buffering", FLAG, "Whether answers are read as fast as the upstream sends them."),
        Row("root", PATH, "The directory of the pages."),
        Row("alias", PATH, "The directory that stands for the path."),
        _INDEX,
        Row("try_files", NAMES, "Files that are looked for, and what is done when none is there.", least=2,
            most=1),
        Row("client_max_body_size", SIZE, "The largest body of a request, V(0) for any."),
        Row("add_header", HEADERS, "Headers of every answer, also of errors.", suffix="always"),
        Row("expires", WORDS, "How long clients keep answers: a time, V(max), V(epoch) or V(off).", most=2,
            switch=("off",), form=forms.expires),
        Row("auth_basic", TEXT, "The realm of names and passwords, or V(off).", switch=("off",), closes=True),
        Row("auth_basic_user_file", PATH, "The file of names and passwords.", closes=True),
        _ACCESS_LOG,
        _RAW_FIRST,
        _ALLOW,
        _RETURN,
    ),
    "stream": (
        _LOG_FORMAT,
        _RAW,
        _RESOLVER,
        *_TLS,
        _ACCESS_LOG,
        Row("upstream", BLOCKS, "Groups of servers that connections are given to."),
        Row("server", BLOCKS, "What is forwarded."),
        _INCLUDE,
    ),
    "stream/log_format": _FORMAT,
    "stream/upstream": (*_UPSTREAM, _RAW),
    "stream/upstream/server": _SERVER,
    "stream/upstream/server_group": _GROUP,
    "stream/server": (
        LABELLED,
        _LISTEN,
        *_CERTIFICATE,
        Row("ssl_preread", FLAG, "Whether the name that a client asks for by TLS is read."),
        _PROXY_PASS,
        _PROXY_CONNECT_TIMEOUT,
        Row("proxy_timeout", TIME, "The time without data after which a connection ends."),
        Row("proxy_responses", INTEGER, "Datagrams that answer one of UDP, V(0) for none.", minimum=0),
        Row("proxy_requests", INTEGER, "Datagrams of a client that go to the same server.", minimum=0),
        _PROXY_TRIES,
        Row("proxy_protocol", FLAG, "Whether the client's address is passed on by the PROXY protocol."),
        Row("proxy_bind", WORDS, "The address that connections to the upstream come from, or V(off).", most=2,
            switch=("off",)),
        _ACCESS_LOG,
        _ERROR_LOG,
        _RAW_FIRST,
        _ALLOW,
    ),
}

# Blocks that are one directive, and those that are files of their own.
INLINE = ("http/upstream/server", "stream/upstream/server", "http/log_format", "stream/log_format")
FILES = ("http/upstream", "http/server", "stream/upstream", "stream/server")


def section(path: str, key: str) -> str:
    """Return the path of the section of a block."""
    return path + "/" + key if path else key


def rows(path: str) -> Dict[str, Row]:
    """Return the rows of a section by their keys."""
    return {row.key: row for row in SECTIONS[path]}


def find(path: str, key: str) -> Optional[Row]:
    """Return one row, or None."""
    return rows(path).get(key)
