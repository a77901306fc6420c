# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the role's units keepalived-check-SERVICE.service ask the tracked services of this host.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import os
import shlex
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._kit.files import read_text

UNITS = "/etc/systemd/system"
NAMES = "keepalived-check-*.service"
PROGRAM = "/usr/local/sbin/keepalived-check"
NUMBERS = {"interval": float, "max_time": float, "fall": int, "rise": int}


def question(text: str) -> Optional[Dict[str, Any]]:
    """Return what a unit says, or C(None) where it is none of the role's.

    :returns: ``{"url": str, "file": path, "interval": seconds, "max_time": seconds, "fall": int, "rise": int}``
    """
    line = next((line for line in text.splitlines() if line.startswith("ExecStart=")), "")
    try:
        words = shlex.split(line.partition("=")[2].replace("%%", "%").replace("$$", "$"))
        given = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
        found: Dict[str, Any] = {key.replace("-", "_"): value for key, value in given.items()}
        found = {"url": words[-1], "file": found["file"], **{key: kind(found[key]) for key, kind in NUMBERS.items()}}
    except (IndexError, KeyError, ValueError):
        return None
    return found if PROGRAM in words else None


def questions(directory: str = UNITS) -> List[Dict[str, Any]]:
    """Return what each unit of a directory says, see C(question).

    :raises OSError: a unit cannot be read.
    """
    found = (question(read_text(path) or "") for path in sorted(glob.glob(os.path.join(directory, NAMES))))
    return [each for each in found if each]
