"""What people push every day goes out in silence: releases, bots, forks, shallow clones, landings, rebases, imports."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.hooks import cli_json, hook_command, install_native
from support.missions import Mission, build_mission, many_missions, seed
from support.pushing import PUSH_HOOKS, publish, push
from support.repo import Repo


@pytest.fixture
def remote(mission: Mission, tmp_path: Path) -> Repo:
    """The mission's `origin`, with its main; it judges what it receives as well."""
    return guarded(publish(mission, tmp_path / "remote.git"))


@pytest.fixture
def lane(mission: Mission, remote: Repo) -> Repo:
    """The work tree of lane-a with some work of WP01, all published."""
    lane = mission.implement("WP01")
    lane.commit("feat: begin", files={"src/a/x.py": "1"})
    quiet(mission.repo, "main", mission.lane_branch("lane-a"))
    return lane


def guarded(bare: Repo) -> Repo:
    """Make a bare repository judge what it receives."""
    shim = bare.path / "hooks" / "pre-receive"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f"#!/bin/sh\nexec {shlex.join([*hook_command('')[:-2], 'pre-receive'])}\n")
    shim.chmod(0o755)
    return bare


def quiet(repo: Repo, *args: str, remote: str = "origin", env: Mapping[str, str] | None = None) -> None:
    """Push, and require that everything went and that neither our hook nor the server's said a word."""
    pushed = push(repo, *args, remote=remote, env=env)
    assert pushed.silent, pushed.text


def judged_in_ci(remote: Repo, place: Path, old: str, new: str) -> list[tuple[str, str]]:
    """Return code and severity of each finding that a fresh clone of the remote has for a range."""
    report = cli_json(remote.clone(place), "check", "--from-ref", old, "--to-ref", new)
    return [(finding["diagnostic_code"], finding["severity"]) for finding in report["findings"]]


def other_clone(remote: Repo, place: Path, *args: str) -> Repo:
    """Clone the remote with our pre-push hook."""
    clone = remote.clone(place, *args)
    install_native(clone, PUSH_HOOKS)
    return clone


# -- the target branch


def test_main_with_a_lane_that_is_behind_or_ahead(mission: Mission, lane: Repo) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.commit(files={"src/a/y.py": "not pushed yet"})
    mission.walk("WP01", "for_review")
    quiet(mission.repo, "main")


@pytest.mark.parametrize("options", [(), ("-a", "-m", "release")], ids=["lightweight", "annotated"])
def test_a_release(mission: Mission, lane: Repo, options: tuple[str, ...]) -> None:
    mission.repo.git("tag", *options, "v1.0")
    quiet(mission.repo, "v1.0")
    mission.repo.commit("chore: release", files={"VERSION": "1.1"}, no_verify=True)
    mission.repo.git("tag", *options, "v1.1")
    quiet(mission.repo, "main", "v1.1")
    mission.repo.git("tag", "-f", *options, "v1.1", "HEAD~1")
    quiet(mission.repo, "--force", "v1.1")
    quiet(mission.repo, "--delete", "v1.0")


@pytest.mark.parametrize("way", ["merge", "squash", "rebase", "fast-forward"])
def test_a_lane_lands(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, way: str) -> None:
    repo, branch = mission.repo, mission.lane_branch("lane-a")
    mission.walk("WP01", "approved")
    mission.implement("WP02")
    lane.commit("feat: more", files={"src/b/x.py": "1"})
    mission.walk("WP02", "approved")
    if way == "squash":
        repo.git("merge", "-q", "--squash", branch)
        repo.commit("feat: lane-a (#12)", no_verify=True)
    elif way == "rebase":
        lane.git("rebase", "-q", "main")
        repo.git("merge", "-q", "--ff-only", branch)
    elif way == "fast-forward":
        lane.git("merge", "-q", "--no-edit", "main")
        repo.git("merge", "-q", "--ff-only", branch)
    else:
        repo.git("merge", "-q", "--no-ff", "--no-edit", branch)
    quiet(repo, "main")
    for wp_id in ("WP01", "WP02"):
        mission.walk(wp_id, "done")
    quiet(repo, "main")
    assert judged_in_ci(remote, tmp_path / "ci", "origin/main~4", "origin/main") == []
    quiet(repo, "--delete", branch)
    repo.git("worktree", "remove", "--force", str(lane.path))
    repo.git("branch", "-D", branch)
    repo.commit("chore: go on", files={"src/a/x.py": "after the mission"}, no_verify=True)
    quiet(repo, "main")


