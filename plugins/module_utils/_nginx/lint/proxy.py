# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about where requests are passed to.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest, to_address

from ..table import rows
from .model import Block, Configuration
from .registry import Said, rule
from .sockets import kind_of

LOCATION, STREAM = "http/server/location", "stream/server"
_RESOLVER = "nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass"
_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_]+)\}?")
# Those that begin with a slash
_PATH = re.compile(r"\$(request_uri|uri|document_uri)\b")
# Keys of a location that have an effect only where something is passed on
_OF_PROXY = "proxy_"


def _host(target: str, http: bool) -> str:
    """Return host of C(proxy_pass), which may have variables, without its port; "" for a socket."""
    found = re.match(r"https?://([^/]*)" if http else r"(.*)", target)
    host = found[1] if found else target
    if host.startswith("unix:"):
        return ""
    return host[1:host.index("]")] if host.startswith("[") and "]" in host else re.sub(r":([0-9]+|\$\w+)\Z", "", host)


def _every_target(configuration: Configuration, http: bool) -> Iterator[str]:
    """Iterate over C(proxy_pass) of all blocks of one kind."""
    for top in configuration.main.blocks:
        if top.kind == ("http" if http else "stream"):
            for block in top.below():
                yield from (" ".join(directive.arguments) for directive in block.all("proxy_pass"))


def _known(configuration: Configuration, http: bool) -> Set[str]:
    """Return the names that need no resolver: upstreams, and what another proxy_pass names without variables."""
    found = {block.arguments[0] for block in configuration.upstreams("http" if http else "stream") if block.arguments}
    return found | {_host(target, http) for target in _every_target(configuration, http) if "$" not in target}


def _values(configuration: Configuration, block: Block, name: str, above: Tuple[str, ...] = ()) -> Optional[List[str]]:
    """Return all values that C(set) and C(map) give to a variable, also by other variables.

    :param above: the variables whose values are asked for already.
    :returns: C(None) if there are none, or they have other variables.
    """
    found: List[str] = []
    for level in block.levels():
        for each in level.below() if level.kind in ("server", "location") else []:
            found += [directive.arguments[1] for directive in each.all("set")
                      if len(directive.arguments) > 1 and directive.arguments[0] == f"${name}"]
    for top in configuration.main.blocks:
        for mapped in top.blocks if top.kind == kind_of(block) else []:
            if mapped.kind in ("map", "split_clients", "geo") and mapped.arguments[-1:] == (f"${name}",):
                found += [directive.arguments[0] for directive in mapped.directives if directive.arguments
                          and directive.name not in ("hostnames", "volatile")]
    whole: List[str] = []
    for value in found:
        inner = re.match(r"\$\{?(\w+)\}?\Z", value)
        more = _values(configuration, block, inner[1], (*above, name)) if inner and inner[1] not in above else None
        if "$" in value and more is None:
            return None
        whole += more or [value]
    return whole or None


def _unresolved(configuration: Configuration, block: Block) -> Optional[List[str]]:
    """Return the names that a C(proxy_pass) with variables would have to resolve without C(resolver).

    :returns: nothing if it needs none, C(None) if that is not known.
    """
    http = kind_of(block) == "http"
    target = block.value("proxy_pass")
    if "$" not in target or not block.lacks("resolver") or not configuration.is_known(kind_of(block)):
        return []
    known = _known(configuration, http)
    whole = _PATH.sub("/", target)
    variables = _VARIABLE.findall(_host(whole, http) if "://" in whole or not http else whole.partition("/")[0])
    hosts = [_host(whole, http)]
    if variables:
        # what begins with the name of an upstream has most probably a path behind it
        if hosts[0].partition("$")[0] in known:
            return []
        values = _values(configuration, block, variables[0])
        if values is None or len(variables) > 1:
            return None
        whole = whole if "://" in whole or not http else whole.partition("/")[0]
        hosts = [_host(_VARIABLE.sub(value.replace("\\", r"\\"), whole), http) for value in values]
    return [host for host in hosts if host and "$" not in host and host not in known and not to_address(host)]


@rule("nginx-resolver-missing", ERROR, "A proxy_pass with a variable asks a resolver for the name of the server.",
      f"{_RESOLVER}; run: no resolver defined to resolve", LOCATION, "if", STREAM)
