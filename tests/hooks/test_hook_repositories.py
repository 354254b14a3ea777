"""The verdict is the same in every repository that git opens, and a clear word where it opens none (design 7)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.hooks import cli, cli_json, hook, install_native
from support.judging import commit, printed_codes, stage
from support.missions import Mission, build_mission, seed
from support.repo import Repo

OWN, FOREIGN = "src/a/x.py", "src/b/x.py"
VIOLATION = ("ACTIVE_WP_SCOPE_VIOLATION",)
LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}


def prove(place: Repo) -> None:
    """Show that this place lets an owned file pass in silence and refuses a foreign one, plain and with -a."""
    assert commit(place, OWN, "src/a/a.py").silent
    refused = commit(place, OWN, FOREIGN)
    assert (refused.allowed, refused.codes) == (False, VIOLATION)
    place.append("src/b/b.py", b"more\n")
    done = place.git("commit", "-qam", "all", check=False)
    assert printed_codes(done.stderr) == list(VIOLATION)
    place.git("checkout", "-q", "HEAD", "--", "src/b/b.py")
    assert place.git("diff", "--name-only", "HEAD").stdout == ""


def keep_split(place: Repo) -> None:
    place.git("config", "core.splitIndex", "true")
    place.git("config", "splitIndex.maxPercentChange", "100")
    place.git("update-index", "--split-index")
    place.write("src/a/split.py", "")
    place.git("add", "src/a/split.py")
    assert list(place.git_dir().glob("sharedindex.*"))


def keep_cone(place: Repo) -> None:
    place.git("sparse-checkout", "set", "--cone", "src/a", "src/b")
    assert not place.exists("kitty-specs")


def keep_sparse_index(place: Repo) -> None:
    place.git("sparse-checkout", "set", "--cone", "--sparse-index", "src/a", "src/b")
    assert "kitty-specs/\n" in place.git("ls-files", "--sparse").stdout


def keep_version_4(place: Repo) -> None:
    place.git("update-index", "--index-version=4", "--untracked-cache")
    place.git("config", "extensions.worktreeConfig", "true")


@pytest.mark.parametrize("prepare", [keep_split, keep_cone, keep_sparse_index, keep_version_4])
def test_an_index_of_any_kind(lane: Repo, prepare: Callable[[Repo], None]) -> None:
    prepare(lane)
    prove(lane)


def test_the_primary_checkout_on_a_lane(working: Mission) -> None:
    working.repo.git("worktree", "remove", "--force", working.lane_worktree("lane-a").path)
    working.repo.checkout(working.lane_branch("lane-a"))
    prove(working.repo)


def test_a_linked_worktree_beside_the_repository(working: Mission, tmp_path: Path) -> None:
    working.repo.git("worktree", "move", working.lane_worktree("lane-a").path, tmp_path / "moved")
    prove(working.repo.at(tmp_path / "moved"))


@pytest.mark.parametrize("name", ["with space", "äöü 漢字", "new\nline", "quo'te\"$HOME", "-dash"])
def test_a_worktree_whose_path_is_odd(working: Mission, tmp_path: Path, name: str) -> None:
    working.repo.git("worktree", "move", working.lane_worktree("lane-a").path, tmp_path / name)
    prove(working.repo.at(tmp_path / name))


@pytest.mark.parametrize("name", ["with space", "new\nline"])
def test_a_repository_whose_path_is_odd(tmp_path: Path, sealed: dict[str, str], clock: Clock, name: str) -> None:
    mission = build_mission(seed(Repo.init(tmp_path / name, sealed, clock)), LANES)
    install_native(mission.repo, watched="\n" not in name)  # the watch itself reads lines
    prove(mission.implement("WP01"))


def test_sha256(tmp_path: Path, sealed: dict[str, str], clock: Clock) -> None:
    repo = seed(Repo.init(tmp_path / "long", sealed, clock, "--object-format=sha256"))
    mission = build_mission(repo, LANES)
    install_native(repo)
    place = mission.implement("WP01")
    assert len(place.head()) == 64
    prove(place)
    place.commit("smuggled", files={FOREIGN: ""}, no_verify=True)
    assert printed_codes(place.git("commit", "--amend", "--no-edit", check=False).stderr) == list(VIOLATION)


def test_a_separate_git_directory(tmp_path: Path, sealed: dict[str, str], clock: Clock) -> None:
    repo = Repo.init(tmp_path / "tree", sealed, clock, f"--separate-git-dir={tmp_path / 'elsewhere.git'}")
    mission = build_mission(seed(repo), LANES)
    install_native(repo)
    prove(mission.implement("WP01"))


def test_a_lane_of_a_bare_repository(working: Mission, tmp_path: Path) -> None:
    bare = working.repo.clone(tmp_path / "origin.git", "--bare")
    install_native(bare)
    prove(bare.worktree(tmp_path / "lane", working.lane_branch("lane-a")))


@pytest.fixture
def origin(working: Mission, tmp_path: Path) -> Repo:
    """A bare origin that has every branch."""
    return working.repo.clone(tmp_path / "origin.git", "--bare")


@pytest.mark.parametrize("args", [(), ("--depth=1", "--no-single-branch"), ("--no-checkout",)])
def test_a_clone_of_a_bare_origin(origin: Repo, working: Mission, tmp_path: Path, args: tuple[str, ...]) -> None:
    clone = origin.clone(tmp_path / "clone", *args)
    install_native(clone)
    clone.checkout(working.lane_branch("lane-a"))
    prove(clone)


def test_a_partial_clone_fetches_nothing_for_the_judgement(origin: Repo, working: Mission, tmp_path: Path) -> None:
    clone = origin.clone(tmp_path / "clone", "--filter=blob:none")
    install_native(clone)
    clone.checkout(working.lane_branch("lane-a"))
    clone.git("cat-file", "-e", f"origin/main:{working.log_path}")  # fetched once, as `git log -p` or a merge would
    for name in ("meta.json", "lanes.json", "tasks/WP01-part-01.md", "tasks/WP02-part-02.md", "tasks/WP03-part-03.md"):
        clone.git("cat-file", "-e", f"origin/main:{working.path}/{name}")
    clone.git("config", "remote.origin.url", "file:///gone")
    before = sorted(clone.git_dir().glob("objects/pack/*"))
    prove(clone)
    assert sorted(clone.git_dir().glob("objects/pack/*")) == before


def test_a_plan_of_another_branch_that_a_partial_clone_lacks_is_not_missed(
    origin: Repo, working: Mission, tmp_path: Path
) -> None:
    origin.branch("topic", "main")
    origin.commit_to("topic", {f"{working.path}/meta.json": '{"target_branch": "topic"}'})
    clone = origin.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.git("symbolic-ref", "-d", "refs/remotes/origin/HEAD")  # it would settle who holds the plan
    install_native(clone)
    clone.checkout(working.lane_branch("lane-a"))
    for name in ("meta.json", "lanes.json", "status.events.jsonl", "tasks/WP01-part-01.md", "tasks/WP02-part-02.md"):
        clone.git("cat-file", "-e", f"origin/main:{working.path}/{name}")
    clone.git("config", "remote.origin.url", "file:///gone")
    assert commit(clone, OWN).silent


@pytest.mark.parametrize("name", ["tasks/WP01-part-01.md", "lanes.json", "status.events.jsonl"])
def test_a_partial_clone_that_lacks_what_is_needed_says_so_and_fetches_nothing(
    origin: Repo, working: Mission, tmp_path: Path, name: str
) -> None:
    path = f"{working.path}/{name}"
    working.edit(path, working.repo.read(path) + b"\n")
    working.repo.push("main", remote=str(origin.path))
    clone = origin.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    install_native(clone)
    clone.checkout(working.lane_branch("lane-a"))
    before = sorted(clone.git_dir().glob("objects/pack/*"))
    done = commit(clone, OWN)
    assert (done.allowed, done.codes) == (True, ("REPOSITORY_UNSUPPORTED",))
    assert f"this partial clone lacks {working.repo.head()}:{working.path}/" in done.text
    assert sorted(clone.git_dir().glob("objects/pack/*")) == before
    step = next(line for line in done.text.splitlines() if line.startswith("  next: git archive "))
    while step:
        clone.git(*step.removeprefix("  next: git ").split(" "))
        told = commit(clone, OWN).text.splitlines()
        step = next((line for line in told if line.startswith("  next: git archive ")), "")
    assert commit(clone, OWN).silent
    assert not commit(clone, FOREIGN).allowed


def test_a_submodule_with_a_mission_of_its_own(
    working: Mission, origin: Repo, tmp_path: Path, sealed: dict[str, str], clock: Clock
) -> None:
    parent = seed(Repo.init(tmp_path / "super", sealed, clock))
    parent.git("submodule", "--quiet", "add", str(origin.path), "inner")
    parent.commit("submodule", no_verify=True)
    inner = parent.at(parent.path / "inner")
    install_native(inner)
    inner.checkout(working.lane_branch("lane-a"))
    prove(inner)
    assert commit(parent, "src/b/anything.py").silent


def test_a_submodule_of_a_lane_is_one_path_of_it(working: Mission, lane: Repo, tmp_path: Path) -> None:
    other = seed(Repo.init(tmp_path / "other", lane.env, lane.clock))
    lane.git("submodule", "--quiet", "add", str(other.path), "src/a/own")
    assert printed_codes(lane.try_commit().stderr) == list(VIOLATION), ".gitmodules has no owner"
    lane.git("restore", "--staged", ".gitmodules")
    done = lane.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)
    lane.git("submodule", "--quiet", "add", str(other.path), "src/b/foreign")
    lane.git("restore", "--staged", ".gitmodules")
    refused = lane.try_commit()
    assert "src/b/foreign (added) is outside" in refused.stderr
    prove_inside = lane.at(lane.path / "src" / "b" / "foreign")
    install_native(prove_inside)
    assert commit(prove_inside, "src/b/anything.py").silent


def test_an_unborn_branch_of_a_lanes_name_is_judged_against_nothing(working: Mission, tmp_path: Path) -> None:
    working.repo.git("worktree", "remove", "--force", working.lane_worktree("lane-a").path)
    working.repo.git("branch", "-D", working.lane_branch("lane-a"))
    place = working.repo.at(tmp_path / "fresh")
    working.repo.git("worktree", "add", "-q", "--detach", place.path)
    place.checkout(working.lane_branch("lane-a"), "--orphan")
    place.git("rm", "-rqf", "--cached", ".")
    place.git("add", "-f", "src/a", "src/b")
    refused = place.try_commit()
    assert printed_codes(refused.stderr) == list(VIOLATION)
    assert "git rm --cached -- src/b/b.py" in refused.stderr
    place.git("rm", "-q", "--cached", "--", "src/b/b.py")
    done = place.try_commit()
    assert (done.returncode, "spec-kitty-hooks" in done.stderr) == (0, False)


def test_the_first_commit_of_a_repository_without_missions(
    tmp_path: Path, sealed: dict[str, str], clock: Clock
) -> None:
    repo = Repo.init(tmp_path / "empty", sealed, clock)
    install_native(repo)
    assert commit(repo, "any/thing.py").silent
    assert commit(repo, args=("--allow-empty",)).silent


def test_a_detached_head_in_a_lanes_worktree_is_told_and_elsewhere_not(working: Mission, lane: Repo) -> None:
    lane.checkout("HEAD", "--detach")
    done = commit(lane, FOREIGN)
    assert (done.allowed, done.codes) == (True, ("DETACHED_HEAD",))
    working.repo.checkout("HEAD", "--detach")
    assert commit(working.repo, FOREIGN).silent


def test_a_repository_that_git_takes_for_somebody_elses_cannot_be_judged(working: Mission) -> None:
    place = working.repo
    stage(place, FOREIGN)
    foreign = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}  # git's own test variable: needs neither root nor a second user
    for refused in (cli(place, "check", "--staged", env=foreign), hook(place, "pre-commit", env=foreign)):
        assert (refused.returncode, refused.stdout) == (3, "")
        assert "belongs to another user" in refused.stderr
        assert f"next: git config --global --add safe.directory {place.path}\n" in refused.stderr
    assert hook(place, "pre-commit").returncode == 0, "without the variable the same place is judged"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a repository away")
class TestForeignOwner:
    """A repository that belongs to somebody else: git refuses it, and we say how to trust it."""

    @pytest.fixture
    def foreign(self, working: Mission) -> Repo:
        working.repo.git("worktree", "remove", "--force", working.lane_worktree("lane-a").path)
        working.repo.checkout(working.lane_branch("lane-a"))
        stage(working.repo, FOREIGN)
        hooks = working.repo.ask("config", "core.hooksPath")
        for top, directories, files in os.walk(working.repo.path):
            for name in (".", *directories, *files):
                os.chown(os.path.join(top, name), 12345, 12345, follow_symlinks=False)
        assert Path(hooks).is_dir()
        return working.repo

    def test_the_command_line_gives_the_one_command_that_helps(self, foreign: Repo) -> None:
        refused = cli(foreign, "check", "--staged")
        assert refused.returncode == 3
        assert "belongs to another user" in refused.stderr
        command = f"git config --global --add safe.directory {foreign.path}"
        assert f"next: {command}" in refused.stderr
        foreign.git(*command.split(" ")[1:])
        report = cli_json(foreign, "check", "--staged", code=1)
        assert report["findings"][0]["diagnostic_code"] == "ACTIVE_WP_SCOPE_VIOLATION"

    def test_the_hook_refuses_with_the_same_words_and_without_a_traceback(self, foreign: Repo) -> None:
        refused = hook(foreign, "pre-commit", command=None)
        assert refused.returncode == 3
        assert refused.stdout == ""
        assert "REPOSITORY_UNSUPPORTED" in refused.stderr
        assert "safe.directory" in refused.stderr
        assert "Traceback" not in refused.stderr
