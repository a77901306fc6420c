# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kernel that is a process: what its command says comes out, and nothing of it stays behind."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.lab import user_mode

pytestmark = pytest.mark.kernel


def processes_naming(directory):
    """Return the command lines of all processes that name the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:  # the process has ended
            continue
    return [line for line in found if str(directory).encode() in line]


def left_behind(directory):
    """Return what of a kernel is still there 5 s later: its processes are killed at once, and end one by one."""
    end = time.monotonic() + 5
    while (found := processes_naming(directory)) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def test_the_command_runs_in_another_kernel(tmp_path):
    said = user_mode.run(["cat", "/proc/sys/kernel/osrelease"], tmp_path)
    assert (Path(user_mode.MODULES) / said.strip()).is_dir()
    assert left_behind(tmp_path) == []


def test_a_command_that_fails_is_an_error_with_what_it_said(tmp_path):
    with pytest.raises(user_mode.UserModeError, match="no such thing"):
        user_mode.run(["sh", "-c", "echo there is no such thing; exit 3"], tmp_path)
    assert left_behind(tmp_path) == []


def test_a_command_that_does_not_end_is_killed(tmp_path):
    with pytest.raises(user_mode.UserModeError, match="did not end within 3 s"):
        user_mode.run(["sleep", "infinity"], tmp_path, seconds=3)
    assert left_behind(tmp_path) == []


# Sets the first 576 bytes of the floating-point registers of a process, the least that there is, and prints the error
# number and what its xmm0 is then.
SET = """\
import ctypes, os, signal
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
TRACEME, GETREGSET, SETREGSET, NT_X86_XSTATE, XMM0, BITS = 0, 0x4204, 0x4205, 0x202, 160, 512
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
def call(request, registers, size):
    vector = Vector(ctypes.addressof(registers), size)
    result = ptrace(request, child, NT_X86_XSTATE, ctypes.addressof(vector))
    return ctypes.get_errno() if result else 0
child = os.fork()
if not child:
    ptrace(TRACEME, 0, None, None)
    os.kill(os.getpid(), signal.SIGSTOP)
os.waitpid(child, 0)
registers = ctypes.create_string_buffer(65536)
assert call(GETREGSET, registers, 65536) == 0
registers[XMM0:XMM0 + 16] = b"sixteen letters!"
registers[BITS] = bytes([registers.raw[BITS] | 2])
error = call(SETREGSET, registers, 576)
after = ctypes.create_string_buffer(65536)
assert call(GETREGSET, after, 65536) == 0
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
print(error, after.raw[XMM0:XMM0 + 16] == b"sixteen letters!", after.raw[576:] == registers.raw[576:])
"""


def test_a_part_of_the_registers_is_set_only_with_the_library(tmp_path):
    library = user_mode.compile_xstate(tmp_path)

    def run(**environment):
        return subprocess.run([sys.executable, "-c", SET], env=dict(os.environ, **environment), capture_output=True,
                              text=True, timeout=60, check=True).stdout

    assert run() == f"{errno.EFAULT} False True\n"
    assert run(LD_PRELOAD=str(library)) == "0 True True\n"


def test_a_source_that_cannot_be_compiled_is_an_error_with_what_the_compiler_said(tmp_path, monkeypatch):
    source = tmp_path / "wrong.c"
    source.write_text("no C\n")
    monkeypatch.setattr(user_mode, "XSTATE", source)
    with pytest.raises(user_mode.UserModeError, match=r"gcc cannot compile .*wrong\.c:\n.*error"):
        user_mode.compile_xstate(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(user_mode.UserModeError, match="apt-get install gcc"):
        user_mode.compile_xstate(tmp_path)
