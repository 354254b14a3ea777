"""More pushes that somebody thought of: what must go out in silence, and what must not get past."""

from __future__ import annotations

import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from support.hooks import hook, install_native
from support.missions import Mission, build_mission
from support.pushing import PUSH_HOOKS, publish, push
from support.quiet import guarded, quiet
from support.repo import Repo

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"
LANES = {"lane-a": {"WP01": ["src/a/**"]}}


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    """The mission's `origin`, with its main; it judges what it receives as well."""
    return guarded(publish(mission, tmp_path / "remote.git"))


@pytest.fixture
def coordinated(repo: Repo, tmp_path: Path) -> Mission:
    """A mission with a coordination branch, published with an event that the target lacks; the server judges, too."""
    mission = build_mission(repo, LANES, topology="coord")
    guarded(publish(mission, tmp_path / "remote.git", "main", mission.coordination_branch))
    mission.walk("WP01", "claimed")
    quiet(repo, mission.coordination_branch)
    return mission


def test_a_log_that_another_branch_has_in_the_same_commit_may_go(coordinated: Mission) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    quiet(repo, f"{log}:refs/heads/kept")
    quiet(repo, "--delete", log)


@pytest.mark.parametrize("options", [(), ("--no-verify",)], ids=["hook", "server"])
def test_two_branches_that_have_the_events_do_not_go_together(coordinated: Mission, options: tuple[str, ...]) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    repo.branch("kept", log)
    repo.commit_to("kept", {"x": "1"})
    quiet(repo, "kept")
    pushed = push(repo, *options, "--delete", log, "kept")
    assert (pushed.allowed, "refused: LEDGER_BRANCH_DELETED" in pushed.text) == (False, True)


def test_a_log_goes_out_under_another_name_in_the_push_that_deletes_it(coordinated: Mission) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    assert push(repo, f":{log}", f"{log}:refs/tags/archive").refused == ("LEDGER_BRANCH_DELETED",)
    quiet(repo, f":{log}", f"{log}:refs/heads/archive/log")


def test_a_branch_that_is_rewound_in_the_same_push_keeps_no_events(coordinated: Mission) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    repo.branch("kept", log)
    repo.commit_to("kept", {"x": "1"})
    quiet(repo, "kept")
    pushed = push(repo, f":{log}", "+main:kept")
    assert "LEDGER_BRANCH_DELETED" in pushed.refused


def test_a_tag_is_moved_back_over_events(mission: Mission, remote: Repo) -> None:
    mission.walk("WP01", "claimed")
    mission.repo.git("tag", "nightly")
    quiet(mission.repo, "main", "nightly")
    mission.repo.git("tag", "-f", "nightly", "HEAD~1")
    quiet(mission.repo, "--force", "nightly")


def test_a_tag_is_moved_to_another_branch(mission: Mission, remote: Repo) -> None:
    mission.walk("WP01", "claimed")
    mission.repo.git("tag", "-am", "x", "nightly")
    quiet(mission.repo, "main", "nightly")
    mission.repo.branch("release/1", "HEAD~3")
    mission.repo.commit_to("release/1", {"VERSION": "1"})
    mission.repo.git("tag", "-f", "-am", "x", "nightly", "release/1")
    quiet(mission.repo, "--force", "release/1", "nightly")


def test_a_branch_beside_the_mission_is_rebuilt_on_older_main(mission: Mission, remote: Repo) -> None:
    repo = mission.repo
    mission.walk("WP01", "claimed")
    repo.branch("docs/x")
    repo.commit_to("docs/x", {"docs/x.md": "1"})
    quiet(repo, "main", "docs/x")
    repo.branch("docs/x2", "main~1")
    repo.commit_to("docs/x2", {"docs/x.md": "2"})
    quiet(repo, "+docs/x2:docs/x")


def test_a_lane_takes_back_its_merge_of_main(mission: Mission, remote: Repo) -> None:
    repo, branch = mission.repo, mission.lane_branch("lane-a")
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    before = lane.head()
    mission.walk("WP01", "for_review")
    lane.git("merge", "-q", "--no-edit", "main")
    quiet(repo, "main", branch)
    lane.git("reset", "-q", "--hard", before)
    lane.commit(files={"src/a/y.py": "1"})
    quiet(lane, "--force-with-lease", branch)


