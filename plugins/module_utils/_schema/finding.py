# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What a check has to say: one finding per thing that is wrong, naming the object and the remedy.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

ERROR = "error"
WARNING = "warning"
INFO = "info"


class BadValueError(ValueError):
    """A value that cannot be used: ``message`` says what is wrong, ``remedy`` what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__((message + " " + remedy).strip())
        self.message = message
        self.remedy = remedy


class Finding(NamedTuple):
    """One result of a check.

    ``id`` is stable and documented, ``severity`` is ERROR, WARNING or INFO, ``object`` names the block
    ("vrrp_instance VI_1"). ``message`` and ``remedy`` are sentences. ``line`` and ``column`` count from 1.
    ``keyword`` is the keyword in that block which the finding is about, ``entry`` the item of its list. ``hosts`` are
    the members of a cluster that a finding on several hosts is about.
    """

    id: str
    severity: str
    object: str
    message: str
    remedy: str = ""
    path: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    keyword: Optional[str] = None
    entry: Optional[str] = None
    hosts: Optional[List[str]] = None

    def __str__(self) -> str:
        place = [str(part) for part in (self.path, self.line, self.column) if part is not None]
        message = self.message if self.message.endswith((".", "?", "!")) else self.message + "."
        text = "%s: %s %s" % (self.object, message, self.remedy)
        return (":".join(place) + ": " + text if place else text).rstrip()

    def as_dict(self) -> Dict[str, Any]:
        """The finding as plain data, without the places that are not known."""
        return {key: value for key, value in self._asdict().items() if value is not None}


def error(identifier: str, subject: str, message: str, remedy: str) -> Finding:
    """Return a finding of severity ERROR about an object, without a place in a file."""
    return Finding(id=identifier, severity=ERROR, object=subject, message=message, remedy=remedy)
