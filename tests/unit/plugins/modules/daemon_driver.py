# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules against a real keepalived and prints what happened; see the tests beside it.

    python daemon_driver.py whole|edit|moved|pid_dir DIRECTORY
    python daemon_driver.py tracked DIRECTORY KEEPALIVED JSON|text

in a network namespace with eth0, 198.18.0.11/24.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils import _info
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import Build, installed
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.reads import reads
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.modules import keepalived_config, keepalived_info, vrrp_instance

CONFIG = {
    "global_defs": {"router_id": "lb1"},
    "vrrp_instance": [{
        "name": "VI_1", "state": "BACKUP", "interface": "eth0", "virtual_router_id": 51, "priority": 250,
        "authentication": {"auth_type": "PASS", "auth_pass": "Xq7secre"},
        "virtual_ipaddress": ["198.18.0.100/24"]}],
}
HAND = """\
! written by hand, by the night shift
global_defs {
\trouter_id lb1\t# our name
}

vrrp_instance VI_1
{
\tstate BACKUP
\tinterface eth0   ! the only one
\tvirtual_router_id 51
\tpriority 250
\tvirtual_ipaddress { 198.18.0.100/24 }
}
# nothing below
"""


def run(module, **options):
    """Run a module and return its result."""
    arguments = dict({"_ansible_remote_tmp": options["path"].rpartition("/")[0]}, **options)
    output = io.StringIO()
    with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    return json.loads(output.getvalue().splitlines()[-1])


def held():
    """Return the virtual addresses on eth0."""
    listed = json.loads(subprocess.run(["ip", "-json", "address", "show", "dev", "eth0"], capture_output=True,
                                       check=True).stdout)
    return sorted(entry["local"] for entry in listed[0]["addr_info"] if entry["local"].startswith("198.18.0.10"))


def wait_for(wanted):
    """Return what is held as soon as it is what is wanted, or after ten seconds whatever it is."""
    end = time.monotonic() + 10
    while held() != wanted and time.monotonic() < end:
        os.sched_yield()
    return held()


