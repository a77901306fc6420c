# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""keepalived-lint is built of this tree, needs nothing but Python, and judges as the collection does.

What needs a file of the repository that the collection's archive leaves out, such as galaxy.yml, is long, too.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
import tomllib
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text

ROOT = Path(__file__).resolve().parents[3]
RIGHT = """global_defs {
    router_id lb1
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        198.18.0.10/24
    }
}
"""
WRONG = RIGHT.replace("router_id lb1", "route_id lb1").replace("51", "351")


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The backend, as pip finds it."""
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    assert backend["requires"] == []
    path = ROOT / backend["backend-path"][0] / f"{backend['build-backend']}.py"
    spec = importlib.util.spec_from_file_location(backend["build-backend"], path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel(build: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    return directory / build.build_wheel(str(directory))


def imports_of(text: str) -> set[str]:
    """The packages that a module imports, those of its own room excepted."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.partition(".")[0] for name in named}


def test_it_needs_nothing_but_python(build: ModuleType) -> None:
    sources = build.sources()
    assert len(sources) > 50
    for name, text in sources.items():
        assert imports_of(text) <= {*sys.stdlib_module_names, "keepalived_lint"}, name
        assert "ansible_collections" not in text, name


@pytest.mark.long
def test_it_carries_what_it_is(wheel: Path) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert wheel.name == f"keepalived_lint-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        metadata = archive.read(f"keepalived_lint-{version}.dist-info/METADATA").decode().splitlines()
        record = archive.read(f"keepalived_lint-{version}.dist-info/RECORD").decode().splitlines()
        listed = dict(line.split(",")[:2] for line in record)
        assert set(listed) == set(archive.namelist())
        for name, digest in listed.items():
            found = base64.urlsafe_b64encode(hashlib.sha256(archive.read(name)).digest()).rstrip(b"=").decode()
            assert digest in (f"sha256={found}", "")
    assert {"Name: keepalived-lint", f"Version: {version}", "Requires-Python: >=3.8"} <= set(metadata)


@pytest.mark.long
def test_the_same_sources_give_the_same_wheel(build: ModuleType, wheel: Path, tmp_path: Path) -> None:
    assert (tmp_path / build.build_wheel(str(tmp_path))).read_bytes() == wheel.read_bytes()


@pytest.mark.long
def test_a_source_archive_builds_the_same_wheel(build: ModuleType, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / build.build_sdist(str(tmp_path))) as archive:
        archive.extractall(tmp_path, filter="data")
    (top,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    script = top / "wheel" / "keepalived_lint_build.py"
    done = subprocess.run([sys.executable, script, tmp_path / "out"], check=True, capture_output=True, text=True)
    assert Path(done.stdout.strip()).read_bytes() == wheel.read_bytes()


@pytest.mark.long
def test_the_hook_runs_the_program_on_the_files_of_keepalived(build: ModuleType) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == shlex.split(hook["entry"])[0] == build.NAME
    for path, is_one in {
        "keepalived.conf": True, "lb1/keepalived.conf": True, "files/keepalived-lb2.conf": True, "nginx.conf": False,
        "templates/keepalived.conf.j2": False, "docs/keepalived.md": False, "not-keepalived.conf": False,
    }.items():
        assert bool(re.search(hook["files"], path)) is is_one, path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program where pip has put it, which got the repository and nothing else, as pre-commit gives it."""
    place = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    subprocess.run([place / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", ROOT],
                   check=True)
    return place / "bin" / "keepalived-lint"


def run(program: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False, env={})


@pytest.mark.long
def test_there_is_no_ansible_beside_it(installed: Path) -> None:
    done = subprocess.run([installed.parent / "python", "-c", "import ansible"], capture_output=True, check=False)
    assert b"ModuleNotFoundError" in done.stderr
    assert run(installed, "--version").stdout.startswith("keepalived-lint ")


@pytest.mark.long
def test_the_installed_program_judges_as_the_collection_does(installed: Path, tmp_path: Path) -> None:
    right, wrong = tmp_path / "right.conf", tmp_path / "wrong.conf"
    right.write_text(RIGHT)
    wrong.write_text(WRONG)
    expected = [finding.as_dict() for finding in lint_text(WRONG, str(wrong), (2, 2, 8))]
    assert [finding["id"] for finding in expected] == ["unknown-key", "bad-value"]

    done = run(installed, str(right))
    assert (done.returncode, done.stdout) == (0, f"{right}: nothing to complain about\n")
    done = run(installed, str(wrong), "--version-of", "2.2.8")
    assert done.returncode == 1
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == [f"{wrong}:2:5:", f"{wrong}:6:5:", f"{wrong}:"]
    done = run(installed, "-", text=WRONG)
    assert done.returncode == 1
    assert done.stdout.startswith("<stdin>:2:5: error: ")

    done = run(installed, str(right), str(wrong), "--each", "--format", "json", "--version-of", "2.2.8")
    reports = json.loads(done.stdout)
    assert done.returncode == 1
    assert [report["path"] for report in reports] == [str(right), str(wrong)]
    assert [report["findings"] for report in reports] == [[], expected]

    done = run(installed, str(wrong), "--format", "sarif")
    (found,) = json.loads(done.stdout)["runs"]
    assert done.returncode == 1
    assert [result["ruleId"] for result in found["results"]] == ["unknown-key", "bad-value"]
    assert found["tool"]["driver"]["version"] == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]

    done = run(installed, str(tmp_path / "none.conf"))
    assert done.returncode == 2
    assert "none.conf cannot be read" in done.stderr
    assert run(installed).returncode == 2