def test_a_landing_that_a_server_made_is_pulled_and_built_upon(
    mission: Mission, lane: Repo, remote: Repo, tmp_path: Path
) -> None:
    service = remote.clone(tmp_path / "service")
    service.git("merge", "-q", "--no-ff", "--no-edit", f"origin/{mission.lane_branch('lane-a')}")
    service.git("push", "-q", "origin", "main")
    mission.walk("WP01", "for_review")
    mission.repo.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    quiet(mission.repo, "main")


# -- lanes


def test_a_lane_is_rebased_before_it_is_published(mission: Mission, remote: Repo) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    mission.implement("WP03")
    lane.git("rebase", "-q", "main")
    quiet(mission.repo, "main", mission.lane_branch("lane-a"))


def test_a_published_lane_is_rebased(mission: Mission, lane: Repo) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.git("rebase", "-q", "main")
    quiet(lane, "--force-with-lease", mission.lane_branch("lane-a"))


def test_two_people_share_a_lane(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    other = other_clone(remote, tmp_path / "other")
    other.checkout(branch)
    other.commit(files={"src/a/theirs.py": "1"})
    quiet(other, branch)
    lane.commit(files={"src/a/ours.py": "1"})
    lane.git("pull", "-q", "--rebase", "origin", branch)
    quiet(lane, branch)
    other.commit(files={"src/a/more.py": "1"})
    other.git("pull", "-q", "--no-rebase", "--no-edit", "origin", branch)
    quiet(other, branch)


def test_a_lane_takes_in_main_and_other_work(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    other = mission.implement("WP03")
    other.commit(files={"src/c/x.py": "1"})
    mission.repo.commit(files={"src/z.py": "1", "src/b/by_hand.py": "1"}, no_verify=True)
    lane.git("merge", "-q", "--no-edit", "main")
    lane.git("merge", "-q", "--no-edit", mission.lane_branch("lane-b"))
    quiet(mission.repo, "--all")
    for name in ("lane-a", "lane-b"):
        branch = mission.lane_branch(name)
        assert judged_in_ci(remote, tmp_path / name, "origin/main", f"origin/{branch}") == []


def test_every_order_of_branches(mission: Mission, remote: Repo) -> None:
    lane, other = mission.implement("WP01"), mission.implement("WP03")
    lane.commit(files={"src/a/x.py": "1"})
    other.commit(files={"src/c/x.py": "1"})
    quiet(mission.repo, "main")
    quiet(mission.repo, mission.lane_branch("lane-b"))
    quiet(mission.repo, mission.lane_branch("lane-a"))


# -- other branches


@pytest.mark.parametrize(
    "name", ["dependabot/pip/click-8.2", "renovate/lock-file", "docs/guide", "release/1.x", "fix/kitty-lane-typo"]
)
def test_branches_beside_the_mission(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, name: str) -> None:
    mission.repo.checkout(name, "-b")
    mission.repo.commit("chore: bump", files={"requirements.txt": "click==8.2", "docs/guide.md": "more"})
    quiet(mission.repo, name)
    mission.repo.git("commit", "-q", "--amend", "-m", "chore: bump again")
    quiet(mission.repo, "--force", name)
    assert judged_in_ci(remote, tmp_path / "ci", "origin/main", f"origin/{name}") == []
    mission.repo.checkout("main")
    quiet(mission.repo, "--delete", name)


def test_a_branch_with_everything_of_main_that_is_not_out_yet(mission: Mission, lane: Repo) -> None:
    mission.walk("WP01", "approved")
    mission.repo.checkout("docs/board", "-b")
    mission.repo.commit("docs: board", files={"docs/board.md": "approved"})
    quiet(mission.repo, "docs/board")
    mission.repo.checkout("main")
    quiet(mission.repo, "main")
    quiet(mission.repo, "--delete", "docs/board")


def test_pages_and_notes_and_other_refs(mission: Mission, lane: Repo) -> None:
    repo = mission.repo
    repo.commit_to("gh-pages", {"index.html": "<h1>1</h1>"}, "Deploy", ())
    quiet(repo, "gh-pages")
    repo.commit_to("gh-pages", {"index.html": "<h1>2</h1>"}, "Deploy", ())
    quiet(repo, "--force", "gh-pages")
    repo.git("notes", "add", "-m", "measured", "HEAD")
    quiet(repo, "refs/notes/commits")
    quiet(repo, "main:refs/for/main", f"{mission.lane_branch('lane-a')}:refs/backup/mine")
    quiet(repo, "--delete", "refs/notes/commits", "refs/backup/mine")


# -- other clones


def test_a_bot_with_a_shallow_clone(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    bot = other_clone(remote, tmp_path / "bot", "--depth=1")
    bot.commit("chore: bump version", files={"VERSION": "2"})
    bot.git("tag", "-a", "-m", "release", "v2")
    quiet(bot, "main", "v2")
    branch = mission.lane_branch("lane-a")
    fixer = other_clone(remote, tmp_path / "fixer", "--depth=1", "--branch", branch)
    fixer.commit("style: format", files={"src/a/x.py": "formatted"})
    pushed = push(fixer, branch)
    assert pushed.allowed, pushed.text


@pytest.mark.parametrize("how", [("--single-branch",), ("--filter=blob:none",), ("--bare",)])
def test_other_kinds_of_clones(
    mission: Mission, lane: Repo, remote: Repo, tmp_path: Path, how: tuple[str, ...]
) -> None:
    remote.git("config", "uploadpack.allowFilter", "true")
    clone = other_clone(remote, tmp_path / "clone", *how)
    quiet(mission.repo, "main")
    if "--bare" in how:
        clone.commit_to("main", {"VERSION": "3"})
    else:
        clone.commit("chore: bump", files={"VERSION": "3"})
    quiet(clone, "main")


def test_a_single_branch_clone_of_a_lane(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    branch = mission.lane_branch("lane-a")
    clone = other_clone(remote, tmp_path / "clone", "--single-branch", "--branch", branch)
    clone.commit("feat: more", files={"src/a/z.py": "1"})
    pushed = push(clone, branch)
    assert pushed.allowed, pushed.text


def test_a_fork(mission: Mission, lane: Repo, remote: Repo, tmp_path: Path) -> None:
    fork = remote.clone(tmp_path / "fork.git", "--bare")
    mine = remote.clone(tmp_path / "mine")
    mine.git("remote", "rename", "origin", "upstream")
    mine.add_remote("origin", fork)
    mine.git("config", "spec-kitty-hooks.targetRemote", "upstream")
    install_native(mine, PUSH_HOOKS)
    branch = mission.lane_branch("lane-a")
    mine.checkout(branch)
    mine.commit(files={"src/a/mine.py": "1"})
    quiet(mine, branch)
    mission.repo.commit(files={"src/z.py": "upstream goes on"}, no_verify=True)
    mission.walk("WP01", "for_review")
    quiet(mission.repo, "main")
    mine.git("fetch", "-q", "upstream")
    mine.git("merge", "-q", "--no-edit", "upstream/main")
    quiet(mine, branch)
    quiet(mine, "upstream/main:refs/heads/main")


# -- first pushes, adoption, imports


def test_a_history_from_before_the_hooks(mission: Mission, tmp_path: Path) -> None:
    lane = mission.implement("WP01")
    lane.commit(files={"src/c/x.py": "nobody judged that then"}, no_verify=True)
    mission.repo.git("merge", "-q", "--no-ff", "--no-edit", mission.lane_branch("lane-a"))
    start = mission.repo.head()
    policy = f'policy:\n  hooks:\n    judge_from: "{start}"\n'
    mission.repo.commit("chore: adopt the hooks", files={".kittify/config.yaml": policy}, no_verify=True)
    lane.git("merge", "-q", "--ff-only", "main")
    lane.commit(files={"src/a/x.py": "1"})
    empty = guarded(Repo.init(tmp_path / "empty.git", mission.repo.env, mission.clock, "--bare", "-b", "main"))
    mission.repo.add_remote("origin", empty)
    install_native(mission.repo, PUSH_HOOKS)
    quiet(mission.repo, "--all")
    assert judged_in_ci(empty, tmp_path / "ci", f"{start}~3", f"origin/{mission.lane_branch('lane-a')}") == []


def test_four_hundred_missions(mission: Mission, lane: Repo, remote: Repo) -> None:
    many_missions(mission.repo, 400)
    quiet(mission.repo, "main")
    mission.repo.commit(files={"src/z.py": "1"}, no_verify=True)
    quiet(mission.repo, "main")
    lane.commit(files={"src/a/y.py": "1"})
    quiet(lane, mission.lane_branch("lane-a"))


def test_a_mission_from_another_repository(repo: Repo, tmp_path: Path) -> None:
    source = seed(Repo.init(tmp_path / "source", repo.env, repo.clock, "-b", "main"))
    theirs = build_mission(source, {"lane-a": {"WP01": ["lib/**"]}}, slug="imported")
    work = theirs.implement("WP01")
    work.commit(files={"lib/x.py": "1"})
    theirs.walk("WP01", "approved")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}})
    remote = guarded(publish(mission, tmp_path / "remote.git"))
    repo.git("fetch", "-q", str(source.path), "main")
    repo.git("merge", "-q", "--no-edit", "--allow-unrelated-histories", "-X", "ours", "FETCH_HEAD")
    quiet(repo, "main")
    copied = {path.decode(): source.show("main", path) for path in source.tree("main") if path[:12] == b"kitty-specs/"}
    repo.commit("chore: copy", files={name.replace("imported", "copied"): text for name, text in copied.items()})
    quiet(repo, "main")
    assert remote.has_branch("main")


@pytest.fixture
def coordinated(repo: Repo, tmp_path: Path) -> Mission:
    """A mission with a coordination branch that its lane has merged since both were published; the server judges."""
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}, topology="coord")
    guarded(publish(mission, tmp_path / "remote.git"))
    quiet(repo, mission.coordination_branch)
    lane = mission.implement("WP01")
    lane.commit(files={"src/a/x.py": "1"})
    quiet(repo, mission.coordination_branch)
    quiet(repo, mission.lane_branch("lane-a"))
    mission.walk("WP01", "in_review")
    lane.git("merge", "-q", "--no-edit", "-X", "theirs", mission.coordination_branch)
    lane.commit(files={"src/a/y.py": "1"})
    return mission


