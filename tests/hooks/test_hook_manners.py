"""The hooks are quiet, wait for nobody and leave everything as it was (design 7)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.hooks import install_native, judge
from support.judging import commit, stage
from support.missions import Mission, build_mission
from support.repo import Repo
from support.sealed import ROOT_VARIABLE
from support.trace import snapshot, traces

OWN, FOREIGN = "src/a/x.py", "src/b/x.py"
_HOLD = """
import fcntl, sys
with open(sys.argv[1], "a") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(working: Mission) -> Iterator[Path]:
    """The status lock of the mission, held by another process as the released client holds it while it commits."""
    lock = working.repo.common_dir() / "spec-kitty-locks" / f"{working.directory}.status.lock"
    lock.parent.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-I", "-c", _HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    yield lock
    holder.communicate("")


def test_no_hook_waits_for_the_status_lock(held: Path, working: Mission, lane: Repo) -> None:
    assert commit(lane, OWN).silent
    assert not commit(lane, FOREIGN).allowed
    assert commit(working.repo, "docs/x.md").silent
    lane.git("merge", "-q", "--no-edit", "main")
    assert held.is_file()


def test_a_refused_commit_leaves_index_and_work_tree_as_they_were(lane: Repo) -> None:
    stage(lane, OWN, FOREIGN)
    lane.append("README.md", b"unstaged\n")
    before = lane.git("status", "--porcelain", "-z").stdout
    done = lane.try_commit()
    assert done.returncode
    assert "Nothing was changed; what you staged is still staged." in done.stderr
    assert lane.git("status", "--porcelain", "-z").stdout == before


@pytest.mark.parametrize("name", ["pre-commit", "pre-merge-commit"])
@pytest.mark.parametrize("path", [OWN, FOREIGN])
def test_a_hook_alone_changes_nothing_and_never_writes_to_standard_output(lane: Repo, name: str, path: str) -> None:
    lane.append("README.md", b"stashed\n")
    lane.git("stash", "-q")
    lane.append("README.md", b"unstaged\n")
    lane.write("untracked", "")
    stage(lane, path)
    done = judge(lane, name)
    assert (done.returncode, done.stdout) == (int(path == FOREIGN), "")
    assert bool(done.stderr) is (path == FOREIGN)


def test_a_stale_index_is_not_refreshed(lane: Repo) -> None:
    stage(lane, OWN)
    for name in ("README.md", "src/a/a.py"):
        lane.write(name, lane.read(name))  # the same content with another time: `git status` would write the index
    judge(lane)


@pytest.mark.parametrize("command", ["echo x >>README.md", "git update-ref refs/heads/new HEAD", "git config a.b c"])
def test_the_watch_over_the_hooks_sees_one_that_does_write(mission: Mission, command: str) -> None:
    repo = mission.repo
    install_native(repo, ("pre-commit",), command=["sh", "-c", command])
    commit(repo, OWN)
    root = Path(repo.env[ROOT_VARIABLE])
    seen = traces(root)
    for file in (root / "traces").glob("*"):
        file.unlink()  # seen, as it should be: the test as a whole is clean
    assert seen


def test_nothing_is_printed_where_nothing_is_wrong_even_with_notes(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, status_json=True)
    install_native(repo)
    lane = mission.implement("WP01")
    mission.transition("WP01", "for_review")
    done = lane.git("commit", "--allow-empty", "-m", "empty", env={"GIT_TRACE": "0"})
    assert done.stderr == ""
    stage(lane, OWN)
    assert lane.git("commit", "-qm", "own").stderr == ""


def test_without_missions_no_file_of_the_repository_is_even_looked_at_twice(repo: Repo) -> None:
    install_native(repo)
    before = snapshot((), (str(repo.git_dir()).encode(),))
    done = judge(repo)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert snapshot((), (str(repo.git_dir()).encode(),)) == before


def test_a_client_in_a_temporary_detached_worktree_is_left_alone(working: Mission, tmp_path: Path) -> None:
    place = working.repo.at(tmp_path / "kitty-merge-1")
    working.repo.git("worktree", "add", "-q", "--detach", place.path, "main")
    done = place.git("merge", "--no-ff", "-m", "land", working.lane_branch("lane-a"), working.lane_branch("lane-b"))
    assert "spec-kitty-hooks" not in done.stderr
    assert commit(place, "src/b/x.py", "docs/y.md").silent
    working.repo.git("update-ref", "refs/heads/main", place.head())
