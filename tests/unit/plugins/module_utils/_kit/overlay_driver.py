# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes objects of a lower layer of an overlay file system, and prints what became of each.

    python overlay_driver.py DIRECTORY    in a mount namespace of its own
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File, Link, Tree
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import Transaction, TransactionError


def state(etc: Path) -> dict[str, str]:
    """Return what is in a directory, without our own one."""
    return {str(path.relative_to(etc)): os.readlink(path) if path.is_symlink() else path.read_text()
            for path in sorted(etc.rglob("*")) if ".openvip" not in path.parts and not path.is_dir()}


def change(*steps) -> str:
    """Make a change; returns why it was not made, or an empty text."""
    try:
        with Transaction("host") as transaction:
            transaction.carry_out(steps)
    except TransactionError as error:
        return str(error)
    return ""


def main(top: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", top], check=True)
    os.chdir(top)
    for name in ("lower/tree", "upper", "work", "etc", "lib"):
        os.makedirs(name)
    journal.DIRECTORY, lock.DIRECTORY = os.path.join(top, "lib", "openvip"), os.path.join(top, "run")
    for name in ("tree/site.conf", "main.conf"):
        Path("lower", name).write_text("former\n")
    os.symlink("former", "lower/current")
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                    "lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off", "etc"], check=True)
    etc = Path(top, "etc")
    main_conf = File(str(etc / "main.conf"), b"new\n")
    tree = Tree(str(etc / "tree"), {"site.conf": (b"new\n", 0o644)})
    story = {"files": change(main_conf, Link(str(etc / "current"), "new")), "first": state(etc)}
    former = File(str(etc / "main.conf"), b"former\n")
    story["tree"] = change(former, tree)
    story["without"] = change(Tree(tree.path, None))
    story["second"] = state(etc)
    story["journals"] = sorted(os.listdir(journal.DIRECTORY))
    subprocess.run(["sh", "-ec", story["tree"].rpartition("once: ")[2].rpartition(": ")[0].rstrip("'")], check=True)
    story["again"] = change(former, tree)
    story["third"] = state(etc)
    print(json.dumps(story))


if __name__ == "__main__":
    main(*sys.argv[1:])
