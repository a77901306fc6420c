# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random clusters and faults, played by the model and by real daemons: `make model SEED=7 CASES=200`. Needs root.

    python tests/model/run.py [--seed 1] [--cases 200] [--first 0] [--parallel 6] [--keepalived PATH] [--verbose]

A case is SEED.NUMBER, and --case 7.12 plays one again. A case during which this machine stood still for longer than
a master may be silent says nothing, and is played again.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.openvip.cluster.tests.model import cases, compare

REAL = pathlib.Path(__file__).with_name("real.py")
# Seconds that the machine may stand still, and how often a case is tried for want of that.
STILL, TRIES = 0.25, 4


def real(case, program):
    """Return what real daemons do, and their logs."""
    with tempfile.TemporaryDirectory(prefix="model-") as directory:
        done = subprocess.run(
            ["unshare", "--net", "--mount", sys.executable, str(REAL), program, directory],
            input=json.dumps(case._asdict()), capture_output=True, text=True, check=False,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, sys.path))))
        if done.returncode:
            raise RuntimeError(f"case {case.seed}: {done.stderr}")
        logs = {path.parent.name: path.read_text() for path in pathlib.Path(directory).glob("*/log")}
        return json.loads(done.stdout), logs


def judge(seed, program):
    """Return the case, its differences, what happened and the logs; the differences are None where nothing is said."""
    case = cases.make(seed)
    for _try in range(TRIES):
        told, logs = real(case, program)
        if told["stall"] <= STILL:
            return case, compare.differences(case, told), told, logs
    return case, None, told, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--parallel", type=int, default=6)
    parser.add_argument("--case", help="one case, SEED.NUMBER")
    parser.add_argument("--keepalived", default=shutil.which("keepalived", path=os.environ["PATH"] + ":/usr/sbin"))
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    seeds = [options.case] if options.case else [
        f"{options.seed}.{number}" for number in range(options.first, options.first + options.cases)]
    version = subprocess.run([options.keepalived, "--version"], capture_output=True, text=True, check=False).stderr
    count = {"agreed": 0, "differed": 0, "undecided": 0}
    with ThreadPoolExecutor(options.parallel) as pool:
        for case, found, told, logs in pool.map(lambda seed: judge(seed, options.keepalived), seeds):
            verdict = "undecided" if found is None else "differed" if found else "agreed"
            count[verdict] += 1
            if verdict == "agreed" and not options.verbose:
                continue
            print(f"{case.seed}: {verdict} (stood still for {told['stall']:.2f} s at most)", flush=True)
            for sentence in found or []:
                print(f"    {sentence}")
            if options.verbose:
                print(json.dumps(case.data, indent=1))
                print("\n".join(map(str, told["happened"])), "\n".join(map(str, told["changes"])), sep="\n")
                for host, log in sorted(logs.items()):
                    print(f"--- {host}\n{log}")
    print(f"{version.splitlines()[0].split(' (')[0]}, seed {options.case or options.seed}: {len(seeds)} cases, "
          + ", ".join(f"{number} {verdict}" for verdict, number in count.items()))
    raise SystemExit(bool(count["differed"]))


if __name__ == "__main__":
    main()
