# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is, as far as its firewall and its network matter to keepalived. Reads, and changes nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import json
import os
import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._host import paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.firewall import HEADER, NAME

FIREWALLD, NFTABLES, UFW = "firewalld", "nftables", "ufw"
UNITS = ("firewalld.service", "nftables.service", "systemd-networkd.service")
SYSCTL = "/proc/sys/net/ipv4/conf"
Run = Callable[[Sequence[str]], Tuple[int, str, str]]


class Found(NamedTuple):
    """A host as it is.

    :ivar active: the firewalls that are in force.
    :ivar files: the texts of those of our files, and of those with a block of ours, that are there.
    :ivar chains: C({"FAMILY TABLE CHAIN": hook or None}) of nftables.
    :ivar jumps: the handles of the rules in the administrator's chain that jump to ours.
    :ivar rules: the comments of the rules in our chain, C(None) when there is none.
    :ivar networks: C({interface: path of the .network file}) where systemd-networkd manages it.
    :ivar rp_filter: C({interface, "all" or "default": value}).
    """

    active: Sequence[str]
    files: Dict[str, str]
    chains: Dict[str, Optional[str]]
    jumps: Sequence[int]
    rules: Optional[Sequence[str]]
    networks: Dict[str, str]
    rp_filter: Dict[str, int]


# A host with none of it
NOTHING = Found((), {}, {}, (), None, {}, {})


def chains_of(text: str) -> Dict[str, Optional[str]]:
    """Return the chains in what C(nft --json list chains) printed."""
    found = {}
    for entry in json.loads(text or "{}").get("nftables", []):
        chain = entry.get("chain")
        if chain:
            found["%s %s %s" % (chain["family"], chain["table"], chain["name"])] = chain.get("hook")
    return found


def rules_of(text: str) -> List[Dict[str, Any]]:
    """Return the rules in what C(nft --json list chain) printed."""
    return [entry["rule"] for entry in json.loads(text or "{}").get("nftables", []) if "rule" in entry]


def jumps_of(rules: Sequence[Dict[str, Any]]) -> List[int]:
    """Return the handles of the rules that jump to our chain."""
    return [rule["handle"] for rule in rules
            if any((each.get("jump") or {}).get("target") == NAME for each in rule.get("expr", []))]


def network_file(text: str) -> Optional[str]:
    """Return the .network file in what C(networkctl status) printed, C(None) for an interface it does not manage."""
    match = re.search(r"^ *Network File: (/\S+)$", text, re.MULTILINE)
    return match.group(1) if match else None


def is_enabled(text: Optional[str]) -> bool:
    """Whether C(ufw.conf) says that ufw is on; its unit is active in any case."""
    return bool(re.search(r"^ENABLED=[\"']?yes", text or "", re.MULTILINE | re.IGNORECASE))


class Reader:
    """Reads a host.

    :param run: runs words and returns exit code, output and messages; a program that is missing is code 127.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def _output(self, *words: str) -> str:
        """Return what a command printed, nothing when it failed."""
        code, output, dummy = self._run(words)
        return "" if code else output

    def read(self, chain: str, interfaces: Sequence[str]) -> Found:
        """Return the C(Found).

        :param chain: C(FAMILY TABLE CHAIN) of nftables.
        :param interfaces: those whose networks matter.
        :raises OSError: a file cannot be read.
        """
        states = dict(zip(UNITS, self._run(["systemctl", "is-active", *UNITS])[1].split()))
        active = [name for name, unit in ((FIREWALLD, UNITS[0]), (NFTABLES, UNITS[1])) if states.get(unit) == "active"]
        if is_enabled(_io.load(paths.UFW_CONF)):
            active.append(UFW)
        files = self._files()
        chains: Dict[str, Optional[str]] = {}
        jumps: List[int] = []
        rules: Optional[List[str]] = None
        if NFTABLES in active or paths.NFTABLES in files:
            chains, jumps, rules = self._nftables(chain)
        networks = {}
        if states.get(UNITS[2]) == "active":
            for interface in interfaces:
                path = network_file(self._output("networkctl", "--no-pager", "--full", "status", interface))
                if path:
                    networks[interface] = path
        return Found(active, files, chains, jumps, rules, networks, self._rp_filter())

    def _nftables(self, chain: str) -> Tuple[Dict[str, Optional[str]], List[int], Optional[List[str]]]:
        chains = chains_of(self._output("nft", "--json", "list", "chains"))
        family, table, name = chain.split()
        ours = " ".join([family, table, NAME])
        jumps: List[int] = []
        rules: Optional[List[str]] = None
        if chain in chains:
            jumps = jumps_of(rules_of(self._output("nft", "--json", "--handle", "list", "chain", family, table, name)))
        if ours in chains:
            found = rules_of(self._output("nft", "--json", "list", "chain", family, table, NAME))
            rules = [rule.get("comment", "") for rule in found]
        return chains, jumps, rules

    @staticmethod
    def _files() -> Dict[str, str]:
        found = {}
        for path in [*paths.WHOLE, *glob.glob(paths.NETWORK_DROP_INS)]:
            text = _io.load(path)
            if text is not None and (HEADER in text or path == paths.SYSCTL):
                found[path] = text
        for path in paths.SHARED:
            text = _io.load(path)
            if text is not None:
                found[path] = text
        return found

    @staticmethod
    def _rp_filter() -> Dict[str, int]:
        found = {}
        for interface in os.listdir(SYSCTL) if os.path.isdir(SYSCTL) else []:
            text = _io.load(os.path.join(SYSCTL, interface, "rp_filter"))
            if text is not None:
                found[interface] = int(text)
        return found
