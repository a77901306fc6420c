# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host of its own: a process with its own network and its own /etc, a real nft and iptables, and stand-ins for the
programs of systemd, firewalld and ufw. The latter two have a state in force beside their files."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import inspect
import io
import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._host import paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.block import BEGIN, END
from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock, transaction
from ansible_collections.openvip.cluster.plugins.modules import keepalived_host, keepalived_host_info

# sched.h
NEW_NAMESPACES = 0x00020000 | 0x40000000
SETUP = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$1"
mkdir "$1/etc"
cp -a /etc/. "$1/etc"
rm -rf "$1/etc/nftables.conf" "$1/etc/nftables" "$1/etc/ufw" "$1/etc/firewalld" "$1/etc/sysctl.d" \
    "$1/etc/systemd/network"
mount --bind "$1/etc" /etc
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
ip link set lo up
ip link add eth1 type veth peer name eth1p
"""
SYSTEMCTL = """#!/bin/sh
[ "$1" = is-active ] || exit 0
shift
for unit; do
    if grep -qx "$unit" /run/active 2>/dev/null; then echo active; else echo inactive; fi
done
"""
NETWORKCTL = "#!/bin/sh\ncat /run/network\n"
# Fails on wrong rules as ufw does, and then has only the rules before them.
UFW = """#!/bin/sh
[ "$1" = reload ] || exit 1
echo ufw >>/run/reloads
[ ! -e /run/broken ] || exit 1
for family in "" 6; do
    for direction in input output forward; do
        ip${family}tables -N ufw${family}-before-$direction 2>/dev/null
        ip${family}tables -F ufw${family}-before-$direction
    done
    ip${family}tables-restore -n <"/etc/ufw/before$family.rules" || exit 1
done
"""
# Prints what firewalld 1.3.3 prints: firewall/command.py, print_zone_policy_info(), and Rich_Rule.__str__().
FIREWALL_CMD = """#!%s
import glob, os, shutil, sys
from xml.etree import ElementTree

RUNTIME, FILES = "/run/policies", "/etc/firewalld/policies"
words = sys.argv[1:]
os.makedirs(RUNTIME, exist_ok=True)

def names(directory):
    return sorted(os.path.basename(path)[:-4] for path in glob.glob(directory + "/*.xml"))

def rule(element):
    text = 'rule family="%%s"' %% element.get("family")
    for name in ("source", "port", "protocol"):
        inner = element.find(name)
        if inner is not None:
            order = {"port": ("port", "protocol"), "source": ("address",), "protocol": ("value",)}[name]
            text += " %%s %%s" %% (name, " ".join('%%s="%%s"' %% (key, inner.get(key)) for key in order))
    return text + " accept"

if words == ["--reload"]:
    open("/run/reloads", "a").write("firewalld\\n")
    if os.path.exists("/run/broken"):
        sys.exit("Error: COMMAND_FAILED")
    shutil.rmtree(RUNTIME)
    os.makedirs(RUNTIME)
    for name in names(FILES):
        ElementTree.parse(f"{FILES}/{name}.xml")
        shutil.copy(f"{FILES}/{name}.xml", RUNTIME)
    print("success")
elif words == ["--permanent", "--get-policies"]:
    print(" ".join(["allow-host-ipv6", *names(FILES)]))
elif words[0].startswith("--info-policy="):
    name = words[0].partition("=")[2]
    if name not in names(RUNTIME):
        print("Error: INVALID_POLICY: " + name, file=sys.stderr)
        sys.exit(112)
    top = ElementTree.parse(f"{RUNTIME}/{name}.xml").getroot()
    print(f"{name} (active)\\n  priority: {top.get('priority')}\\n  target: {top.get('target')}")
    print("  ingress-zones: " + " ".join(each.get("name") for each in top.findall("ingress-zone")))
    print("  egress-zones: " + " ".join(each.get("name") for each in top.findall("egress-zone")))
    print("  services: \\n  ports: \\n  protocols: \\n  masquerade: no\\n  forward-ports: \\n  source-ports: ")
    print("  icmp-blocks: \\n  rich rules: ")
    for each in top.findall("rule"):
        print("\\t" + rule(each))
else:
    sys.exit(2)
""" % sys.executable

ALLOW = [{"family": "ipv4", "source": "198.18.0.12", "protocol": "vrrp"},
         {"family": "ipv6", "source": "fe80::12", "protocol": "vrrp"},
         {"family": "ipv4", "protocol": "tcp", "port": 80}]
OTHER = [{"family": "ipv4", "source": "198.18.0.13", "protocol": "vrrp"}]
RULES = """\
#!/usr/sbin/nft -f
# L\xe4den
flush ruleset

table inet filter {
\tchain input {
\t\ttype filter hook input priority filter; policy drop;
\t\ttcp dport 22 accept comment "his { own"
\t}
}
""".encode("latin-1")
# What version 1.0.0 wrote
FORMER = """\
# Written by Ansible, role openvip.cluster.keepalived: changes here are lost.
add chain inet filter keepalived
flush chain inet filter keepalived
add rule inet filter keepalived ip saddr 198.18.0.12 meta l4proto 112 accept comment "vrrp from 198.18.0.12"
add rule inet filter keepalived ip6 saddr fe80::12 meta l4proto 112 accept comment "vrrp from fe80::12"
add rule inet filter keepalived meta nfproto ipv4 tcp dport 80 accept comment "tcp port 80 from any ipv4"
insert rule inet filter input jump keepalived
"""
INCLUDE = f'{BEGIN}\ninclude "{paths.NFTABLES_FORMER}"\n{END}\n'.encode()
BEFORE = """\
# rules.before
*filter
:ufw{6}-before-input - [0:0]
:ufw{6}-before-output - [0:0]
:ufw{6}-before-forward - [0:0]
# End required lines

