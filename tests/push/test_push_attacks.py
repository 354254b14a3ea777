"""Ways to get a foreign change past the push gate itself that somebody thought of, with all hooks installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.missions import Mission
from support.pushing import publish, push
from support.repo import Repo

SCOPE = ("ACTIVE_WP_SCOPE_VIOLATION",)


@pytest.fixture
def lane(mission: Mission, tmp_path: Path) -> Repo:
    """A lane at work; it and the target are published."""
    publish(mission, tmp_path / "remote.git")
    made = mission.implement("WP01")
    made.commit(files={"src/a/x.py": "1"})
    made.git("push", "-q", "--no-verify", "origin", "main", mission.lane_branch("lane-a"))
    return made


def test_what_the_lane_undoes_after_it_was_merged_is_not_undone_on_the_target(mission: Mission, lane: Repo) -> None:
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    mission.repo.git("merge", "-q", "--no-ff", "--no-edit", mission.lane_branch("lane-a"))
    lane.git("revert", "--no-edit", "HEAD")
    assert push(mission.repo, "main").refused == SCOPE
    mission.repo.git("merge", "-q", "--no-ff", "--no-edit", mission.lane_branch("lane-a"))
    pushed = push(mission.repo, "main")
    assert (pushed.allowed, pushed.codes) == (True, SCOPE)


def test_a_merge_of_a_lanes_own_past_brings_nothing_back(mission: Mission, lane: Repo) -> None:
    old = lane.head()
    mission.repo.commit(files={"src/c/c.py": "better\n"}, no_verify=True)
    mission.repo.git("push", "-q", "--no-verify", "origin", "main")
    lane.git("merge", "-q", "--no-edit", "main")
    assert push(lane, mission.lane_branch("lane-a")).silent
    lane.git("update-index", "--cacheinfo", f"100644,{lane.ask('rev-parse', f'{old}:src/c/c.py')},src/c/c.py")
    lane.git(
        "reset", "-q", "--hard", lane.ask("commit-tree", "-p", "HEAD", "-p", old, "-m", "x", lane.ask("write-tree"))
    )
    assert push(lane, mission.lane_branch("lane-a")).refused == SCOPE


def test_a_merge_that_could_have_been_a_fast_forward_is_silent(mission: Mission, lane: Repo) -> None:
    lane.git("reset", "-q", "--hard", "HEAD~1")
    mission.repo.commit(files={"src/c/c.py": "better\n"}, no_verify=True)
    lane.git("merge", "-q", "--no-ff", "--no-edit", "main")
    assert push(lane, "--force", mission.lane_branch("lane-a"), "main").silent


def test_many_merges_hide_no_lane_that_went_on(mission: Mission, lane: Repo) -> None:
    repo = mission.repo
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    repo.git("merge", "-q", "--no-ff", "--no-edit", mission.lane_branch("lane-a"))
    lane.commit(files={"src/a/y.py": "1"})
    side = repo.resolve("main~1")
    who = f"committer C <c@example.com> {repo.clock.git_date()}\ndata 1\nx\n"
    merges = [f"commit refs/heads/side\n{who}from {side}\n"]
    merges += [f"commit refs/heads/side\nmark :{number}\n{who}" for number in range(1, 502)]
    merges += [f"reset refs/heads/main\nfrom {repo.head()}\n\n"]
    merges += [f"commit refs/heads/main\n{who}merge :{number}\n" for number in range(1, 502)]
    repo.git("fast-import", "--quiet", "--force", input="".join(merges))
    repo.git("branch", "-qD", "side")
    assert push(repo, "main").refused == SCOPE
