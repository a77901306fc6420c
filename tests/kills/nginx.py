# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx_config, killed at each step beside a real nginx.

    python nginx.py NGINX DIRECTORY
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_driver import get
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_kill_driver import Host

sys.path.insert(0, str(Path(__file__).parent))
import matrix


class NginxConfig(matrix.Writer):
    """nginx's files and the nginx that serves by them; the change renames a site, its upstream and its log format."""

    name = "nginx_config"

    def __init__(self, directory: str, binary: str) -> None:
        self.host = Host(directory, binary)
        self.foreign = self.host.home / "foreign.conf"

    def bring(self, version: str) -> dict:
        result = self.host.bring(version)
        assert not result.get("failed"), result["msg"]
        return result

    def reset(self) -> None:
        self.foreign.write_text("# by hand\n")
        self.bring("one")
        assert get() == [200, "one"]

    def change(self) -> None:
        self.bring("two")

    def interrupted(self) -> None:
        assert self.host.version() in ("one", "two") and self.host.refused() == ""
        assert self.host.page.read_text() in ("one\n", "two\n") and self.foreign.read_text() == "# by hand\n"

    def heal(self) -> None:
        self.bring("two")
        assert self.host.version() == "two" and self.host.refused() == "" and get() == [200, "two"]
        again = self.bring("two")
        assert not again["changed"] and not again["reloaded"], "the second run changed something"
        assert self.host.leftovers() == []


def main(binary: str, directory: str, *dummy: str) -> None:
    writer = NginxConfig(directory, binary)
    if dummy:
        matrix.main(writer)
        return
    writer.bring("one")
    writer.host.start()
    try:
        matrix.main(writer)
    finally:
        os.kill(int(writer.host.pid_file.read_text()), signal.SIGTERM)


if __name__ == "__main__":
    main(*sys.argv[1:])
