# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""source_build, killed at each step: while it builds, replaces and removes releases, and while it switches the link.

    python source_build.py source_build DIRECTORY
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "unit" / "plugins" / "modules")]

import matrix
import toy_source

from ansible_collections.openvip.cluster.plugins.modules import source_build

FOREIGN = "written by the administrator\n"


class Toy(matrix.Writer):
    """The former version of a toy is current and the next one is built, switched to, and the only one that stays."""

    def __init__(self, name: str, directory: str) -> None:
        self.name = name
        self.prefix = Path(directory, "toy")
        self.options = {}
        for version in ("1.0", "2.0"):
            path = Path(directory, f"toy-{version}.tar.gz")
            if not path.exists():
                toy_source.archive(path, version)
            self.options[version] = {"version": version, "archive": str(path),
                                     "checksum": "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()}

    def bring(self, version: str) -> dict:
        """Run the module."""
        result = matrix.run_module(
            source_build, name="toy", prefix=str(self.prefix), program="sbin/toy", user="nobody", keep=0,
            **self.options[version])
        assert not result.get("failed"), result["msg"]
        return result

    def current(self) -> str:
        """Return the version that the current program says."""
        done = subprocess.run([self.prefix / "current" / "sbin" / "toy"], capture_output=True, text=True, check=True)
        match = re.match(r"Toy v(\S+) ", done.stdout)
        assert match, done.stdout
        return match[1]

    def reset(self) -> None:
        self.bring("1.0")
        (self.prefix / "foreign").write_text(FOREIGN)
        self._is("1.0")

    def change(self) -> None:
        before = os.readlink(self.prefix / "current")
        try:
            self.bring("2.0")
        except AssertionError:
            assert os.readlink(self.prefix / "current") == before
            raise

    def interrupted(self) -> None:
        assert self.current() in ("1.0", "2.0")
        assert (self.prefix / "foreign").read_text() == FOREIGN

    def heal(self) -> None:
        self.bring("2.0")
        self._is("2.0")
        assert not self.bring("2.0")["changed"], "the second run changed something"

    def _is(self, version: str) -> None:
        assert self.current() == version
        assert sorted(re.sub("-.*", "", name) for name in os.listdir(self.prefix)) == [version, "current", "foreign"]
        assert os.listdir("/var/lib/openvip") == []


def main(name: str, directory: str, *dummy: str) -> None:
    matrix.main(Toy(name, directory))


if __name__ == "__main__":
    main(*sys.argv[1:])