def resolver_missing(configuration: Configuration, block: Block) -> Said:
    """So it does for each request, even where the variable is only in the path. Upstreams and addresses need none."""
    names = _unresolved(configuration, block) if block.has("proxy_pass") else []
    if names:
        yield (f'proxy_pass {block.value("proxy_pass")} has a variable, so nginx asks a resolver for "{names[0]}" at '
               "each request, and there is none: the answer is 502.",
               "Set resolver, name an upstream, or leave the variable out.", "proxy_pass")


@rule("nginx-resolver-perhaps-missing", WARNING, "A proxy_pass whose server is a variable may need a resolver.",
      _RESOLVER, LOCATION, "if", STREAM)
def resolver_perhaps_missing(configuration: Configuration, block: Block) -> Said:
    """It needs none if all values are addresses or upstreams, which set, map and their kin do not show here."""
    if block.has("proxy_pass") and _unresolved(configuration, block) is None:
        yield (f'proxy_pass {block.value("proxy_pass")} has a variable as its server, and there is no resolver.',
               "Set resolver, unless all its values are addresses or upstreams.", "proxy_pass")


@rule("nginx-preread-missing", ERROR, "The name that a client asks for by TLS is known after ssl_preread alone.",
      "nginx.org/en/docs/stream/ngx_stream_ssl_preread_module.html", STREAM)
def preread_missing(configuration: Configuration, server: Block) -> Said:
    """Without it $ssl_preread_server_name is empty, so every client gets the default of a map. A listen with ssl ends
    TLS before, and ssl_preread finds nothing.
    """
    target = server.value("proxy_pass")
    names = _VARIABLE.findall(target)
    sources = {name for top in configuration.main.blocks if top.kind == "stream" for mapped in top.blocks
               if mapped.kind == "map" and mapped.arguments[-1:] and mapped.arguments[-1][1:] in names
               for name in _VARIABLE.findall(mapped.arguments[0])}
    if not any(name.startswith("ssl_preread_") for name in {*names, *sources}):
        return
    if server.lacks("ssl_preread") or server.inherited("ssl_preread") == "off":
        yield (f"proxy_pass {target} follows from what a client says by TLS, and nothing reads that.",
               "Set ssl_preread: true.", "proxy_pass")
    elif any("ssl" in directive.arguments[1:] for directive in server.all("listen")):
        yield ("it has ssl_preread and a listen with ssl, which ends TLS before ssl_preread reads it.",
               "Leave ssl out of listen, or decide by $ssl_server_name.", "listen")


@rule("nginx-upstream-misspelt", WARNING, "A name that is of no upstream is looked for in DNS when nginx starts.",
      "run: host not found in upstream", LOCATION, STREAM)
def upstream_misspelt(configuration: Configuration, block: Block) -> Said:
    """nginx does not start when it is not found there. The rule is about names that are like one of an upstream."""
    kind = kind_of(block)
    target = block.value("proxy_pass")
    host = _host(target, kind == "http")
    names = [each.arguments[0] for each in configuration.upstreams(kind) if each.arguments]
    plain = host and not re.search(r"[.$:\[]", target.partition("://")[2] if "://" in target else target)
    meant = nearest(host, names) if plain and host not in (*names, "localhost") else None
    if meant and configuration.is_known(kind):
        yield f'"{host}" is no upstream, and nginx asks DNS for it when it starts.', f'Did you mean "{meant}"?', \
            "proxy_pass"


@rule("nginx-proxy-without-effect", WARNING, "What belongs to proxy_pass has no effect in a location without one.",
      "nginx.org/en/docs/http/ngx_http_proxy_module.html", LOCATION)
def proxy_without_effect(_configuration: Configuration, location: Block) -> Said:
    """Blocks in the location inherit it, and may have proxy_pass."""
    inside = any(each.has("proxy_pass") or each.unread for each in location.below())
    keys = [row.key for row in rows(LOCATION).values() if row.key.startswith(_OF_PROXY) and location.has(row.key)]
    if keys and not inside:
        yield (f"it has {keys[0]} and no proxy_pass.", "Add proxy_pass, or leave it out.", keys[0])
