"""Divergence: how far apart, what the commits between are about, and nothing claimed that cannot be known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.diverging import diverge, land, plan, publish
from support.missions import Mission, build_mission
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks import limits
from spec_kitty_hooks.divergence import FOREIGN, LEDGER, SOURCE, measure, measure_target, weigh
from spec_kitty_hooks.git.fetching import FetchOutcome
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.registry import read_at
from spec_kitty_hooks.model import divergence as states
from spec_kitty_hooks.model.divergence import Divergence, Tally
from spec_kitty_hooks.model.git import Change
from spec_kitty_hooks.model.history import Commit


@contextmanager
def opened(repo: Repo) -> Iterator[Git]:
    with unchanged(repo), Git.open(os.fsencode(repo.path), repo.env, hook=False) as git:
        yield git


def target(mission: Mission, repo: Repo | None = None, **options: object) -> Divergence:
    place = repo or mission.repo
    with opened(place) as git:
        branches = Branches(git.refs())
        known = read_at(git, branches.tips("main")[0].oid, mission.directory)
        assert known is not None
        return measure_target(git, branches, known, **options)  # type: ignore[arg-type]


def counts(tally: Tally) -> tuple[int, int, int, int]:
    return tally.total, tally.source, tally.ledger, tally.foreign


def test_a_target_that_the_remote_has_as_it_is_is_in_sync(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    found = target(mission)
    assert (found.state, found.local, found.remote) == (states.IN_SYNC, repo.head(), repo.head())
    assert found.remote_name == "refs/remotes/origin/main"
    assert counts(found.ahead) == counts(found.behind) == (0, 0, 0, 0)


def test_ahead_behind_and_diverged_are_told_apart(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    old = repo.head()
    repo.commit("source", files={"src/a/a.py": "1\n"})
    assert target(mission).state == states.AHEAD
    publish(repo, remote, {"lib/x.py": "1\n"})
    assert target(mission).state == states.DIVERGED
    repo.git("reset", "-q", "--hard", old)
    found = target(mission)
    assert (found.state, counts(found.behind)) == (states.BEHIND, (1, 1, 0, 0))


def test_commits_are_split_by_what_they_are_about(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    mission.transition("WP01", "claimed")  # ledger
    repo.commit("other", files={"kitty-specs/other-mission/spec.md": "x\n"})  # foreign
    repo.commit("both", files={"kitty-specs/other-mission/spec.md": "y\n", f"{mission.path}/spec.md": "y\n"})  # ledger
    repo.commit("mixed", files={"README.md": "y\n", f"{mission.path}/spec.md": "z\n"})  # source
    repo.commit("loose", files={"kitty-specs/README.md": "no mission's\n"})  # source
    repo.commit("empty", allow_empty=True)  # source
    found = target(mission)
    assert counts(found.ahead) == (6, 3, 2, 1)
    with opened(repo) as git:
        anybody = measure(git, repo.head(), repo.resolve("origin/main"), None)
    assert counts(anybody.ahead) == (6, 3, 3, 0)


def test_what_was_made_on_another_missions_lane_is_foreign(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    other = build_mission(repo, {"lane-a": {"WP01": ["lib/**"]}}, slug="other-thing")
    repo.push("main")
    land(other, {"lib/x.py": "1\n"})
    land(mission, {"src/a/x.py": "1\n"})
    found = target(mission)
    # The other one's: its events, its lane's commit and the merge of that; ours: the same, and the merge is source.
    assert counts(found.ahead) == (6, 2, 1, 3)


def test_a_merge_without_a_change_of_its_own_is_what_it_brings() -> None:
    def commit(oid: str, *parents: str, path: bytes = b"") -> Commit:
        changes = (Change(path, "M", 1, 1, "", ""),) if path else ()
        return Commit(oid=oid, parents=parents, author="", authored_at=0, changes=changes)

    ours, theirs = b"kitty-specs/m/x", b"kitty-specs/n/x"
    newest_first = [
        commit("octopus", "pulled", "ledger", "foreign", "source"),
        commit("pulled", "empty", "outside"),
        commit("merged", "source", "foreign"),
        commit("evil", "source", "foreign", path=ours),
        commit("empty", "source"),
        commit("source", "foreign", path=b"src/x"),
        commit("foreign", "ledger", path=theirs),
        commit("ledger", "outside", path=ours),
    ]
    kinds = weigh(newest_first, b"m", frozenset())
    assert [kinds[commit.oid] for commit in newest_first] == [
        *(SOURCE, SOURCE, FOREIGN, LEDGER, SOURCE, SOURCE, FOREIGN, LEDGER),
    ]
    assert weigh(newest_first, b"m", frozenset(("source",)))["source"] == FOREIGN


def test_a_commit_that_is_not_here_makes_the_state_unknown(repo: Repo, mission: Mission) -> None:
    with opened(repo) as git:
        for local, remote in ((repo.head(), "1" * 40), ("1" * 40, repo.head()), (repo.head(), "junk")):
            found = measure(git, local, remote, None)
            assert (found.state, found.ahead) == (states.UNKNOWN, Tally())
            assert "is not in this clone" in found.problem


def test_histories_without_a_common_commit_have_diverged(repo: Repo) -> None:
    other = repo.commit_to("other", {"x": "1\n"}, parents=())
    with opened(repo) as git:
        found = measure(git, repo.head(), other, None)
    assert (found.state, found.ahead.total, found.behind.total) == (states.DIVERGED, 1, 1)


def test_a_shallow_clone_is_unknown_only_where_history_is_cut_between(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    for number in range(4):
        publish(repo, remote, {"lib/x.py": f"{number}\n"})
    clone = remote.clone(tmp_path / "clone", "--depth=3")
    clone.git("update-ref", "refs/remotes/origin/old", clone.resolve("HEAD~2"))
    here = clone.head()
    clone.commit("mine", files={"src/a/a.py": "1\n"})
    assert target(mission, clone).state == states.AHEAD
    with opened(clone) as git:
        assert measure(git, here, clone.resolve("HEAD~3"), None).state == states.AHEAD
        unrelated = clone.ask("commit-tree", "-m", "x", "HEAD^{tree}")
        assert measure(git, here, unrelated, None).state == states.UNKNOWN


def test_too_many_commits_are_counted_and_not_told_apart(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    for number in range(3):
        repo.commit("x", files={"x": f"{number}\n"})
    monkeypatch.setattr(limits, "TOLD_APART_COMMITS", 3)
    assert counts(target(mission).ahead) == (3, 3, 0, 0)
    monkeypatch.setattr(limits, "TOLD_APART_COMMITS", 2)
    assert counts(target(mission).ahead) == (3, 0, 0, 0)


def test_without_a_remote_there_is_no_tracking_branch(repo: Repo, mission: Mission) -> None:
    found = target(mission)
    assert (found.state, found.remote, found.problem) == (states.NO_TRACKING_BRANCH, "", "there is no remote")


def test_a_remote_that_was_never_fetched_is_no_tracking_branch(repo: Repo, mission: Mission, tmp_path: Path) -> None:
    repo.add_remote("origin", tmp_path)
    found = target(mission)
    assert found.state == states.NO_TRACKING_BRANCH
    assert found.problem == "branch main was never fetched from origin"


def test_a_clone_of_one_lane_has_no_local_target_and_claims_nothing(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    repo.push("main:refs/heads/lane")
    clone = remote.clone(tmp_path / "clone", "-b", "lane")
    found = target(mission, clone)
    assert (found.state, found.local, found.remote) == (states.UNKNOWN, "", repo.head())
    assert found.problem == "there is no local branch main"


def test_the_clones_own_setting_chooses_the_remote(repo: Repo, tmp_path: Path) -> None:
    mission, _fork = plan(repo, tmp_path / "fork")
    upstream = Repo.init(tmp_path / "up", repo.env, repo.clock, "--bare", "-b", "main")
    repo.add_remote("upstream", upstream)
    repo.push("main", remote="upstream")
    upstream.commit_to("main", {"lib/x.py": "1\n"})
    repo.git("fetch", "-q", "upstream")
    assert target(mission).state == states.IN_SYNC
    repo.git("config", "spec-kitty-hooks.targetRemote", "upstream")
    found = target(mission)
    assert (found.state, found.remote_name) == (states.BEHIND, "refs/remotes/upstream/main")
    assert target(mission, remote="origin").state == states.IN_SYNC
    repo.git("config", "spec-kitty-hooks.targetRemote", "gone")
    found = target(mission)
    assert found.state == states.NO_TRACKING_BRANCH
    assert found.problem == "spec-kitty-hooks.targetRemote names gone, and there is no such remote"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (states.IN_SYNC, states.UNKNOWN),
        (states.AHEAD, states.UNKNOWN),
        (states.BEHIND, states.BEHIND),
        (states.DIVERGED, states.DIVERGED),
    ],
)
def test_a_failed_fetch_only_makes_the_answer_less_certain(repo: Repo, tmp_path: Path, before: str, after: str) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    if before in (states.BEHIND, states.DIVERGED):
        publish(repo, remote, {"lib/x.py": "1\n"})
    if before in (states.AHEAD, states.DIVERGED):
        repo.commit("mine", files={"x": "1\n"})
    assert target(mission).state == before
    failed = FetchOutcome(ok=False, at=5, problem="origin did not answer")
    found = target(mission, fetched=failed)
    assert (found.state, found.stale, found.problem) == (after, True, "origin did not answer")
    assert found.as_of != 5
    fresh = target(mission, fetched=FetchOutcome(ok=True, at=5))
    assert (fresh.state, fresh.stale, fresh.as_of) == (before, False, 5)


def test_the_mission_at_work_is_split_as_it_happened(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    found = target(mission)
    assert found.state == states.DIVERGED
    assert counts(found.ahead) == (4, 3, 1, 0)  # the lane's commit, its merge and notes.txt; the events
    assert counts(found.behind) == (1, 1, 0, 0)
