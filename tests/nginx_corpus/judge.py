# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What is expected of an answer, and whether it came; no process is started here."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

from .ask import Answer

# Seconds for one file
SLOW = 10.0
FILE_KEYS = ("backend", "file", "group", "host", "refused", "request", "since")
REQUEST_KEYS = ("body", "certificate", "expect", "file", "from", "header", "http", "insecure", "listens", "method",
                "name", "proxy_protocol", "repeat", "send", "size", "tcp", "tls", "to", "udp", "url", "user")
EXPECT_KEYS = ("backend", "body", "echo", "fails", "header", "json", "not_body", "status", "version")
KINDS = ("url", "tcp", "udp", "file", "listens")


@dataclass
class Report:
    """What one file shows. ``name`` is its path below the directory.

    ``refused`` is why the variables were rejected, ``as_declared`` whether the file says so, ``untried`` why this nginx
    is not asked. ``tested`` is whether C(nginx -t) took what was rendered. ``wrong`` are the sentences about requests
    that went another way than declared; ``failure`` is anything else.
    """

    name: str
    refused: str = ""
    as_declared: bool = False
    untried: str = ""
    accepted: bool = False
    tested: bool = False
    requests: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether anything is not as it should be."""
        return bool((self.refused and not self.as_declared) or self.wrong or self.failure or self.seconds > SLOW)


def misspelt(expected: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with what a file declares."""
    yield from _unknown("nginx_corpus", expected, FILE_KEYS)
    for number, request in enumerate(expected.get("request") or [], 1):
        name = f"request {number}"
        yield from _unknown(name, request, REQUEST_KEYS)
        wanted = request.get("expect") or {}
        yield from _unknown(f"{name}: expect", wanted, EXPECT_KEYS)
        if sum(kind in request for kind in KINDS) != 1:
            yield f"{name}: it needs one of {', '.join(KINDS)}."
        if not wanted and "listens" not in request:
            yield f"{name}: expect is missing. Say at least status or fails."


def _unknown(name: str, data: Any, known: Sequence[str]) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f"{name} must be a dictionary."
        return
    for key in data:
        if key not in known:
            remedy = did_you_mean(str(key), known, f"Known are: {', '.join(known)}.")
            yield f'{name}: unknown key "{key}". {remedy}'


def title(number: int, request: dict[str, Any]) -> str:
    """Return what sentences call a request: C(request 3 (GET https://www.example.com/))."""
    kind = next(kind for kind in KINDS if kind in request)
    method = f"{request.get('method', 'POST' if {'body', 'size'} & set(request) else 'GET')} " * (kind == "url")
    return f"request {number} ({request.get('name') or method + (kind + ' ') * (kind != 'url') + str(request[kind])})"


def differences(wanted: dict[str, Any], answers: Sequence[Answer]) -> Iterator[str]:
    """Yield how the answers differ from what is expected of each, and of all together."""
    fails = wanted.get("fails", False)
    for answer in answers:
        if answer.failure and not fails:
            yield f"failed: {answer.failure}"
            return
        if fails and not answer.failure:
            yield f"has succeeded with {answer.status or 'an answer'}, which must not be"
            return
        if isinstance(fails, str) and not re.search(fails, answer.failure):
            yield f'failed with "{answer.failure}", not with "{fails}"'
            return
    if fails:
        return
    if "status" in wanted:
        yield from _counted("status", wanted["status"], [answer.status for answer in answers])
    if "backend" in wanted:
        yield from _counted("backend", wanted["backend"], [_backend(answer) for answer in answers])
    for answer in answers:
        found = list(_one(wanted, answer))
        if found:
            yield from found
            return


def _counted(what: str, wanted: Any, found: list[Any]) -> Iterator[str]:
    """Compare with one value for all, a list of values that must all be there and no other, or the number of each."""
    counts = Counter(found)
    told = ", ".join(f"{value} {number} times" if len(found) > 1 else str(value)
                     for value, number in sorted(counts.items(), key=str))
    if isinstance(wanted, dict):
        right = counts == Counter({type(found[0])(key): number for key, number in wanted.items()})
    else:
        right = set(counts) == set(wanted if isinstance(wanted, list) else [wanted])
    if not right:
        yield f"{what} is {told}, expected {wanted}"


def _backend(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["name"])
    except (ValueError, KeyError, TypeError):
        return answer.header.get("x-backend", ["nobody"])[0]


def _one(wanted: dict[str, Any], answer: Answer) -> Iterator[str]:
    if "version" in wanted and str(wanted["version"]) != answer.version:
        yield f"it came by HTTP/{answer.version}, expected HTTP/{wanted['version']}"
    yield from _headers(wanted.get("header") or {}, answer)
    for key, must in (("body", True), ("not_body", False)):
        patterns = wanted.get(key, [])
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            if bool(re.search(str(pattern), answer.body)) != must:
                yield f'the body is "{_short(answer.body)}", {"expected" if must else "which must not have"} {pattern}'
    if "echo" in wanted:
        yield from _within("echo", wanted["echo"], answer.body)
    if "json" in wanted:
        lines = answer.body.splitlines()
        if not lines:
            yield "it has no line of JSON"
        for number, line in enumerate(lines, 1):
            yield from _within(f"line {number}", wanted["json"] if number == len(lines) else {}, line)


def _headers(wanted: dict[str, Any], answer: Answer) -> Iterator[str]:
    for name, value in wanted.items():
        found = answer.header.get(name.lower(), [])
        if value is None and found:
            yield f"it has the header {name}: {found[0]}, which must not be"
        elif value is not None and not any(re.search(str(value), each) for each in found):
            yield f"header {name} is {' and '.join(found) or 'missing'}, expected {value}"


def _within(name: str, wanted: Any, text: str) -> Iterator[str]:
    try:
        found = json.loads(text)
    except ValueError:
        yield f'{name} is no JSON: "{_short(text)}"'
        return
    yield from _lacking(name, wanted, found)


def _lacking(name: str, wanted: Any, found: Any) -> Iterator[str]:
    """Yield what of some data other data does not have; C(None) is for what must be missing, text is a pattern."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            # names of headers are the same in any case
            other = {each.lower(): each for each in found}.get(str(key).lower())
            yield from _lacking(f"{name} {key}", value, None if other is None else found[other])
    elif wanted is None or found is None:
        if wanted is not found:
            yield f"{name} is {'missing' if found is None else found}, expected {'none' if wanted is None else wanted}"
    elif isinstance(wanted, str):
        if not re.search(wanted, str(found)):
            yield f"{name} is {found}, expected {wanted}"
    elif wanted != found:
        yield f"{name} is {found}, expected {wanted}"


def _short(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:300]}... ({len(text)} letters)"
