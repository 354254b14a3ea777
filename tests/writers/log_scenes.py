"""Scenes around the event log: who else writes it, where it is, what is wrong with it, what was asked for."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

from support.hooks import cli_json
from support.missions import Mission, build_mission
from writers.scene import Act, Scene, move, scene

AGAIN = "then run this again"
STATUS = "spec-kitty-hooks status {}"
ULID = "01KN23710000000000000000AB"
IMPATIENT = """
import spec_kitty_hooks.mission.journal as j, spec_kitty_hooks.transitions as t
j.LOCK_SECONDS = t.LOCK_SECONDS = 0.1"""


def held(path: Path) -> Act:
    """Hold a lock; return what lets it go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file.close


def log_lock(mission: Mission) -> Path:
    return mission.repo.common_dir() / "spec-kitty-locks" / f"{mission.directory}.status.lock"


def forget_event(mission: Mission) -> str:
    """Make a transition, let git take the event away again, and return its id."""
    words = ("transition", "WP01", "--to", "claimed", "--actor", "agent-one", "--no-commit")
    made: dict[str, Any] = cli_json(mission.repo, *words)
    mission.repo.git("checkout", "-q", "--", mission.log_path)
    return str(made["event_id"])


def say(scene: Scene, *words: str) -> Act:
    """Return what puts further words behind a command."""
    return lambda: scene.words.extend(words)


# -- somebody else


@scene("EVENT_LOG_LOCKED", "wait for it to end, then run this again")
def while_somebody_writes(mission: Mission, _beside: Path) -> Scene:
    acts = {"wait for it to end, then run this again": held(log_lock(mission))}
    return move(mission, always=IMPATIENT, acts=acts)


@scene("EVENT_LOG_LOCKED", "wait for it to end, then run this again")
def while_somebody_writes_and_events_are_lost(mission: Mission, _beside: Path) -> Scene:
    forget_event(mission)
    acts = {"wait for it to end, then run this again": held(log_lock(mission))}
    return Scene(mission.repo, ["recover", "--apply", "--actor", "x"], always=IMPATIENT, acts=acts)


@scene("EVENT_LOG_LOCKED", "run this again")
def beside_somebody_without_the_lock(mission: Mission, _beside: Path) -> Scene:
    forget_event(mission)
    fault = """
import spec_kitty_hooks.mission.journal as j
def append(path, lines, size=None, real=j.append_events):
    open(path, "ab").write(b"\\n")
    return real(path, lines, size)
j.append_events = append"""
    return Scene(mission.repo, ["recover", "--apply", "--actor", "x"], fault=fault)


@scene("EVENT_ID_CONFLICT", "spec-kitty-hooks log {}")
def lost_from_a_log_that_gives_one_id_to_two_events(mission: Mission, _beside: Path) -> Scene:
    forget_event(mission)
    whole = mission.read_log()
    last = whole.splitlines(keepends=True)[-1]
    mission.write_log(whole + last.replace(b'"finalize-tasks"', b'"somebody"'))
    return Scene(mission.repo, ["recover", "--apply", "--actor", "x"], decide=lambda: mission.write_log(whole))


# -- where it is


@scene("EVENT_LOG_OUT_OF_REACH", "git worktree add DIR {}", "or leave out --no-commit")
def checked_out_nowhere(mission: Mission, beside: Path) -> Scene:
    place = build_mission(mission.repo, {"lane-a": {"WP01": ["src/x/**"]}}, slug="apart", topology="coord")
    place.remove_coordination_worktree()
    found = move(place, "--no-commit", "--mission", place.directory)
    found.names = {"DIR": str(beside / "log")}
    found.acts = {"or leave out --no-commit": lambda: found.words.remove("--no-commit")}
    return found


@scene("EVENT_LOG_OUT_OF_REACH", "spec-kitty-hooks where {}", STATUS)
def taken_off_its_branch(mission: Mission, beside: Path) -> Scene:
    tip = mission.repo.head()
    mission.repo.checkout("side", "-b")
    mission.repo.git("worktree", "add", "-q", beside / "main", "main")
    place = mission.repo.at(beside / "main")
    place.git("rm", "-q", mission.log_path)
    place.commit("without a log")
    place.git("checkout", "-q", "--detach")

    def put_back() -> None:
        place.checkout("main")
        place.git("checkout", "-q", tip, "--", mission.log_path)
        place.commit("back")

    return move(mission, decide=put_back)


