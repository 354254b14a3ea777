"""Where a merge happens: linked work trees, submodules, lanes without a log, coordination, a detached HEAD."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import records
from support.hooks import install_native
from support.merges import HOOKS, Meeting, Said, meet, run
from support.missions import Mission, build_mission
from support.repo import Repo

CLAIMED = ("WP02: planned → claimed by codex",)
PULL = ("pull", "-q", "--no-edit")


def test_a_linked_work_tree_is_told(meeting: Meeting) -> None:
    meeting.repo.checkout("elsewhere", "-b")
    place = meeting.repo.worktree("../linked", "main")
    meeting.theirs()
    said = run(place, *PULL, "--ff-only", "origin", "main")
    assert (said.code, said.codes, said.news) == (0, (), CLAIMED), said.text
    meeting.theirs("WP03")
    place.commit("work", files={"docs/x.md": "x\n"}, no_verify=True)
    said = run(place, *PULL, "--rebase", "origin", "main")
    assert (said.code, said.news) == (0, ("WP03: planned → claimed by codex",)), said.text


def test_a_mission_in_a_submodule_is_told_there_and_not_above(meeting: Meeting, tmp_path: Path) -> None:
    above = Repo.init(tmp_path / "above", meeting.repo.env, meeting.repo.clock, "-b", "main")
    above.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(meeting.origin.path), "part")
    above.commit("with a part", no_verify=True)
    inner = above.at(above.path / "part")
    install_native(inner, HOOKS)
    install_native(above, HOOKS)
    meeting.theirs()
    said = run(inner, *PULL, "--ff-only", "origin", "main")
    assert (said.code, said.codes, said.news) == (0, (), CLAIMED), said.text
    above.branch("side")
    above.commit("newer part", no_verify=True)
    above.checkout("side")
    assert run(above, "merge", "-q", "--ff-only", "main").silent


def hidden_lane(meeting: Meeting) -> Repo:
    """Start lane-a, whose sparse checkout hides the log."""
    lane = meeting.mission.start_lane("lane-a")
    meeting.mission.hide_log(lane)
    assert not lane.exists(meeting.mission.log_path)
    return lane


def test_a_lane_that_hides_the_log_is_told_what_this_clone_has_not_seen(meeting: Meeting) -> None:
    lane = hidden_lane(meeting)
    meeting.theirs()
    said = run(lane, *PULL, "--ff-only", "origin", "main")
    assert (said.code, said.codes, said.news) == (0, (), CLAIMED), said.text


def test_a_lane_is_not_told_again_what_the_target_here_has(meeting: Meeting) -> None:
    lane = hidden_lane(meeting)
    meeting.theirs()
    assert run(meeting.repo, *PULL, "--ff-only").news == CLAIMED
    assert run(lane, "merge", "-q", "--ff-only", "main").silent


def test_a_detached_head_hears_of_losses_only(meeting: Meeting, tmp_path: Path) -> None:
    """The client merges in detached work trees, and repeats as a warning whatever a hook says."""
    place = meeting.repo.at(tmp_path / "detached")
    meeting.repo.git("worktree", "add", "-q", "--detach", place.path, "main")
    meeting.theirs()
    meeting.repo.git("fetch", "-q")
    assert run(place, "merge", "-q", "--ff-only", "origin/main").silent
    mine = meeting.append(place, "WP01", "planned", "claimed")
    meeting.theirs("WP03")
    meeting.repo.git("fetch", "-q")
    said = run(place, "merge", "-q", "--no-edit", "--no-verify", "-X", "theirs", "origin/main")
    assert (said.code, said.codes, said.news) == (0, ("MERGE_LOST_EVENTS",), ()), said.text
    assert mine["event_id"] in said.text


@pytest.fixture
def coordinated(repo: Repo) -> Mission:
    """A mission with a coordination branch: its log lives there, and is checked out in a work tree of its own."""
    return build_mission(repo, {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}, topology="coord")


def merge_coordination(mission: Mission, place: Repo, *options: str) -> Said:
    """Merge the coordination branch into the target."""
    return run(place, "merge", "-q", "--no-edit", *options, mission.coordination_branch)


def test_a_coordination_branch_of_this_clone_brings_the_target_no_news(coordinated: Mission, tmp_path: Path) -> None:
    meeting = meet(coordinated, tmp_path)
    meeting.unite()
    coordinated.walk("WP01", "claimed")
    said = merge_coordination(coordinated, coordinated.repo, "-X", "theirs")
    assert (said.code, said.news) == (0, ()), said.text
    assert "MERGE_LOST_EVENTS" not in said.codes


def test_a_coordination_branch_that_others_wrote_brings_the_target_its_news(
    coordinated: Mission, tmp_path: Path
) -> None:
    coordinated.repo.git("worktree", "remove", "--force", coordinated.coordination_worktree.path)
    meeting = meet(coordinated, tmp_path)
    meeting.unite()
    branch = coordinated.coordination_branch
    meeting.repo.push(branch)
    meeting.other.git("fetch", "-q")
    meeting.other.checkout(branch)
    meeting.append(meeting.other, "WP02", "planned", "claimed")
    meeting.other.push(branch)
    meeting.repo.git("fetch", "-q")
    said = run(meeting.repo, "merge", "-q", "--no-edit", "-X", "theirs", f"origin/{branch}")
    assert (said.code, said.news) == (0, CLAIMED), said.text
    assert "MERGE_LOST_EVENTS" not in said.codes


def test_a_mission_whose_directory_a_merge_removes_is_missed(meeting: Meeting) -> None:
    meeting.mine()
    meeting.repo.push("main")
    meeting.other.git("pull", "-q")
    meeting.other.git("rm", "-rq", meeting.mission.path)
    meeting.other.commit("clean up")
    meeting.other.push("main")
    said = run(meeting.repo, *PULL, "--ff-only")
    assert (said.code, said.codes) == (0, ("EVENT_LOG_NOT_APPEND_ONLY",)), said.text
    assert any("WP01: was claimed, and the log knows nothing of it" in line for line in said.text.splitlines())


def test_a_log_beyond_the_limits_is_no_crash(meeting: Meeting) -> None:
    meeting.other.append(meeting.mission.log_path, b"\0\xff{" * 1000 + records.line({"event_id": 1}))
    meeting.other.commit("garbage")
    meeting.other.push("main")
    said = run(meeting.repo, *PULL, "--ff-only")
    assert (said.code, said.codes) == (0, ("EVENT_LOG_UNREADABLE",)), said.text