def test_a_lane_that_merged_the_log_is_rebased(coordinated: Mission) -> None:
    mission, repo = coordinated, coordinated.repo
    branch = mission.lane_branch("lane-a")
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    quiet(repo, mission.coordination_branch)
    before = lane.head()
    lane.git("merge", "-q", "--no-edit", "-X", "theirs", mission.coordination_branch)
    quiet(lane, branch)
    lane.git("reset", "-q", "--hard", before)
    lane.commit(files={"src/a/y.py": "1"})
    quiet(lane, "--force-with-lease", branch)


@pytest.fixture
def apart(mission: Mission, remote: Repo, tmp_path: Path) -> Mission:
    """The second mission with the target main, which has diverged from the published one by its first event."""
    repo = mission.repo
    second = build_mission(repo, {"lane-a": {"WP01": ["lib/**"]}}, slug="second")
    quiet(repo, "main")
    other = remote.clone(tmp_path / "other")
    other.commit(files={"src/z.py": "theirs"})
    other.git("push", "-q", "origin", "main")
    second.walk("WP01", "claimed")
    repo.git("fetch", "-q", "origin")
    return second


@pytest.mark.parametrize("place", ["origin", "remote.git"])
def test_of_several_missions_the_one_that_is_ahead_is_told_the_way_out(
    apart: Mission, tmp_path: Path, place: str
) -> None:
    remote = place if place == "origin" else str(tmp_path / place)
    plain, forced = (push(apart.repo, *options, "main", remote=remote) for options in ((), ("--force",)))
    assert re.search(r"main has diverged from origin as last fetched: .* behind, as of 20\d\d-.* UTC\n", plain.text)
    for pushed in (plain, forced):
        assert not pushed.allowed
        assert re.findall(r"next: spec-kitty-hooks pr-branch --mission (\S+)", pushed.text) == [apart.directory]


def test_a_target_that_is_replaced_by_an_orphan_is_refused_although_a_lane_has_its_past(
    mission: Mission, remote: Repo
) -> None:
    repo = mission.repo
    lane = mission.implement("WP01")
    lane.git("merge", "-q", "--no-edit", "main")
    lane.commit(files={"src/a/x.py": "1"})
    quiet(repo, "main", mission.lane_branch("lane-a"))
    repo.commit_to("orphan", {"x": "1"}, "x", ())
    assert set(push(repo, "+orphan:main").refused) >= {"EVENT_LOG_NOT_APPEND_ONLY", "PUSH_REWRITES_LEDGER"}


def test_a_log_is_not_rewound_although_another_branch_has_its_events(coordinated: Mission) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    quiet(repo, f"{log}:refs/heads/kept")
    pushed = push(repo, f"+{log}~1:{log}")
    assert set(pushed.refused) == {"EVENT_LOG_NOT_APPEND_ONLY", "PUSH_REWRITES_LEDGER"}


def test_events_that_only_a_branch_beside_has_are_not_rewound(mission: Mission, remote: Repo) -> None:
    repo = mission.repo
    mission.walk("WP01", "claimed")
    quiet(repo, "main:refs/heads/aside")
    pushed = push(repo, "+main~1:refs/heads/aside")
    assert pushed.refused == ("PUSH_REWRITES_LEDGER",)


def test_a_removed_event_is_found_under_many_removed_commits(mission: Mission, remote: Repo) -> None:
    repo = mission.repo
    mission.walk("WP01", "claimed")
    who = f"committer C <c@example.com> {repo.clock.git_date()}\ndata 1\nx\n"
    head = repo.head()
    blocks = [f"commit refs/heads/aside\n{who}{'' if n else f'from {head}' + chr(10)}" for n in range(1_100)]
    repo.git("fast-import", "--quiet", input="".join(blocks))
    quiet(repo, "aside")
    pushed = push(repo, "+main~1:refs/heads/aside")
    assert pushed.refused == ("PUSH_REWRITES_LEDGER",)


@pytest.mark.parametrize("told", [True, False])
def test_a_forks_copy_of_the_target_is_put_back_in_sync(
    mission: Mission, remote: Repo, tmp_path: Path, told: bool
) -> None:
    mine = remote.clone(tmp_path / "mine")
    mine.git("remote", "rename", "origin", "upstream")
    mine.add_remote("origin", remote.clone(tmp_path / "fork.git", "--bare"))
    install_native(mine, PUSH_HOOKS)
    if told:
        mine.git("config", "spec-kitty-hooks.targetRemote", "upstream")
    mine.commit(files={"notes.txt": "on the wrong branch"})
    quiet(mine, "main")
    pushed = push(mine, "+upstream/main:main")
    assert pushed.codes == (() if told else ("TARGET_BRANCH_NOT_SYNCHRONIZED",))
    assert "TARGET_BRANCH_NOT_SYNCHRONIZED" in push(mine, "+upstream/main~1:main", remote="upstream").codes