@scene("EVENT_LOG_OUT_OF_REACH", "git fetch origin {}", AGAIN)
def on_a_branch_that_was_not_cloned(mission: Mission, beside: Path) -> Scene:
    mission.start_lane("lane-a")
    clone = mission.repo.clone(beside / "clone", "--single-branch", "--branch", mission.lane_branch("lane-a"))
    return Scene(clone, move(mission).words)


@scene("EVENT_LOG_STALE", "git -C {} merge --ff-only {}", AGAIN)
def behind_the_remote(mission: Mission, beside: Path) -> Scene:
    clone = mission.repo.clone(beside / "clone")
    mission.transition("WP02", "claimed")
    clone.git("fetch", "-q")
    return Scene(clone, move(mission).words)


@scene("EVENT_LOG_SURFACES_DISAGREE", "spec-kitty-hooks recover --events --mission {}", AGAIN)
def acknowledged_and_gone(mission: Mission, _beside: Path) -> Scene:
    return move(mission, "--event-id", forget_event(mission))


@scene("EVENT_LOG_SURFACES_DISAGREE", "spec-kitty-hooks recover --events --mission {}")
def shorter_than_its_own_branch(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP02", "claimed")
    mission.write_log(b"".join(mission.read_log().splitlines(keepends=True)[:-1]), commit=False)
    return move(mission)


# -- what is in it


@scene("EVENT_LOG_UNREADABLE", "ls -ld {}")
def behind_a_link(mission: Mission, _beside: Path) -> Scene:
    log = mission.repo.path / mission.log_path
    other = log.rename(log.with_name("other"))
    log.symlink_to("other")
    return move(mission, decide=lambda: other.replace(log))


@scene("EVENT_LOG_UNREADABLE", "spec-kitty-hooks where {}")
def behind_a_link_on_a_branch_that_is_out_nowhere(mission: Mission, beside: Path) -> Scene:
    repo, log = mission.repo, mission.repo.path / mission.log_path
    log.rename(log.with_name("other"))
    log.symlink_to("other")
    repo.commit("a link")
    repo.checkout("side", "-b")

    def mend() -> None:
        place = repo.worktree(beside / "main", "main")
        (place.path / mission.path / "other").replace(place.path / mission.log_path)
        place.commit("no link")

    return move(mission, decide=mend)


@scene("EVENT_LOG_UNREADABLE", "spec-kitty-hooks where {}")
def damaged_in_the_middle(mission: Mission, _beside: Path) -> Scene:
    whole = mission.read_log()
    mission.write_log(b"not JSON\n" + whole, commit=False)
    return move(mission, decide=lambda: mission.write_log(whole, commit=False))


@scene("EVENT_LOG_UNREADABLE", "spec-kitty-hooks recover --events --mission {}")
def ending_in_half_a_line(mission: Mission, _beside: Path) -> Scene:
    mission.write_log(mission.read_log() + b'{"half": ', commit=False)
    return move(mission)


@scene("EVENT_LOG_UNREADABLE", "git worktree add DIR {}", "spec-kitty-hooks recover --events --mission {}")
def ending_in_half_a_line_that_was_committed(mission: Mission, beside: Path) -> Scene:
    mission.write_log(mission.read_log() + b'{"half": ')
    mission.repo.checkout("side", "-b")
    return move(mission, names={"DIR": str(beside / "main")})


_TAKE = "take the lines with <<<<<<<, ======= and >>>>>>> out of {}, and no other"


@scene("EVENT_LOG_UNREADABLE", _TAKE, "git -C {} add -- {}", "spec-kitty-hooks where {}")
def in_conflict(mission: Mission, beside: Path) -> Scene:
    clone = mission.repo.clone(beside / "clone")
    cli_json(clone, *move(mission, wp_id="WP02").words)
    mission.transition("WP03", "claimed")
    clone.git("fetch", "-q")
    clone.git("merge", "-q", "origin/main", check=False)
    log = clone.path / mission.log_path

    def keep_both() -> None:
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join(line for line in lines if line.startswith(b"{")))

    found = Scene(clone, move(mission).words, acts={_TAKE: keep_both})
    found.done = lambda: clone.git("commit", "-q", "--no-edit")
    return found
