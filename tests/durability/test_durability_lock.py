"""R9: whoever holds the lock, and whatever becomes of it, no two writers decide on the same log (reliability 6)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.holders import CLIENTS, MOVE, OURS, STOPPING, THEIRS, Holder
from support.hooks import product_root
from support.ledger import Ledger
from support.missions import Mission
from support.repo import Repo
from support.tally import Tally

from spec_kitty_hooks import errors, transitions
from spec_kitty_hooks.errors import HooksError
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.journal import lock_path
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.model.ids import new_ulid
from spec_kitty_hooks.overview import Overview

BEFORE_APPENDING = ("spec_kitty_hooks.recorder", "Recorder", "append")
BEFORE_WRITING = ("spec_kitty_hooks.mission.journal", "OpenLog", "append")
BEFORE_LOCKING = ("spec_kitty_hooks.filelock", "", "_lock")
SHORT = 0.2  # seconds


@pytest.fixture
def runs(tally: Callable[[str, str], Tally]) -> Iterator[Tally]:
    """The count of R9, one run for each test."""
    found = tally("R9", "lock held, left behind, deleted")
    found.runs += 1
    yield found
    found.check()


@pytest.fixture
def lock(mission: Mission) -> Path:
    """The lock of the mission's log, which nobody has made yet."""
    return Path(os.fsdecode(lock_path(os.fsencode(mission.repo.common_dir()), mission.directory)))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let transitions of this process wait for a lock no longer than a moment."""
    monkeypatch.setattr(transitions, "LOCK_SECONDS", SHORT)


def claim(actor: str) -> dict[str, Any]:
    event_id = new_ulid(datetime.now(UTC).timestamp(), os.urandom(10))
    words = {"work_package_id": "WP01", "to_lane": "claimed", "expect": "planned"}
    return {**words, "actor": actor, "event_id": event_id}


def attempt(repo: Repo, wanted: dict[str, Any]) -> str | HooksError:
    """Ask for a transition from here; return the outcome, or the refusal."""
    with Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        mission = Overview(git).list_missions()[0][0]
        try:
            now = datetime.now(UTC)
            return transitions.transition(git, repo.env, mission, Request(**wanted), now=now, commit=False).outcome
        except HooksError as error:
            return error


def move(repo: Repo, wanted: dict[str, Any]) -> str:
    """The same, with a refusal's code only."""
    found = attempt(repo, wanted)
    return found if isinstance(found, str) else found.code


def stopped(repo: Repo, before: tuple[str, str, str], prelude: str = "") -> Holder:
    """Return a claim of WP01 that has stopped before a function."""
    words = (*before, json.dumps(claim("first")))
    return Holder(prelude + STOPPING + MOVE, *words, env=repo.env, cwd=repo.path).arrive()


def check_one_claim(mission: Mission) -> None:
    ledger = Ledger.read(mission.repo.path / mission.log_path)
    assert [record["from_lane"] for record in ledger.chains()["WP01"]] == ["genesis", "planned"]
    assert (ledger.doubled(), ledger.torn, ledger.breaks()) == ([], 0, [])


def vandalise(lock: Path, how: str) -> None:
    if how == "replaced":
        lock.with_suffix(".new").touch()
        os.replace(lock.with_suffix(".new"), lock)
    else:
        lock.unlink()
    if how == "deleted with its directory":
        lock.parent.rmdir()


VANDALISM = ("deleted", "replaced", "deleted with its directory")


# -- holders that end, and holders that do not


def test_the_lock_of_a_killed_writer_is_free(mission: Mission, runs: Tally) -> None:
    with stopped(mission.repo, BEFORE_APPENDING) as holder:
        holder.kill()
        assert move(mission.repo, claim("second")) == "ACK"
    check_one_claim(mission)


