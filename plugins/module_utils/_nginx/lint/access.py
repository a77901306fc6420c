# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about who may ask: what is meant to be closed and is open.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import List, NamedTuple, Optional, Union

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import Block, Configuration, Directive
from .registry import Said, rule
from .servers import code_of

SERVER, LOCATION = "http/server", "http/server/location"
_PHASES = "nginx.org/en/docs/dev/development_guide.html#http_phases"
_ACCESS = "nginx.org/en/docs/http/ngx_http_access_module.html"
_BASIC = "nginx.org/en/docs/http/ngx_http_auth_basic_module.html"
_REFUSAL = 400
# Patterns that match the path of every request
_EVERY_PATH = ("^", "/", "^/", ".*", "^.*", "^.*$", "^(.*)", "^(.*)$", "^/.*", "^/.*$", "^/(.*)", "^/(.*)$", "(.*)")
_REDIRECT = re.compile(r"(https?://|\$scheme)")

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class Rules(NamedTuple):
    """The C(allow) and C(deny) of one level: the words of each kind, in their order, and the networks that may ask."""

    allowed: List[str]
    denied: List[str]
    level: Block


def _rules(block: Block) -> Optional[Rules]:
    """Return what a level allows and denies by directives of its own, or of the nearest level above."""
    level = block.nearest("allow", "deny")
    if level is None:
        return None
    allowed, denied = ([" ".join(each.arguments) for each in level.all(name)] for name in ("allow", "deny"))
    return Rules(allowed, denied, level)


def _restriction(block: Block) -> str:
    """Return the directive by which a level of its own keeps somebody out, "" without one."""
    access = block.all("allow", "deny")
    if access and access[0].text != "allow all":
        return access[0].name
    return next((word for word in ("auth_basic", "auth_request") if block.value(word) not in ("", "off")), "")


def _auth(block: Block) -> str:
    realm = block.inherited("auth_basic")
    return "" if realm == "off" else realm


def _answer(block: Block) -> Optional[str]:
    """Return the directive by which a level answers every request before it asks who may, or C(None).

    A refusal is no answer: what is closed stays closed.
    """
    if block.has("return"):
        return "return" if code_of(block) < _REFUSAL else None
    for each in block.all("rewrite"):
        ends = each.arguments[2:] in (("redirect",), ("permanent",)) or (
            len(each.arguments) > 1 and _REDIRECT.match(each.arguments[1]))
        if each.arguments[0] in _EVERY_PATH and ends:
            return "rewrite"
    return None


@rule("nginx-return-before-access", ERROR, "return answers everybody, whoever may ask.", _PHASES, SERVER, LOCATION)
def return_before_access(_configuration: Configuration, block: Block) -> Said:
    """It belongs to the rewrite phase, which comes before the access phase with allow, deny, auth_basic and
    auth_request. So does a rewrite that redirects every path. A return of 4xx or 5xx refuses, and is no fault.
    """
    answer = _answer(block)
    word = _restriction(block)
    if answer and word:
        yield (f"{answer} answers everybody before {word} is looked at, so nobody is denied.",
               f"Let a page, try_files or proxy_pass answer instead, or leave {word} out.", word)


@rule("nginx-return-past-access", WARNING, "The return of a location answers everybody, whoever may ask the server.",
      _PHASES, LOCATION)
def return_past_access(_configuration: Configuration, location: Block) -> Said:
    """A redirect gives nothing away, and is no fault. With allow: [all] in the location it is said that everybody may.
    """
    own = location.has("allow", "deny", "auth_basic", "auth_request")
    if own or _answer(location) != "return" or code_of(location) >= 300:
        return
    above = location.nearest("allow", "deny", "auth_basic", "auth_request")
    word = _restriction(above) if above else ""
    if above and word:
        yield (f"its return answers everybody, and {word} of {above.label} is not asked.",
               "If everybody may have this answer, say so by allow: [all] here, or else answer with a page.", "return")


@rule("nginx-return-before-limit", WARNING, "return answers before requests are counted.", _PHASES, SERVER, LOCATION)
def return_before_limit(_configuration: Configuration, block: Block) -> Said:
    """limit_req and limit_conn belong to a later phase."""
    word = next((name for name in ("limit_req", "limit_conn") if block.has(name)), None)
    if word and _answer(block):
        yield (f"{_answer(block)} answers before {word} counts a request, so nothing is limited.",
               f"Leave {word} out, or let a page or proxy_pass answer.", word)


def _networks(words: List[str]) -> Optional[List[Network]]:
    """Return the networks of C(allow), C(None) where one is not known."""
    found: List[Network] = []
    for word in words:
        try:
            found += [ipaddress.ip_network(each, strict=False)
                      for each in (("0.0.0.0/0", "::/0") if word == "all" else (word,))]
        except ValueError:
            return None
    return found


