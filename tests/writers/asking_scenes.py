"""Scenes around one transition: what was asked for, when, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.hooks import cli_json
from support.missions import Mission, WorkPackage, build_mission
from writers.log_scenes import AGAIN, STATUS, ULID, forget_event, say
from writers.scene import Act, Scene, move, scene, start

_FLUSH_FAILS = "import errno, os\ndef fail(*_about): raise OSError(errno.EIO, 'it failed')\nos.fsync = fail"

# -- what was asked for


@scene("LANE_MOVED", STATUS)
def not_where_it_was_expected(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed")
    found = move(mission, "--expect", "planned", to="blocked")
    found.decide = say(found, "--expect", "claimed")
    return found


@scene("EVENT_ID_CONFLICT", "run this again without --event-id")
def with_an_id_that_is_taken(mission: Mission, _beside: Path) -> Scene:
    cli_json(mission.repo, *move(mission, "--event-id", ULID).words)
    found = move(mission, "--event-id", ULID, wp_id="WP02")
    found.acts = {"run this again without --event-id": lambda: found.words.__delitem__(slice(-2, None))}
    return found


@scene("TRANSITION_ILLEGAL", STATUS)
def not_an_edge(mission: Mission, _beside: Path) -> Scene:
    found = move(mission, to="done")
    found.decide = lambda: found.words.__setitem__(3, "claimed")
    return found


@scene("WORK_PACKAGE_UNKNOWN", STATUS)
def not_in_the_plan(mission: Mission, _beside: Path) -> Scene:
    found = move(mission, wp_id="WP09")
    found.decide = lambda: found.words.__setitem__(1, "WP01")
    return found


@scene("TRANSITION_GUARD_UNMET", "spec-kitty-hooks transition --help", STATUS)
def without_a_reason(mission: Mission, _beside: Path) -> Scene:
    mission.implement("WP01")
    found = move(mission, to="planned")
    found.decide = say(found, "--reason", "later")
    return found


@scene("TRANSITION_GUARD_UNMET", "spec-kitty-hooks start {} --mission {}")
def without_a_work_tree(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed", actor="Committer")
    found = move(mission, to="in_progress")
    found.decide = lambda: found.words.__setitem__(3, "blocked")  # it is in progress by now
    return found


_MARK = "spec-kitty agent tasks mark-status {} --status done --mission {}"


@scene("TRANSITION_GUARD_UNMET", _MARK)
def with_a_subtask_left(mission: Mission, _beside: Path) -> Scene:
    package = WorkPackage(wp_id="WP01", owned_files=["src/x/**"], subtasks=("T001",))
    other = build_mission(mission.repo, {"lane-a": [package]}, slug="subtasks")
    other.implement("WP01").commit("work", files={"src/x/x.py": "x\n"}, no_verify=True)
    mark = {_MARK: lambda: other.annotate("WP01", subtasks={"T001": "done"})}  # what that command records
    return move(other, "--mission", other.directory, to="for_review", acts=mark)


@scene("TRANSITION_GUARD_UNMET", "commit the work on the lane, then run this again")
def with_nothing_done(mission: Mission, _beside: Path) -> Scene:
    place = mission.implement("WP01")
    work = lambda: place.commit("work", files={"src/a/x.py": "x\n"}, no_verify=True)  # noqa: E731
    return move(mission, to="for_review", acts={"commit the work on the lane, then run this again": work})


@scene("TRANSITION_GUARD_UNMET", "git fetch origin {}")
def with_the_work_elsewhere(mission: Mission, beside: Path) -> Scene:
    mission.implement("WP01").commit("work", files={"src/a/x.py": "x\n"}, no_verify=True)
    clone = mission.repo.clone(beside / "clone", "--single-branch", "--branch", "main")
    clone.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    return Scene(clone, move(mission, to="for_review").words)


# -- once it is written


@scene("EVENT_NOT_COPIED", "ls -ld {}", "df .")
def with_a_file_where_copies_go(mission: Mission, _beside: Path) -> Scene:
    place = mission.repo.common_dir() / "spec-kitty-hooks"
    place.touch()
    return move(mission, "--event-id", ULID, decide=place.unlink)


@scene("STATUS_SNAPSHOT_DRIFT", "ls -ld {}")
def with_a_directory_for_status_json(mission: Mission, _beside: Path) -> Scene:
    place = mission.repo.path / mission.path / "status.json"
    place.unlink(missing_ok=True)
    place.mkdir()
    return move(mission, "--event-id", ULID, decide=place.rmdir)


# -- what recover lists


@scene("WP_CLAIM_STALLED", "spec-kitty-hooks recover {} --mission {} --apply")
def claimed_and_never_started(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed", at=(datetime.now(UTC) - timedelta(hours=3)).isoformat())
    return Scene(mission.repo, ["recover"])


@scene("lost event", "spec-kitty-hooks recover --events --mission {} --apply")
def taken_away_by_git(mission: Mission, _beside: Path) -> Scene:
    forget_event(mission)
    return Scene(mission.repo, ["recover"])


@scene("torn line", "spec-kitty-hooks recover --events --mission {} --apply")
def torn(mission: Mission, _beside: Path) -> Scene:
    mission.write_log(mission.read_log() + b'{"half": ', commit=False)
    return Scene(mission.repo, ["recover"])


# -- when


@scene("EVENT_FROM_FUTURE", "set the clock of this machine right, then run this again", STATUS)
def before_a_day_that_has_not_come(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed", at=_ahead(hours=25))
    found = move(mission, to="blocked")
    found.acts = {"set the clock of this machine right, then run this again": _turn_clock(found)}
    return found


@scene("EVENT_FROM_FUTURE", "check the clock")
def before_an_hour_that_has_not_come(mission: Mission, _beside: Path) -> Scene:
    mission.transition("WP01", "claimed", at=_ahead(hours=3))
    found = move(mission, "--event-id", ULID, to="blocked")
    found.acts = {"check the clock": _turn_clock(found)}
    return found


def _ahead(**amount: float) -> str:
    return (datetime.now(UTC) + timedelta(**amount)).isoformat(timespec="microseconds")


def _turn_clock(found: Scene) -> Act:
    def turn() -> None:
        found.always = """