-A ufw{6}-before-input -i lo -j ACCEPT
COMMIT"""


class Machine:
    """The host of this process."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.programs = top / "bin"
        self.programs.mkdir()
        for name, text in (("systemctl", SYSTEMCTL), ("networkctl", NETWORKCTL), ("ufw", UFW),
                           ("firewall-cmd", FIREWALL_CMD)):
            self.program(name, text)
        os.environ["PATH"] = f"{self.programs}:{os.environ['PATH']}:/usr/sbin:/sbin"
        journal.DIRECTORY = str(top / "lib" / "openvip")
        lock.DIRECTORY = "/run/openvip"
        os.makedirs("/etc/sysctl.d")

    def program(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    @staticmethod
    def active(*units):
        Path("/run/active").write_text("".join(f"{unit}.service\n" for unit in units))

    @staticmethod
    def write(path, content):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(content.encode() if isinstance(content, str) else content)

    @staticmethod
    def read(path):
        return Path(path).read_bytes() if Path(path).exists() else None

    @staticmethod
    def do(*words, text=None):
        """Run a program, which succeeds, and return what it printed."""
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def nft(self, text):
        return self.do("nft", "-f", "-", text=text)

    def boot(self):
        """Load the ruleset as nftables.service does at boot."""
        self.do("nft", "flush", "ruleset")
        self.do("nft", "-f", "/etc/nftables.conf")

    def ruleset(self):
        return self.do("nft", "list", "ruleset")

    @staticmethod
    def reloads():
        path = Path("/run/reloads")
        return path.read_text().split() if path.exists() else []

    def nftables(self, rules=RULES):
        self.active("nftables")
        self.write("/etc/nftables.conf", rules)
        self.boot()

    def firewalld(self):
        self.active("firewalld")

    def ufw(self):
        self.write("/etc/ufw/ufw.conf", "ENABLED=yes\n")
        self.write("/etc/default/ufw", "IPV6=yes\n")
        for name, family in (("before", ""), ("before6", "6")):
            self.write(f"/etc/ufw/{name}.rules", BEFORE.replace("{6}", family))
        self.do("ufw", "reload")
        Path("/run/reloads").unlink()

    def run(self, module=keepalived_host, check=False, **options):
        """Run the module, and return its result."""
        basic._ANSIBLE_ARGS = None
        arguments = dict({"allow": ALLOW}, **options, _ansible_check_mode=check, _ansible_diff=True,
                         _ansible_remote_tmp=str(self.top))
        output = io.StringIO()
        with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            module.main()
        return json.loads(output.getvalue())

    def changed(self, **options):
        """Run the module successfully, and return whether it changed something. A dry run before reports the same,
        and later runs change nothing."""
        told = self.run(check=True, **options)
        result = self.run(**options)
        assert not result.get("failed"), result
        assert (told.get("changed"), told.get("diff")) == (result["changed"], result["diff"])
        for check in (False, True):
            again = self.run(check=check, **options)
            assert again["changed"] is False and again["diff"] == [], again
        return result["changed"]

    def needed(self, **options):
        return self.run(keepalived_host_info, **options)

    @staticmethod
    def killed(function, number):
        """Run a function in a process that is killed at the point of this number; return whether it got so far."""
        child = os.fork()
        if child == 0:
            left = [number]

            def at(point):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            transaction.at = at
            status = 1
            try:
                status = 1 if function().get("failed") else 0
            finally:
                os._exit(status)
        status = os.waitpid(child, 0)[1]
        assert status in (0, signal.SIGKILL), status
        return status == signal.SIGKILL


def _signature(test):
    """Return the signature with a directory instead of the machine."""
    found = inspect.signature(test)
    directory = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return found.replace(parameters=[directory, *list(found.parameters.values())[1:]])


def isolated(test):
    """Run a test, or any function, with a C(Machine) as its first argument, in a process with its own namespaces. Its
    other arguments are those of the test; C(tmp_path) is a directory for it."""

    @functools.wraps(test)
    def run(tmp_path, *arguments, **keywords):
        receiver, sender = os.pipe()
        child = os.fork()
        if child == 0:
            answer = None
            try:
                if ctypes.CDLL(None, use_errno=True).unshare(NEW_NAMESPACES):
                    raise OSError(ctypes.get_errno(), "unshare")
                subprocess.run(["sh", "-c", SETUP, "setup", str(tmp_path)], check=True)
                answer = json.dumps(test(Machine(Path(tmp_path)), *arguments, **keywords))
            finally:
                with os.fdopen(sender, "w") as stream:
                    stream.write(traceback.format_exc() if answer is None else answer)
                os._exit(answer is None)
        os.close(sender)
        with os.fdopen(receiver) as stream:
            answer = stream.read()
        if os.waitpid(child, 0)[1]:
            raise AssertionError(answer)
        return json.loads(answer)

    run.__signature__ = _signature(test)
    return run
