# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How instances track the service behind their addresses.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List
from urllib.parse import urlsplit

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding, error

Data = Dict[str, Any]

FORMS = "http://HOST[:PORT]/PATH, https://HOST[:PORT]/PATH, tcp://HOST:PORT and unix:/PATH"
# The arguments of keepalived-check, each with its unit and its least and greatest value
RANGES = {"interval": (" seconds", 0.05, 60), "max_time": (" seconds", 0.01, 60), "fall": ("", 1, 255),
          "rise": ("", 1, 255)}


def track(data: Data, definition: Data) -> None:
    """Add the files and the check script of the tracked service, and their use in every instance.

    All have weight 0: a failed service is a FAULT, which moves the address whatever the priorities are. They stand
    beside what an instance tracks itself. An empty list declines them; what every instance declines is left out.

    :param data: the data of one host, changed in place.
    :param definition: ``{"name": str, "file": path or None, "answer": {"file": path, ...} or None, "script": command
        or None, "interval": seconds, "timeout": seconds, "fall": int, "rise": int}``: systemd's word on the service is
        in C(file), that of keepalived-check in the file of C(answer), and the rest belongs to the script.
    """
    parts = []
    if definition.get("file"):
        parts.append(("track_file", definition["name"], {"file": definition["file"], "weight": 0}))
    if definition.get("answer"):
        parts.append(("track_file", "%s_answer" % definition["name"],
                      {"file": definition["answer"]["file"], "weight": 0}))
    if definition.get("script"):
        values = {key: definition[key] for key in ("interval", "timeout", "fall", "rise")
                  if definition.get(key) is not None}
        parts.append(("vrrp_script", "check_%s" % definition["name"], dict(values, script=definition["script"])))
    uses = {"track_file": "track_file", "vrrp_script": "track_script"}
    users = {use: [instance for instance in data.get("vrrp_instance") or [] if instance.get(use) != []]
             for use in uses.values()}
    for section, name, values in parts:
        use = uses[section]
        blocks = data.get(section) or []
        if users[use] and all(block.get("name") != name for block in blocks):
            data[section] = [*blocks, dict(values, name=name)]
        for instance in users[use]:
            own = instance.get(use) or []
            if isinstance(own, list) and not any(str(line).split()[:1] == [name] for line in own):
                instance[use] = [*own, name]


def is_url(text: str) -> bool:
    """Return whether keepalived-check can ask I(text), which has one of C(FORMS)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if any(character.isspace() or character in "\"'\\" for character in text):
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname) and port != 0
    if parts.scheme == "tcp":
        return bool(parts.hostname and port) and not parts.path
    return parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/")


def problems(definition: Data) -> List[Finding]:
    """Return what is wrong with the C(answer) of a tracked service, see C(track)."""
    answer = definition.get("answer") or {}
    found, name = [], "the tracked service %s" % definition.get("name")
    if answer and not is_url(str(answer["url"])):
        found.append(error(
            "track-url-invalid", name, "the url \"%s\" has none of the forms %s" % (answer["url"], FORMS),
            "Correct url (the role's keepalived_track_url). Write other characters as %XX."))
    for key, (unit, least, greatest) in RANGES.items():
        value = answer.get(key)
        if value is not None and not least <= float(value) <= greatest:
            found.append(error(
                "track-time-invalid", name, "%s is %s%s, outside %g to %g" % (key, value, unit, least, greatest),
                "Correct %s (the role's keepalived_track_%s)." % (key, key)))
    return found
