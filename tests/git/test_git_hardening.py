"""Nothing in a repository runs, nothing is fetched, nothing is written, and the import budget holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import changes, plumbing, program
from spec_kitty_hooks.git import environ as variables
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation

Open = Callable[[Repo], Git]
HOOKS = ("post-index-change", "reference-transaction", "post-checkout", "pre-commit", "fsmonitor-watchman")


def canary(place: Path) -> Path:
    """Return a program that leaves a file behind when it runs."""
    script = place / "canary"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> "{place}/fired"\necho\n')
    script.chmod(0o755)
    return script


def plant(repo: Repo, script: Path) -> None:
    """Name the canary wherever git takes a program's name from."""
    hooks = repo.path / "hooks"
    hooks.mkdir()
    for name in HOOKS:
        shutil.copy(script, hooks / name)
    repo.write(".gitattributes", "* diff=canary filter=canary merge=canary\n")
    repo.stage(".gitattributes")
    for name in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.alternateRefsCommand"),
        *(
            "diff.external",
            "diff.canary.command",
            "diff.canary.textconv",
            "merge.canary.driver",
            "interactive.diffFilter",
        ),
        *("filter.canary.clean", "filter.canary.smudge", "filter.canary.process", "gpg.program", "credential.helper"),
        *(f"pager.{name}" for name in ("diff", "rev-parse", "for-each-ref", "cat-file", "diff-tree", "ls-files")),
        "uploadpack.packObjectsHook",
    ):
        repo.git("config", name, str(script))
    for name in (
        "diff",
        "rev-parse",
        "for-each-ref",
        "cat-file",
        "diff-tree",
        "merge-base",
        "ls-files",
        "symbolic-ref",
    ):
        repo.git("config", f"alias.{name}", f"!{script}")
    repo.git("config", "core.hooksPath", str(hooks))
    repo.git("config", "filter.canary.required", "true")
    repo.git("config", "log.showSignature", "true")


def ask_everything(git: Git, repo: Repo) -> None:
    """Ask every question that the reader knows."""
    head, place = repo.head(), os.fsencode(repo.path)
    first = git.commit_parents(head)[0]
    assert git.staged_changes(head)
    assert git.tree_changes(first, head)
    assert git.read_many(["HEAD:src/x.py", ":src/x.py", "refs/heads/main:src/x.py"])[0]
    assert git.tree("HEAD")
    assert git.refs()
    assert git.commit_author(head)
    assert git.independent([first, head]) == (head,)
    assert git.is_ancestor(first, head)
    assert git.merge_bases(first, head) == (first,)
    assert not git.sparse_hidden(place, b"src/x.py")
    assert not git.sparse_hidden(place + b"/src", b"x.py")
    assert git.symbolic_ref("HEAD") == "refs/heads/main"
    assert not git.has_ref("REVERT_HEAD")
    assert read_situation(git, {}).branch == "main"


