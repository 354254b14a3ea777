"""Every ref of a push is judged, by what it becomes on the remote: names, tags, deletions, rewrites."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hooks import hook
from support.missions import Mission
from support.pushing import publish, push
from support.repo import Repo

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    return publish(mission, tmp_path / "remote.git")


@pytest.fixture
def bad(mission: Mission, remote: Repo) -> Repo:
    """A lane with one commit that went past the commit hook."""
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    return lane


def test_the_second_ref_of_a_push_is_judged_too(mission: Mission, bad: Repo) -> None:
    mission.repo.branch("good")
    pushed = push(mission.repo, "good", mission.lane_branch("lane-a"))
    assert pushed.refused == (SCOPE,)


@pytest.mark.parametrize("spec", ["HEAD:refs/heads/{lane}", "{oid}:refs/heads/{lane}", "aside:{lane}", "+HEAD:{lane}"])
def test_the_name_on_the_remote_decides(mission: Mission, bad: Repo, spec: str) -> None:
    lane = mission.lane_branch("lane-a")
    bad.branch("aside")
    assert push(bad, spec.format(lane=lane, oid=bad.head())).refused == (SCOPE,)


def test_a_ref_that_is_not_checked_out_is_judged(mission: Mission, bad: Repo) -> None:
    bad.checkout("--detach")
    assert push(mission.repo, mission.lane_branch("lane-a")).refused == (SCOPE,)


@pytest.mark.parametrize("options", [(), ("-a", "-m", "release")])
def test_a_release_tag_goes_out_in_silence(mission: Mission, remote: Repo, options: tuple[str, ...]) -> None:
    mission.repo.git("tag", *options, "v1.0")
    mission.repo.git("tag", "of-a-file", "HEAD:README.md")
    assert push(mission.repo, "--tags").silent


def test_a_tag_does_not_carry_a_lane_past_the_gate(mission: Mission, bad: Repo) -> None:
    bad.git("tag", "-a", "-m", "look", "sneaky")
    assert push(bad, "sneaky").refused == (SCOPE,)


def test_an_ordinary_push_of_the_target_is_silent(mission: Mission, remote: Repo) -> None:
    mission.implement("WP01")
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    assert push(mission.repo, "main").silent


def test_a_push_to_an_address_is_judged_like_one_to_its_remote(mission: Mission, bad: Repo, remote: Repo) -> None:
    bad.git("push", "-q", "--no-verify", "origin", mission.lane_branch("lane-a"))
    bad.commit(files={"src/a/x.py": "1"})
    assert push(bad, mission.lane_branch("lane-a"), remote=str(remote.path)).silent


def test_the_first_push_to_an_empty_remote(mission: Mission, tmp_path: Path) -> None:
    repo = mission.repo
    remote = publish(mission, tmp_path / "remote.git")
    empty = Repo.init(tmp_path / "empty.git", repo.env, repo.clock, "--bare", "-b", "main")
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    assert push(repo, "--all", remote=str(empty.path)).silent
    assert empty.has_branch("main")
    assert remote.has_branch("main")


def test_a_lane_may_be_deleted(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    push(lane, mission.lane_branch("lane-a"), "main")
    assert push(mission.repo, "--delete", mission.lane_branch("lane-a")).silent


def test_a_diverged_target_is_not_published(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other", mission.repo.env, mission.clock)
    other.git("pull", "-q", str(remote.path), "main")
    other.commit(files={"src/z.py": "theirs"})
    other.git("push", "-q", str(remote.path), "HEAD:main")
    mission.repo.commit(files={"src/y.py": "ours"}, no_verify=True)
    mission.repo.git("fetch", "-q", "origin")
    assert push(mission.repo, "--force", "main").refused == ("TARGET_BRANCH_NOT_SYNCHRONIZED",)
    assert push(mission.repo, "--force-with-lease", "main").refused == ("TARGET_BRANCH_NOT_SYNCHRONIZED",)
    plain = push(mission.repo, "main")
    assert not plain.allowed
    assert "main has diverged from origin as last fetched: 1 (1 source) ahead, 1 (1 source) behind" in plain.text
    assert f"spec-kitty-hooks pr-branch --mission {mission.directory}" in plain.text


def test_what_a_forced_push_removes_must_be_here_to_be_judged(mission: Mission, remote: Repo, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other", mission.repo.env, mission.clock)
    other.git("pull", "-q", str(remote.path), "main")
    other.commit(files={"src/z.py": "theirs"})
    other.git("push", "-q", str(remote.path), "HEAD:main")
    mission.repo.commit(files={"src/y.py": "ours"}, no_verify=True)
    pushed = push(mission.repo, "--force", "main")
    assert (pushed.allowed, pushed.codes) == (False, ("REMOTE_STATE_UNKNOWN",))
    assert "next: git fetch origin" in pushed.text


def test_published_commits_of_a_log_stay(mission: Mission, remote: Repo) -> None:
    mission.walk("WP01", "claimed")
    push(mission.repo, "main")
    mission.repo.git("reset", "-q", "--hard", "HEAD~1")
    pushed = push(mission.repo, "--force", "main")
    assert set(pushed.refused) >= {"PUSH_REWRITES_LEDGER", "EVENT_LOG_NOT_APPEND_ONLY"}


def test_a_branch_with_events_that_live_nowhere_else_stays(repo: Repo, tmp_path: Path) -> None:
    from support.missions import build_mission

    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, topology="coord")
    publish(mission, tmp_path / "remote.git", "main", mission.coordination_branch)
    mission.walk("WP01", "claimed")
    assert push(repo, mission.coordination_branch).silent
    pushed = push(repo, "--delete", mission.coordination_branch)
    assert pushed.refused == ("LEDGER_BRANCH_DELETED",)


def test_a_line_that_cannot_be_read_is_not_let_through(mission: Mission, remote: Repo) -> None:
    ran = hook(mission.repo, "pre-push", "origin", "url", stdin=b"refs/heads/main what\n")
    assert ran.returncode == 3
    assert "line 1 of what git says about the push cannot be read" in ran.stderr


def test_nothing_to_push_is_no_business_of_ours(mission: Mission, remote: Repo) -> None:
    assert push(mission.repo, "main").silent
    ran = hook(mission.repo, "pre-push", "origin", "url")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_framework_that_keeps_the_list_of_refs_gets_every_branch_judged(mission: Mission, bad: Repo) -> None:
    env = {"PRE_COMMIT": "1", "PRE_COMMIT_REMOTE_NAME": "origin"}
    ran = hook(mission.repo, "pre-push", env=env)
    assert ran.returncode == 1
    assert SCOPE in ran.stderr
    assert "tags, deletions and refs pushed under another name cannot be seen here" in ran.stderr
