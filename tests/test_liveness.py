"""Which process is which: the number, and the start that tells it from a later one of the same number."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from spec_kitty_hooks.liveness import Process, identify, is_running


def test_a_process_is_itself_while_it_runs() -> None:
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE)
    known = identify(child.pid)
    assert known == identify(child.pid)
    assert is_running(known)
    child.communicate(b"\n")
    assert not is_running(known)
    assert identify(child.pid) == Process(pid=child.pid)


def test_another_start_is_another_process() -> None:
    ours = identify(os.getpid())
    assert ours.created_at
    assert is_running(ours)
    assert not is_running(ours.replace(created_at="1.5"))
    assert is_running(ours.replace(created_at="")), "what cannot be disproved counts as running"


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1, 10**30])
def test_what_is_no_process_does_not_run(pid: int) -> None:
    assert not is_running(Process(pid=pid))


@pytest.mark.peer
def test_the_start_is_spelled_as_the_released_client_spells_it(peer_python: str) -> None:
    code = "import sys, psutil; print(psutil.Process(int(sys.argv[1])).create_time())"
    ran = subprocess.run([peer_python, "-c", code, str(os.getpid())], capture_output=True, text=True, check=True)
    assert identify(os.getpid()).created_at == ran.stdout.strip()
