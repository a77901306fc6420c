# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text format in which Prometheus reads metrics, and the file for the textfile collector of node_exporter.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Dict, Iterable, List, NamedTuple, Union

# node_exporter runs as a user of its own
MODE = 0o644


class Metric(NamedTuple):
    """One name: C(gauge) or C(counter), and a sentence for people."""

    name: str
    kind: str
    help: str


class Sample(NamedTuple):
    """One value of a metric."""

    metric: Metric
    labels: Dict[str, str]
    value: Union[int, float]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _line(sample: Sample, common: Dict[str, str]) -> str:
    labels = ",".join('%s="%s"' % (name, _escaped(value)) for name, value in dict(common, **sample.labels).items())
    value = int(sample.value) if isinstance(sample.value, bool) else sample.value
    return "%s%s %s" % (sample.metric.name, "{%s}" % labels if labels else "", repr(value))


def render(samples: Iterable[Sample], common: Dict[str, str]) -> str:
    """Return the text of the samples, those of a metric together, as the format demands.

    :param common: labels that every sample gets.
    """
    grouped: Dict[Metric, List[Sample]] = {}
    for sample in samples:
        grouped.setdefault(sample.metric, []).append(sample)
    lines: List[str] = []
    for metric, members in grouped.items():
        lines += ["# HELP %s %s" % (metric.name, metric.help), "# TYPE %s %s" % (metric.name, metric.kind)]
        lines += [_line(sample, common) for sample in members]
    return "".join(line + "\n" for line in lines)


def write(directory: str, name: str, text: str) -> None:
    """Put a file into the directory in one step, so that nobody reads half of it.

    Its name before that has no C(.prom) at its end, with which node_exporter would read it.

    :raises OSError: it cannot be written.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=".%s." % name, dir=directory)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            # by its descriptor: the owner of the directory may have replaced the name with a link
            os.fchmod(descriptor, MODE)
        os.replace(temporary, os.path.join(directory, name))
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
