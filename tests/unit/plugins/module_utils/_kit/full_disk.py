# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A transaction on a tmpfs with some KiB left: prints the version that is live afterwards, and why it is the former.

    python full_disk.py DIRECTORY KIBIBYTES    in a mount namespace of its own
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import TransactionError

sys.path.insert(0, str(Path(__file__).parent))
from test_transaction import Host, texts

top, free = Path(sys.argv[1]), int(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(top)], check=True)
lock.DIRECTORY = str(top / "run")
journal.DIRECTORY = str(top / "lib" / "openvip")
host = Host(top)
host.bring("one")
with open(top / "filler", "wb") as stream:
    left = os.statvfs(top)
    stream.write(bytes(max(left.f_bavail * left.f_bsize - free * 1024, 0)))
try:
    host.bring("two")
    problem = ""
except (TransactionError, OSError) as error:
    problem = ": the disk is full" if "No space left" in str(error) else f": {error}"
version = "two" if (host.etc / "main.conf").read_text() == "include two\n" else "one"
assert host.state() == texts(version), host.state()
assert host.leftovers() == [], host.leftovers()
os.unlink(top / "filler")
assert host.bring("two") is bool(problem)
assert host.state() == texts("two") and not host.bring("two") and host.read.read_text() == "include two\n"
print(version + problem)
