# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook failover_drill by its full name, from a directory of the user's, on two hosts that are this machine.
keepalived and the faults are stand-ins; the prober, the watchers, the plan and the reports are the real ones."""

from __future__ import annotations

import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest
import yaml

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._drill import drills

# Each of them takes as long as hundreds of others; the scenario drill has the same on real hosts.
pytestmark = pytest.mark.slow
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
HOSTS = ("lb1", "lb2", "client")
# What a module of a host knows of it comes with its interpreter.
INTERPRETER = "#!/bin/sh\nDRILL_HOST=%s DRILL_RUN=%s exec %s \"$@\"\n"
# No way from here leads to the address directly, so nobody is asked by ARP.
WAY = '#!/bin/sh\necho \'[{"dev": "lo", "type": "local"}]\'\n'
KEEPALIVED = """
import json
import os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={}, supports_check_mode=True)
with open(%r) as stream:
    module.exit_json(changed=False, **json.load(stream)[os.environ["DRILL_HOST"]])
"""
FAULT = """
import json
import os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(supports_check_mode=True, argument_spec=dict(
    {name: {"type": "raw"} for name in ("fault", "seconds", "service", "interface", "addresses", "files")},
    state={"default": "injected"}))
params = module.params
with open(%r, "a") as stream:
    stream.write(json.dumps([os.environ["DRILL_HOST"], params["state"], params["fault"], module.check_mode]) + "\\n")
if params["fault"] == "freeze" and module.check_mode:
    module.fail_json(msg="freeze needs the program nft")
if params["fault"] == "keepalived_kill" and not module.check_mode:
    module.fail_json(msg="keepalived_kill could not be injected, and is undone")
module.exit_json(changed=True, fault=params["fault"], at_wall_ns=__import__("time").time_ns())
"""


class Server(http.server.ThreadingHTTPServer):
    """Has room for all that is asked at once."""

    request_queue_size = 256


class Service(http.server.BaseHTTPRequestHandler):
    """Answers each request with the name of a host."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"lb1\n")

    def log_message(self, *dummy):
        """Say nothing."""


