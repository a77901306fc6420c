# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program on the hosts: collects the metrics once, or watches for a split brain.

    python3 keepalived-metrics.pyz collect --directory /var/lib/prometheus/node-exporter
    python3 keepalived-metrics.pyz watch --directory /var/lib/prometheus/node-exporter --notify /usr/local/bin/page

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from typing import Any, Dict, Iterator, List

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import ask, families, host, tell
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.exposition import Sample, render, write
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.split_brain import BEGIN, SplitBrain

COLLECTED = "keepalived.prom"
WATCHED = "keepalived_watch.prom"
# sd-daemon(3): what systemd makes of the begin of a line
ERROR, WARNING, NOTICE = "<3>", "<4>", "<5>"
# seconds: other hosts answer within milliseconds
ANSWER = 0.5
# seconds between two files of the watcher when nothing happens; the alert counts a minute
REFRESH = 15.0


def say(text: str, level: str = WARNING) -> None:
    """Write a line for the journal."""
    sys.stderr.write("%s%s\n" % (level, text))
    sys.stderr.flush()


def collect(place: host.Place, directory: str, common: Dict[str, str]) -> None:
    """Collect all metrics once, and write their file.

    :raises OSError: the file cannot be written.
    """
    begin = time.monotonic()
    report = host.look(place)
    for part, error in report.errors.items():
        say("%s: %s" % (part, error))
    samples = families.samples(report, time.time(), time.monotonic() - begin)
    write(directory, COLLECTED, render(samples, common))


def watched(watch: SplitBrain) -> Iterator[Sample]:
    """Yield what the watcher knows."""
    split = watch.split
    for address, count in watch.count.items():
        yield Sample(families.SPLIT, {"address": address}, address in split)
        yield Sample(families.SPLITS, {"address": address}, count)
    yield Sample(families.WATCHED, {}, time.time())


class Watcher:
    """Asks in rounds, and tells what begins and ends."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._split = SplitBrain(options.patience)
        self._written = float("-inf")
        self._trouble = ""
        self._config: Dict[str, Any] = {}
        self._seen: Any = None

    def _configuration(self) -> Dict[str, Any]:
        """Return keepalived's configuration, read again when its file has changed.

        :raises host.HostError: it cannot be read.
        :raises OSError: it is not there.
        """
        found = os.stat(self._options.config)
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._config, self._seen = host.configuration(self._options.config), seen
        return self._config

    def _answers(self, config: Dict[str, Any]) -> Dict[Any, Any]:
        """Return the foreign cards of each virtual address that this host holds.

        :raises host.HostError: the addresses of this host are not known.
        :raises OSError: an interface is gone.
        """
        found = host.interfaces()
        virtual = {address for each in host.virtual_addresses(config, []).values() for address in each}
        segments = ask.segments(found, virtual)
        return ask.claims(segments, ask.own_cards(found), ANSWER) if segments else {}

    def round(self) -> None:
        """Ask once. Trouble is told once, and the next round tries again.

        :raises OSError: the file cannot be written.
        """
        options, trouble = self._options, ""
        try:
            config = self._configuration()
            answers = self._answers(config)
        except (host.HostError, OSError) as error:
            trouble = str(error)
            if trouble != self._trouble:
                say(trouble)
        self._trouble = trouble
        if trouble:
            return
        events = self._split.take(time.monotonic(), answers)
        for event in events:
            say(str(event), ERROR if event.kind == BEGIN else NOTICE)
            mail = tell.mail_of(config, socket.gethostname())
            tell.tell(event, mail, options.notify, options.user, say)
        if events or time.monotonic() - self._written >= REFRESH:
            write(options.directory, WATCHED, render(watched(self._split), common_labels(options)))
            self._written = time.monotonic()

    def run(self) -> None:
        """Ask for ever.

        :raises OSError: the file cannot be written.
        """
        while True:
            begin = time.monotonic()
            self.round()
            time.sleep(max(0.0, self._options.interval - (time.monotonic() - begin)))


def common_labels(options: argparse.Namespace) -> Dict[str, str]:
    """Return the labels of every metric."""
    return {"cluster": options.cluster} if options.cluster else {}


def _arguments(words: List[str]) -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--directory", required=True, help="of node_exporter's textfile collector")
    shared.add_argument("--cluster", default="", help="a label for every metric")
    place = host.Place()
    shared.add_argument("--config", default=place.path, help="keepalived's configuration")
    parser = argparse.ArgumentParser(prog="keepalived-metrics")
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect", parents=[shared], help="write the metrics once")
    collecting.add_argument("--binary", default=place.binary, help="the keepalived program")
    collecting.add_argument("--pid-file", default=place.pid_file, help="of a keepalived without systemd")
    watching = commands.add_parser("watch", parents=[shared], help="watch for addresses that others claim, too")
    watching.add_argument("--interval", type=float, default=1.0, help="seconds between two questions")
    watching.add_argument("--patience", type=float, default=3.0, help="seconds that a hand-over may take")
    watching.add_argument("--notify", default="", help="a command that is told of begin and end")
    watching.add_argument("--user", default="nobody", help="who runs it")
    return parser.parse_args(words)


def main(words: List[str]) -> int:
    """Run one of the commands; return the exit code."""
    options = _arguments(words)
    try:
        if options.command == "collect":
            collect(host.Place(options.config, options.binary, options.pid_file), options.directory,
                    common_labels(options))
        else:
            Watcher(options).run()
    except OSError as error:
        say("the metrics cannot be written into %s: %s" % (options.directory, error), ERROR)
        return 1
    return 0
