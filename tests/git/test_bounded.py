"""A program with a limited time: over with everything that it started, and nobody to ask."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from spec_kitty_hooks.git.bounded import run_bounded

ENDLESS = 60.0  # seconds: nothing here comes near it


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "child"
    script = f"sleep 1000 & echo $! > {note}; trap '' TERM; sleep 1000; sleep 1000"
    ended = run_bounded(["/bin/sh", "-c", f"echo said; {script}"], os.environ, 0.5)
    assert (ended.rc, ended.said) == (None, b"said\n")
    state = Path(f"/proc/{int(note.read_text())}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_child_that_escaped_with_our_streams_holds_nobody_up() -> None:
    ended = run_bounded(["/bin/sh", "-c", "setsid sleep 5 & echo said"], os.environ, ENDLESS)
    assert (ended.rc, ended.said) == (0, b"said\n")


def test_nobody_can_be_asked() -> None:
    script = "test -t 0 && echo terminal; (: < /dev/tty) 2>/dev/null && echo tty; cat; exit 3"
    ended = run_bounded(["/bin/sh", "-c", script], os.environ, ENDLESS)
    assert (ended.rc, ended.said) == (3, b"")


def test_of_much_that_is_said_the_end_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spec_kitty_hooks.limits.SAID_BYTES", 5)
    assert run_bounded(["/bin/sh", "-c", "echo 123456789"], os.environ, ENDLESS).said == b"6789\n"


def test_an_interrupted_wait_ends_the_program_too(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    wait = subprocess.Popen.wait

    def interrupt(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is None:
            return wait(process)
        started.append(process.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_bounded(["/bin/sh", "-c", "sleep 1000"], os.environ, ENDLESS)
    assert not Path(f"/proc/{started[0]}").exists()