@pytest.fixture(scope="module")
def url():
    """A service that answers."""
    with Server(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def installed(place, stand_ins):
    """Make a collection of links to ours, but for the modules that have stand-ins."""
    for directory, names in (("", REPOSITORY.iterdir()), ("plugins", (REPOSITORY / "plugins").iterdir()),
                             ("plugins/modules", (REPOSITORY / "plugins/modules").iterdir())):
        (place / directory).mkdir(parents=True)
        for path in names:
            if path.name not in ("plugins", "modules", ".collections", *stand_ins):
                (place / directory / path.name).symlink_to(path)
    for name, text in stand_ins.items():
        (place / "plugins/modules" / name).write_text(text)


class Drill:
    """The hosts, and what a drill on them leaves."""

    def __init__(self, directory, url):
        self.directory, self.url = directory, url
        self.log, self.run, self.foreign = directory / "log", directory / "run", directory / "foreign"
        self.foreign.mkdir()
        (directory / "bin").mkdir()
        programs = {name: INTERPRETER % (name, self.run / name, sys.executable) for name in HOSTS}
        for name, text in dict(programs, ip=WAY).items():
            (directory / "bin" / name).write_text(text)
            (directory / "bin" / name).chmod(0o755)
        reports = {report["name"]: report["keepalived"] for report in drills.pair()}
        (directory / "reports.json").write_text(json.dumps(reports))
        installed(directory / "collections/ansible_collections/openvip/cluster", {
            "keepalived_info.py": KEEPALIVED % str(directory / "reports.json"),
            "drill_fault.py": FAULT % str(self.log)})
        hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": str(directory / "bin" / name)}
                 for name in HOSTS}
        (directory / "hosts.yml").write_text(yaml.safe_dump({
            "all": {"hosts": {"client": hosts.pop("client")}, "vars": {
                "ansible_become": False, "ansible_async_dir": str(directory / "async"),
                "ansible_remote_tmp": str(directory / ".ansible")}},
            "lb": {"hosts": hosts}}))

    def play(self, faults, *options):
        """Run it with these faults; where the shell was started is not where the play is."""
        values = {
            "failover_drill_faults": faults, "failover_drill_prober": "client", "failover_drill_url": self.url,
            "failover_drill_address": "198.18.0.100", "failover_drill_watchdog": 15, "failover_drill_fail": False,
            # a machine that does much else answers in time, too
            "failover_drill_interval": 0.01, "failover_drill_timeout": 0.5,
            "__failover_drill_directory": "$DRILL_RUN"}
        environment = dict(
            os.environ, PATH=f"{self.directory / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", PWD="/",
            HOME=str(self.directory), ANSIBLE_LOCAL_TEMP=str(self.directory / "tmp"), ANSIBLE_FORCE_COLOR="0",
            ANSIBLE_COLLECTIONS_PATH=str(self.directory / "collections"))
        return subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", str(self.directory / "hosts.yml"),
             "openvip.cluster.failover_drill", "--extra-vars", json.dumps(values), *options],
            env=environment, cwd=self.foreign, capture_output=True, text=True, check=False)

    def calls(self):
        """What was asked of the stand-in for faults: host, state, fault, and whether in check mode."""
        return [tuple(json.loads(line)) for line in self.log.read_text().splitlines()]

    def files(self):
        """What is in the directories of the drill on all hosts."""
        return [path for path in self.run.rglob("*") if path.is_file()]

    def running(self):
        """The processes that were started on the hosts and have not ended."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes()
            except OSError:
                continue
            if str(self.directory / ".ansible").encode() in words:
                found.append(words)
        return found


@pytest.fixture
def drill(tmp_path, url):
    """Two hosts and a prober."""
    return Drill(tmp_path, url)


@pytest.mark.parametrize("options", [["--check"], []])
def test_a_fault_that_cannot_be_done_is_refused_before_anything_begins(drill, options):
    done = drill.play(["keepalived_stop", "freeze"], *options)
    assert done.returncode != 0 and "freeze needs the program nft" in done.stdout, done.stdout + done.stderr
    assert "predicted outage" in done.stdout.partition("freeze needs")[0]
    assert drill.calls() == [("lb1", "injected", "keepalived_stop", True), ("lb1", "injected", "freeze", True)]
    assert drill.files() == [] and not drill.running() and list(drill.foreign.iterdir()) == []


def test_check_mode_shows_the_predicted_cost_and_does_nothing(drill):
    done = drill.play(["keepalived_stop", "link_down"], "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line.split('"')[1].split() for line in done.stdout.splitlines() if line.strip().startswith('"')]
    assert ["fault", "host", "predicted", "outage"] in shown
    assert ["keepalived_stop", "lb1", "3", "ms"] in shown and ["link_down", "lb1", "203-303", "ms"] in shown
    assert all(check for *dummy, check in drill.calls()) and drill.files() == []
    assert list(drill.foreign.iterdir()) == []


def test_a_play_that_ends_early_ends_what_watches_on_every_host_and_leaves_its_results(drill):
    done = drill.play(["keepalived_stop", "keepalived_kill"])
    assert done.returncode != 0 and "keepalived_kill could not be injected" in done.stdout, done.stdout + done.stderr
    assert drill.calls()[-1] == ("lb1", "undone", None, False)
    assert sorted(path.name for path in drill.run.iterdir()) == sorted(HOSTS) and drill.files() == []
    until = time.monotonic() + 10
    while drill.running() and time.monotonic() < until:
        time.sleep(0.1)
    assert not drill.running()
    results = json.loads((drill.foreign / "drill-results/drill.json").read_text())["results"]
    assert [result["fault"] for result in results] == ["keepalived_stop"]
    assert f"{drill.foreign}/drill-results/drill.html" in done.stdout


def test_the_results_are_where_the_user_is_and_the_last_line_says_so(drill):
    done = drill.play(["keepalived_stop"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (drill.foreign / "drill-results").iterdir()) == [
        "drill.html", "drill.json", "drill.txt", "drill.xml"]
    page = f"The page with the timelines: {drill.foreign}/drill-results/drill.html"
    lines = [line.strip().strip('",') for line in done.stdout.splitlines()]
    assert page in lines and lines.index(page) > max(
        number for number, line in enumerate(lines) if line.startswith("keepalived_stop"))
    assert drill.files() == [] and not (REPOSITORY / "playbooks/drill-results").exists()
