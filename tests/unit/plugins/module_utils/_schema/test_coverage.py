# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The table accepts every keyword of keepalived, each from its version on; the list beside this file says which."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.openvip.cluster.docs.reference import NOT_ACCEPTED, claims, coverage, page
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import OLDEST, version_text

# One path per line, with the version it came with when the oldest supported one does not know it.
PATHS = Path(__file__).parent / "data" / "paths.txt"


def known() -> list[str]:
    lines = PATHS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_every_path_is_accepted() -> None:
    claimed = [
        path if since == OLDEST else "%s %s" % (path, version_text(since)) for path, since in sorted(claims().items())
    ]
    assert claimed == known()


def test_counted(tmp_path: Path) -> None:
    paths = [line.split()[0] for line in known()]
    listed = [{"path": path, "removed_in": None} for path in (*paths, *NOT_ACCEPTED, "global_defs/no_such_word")]
    listed.append({"path": "virtual_server/nat_mask", "removed_in": "v1.2.20"})
    file = tmp_path / "keywords.json"
    file.write_text(json.dumps({"keywords": listed}))
    assert coverage(file) == (
        f"{len(paths)} of {len(paths) + 1} paths, missing: global_defs/no_such_word "
        "(not counted: 1 that ended before keepalived 2.0.10, 3 that it does not accept)"
    )


def test_the_page_has_every_keyword() -> None:
    text = page()
    sections = text.split("\n## ")[1:]
    assert len(sections) == len(table.sections())
    for path, section in zip(table.sections(), sections):
        cells = [line.split(" | ")[0] for line in section.splitlines() if line.startswith("| `")]
        assert cells == ["| `%s`" % keyword for keyword in table.rows(path)]
        lines = [line for line in section.splitlines() if line.startswith("|")]
        assert {line.replace("\\|", "").count("|") for line in lines} == {8}
    assert "C(" not in text
    assert "V(" not in text
