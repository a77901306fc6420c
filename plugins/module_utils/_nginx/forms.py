# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What nginx takes in the place of a word: times, sizes, addresses, names, and the special words among them.

Every form takes the words of one directive as nginx reads them, and raises BadValueError with a message that starts
with the fault, and a remedy.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Callable, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

Form = Callable[[List[str]], None]

# NGX_MAX_INT_T_VALUE on 64 bits
_MAXIMUM = 2**63 - 1
_PART = re.compile(r"([0-9]+)(ms|[yMwdhms])? *")
# In the order in which nginx takes them, with their seconds; a month has 30 days and a year 365.
_UNITS = {"y": 31536000, "M": 2592000, "w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_SIZE = re.compile(r"[0-9]+[kKmMgG]?\Z")
_SCALE = {"k": 2**10, "m": 2**20, "g": 2**30}
# What people write for a unit, and nginx's letter for it
_MEANT = {"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m",
          "minutes": "m", "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "day": "d", "days": "d", "week": "w",
          "weeks": "w", "month": "M", "months": "M", "mon": "M", "year": "y", "years": "y", "msec": "ms",
          "b": "", "bytes": "", "kb": "k", "kib": "k", "mb": "m", "mib": "m", "gb": "g", "gib": "g"}
_NUMBER = re.compile(r"([0-9]+)\s*([a-zA-Z]+)\Z")
_LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
_UNITS_TEXT = "y, M (months), w, d, h, m (minutes) and s"
_CASES = ("error", "timeout", "invalid_header", "http_500", "http_502", "http_503", "http_504", "http_403", "http_404",
          "http_429", "non_idempotent", "off")


def to_milliseconds(text: str, is_seconds: bool) -> Optional[int]:
    """Return the milliseconds of a time, None where nginx takes none of it (ngx_parse_time of src/core/ngx_parse.c).

    The units stand in the order of _UNITS, each once, and the last number may have none. That is seconds.

    :param is_seconds: whether nginx keeps it in seconds. Then there are years and months, and no milliseconds.
    """
    units = list(_UNITS) if is_seconds else [*list(_UNITS)[2:], "ms"]
    place = total = 0
    while place < len(text):
        part = _PART.match(text, place)
        unit = part.group(2) if part else None
        if part is None or (unit and unit not in units) or (not unit and part.end() < len(text)):
            return None
        total += int(part.group(1)) * (1 if unit == "ms" else 1000 * _UNITS[unit or "s"])
        units = units[units.index(unit) + 1:] if unit else []
        place = part.end()
    within = total <= (_MAXIMUM * 1000 if is_seconds else _MAXIMUM)
    return total if text and within else None


def _meant(text: str) -> Optional[str]:
    """Return nginx's notation for a number with a unit such as ``10 min`` or ``10MB``, or None."""
    found = _NUMBER.match(text)
    unit = (found.group(2) if found.group(2) in _UNITS else _MEANT.get(found.group(2).lower())) if found else None
    return None if found is None or unit is None else found.group(1) + unit


def _remedy(text: str, valid: Callable[[str], bool], like: str) -> str:
    meant = _meant(text)
    return "Write %s." % meant if meant and valid(meant) else like


def time(text: str, is_seconds: bool = False) -> None:
    """A time; see C(to_milliseconds)."""
    if to_milliseconds(text, is_seconds) is None:
        units = _UNITS_TEXT if is_seconds else _UNITS_TEXT.partition("(months), ")[2] + ", and ms"
        like = "Write it like %s. Units are %s." % ("10s or 1h30m" if is_seconds else "10s or 500ms", units)
        raise BadValueError('must be a time such as 10s, got "%s".' % text,
                            _remedy(text, lambda meant: to_milliseconds(meant, is_seconds) is not None, like))


def size(text: str) -> None:
    """A size (ngx_parse_offset of src/core/ngx_parse.c)."""
    if not _SIZE.match(text):
        raise BadValueError('must be a size such as 64k, got "%s".' % text,
                            _remedy(text, lambda meant: bool(_SIZE.match(meant)), "Units are k, m and g."))
    if int(text.rstrip("kKmMgG")) * _SCALE.get(text[-1].lower(), 1) > _MAXIMUM:
        raise BadValueError('must be a size such as 64k, "%s" is too large.' % text, "Write 0 for any size.")


def choice(*known: str) -> Form:
    """The form of words of which each is one of those."""

    def check(words: List[str]) -> None:
        for word in words:
            if word not in known:
                meant = nearest(word, known)
                raise BadValueError('has "%s", which is none of %s.' % (word, ", ".join(known)),
                                    'Did you mean "%s"?' % meant if meant else "Use some of them.")

    return check


def cases(words: List[str]) -> None:
    """The cases of proxy_next_upstream. One that is like none of them may be of a newer nginx, which knows."""
    for word in words:
        meant = nearest(word, _CASES)
        if meant and word not in _CASES and not re.match(r"http_[0-9]{3}\Z", word):
            raise BadValueError('has the unknown case "%s".' % word, 'Did you mean "%s"?' % meant)


def idle(words: List[str]) -> None:
    """The time of keepalive_timeout, and that of its header, which is kept in seconds."""
    time(words[0])
    for word in words[1:]:
        time(word, is_seconds=True)


def expires(words: List[str]) -> None:
    """What expires takes (ngx_http_parse_expires of ngx_http_headers_filter_module.c)."""
    word = "".join(words[1:] if words[0] == "modified" else words)
    if len(words) == 2 and words[0] != "modified":
        raise BadValueError('has "%s" before the time.' % words[0], _remedy(
            word, lambda each: to_milliseconds(each, True) is not None, "Write the time alone, without blanks."))
    if word in ("epoch", "max", "off") or word.startswith("$"):
        return
    if to_milliseconds(re.sub(r"\A[@+-]", "", word), is_seconds=True) is None:
        meant = nearest(word, ("epoch", "max", "off"))
        raise BadValueError('must be a time, epoch, max or off, got "%s".' % word,
                            'Did you mean "%s"?' % meant if meant else _remedy(
                                word, lambda each: to_milliseconds(each, True) is not None, "Write it like 30d."))


def redirect(words: List[str]) -> None:
    """What proxy_redirect takes."""
    if len(words) == 1 and words[0] not in ("off", "default"):
        raise BadValueError('must be off, default or two texts, got "%s".' % words[0],
                            "Add what stands in the place of it, or write off.")


def session_cache(words: List[str]) -> None:
    """What ssl_session_cache takes (ngx_http_ssl_session_cache of ngx_http_ssl_module.c)."""
    for word in words:
        parts = word.split(":")
        if word in ("off", "none") or (parts[0] == "builtin" and len(parts) <= 2):
            continue
        if parts[0] != "shared" or len(parts) != 3 or not parts[1]:
            meant = nearest(word, ("off", "none", "builtin"))
            raise BadValueError('must be off, none, builtin or shared:NAME:SIZE, got "%s".' % word,
                                'Did you mean "%s"?' % meant if meant else "Write it like shared:TLS:10m.")
        size(parts[2])


def zone(words: List[str]) -> None:
    """Name and size of a zone of shared memory."""
    for word in words[1:]:
        size(word)


def method(words: List[str]) -> None:
    """The method of an upstream; nginx has no word for its own."""
    if re.match(r"w?(eighted)?[-_ ]?(round[-_ ]?robin|rr)\Z", words[0], re.IGNORECASE):
        raise BadValueError('has no "%s".' % words[0], "Leave method out: the servers take turns by weight.")


def network(words: List[str]) -> None:
    """An address or a network, C(all) or C(unix:), as allow takes them."""
    for word in words:
        if word in ("all", "unix:"):
            continue
        try:
            ipaddress.ip_network(word if re.match(r"[^/]+(/[0-9]+)?\Z", word) else "", strict=False)
        except ValueError:
            raise BadValueError('has "%s", which is neither an address nor a network.' % word,
                                "Write it like 198.18.0.11, 198.18.0.0/24, 2001:db8::/32, unix: or all.") from None


def server(words: List[str]) -> None:
    """The address of a server of an upstream."""
    if words[0].isdigit():
        # 10:22 is a number of the base 60 for YAML 1.1
        raise BadValueError('must be an address and a port, got the number "%s".' % words[0],
                            'Write it in quotes, like "198.18.0.21:80".')
    if "://" in words[0]:
        raise BadValueError('has a scheme: "%s".' % words[0],
                            "Write %s. The scheme stands in proxy_pass." % words[0].partition("://")[2].rstrip("/"))


def path(words: List[str]) -> None:
    """A path as requests have it."""
    if not words[0].startswith("/"):
        raise BadValueError('must begin with /, got "%s".' % words[0], "Write /%s." % words[0].lstrip("=~^* "))


def host_names(words: List[str]) -> None:
    """Names of a server; nginx compares them with the Host header without its port."""
    for word in words:
        if word.startswith(("~", "[")):
            continue
        plain = re.sub(r"\A[a-zA-Z]+://", "", word).split("/")[0]
        plain = re.sub(r":[0-9]*\Z", "", plain).rstrip(",;.")
        if plain != word or ";" in word or "," in word:
            raise BadValueError('has "%s", which no request can have as its name.' % word,
                                "Write %s alone." % plain if plain and not re.search(r"[;,]", plain)
                                else "Write names as entries of a list.")
        if not word.isascii():
            try:
                ascii_name = word.encode("idna").decode()
            except UnicodeError:
                ascii_name = ""
            raise BadValueError('has "%s", which browsers send in ASCII.' % word,
                                "Write %s." % (ascii_name or "it in punycode"))


def pages(words: List[str]) -> None:
    """Codes and the page for them."""
    wrong = [word for word in words[:-1] if not re.match(r"[3-5][0-9][0-9]\Z|=[0-9]*\Z", word)]
    if wrong:
        raise BadValueError('has "%s", which is no code from 300 to 599.' % wrong[0],
                            "Write codes, and the page last: 500 502 /50x.html.")


def workers(words: List[str]) -> None:
    """The number of workers."""
    if words[0] != "auto" and not re.match(r"[1-9][0-9]*\Z", words[0]):
        raise BadValueError('must be auto or a number from 1, got "%s".' % words[0],
                            "Write auto for one per processor.")


def level(words: List[str]) -> None:
    """File and level of a log of errors."""
    if words[1:] and words[1] not in _LEVELS and not words[1].startswith("debug_"):
        meant = nearest(words[1], _LEVELS)
        raise BadValueError('has the unknown level "%s".' % words[1],
                            'Did you mean "%s"?' % meant if meant else "Use one of %s." % ", ".join(_LEVELS))


def answer(words: List[str]) -> None:
    """What return takes: a code with text or address, or an address alone."""
    code = re.match(r"[0-9]{1,3}\Z", words[0])
    if not code and (len(words) == 2 or not re.match(r"https?://|\$scheme", words[0])):
        raise BadValueError('has "%s" in the place of the code.' % words[0],
                            "Write a code such as 404, 301 https://$host$request_uri or 200 \"some text\".")
