"""What is wrong with an event log, staged or seen from a lane, and with a mission that has come to a standstill."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.hooks import cli
from support.missions import Mission
from support.trouble import OWN, Situations, Trouble, event, noting, on_lane, publish, stage_log

SITUATIONS: Situations = {}
situation = noting(SITUATIONS)


def lines(mission: Mission) -> list[bytes]:
    return mission.read_log().splitlines(keepends=True)


@situation("EVENT_LOG_NOT_APPEND_ONLY")
def a_published_event_is_left_out(mission: Mission, tmp: Path) -> Trouble:
    publish(mission, tmp)
    return stage_log(mission, b"".join(lines(mission)[:-1]))


@situation("EVENT_LOG_NOT_APPEND_ONLY")
def a_published_event_was_lost_earlier(mission: Mission, tmp: Path) -> Trouble:
    publish(mission, tmp)
    before = mission.read_log()
    mission.write_log(b"".join(lines(mission)[:-1]))
    trouble = stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed"))
    return Trouble(trouble.place, mission, {"published": before})


@situation("EVENT_LOG_ROLLED_BACK")
def an_unpublished_event_is_taken_back(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, b"".join(lines(mission)[:-1]))


@situation("EVENT_LOG_UNREADABLE")
def a_line_that_cannot_be_read(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + b"{\n")


@situation("EVENT_LOG_UNREADABLE")
def a_log_that_becomes_a_link(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.remove(mission.log_path)
    mission.repo.symlink(mission.log_path, "elsewhere")
    mission.repo.stage(mission.log_path)
    return Trouble(mission.repo, mission)


@situation("EVENT_LOG_UNREADABLE")
def a_line_that_could_not_be_read_before(mission: Mission, _tmp: Path) -> Trouble:
    mission.raw_line(b"{")
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed"))


@situation("EVENT_LOG_UNREADABLE")
def a_damaged_working_log_seen_from_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    mission.raw_line(b"{", commit=False)
    return on_lane(mission, OWN)


@situation("EVENT_LOG_UNREADABLE")
def a_deleted_working_log_seen_from_a_lane(mission: Mission, _tmp: Path) -> Trouble:
    mission.repo.remove(mission.log_path)
    return on_lane(mission, OWN)


@situation("EVENT_LOG_UNREADABLE")
def conflict_markers(mission: Mission, tmp: Path) -> Trouble:
    trouble = conflict(mission, tmp)
    trouble.place.stage(mission.log_path)
    return trouble


def conflict(mission: Mission, tmp: Path, **fields: Any) -> Trouble:
    """Two sides append to the log; their merge has stopped. Both sides' lines are known."""
    repo, base = mission.repo, mission.read_log()
    repo.branch("side")
    side = repo.worktree(tmp / "side", "side")
    theirs = event(mission, "WP02", "planned", "claimed", **fields)
    side.append(mission.log_path, theirs)
    side.commit("side", no_verify=True)
    ours = event(mission, "WP03", "in_progress", "for_review", **fields)
    mission.write_log(base + ours)
    assert repo.git("merge", "side", check=False).returncode
    return Trouble(repo, mission, {"union": base + ours + theirs})


@situation("EVENT_ID_CONFLICT")
def one_id_twice(mission: Mission, _tmp: Path) -> Trouble:
    same = {"event_id": mission.clock.ulid()}
    added = event(mission, "WP02", "planned", "claimed", **same) + event(mission, "WP02", "planned", "blocked", **same)
    return stage_log(mission, mission.read_log() + added)


@situation("EVENT_ID_CONFLICT")
def one_id_on_two_sides(mission: Mission, tmp: Path) -> Trouble:
    same = mission.clock.ulid()
    trouble = conflict(mission, tmp, event_id=same)
    trouble.place.write(mission.log_path, trouble.known["union"])
    trouble.place.stage(mission.log_path)
    *kept, last = trouble.known["union"].splitlines(keepends=True)
    trouble.known["union"] = b"".join(kept) + last.replace(same.encode(), mission.clock.ulid().encode())
    return trouble


@situation("EVENT_TRANSITION_ILLEGAL")
def an_edge_that_does_not_exist(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "done"))


@situation("EVENT_FROM_FUTURE")
def an_event_dated_tomorrow(mission: Mission, _tmp: Path) -> Trouble:
    at = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "planned", "claimed", at=at))


@situation("EVENT_CHAIN_BROKEN")
def an_event_from_another_lane(mission: Mission, _tmp: Path) -> Trouble:
    return stage_log(mission, mission.read_log() + event(mission, "WP02", "claimed", "in_progress"))


@situation("STATUS_SNAPSHOT_DRIFT")
def a_stale_status_json(mission: Mission, _tmp: Path) -> Trouble:
    mission.status_json = True
    mission.annotate("WP01", note="status.json is written with it")
    added = event(mission, "WP02", "planned", "claimed")
    return stage_log(mission, mission.read_log() + added)


@situation("EVENT_LOG_SURFACES_DISAGREE")
def diverged_clones(mission: Mission, tmp: Path) -> Trouble:
    origin = publish(mission, tmp)
    origin.git("symbolic-ref", "HEAD", "refs/heads/main")
    other = origin.clone(tmp / "other")
    other.append(mission.log_path, event(mission, "WP02", "planned", "claimed"))
    other.commit("claim")
    other.push("main")
    mission.transition("WP03", "for_review")
    mission.repo.git("fetch", "-q", "origin")
    return on_lane(mission, OWN)


@situation("MERGE_LOST_EVENTS")
def a_merge_that_drops_one_side(mission: Mission, tmp: Path) -> Trouble:
    trouble = conflict(mission, tmp)
    mission.repo.write(mission.log_path, mission.repo.show("HEAD", mission.log_path))
    mission.repo.stage(mission.log_path)
    return trouble


@situation("WP_CLAIMED_TWICE")
def a_merge_that_brings_two_claims_together(mission: Mission, tmp: Path) -> Trouble:
    trouble = conflict(mission, tmp)
    trouble.place.git("reset", "-q", "--hard")
    claim = event(mission, "WP02", "planned", "claimed")
    mission.write_log(mission.read_log() + claim)
    assert mission.repo.git("merge", "side", check=False).returncode
    theirs = mission.repo.show("side", mission.log_path).splitlines(keepends=True)[-1]
    mission.repo.write(mission.log_path, mission.repo.show("HEAD", mission.log_path) + theirs)
    mission.repo.stage(mission.log_path)
    return trouble


# -- what status finds


class Stuck(Trouble):
    """A place where `status`, which makes no report, marks a work package."""

    def judge(self, code: str) -> list[dict[str, Any]]:
        """Return what stalled with that code."""
        found = json.loads(cli(self.place, *self.args).stdout)["missions"][self.mission.directory]["work_packages"]
        marked = [package["stalled"] for package in found.values() if package["stalled"]]
        return [stalled for stalled in marked if stalled["diagnostic_code"] == code]


@situation("WP_CLAIM_STALLED")
def a_claim_that_was_never_started(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP02", "claimed")
    return Stuck(mission.repo, mission, args=("status", "--json"))


@situation("REVIEW_STALLED")
def a_review_without_a_verdict(mission: Mission, _tmp: Path) -> Trouble:
    mission.walk("WP02", "in_review")
    return Stuck(mission.repo, mission, args=("status", "--json"))
