# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about locations: files, directories, regular expressions.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

from .model import Block, Configuration
from .registry import Said, rule

LOCATION = "http/server/location"
_ALIAS = "nginx.org/en/docs/http/ngx_http_core_module.html#alias"
_REGULAR = ("~", "~*")
# What is never in a path that nginx compares, and why
_NEVER = ((r"\?.*", "arguments are no part of it"), (r"%[0-9A-Fa-f]{2}", "it is decoded before"),
          (r"//+", "several slashes become one"), (r"/\.\.?(?=/|\Z)", "it is resolved before"))


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


@rule("nginx-location-unmatched", ERROR, "A location is compared with the path as nginx has decoded and normalised it.",
      "ngx_http_parse_complex_uri of src/http/ngx_http_parse.c", LOCATION)
def location_unmatched(_configuration: Configuration, location: Block) -> Said:
    """Without the arguments behind the question mark, %7E as ~, and // and /./ as one slash."""
    modifier, path = parts(location)
    if modifier in _REGULAR or path.startswith("@"):
        return
    for pattern, what in _NEVER:
        found = re.search(pattern, path)
        if found:
            yield (f'its path has "{found[0]}", and no request has that when nginx compares it: {what}.',
                   "Write the path as nginx sees it. For arguments use $args in raw.", "uri")
            return


@rule("nginx-location-like-expression", WARNING, "Without a modifier a location is compared letter by letter.",
      "nginx.org/en/docs/http/ngx_http_core_module.html#location", LOCATION)
def location_like_expression(_configuration: Configuration, location: Block) -> Said:
    modifier, path = parts(location)
    found = None if modifier in _REGULAR else re.search(r"\.[*+]|\\|\([^)]*\||\[[^]]+\]|\$\Z", path)
    if found:
        yield (f'its path has "{found[0]}", which only a regular expression reads as more than these letters.',
               f"Write uri: '~ {path}', or leave it out.", "uri")


@rule("nginx-named-location-missing", ERROR, "A named location is looked for in the server of the request.",
      "ngx_http_named_location of src/http/ngx_http_core_module.c; run: could not find named location", LOCATION,
      "http/server")
def named_location_missing(_configuration: Configuration, block: Block) -> Said:
    """nginx -t does not look for it, and the answer is 500."""
    server = next((level for level in block.levels() if level.kind == "server"), None)
    led = [directive for directive in block.all("try_files", "error_page")
           if re.match(r"@[^$]*\Z", directive.arguments[-1] if directive.arguments else "")]
    if server is None or not led or any(level.unread for level in block.levels()):
        return
    names = [each.arguments[0] for each in server.below() if each.kind == "location" and each.arguments]
    for directive in led:
        wanted = directive.arguments[-1]
        if wanted not in names:
            yield (f"{directive.name} leads to {wanted}, and the server has no location of that name.",
                   did_you_mean(wanted, [name for name in names if name.startswith("@")],
                                f'Add a location with uri: "{wanted}".'), directive.name)


@rule("nginx-proxy-pass-slash", WARNING, "The path of proxy_pass takes the place of the path of the location.",
      "nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass", LOCATION)
def proxy_pass_slash(_configuration: Configuration, location: Block) -> Said:
    """A location /api with proxy_pass http://app/ makes of /api/v1 the path //v1."""
    modifier, path = parts(location)
    found = re.match(r"https?://(?:unix:[^:]+:|(?!unix:)[^/$]+)(/[^$]*)\Z", location.value("proxy_pass"))
    if modifier not in ("", "^~") or not found or path.startswith("@") or path.endswith("/") == found[1].endswith("/"):
        return
    given = location.value("proxy_pass")
    if path.endswith("/"):
        yield (f"{path}a is passed on as {found[1]}a.", f"Write proxy_pass: {given}/.", "proxy_pass")
    else:
        yield (f"{path}/a is passed on as {found[1]}/a.",
               f"Write uri: {path}/, or leave the slash at the end of proxy_pass out.", "proxy_pass")


@rule("nginx-return-hides-content", WARNING, "The return of a location answers before anything else of it is asked.",
      "nginx.org/en/docs/http/ngx_http_rewrite_module.html", LOCATION)
def return_hides_content(_configuration: Configuration, location: Block) -> Said:
    hidden = [directive.name for directive in location.directives
              if directive.name in ("proxy_pass", "alias", "root", "try_files", "index")]
    if location.has("return") and hidden:
        yield (f"its return answers every request, so {hidden[0]} is never used.",
               f"Leave return or {hidden[0]} out, or put return in an if of raw.", "return")


@rule("nginx-try-files-of-proxy", WARNING, "try_files chooses the path of a file, and proxy_pass then asks for it.",
      "ngx_http_core_try_files_phase of src/http/modules/ngx_http_try_files_module.c", LOCATION)
def try_files_of_proxy(_configuration: Configuration, location: Block) -> Said:
    """No file is served: proxy_pass is what answers in a location that has it."""
    if location.has("try_files") and location.has("proxy_pass"):
        yield ("it has try_files and proxy_pass, so the upstream is asked also for files that are there.",
               'Move proxy_pass to a location with uri: "@app", and name that last in try_files.', "try_files")
