# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text format, and the file that nobody reads half of."""

from __future__ import annotations

import stat

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.openvip.cluster.plugins.module_utils._metrics.exposition import Metric, Sample, render, write

ONE, OTHER = Metric("one", "gauge", "First."), Metric("other_total", "counter", "Second.")


@pytest.mark.parametrize("name", ['quoted "name"', "back\\slash", "two\nlines", "größe", "\\n"])
def test_a_label_comes_back_as_it_was(name):
    (family,) = text_string_to_metric_families(render([Sample(ONE, {"name": name}, 1)], {}))
    assert family.samples[0].labels == {"name": name}


def test_the_samples_of_a_metric_are_together_and_described_once():
    text = render([Sample(ONE, {"a": "1"}, True), Sample(OTHER, {}, 2), Sample(ONE, {"a": "2"}, 0.5)], {"c": "x"})
    assert text.splitlines() == [
        "# HELP one First.", "# TYPE one gauge", 'one{c="x",a="1"} 1', 'one{c="x",a="2"} 0.5',
        "# HELP other_total Second.", "# TYPE other_total counter", 'other_total{c="x"} 2']


def test_the_file_is_for_everybody_to_read_and_replaced_in_one_step(tmp_path):
    write(str(tmp_path), "x.prom", "old\n")
    with open(tmp_path / "x.prom") as reader:
        write(str(tmp_path), "x.prom", "new\n")
        assert reader.read() == "old\n"
    assert (tmp_path / "x.prom").read_text() == "new\n"
    assert stat.S_IMODE((tmp_path / "x.prom").stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["x.prom"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path):
    (tmp_path / "x.prom").mkdir()
    with pytest.raises(OSError):
        write(str(tmp_path), "x.prom", "text\n")
    assert [path.name for path in tmp_path.iterdir()] == ["x.prom"]