@pytest.fixture
def trapped(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with something staged, something changed, and canaries everywhere."""
    repo.commit("x", files={"src/x.py": "1\n"})
    script = canary(tmp_path)
    repo.write("src/x.py", "2\n")
    repo.write("new", "1\n")
    repo.stage("new")
    plant(repo, script)
    repo.write("src/x.py", "changed\n")
    (tmp_path / "fired").unlink(missing_ok=True)
    return repo


@pytest.mark.parametrize("hook", [True, False])
def test_no_program_that_a_repository_names_is_run(
    trapped: Repo, tmp_path: Path, sealed: dict[str, str], monkeypatch: pytest.MonkeyPatch, hook: bool
) -> None:
    programs = ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_EDITOR", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSH")
    environ = {**sealed, **dict.fromkeys(programs, str(tmp_path / "canary"))}
    monkeypatch.chdir(trapped.path)
    with unchanged(trapped), Git.open(None if hook else os.fsencode(trapped.path), environ, hook=hook) as git:
        ask_everything(git, trapped)
    assert not (tmp_path / "fired").exists(), (tmp_path / "fired").read_text()


@pytest.mark.parametrize(
    "args",
    [
        ("-c", "alias.x=!./../canary", "x"),
        ("diff",),
        ("status",),
        ("diff", "--cached", "--ext-diff", "-p"),
        ("add", "-A"),
    ],
)
def test_the_canaries_sing_where_git_is_not_hardened(trapped: Repo, tmp_path: Path, args: tuple[str, ...]) -> None:
    trapped.git(*args, check=False)
    assert (tmp_path / "fired").exists()


def test_without_its_options_the_reader_would_run_the_monitor(
    trapped: Repo, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(trapped).staged_changes(trapped.head())
    assert not (tmp_path / "fired").exists()
    monkeypatch.setattr(program, "HARDENING", ())
    trapped.git("config", "--unset", "alias.diff")
    opened(trapped).staged_changes(trapped.head())
    assert (tmp_path / "fired").exists()


@pytest.mark.parametrize("option", ["--no-renames", "--ignore-submodules=none", "--no-relative", "--no-abbrev"])
def test_each_option_of_the_diff_is_needed(
    repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    repo.commit("x", files={"old": "text\n" * 20, "src/a/keep": "1"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    repo.git("config", "-f", ".gitmodules", "submodule.lib.path", "lib")
    repo.git("config", "-f", ".gitmodules", "submodule.lib.ignore", "all")
    repo.stage(".gitmodules")
    repo.git("commit", "-q", "-m", "module")
    repo.git("mv", "old", "new")
    repo.git("update-index", "--cacheinfo", f"160000,{'2' * 40},lib")
    repo.git("config", "diff.relative", "true")
    repo.git("config", "core.abbrev", "7")
    head, inside = repo.head(), repo.at(repo.path / "src" / "a")
    right = opened(inside).staged_changes(head)
    assert [change.path for change in right] == [b"lib", b"new", b"old"]
    monkeypatch.setattr(plumbing, "OPTIONS", tuple(word for word in changes.OPTIONS if word != option))
    try:
        assert opened(inside).staged_changes(head) != right
    except ValueError:
        assert option == "--no-renames"  # three fields where two are expected


@pytest.fixture
def partial(repo: Repo, tmp_path: Path) -> Repo:
    """A blobless clone that has checked out only README.md."""
    repo.commit("x", files={"kitty-specs/m/meta.json": "{}\n", "kitty-specs/m/lanes.json": "[]\n"})
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    clone.git("sparse-checkout", "set", "--no-cone", "/README.md")
    clone.checkout("main")
    return clone


def missing(repo: Repo) -> list[str]:
    out = repo.ask("rev-list", "--objects", "--all", "--missing=print")
    return sorted(line for line in out.split("\n") if line.startswith("?"))


def test_a_partial_clone_is_judged_without_fetching(partial: Repo, opened: Open) -> None:
    lacking = missing(partial)
    assert len(lacking) > 2
    partial.write("README.md", "changed\n")
    partial.stage("README.md")
    with unchanged(partial):
        git = opened(partial)
        assert [change.path for change in git.staged_changes(partial.head())] == [b"README.md"]
        names = ["HEAD:README.md", "HEAD:kitty-specs/m/meta.json", "HEAD:kitty-specs/m/lanes.json", ":README.md"]
        here = [found is not None for found in git.read_many(names)]
        assert here == [True, False, False, True]
        assert git.tree("HEAD:kitty-specs/m") is not None
        assert git.sparse_hidden(os.fsencode(partial.path), b"kitty-specs/m/meta.json")
    assert missing(partial) == lacking


@pytest.mark.parametrize("dropped", ["GIT_NO_LAZY_FETCH", "GIT_ALLOW_PROTOCOL"])
def test_either_guard_alone_keeps_a_partial_clone_from_fetching(
    partial: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, dropped: str
) -> None:
    lacking = missing(partial)
    monkeypatch.delitem(variables.FORCED, dropped)
    assert opened(partial).read("HEAD:kitty-specs/m/meta.json") is None
    assert missing(partial) == lacking


def test_without_both_guards_it_would_fetch(partial: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = missing(partial)
    monkeypatch.delitem(variables.FORCED, "GIT_NO_LAZY_FETCH")
    monkeypatch.delitem(variables.FORCED, "GIT_ALLOW_PROTOCOL")
    assert opened(partial).read("HEAD:kitty-specs/m/meta.json") is not None
    assert missing(partial) != lacking


def test_a_clone_without_trees_is_told_how_to_get_them(repo: Repo, tmp_path: Path, opened: Open) -> None:
    repo.commit("x", files={"src/a/new": "1\n"})
    clone = repo.clone(tmp_path / "clone", "--filter=tree:0", "--no-checkout")
    with pytest.raises(RepositoryError, match="this partial clone lacks an object") as caught:
        opened(clone).staged_changes(clone.head())
    clone.git(*caught.value.remediation[0].split(" ")[1:])
    assert {change.status for change in opened(clone).staged_changes(clone.head())} == {"D"}


#: What any start of Python has anyway, and the one small extension module that we pay for.
CHEAP = {"__future__", "os", "abc", "_abc", "stat", "_stat", "posixpath", "genericpath", "os.path", "_collections_abc"}
PAID = {"select"}


def test_the_import_budget_of_the_commit_path(repo: Repo) -> None:
    code = """
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import os
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.situation import read_situation
with Git.open(None, os.environ, hook=True) as git:
    read_situation(git, os.environ)
    git.staged_changes(git.layout.head), git.refs(), git.read_many(["HEAD:x"] * 3), git.tree("HEAD:")
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("spec_kitty_hooks")))
"""
    root = str(Path(plumbing.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, root], cwd=repo.path, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= CHEAP | PAID
