# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The options of nginx_config, and which of their values are secrets.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Set

from .spec import argument_spec


def module_argument_spec() -> Dict[str, Any]:
    """Return the argument specification of nginx_config."""
    return {
        "config": {"type": "dict", "required": True, "options": argument_spec()},
        "file": {"type": "list", "elements": "dict", "default": [], "options": {
            "path": {"type": "path", "required": True},
            "content": {"type": "str", "required": True},
            "mode": {"type": "str", "default": "0644"},
        }},
        "path": {"type": "path", "default": "/etc/nginx/nginx.conf"},
        "backup": {"type": "bool", "default": True},
        "backup_count": {"type": "int", "default": 10},
        "config_test": {"type": "bool", "default": True},
        "config_test_later": {"type": "list", "elements": "str", "default": []},
        "config_test_timeout": {"type": "float", "default": 30.0},
        "reload": {"type": "bool", "default": True},
        "restart": {"type": "bool", "default": False},
        "upgrade": {"type": "bool", "default": False},
        "binary": {"type": "str", "default": "nginx"},
        "version": {"type": "str"},
        "unit": {"type": "str", "default": "nginx.service"},
        "takeover": {"type": "bool", "default": False},
    }


def secrets_among(params: Dict[str, Any]) -> Set[str]:
    """Return the texts of the files that others cannot read, for options of any shape."""
    entries = params.get("file")
    return {str(entry["content"]).rstrip("\n") for entry in entries if isinstance(entry, dict)
            and entry.get("content") and not others_read(entry.get("mode"))} if isinstance(entries, list) else set()


def others_read(mode: Any) -> bool:
    """Return whether permissions such as C(0644) let everybody read: true for the default, false for invalid
    permissions."""
    return mode is None or bool(re.match(r"0?[0-7]{2}[4-7]\Z", str(mode)))
