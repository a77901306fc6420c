# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is, as far as its firewall and its network matter to keepalived. Reads, and changes nothing.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._kit import files
from .._kit.process import Outcome, run
from . import paths, ruleset
from .allowed import Allowed
from .firewall import NAME, UFW_CHAINS, firewalld_in_force, ufw_in_force
from .nftables_conf import Conf
from .ruleset import Ruleset

FIREWALLD, NFTABLES, UFW = "firewalld", "nftables", "ufw"
UNITS = ("firewalld.service", "nftables.service", "systemd-networkd.service")
# The prefixes of the virtual MAC addresses of IPv4 and IPv6 (RFC 9568 section 7.3), which keepalived's interfaces have.
VIRTUAL_MAC = ("00:00:5e:00:01:", "00:00:5e:00:02:")
SECONDS = 60.0
LISTING = 1 << 26
SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"


class Found(NamedTuple):
    """A host as it is.

    :ivar active: the firewalls that are in force.
    :ivar files: the contents of the existing files of I(paths.WHOLE), of drop-ins, and of ufw's rules.
    :ivar conf: the files that nftables.service loads, C(None) without one.
    :ivar ruleset: the ruleset of nftables in force, C(None) where it cannot be read.
    :ivar reason: why it cannot be read.
    :ivar policy: the settings of our firewalld policy, see C(firewalld_in_force); C(None) where it is not in force.
    :ivar policy_owed: whether a policy of that name is in force without a file.
    :ivar ufw: what our rules in ufw's chains accept, by family; without families that ufw does not filter.
    :ivar networks: C({interface: path of the .network file}) where systemd-networkd manages it.
    :ivar rp_filter: C({interface, "all" or "default": value}), without keepalived's own interfaces.
    """

    active: Sequence[str]
    files: Dict[str, bytes]
    conf: Optional[Conf]
    ruleset: Optional[Ruleset]
    reason: str
    policy: Optional[Set[str]]
    policy_owed: bool
    ufw: Dict[str, List[Optional[Allowed]]]
    networks: Dict[str, str]
    rp_filter: Dict[str, int]


# A host with none of it
NOTHING = Found((), {}, None, None, "nft is not installed", None, False, {}, {}, {})


def program(words: Sequence[str], data: str = "") -> Optional[Outcome]:
    """Run a program of the system; C(None) where it is not installed.

    :param data: its input, as latin-1.
    """
    path = shutil.which(words[0], path=os.pathsep.join([os.environ.get("PATH", os.defpath), SYSTEM]))
    return run([path, *words[1:]], SECONDS, kept=LISTING, data=data.encode("latin-1")) if path else None


def failed(outcome: Optional[Outcome], words: Sequence[str]) -> str:
    """Return why a program failed; empty where it did not."""
    if outcome is None:
        return f"{words[0]} is not installed"
    if outcome.timed_out:
        return f"{' '.join(words)} did not end within {SECONDS:g} s"
    return (outcome.output.strip() or f"{' '.join(words)}: exit code {outcome.code}") if outcome.code else ""


def load(path: str) -> Optional[bytes]:
    """Return the content of a file, C(None) when there is none.

    :raises OSError: it cannot be read, or another user may have redirected the path.
    """
    return files.read(files.resolved(path))


def network_file(text: str) -> Optional[str]:
    """Return the .network file in what C(networkctl status) printed, C(None) for an interface it does not manage."""
    match = re.search(r"^ *Network File: (/\S+)$", text, re.MULTILINE)
    return match.group(1) if match else None


def is_set(text: Optional[bytes], name: str) -> bool:
    """Return whether a file of ufw sets a variable to yes. Its unit is active even when ufw is not enabled."""
    return bool(re.search(rf"^{name}=[\"']?yes".encode(), text or b"", re.MULTILINE | re.IGNORECASE))


def _output(*words: str) -> Optional[str]:
    """Return the output of a program, C(None) when it failed."""
    outcome = program(words)
    return None if outcome is None or failed(outcome, words) else outcome.output


def read(interfaces: Sequence[str]) -> Found:
    """Return the C(Found).

    :param interfaces: the interfaces whose C(.network) files are inspected.
    :raises OSError: a file cannot be read.
    """
    asked = program(["systemctl", "is-active", *UNITS])
    states = dict(zip(UNITS, asked.output.split() if asked else []))
    active = [name for name, unit in ((FIREWALLD, UNITS[0]), (NFTABLES, UNITS[1])) if states.get(unit) == "active"]
    if is_set(load(paths.UFW_CONF), "ENABLED"):
        active.append(UFW)
    main = next((path for path in paths.NFTABLES_CONF if os.path.exists(path)), None)
    rules, reason = _ruleset()
    policy = _output("firewall-cmd", f"--info-policy={NAME}") if FIREWALLD in active else None
    owed = policy is not None and NAME not in (_output("firewall-cmd", "--permanent", "--get-policies") or NAME).split()
    networks = {}
    if states.get(UNITS[2]) == "active":
        for interface in interfaces:
            path = network_file(_output("networkctl", "--no-pager", "--full", "status", interface) or "")
            if path:
                networks[interface] = path
    return Found(active, _files(), Conf(main, load) if main else None, rules, reason,
                 None if policy is None else firewalld_in_force(policy), owed, _ufw() if UFW in active else {},
                 networks, _rp_filter())


def _files() -> Dict[str, bytes]:
    found = {path: load(path) for path in
             [*paths.WHOLE, *glob.glob(paths.NETWORK_DROP_INS), *paths.UFW_RULES.values()]}
    return {path: content for path, content in found.items() if content is not None}


def _ruleset() -> Tuple[Optional[Ruleset], str]:
    words = ["nft", "--json", "--terse", "list", "ruleset"]
    outcome = program(words)
    reason = failed(outcome, words)
    if outcome is None or reason:
        return None, reason
    try:
        return ruleset.parse(outcome.output), ""
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return None, f"{' '.join(words)}: its answer cannot be read ({error})"


def _ufw() -> Dict[str, List[Optional[Allowed]]]:
    found = {}
    for family, words in (("ipv4", "iptables"), ("ipv6", "ip6tables")):
        if family == "ipv4" or is_set(load(paths.UFW_DEFAULTS), "IPV6"):
            found[family] = ufw_in_force(family, _output(words, "--list-rules", UFW_CHAINS[family]) or "")
    return found


def _rp_filter() -> Dict[str, int]:
    found = {}
    for interface in os.listdir(paths.PROC) if os.path.isdir(paths.PROC) else []:
        value = load(os.path.join(paths.PROC, interface, "rp_filter"))
        address = load(os.path.join("/sys/class/net", interface, "address")) or b""
        if value is not None and not address.decode("latin-1").startswith(VIRTUAL_MAC):
            found[interface] = int(value)
    return found