@pytest.mark.parametrize("home", [True, False])
def test_what_a_deletion_takes_away_must_be_here_where_a_log_lives(
    coordinated: Mission, tmp_path: Path, home: bool
) -> None:
    repo, log = coordinated.repo, coordinated.coordination_branch
    branch = log if home else "docs/x"
    other = repo.at(tmp_path / "remote.git").clone(tmp_path / "other")
    other.checkout(log)
    other.commit(files={"x": "theirs"})
    other.git("push", "-q", "origin", f"HEAD:refs/heads/{branch}")
    pushed = push(repo, "--delete", branch)
    assert (pushed.allowed, pushed.codes) == (not home, ("REMOTE_STATE_UNKNOWN",) if home else ())
    if home:
        assert "next: git fetch origin" in pushed.text
        repo.git("fetch", "-q", "origin")
        assert push(repo, "--delete", branch).refused == ("LEDGER_BRANCH_DELETED",)


def test_a_server_that_lacks_a_merged_lane_asks_for_it(mission: Mission, remote: Repo) -> None:
    repo, branches = mission.repo, [mission.lane_branch(name) for name in ("lane-a", "lane-b")]
    lane, other = mission.implement("WP01"), mission.implement("WP03")
    quiet(repo, "main", *branches)
    lane.commit(files={"src/a/x.py": "1"})
    other.git("merge", "-q", "--no-edit", "--no-ff", branches[0])
    pushed = push(repo, branches[1])
    assert f"remote: spec-kitty-hooks: refused: {SCOPE}" in pushed.text
    assert "next: or push the branch that it was merged from as well, if that is another lane" in pushed.text
    quiet(repo, *branches)


# -- through the pre-commit framework


def frame(repo: Repo, **handed: str) -> CompletedProcess[str]:
    """Run the hook as the framework does: without a line, with what it tells of the first ref in variables."""
    env = {"PRE_COMMIT": "1", **{f"PRE_COMMIT_{name.upper()}": value for name, value in handed.items()}}
    return hook(repo, "pre-push", env=env)


def test_through_the_framework_an_address_stands_for_its_remote(mission: Mission, remote: Repo) -> None:
    lane, branch = mission.implement("WP01"), mission.lane_branch("lane-a")
    lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    (remote.path / "hooks" / "pre-receive").unlink()
    lane.git("push", "-q", "--no-verify", "origin", branch, "main")
    lane.commit(files={"src/a/x.py": "1"})
    ran = frame(mission.repo, remote_name=str(remote.path), remote_url=str(remote.path))
    assert (ran.returncode, SCOPE in ran.stderr) == (0, False), ran.stderr
    assert "judged every local branch ahead of origin" in ran.stderr


def test_through_the_framework_a_diverged_target_that_is_not_pushed_stops_nothing(apart: Mission) -> None:
    apart.repo.branch("good")
    handed = {"remote_name": "origin", "local_branch": "good", "remote_branch": "refs/heads/good"}
    ran = frame(apart.repo, **handed, to_ref=apart.repo.head())
    assert ran.returncode == 0, ran.stderr
    assert "forced pushes" in ran.stderr


def test_through_the_framework_a_diverged_target_that_is_pushed_is_refused(apart: Mission) -> None:
    handed = {"remote_name": "origin", "local_branch": "refs/heads/main", "remote_branch": "refs/heads/main"}
    ran = frame(apart.repo, **handed, to_ref=apart.repo.head())
    assert ran.returncode == 1
    assert "refused: TARGET_BRANCH_NOT_SYNCHRONIZED" in ran.stderr


@pytest.mark.parametrize("told", [{}, {"to_ref": "HEAD"}], ids=["all files", "a range"])
def test_through_the_framework_a_commit_that_no_branch_has_is_judged_as_the_ref_it_becomes(
    mission: Mission, remote: Repo, told: dict[str, str]
) -> None:
    lane, branch = mission.implement("WP01"), mission.lane_branch("lane-a")
    lane.checkout("--detach")
    bad = lane.commit(files={"src/c/x.py": "1"}, no_verify=True)
    handed = {"remote_name": "origin", "local_branch": "HEAD", "remote_branch": f"refs/heads/{branch}"}
    ran = frame(lane, **handed, **dict.fromkeys(told, bad))
    assert ran.returncode == 1
    assert f"refused: {SCOPE}" in ran.stderr
    assert bad[:12] in ran.stderr