def _lacking(words: List[str], within: List[str]) -> List[str]:
    """Return which of the words are not within the others; none if some are no networks."""
    others = _networks(within)
    if others is None:
        return []
    return [word for word in words if not all(
        any(_holds(wide, narrow) for wide in others) for narrow in _networks([word]) or [])]


def _holds(wide: Network, narrow: Network) -> bool:
    if isinstance(wide, ipaddress.IPv4Network):
        return isinstance(narrow, ipaddress.IPv4Network) and wide.supernet_of(narrow)
    return isinstance(narrow, ipaddress.IPv6Network) and wide.supernet_of(narrow)


@rule("nginx-allow-replaced", WARNING, "The allow of a level takes the place of those above it.", _ACCESS,
      LOCATION, SERVER)
def allow_replaced(_configuration: Configuration, block: Block) -> Said:
    """A list that is narrower than the one above, or has all of it, is no fault."""
    own = _rules(block)
    above = _rules(block.parent) if block.parent else None
    if own is None or above is None or own.level is not block or not own.allowed or not above.allowed:
        return
    lost = _lacking(above.allowed, own.allowed)
    if lost and _lacking(own.allowed, above.allowed):
        yield (f"its allow takes the place of that of {above.level.label}, and {lost[0]} is denied here.",
               "Repeat here whoever may ask.", "allow")


@rule("nginx-allow-without-deny", ERROR, "Whoever no allow and no deny matches, may ask.", _ACCESS, SERVER, LOCATION)
def allow_without_deny(_configuration: Configuration, block: Block) -> Said:
    """So allow alone denies nobody. The option allow writes deny all itself, allow in raw does not. With satisfy any
    allow has an effect without deny, where a password is asked for.
    """
    own = _rules(block)
    if own is None or own.level is not block or own.denied or own.allowed == ["all"] or not own.allowed:
        return
    if not block.unread and not (block.inherited("satisfy") == "any" and _auth(block)):
        yield ("it has allow and no deny, so everybody may ask.", 'Use the option allow, or add "deny all;".', "allow")


@rule("nginx-access-order", ERROR, "Of allow and deny the first that matches counts.", _ACCESS, SERVER, LOCATION)
def access_order(_configuration: Configuration, block: Block) -> Said:
    """So a deny behind an allow of a wider network has no effect, nor an allow behind deny all."""
    before: List[Directive] = []
    for directive in block.all("allow", "deny"):
        words = list(directive.arguments)
        wider = next((each for each in before if each.name != directive.name and _networks(words)
                      and _networks(list(each.arguments)) and not _lacking(words, list(each.arguments))), None)
        # the last line of every list may be deny all, behind allow all, too
        if wider and directive.text != "deny all":
            yield (f"{directive.text} stands behind {wider.text}, so it has no effect.",
                   f"Write {directive.text} before it.", directive.name)
        before.append(directive)


@rule("nginx-auth-without-file", ERROR, "auth_basic asks nobody for a password without auth_basic_user_file.", _BASIC,
      SERVER, LOCATION)
def auth_without_file(_configuration: Configuration, block: Block) -> Said:
    """Everybody may ask then (ngx_http_auth_basic_handler declines)."""
    if block.has("auth_basic") and _auth(block) and block.lacks("auth_basic_user_file"):
        inner = [each for each in block.below() if each.kind == "location" and each is not block]
        if not inner or not all(each.has("auth_basic_user_file") for each in inner):
            yield ("auth_basic without auth_basic_user_file asks nobody for a password.",
                   "Add auth_basic_user_file.", "auth_basic_user_file")


@rule("nginx-file-without-auth", ERROR, "auth_basic_user_file asks nobody for a password without auth_basic.", _BASIC,
      SERVER, LOCATION)
def file_without_auth(_configuration: Configuration, block: Block) -> Said:
    """What is in the block may have auth_basic of its own, and then it is no fault."""
    inside = any(each.has("auth_basic") or each.unread for each in block.below())
    if block.has("auth_basic_user_file") and not inside and block.lacks("auth_basic"):
        yield ("auth_basic_user_file without auth_basic asks nobody for a password.",
               "Add auth_basic with the name of what is closed.", "auth_basic")


@rule("nginx-satisfy-any-of-all", ERROR, "With satisfy any, whoever allow lets in is asked for no password.",
      "nginx.org/en/docs/http/ngx_http_core_module.html#satisfy", SERVER, LOCATION)
def satisfy_any_of_all(_configuration: Configuration, block: Block) -> Said:
    """With allow all that is everybody. Where a level above asks for the password, allow all is taken as meant."""
    if not block.has("auth_basic") or block.inherited("satisfy") != "any" or not _auth(block):
        return
    own = _rules(block)
    everybody = [word for word in own.allowed if word in ("all", "0.0.0.0/0")] if own else []
    if everybody:
        yield (f"satisfy any with allow {everybody[0]} asks nobody for a password.",
               "Allow only those who need no password, or leave satisfy out.", "satisfy")
