# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""How long reading, writing, judging and editing takes for many real servers, and how much memory, beside a Jinja
template that writes the same file. `make bench` runs it.

    python tests/benchmarks/scale.py [--sizes 10 1000 10000 100000] [--rounds 5]
    python tests/benchmarks/scale.py --against COMMIT [--sizes 10000] [--rounds 7]

Every figure comes from a process of its own; the processes of all operations take turns in each round. With
``--against`` those of this tree and of another commit of its repository take turns, with the same files.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, NamedTuple

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# Where the collection is imported from: this tree, or for --against the directory with another one.
COLLECTIONS = pathlib.Path(os.environ.get("SCALE_COLLECTIONS", REPOSITORY / ".collections"))
sys.path.insert(0, str(COLLECTIONS))

SIZES = (10, 1_000, 10_000, 100_000)
ROUNDS = 5
SERVERS_EACH = 10
# The longest time and the most memory that the operations below may take for so many real servers.
TARGET_SIZE, TARGET_SECONDS, TARGET_MEGABYTES = 10_000, 1.0, 200.0
TARGETS = ("parse", "render", "lint", "lint_text")
# Ten times the real servers may take so many times as long before growth is no longer called linear.
TARGET_GROWTH = 15.0

TEMPLATE = """\
global_defs {
    router_id lb1
}
{% for service in services %}

virtual_server {{ service.ip }} {{ service.port }} {
    protocol TCP
    lb_algo wrr
    lb_kind DR
    delay_loop 5
{% for server in service.servers %}
    real_server {{ server.ip }} {{ server.port }} {
        weight {{ server.weight }}
        TCP_CHECK {
            connect_timeout 3
            retry 2
            delay_before_retry 1
        }
    }
{% endfor %}
}
{% endfor %}
"""


class Measured(NamedTuple):
    """One process: the time of the operation in seconds, and the most memory that the process had in MB.

    The time is that of the processor, which is what the clock shows where nothing else runs.
    """

    seconds: float
    megabytes: float


def services(real_servers: int) -> list[dict[str, Any]]:
    """What the template is filled with: services of ten real servers each, all with addresses of their own."""
    found = []
    for first in range(0, real_servers, SERVERS_EACH):
        number = first // SERVERS_EACH
        found.append({
            "ip": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "port": 80,
            "servers": [
                {"ip": f"172.{16 + (index >> 16)}.{index >> 8 & 255}.{index & 255}", "port": 8080,
                 "weight": 1 + index % 3}
                for index in range(first, min(first + SERVERS_EACH, real_servers))
            ],
        })
    return found


def prepare(directory: pathlib.Path, real_servers: int) -> None:
    """Write the file, its data and what the template is filled with; all three say the same."""
    from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
    from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
    from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

    filling = services(real_servers)
    text = _template().render(services=filling)
    data = read(parse(text))
    if sorted(render(data).split("\n")) != sorted(text.split("\n")):
        sys.exit("scale: render and the template do not write the same lines")
    (directory / "services.json").write_text(json.dumps(filling))
    (directory / "data.json").write_text(json.dumps(data))
    (directory / "keepalived.conf").write_text(text)


def _template() -> Any:
    import jinja2

    # as ansible.builtin.template has it
    return jinja2.Environment(trim_blocks=True, keep_trailing_newline=True).from_string(TEMPLATE)


def _jinja(directory: pathlib.Path) -> Callable[[], object]:
    filling = json.loads((directory / "services.json").read_text())
    template = _template()
    return lambda: template.render(services=filling)


def _parse(directory: pathlib.Path) -> Callable[[], object]:
    from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse

    text = (directory / "keepalived.conf").read_text()
    return lambda: parse(text)


def _read(directory: pathlib.Path) -> Callable[[], object]:
    from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
    from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

    document = parse((directory / "keepalived.conf").read_text())
    return lambda: read(document)


def _render(directory: pathlib.Path) -> Callable[[], object]:
    from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

    data = json.loads((directory / "data.json").read_text())
    return lambda: render(data)


def _lint(directory: pathlib.Path) -> Callable[[], object]:
    from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint

    data = json.loads((directory / "data.json").read_text())
    return lambda: lint(data)


def _lint_text(directory: pathlib.Path) -> Callable[[], object]:
    """From the text of the file to the findings with their places."""
    from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text

    text = (directory / "keepalived.conf").read_text()
    return lambda: lint_text(text)


