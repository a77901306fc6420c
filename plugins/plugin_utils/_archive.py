# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program out of the collection's own module utilities, as one archive that Python runs (PEP 441).

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

import ast
import io
import pathlib
import zipfile

PACKAGE = "ansible_collections.openvip.cluster.plugins.module_utils"
PLACE = pathlib.Path(__file__).resolve().parents[1] / "module_utils"
MAIN = """\
import sys
from %s import main
sys.exit(main(sys.argv[1:]))
"""
# The oldest time that an archive can have: the same files make the same archive, at any time and on every controller.
TIME = (1980, 1, 1, 0, 0, 0)


def _imported(name, text):
    """Yield the full names of what a module imports, whether they are modules or something in one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            parents = name.split(".")[:-node.level] if node.level else []
            package = ".".join(parents + ([node.module] if node.module else []))
            yield package
            for alias in node.names:
                yield "%s.%s" % (package, alias.name)


def sources(name):
    """Return the texts of a module of the collection and of all modules of the collection that it needs.

    :param name: below C(plugins.module_utils), for example C(_metrics.program).
    :returns: ``{"_metrics/program.py": bytes}``.
    :raises OSError: a file cannot be read.
    """
    found = {}
    missing = ["%s.%s" % (PACKAGE, name)]
    while missing:
        module = missing.pop()
        path = module[len(PACKAGE) + 1:].replace(".", "/") + ".py"
        if path not in found and module.startswith(PACKAGE + ".") and (PLACE / path).is_file():
            found[path] = (PLACE / path).read_bytes()
            missing.extend(_imported(module, found[path]))
    return found


def archive(name):
    """Return the archive that runs C(main) of a module with the arguments, and ends with the exit code it returns.

    It is not compressed: what is comes out differently with another zlib.

    :param name: see C(sources).
    """
    top = pathlib.PurePosixPath(*PACKAGE.split("."))
    files = {str(top / path): content for path, content in sources(name).items()}
    packages = {str(parent) for path in files for parent in pathlib.PurePosixPath(path).parents} - {"."}
    files.update({"%s/__init__.py" % package: b"" for package in packages})
    files["__main__.py"] = (MAIN % ("%s.%s" % (PACKAGE, name))).encode("ascii")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as members:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, TIME)
            entry.external_attr = 0o644 << 16
            members.writestr(entry, files[path])
    return data.getvalue()
