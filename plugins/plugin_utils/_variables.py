# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with variables: their text, and what Ansible makes of it.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import NamedTuple

import yaml
from ansible.errors import AnsibleError

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.inventory import Reference

# The first line of every file; by it a later import knows the file for its own.
HEADER = "Written by openvip.cluster.keepalived_import from %s."
_OURS = "# " + HEADER.partition("%")[0]

# What Jinja would take for its own in a value that is meant as it is.
_JINJA = re.compile(r"\{[{%#]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Dumper(yaml.SafeDumper):
    """Writes lists with indentation, text of several lines as a block, and no aliases."""

    def increase_indent(self, flow=False, indentless=False):
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data):
        return True


def _represent_text(dumper, value):
    if _SURROGATE.search(value):
        raise AnsibleError("a value holds a byte that is no UTF-8, which no file with variables can hold; save "
                           "keepalived.conf as UTF-8")
    tag = "!unsafe" if _JINJA.search(value) else "tag:yaml.org,2002:str"
    return dumper.represent_scalar(tag, value, style="|" if "\n" in value else '"' if tag == "!unsafe" else None)


def _represent_reference(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Reference, _represent_reference)


def text(variables, comment):
    """Return the text of a file with the variables, the lines of I(comment) before them.

    :raises AnsibleError: a value is no UTF-8.
    """
    lines = "".join("# %s\n" % line for line in comment)
    return lines + "---\n" + yaml.dump(variables, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10 ** 6)


class File(NamedTuple):
    """A file to be."""

    text: str
    mode: int


def write(directory, files, places, check_mode):
    """Bring the files below a directory to what they are to be; return whether something changed.

    :param files: dictionary of C(File) by path below I(directory).
    :param places: all paths that an import writes to; what an earlier one left at those not in I(files) is removed.
    :param check_mode: whether nothing is written.
    :raises AnsibleError: there is a file that no import has written.
    """
    before = {place: _load(os.path.join(directory, place)) for place in places}
    for place, text_before in before.items():
        if text_before is not None and not text_before.startswith(_OURS):
            raise AnsibleError("%s was not written by an import (or is encrypted by now) and is not replaced; "
                               "choose another directory or move the file away" % os.path.join(directory, place))
    changed = False
    for place in places:
        path = os.path.join(directory, place)
        wanted = files.get(place)
        if before[place] == (wanted and wanted.text) and (not wanted or os.stat(path).st_mode & 0o777 == wanted.mode):
            continue
        changed = True
        if check_mode:
            continue
        if wanted is None:
            os.unlink(path)
        else:
            _replace(path, wanted)
    return changed


def _load(path):
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _replace(path, wanted):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(wanted.text)
        os.chmod(name, wanted.mode)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