def _edit(directory: pathlib.Path) -> Callable[[], object]:
    """One block in the middle of the file, from the tree to the new text."""
    from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
    from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse

    document = parse((directory / "keepalived.conf").read_text())
    blocks = [statement for statement, _ancestors in document.walk() if statement.keyword == "real_server"]
    block = [blocks[len(blocks) // 2]]

    def change() -> str:
        block[:] = edit.replace(document, block[0], "real_server 192.0.2.1 80 {\n        weight 7\n    }")
        return str(document)

    return change


OPERATIONS: dict[str, Callable[[pathlib.Path], Callable[[], object]]] = {
    "template": _jinja, "parse": _parse, "read": _read, "render": _render, "lint": _lint,
    "lint_text": _lint_text, "edit": _edit,
}


def measure(operation: str, directory: pathlib.Path) -> Measured:
    """Run one operation in this process: the median of as many times as fit into a fifth of a second, at least one."""
    run = OPERATIONS[operation](directory)
    gc.collect()
    times: list[float] = []
    while not times or sum(times) < 0.2:
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return Measured(statistics.median(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def in_own_process(*arguments: str, collections: pathlib.Path = COLLECTIONS) -> str:
    """Run this file with the arguments and the collection of a directory; return what it printed."""
    return subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "SCALE_COLLECTIONS": str(collections)}).stdout


def machine() -> str:
    """What the figures were measured on."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text() if os.path.exists("/proc/cpuinfo") else ""
    names = [line.partition(":")[2].strip() for line in cpu.splitlines() if line.startswith("model name")]
    return (f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
            f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")


def row(cells: list[str], widths: tuple[int, ...] = (12, 9, 10, 10, 9, 13, 17)) -> str:
    """One line of the table."""
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def bench(sizes: list[int], rounds: int) -> dict[tuple[int, str], Measured]:
    """Measure and print every operation at every size; return the medians."""
    print(f"scale: {machine()}")
    print(f"scale: processor time, median of {rounds} rounds (3 for the largest size), every figure from a process of "
          "its own\n")
    print(row(["real servers", "file", "operation", "time", "memory", "per server", "against template"]), flush=True)
    found: dict[tuple[int, str], Measured] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="openvip-scale-") as name:
            directory = pathlib.Path(name)
            in_own_process("--prepare", name, "--sizes", str(size))
            count = min(rounds, 3) if size == max(SIZES) else rounds
            taken = [(operation, Measured(*json.loads(in_own_process("--measure", operation, name))))
                     for _round in range(count) for operation in OPERATIONS]
            bytes_written = (directory / "keepalived.conf").stat().st_size
        for operation in OPERATIONS:
            figures = [figure for name, figure in taken if name == operation]
            median = Measured(*(statistics.median(column) for column in zip(*figures, strict=True)))
            found[size, operation] = median
            ratio = median.seconds / found[size, "template"].seconds
            print(row([f"{size:,}", f"{bytes_written / 1e6:.2f} MB", operation, f"{median.seconds * 1000:,.1f} ms",
                       f"{median.megabytes:.0f} MB", f"{median.seconds / size * 1e6:.1f} µs", f"{ratio:.1f} x"]),
                  flush=True)
        print()
    return found


def unpack(commit: str, collections: pathlib.Path) -> None:
    """Put the plugins of another commit of this repository where a process can import them."""
    archive = subprocess.run(["git", "-C", str(REPOSITORY), "archive", commit, "plugins"], capture_output=True,
                             check=False)
    if archive.returncode:
        sys.exit(f"scale: {commit} is not in this repository ({archive.stderr.decode().strip()}); where that is a "
                 "shallow clone, get the whole history with: git fetch --unshallow")
    collection = collections / "ansible_collections/openvip/cluster"
    collection.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(collection)], input=archive.stdout, check=True)


def compare(commit: str, sizes: list[int], rounds: int) -> dict[tuple[int, str], float]:
    """Measure and print every operation at every size beside that of a commit; return the ratios of the shortest times.

    The shortest of some times is the one that other work of the machine disturbed least.
    """
    print(f"scale: {machine()}")
    print(f"scale: processor time, {rounds} rounds in which this tree and {commit} take turns\n")
    widths = (12, 9, 11, 11, 11, 11, 11, 11)
    print(row(["real servers", "operation", "shortest", f"{commit:.9}", "ratio", "median", f"{commit:.9}", "ratio"],
              widths), flush=True)
    found: dict[tuple[int, str], float] = {}
    with tempfile.TemporaryDirectory(prefix="openvip-scale-") as name:
        other = pathlib.Path(name) / "collections"
        unpack(commit, other)
        for size in sizes:
            directory = pathlib.Path(name) / str(size)
            directory.mkdir()
            in_own_process("--prepare", str(directory), "--sizes", str(size))
            for operation in OPERATIONS:
                taken: dict[pathlib.Path, list[float]] = {COLLECTIONS: [], other: []}
                for collections, times in list(taken.items()) * rounds:
                    said = in_own_process("--measure", operation, str(directory), collections=collections)
                    times.append(Measured(*json.loads(said)).seconds)
                cells = [f"{size:,}", operation]
                for kind in (min, statistics.median):
                    own, others = (kind(times) for times in taken.values())
                    cells += [f"{own * 1000:,.1f} ms", f"{others * 1000:,.1f} ms", f"{own / others:.2f} x"]
                found[size, operation] = min(taken[COLLECTIONS]) / min(taken[other])
                print(row(cells, widths), flush=True)
    return found


def judge(found: dict[tuple[int, str], Measured]) -> list[str]:
    """Sentences on which targets are met and which are not."""
    said = []
    for operation in TARGETS:
        figure = found.get((TARGET_SIZE, operation))
        if figure is not None:
            met = figure.seconds <= TARGET_SECONDS and figure.megabytes <= TARGET_MEGABYTES
            said.append(f"{'met' if met else 'MISSED'}: {operation} of {TARGET_SIZE:,} real servers in "
                        f"{figure.seconds:.2f} s and {figure.megabytes:.0f} MB (at most {TARGET_SECONDS:.0f} s and "
                        f"{TARGET_MEGABYTES:.0f} MB)")
    for operation in OPERATIONS:
        small, large = found.get((TARGET_SIZE, operation)), found.get((TARGET_SIZE * 10, operation))
        if small and large:
            growth = large.seconds / small.seconds
            said.append(f"{'met' if growth <= TARGET_GROWTH else 'MISSED'}: {operation} of ten times as many takes "
                        f"{growth:.1f} times as long")
    return said


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of real servers")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often everything is measured (5)")
    parser.add_argument("--against", metavar="COMMIT", help="measure beside this commit of the repository")
    parser.add_argument("--prepare", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.prepare:
        prepare(options.prepare, options.sizes[0])
    elif options.measure:
        print(json.dumps(measure(options.measure[0], pathlib.Path(options.measure[1]))))
    elif options.against:
        compare(options.against, options.sizes, options.rounds)
    else:
        for sentence in judge(bench(options.sizes, options.rounds)):
            print(f"scale: {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