import datetime as d, spec_kitty_hooks.cli.transition as t
class Later(d.datetime):
    @classmethod
    def now(cls, zone=None): return d.datetime.now(zone) + d.timedelta(days=2)
t.datetime = Later"""

    return turn


# -- the outcome


_UNKNOWN = "run the same command again with --event-id {}: it adds only what is missing"


@scene("WRITE_OUTCOME_UNKNOWN", _UNKNOWN)
def flushed_in_vain(mission: Mission, _beside: Path) -> Scene:
    return move(mission, "--event-id", ULID, fault=_FLUSH_FAILS, acts={_UNKNOWN: lambda: None})


@scene("WRITE_OUTCOME_UNKNOWN", "run the same command again: it adds only what is missing")
def started_in_vain(mission: Mission, _beside: Path) -> Scene:
    return start(mission, fault=_FLUSH_FAILS)


@scene("WRITE_OUTCOME_UNKNOWN", "run this again")
def recovered_in_vain(mission: Mission, _beside: Path) -> Scene:
    forget_event(mission)
    fault = "import spec_kitty_hooks.recovery as r; r.missing_events = lambda old, new: old.events"
    return Scene(mission.repo, ["recover", "--apply", "--actor", "x"], fault=fault)


@scene("WRITE_REFUSED", "df .", "run this again: it goes on where it stopped")
def recovered_on_a_full_disk(mission: Mission, _beside: Path) -> Scene:
    mission.write_log(mission.read_log() + b'{"half": ', commit=False)
    fault = """
import errno, spec_kitty_hooks.recovery as r
def fail(path, data): raise OSError(errno.ENOSPC, "No space left on device", path)
r.append_file = fail"""
    return Scene(mission.repo, ["recover", "--apply", "--actor", "x"], fault=fault)


@scene("STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED", "ls -ld {}", "df .", AGAIN)
def appended_on_a_full_disk(mission: Mission, _beside: Path) -> Scene:
    fault = """
import errno, spec_kitty_hooks.mission.journal as j
def fail(path, *rest):
    raise OSError(errno.ENOSPC, "No space left on device", path)
j.append_events = fail"""
    return move(mission, fault=fault)


@scene("STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED", "spec-kitty-hooks log {} --wp {}")
def read_back_as_another_lane(mission: Mission, _beside: Path) -> Scene:
    fault = """
import spec_kitty_hooks.transitions as t
def reduce(log, real=t.reduce_log):
    found = real(log)
    packages = {name: state.replace(lane="planned") for name, state in found.work_packages.items()}
    return found.replace(work_packages=packages)
t.reduce_log = reduce"""
    return move(mission, fault=fault)
