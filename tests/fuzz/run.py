# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Feeds generated texts to the parser, the schema, the rules and the edits, and keeps those that break a promise.

    python tests/fuzz/run.py --inputs 1000000 [--seed SEED] [--start INDEX] [--processes 2]

Input INDEX of a seed is always the same text as long as the generator is. The exit code is 1 when an input failed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pathlib
import platform
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from random import Random
from types import FrameType, TracebackType
from typing import NamedTuple

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / ".collections"))

from ansible_collections.openvip.cluster.tests.fuzz import checks, generate
from ansible_collections.openvip.cluster.tests.fuzz.shrink import shrink

FAILURES = REPOSITORY / "tests" / "fuzz" / "failures"
BATCH = 250
# Nothing takes more processor time than this for a text of a few kilobytes, unless it hangs. A clock would run on while
# the machine does something else.
SECONDS_PER_CHECK = 10.0
SECONDS_BETWEEN_REPORTS = 10.0

Check = Callable[[str, Random], None]


class Failure(NamedTuple):
    """One input that broke a promise; ``cause`` is the same for inputs that fail in the same way."""

    index: int
    check: str
    cause: str
    message: str
    text: str


class HangError(Exception):
    """A check took too long."""


class Attempt:
    """Keeps the exception that its block raises, within a limit of processor time."""

    error: Exception | None = None

    def __enter__(self) -> Attempt:
        signal.signal(signal.SIGPROF, _hang)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_CHECK)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if isinstance(error, Exception):
            self.error = error
        return self.error is not None


def _hang(_signal: int, _frame: FrameType | None) -> None:
    raise HangError(f"took more than {SECONDS_PER_CHECK:.0f} s")


def _cause(check: Check, error: Exception) -> str:
    """What tells this failure from others: the place of the exception, or the promise that was broken."""
    if isinstance(error, checks.BrokenError):
        return f"{check.__name__}: {str(error).partition(chr(10))[0].partition(':')[0]}"
    if isinstance(error, HangError):
        return f"{check.__name__}: hangs"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{check.__name__}: {type(error).__name__} in {pathlib.Path(frame.filename).name}:{frame.lineno}"


def failure_of(check: Check, text: str, seed: str, index: int) -> Failure | None:
    """What the text breaks of one check, or None."""
    with Attempt() as attempt:
        check(text, Random(f"{seed}:{index}:{check.__name__}"))
    error = attempt.error
    if error is None:
        return None
    message = "".join(traceback.format_exception(error))
    return Failure(index, check.__name__, _cause(check, error), message, text)


def failures_of(text: str, seed: str, index: int) -> Iterator[Failure]:
    """Everything that the text breaks."""
    for check in checks.CHECKS:
        failure = failure_of(check, text, seed, index)
        if failure is not None:
            yield failure


def run_batch(job: tuple[str, int, int]) -> tuple[int, int, list[Failure]]:
    """Try the inputs from an index up to another one; return how many, their characters, and what failed."""
    seed, start, stop = job
    source = generate.Source()
    found: list[Failure] = []
    characters = 0
    for index in range(start, stop):
        text = source.draw(Random(f"{seed}:{index}"))
        characters += len(text)
        found.extend(failures_of(text, seed, index))
    return stop - start, characters, found


def save(failure: Failure, seed: str, directory: pathlib.Path) -> pathlib.Path:
    """Write the failing input, made shorter, and beside it what happened; return the path of the input."""
    check = next(check for check in checks.CHECKS if check.__name__ == failure.check)

    def fails(text: str) -> bool:
        again = failure_of(check, text, seed, failure.index)
        return again is not None and again.cause == failure.cause

    shorter = shrink(failure.text, fails)
    last = failure_of(check, shorter, seed, failure.index) or failure
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{failure.check.replace('check_', '')}-{seed}-{failure.index}.conf"
    path.write_bytes(shorter.encode("utf-8", "surrogateescape"))
    path.with_suffix(".txt").write_bytes(
        f"{failure.cause}\nseed {seed}, input {failure.index}\n\n{shorter!r}\n\n{last.message}\n\nbefore it was made "
        f"shorter:\n{failure.text!r}\n".encode("utf-8", "backslashreplace"))
    return path


def _leave_stopping_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit("fuzz: stopped")


def fuzz(inputs: int, seed: str, start: int, processes: int, directory: pathlib.Path) -> int:
    """Try so many inputs; print the progress; return the number of failures."""
    jobs = ((seed, first, min(first + BATCH, start + inputs)) for first in range(start, start + inputs, BATCH))
    print(f"fuzz: {inputs} inputs, seed {seed}, {processes} processes, Python {platform.python_version()}", flush=True)
    began = reported = time.monotonic()
    done = characters = 0
    causes: dict[str, int] = {}
    with multiprocessing.Pool(processes, _leave_stopping_to_parent) as pool:
        for count, size, found in pool.imap_unordered(run_batch, jobs):
            done += count
            characters += size
            for failure in found:
                causes[failure.cause] = causes.get(failure.cause, 0) + 1
                if causes[failure.cause] == 1:
                    print(f"fuzz: FAILED {failure.cause}: {save(failure, seed, directory)}", flush=True)
            now = time.monotonic()
            if now - reported >= SECONDS_BETWEEN_REPORTS or done == inputs:
                reported = now
                print(f"fuzz: {done} of {inputs} inputs, {done / (now - began):.0f} per second, "
                      f"{characters / 1e6:.1f} MB, {sum(causes.values())} failures", flush=True)
    for cause, number in sorted(causes.items(), key=lambda item: -item[1]):
        print(f"fuzz: {number} times {cause}")
    print(f"fuzz: {'FAILED' if causes else 'passed'}: {done} inputs in {time.monotonic() - began:.0f} s, "
          f"{sum(causes.values())} failures of {len(causes)} causes", flush=True)
    return sum(causes.values())


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="number of inputs (100000)")
    parser.add_argument("--seed", help="names the row of inputs (the time)")
    parser.add_argument("--start", type=int, default=0, help="index of the first input (0)")
    parser.add_argument("--processes", type=int, default=2, help="number of processes (2)")
    parser.add_argument("--failures", type=pathlib.Path, default=FAILURES, help="where failing inputs are kept")
    options = parser.parse_args(arguments)
    seed = options.seed or str(int(time.time()))
    return 1 if fuzz(options.inputs, seed, options.start, options.processes, options.failures) else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
