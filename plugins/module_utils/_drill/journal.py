# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a prober or watcher that runs beside a drill tells while it runs, and leaves when it ends.

It makes a file, to which it appends its events as lines of JSON, and runs until somebody removes that file or its time
is up. So whoever waits for an event looks into the file, and a prober whose controller has died ends by itself.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Dict, Iterator, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record

#: Where the files of a drill are, on every host.
DIRECTORY = "/run/openvip-drill"


class Journal:
    """The file of one run. Without a path nothing is written, and nobody ends the run early."""

    def __init__(self, path: Optional[str]) -> None:
        self.path = path

    def __enter__(self) -> Journal:
        """
        :raises OSError: the file is there already, or cannot be made.
        """
        if self.path is not None:
            os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return self

    def __exit__(self, *dummy: Any) -> None:
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def add(self, event: Dict[str, Any]) -> None:
        """Append an event, unless the file is gone."""
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(self.path, os.O_APPEND | os.O_WRONLY)
                with os.fdopen(descriptor, "a", encoding="ascii") as stream:
                    stream.write(json.dumps(event) + "\n")

    def ended(self) -> bool:
        """Whether somebody has removed the file."""
        return self.path is not None and not os.path.exists(self.path)


def pack(records: Sequence[Record]) -> Dict[str, Any]:
    """Return records in a fifth of their size: times from the first one in microseconds, words by their number."""
    hosts = sorted({record.host for record in records})
    outcomes = sorted({record.outcome for record in records})
    first = records[0] if records else Record(0, 0, "", 0, "")
    return {
        "start_ns": first.start_ns, "wall_ns": first.wall_ns, "hosts": hosts, "outcomes": outcomes,
        "rows": [[(record.start_ns - first.start_ns) // 1000, outcomes.index(record.outcome), record.latency_us,
                  hosts.index(record.host)] for record in records]}


def unpack(packed: Dict[str, Any]) -> List[Record]:
    """Return the records of C(pack), whose times are good to a microsecond."""
    return list(_unpacked(packed))


def _unpacked(packed: Dict[str, Any]) -> Iterator[Record]:
    for offset, outcome, latency, host in packed["rows"]:
        yield Record(packed["start_ns"] + offset * 1000, packed["wall_ns"] + offset * 1000,
                     packed["outcomes"][outcome], latency, packed["hosts"][host])
