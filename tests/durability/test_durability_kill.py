"""R1: a writer is killed at every call to the kernel that touches the log, its lock, the copy or their directories.

The calls come from a trace of an undisturbed run, so that a new one is covered by itself. The commit is made by git;
there our process is killed wherever it starts a git or waits for one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.committing import Committing
from support.forks import Forks, leave_unmeasured
from support.hooks import product_root
from support.sealed import sealed_environment
from support.shapes import SHAPES, TORN
from support.strace import Call, find_strace, parse_calls
from support.tally import Tally
from support.workshop import EVENT, LANE, NEXT, Workshop, count_event

Counting = Callable[[str, str], Tally]

pytestmark = [pytest.mark.usefixtures("traced"), pytest.mark.unmeasured]

_SYNCS = ("fsync", "fdatasync")
_LOOKING = ("read", "pread64", "lseek", "newfstatat", "fstat", "stat", "lstat", "statx", "ioctl", "fcntl")
#: In these every call; in the others those that change something, for a call that looks leaves what was there before.
_CI_SHAPES = ("missing", "one line", TORN)


def is_change(call: Call) -> bool:
    """Tell whether a call may leave something behind: on the disk, or in who holds a lock."""
    return call.name not in _LOOKING and not (call.name == "openat" and "O_CREAT" not in call.arguments)


def at_call(call: Call) -> tuple[str, ...]:
    """Return strace's options that kill a process at one call, before it is carried out."""
    return "-e", f"trace={call.name}", "-e", f"inject={call.name}:signal=SIGKILL:when={call.count}"


def kill_everywhere(
    workshop: Workshop, shape: str, retry: bool, count: Tally, *, every: bool = False, variant: str = ""
) -> None:
    """Kill a run at each of its calls, and count what became of the events there, after a retry and after another one.

    An acknowledgement before the last flush counts as a loss: it is one as soon as the power fails.
    """
    workshop.reset(shape, retry=retry)
    calls = workshop.trace(variant=variant)
    durable_from = max((at for at, call in enumerate(calls) if call.name in _SYNCS), default=-1)
    mend = workshop.shapes["CRLF"] if shape == TORN else None
    for at, call in enumerate(calls):
        if not (every or is_change(call)):
            continue
        workshop.reset(shape, retry=retry)
        run, _calls = workshop.run(*at_call(call), variant=variant)
        assert run.ended.code == -9, (call, run.ended)
        count.runs += 1
        count.tracebacks += run.broken
        copies = count_event(run.after, EVENT)
        count.lost += run.acknowledged and (not copies or at <= durable_from)
        count.lost += not workshop.has_all(run.before, run.after)
        count.doubled += copies > 1
        workshop.prove(count, mend=mend, variant=variant)


@pytest.mark.parametrize("retry", [False, True], ids=["first", "retry"])
@pytest.mark.parametrize("shape", SHAPES)
def test_whoever_is_killed_loses_nothing_and_can_go_on(
    shape: str, retry: bool, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R1", "killed at every call")
    kill_everywhere(workshop, shape, retry, count, every=shape in _CI_SHAPES)
    count.check()


@pytest.mark.soak
@pytest.mark.parametrize("retry", [False, True], ids=["first", "retry"])
@pytest.mark.parametrize("shape", SHAPES)
def test_whoever_is_killed_at_any_call_in_any_log_loses_nothing(
    shape: str, retry: bool, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R1", "killed at every call, in every log")
    kill_everywhere(workshop, shape, retry, count, every=True)
    count.check()


@pytest.mark.parametrize(
    ("variant", "shape", "retry"),
    [
        ("acknowledge_before_sync", "one line", False),
        ("rewrite_the_whole_file", "one line", False),
        ("write_in_two_pieces", "one line", False),
        ("forget_ids", "one line", True),
    ],
)
def test_kills_find_a_writer_that(variant: str, shape: str, retry: bool, workshop: Workshop) -> None:
    count = Tally("R1", variant)
    kill_everywhere(workshop, shape, retry, count, variant=variant)
    assert count.lost + count.doubled > 0


# -- with the commit


@pytest.fixture(scope="module", params=[True, False], ids=["checked out", "checked out nowhere"])
def committing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Committing:
    place = tmp_path_factory.mktemp("committing")
    return Committing(place, sealed_environment(place / ".sealed"), forks, here=request.param)


def test_whoever_is_killed_between_two_steps_of_the_commit_leaves_one_that_can_be_finished(
    committing: Committing, tally: Counting
) -> None:
    count = tally("R1", "killed at every git of a commit")
    committing.reset()
    for call in committing.find_steps():
        committing.reset()
        run, _calls = committing.run(*at_call(call))
        assert run.ended.code == -9, (call, run.ended)
        count.runs += 1
        count.lost += not run.after.startswith(run.before)
        for event_id, (again, _calls) in ((EVENT, committing.run()), (NEXT, committing.run(next_one=True))):
            copies = count_event(committing.read_committed(), event_id)
            count.lost += not again.acknowledged or not copies
            count.doubled += copies > 1
            count.tracebacks += again.broken
            assert again.ended.said[1:] == ()
        assert committing.repo.ask("status", "--porcelain") == ""
    assert committing.repo.git("fsck", "--strict", "--no-dangling", "--no-progress").stdout == ""
    count.check()


# -- through the command line

_MAIN = "import sys; sys.path.insert(0, sys.argv.pop(1)); from spec_kitty_hooks.__main__ import main; main()"
_WORDS = ("transition", "WP01", "--to", LANE, "--force", "--reason", "a test", "--actor", "agent", "--no-commit")


def command(workshop: Workshop, *options: str, output: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line under strace, told of the log and its lock."""
    paths = [word for path in (workshop.log, workshop.lock) for word in ("-P", str(path))]
    strace = [find_strace(), "-y", "-e", "signal=none", "-o", str(output), *options, *paths]
    python = [sys.executable, "-I", "-B", "-c", _MAIN, str(product_root())]
    words, env = [*strace, *python, *_WORDS, "--event-id", EVENT], leave_unmeasured(workshop.repo.env)
    return subprocess.run(words, cwd=workshop.repo.path, env=env, capture_output=True, text=True, check=False)


def test_the_command_itself_can_be_killed(workshop: Workshop, tmp_path: Path, tally: Counting) -> None:
    count = tally("R1", "the command is killed")
    workshop.reset("no final newline")
    assert command(workshop, output=tmp_path / "trace").returncode == 0
    calls = [call for call in parse_calls((tmp_path / "trace").read_text()) if is_change(call)]
    assert {call.name for call in calls} >= {"openat", "flock", "write", "fsync", "close"}
    for call in calls:
        workshop.reset("no final newline")
        before = workshop.read()
        killed = command(workshop, *at_call(call), output=tmp_path / "trace")
        assert killed.returncode == -9
        count.runs += 1
        count.tracebacks += "Traceback" in killed.stderr
        copies = count_event(workshop.read(), EVENT)
        count.lost += bool(killed.stdout) or not workshop.has_all(before, workshop.read())
        count.doubled += copies > 1
        workshop.prove(count)
    count.check()