def test_a_writer_that_is_stopped_is_named_and_nobody_gets_past_it(
    mission: Mission, lock: Path, impatient: None, runs: Tally
) -> None:
    with stopped(mission.repo, BEFORE_APPENDING) as holder:
        holder.send(signal.SIGSTOP)
        refused = attempt(mission.repo, claim("second"))
        assert isinstance(refused, HooksError)
        assert refused.code == "EVENT_LOG_LOCKED"
        assert f"process {holder.pid} ({sys.executable}" in refused.message
        assert refused.exit_code == errors.RETRY
        holder.send(signal.SIGCONT)
        assert holder.go_on() == "ACK"
    assert move(mission.repo, claim("third")) == "LANE_MOVED"
    check_one_claim(mission)


def test_the_command_ends_with_75_and_names_the_holder(mission: Mission, lock: Path, runs: Tally) -> None:
    call = f"from spec_kitty_hooks import transitions, __main__; transitions.LOCK_SECONDS = {SHORT}; __main__.main()"
    command = [sys.executable, "-c", call, "transition", "WP01", "--to", "claimed", "--actor", "second", "--json"]
    repo = mission.repo
    with Holder(OURS, lock, "5", env=repo.env).arrive() as holder:
        ran = subprocess.run(
            command,
            cwd=repo.path,
            env={**repo.env, "PYTHONPATH": str(product_root())},
            check=False,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == errors.RETRY, ran.stderr
        answer = json.loads(ran.stdout)
        assert answer["diagnostic_code"] == "EVENT_LOG_LOCKED"
        assert f"process {holder.pid} (" in answer["message"]
        assert answer["remediation"]


def test_a_timeout_comes_at_its_limit(lock: Path, repo: Repo, runs: Tally) -> None:
    late = []
    with Holder(OURS, lock, "5", env=repo.env).arrive():
        for _attempt in range(5):  # one that the machine lets us have to ourselves is enough
            start = time.monotonic()
            with pytest.raises(LockTimeoutError), hold(os.fsencode(lock), SHORT):
                raise AssertionError("two in the section")
            late.append(time.monotonic() - start - SHORT)
    assert min(late) >= 0
    assert min(late) < 1


# -- lock files that go away


@pytest.mark.parametrize("how", VANDALISM)
def test_a_lock_that_is_taken_away_between_decision_and_write_makes_no_second_winner(
    mission: Mission, lock: Path, runs: Tally, how: str
) -> None:
    with stopped(mission.repo, BEFORE_APPENDING) as holder:
        vandalise(lock, how)
        assert move(mission.repo, claim("second")) == "ACK"
        assert holder.go_on() == "LANE_MOVED"
    check_one_claim(mission)


@pytest.mark.parametrize("how", VANDALISM)
def test_a_lock_that_is_taken_away_during_the_write_lets_nobody_in(
    mission: Mission, lock: Path, runs: Tally, how: str
) -> None:
    with stopped(mission.repo, BEFORE_WRITING) as holder:
        vandalise(lock, how)
        with Holder(MOVE, json.dumps(claim("second")), env=mission.repo.env, cwd=mission.repo.path) as other:
            assert holder.go_on() == "ACK"
            assert other.hear() == "LANE_MOVED"
    check_one_claim(mission)


def test_a_writer_that_does_not_look_again_is_a_second_winner(mission: Mission, lock: Path) -> None:
    careless = (
        "from spec_kitty_hooks.mission import journal\n"
        "real = journal.append_events\n"
        "journal.append_events = lambda path, lines, size=None: real(path, lines)\n"
    )
    with stopped(mission.repo, BEFORE_APPENDING, careless) as holder:
        vandalise(lock, "deleted")
        assert move(mission.repo, claim("second")) == "ACK"
        assert holder.go_on() == "ACK"
    assert Ledger.read(mission.repo.path / mission.log_path).breaks()


def test_a_log_that_git_puts_back_between_decision_and_write_is_decided_on_again(mission: Mission, runs: Tally) -> None:
    repo = mission.repo
    assert move(repo, claim("before")) == "ACK"
    words = {**claim("first"), "to_lane": "blocked", "expect": "claimed"}
    with Holder(STOPPING + MOVE, *BEFORE_APPENDING, json.dumps(words), env=repo.env, cwd=repo.path).arrive() as holder:
        repo.git("checkout", "--", mission.log_path)
        assert holder.go_on() == "LANE_MOVED"
    assert Ledger.read(repo.path / mission.log_path).lanes()["WP01"] == "planned"


def waiter(repo: Repo, lock: Path, prelude: str = "") -> Holder:
    """Return somebody who has opened the lock file, and has not locked it yet."""
    return Holder(prelude + STOPPING + OURS, *BEFORE_LOCKING, lock, str(SHORT), env=repo.env).arrive()


@pytest.mark.parametrize("how", VANDALISM)
def test_who_waited_for_a_file_that_is_gone_does_not_get_in_beside_the_next(
    repo: Repo, lock: Path, runs: Tally, how: str
) -> None:
    with Holder(OURS, lock, "5", env=repo.env).arrive() as holder, waiter(repo, lock) as waiting:
        vandalise(lock, how)
        assert holder.go_on() == "out"
        with Holder(OURS, lock, "5", env=repo.env).arrive() as next_one:
            assert waiting.go_on().startswith(f"LOCKED by process {next_one.pid} (")


def test_who_trusts_the_file_that_he_opened_gets_in_beside_the_next(repo: Repo, lock: Path) -> None:
    trusting = "from spec_kitty_hooks import filelock; filelock._is_at = lambda descriptor, path: True\n"
    with Holder(OURS, lock, "5", env=repo.env).arrive() as holder, waiter(repo, lock, trusting) as waiting:
        vandalise(lock, "deleted")
        assert holder.go_on() == "out"
        with Holder(OURS, lock, "5", env=repo.env).arrive():
            assert waiting.go_on() == "in\nout"


# -- lock files that nobody can lock


@pytest.mark.parametrize("what", ["a directory", "a link to nothing", "a link to a file", "a FIFO", "below a file"])
def test_what_cannot_be_a_lock_is_named_and_nothing_is_written(
    mission: Mission, lock: Path, tmp_path: Path, runs: Tally, what: str
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious\n")
    if what == "below a file":
        lock.parent.write_text("")
    else:
        lock.parent.mkdir()
    if what == "a directory":
        lock.mkdir()
    elif what == "a FIFO":
        os.mkfifo(lock)
    elif what.startswith("a link"):
        lock.symlink_to(precious if what.endswith("file") else tmp_path / "nothing")
    before = mission.read_log()
    refused = attempt(mission.repo, claim("first"))
    assert isinstance(refused, HooksError)
    assert (refused.code, refused.exit_code) == ("STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED", errors.BLOCKED)
    assert "spec-kitty-locks" in refused.message
    assert refused.remediation
    assert mission.read_log() == before
    assert precious.read_text() == "precious\n"
    assert not (tmp_path / "nothing").exists()


_AS_NOBODY = """
import os
os.setgroups([]), os.setresgid(65534, 65534, 65534), os.setresuid(65534, 65534, 65534)
"""


@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_lock_that_may_not_be_opened_is_no_lock(repo: Repo, lock: Path, runs: Tally, mode: int) -> None:
    lock.parent.mkdir()
    lock.parent.chmod(0o755)
    lock.touch(mode)
    become = _AS_NOBODY if os.geteuid() == 0 else ""
    call = (
        "import os, sys; from spec_kitty_hooks import filelock\n"
        + become
        + (
            "try:\n"
            "    with filelock.hold(b'./' + os.fsencode(sys.argv[1]), 5): print('in')\n"
            "except PermissionError as error: print(os.fsdecode(error.filename))\n"
        )
    )
    unmeasured = {name: value for name, value in repo.env.items() if not name.startswith("COVERAGE")}
    with Holder(call, lock.name, env=unmeasured, cwd=lock.parent) as holder:
        assert holder.go_on() == f"./{lock.name}"


# -- other work trees, and other programs


def test_the_lock_is_one_for_all_work_trees(mission: Mission, impatient: None, runs: Tally) -> None:
    lane = mission.start_lane("lane-a")
    with stopped(lane, BEFORE_APPENDING) as holder:
        assert move(mission.repo, claim("second")) == "EVENT_LOG_LOCKED"
        assert holder.go_on() == "ACK"
    assert move(mission.repo, claim("third")) == "LANE_MOVED"
    check_one_claim(mission)


def test_a_lock_for_each_work_tree_lets_two_in(mission: Mission, monkeypatch: pytest.MonkeyPatch) -> None:
    per_tree = (
        "from spec_kitty_hooks.mission import journal\n"
        "journal.lock_path = lambda common, directory: common + b'/worktrees/lock'\n"
    )
    lane = mission.start_lane("lane-a")
    with stopped(lane, BEFORE_APPENDING, per_tree) as holder:
        assert move(mission.repo, claim("second")) == "ACK"
        assert holder.go_on() == "LANE_MOVED"  # the second guard holds: the log is looked at again


@pytest.mark.parametrize(("first", "second"), [(OURS, THEIRS), (THEIRS, OURS)])
def test_the_clients_library_and_we_keep_each_other_out(
    repo: Repo, lock: Path, runs: Tally, first: str, second: str
) -> None:
    pytest.importorskip("filelock", reason="the package filelock is not installed")
    lock.parent.mkdir()
    with Holder(first, lock, "5", env=repo.env).arrive() as holder:
        with Holder(second, lock, str(SHORT), env=repo.env) as other:
            said = other.hear()
        assert said.startswith("LOCKED")
        assert second == THEIRS or f"process {holder.pid} (" in said
        assert holder.go_on() == "out"
    with Holder(second, lock, "5", env=repo.env).arrive() as other:
        assert other.go_on() == "out"
    assert lock.exists()


@pytest.mark.peer
def test_the_released_client_and_we_keep_each_other_out(
    mission: Mission, lock: Path, impatient: None, runs: Tally, peer_python: str
) -> None:
    repo = mission.repo

    def client(seconds: float) -> Holder:
        return Holder(CLIENTS, mission.directory, str(seconds), env=repo.env, cwd=repo.path, python=peer_python)

    with client(5).arrive() as holder:
        refused = attempt(repo, claim("first"))
        assert isinstance(refused, HooksError)
        assert refused.code == "EVENT_LOG_LOCKED"
        assert f"process {holder.pid} (" in refused.message
        assert holder.go_on() == "out"
    with stopped(repo, BEFORE_APPENDING) as ours:
        with client(SHORT) as holder:
            assert holder.hear() == "LOCKED"
        assert ours.go_on() == "ACK"
    check_one_claim(mission)


# -- a crowd

#: Adds one to a number, slowly, under the lock; whoever is alone adds up right. The lock is now and then taken away by
#: its own holder, as older versions of the client's library do.
_COUNT = """
import os, sys
{take}
place = sys.argv[2]
for turn in range(int(sys.argv[3])):
    with take(sys.argv[1]):
        with open(place) as file:
            found = int(file.read())
        os.sched_yield()
        with open(place, "w") as file:
            file.write(str(found + 1))
        if turn % 5 == 4:
            os.unlink(sys.argv[1])
print("out")
"""
_TAKE = {
    "ours": "from spec_kitty_hooks.filelock import hold\ntake = lambda path: hold(os.fsencode(path), 60)",
    "theirs": "from filelock import FileLock\ntake = lambda path: FileLock(path, timeout=60)",
    "nobody's": "import contextlib\ntake = lambda path: contextlib.suppress(FileNotFoundError, ValueError)",
}


def add_up(repo: Repo, lock: Path, kinds: list[str], turns: int) -> int:
    lock.parent.mkdir()
    number = lock.with_name("number")
    number.write_text("0")
    crowd = [Holder(_COUNT.format(take=_TAKE[kind]), lock, number, str(turns), env=repo.env) for kind in kinds]
    for holder in crowd:
        with holder:
            assert holder.go_on() == "out"
    return int(number.read_text() or "0")


def test_a_crowd_of_both_kinds_adds_up(repo: Repo, lock: Path, runs: Tally) -> None:
    pytest.importorskip("filelock", reason="the package filelock is not installed")
    assert add_up(repo, lock, ["ours", "theirs"] * 3, turns=40) == 6 * 40


def test_a_crowd_without_a_lock_does_not(repo: Repo, lock: Path) -> None:
    assert add_up(repo, lock, ["nobody's"] * 6, turns=400) < 6 * 400
