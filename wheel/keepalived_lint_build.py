# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Builds the wheel keepalived-lint: the language of keepalived.conf and its rules, without Ansible.

    python wheel/keepalived_lint_build.py [DIRECTORY]        writes the wheel into a directory, dist without one

It is also the backend of PEP 517 that pyproject.toml names, and needs nothing but Python, so that pip and pre-commit
build the wheel from any copy of the repository. The wheel holds the modules that the program imports, and those that
they import, as the package keepalived_lint; their imports are rewritten.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "plugins" / "module_utils"
PREFIX = "ansible_collections.openvip.cluster.plugins.module_utils"
PACKAGE = "keepalived_lint"
NAME = "keepalived-lint"
PROGRAM = "_lint.program"
LICENCE = ROOT / "LICENSES" / "GPL-3.0-or-later.txt"
FRONT = f'''"""Judge keepalived.conf better than keepalived does: lint_files() is the program as a function."""

from {PACKAGE}._lint.files import lint_files
from {PACKAGE}._lint.lint import lint_text

__all__ = ["lint_files", "lint_text"]
'''
MAIN = f'''"""The program, as python -m {PACKAGE}."""

from {PACKAGE}.{PROGRAM} import main

raise SystemExit(main())
'''
# the oldest time that an archive can hold: the same sources give the same wheel
EPOCH = (1980, 1, 1, 0, 0, 0)


def version() -> str:
    """The version of the collection."""
    found = re.search(r"^version: (\S+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise ValueError("galaxy.yml has no version")
    return found.group(1)


def modules() -> Dict[str, Path]:
    """The files of the wheel by their paths below the package: the program, what it imports, and so on."""
    found: Dict[str, Path] = {}
    wanted = [PROGRAM]
    while wanted:
        name = wanted.pop()
        path = _file(name)
        if path is None or str(path.relative_to(SOURCE)) in found:
            continue
        found[str(path.relative_to(SOURCE))] = path
        wanted += _imported(name, path)
        if "." in name:
            wanted.append(name.rpartition(".")[0])
    return dict(sorted(found.items()))


def _file(name: str) -> Optional[Path]:
    """The file of a module or package below SOURCE, None for a name that is neither."""
    place = SOURCE.joinpath(*name.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imported(name: str, path: Path) -> Iterator[str]:
    """The modules, and what may be modules, that a module imports from below SOURCE."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = node.module or ""
        if node.level:
            parts = package.split(".")[:len(package.split(".")) - node.level + 1]
            base = ".".join([*(part for part in parts if part), *filter(None, [base])])
        elif base == PREFIX or base.startswith(PREFIX + "."):
            base = base[len(PREFIX) + 1:]
        else:
            continue
        yield from filter(None, [base])
        yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)


def metadata() -> str:
    """The metadata of the package (PEP 566)."""
    return f"""Metadata-Version: 2.1
Name: {NAME}
Version: {version()}
Summary: Judge keepalived.conf better than keepalived does
Home-page: https://github.com/openvip/openvip.cluster
Project-URL: Rules, https://github.com/openvip/openvip.cluster/tree/main/docs/rules
License: GPL-3.0-or-later
Keywords: keepalived,vrrp,lvs,lint,sarif,pre-commit
Classifier: Environment :: Console
Classifier: License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)
Classifier: Operating System :: POSIX
Classifier: Programming Language :: Python :: 3
Classifier: Topic :: System :: Clustering
Requires-Python: >=3.8
Description-Content-Type: text/markdown

`keepalived-lint FILE...` names what keepalived refuses, cuts or ignores in its configuration, and what it accepts
although it breaks the cluster: the place, what is wrong, and what to do. It needs no keepalived and no other package.
Each rule has a [page](https://github.com/openvip/openvip.cluster/tree/main/docs/rules).
"""


def sources() -> Dict[str, str]:
    """The modules of the wheel by their paths in it."""
    found = {f"{PACKAGE}/__init__.py": FRONT, f"{PACKAGE}/__main__.py": MAIN}
    for name, path in modules().items():
        found[f"{PACKAGE}/{name}"] = path.read_text(encoding="utf-8").replace(PREFIX, PACKAGE)
    return found


def _contents() -> Dict[str, bytes]:
    """The files of the wheel but RECORD."""
    texts = sources()
    texts.update({
        f"{_dist_info()}/METADATA": metadata(),
        f"{_dist_info()}/WHEEL": f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_dist_info()}/entry_points.txt": f"[console_scripts]\n{NAME} = {PACKAGE}.{PROGRAM}:main\n",
        f"{_dist_info()}/{LICENCE.name}": LICENCE.read_text(encoding="utf-8"),
    })
    return {name: text.encode("utf-8") for name, text in texts.items()}


def _dist_info() -> str:
    return f"{PACKAGE}-{version()}.dist-info"


def _record(contents: Dict[str, bytes]) -> bytes:
    lines = []
    for name, content in contents.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{_dist_info()}/RECORD,,\n"]).encode("utf-8")


def build_wheel(
    wheel_directory: str, config_settings: Optional[Dict[str, Any]] = None, metadata_directory: Optional[str] = None
) -> str:
    """Write the wheel, and return its name (PEP 517)."""
    name = f"{PACKAGE}-{version()}-py3-none-any.whl"
    contents = _contents()
    contents[f"{_dist_info()}/RECORD"] = _record(contents)
    with zipfile.ZipFile(Path(wheel_directory) / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in contents.items():
            information = zipfile.ZipInfo(path, EPOCH)
            information.external_attr = 0o644 << 16
            information.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(information, content)
    return name


def build_sdist(sdist_directory: str, config_settings: Optional[Dict[str, Any]] = None) -> str:
    """Write an archive of what the wheel is built from, and return its name (PEP 517)."""
    top = f"{PACKAGE}-{version()}"
    paths = [*modules().values(), LICENCE, ROOT / "galaxy.yml", ROOT / "pyproject.toml", Path(__file__).resolve()]
    contents = {str(path.relative_to(ROOT)): path.read_bytes() for path in paths}
    contents["PKG-INFO"] = metadata().encode("utf-8")
    with tarfile.open(Path(sdist_directory) / f"{top}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, content in contents.items():
            information = tarfile.TarInfo(f"{top}/{name}")
            information.size = len(content)
            information.mode = 0o644
            archive.addfile(information, io.BytesIO(content))
    return f"{top}.tar.gz"


def main(arguments: List[str]) -> int:
    """Build the wheel for a person, and print its path."""
    directory = Path(arguments[0]) if arguments else ROOT / "dist"
    directory.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"{directory / build_wheel(str(directory))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
