# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""A Docker engine for the lab: the one that already answers, or else one of its own.

    eval "$(tests/lab/engine up)"    have an engine, and DOCKER_HOST name it
    eval "$(tests/lab/engine which)" the same, but never start one; exit code 3 when none answers
    tests/lab/engine status          say which engine answers; exit code 3 when none does
    tests/lab/engine down            stop the engine that `up` started, with all its containers

An engine that answers `docker info` is used as it is and never stopped. Where none answers, root on Debian or one of
its relatives gets one: docker.io from the distribution where it is missing, started with a data directory, a socket and
a pid file of its own, so it meets no other engine's containers. Progress goes to standard error, standard output is for
the shell.
"""

import http.client
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

STATE = pathlib.Path("/run/openvip-lab")
SOCKET = STATE / "docker.sock"
PID_FILE = STATE / "dockerd.pid"
LOG = STATE / "dockerd.log"
DATA = pathlib.Path("/var/lib/openvip-lab")
HOST = f"unix://{SOCKET}"
COMMAND = (
    "dockerd",
    f"--host={HOST}",
    f"--pidfile={PID_FILE}",
    f"--data-root={DATA}",
    f"--exec-root={STATE}/exec",
    # The lab makes its networks itself; docker0 stays free for another engine.
    "--bridge=none",
    # Where a system-wide containerd runs, dockerd uses it: keep apart from what else it holds.
    "--containerd-namespace=openvip-lab",
    "--containerd-plugins-namespace=openvip-lab-plugins",
)
CONTAINERD_PID_FILE = STATE / "exec/containerd/containerd.pid"
PROGRAMS = ("dockerd", "containerd", "containerd-shim", "containerd-shim-runc-v2", "docker-proxy")
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Written by openvip.cluster's tests/lab/engine for the time of one installation.\nexit 101\n"
INSTALL_SECONDS = 900
READY_SECONDS = 60
STOP_SECONDS = 90


class EngineError(Exception):
    """The engine cannot be had or stopped; the text names the remedy."""


def say(text):
    print(f"engine: {text}", file=sys.stderr, flush=True)


def answers(host=None):
    """Ask the engine at host (or the client's own choice) for its version: (True, version) or (False, reason)."""
    if shutil.which("docker") is None:
        return False, "no docker command is installed"
    environment = dict(os.environ, DOCKER_HOST=host) if host else os.environ
    command = ["docker", "info", "--format", "{{.ServerVersion}}"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False, "the engine did not answer within 20 seconds"
    # Some clients print an error and yet exit with 0: only a version is an answer.
    if done.returncode == 0 and done.stdout.strip():
        return True, done.stdout.strip()
    lines = done.stderr.strip().splitlines()
    return False, lines[-1] if lines else "docker info printed nothing"


def client_host():
    """The address that the docker client uses by itself, from DOCKER_HOST or the current context."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip() or "unix:///var/run/docker.sock"


def arguments_of(pid):
    """The argument list of a process; empty when there is none or it has ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def own_pid():
    """The pid of the engine that `up` started, or None: a number in a stale pid file may belong to anybody."""
    try:
        pid = int(PID_FILE.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if f"--data-root={DATA}" in arguments_of(pid) else None


def own_processes():
    """The processes of our engine, known by a path of ours among their arguments: {pid: program}."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        arguments = arguments_of(entry.name)
        program = os.path.basename(arguments[0]) if arguments else ""
        if program in PROGRAMS and any(str(path) in argument for argument in arguments for path in (STATE, DATA)):
            found[int(entry.name)] = program
    return found


def wait_until(condition, seconds):
    """Poll every 100 ms until condition() is true; False when it is not within the seconds."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def pinged():
    """Whether our socket answers the engine's ping."""
    connection = http.client.HTTPConnection("localhost", timeout=5)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.sock.settimeout(5)
        connection.sock.connect(str(SOCKET))
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def log_tail():
    lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    return "".join(f"    {line}\n" for line in [line for line in lines if "level=info" not in line][-10:])


def is_debian():
    try:
        text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    names = f"{values.get('ID', '')} {values.get('ID_LIKE', '')}".replace('"', "").split()
    return "debian" in names and shutil.which("apt-get") is not None


def apt(*words):
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    options = ("-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0")
    command = ["apt-get", "-qq", *options, *words]
    try:
        subprocess.run(command, env=environment, stdout=sys.stderr, timeout=INSTALL_SECONDS, check=True)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"`{shlex.join(command)}` did not end within {INSTALL_SECONDS} seconds.") from error
    except subprocess.CalledProcessError as error:
        raise EngineError(f"`{shlex.join(command)}` failed; its messages are above.") from error


def install():
    """Install the engine's packages from the distribution."""
    say("installing docker.io and iptables")
    # Without systemd as PID 1 the package's start script may fail, and with it the installation.
    forbid_start = not os.path.isdir("/run/systemd/system") and not POLICY.exists()
    try:
        if forbid_start:
            POLICY.write_text(POLICY_TEXT, encoding="ascii")
            POLICY.chmod(0o755)
        apt("update")
        apt("install", "--yes", "--no-install-recommends", "docker.io", "iptables")
        if shutil.which("docker") is None:
            # Since Debian 13 the client is a package of its own.
            apt("install", "--yes", "--no-install-recommends", "docker-cli")
    finally:
        if forbid_start:
            POLICY.unlink(missing_ok=True)


def start():
    """Start our own engine and wait until it answers."""
    STATE.mkdir(mode=0o755, exist_ok=True)
    for stale in (PID_FILE, SOCKET):
        stale.unlink(missing_ok=True)
    if "containerd" not in own_processes().values():
        # dockerd would wait in vain for the containerd that once had this number.
        CONTAINERD_PID_FILE.unlink(missing_ok=True)
    say(f"starting dockerd, log in {LOG}")
    with open(LOG, "wb") as log:
        process = subprocess.Popen(
            COMMAND, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )
    if not wait_until(lambda: process.poll() is not None or pinged(), READY_SECONDS):
        process.terminate()
        raise EngineError(f"dockerd was not ready after {READY_SECONDS} seconds. It last wrote:\n{log_tail()}")
    if process.poll() is not None:
        raise EngineError(f"dockerd ended with {process.returncode}. It last wrote:\n{log_tail()}")


def use(host):
    """Tell the calling shell which engine it has."""
    print(f"export DOCKER_HOST={shlex.quote(host)}")


def find():
    """The engine that answers: (its address, its version), or (None, why none does)."""
    ready, detail = answers()
    if ready:
        return client_host(), detail
    if os.environ.get("DOCKER_HOST", HOST) != HOST:
        # Somebody chose an engine: no other one may stand in for it.
        chosen = os.environ["DOCKER_HOST"]
        return None, f"start the one that DOCKER_HOST={chosen} names, or unset DOCKER_HOST ({detail})"
    if own_pid():
        own_ready, version = answers(HOST)
        if own_ready:
            return HOST, version
    return None, detail


def up():
    host, detail = find()
    if host:
        say(f"Docker {detail} answers at {host}")
        return use(host)
    if os.environ.get("DOCKER_HOST", HOST) != HOST:
        raise EngineError(f"no engine answers: {detail}")
    if os.geteuid() != 0 or not is_debian():
        raise EngineError(
            f"no Docker engine answers: {detail}.\n"
            "Install and start one, and let your user reach it (Debian, Ubuntu: apt-get install docker.io iptables; "
            "Fedora: dnf install moby-engine; others: https://docs.docker.com/engine/install/).\n"
            "Or set DOCKER_HOST to an engine elsewhere. Or run this as root on Debian, where it is done for you."
        )
    if shutil.which("dockerd") is None or shutil.which("iptables") is None or shutil.which("docker") is None:
        install()
        ready, detail = answers()
        if ready:
            say(f"the package started its own service: Docker {detail} answers at {client_host()}")
            return use(client_host())
    if own_pid():
        say("the lab's own engine runs but does not answer: it is stopped first")
        stop(own_pid())
    start()
    ready, detail = answers(HOST)
    if not ready:
        raise EngineError(f"dockerd runs, but the client cannot use it: {detail}.")
    say(f"Docker {detail} is ready at {HOST}")
    return use(HOST)


def stop(pid):
    """End our engine and what belongs to it, and wait until it is gone."""
    os.kill(pid, signal.SIGTERM)
    if not wait_until(lambda: own_pid() != pid and not own_processes(), STOP_SECONDS):
        say(f"still there after {STOP_SECONDS} seconds: killed")
        for each in own_processes():
            os.kill(each, signal.SIGKILL)
        if not wait_until(lambda: not own_processes(), 10):
            raise EngineError(f"processes that cannot be killed: {', '.join(map(str, own_processes()))}")
    # dockerd leaves its data directory mounted on itself, so that nobody could remove it.
    mounted = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for path in reversed(mounted):
        if any(root in (pathlib.Path(path), *pathlib.Path(path).parents) for root in (STATE, DATA)):
            subprocess.run(["umount", path], check=False)
    for stale in (PID_FILE, SOCKET):
        stale.unlink(missing_ok=True)


def down():
    if own_pid() is None and own_processes():
        # dockerd was killed and left containers behind; only dockerd itself ends them properly.
        say("a killed engine left processes behind: it is started once more to end them")
        start()
    pid = own_pid()
    if pid is None:
        return say("the lab's own engine does not run; nothing to stop")
    say(f"stopping dockerd, process {pid}")
    stop(pid)
    return say(f"stopped; images are kept in {DATA}")


def which():
    host, detail = find()
    if host is None:
        say(f"no engine answers: {detail}")
        sys.exit(3)
    use(host)


def status():
    host, detail = find()
    if host is None:
        say(f"no engine answers: {detail}")
        sys.exit(3)
    owner = f"the lab's own, process {own_pid()}" if host == HOST else "not the lab's own"
    say(f"Docker {detail} at {host}, {owner}")


def interrupted(number, _frame):
    raise EngineError(f"interrupted by signal {number}")


def main():
    actions = {"up": up, "which": which, "status": status, "down": down}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(actions)}")
    signal.signal(signal.SIGTERM, interrupted)
    # `su` without a login shell leaves out the directories that hold iptables and dockerd.
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    try:
        actions[sys.argv[1]]()
    except EngineError as error:
        sys.exit(f"engine: {error}")
    except PermissionError as error:
        sys.exit(f"engine: {error}. Run this as root.")


if __name__ == "__main__":
    main()