@contextlib.contextmanager
def daemon(path, program="keepalived", ready=lambda: held() == ["198.18.0.100"]):
    """A running keepalived that holds its address, or is ready otherwise; gives the file with its process id."""
    process = subprocess.Popen([program, "--dont-fork", "--log-console", "--use-file", path],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while not ready() and time.monotonic() < end:
            os.sched_yield()
        yield Path("/run/keepalived.pid")
    finally:
        process.terminate()
        process.wait(10)


def dumps():
    """Return the dumps of keepalived's that are there; before 2.2.5 it writes them to /tmp in any case."""
    places = [Path(tempfile.gettempdir()), *([Path("/tmp")] if os.path.ismount("/tmp") else [])]
    return {str(found) for place in places for found in place.glob("keepalived*.*")}


def whole(path):
    """The whole file is written by keepalived_config."""
    before = dumps()
    story = {"first": run(keepalived_config, config=CONFIG, path=path)}
    with daemon(path) as pid_file:
        story["pid_before"] = pid_file.read_text(encoding="ascii")
        more = copy.deepcopy(CONFIG)
        more["vrrp_instance"][0]["virtual_ipaddress"].append("198.18.0.101/24")
        story["added"] = run(keepalived_config, config=more, path=path)
        story["added_addresses"] = wait_for(["198.18.0.100", "198.18.0.101"])
        story["pid_after"] = pid_file.read_text(encoding="ascii")
        story["info"] = run(keepalived_info, path=path)
        story["reads"] = [reads(int(story["pid_after"]), file) for file in (path, "/etc/keepalived/other.conf")]
        story["dumps"] = sorted(dumps() - before)
        story["good_text"] = Path(path).read_text(encoding="utf-8")
        # A run that ended between the writing and the reload.
        lost = copy.deepcopy(more)
        lost["vrrp_instance"][0]["virtual_ipaddress"].append("198.18.0.102/24")
        run(keepalived_config, config=lost, path=path, reload=False)
        story["lost_check"] = run(keepalived_config, config=lost, path=path, _ansible_check_mode=True)
        story["lost"] = run(keepalived_config, config=lost, path=path)
        story["lost_addresses"] = wait_for(["198.18.0.100", "198.18.0.101", "198.18.0.102"])
        story["lost_again"] = run(keepalived_config, config=lost, path=path)
        run(keepalived_config, config=more, path=path)
        wait_for(["198.18.0.100", "198.18.0.101"])
        story["refused"] = run(keepalived_config, config=dict(more, raw=["no_such_word 5"]), path=path)
        story["refused_text"] = Path(path).read_text(encoding="utf-8")
        # A keyword without its value ends the daemon (lib/parser.c), which --config-test would have told.
        lethal = dict(more, raw=["vrrp_instance VI_2 {\n    priority\n}"])
        story["broken"] = run(keepalived_config, config=lethal, path=path, config_test=False)
        story["broken_text"] = Path(path).read_text(encoding="utf-8")
    return story


def moved(path):
    """An address moves from an instance to an earlier one; then the daemon reads another file."""
    def config(first, second):
        instances = [dict(CONFIG["vrrp_instance"][0], name="VI_1", virtual_ipaddress=first),
                     dict(CONFIG["vrrp_instance"][0], name="VI_2", virtual_router_id=52, virtual_ipaddress=second)]
        return dict(CONFIG, vrrp_instance=instances)

    everything = ["198.18.0.100", "198.18.0.101", "198.18.0.102"]
    before = config(["198.18.0.100/24"], ["198.18.0.102/24", "198.18.0.101/24"])
    after = config(["198.18.0.100/24", "198.18.0.101/24"], ["198.18.0.102/24"])
    story = {"first": run(keepalived_config, config=before, path=path)}
    with daemon(path) as pid_file:
        story["held"] = wait_for(everything)
        story["check"] = run(keepalived_config, config=after, path=path, _ansible_check_mode=True)
        story["moved"] = run(keepalived_config, config=after, path=path)
        story["moved_held"] = wait_for(everything)
        story["again"] = run(keepalived_config, config=after, path=path)
        other = path + ".other"
        Path(other).write_text(Path(path).read_text(encoding="utf-8"), encoding="utf-8")
        story["other"] = run(keepalived_config, config=before, path=other)
        story["other_same"] = Path(other).read_text(encoding="utf-8") == Path(path).read_text(encoding="utf-8")
        # A daemon that does not answer any more: it is stopped after the reload was sent.
        number = int(pid_file.read_text(encoding="ascii"))
        original = control.reload

        def reload(unit, process):
            original(unit, process)
            for child in Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGSTOP)

        control.reload = reload
        story["silent"] = run(keepalived_config, config=config(["198.18.0.100/24", "198.18.0.101/24"],
                                                               ["198.18.0.102/24", "198.18.0.103/24"]), path=path)
        control.reload = original
        for child in Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split():
            os.kill(int(child), signal.SIGCONT)
        story["silent_text"] = "198.18.0.103" in Path(path).read_text(encoding="utf-8")
    return story


def edit(path):
    """One instance is put into a file that was written by hand, changed, and taken out again."""
    Path(path).write_text(HAND, encoding="utf-8")
    second = {"name": "VI_2", "interface": "eth0", "virtual_router_id": 52, "priority": 250,
              "virtual_ipaddress": ["198.18.0.101/24"], "path": path}
    story = {"hand": HAND}
    with daemon(path) as pid_file, subprocess.Popen(
            ["ip", "-oneline", "monitor", "address"], stdout=subprocess.PIPE, text=True) as monitor:
        story["pid_before"] = pid_file.read_text(encoding="ascii")
        steps = {"added": {}, "again": {}, "changed": {"priority": 240}, "gone": {"state": "absent"}}
        for step, options in steps.items():
            story[step] = run(vrrp_instance, **{**second, **options})
            story[step + "_text"] = Path(path).read_text(encoding="utf-8")
            story[step + "_addresses"] = wait_for(
                ["198.18.0.100"] if step == "gone" else ["198.18.0.100", "198.18.0.101"])
            story[step + "_info"] = run(keepalived_info, path=path)["vrrp_instance"]
        story["pid_after"] = pid_file.read_text(encoding="ascii")
        # What the kernel did to the addresses meanwhile; the last line is known to come.
        subprocess.run(["ip", "address", "add", "198.18.0.199/24", "dev", "eth0"], check=True)
        story["moves"] = []
        for line in monitor.stdout:
            if "198.18.0.199/" in line:
                break
            story["moves"].append(line)
        monitor.terminate()
    return story


