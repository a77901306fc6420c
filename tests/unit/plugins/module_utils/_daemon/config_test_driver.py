# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets a real keepalived judge texts, see the test beside it.

    python config_test_driver.py KEEPALIVED VERSION FILE

in a network namespace with eth0. FILE holds a JSON object of texts; [refused, remarks] of each take their place.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.config_test import config_test

#: Seconds for a text that hangs the test.
TIMEOUT = 5


def main(program: str, version: str, file: str) -> None:
    place = Path(file)
    found = {}
    for name, text in json.loads(place.read_text()).items():
        verdict = config_test(text, str(place.with_name("keepalived.conf")), program,
                              tuple(map(int, version.split("."))), TIMEOUT)
        found[name] = [verdict.refused, verdict.remarks]
    place.write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
