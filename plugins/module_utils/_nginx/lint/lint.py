# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Judge a configuration of nginx: what nginx refuses late or unclearly, or takes although nobody can mean it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from ..check import Data
from ..complete import DIRECTORY
from ..render import File
from . import access, directives, files, headers, listen, locations, proxy, servers, tls, upstreams
from .model import Certificate, Configuration, Host
from .registry import RULES, Rule

# The modules with rules, in the order in which they are applied; importing them registers what they hold.
MODULES = (directives, servers, listen, access, locations, proxy, headers, upstreams, tls, files)
_ORDER = {module.__name__: number for number, module in enumerate(MODULES)}
_RULES = sorted(RULES.values(), key=lambda rule: _ORDER[rule.check.__module__])


def rules() -> List[Rule]:
    """Return all rules in the order in which they are applied."""
    return list(_RULES)


def written(files: Any) -> Dict[str, File]:
    """Return the files of the option C(file) of nginx_config, of any shape, by their paths as C(check) takes them."""
    entries = files if isinstance(files, list) else []
    return {os.path.normpath(os.path.join(DIRECTORY, str(entry["path"]))): File(
        str(entry.get("content", "")), int(mode, 8))
        for entry in entries if isinstance(entry, dict) and "path" in entry
        for mode in [str(entry.get("mode") or "0644")] if mode.isdigit() and not set(mode) & {*"89"}}


def check(data: Data, host: Optional[Host] = None, certificates: Optional[Dict[str, Certificate]] = None,
          written: Optional[Dict[str, File]] = None) -> List[Finding]:
    """Return what is wrong with canonical data whose inventory groups are resolved, and warnings.

    :param host: what is known of the host, C(None) if it was not asked.
    :param certificates: what is known of certificates, by the value of C(ssl_certificate).
    :param written: files that are written together with it, by their paths relative to that of nginx.conf, or absolute.
    """
    configuration = Configuration(data, host, certificates, written)
    # Each of them is a file, so of two with one name the other rules would see the second only.
    twice = list(RULES["nginx-duplicate-name"].findings(configuration))
    return twice or [finding for rule in _RULES for finding in rule.findings(configuration)]
