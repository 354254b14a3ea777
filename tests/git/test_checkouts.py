"""Where the branch is checked out, the files' entries move along: no plain commit takes back what was recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo
from support.trace import snapshot

from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.git import checkouts
from spec_kitty_hooks.git.checkouts import Checkout, Entry, find_checkouts
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.recording import Recording, record_files
from spec_kitty_hooks.git.writing import Writer

Open = Callable[[Repo], Git]
LOG = "kitty-specs/m/status.events.jsonl"


@pytest.fixture
def logged(repo: Repo) -> Repo:
    """A repository whose main has a log with one event."""
    repo.commit("log", files={LOG: "0\n"})
    return repo


def record(git: Git, content: str = "0\n1\n", branch: str = "main") -> Recording:
    tip = Writer(git).find_tip(branch)
    files = {LOG.encode(): content.encode()}
    return record_files(git, branch=branch, base=tip, expected=tip, files=files, message="Record")


def append(git: Git, *places: Repo, branch: str = "main") -> Recording:
    """Append an event to the working file of each place, and record it."""
    for place in places:
        place.write(LOG, "0\n1\n")
    return record(git, branch=branch)


def entries(repo: Repo) -> dict[str, str]:
    """Return the index as text: path to flag, mode, object and stage."""
    lines = repo.ask("ls-files", "-s", "-v", "-z").split("\0")
    return {path: about for about, path in (line.split("\t") for line in lines if line)}


def staged(repo: Repo) -> str:
    return repo.ask("show", f":{LOG}")


def commit_plainly(repo: Repo) -> None:
    """Make the next commit, and check that it takes nothing back."""
    repo.write("next", "1\n")
    repo.stage("next")
    repo.git("commit", "-q", "-m", "next")
    assert repo.ask("diff", "--name-only", "--no-renames", "HEAD^", "HEAD") == "next"
    assert repo.show("HEAD", LOG) == b"0\n1\n"


def follow(command: str, repo: Repo) -> None:
    """Run the command of a problem as a person would paste it."""
    subprocess.run(["sh", "-ec", command], cwd=repo.path, env=repo.env, check=True)


def test_here_nothing_else_that_is_staged_moves(logged: Repo, opened: Open) -> None:
    logged.commit("files", files={"changed": "1\n", "deleted": "1\n", "mode": "1\n"})
    logged.write("changed", "2\n")
    logged.write("added", "1\n")
    logged.write("mode", "1\n", executable=True)
    logged.remove("deleted")
    logged.stage()
    logged.write("intended", "1\n")
    logged.git("add", "-N", "intended")
    logged.write("changed", "3\n")
    before, status = entries(logged), logged.ask("status", "--porcelain")
    made = append(opened(logged), logged)
    assert (made.indexes, made.problems) == ((os.fsencode(logged.path),), ())
    after = entries(logged)
    assert after.pop(LOG) != before.pop(LOG)
    assert after == before
    assert logged.ask("status", "--porcelain") == status
    assert logged.head() == made.commit
    logged.git("commit", "-q", "-m", "the rest")
    assert logged.show("HEAD", LOG) == b"0\n1\n"
    assert sorted(logged.ask("diff", "--name-only", "--no-renames", "HEAD^", "HEAD").split("\n")) == [
        "added",
        "changed",
        "deleted",
        "mode",
    ]


def test_without_it_the_next_commit_would_take_the_event_back(
    logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkout, "stage", lambda *_args: (False, ()))
    append(opened(logged), logged)
    with pytest.raises(AssertionError):
        commit_plainly(logged)


def test_no_file_of_a_work_tree_is_touched(logged: Repo, opened: Open) -> None:
    logged.write(LOG, "0\n1\nmine\n")
    trees, git_dir = (os.fsencode(logged.path),), (os.fsencode(logged.git_dir()),)
    before = snapshot(trees, git_dir)
    record(opened(logged))
    after = snapshot(trees, git_dir)
    assert {
        os.path.relpath(name, trees[0]) for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    } == {
        b".git/index",
        b".git/logs/HEAD",
        b".git/logs/refs/heads/main",
        b".git/refs/heads/main",
    }


@pytest.mark.parametrize("asked_in", ["here", "there"])
def test_in_another_work_tree(logged: Repo, opened: Open, asked_in: str) -> None:
    there = logged.worktree(logged.path.parent / "there", "log", "main")
    made = append(opened({"here": logged, "there": there}[asked_in]), there, branch="log")
    assert made.indexes == (os.fsencode(there.path),)
    assert there.ask("status", "--porcelain") == ""
    commit_plainly(there)
    assert staged(logged) == "0"


def test_in_two_work_trees_at_once(logged: Repo, tmp_path: Path, opened: Open) -> None:
    logged.git("worktree", "add", "-q", "-f", tmp_path / "second", "main")
    second = logged.at(tmp_path / "second")
    made = append(opened(logged), logged, second)
    assert set(made.indexes) == {os.fsencode(logged.path), os.fsencode(second.path)}
    commit_plainly(second)
    assert staged(logged) == "0\n1"


def test_nowhere(logged: Repo, opened: Open) -> None:
    logged.branch("log")
    there = logged.worktree("../there", "other", "main")
    there.checkout("log", "--detach")
    before = entries(logged), entries(there)
    assert record(opened(logged), branch="log").indexes == ()
    assert (entries(logged), entries(there)) == before


@pytest.mark.parametrize("state", ["older", "deleted", "intended", "other"])
def test_what_was_staged_of_the_log_itself_gives_way(logged: Repo, opened: Open, state: str) -> None:
    if state == "intended":
        logged.git("rm", "-q", "--cached", LOG)
        logged.git("commit", "-q", "-m", "no log")
        logged.git("add", "-N", LOG)
    elif state == "deleted":
        logged.git("rm", "-q", "--cached", LOG)
    else:
        logged.write(LOG, "0\n" if state == "older" else "unrelated\n")
        logged.stage(LOG)
    made = append(opened(logged), logged)
    assert made.problems == ()
    assert logged.ask("status", "--porcelain") == ""
    commit_plainly(logged)


def test_a_conflict_is_left_alone_and_named(logged: Repo, opened: Open) -> None:
    logged.checkout("side", "-b")
    logged.commit("theirs", files={LOG: "0\ntheirs\n", "theirs": "1\n"})
    logged.checkout("main")
    logged.commit("ours", files={LOG: "0\nours\n"})
    logged.git("merge", "-q", "side", check=False)
    before = logged.ask("ls-files", "-s")
    assert "\t" + LOG in logged.ask("ls-files", "-u")
    made = record(opened(logged), "0\nours\n1\n")
    assert made.commit == logged.head()
    assert made.indexes == ()
    assert logged.ask("ls-files", "-s") == before
    (problem,) = made.problems
    logged.write(LOG, "0\nours\n1\ntheirs\n")
    follow(problem.rpartition("then ")[2], logged)
    logged.git("commit", "-q", "-m", "merged")
    assert logged.show("HEAD", LOG) == b"0\nours\n1\ntheirs\n"
    assert logged.ask("rev-list", "--parents", "-1", "HEAD").split()[1:] == [made.commit, logged.resolve("side")]


def test_a_merge_that_waits_for_its_commit_goes_on(logged: Repo, opened: Open) -> None:
    logged.checkout("side", "-b")
    logged.commit("theirs", files={"theirs": "1\n"})
    logged.checkout("main")
    logged.commit("ours", files={"ours": "1\n"})
    logged.git("merge", "-q", "--no-ff", "--no-commit", "side")
    made = append(opened(logged), logged)
    assert made.problems == ()
    logged.git("commit", "-q", "-m", "merged")
    assert logged.ask("rev-list", "--parents", "-1", "HEAD").split()[1:] == [made.commit, logged.resolve("side")]
    assert {b"theirs", b"ours"} <= logged.tree().keys()
    assert logged.show("HEAD", LOG) == b"0\n1\n"


@pytest.mark.parametrize("backend", ["merge", "apply"])
def test_a_branch_that_is_being_rebased_is_refused(logged: Repo, opened: Open, backend: str) -> None:
    logged.checkout("side", "-b")
    logged.commit("theirs", files={"file": "theirs\n"})
    logged.checkout("main")
    logged.commit("ours", files={"file": "ours\n"})
    logged.git("rebase", "-q", f"--{backend}", "side", check=False)
    before = logged.refs()
    with pytest.raises(HooksError) as caught:
        record(opened(logged))
    assert caught.value.code == "BRANCH_BUSY"
    assert logged.refs() == before
    logged.write("file", "both\n")
    logged.stage("file")
    follow(f"GIT_EDITOR=true {caught.value.remediation[0]}", logged)
    assert append(opened(logged), logged).problems == ()
    assert logged.ask("status", "--porcelain") == ""


def test_a_lock_that_somebody_holds_is_reported_and_mended(
    logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkouts, "_SECONDS", 0.0)
    lock = logged.git_dir() / "index.lock"
    lock.write_text("")
    made = append(opened(logged), logged)
    assert made.commit == logged.head()
    assert made.indexes == ()
    (problem,) = made.problems
    assert "another git holds its lock" in problem
    lock.unlink()
    follow(problem.rpartition("commit there: ")[2], logged)
    assert logged.ask("status", "--porcelain") == ""
    commit_plainly(logged)


def test_a_lock_that_goes_away_is_waited_for(logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = logged.git_dir() / "index.lock"
    lock.write_text("")
    is_locked = Checkout._is_locked

    def end(self: Checkout) -> bool:
        found = is_locked(self)
        lock.unlink(missing_ok=True)  # its holder ends just after we looked
        return found

    monkeypatch.setattr(Checkout, "_is_locked", end)
    made = append(opened(logged), logged)
    assert (made.indexes, made.problems) == ((os.fsencode(logged.path),), ())


def test_an_index_that_cannot_be_read_is_reported(logged: Repo, opened: Open) -> None:
    (logged.git_dir() / "index").write_bytes(b"broken")
    made = append(opened(logged), logged)
    assert made.commit == logged.head()
    assert "the index of" in made.problems[0]


@pytest.mark.parametrize("cone", ["--no-cone", "--cone", "--sparse-index"])
def test_what_sparse_checkout_hides_stays_hidden(logged: Repo, opened: Open, cone: str) -> None:
    logged.commit("more", files={"kitty-specs/n/x": "1\n", "status.events.jsonl": "1\n", "config": "hidden\n"})
    if cone == "--no-cone":
        logged.git("sparse-checkout", "set", cone, "/README.md", "/next")
        assert entries(logged)["config"].startswith("S ")
    else:
        logged.git("sparse-checkout", "set", "--cone", *(["--sparse-index"] if cone == "--sparse-index" else []), "src")
    assert not logged.exists(LOG)
    before = entries(logged)
    assert before[LOG].startswith("S ")
    made = record(opened(logged))
    assert made.problems == ()
    assert entries(logged)[LOG].startswith("S ")
    assert {name for name, about in before.items() if entries(logged)[name] != about} == {LOG}
    assert logged.ask("status", "--porcelain") == ""
    if cone == "--sparse-index":
        assert "040000" in logged.ask("ls-files", "--sparse", "-s"), "the index is sparse again"
    commit_plainly(logged)


def test_assume_unchanged_stays(logged: Repo, opened: Open) -> None:
    logged.git("update-index", "--assume-unchanged", LOG)
    append(opened(logged), logged)
    assert entries(logged)[LOG].startswith("h ")
    commit_plainly(logged)


def test_a_split_index_stays_split(logged: Repo, opened: Open) -> None:
    logged.git("update-index", "--split-index")
    made = append(opened(logged), logged)
    assert made.problems == ()
    assert list(logged.git_dir().glob("sharedindex.*"))
    commit_plainly(logged)


def test_a_commit_between_any_two_steps_keeps_the_event(
    logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "move_branch", die)
        with pytest.raises(KeyboardInterrupt):
            append(opened(logged), logged)
    logged.write("next", "1\n")
    logged.stage("next")
    logged.git("commit", "-q", "-m", "next")
    assert logged.show("HEAD", LOG) == b"0\n1\n"


def test_a_second_call_finishes_what_the_first_one_left(
    logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Checkout, "stage", lambda *_args: (False, ()))
        assert append(opened(logged), logged).commit
    assert staged(logged) == "0"
    again = append(opened(logged), logged)
    assert again == Recording(commit="", ref="refs/heads/main", indexes=(os.fsencode(logged.path),))
    commit_plainly(logged)


def test_of_two_who_record_the_later_state_is_staged(
    logged: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = opened(logged)
    move = Writer.move_branch

    def be_overtaken(self: Writer, *args: str) -> None:
        monkeypatch.setattr(Writer, "move_branch", move)
        move(self, *args)
        stale = checkouts.read_entries(git, "refs/heads/main", [LOG.encode()])
        record(git, "0\n1\n2\n")
        for checkout in find_checkouts(git, "main"):
            checkout.stage(stale)

    monkeypatch.setattr(Writer, "move_branch", be_overtaken)
    record(git)
    assert staged(logged) == "0\n1\n2"


def test_a_branch_that_is_checked_out_moves_by_the_files_alone(logged: Repo, tmp_path: Path, opened: Open) -> None:
    clone = logged.clone(tmp_path / "clone")
    logged.commit("newer", files={"newer": "1\n"})
    clone.git("fetch", "-q")
    git, files = opened(clone), {LOG.encode(): b"0\n1\n"}
    tips = {"base": clone.resolve("origin/main"), "expected": clone.head()}
    with pytest.raises(RepositoryError) as caught:
        record_files(git, branch="main", files=files, message="x", **tips)
    follow(caught.value.remediation[0], clone)
    assert append(git, clone).problems == ()
    assert clone.ask("status", "--porcelain") == ""


def test_an_index_of_the_callers_is_left_alone(logged: Repo, sealed: dict[str, str], tmp_path: Path) -> None:
    own = tmp_path / "own index"
    shutil.copy(logged.git_dir() / "index", own)
    before = own.read_bytes()
    environ = {**sealed, "GIT_INDEX_FILE": str(own), "GIT_DIR": str(logged.git_dir())}
    with Git.open(None, environ, hook=False) as git:
        made = append(git, logged)
    assert made.commit == logged.head()
    assert own.read_bytes() == before
    assert staged(logged) == "0\n1"


def test_a_copied_repository_never_reaches_into_its_original(logged: Repo, tmp_path: Path, opened: Open) -> None:
    there = logged.worktree(tmp_path / "there", "log", "main")
    shutil.copytree(logged.path, tmp_path / "copy", symlinks=True)
    copy = logged.at(tmp_path / "copy")
    before = entries(there), logged.refs()
    record(opened(copy), branch="log")
    assert (entries(there), logged.refs()) == before


def test_a_work_tree_that_is_away_is_in_step_when_it_comes_back(logged: Repo, tmp_path: Path, opened: Open) -> None:
    there = logged.worktree(tmp_path / "there", "log", "main")
    there.path.rename(tmp_path / "away")
    assert record(opened(logged), branch="log").indexes == (os.fsencode(there.path),)
    (tmp_path / "away").rename(there.path)
    there.write(LOG, "0\n1\n")
    assert there.ask("status", "--porcelain") == ""
    commit_plainly(there)


def test_a_separate_git_directory(logged: Repo, tmp_path: Path, opened: Open) -> None:
    apart = logged.clone(tmp_path / "apart", f"--separate-git-dir={tmp_path / 'apart.git'}")
    linked = apart.worktree(tmp_path / "linked", "side", "main")
    assert append(opened(apart), apart).indexes == (os.fsencode(apart.path),)
    assert apart.ask("status", "--porcelain") == ""
    apart.write(LOG, "0\n1\n2\n")
    assert record(opened(linked), "0\n1\n2\n").indexes == (os.fsencode(tmp_path / "apart.git"),)
    assert apart.ask("status", "--porcelain") == ""


def test_the_work_trees_of_a_bare_repository(logged: Repo, tmp_path: Path, opened: Open) -> None:
    bare = logged.clone(tmp_path / "bare.git", "--bare")
    there = bare.worktree(tmp_path / "there", "log", "main")
    assert append(opened(bare), there, branch="log").indexes == (os.fsencode(there.path),)
    commit_plainly(there)
    assert record(opened(there)).indexes == ()
    assert not (bare.path / "index").exists()


def test_a_submodule(logged: Repo, tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    outer = Repo.init(tmp_path / "outer", sealed, clock)
    outer.git("submodule", "--quiet", "add", str(logged.path), "inner")
    inner = outer.at(outer.path / "inner")
    assert append(opened(inner), inner).indexes == (os.fsencode(inner.path),)
    assert inner.ask("status", "--porcelain") == ""
    commit_plainly(inner)


def test_a_work_tree_without_an_index_gets_none(logged: Repo, tmp_path: Path, opened: Open) -> None:
    clone = logged.clone(tmp_path / "clone", "--no-checkout")
    assert record(opened(clone)).indexes == ()
    clone.git("checkout", "-q")
    assert clone.read(LOG) == b"0\n1\n"
    assert clone.ask("status", "--porcelain") == ""


def test_a_name_is_quoted_for_the_shell(
    logged: Repo, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkouts, "_SECONDS", 0.0)
    there = logged.worktree(tmp_path / "it's $HOME\nthere", "log", "main")
    lock = there.git_dir() / "index.lock"
    lock.write_text("")
    (problem,) = append(opened(logged), there, branch="log").problems
    lock.unlink()
    follow(problem.rpartition("commit there: ")[2], logged)
    assert there.ask("status", "--porcelain") == ""
    assert "\n" not in problem


def test_the_entries_of_a_commit_are_its_files(logged: Repo, opened: Open) -> None:
    git = opened(logged.at(logged.path / "src"))
    paths = [LOG.encode(), b"kitty-specs/m", b"missing"]
    oid = logged.ask("rev-parse", f"HEAD:{LOG}")
    assert checkouts.read_entries(git, logged.head(), paths) == {LOG.encode(): Entry(mode="100644", oid=oid)}
    with pytest.raises(RepositoryError):
        checkouts.read_entries(git, "refs/heads/missing", paths)
