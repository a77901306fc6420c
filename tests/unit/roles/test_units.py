# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much each unit that the roles write of their own could do, by systemd-analyze(1), and that systemd takes it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import Remembered
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import Address, KernelModule, Route

REPOSITORY = Path(__file__).resolve().parents[3]
ROLES = REPOSITORY / "roles"
# The exposure of each, in tenths: 0 can do nothing, 100 everything that root can.
EXPOSURE = {
    "keepalived-check.service": 22,
    "keepalived-track.service": 13,
    "lvs-real-server-routes.service": 22,
    "lvs-real-server.service": 29,
    "keepalived-metrics.service": 41,
    "keepalived-watch.service": 44,
}
# They run programs of users, so they keep the privileges of their packages.
DAEMONS = {"keepalived.service", "nginx.service"}
PROGRAMS = {name: f"/usr/bin/{name}" for name in ("ip", "sh", "modprobe", "sysctl")}
VARIABLES = {
    "ansible_managed": "Ansible", "keepalived_track_service": "nginx",
    "__keepalived_track_file": "/run/keepalived-track/nginx",
    "__keepalived_answer_file": "/run/keepalived-track/nginx.answer",
    "__keepalived_metrics_program": "/usr/local/lib/program.pyz",
}


def templates():
    return {path.name[:-len(".j2")]: path for path in ROLES.glob("*/templates/*.service.j2")}


def rendered(name):
    """Return the text of a unit."""
    if name.startswith("lvs-real-server"):
        settings = [KernelModule("ip_vs"), Address("lo", "198.18.0.100", 32, "host"), Route(4, 7, "198.18.0.1", "eth1")]
        return files.files(settings, Remembered({}, (), (), ()), PROGRAMS)[files.path_of(name)]
    path = templates()[name]
    defaults = yaml.safe_load((path.parents[1] / "defaults" / "main.yml").read_text(encoding="utf-8"))
    variables = {**defaults, **VARIABLES, "keepalived_metrics_directory": "/var/lib/prometheus/node-exporter"}
    return Templar(DataLoader(), variables=variables).template(trust_as_template(path.read_text(encoding="utf-8")))


def test_every_unit_of_the_roles_has_a_figure():
    assert set(templates()) | set(files.UNITS) == set(EXPOSURE) | DAEMONS


@pytest.mark.parametrize("name", EXPOSURE)
def test_a_unit_can_do_little_more_than_it_must(name, tmp_path):
    path = tmp_path / name
    path.write_text(rendered(name), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE[name]}", str(path)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + done.stderr.splitlines()


@pytest.mark.parametrize("name", EXPOSURE)
def test_systemd_knows_every_line_of_a_unit(name, tmp_path):
    path = tmp_path / name
    path.write_text(rendered(name), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert not re.search(r"Unknown|Failed to parse|Invalid|ignoring", done.stderr), done.stderr


@pytest.mark.parametrize("name", EXPOSURE)
def test_the_page_of_the_role_has_the_figure(name):
    role = "lvs_real_server" if name.startswith("lvs") else templates()[name].parents[1].name
    assert f"`{name}` {EXPOSURE[name] / 10:.1f}" in (ROLES / role / "README.md").read_text(encoding="utf-8")
