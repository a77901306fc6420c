# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about locations: files, directories, regular expressions.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import Block, Configuration
from .registry import Said, rule

LOCATION = "http/server/location"
_ALIAS = "nginx.org/en/docs/http/ngx_http_core_module.html#alias"
_REGULAR = ("~", "~*")


def parts(location: Block) -> Tuple[str, str]:
    """Return the modifier and the path of a location; they may be one word."""
    words = location.arguments
    if len(words) > 1:
        return words[0], words[1]
    found = re.match(r"(=|~\*|~|\^~)?(.*)\Z", words[0] if words else "", re.DOTALL)
    return (found[1] or "", found[2]) if found else ("", "")


@rule("nginx-alias-traversal", ERROR, "alias takes the place of the path as it is written, without a slash more.",
      "run: GET /img../secret answers with the file beside the directory", LOCATION)
def alias_traversal(_configuration: Configuration, location: Block) -> Said:
    """A location /img with alias /srv/img/ makes of /img../secret the path /srv/img/../secret."""
    modifier, path = parts(location)
    target = location.value("alias")
    if modifier in ("", "^~") and target.endswith("/") and not path.endswith("/") and not path.startswith("@"):
        yield (f"its path does not end with a slash and alias {target} does, so {path}../ leads to the directory above "
               "that.", f"Write uri: {path}/.", "alias")


@rule("nginx-alias-without-slash", WARNING, "alias takes the place of the path as it is written, without a slash more.",
      _ALIAS, LOCATION)
def alias_without_slash(_configuration: Configuration, location: Block) -> Said:
    """A location /img/ with alias /srv/img makes of /img/a.png the path /srv/imga.png."""
    modifier, path = parts(location)
    target = location.value("alias")
    if modifier in ("", "^~") and path.endswith("/") and target and not target.endswith("/") and "$" not in target:
        yield (f"its path ends with a slash and alias {target} does not, so {path}a leads to {target}a.",
               f"Write alias: {target}/.", "alias")


@rule("nginx-alias-of-expression", ERROR, "alias is the whole path where the location is a regular expression.",
      _ALIAS, LOCATION)
def alias_of_expression(_configuration: Configuration, location: Block) -> Said:
    """Without a variable every request leads to the same place; a single file is no fault."""
    modifier, dummy = parts(location)
    target = location.value("alias")
    if modifier in _REGULAR and target.endswith("/") and "$" not in target:
        yield (f"every request that matches leads to {target} itself, not to a file in it.",
               f"Put what is to follow in parentheses and write alias: {target}$1, or use root.", "alias")


@rule("nginx-root-and-alias", ERROR, "A location has root or alias.",
      "run: directive is duplicate, root was specified earlier", LOCATION)
def root_and_alias(_configuration: Configuration, location: Block) -> Said:
    if location.has("root") and location.has("alias"):
        yield "it has root and alias.", "Keep one of them: root adds the path, alias replaces it.", "alias"


@rule("nginx-proxy-pass-of-expression", ERROR,
      "proxy_pass has no path where nginx does not know which part of the request it replaces.",
      "ngx_http_proxy_pass of src/http/modules/ngx_http_proxy_module.c", LOCATION, "if")
def proxy_pass_of_expression(_configuration: Configuration, location: Block) -> Said:
    """That is a location with a regular expression, a named one, and if. With variables it is the whole path."""
    target = location.value("proxy_pass")
    found = re.match(r"https?://(?:unix:[^:]+:?|[^/$]+)(?P<path>.*)\Z", target)
    modifier, path = parts(location)
    if "$" in target or not found or not found["path"]:
        return
    if modifier in _REGULAR or path.startswith("@") or location.kind == "if":
        yield (f"proxy_pass {target} has a path, which nginx refuses here.",
               f"Write {target[:len(target) - len(found['path'])]}, and change the path by rewrite.", "proxy_pass")


@rule("nginx-bad-address", ERROR, "proxy_pass has a scheme in http, and none in stream.",
      "nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass", LOCATION, "stream/server")
def bad_address(_configuration: Configuration, block: Block) -> Said:
    target = block.value("proxy_pass")
    if block.kind == "location" and target and not re.match(r"https?://|\$", target, re.IGNORECASE):
        yield f'proxy_pass "{target}" has no scheme.', f"Write http://{target}.", "proxy_pass"
    if block.kind == "server" and "://" in target:
        yield (f'proxy_pass "{target}" has a scheme, which streams do not know.',
               f"Write {target.partition('://')[2].rstrip('/')}.", "proxy_pass")
