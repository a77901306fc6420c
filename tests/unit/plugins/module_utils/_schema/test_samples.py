# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The sample configurations of keepalived's packages: read without loss, written so that the daemon means the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import (
    CHECKERS,
    VRRP,
    Program,
)

pytestmark = pytest.mark.daemon

EVERY_CHECK = Path(__file__).parent / "data" / "every_check.conf"
# Words of the samples that no version of keepalived knew where they stand: members of a sync group without a block.
NEVER_KNOWN = {"VI_2", "VI_3"}


def samples(keepalived: Program) -> list[Path]:
    found = sorted(keepalived.samples.glob("keepalived.conf.*"))
    assert len(found) >= 25
    return found


# Rules of the samples that the daemon leaves out, or completes and complains about.
UNFIT = re.compile(r"(from|to) (192\.168\.[12]00)\.0?/24 table ([12])$", re.MULTILINE)


def text_of(file: Path) -> str:
    return UNFIT.sub(r"\1 \2.0/24 table \3 preference 100", file.read_bytes().decode("utf-8", "surrogateescape"))


def raw_lines(data: Any) -> Iterator[str]:
    """Every text below ``raw``, at any depth."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from value if key == "raw" else raw_lines(value)
    elif isinstance(data, list):
        for item in data:
            yield from raw_lines(item)


def has_no_form(document: Document) -> bool:
    """Whether a text is what data has no form for: conditions, definitions, sequences, includes."""
    return all(found.kind != "statement" or found.condition is not None for found in document.statements())


def test_read_without_loss(keepalived: Program) -> None:
    for file in samples(keepalived):
        text = text_of(file)
        document = parse(text, file.name)
        assert str(document) == text
        assert document.problems == []
        left = [line for line in raw_lines(read(document)) if not has_no_form(parse(line))]
        assert set(left) <= NEVER_KNOWN, file


def test_written_and_read_again(keepalived: Program) -> None:
    for file in samples(keepalived):
        found, findings = normalise(read(parse(text_of(file))))
        assert [str(finding) for finding in findings if finding.severity == ERROR] == []
        assert read(parse(render(found))) == found
        text = render(found, keepalived.numbers)
        assert render(read(parse(text)), keepalived.numbers) == text


# What a test machine need not have, a network namespace and IPVS, and what stands for it.
ELSEWHERE = {"net_namespace": "instance", "lvs_sync_daemon_interface": "#"}


def test_the_vrrp_process_understands_the_same(keepalived: Program, tmp_path: Path) -> None:
    for file in samples(keepalived):
        text = text_of(file)
        for word, replacement in ELSEWHERE.items():
            text = text.replace(word, replacement)
        if "vrrp_instance" in text:
            before = keepalived.dump(text, tmp_path, VRRP)
            after = keepalived.dump(render(read(parse(text)), keepalived.numbers), tmp_path, VRRP)
            assert after == before, file
            assert any("VRRP Instance" in line for line in before), file


def test_the_checker_process_understands_the_same(keepalived: Program, no_ipvs: Path, tmp_path: Path) -> None:
    for file in [EVERY_CHECK, *samples(keepalived)]:
        text = text_of(file)
        # these versions never end reading "host" in SMTP_CHECK
        if "virtual_server" in text and not ("host {" in text and keepalived.numbers >= (2, 3)):
            before = keepalived.dump(text, tmp_path, CHECKERS, no_ipvs)
            after = keepalived.dump(render(read(parse(text)), keepalived.numbers), tmp_path, CHECKERS, no_ipvs)
            assert after == before, file
            assert any("Real server" in line for line in before), file
