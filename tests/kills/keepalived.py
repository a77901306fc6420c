# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that write keepalived.conf, killed at each step beside a real keepalived.

    python keepalived.py keepalived_config|vrrp_instance|virtual_server|at_once DIRECTORY
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.modules import (
    keepalived_config,
    keepalived_info,
    virtual_server,
    vrrp_instance,
)

sys.path.insert(0, str(Path(__file__).parent))
import matrix

INSTANCE = {
    "name": "VI_1", "state": "BACKUP", "interface": "eth0", "virtual_router_id": 51, "priority": 250,
    "authentication": {"auth_type": "PASS", "auth_pass": "Xq7secre"}, "virtual_ipaddress": ["198.18.0.100/24"]}
CONFIG = {"global_defs": {"router_id": "lb1"}, "vrrp_instance": [INSTANCE]}
ROUNDS = 100
FOREIGN = "written by the administrator\n"


class Keepalived(matrix.Writer):
    """keepalived.conf and the daemon that reads it; the change is a priority and an address."""

    def __init__(self, name: str, directory: str) -> None:
        self.name = name
        self.path = Path(directory, "keepalived.conf")
        self.foreign = Path(directory, "foreign.conf")
        self.texts: list[str] = []

    def bring(self, new: bool, **options) -> dict:
        """Run the module."""
        config = copy.deepcopy(CONFIG)
        if new:
            config["vrrp_instance"][0].update(priority=240, virtual_ipaddress=["198.18.0.100/24", "198.18.0.101/24"])
        result = matrix.run_module(keepalived_config, config=config, path=str(self.path), **options)
        assert not result.get("failed"), result["msg"]
        return result

    def reset(self) -> None:
        self.foreign.write_text(FOREIGN)
        self.bring(False)
        if not self.texts:
            self.texts = [self.path.read_text()]
            self.bring(True)
            self.texts.append(self.path.read_text())
            self.bring(False)
        self.in_force(False)

    def change(self) -> None:
        self.bring(True)

    def interrupted(self) -> None:
        assert self.path.read_text() in self.texts, "the file is neither the former nor the new one"
        done = subprocess.run(["keepalived", "--config-test", "--use-file", str(self.path)], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert self.foreign.read_text() == FOREIGN

    def heal(self) -> None:
        self.bring(True)
        assert self.path.read_text() == self.texts[1]
        self.in_force(True)
        again = self.bring(True)
        assert not again["changed"] and not again["reloaded"], "the second run changed something"
        left = sorted(path.name for path in self.path.parent.iterdir())
        assert left == [".openvip", "foreign.conf", "keepalived.conf"], left
        assert not [path.name for path in (self.path.parent / ".openvip").iterdir() if path.name.startswith("~")]
        assert sorted(path.name for path in Path("/var/lib/openvip").iterdir()) == ["keepalived.in_force"]

    def in_force(self, new: bool) -> None:
        """Assert the state of the daemon and the kernel."""
        info = matrix.run_module(keepalived_info, path=str(self.path))["vrrp_instance"]
        priority, addresses = (240, 2) if new else (250, 1)
        assert [instance["priority"] for instance in info if instance["name"] == "VI_1"] == [priority], info
        matrix.wait("the addresses", lambda: self.held() == ["198.18.0.100", "198.18.0.101"][:addresses])

    @staticmethod
    def held() -> list[str]:
        listed = json.loads(subprocess.run(["ip", "-json", "address", "show", "dev", "eth0"], capture_output=True,
                                           check=True).stdout)
        return sorted(entry["local"] for entry in listed[0]["addr_info"] if entry["local"].startswith("198.18.0.10"))


class Instance(Keepalived):
    """The same change by vrrp_instance, in a file written by hand."""

    def bring(self, new: bool, **options) -> dict:
        if not self.path.exists():
            self.path.write_text("! by hand\nglobal_defs { router_id lb1 }\n")
        config = {"initial_state" if key == "state" else key: value for key, value in INSTANCE.items()}
        if new:
            config.update({"priority": 240, "virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]})
        result = matrix.run_module(vrrp_instance, **{"path": str(self.path), **config, **options})
        assert not result.get("failed"), result["msg"]
        return result


class VirtualServer(Keepalived):
    """A virtual server in such a file. The kernel need not forward packets: only the file and the reload count."""

    def bring(self, new: bool, **options) -> dict:
        if not self.path.exists():
            matrix.run_module(keepalived_config, config=CONFIG, path=str(self.path), backup=False)
        result = matrix.run_module(
            virtual_server, path=str(self.path), ip="198.18.0.100", port=80, protocol="TCP", lb_algo="rr", lb_kind="DR",
            real_server=[{"ip": "198.18.0.21", "port": 80, "weight": 2 if new else 1}], **options)
        assert not result.get("failed"), result["msg"]
        return result

    def in_force(self, new: bool) -> None:
        info = matrix.run_module(keepalived_info, path=str(self.path))
        assert info["running"] and info["vrrp_instance"][0]["state"] in ("BACKUP", "MASTER"), info


def at_once(path: Path) -> None:
    """Two processes change one instance each, in the same file."""
    path.write_text("! by hand\n")

    def bring(name: str, priority: int) -> dict:
        number = "AB".index(name)
        return matrix.run_module(
            vrrp_instance, path=str(path), name=name, interface="eth0", virtual_router_id=51 + number,
            priority=priority, virtual_ipaddress=[f"198.18.0.{100 + number}/24"], backup_count=1)

    for number in range(ROUNDS):
        children = []
        for name in "AB":
            child = os.fork()
            if child == 0:
                os._exit(0 if bring(name, 100 + number).get("changed") else 1)
            children.append(child)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0], f"round {number}: a change was not made"
        for name in "AB":
            assert not bring(name, 100 + number)["changed"], f"round {number}: the change of {name} was lost"
    print(f"vrrp_instance: {ROUNDS} rounds of two changes at once, none lost", flush=True)


def main(name: str, directory: str, *dummy: str) -> None:
    if name == "at_once":
        at_once(Path(directory, "keepalived.conf"))
        return
    kinds = {"keepalived_config": Keepalived, "vrrp_instance": Instance, "virtual_server": VirtualServer}
    writer = kinds[name](name, directory)
    if dummy:
        matrix.main(writer)
        return
    if name == "virtual_server":
        # This kernel may have no IPVS; without it keepalived's checker has nothing to do.
        writer.bring(False)
    writer.bring(False)
    with subprocess.Popen(["keepalived", "--vrrp", "--dont-fork", "--log-console", "--use-file", str(writer.path)],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            matrix.wait("keepalived", lambda: writer.held() == ["198.18.0.100"])
            matrix.main(writer)
        finally:
            daemon.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
