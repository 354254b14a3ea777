"""`pr-branch`: from a diverged clone to one commit on top of the remote's target, with what is the mission's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.clock import Clock
from support.diverging import THEIRS, diverge, land, plan, publish, share
from support.focusing import branch_of, build, files_of, list_objects, say
from support.hooks import cli, install_native
from support.missions import Mission, WorkPackage, build_mission
from support.repo import Repo
from support.trace import unchanged


def test_a_clone_that_is_84_ahead_and_6_behind_has_a_clean_pushable_branch(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    upstream = [remote.commit_to("main", {f"lib/{number}.py": "1\n"}) for number in range(6)][-1]
    lane = mission.implement("WP01")  # one commit of events
    lane.commit("WP01", files={"src/a/new.py": "new = True\n", "src/a/a.py": "changed = True\n"})
    repo.git("merge", "-q", "--no-ff", "-m", "Merge lane-a", mission.lane_branch("lane-a"))
    tip = repo.head()
    repo.git("checkout", "-q", "--detach")
    for number in range(81):
        repo.commit_to("main", {f"notes/{number}.txt": "not the mission's\n"})
    repo.git("checkout", "-q", "main")
    repo.git("fetch", "-q", "origin")
    assert repo.ask("rev-list", "--left-right", "--count", "main...origin/main") == "84\t6"
    install_native(repo, ("pre-push",))
    refused = repo.git("push", "origin", "main", check=False)
    assert refused.returncode
    assert "main has diverged from origin as last fetched: 84 (" in refused.stderr
    assert f"next: spec-kitty-hooks pr-branch --mission {mission.directory}\n" in refused.stderr, "which is run below"

    with unchanged_but_the_branch(repo, mission):
        made = build(mission, "--push")
    assert made["outcome"] == "CREATED"
    assert made["pushed_to"] == "origin"
    assert (made["divergence"]["state"], made["divergence"]["ahead"]["total"]) == ("diverged", 84)
    assert made["divergence"]["behind"]["total"] == 6
    commit = remote.resolve(f"refs/heads/{branch_of(mission)}")
    assert commit == made["commit"] == repo.resolve(branch_of(mission))
    assert repo.ask("rev-list", "--parents", "-1", commit) == f"{commit} {upstream}"
    mine = {path: entry for path, entry in repo.tree(tip).items() if path in files_of(repo, made)}
    assert set(mine) == {b"src/a/a.py", b"src/a/new.py", mission.log_path.encode()}
    assert repo.tree(commit) == {**remote.tree(upstream), **mine}
    assert len(made["left_out"]) == 81
    assert repo.git("fsck", "--strict", "--no-dangling").returncode == 0


class unchanged_but_the_branch:  # noqa: N801 (a context manager reads as a verb)
    """Fail if a block changes index, work tree, HEAD, configuration or any ref but the focused branch."""

    def __init__(self, repo: Repo, mission: Mission) -> None:
        self._repo, self._ref = repo, f"refs/heads/{branch_of(mission)}"

    def __enter__(self) -> None:
        self._before = self._look()

    def __exit__(self, *_problem: object) -> None:
        assert self._look() == self._before

    def _look(self) -> dict[str, object]:
        free = {self._ref, f"refs/remotes/origin/{self._ref.removeprefix('refs/heads/')}"}
        top, git_dir = self._repo.path, self._repo.common_dir()
        found: dict[str, object] = {name: oid for name, oid in self._repo.refs().items() if name not in free}
        places = [path for path in top.rglob("*") if path.is_file() and ".git" not in path.relative_to(top).parts]
        places += [git_dir / name for name in ("index", "HEAD", "config", "FETCH_HEAD")]
        return found | {str(path): (path.read_bytes(), path.lstat().st_mode) for path in places}


def test_a_dry_run_says_what_would_be_in_it_and_writes_nothing(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    objects = list_objects(repo)
    with unchanged(repo):
        planned = build(mission, "--dry-run")
    assert list_objects(repo) == objects
    assert planned["outcome"] == "PLANNED"
    made = build(mission)
    assert {key: value for key, value in planned.items() if key not in ("outcome", "next_steps")} == {
        key: value for key, value in made.items() if key not in ("outcome", "next_steps")
    }
    assert planned["next_steps"] == [f"spec-kitty-hooks pr-branch --mission {mission.directory}"]
    assert build(mission, "--dry-run")["outcome"] == "ALREADY"


def test_every_path_says_why_it_is_in(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    made = build(mission)
    assert [
        (path["path"], path["change"], path["basis"], path["work_package_id"], path["pattern"])
        for path in made["paths"]
    ] == [
        (mission.log_path, "modified", "planning", "", ""),
        ("src/a/a.py", "modified", "owned", "WP01", "src/a/**"),
        ("src/a/new.py", "added", "owned", "WP01", "src/a/**"),
    ]
    assert made["left_out"] == ["notes.txt"]
    assert THEIRS.encode() not in files_of(repo, made)
    assert made["message"].split("\n") == [
        f"{mission.directory}: everything of the mission for main",
        *("", "Work-Packages: WP01", f"Mission-Id: {mission.mission_id}", f"Mission: {mission.directory}", ""),
    ]


def test_a_person_reads_the_same(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    text = say(mission)
    commit = repo.resolve(branch_of(mission))
    assert text.startswith(f"{branch_of(mission)}: made, commit {commit} on top of origin/main at ")
    assert "  main has diverged: 4 ahead (3 source, 1 ledger), 1 behind (1 source), as of 20" in text
    assert "    modified     src/a/a.py  (WP01, src/a/**)\n" in text
    assert "  left out: 1 path of main, not the mission's:\n    notes.txt\n" in text
    assert text.endswith(f"  next: git push origin {branch_of(mission)}\n")
    assert ": there already, commit" in say(mission)


def test_many_paths_are_counted_and_json_has_all(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    land(mission, {f"src/a/{number}": "1\n" for number in range(20)})
    text = say(mission, "--dry-run")
    assert "  21 paths:\n" in text
    assert "    and 11 more (--json lists them)\n" in text
    assert len(build(mission)["paths"]) == 21


def test_running_it_again_finds_it_there(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = diverge(repo, tmp_path / "remote")
    made = build(mission)
    again = build(mission)
    assert (again["outcome"], again["commit"]) == ("ALREADY", made["commit"])


def test_it_is_the_same_commit_for_everybody_on_any_day(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    repo.push("main:refs/heads/shared")
    made = build(mission)
    other = Repo(tmp_path / "other", repo.env, Clock())
    repo.git("clone", "-q", remote.path, other.path)
    other.git("fetch", "-q", "origin", "shared:shared")
    other.git("update-ref", "refs/heads/main", "shared")
    other.git("config", "user.name", "Somebody Else")
    other.git("config", "commit.gpgSign", "true")
    other.git("config", "i18n.commitEncoding", "ISO-8859-1")
    other.git("config", "merge.renames", "false")
    other.git("config", "core.autocrlf", "true")
    (other.path / ".git/info").mkdir(exist_ok=True)
    (other.path / ".git/info/attributes").write_text("* merge=union text eol=crlf\n")
    (other.path / ".git/info/grafts").write_text(f"{other.resolve('shared')}\n")
    env = {"GIT_AUTHOR_NAME": "x", "GIT_COMMITTER_DATE": "1000000000 +0000", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    again = build(mission, repo=other, env=env)
    assert again["outcome"] == "CREATED"
    assert again["commit"] == made["commit"]
    assert remote.path.is_dir()


def test_author_and_dates_are_those_of_the_newest_commit_in_it(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    lane = mission.implement("WP01")
    lane.write("src/a/x", "1\n")
    lane.stage()
    env = {"GIT_AUTHOR_NAME": "Zoë", "GIT_AUTHOR_EMAIL": "z@example.com", "GIT_AUTHOR_DATE": "1900000000 +0230"}
    lane.git("commit", "-q", "-m", "newest", env=env)
    repo.git("merge", "-q", "--no-ff", "-m", "Merge", mission.lane_branch("lane-a"))
    repo.commit("later, and not in it", files={"notes.txt": "x\n"})
    commit = build(mission)["commit"]
    told = repo.ask("log", "-1", "--format=%an <%ae> %ad|%cn <%ce> %cd", "--date=raw", commit)
    assert told == "|".join(["Zoë <z@example.com> 1900000000 +0230"] * 2)


@pytest.mark.parametrize(
    "who", [b"\xff\xfe <a@b> 5 +0000", b" <> 5 +0000", b"A <a@b> 99999999999999999999 +junk", b"A"]
)
def test_an_odd_author_makes_a_commit_that_git_takes(repo: Repo, tmp_path: Path, who: bytes) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    repo.commit("x", files={"src/a/x": "1\n"})
    data = repo.git("cat-file", "commit", "HEAD", binary=True).stdout
    author = next(line for line in data.split(b"\n") if line.startswith(b"author "))
    odd = data.replace(author, b"author " + who)
    oid = repo.git("hash-object", "-w", "-t", "commit", "--literally", "--stdin", input=odd, binary=True).stdout
    repo.git("update-ref", "refs/heads/main", oid.decode().strip())
    made = build(mission)
    assert made["outcome"] == "CREATED"
    repo.git("-c", "fsck.badDate=ignore", "push", "-q", "origin", branch_of(mission))
    assert remote.git("fsck", "--strict", "--no-dangling", check=False).returncode == 0


# -- nothing to do


def test_there_is_nothing_to_do_where_upstream_has_everything(repo: Repo, tmp_path: Path) -> None:
    mission, remote = plan(repo, tmp_path / "remote")
    assert build(mission)["outcome"] == "NOTHING"
    publish(repo, remote, {THEIRS: "1\n"})
    found = build(mission)
    assert (found["outcome"], found["commit"], found["paths"], found["next_steps"]) == ("NOTHING", None, [], [])
    repo.commit("nobody's", files={"notes.txt": "x\n"})
    assert build(mission)["left_out"] == ["notes.txt"]
    assert say(mission).startswith("nothing to do: origin/main at ")
    assert build(mission, "--push")["pushed_to"] is None


def test_what_upstream_has_already_in_other_commits_is_not_done_again(repo: Repo, tmp_path: Path) -> None:
    mission, remote = diverge(repo, tmp_path / "remote")
    mine = repo.tree("main")
    publish(repo, remote, {"src/a/new.py": "new = True\n"}, "half of it, squashed")
    made = build(mission)
    assert files_of(repo, made) == {b"src/a/a.py", mission.log_path.encode()}
    publish(repo, remote, {"src/a/a.py": b"changed = True\n", mission.log_path: repo.read(mission.log_path)})
    assert build(mission)["outcome"] == "NOTHING"
    assert repo.tree("origin/main")[b"src/a/a.py"] == mine[b"src/a/a.py"]


# -- what is the mission's


def test_paths_that_only_the_missions_lanes_changed_are_in_it(repo: Repo, tmp_path: Path) -> None:
    mission, _remote = plan(repo, tmp_path / "remote")
    land(mission, {"src/a/x": "1\n", "README.md": "lane\n", "setup.cfg": "lane\n"})
    repo.commit("somebody else", files={"setup.cfg": "more\n"})
    made = build(mission)
    assert [path["path"] for path in made["paths"] if path["basis"] == "commits"] == ["README.md"]
    assert made["left_out"] == ["setup.cfg"]
    assert made["notes"] == [
        "setup.cfg: owned by nobody, changed on the mission's lanes and elsewhere too; it is left out"
    ]


def test_another_missions_planning_and_work_are_left_out(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    other = build_mission(repo, {"lane-a": {"WP01": ["lib/**", "kitty-specs/**"]}}, slug="other-thing")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**", "kitty-specs/**"]}})
    land(other, {"lib/x": "1\n"})
    land(mission, {"src/a/x": "1\n", f"{other.path}/spec.md": "changed on our lane\n"})
    made = build(mission)
    assert all(path["path"].startswith((mission.path, "src/a")) for path in made["paths"])
    assert "lib/x" in made["left_out"]
    assert f"{other.path}/spec.md" in made["left_out"]


def test_the_looser_rule_counts_where_policy_says_so(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/*.py"]}})
    repo.commit("deep", files={"src/a/b/deep.py": "1\n"})
    assert "src/a/b/deep.py" in build(mission, "--dry-run")["left_out"]
    loose = build_mission(
        repo, {"lane-a": {"WP01": ["src/*.py"]}}, slug="loose", policy={"hooks": {"glob": "spec-kitty"}}
    )
    paths = [path["path"] for path in build(loose)["paths"]]
    assert "src/a/b/deep.py" in paths


def test_the_most_specific_owner_is_named(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/**"], "WP02": ["src/b/b.py"]}})
    repo.commit("x", files={"src/b/b.py": "1\n", "src/b/c.py": "1\n"})
    owners = {path["path"]: path["work_package_id"] for path in build(mission)["paths"]}
    assert (owners["src/b/b.py"], owners["src/b/c.py"]) == ("WP02", "WP01")


def test_a_dry_run_and_a_push_exclude_each_other(mission: Mission) -> None:
    ran = cli(mission.repo, "pr-branch", "--dry-run", "--push", "--json")
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["diagnostic_code"] == "USAGE"


def test_a_planning_package_without_patterns_owns_its_planning_only(repo: Repo, tmp_path: Path) -> None:
    share(repo, tmp_path / "remote")
    planning = WorkPackage(wp_id="WP02", owned_files=["kitty-specs/**"], execution_mode="planning_artifact")
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}, "lane-planning": [planning]})
    repo.commit("x", files={"src/a/x": "1\n", f"{mission.path}/research.md": "found\n"})
    paths = {path["path"]: path["basis"] for path in build(mission)["paths"]}
    assert paths[f"{mission.path}/research.md"] == "planning"
    assert os.fsdecode(b"src/a/x") in paths