def test_a_coordination_branch_and_its_landing(coordinated: Mission, tmp_path: Path) -> None:
    mission, repo = coordinated, coordinated.repo
    lane, log = mission.lane_branch("lane-a"), mission.coordination_branch
    mission.walk("WP01", "approved")
    mission.implement("WP02").commit(files={"src/b/x.py": "1"})
    quiet(repo, "--all")
    for branch in (log, lane):
        place = tmp_path / branch.rpartition("-")[2]
        assert judged_in_ci(repo.at(tmp_path / "remote.git"), place, "origin/main", f"origin/{branch}") == []
    repo.git("clean", "-fdq", "kitty-specs")
    repo.git("merge", "-q", "--squash", lane)
    repo.write(mission.log_path, repo.show("main", mission.log_path) + repo.show(log, mission.log_path))
    repo.commit("feat: mission", no_verify=True)
    quiet(repo, "main")
    quiet(repo, "--delete", lane, log)


def test_a_lane_that_goes_out_before_the_log_that_it_merged(coordinated: Mission, tmp_path: Path) -> None:
    mission, lane = coordinated, coordinated.lane_branch("lane-a")
    pushed = push(mission.repo, lane)
    assert pushed.allowed, pushed.text
    assert pushed.text.count("warning: PLANNING_PATH_ON_LANE") == 1
    assert f"next: push branch {mission.coordination_branch} as well" in pushed.text
    found = judged_in_ci(mission.repo.at(tmp_path / "remote.git"), tmp_path / "ci", "origin/main", f"origin/{lane}")
    assert found[0] == ("PLANNING_PATH_ON_LANE", "warn")
