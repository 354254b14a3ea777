"""Every kind of repository, every kind of path, and what moves after installing."""

from __future__ import annotations

import shutil
import venv
from pathlib import Path

import pytest
from support.installing import GUARD, HOOKS, StandIn, bytes_of, commits, inspect, install, put_hook, uninstall
from support.repo import Repo

from spec_kitty_hooks import install as room
from spec_kitty_hooks.install.report import shown

JUDGED = ["<hook><pre-commit>"]


def test_installed_from_anywhere_it_serves_every_worktree(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    repo.git("worktree", "add", "-q", str(first))
    put_hook(repo, "pre-commit", b"#!/bin/sh\ngit rev-parse --show-toplevel >&2\n")
    before = bytes_of(repo.path / ".git")
    assert install(repo, python, at=first / "src").ok
    repo.git("worktree", "add", "-q", str(second))
    for place in (repo.path, repo.path / "src", first, second):
        assert commits(repo, at=place)[0] == 0
        assert python.calls() == JUDGED
        assert inspect(repo, at=place).problems == []
    assert install(repo, python) == install(repo, python, at=second)
    assert uninstall(repo, at=second).ok
    assert before["config"] == bytes_of(repo.path / ".git")["config"]
    assert commits(repo, at=first)[0] == 0
    assert python.calls() == []


def test_a_sparse_worktree_is_served_too(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    linked = tmp_path / "sparse"
    repo.git("worktree", "add", "-q", "--no-checkout", str(linked))
    repo.git("sparse-checkout", "set", "--cone", "src/a", cwd=linked)
    repo.git("checkout", "-q", cwd=linked)
    assert not (linked / "src/b").exists()
    assert install(repo, python, at=linked).ok
    for place in (linked, repo.path):
        assert commits(repo, at=place)[0] == 0
        assert python.calls() == JUDGED


def test_a_merge_is_judged_by_its_own_hook(repo: Repo, python: StandIn) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", files={"side.txt": "1"})
    repo.git("checkout", "-q", "main")
    repo.commit("main", files={"main.txt": "1"})
    install(repo, python)
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert python.calls() == ["<hook><pre-merge-commit>", "<hook><post-merge><0>"]


def test_a_submodule_has_hooks_of_its_own(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    library = Repo.init(tmp_path / "library", repo.env, repo.clock)
    library.commit("one", files={"a": "1"})
    repo.git("submodule", "--quiet", "add", str(library.path), "lib")
    repo.commit("submodule")
    git_dir = repo.path / ".git/modules/lib"
    before, outer = bytes_of(git_dir), (repo.path / ".git/config").read_bytes()
    assert install(repo, python, at=repo.path / "lib").ok
    assert (repo.path / ".git/config").read_bytes() == outer
    assert commits(repo)[0] == 0
    assert python.calls() == []
    assert uninstall(repo, at=repo.path / "lib").ok
    assert bytes_of(git_dir) == before
    install(repo, python, at=repo.path / "lib")
    assert commits(repo, at=repo.path / "lib")[0] == 0
    assert python.calls() == JUDGED


@pytest.mark.parametrize(
    "name", ["with space", "new\nline", "quo'te\"s", "zażółć ✓", "-dash", "$HOME `id` \\n", "%s{x}"]
)
def test_any_name_of_a_directory_works(name: str, repo: Repo, tmp_path: Path) -> None:
    place = tmp_path / name / name
    place.parent.mkdir()
    repo.path.rename(place)
    here, python = Repo(place, repo.env, repo.clock), StandIn(tmp_path / name / "bin")
    put_hook(here, "pre-commit", b"#!/bin/sh\necho team >&2\n")
    put_hook(here, "commit-msg", b"#!/bin/sh\necho msg >&2\n")
    before = bytes_of(place / ".git")
    report = install(here, python)
    assert (report.ok, report.kept) == (True, ["pre-commit", "commit-msg"])
    assert "\n" not in (report.hooks_path or "")
    state = inspect(here)
    assert (state.problems, state.hooks[0].interpreter) == ([], shown(str(python)))
    assert uninstall(here).ok
    assert bytes_of(place / ".git") == before
    install(here, python)
    assert commits(here) == (0, "team\nmsg\n")
    assert python.calls() == JUDGED


def test_a_name_that_is_no_utf_8_works_and_is_shown_escaped(repo: Repo, tmp_path: Path, python: StandIn) -> None:
    place = tmp_path / "b\udcff"
    repo.path.rename(place)
    here = Repo(place, repo.env, repo.clock)
    report = install(here, python)
    assert (report.ok, "b\\xff" in (report.hooks_path or "")) == (True, True)
    assert "b\\xff" in report.model_dump_json().replace("\\\\", "\\")
    assert commits(here)[0] == 0
    assert python.calls() == JUDGED
    assert uninstall(here).removed == [*HOOKS]


def test_a_bare_repository_is_told_where_to_install(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    bare = Repo.init(tmp_path / "bare.git", repo.env, repo.clock, "--bare")
    before = bytes_of(bare.path)
    for report in (install(bare, python), uninstall(bare)):
        assert not report.ok
        assert "is a bare repository" in (report.problem or "")
        assert "clones" in report.remediation[0]
    assert "bare" in inspect(bare).problems[0]
    assert bytes_of(bare.path) == before


def test_a_worktree_of_a_bare_repository_is_a_place_to_commit(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    repo.git("clone", "-q", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"), "main", cwd=tmp_path / "bare.git")
    assert install(repo, python, at=tmp_path / "linked").ok
    assert commits(repo, at=tmp_path / "linked")[0] == 0
    assert python.calls() == JUDGED


def test_no_repository_no_directory_no_git(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    assert "git cannot open" in (install(repo, python, at=tmp_path).problem or "")
    assert "no directory" in (install(repo, python, at=tmp_path / "nowhere").problem or "")
    report = room.install(repo.path, python=str(python), environ={"PATH": str(tmp_path)})
    assert "git cannot be run" in (report.problem or "")


def fake_git(tmp_path: Path, version: str) -> str:
    """Return a PATH on which git is the real one but for its version."""
    real = shutil.which("git")
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake/git").write_text(
        f'#!/bin/sh\n[ "$1" != version ] || {{ echo {version}; exit; }}\nexec {real} "$@"\n'
    )
    (tmp_path / "fake/git").chmod(0o755)
    return f"{tmp_path / 'fake'}:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("version", "problem"), [("git version 2.30.9", "too old"), ("git version unknown", "cannot be run")]
)
def test_a_git_that_is_too_old_is_told_so(
    version: str, problem: str, repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    environ = {**repo.env, "PATH": fake_git(tmp_path, version)}
    assert problem in (room.install(repo.path, python=str(python), environ=environ).problem or "")


def test_a_repository_of_somebody_else_comes_with_the_line_that_trusts_it(repo: Repo, python: StandIn) -> None:
    environ = {**repo.env, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    script = f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"\n'
    wrapper = put_hook(repo, "git", script.encode(), directory=repo.path.parent / "owned")
    environ["PATH"] = f"{wrapper.parent}:{repo.env['PATH']}"
    report = room.install(repo.path, python=str(python), environ=environ)
    assert "dubious ownership" in (report.problem or "")
    assert report.remediation == [f"git config --global --add safe.directory {repo.path}"]


def test_variables_of_an_outer_git_lead_nowhere(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    other = Repo.init(tmp_path / "other", repo.env, repo.clock)
    before = bytes_of(other.path / ".git")
    leaked = {"GIT_DIR": str(other.path / ".git"), "GIT_WORK_TREE": str(other.path), "GIT_INDEX_FILE": "/nowhere"}
    leaked |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": "/nowhere"}
    assert room.install(repo.path, python=str(python), environ={**repo.env, **leaked}).ok
    assert bytes_of(other.path / ".git") == before
    assert commits(repo)[0] == 0
    assert python.calls() == JUDGED


def test_a_moved_repository_is_mended_by_installing_again(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "pre-commit", b"#!/bin/sh\necho team >&2\n")
    before = bytes_of(repo.path / ".git")
    install(repo, python)
    repo.path.rename(tmp_path / "moved")
    here = Repo(tmp_path / "moved", repo.env, repo.clock)
    assert "git does not run ours" in inspect(here).problems[0]
    assert install(here, python).ok
    assert inspect(here).problems == []
    (tmp_path / "moved").rename(tmp_path / "again")
    last = Repo(tmp_path / "again", repo.env, repo.clock)
    assert uninstall(last).ok, "and uninstalling needs no mending first"
    assert bytes_of(last.path / ".git") == before
    install(last, python)
    assert commits(last) == (0, "team\n")


def test_a_moved_repository_with_hooks_inside_is_mended_too(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    theirs = repo.path / "theirs"
    put_hook(repo, "pre-commit", b"#!/bin/sh\necho team >&2\n", directory=theirs)
    repo.git("config", "core.hooksPath", "theirs")
    before, outside = bytes_of(repo.path / ".git"), bytes_of(theirs)
    install(repo, python, into_hooks_path=True)
    repo.path.rename(tmp_path / "moved")
    here = Repo(tmp_path / "moved", repo.env, repo.clock)
    assert install(here, python, into_hooks_path=True).kept == ["pre-commit"]
    here.path.rename(tmp_path / "again")
    last = Repo(tmp_path / "again", repo.env, repo.clock)
    assert uninstall(last).removed == [*HOOKS]
    assert (bytes_of(last.path / ".git"), bytes_of(last.path / "theirs")) == (before, outside)


def test_an_interpreter_that_moved_is_named_and_mended(repo: Repo, tmp_path: Path) -> None:
    old = StandIn(tmp_path / "old")
    install(repo, old)
    old.path.unlink()
    code, text = commits(repo)
    assert (code, text.count("\n")) == (1, 1)
    assert "spec-kitty-hooks install" in text
    assert f"its interpreter {old} is gone" in inspect(repo).problems[0]
    new = StandIn(tmp_path / "new")
    assert install(repo, new).ok
    assert commits(repo)[0] == 0
    assert new.calls() == JUDGED


def test_a_shim_of_another_version_is_named(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    shim = repo.path / ".git/spec-kitty-hooks/hooks/pre-commit"
    shim.write_bytes(shim.read_bytes().replace(b"shim 1:", b"shim 0:"))
    assert "another version" in inspect(repo).problems[0]
    assert install(repo, python).ok
    assert inspect(repo).problems == []


def test_a_package_that_a_hook_could_not_import_is_found_out_before_anything_is_written(
    repo: Repo, tmp_path: Path
) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    before = bytes_of(repo.path / ".git")
    report = install(repo, tmp_path / "env/bin/python")
    assert "cannot import spec_kitty_hooks when it runs isolated" in (report.problem or "")
    assert report.remediation[-1] == "spec-kitty-hooks install"
    assert bytes_of(repo.path / ".git") == before


@pytest.mark.parametrize("python", ["", "/nowhere/python"])
def test_an_interpreter_that_cannot_be_run_is_refused(python: str, repo: Repo) -> None:
    assert "cannot be run" in (install(repo, python).problem or "")


def test_an_interpreter_inside_a_linked_worktree_is_pointed_out(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    assert "lies in the worktree" in install(repo, StandIn(tmp_path / "linked/.venv/bin")).notes[0]
    assert "worktree" not in install(repo, StandIn(repo.path / ".venv/bin")).notes[0]


def test_a_relative_interpreter_is_pinned_where_it_is(
    repo: Repo, python: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(python.path.parent)
    assert room.install(repo.path, python="./python", environ=repo.env).ok
    assert inspect(repo).hooks[0].interpreter == str(python)


def test_the_current_directory_is_the_default(repo: Repo, python: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path / "src")
    assert room.install(None, python=str(python), environ=repo.env).ok
    assert room.inspect(None, environ=repo.env).repository == str(repo.path / ".git")
    assert room.uninstall(None, environ=repo.env).ok


def test_a_clone_without_hooks_is_told_so(repo: Repo) -> None:
    state = inspect(repo)
    assert (state.problems, state.remediation) == (
        ["No hooks of ours are installed here."],
        ["spec-kitty-hooks install"],
    )


def test_a_guard_that_runs_is_pointed_out(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    put_hook(repo, "pre-commit", GUARD)
    assert not inspect(repo).guard_beside
    repo.git("config", "--unset", "core.hooksPath")
    state = inspect(repo)
    assert state.guard_beside
    assert "own guard" in state.problems[-1]
    assert install(repo, python).ok
    assert inspect(repo).problems == []