def pid_dir(path):
    """A daemon whose pid file is in the directory, beside one of an instance that reads another file."""
    other, files = path + ".other", [Path("/run/keepalived", name) for name in ("keepalived_a.pid", "keepalived.pid")]
    second = dict(CONFIG["vrrp_instance"][0], name="VI_2", virtual_router_id=52, virtual_ipaddress=["198.18.0.200/24"])
    Path(other).write_text(render(dict(CONFIG, instance="a", vrrp_instance=[second])), encoding="utf-8")
    ours = dict(copy.deepcopy(CONFIG), use_pid_dir=True)
    Path(path).write_text(render(ours), encoding="utf-8")
    story = {}
    with daemon(other, ready=files[0].exists), daemon(path):
        story["usual"] = Path("/run/keepalived.pid").exists()
        story["pids"] = [file.read_text(encoding="ascii").strip() for file in files]
        story["info"] = run(keepalived_info, path=path)
        ours["vrrp_instance"][0]["virtual_ipaddress"].append("198.18.0.101/24")
        story["added"] = run(keepalived_config, config=ours, path=path)
        story["addresses"] = wait_for(["198.18.0.100", "198.18.0.101"])
    return story


def tracked(path, program="keepalived", kind="JSON"):
    """An instance tracks a script and a file, first the one and then the other is bad.

    :param kind: of the dump that the daemon is asked for.
    """
    if kind == "text":
        def without_json(binary):
            build = installed(binary)
            return build and Build(build.version, build.options - {"JSON"})

        for module in (_info, state):
            module.installed = without_json
    well, number = Path("/run/well"), Path("/run/number")
    well.touch()
    number.write_text("0", encoding="ascii")
    # A daemon that has run something as another user closes its entry in /proc (prctl(2), PR_SET_DUMPABLE).
    config = dict(CONFIG, global_defs={"router_id": "lb1", "script_user": "nobody"}, vrrp_script=[
        {"name": "chk_well", "script": "/usr/bin/test -e %s" % well, "interval": 1, "weight": -20}],
        track_file=[{"name": "number", "file": str(number)}], vrrp_instance=[
            dict(CONFIG["vrrp_instance"][0], track_script=["chk_well"], track_file=["number weight 0"])])
    Path(path).write_text(render(config), encoding="utf-8")
    before = dumps()
    with daemon(path, program):
        def until(good):
            """Return what info says once it says it, or after ten seconds whatever it is."""
            end = time.monotonic() + 10
            while True:
                info = run(keepalived_info, path=path, binary=program)
                if good(info["vrrp_instance"][0]) or time.monotonic() > end:
                    return info

        story = {"good": until(lambda instance: instance["effective_priority"] == 250)}
        well.unlink()
        story["script"] = until(lambda instance: instance["effective_priority"] == 230)
        number.write_text("1", encoding="ascii")
        story["file"] = until(lambda instance: instance["state"] == "FAULT")
    story["dumps"] = sorted(dumps() - before)
    return story


def main(scenario, directory, *program):
    path = os.path.join(directory, "keepalived.conf")
    scenarios = {"whole": whole, "edit": edit, "moved": moved, "pid_dir": pid_dir, "tracked": tracked}
    print(json.dumps(scenarios[scenario](path, *program)))


if __name__ == "__main__":
    main(*sys.argv[1:])
