# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts for whole playbooks: namespaces of this machine, each with an interface and files of its own, programs that do
nothing, and hosts that are not reached."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
NUMBERS = {"lb1": 11, "lb2": 12, "lb3": 13, "web1": 21, "web2": 22, "web3": 23, "web4": 24}
# What a host is: files over those of this machine, a network, and systemd by its name.
SETUP = """
set -e
mount -t tmpfs tmpfs "$1"
for directory in /etc /var /usr; do
    mkdir -p "$1/up$directory" "$1/work$directory"
    mount -t overlay overlay -o "lowerdir=$directory,upperdir=$1/up$directory,workdir=$1/work$directory" "$directory"
done
mkdir -p /etc/keepalived /etc/nginx /etc/haproxy /var/www/html /var/lib/openvip
mount -t tmpfs -o mode=700 tmpfs /var/lib/openvip
cp "$3/nginx" /usr/sbin
mount -t tmpfs tmpfs /run
# of this network
mount -t sysfs sysfs /sys
echo systemd >"$1/comm"
mount --bind "$1/comm" /proc/1/comm
ip link set lo up
ip link add eth1 type veth peer name segment
ip link set eth1 up
ip link set segment up
ip address add "198.18.0.$2/24" dev eth1
ip address add "2001:db8:18::$2/64" dev eth1 nodad
echo ready
exec sleep 600
"""
PROGRAMS = {
    "keepalived": """case "$1" in -v | --version) echo 'Keepalived v2.2.7 (01/16,2022)';; esac""",
    "haproxy": "exit 0",
    "nginx": "echo 'nginx version: nginx/1.22.1' >&2",
    # Every unit is there and active, without a process.
    "systemctl": """case "$*" in
*--value*) echo 0;;
show*) echo LoadState=loaded; echo ActiveState=active; echo UnitFileState=enabled;;
is-enabled*) echo enabled;;
esac""",
    "modprobe": "exit 0",
    # There may be no IPVS.
    "sysctl": 'case "$*" in *net.ipv4.vs* | *-p*) exit 0;; esac\nexec /usr/sbin/sysctl "$@"',
}
MODULE = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule
OPTIONS = ("name", "state", "cache_valid_time", "install_recommends")
AnsibleModule({name: {"type": "raw"} for name in OPTIONS},
              supports_check_mode=True).exit_json(changed=False)
"""


def program(path: pathlib.Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@contextmanager
def alive(tmp_path: pathlib.Path, names) -> Iterator[dict[str, int]]:
    """Start hosts; gives the process of each."""
    (tmp_path / "bin").mkdir()
    for name, text in PROGRAMS.items():
        program(tmp_path / "bin" / name, text)
    processes = {}
    try:
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            processes[name] = subprocess.Popen(
                ["unshare", "--mount", "--net", "sh", "-c", SETUP, "setup", str(tmp_path / name), str(NUMBERS[name]),
                 str(tmp_path / "bin")],
                stdout=subprocess.PIPE, text=True)
        for process in processes.values():
            assert process.stdout.readline() == "ready\n"
        yield {name: process.pid for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
            process.stdout.close()


class Hosts:
    """Runs playbooks on hosts of this machine.

    :param pids: the processes of those that are reached.
    """

    def __init__(self, tmp_path: pathlib.Path, pids: dict[str, int]) -> None:
        self._path = tmp_path
        self._pids = pids
        # in place of what asks the kernel and the package manager of this machine
        modprobe = tmp_path / "collections/ansible_collections/community/general/plugins/modules/modprobe.py"
        for path in (tmp_path / "modules/apt.py", modprobe):
            path.parent.mkdir(parents=True)
            path.write_text(MODULE)
        for name, pid in pids.items():
            program(tmp_path / f"python-{name}", f'exec nsenter --target {pid} --mount --net {sys.executable} "$@"')

    def shell(self, name: str, command: str, text: str = "") -> str:
        """Run a command on a host; gives what it says."""
        return subprocess.run(["nsenter", f"--target={self._pids[name]}", "--mount", "--net", "sh", "-c", command],
                              input=text, stdout=subprocess.PIPE, text=True, check=True).stdout

    def inventory(self, groups: dict, hosts: dict, dead=()) -> None:
        """Write the inventory: groups with their hosts, and the variables of hosts."""
        every = {name for names in groups.values() for name in names}
        said = {name: {"ansible_host": f"198.18.0.{NUMBERS[name]}", **hosts.get(name, {}), **(
            # Their address is known, and nobody answers there.
            {"ansible_connection": "ssh", "ansible_ssh_common_args": "-o ProxyCommand=false"} if name in dead else
            {"ansible_connection": "local", "ansible_python_interpreter": str(self._path / f"python-{name}")})}
            for name in every}
        (self._path / "hosts.yml").write_text(yaml.safe_dump({"all": {
            "hosts": said, "vars": {"ansible_become": False},
            "children": {group: {"hosts": dict.fromkeys(names)} for group, names in groups.items()}}}))

    def play(self, playbook: str, *options: str) -> tuple[int, str]:
        """Run a playbook; gives the exit code and what was shown, in one line."""
        environment = dict(
            os.environ, PATH=f"{self._path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", HOME=str(self._path),
            ANSIBLE_LOCAL_TEMP=str(self._path / "tmp"), ANSIBLE_FORCE_COLOR="0",
            ANSIBLE_LIBRARY=str(self._path / "modules"),
            ANSIBLE_COLLECTIONS_PATH=f"{self._path / 'collections'}:{REPOSITORY / '.collections'}")
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", str(self._path / "hosts.yml"),
             str(REPOSITORY / "playbooks" / f"{playbook}.yml"), *options],
            env=environment, cwd=self._path, capture_output=True, text=True, check=False)
        return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)
