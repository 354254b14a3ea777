"""Files committed at object level: exactly them, by compare-and-swap, in repositories of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.hooks import product_root
from support.repo import Repo

from spec_kitty_hooks.errors import HooksError, RepositoryError
from spec_kitty_hooks.git import writing
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.recording import Recording, record_files
from spec_kitty_hooks.git.writing import RefLockedError, RefMovedError, Writer

Open = Callable[[Repo], Git]
LOG = b"kitty-specs/m/status.events.jsonl"
OTHER = b"kitty-specs/m/status.json"


def record(git: Git, branch: str = "main", **changes: object) -> Recording:
    """Record one line in the log on top of the branch as it is."""
    tip = Writer(git).find_tip(branch)
    usual = {"branch": branch, "base": tip, "expected": tip, "files": {LOG: b"1\n"}, "message": "Record\n\nbody"}
    return record_files(git, **(usual | changes))  # type: ignore[arg-type]


def check_sound(repo: Repo) -> None:
    """Fail if git finds fault with an object, or if anything was left staged or changed."""
    found = repo.git("fsck", "--strict", "--no-dangling", "--no-progress")
    assert found.stdout + found.stderr == ""
    assert repo.ask("status", "--porcelain") == ""


def test_exactly_the_files_are_committed(repo: Repo, opened: Open) -> None:
    repo.branch("log")
    before, tree = repo.head(), repo.tree()
    made = record(opened(repo), "log", files={LOG: b"1\n", OTHER: b"{}\n"})
    assert made == Recording(commit=repo.resolve("log"), ref="refs/heads/log")
    assert repo.resolve("log^") == before == repo.head()
    after = repo.tree("log")
    assert after.keys() - tree.keys() == {LOG, OTHER}
    assert {path: after[path] for path in tree} == tree
    assert repo.show("log", LOG) == b"1\n"
    assert after[LOG][0] == "100644"
    assert (
        repo.ask("log", "-1", "--format=%an <%ae>%n%B", "log") == "Committer <committer@example.com>\nRecord\n\nbody\n"
    )
    assert repo.ask("reflog", "show", "--format=%gs", "log").split("\n")[0] == "spec-kitty-hooks: Record"
    check_sound(repo)


def test_content_is_taken_byte_for_byte(repo: Repo, opened: Open) -> None:
    repo.commit("attributes", files={".gitattributes": "* text eol=lf filter=x\n"})
    content = b"a\r\nb\0\xff" + b"x" * 200_000
    record(opened(repo), files={LOG: content})
    assert repo.show("HEAD", LOG) == content


def test_nothing_to_record_makes_no_commit(repo: Repo, opened: Open) -> None:
    git = opened(repo)
    assert record(git).commit
    again = record(git)
    assert again == Recording(commit="", ref="refs/heads/main")
    assert record(git, files={}).commit == ""
    assert repo.ask("rev-list", "--count", "HEAD") == "2"


def test_a_file_keeps_its_mode(repo: Repo, opened: Open) -> None:
    repo.write("run", "1\n", executable=True)
    repo.commit("program")
    record(opened(repo), files={b"run": b"2\n"})
    assert repo.tree()[b"run"][0] == "100755"


@pytest.mark.parametrize("path", ["späße/ü\t☃.jsonl".encode(), b"a\nb/\xff\xfe", b"deep/er/and/deep/er", b"top"])
def test_any_path_will_do(repo: Repo, opened: Open, path: bytes) -> None:
    made = record(opened(repo), files={path: b"1\n", path + b"2": b"2\n"})
    assert (repo.show("HEAD", path), repo.show("HEAD", path + b"2")) == (b"1\n", b"2\n")
    assert made.problems == ()
    repo.write(path, "1\n")
    repo.write(path + b"2", "2\n")
    check_sound(repo)


def test_what_stands_beside_the_files_stays(repo: Repo, opened: Open) -> None:
    repo.symlink("kitty-specs-link", "nowhere")
    repo.write("kitty-specs/m.txt", "sorts before the directory\n")
    repo.write("kitty-specs/m/tool", "1\n", executable=True)
    repo.symlink("kitty-specs/m/link", "tool")
    repo.stage()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.head()},kitty-specs/m/module")
    repo.git("commit", "-q", "-m", "siblings")
    before = repo.tree()
    record(opened(repo))
    after = repo.tree()
    assert after.pop(LOG)[0] == "100644"
    assert after == before
    assert {mode for mode, _oid in after.values()} == {"100644", "100755", "120000", "160000"}
    assert repo.git("fsck", "--strict").returncode == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_the_first_commit_of_all(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open, algorithm: str
) -> None:
    new = Repo.init(tmp_path / "new", sealed, clock, f"--object-format={algorithm}")
    new.write(LOG, "1\n")
    git = opened(new)
    made = record(git)
    assert made.indexes == (os.fsencode(new.path),)
    assert new.ask("rev-list", "--parents", "HEAD") == made.commit
    check_sound(new)
    new.write(LOG, "1\n2\n")
    assert record(git, files={LOG: b"1\n2\n"}).problems == ()
    assert new.ask("rev-list", "--count", "HEAD") == "2"
    check_sound(new)


def test_a_branch_that_only_the_remote_has(repo: Repo, tmp_path: Path, opened: Open) -> None:
    repo.branch("log")
    clone = repo.clone(tmp_path / "clone")
    base = clone.resolve("origin/log")
    made = record(opened(clone), "log", base=base, expected="")
    assert clone.resolve("log") == made.commit
    assert clone.resolve("log^") == base == clone.resolve("origin/log")
    assert clone.refs()["refs/heads/log"] == made.commit


@pytest.mark.parametrize("expected", ["", "other"])
def test_a_branch_that_is_elsewhere_is_not_moved(repo: Repo, opened: Open, expected: str) -> None:
    repo.commit("more", files={"more": "1\n"})
    repo.branch("log")
    before = repo.refs()
    with pytest.raises(RefMovedError) as caught:
        record(opened(repo), "log", expected=expected and repo.resolve("HEAD^"))
    assert caught.value.current == repo.resolve("log")
    assert caught.value.exit_code == 75
    with pytest.raises(RefMovedError) as caught:
        record(opened(repo), "gone", base=repo.head(), expected=repo.head())
    assert caught.value.current == ""
    assert repo.refs() == before


def test_a_race_that_is_lost_at_the_last_moment(repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    git, rival = opened(repo), opened(repo)
    write_commit = Writer.write_commit

    def lose(self: Writer, *args: object) -> str:
        monkeypatch.setattr(Writer, "write_commit", write_commit)
        record(rival, files={LOG: b"theirs\n"})
        return write_commit(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "write_commit", lose)
    with pytest.raises(RefMovedError):
        record(git)
    assert repo.show("HEAD", LOG) == b"theirs\n"
    assert repo.ask("show", f":{os.fsdecode(LOG)}") == "theirs", "what we staged for nothing is taken back"
    assert record(git, files={LOG: b"theirs\n1\n"}).commit == repo.head()


_RACER = """
import os, sys
sys.path.insert(0, sys.argv[1])
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.recording import record_files
from spec_kitty_hooks.git.writing import RefMovedError
with Git.open(None, os.environ, hook=False) as git:
    print(flush=True)
    sys.stdin.readline()
    try:
        record_files(git, branch="main", base=sys.argv[2], expected=sys.argv[2], files={b"log": sys.argv[3].encode()},
                     message="race")
    except RefMovedError:
        sys.exit(75)
"""


def test_of_racers_exactly_one_wins(repo: Repo) -> None:
    for _round in range(3):
        base = repo.head()
        command = [sys.executable, "-I", "-c", _RACER, str(product_root()), base]
        racers = [
            subprocess.Popen([*command, f"{base} {name}"], cwd=repo.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for name in range(4)
        ]
        for racer in racers:
            assert racer.stdout is not None
            racer.stdout.readline()
        for racer in racers:
            racer.communicate(b"\n")
        codes = [racer.returncode for racer in racers]
        assert sorted(codes) == [0, 75, 75, 75]
        assert repo.resolve("HEAD^") == base
        winner = f"{base} {codes.index(0)}"
        assert repo.show("HEAD", "log") == winner.encode()
        assert repo.ask("show", ":log") == winner


def test_a_locked_branch_is_waited_for_and_named(repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_PATIENCE", ())
    repo.branch("log")
    lock = repo.git_dir() / "refs/heads/log.lock"
    lock.write_text("")
    with pytest.raises(RefLockedError) as caught:
        record(opened(repo), "log")
    assert caught.value.exit_code == 75
    assert str(lock) in caught.value.remediation[-1]
    lock.unlink()
    assert record(opened(repo), "log").commit


def test_a_branch_below_another_one_is_refused_in_gits_words(repo: Repo, opened: Open) -> None:
    with pytest.raises(RepositoryError, match="'refs/heads/main' exists"):
        record(opened(repo), "main/below", base=repo.head())


@pytest.mark.parametrize("path", [b"src", b"src/a", b"README.md/x", b"link", b"link/x"])
def test_what_is_no_file_is_not_replaced(repo: Repo, opened: Open, path: bytes) -> None:
    repo.symlink("link", "src")
    repo.commit("link")
    before = repo.refs()
    with pytest.raises(RepositoryError, match="is committed as something that is no"):
        record(opened(repo), files={path: b"1\n"})
    assert repo.refs() == before


@pytest.mark.parametrize("path", [b"", b"/a", b"a//b", b"a/../b", b".", b".git/config", b"a/.GIT/x", b"a\0b"])
def test_what_is_no_path_is_refused(repo: Repo, opened: Open, path: bytes) -> None:
    with pytest.raises(ValueError, match="no path"):
        record(opened(repo), files={path: b""})


@pytest.mark.parametrize("paths", [(b"a", b"a/b"), (b"a/b", b"a")])
def test_a_path_below_another_one_is_refused(repo: Repo, opened: Open, paths: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match=r"a file|another path"):
        record(opened(repo), files=dict.fromkeys(paths, b""))


def test_a_commit_that_is_not_here_is_refused(repo: Repo, opened: Open) -> None:
    for oid in ("1" * 40, repo.ask("rev-parse", "HEAD^{tree}")):
        with pytest.raises(RepositoryError, match="is not here"):
            record(opened(repo), base=oid)


def test_a_person_whom_git_does_not_know_is_told_how_to_say_it(repo: Repo, sealed: dict[str, str]) -> None:
    repo.git("config", "user.useConfigOnly", "true")
    nobody = {**sealed, "GIT_CONFIG_GLOBAL": os.devnull}
    before = repo.refs()
    with Git.open(os.fsencode(repo.path), nobody, hook=False) as git, pytest.raises(HooksError) as caught:
        record(git)
    assert caught.value.code == "IDENTITY_MISSING"
    assert [step.split(" ")[:3] for step in caught.value.remediation[:2]] == [
        ["git", "config", "user.name"],
        ["git", "config", "user.email"],
    ]
    assert repo.refs() == before
    assert repo.ask("status", "--porcelain") == ""
    names = {f"GIT_{who}_{what}": f"{who}@x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    with Git.open(os.fsencode(repo.path), nobody | names, hook=False) as git:
        Writer(git).require_identity()
        record(git)
    assert repo.ask("log", "-1", "--format=%an %ae %cn %ce") == "AUTHOR@x AUTHOR@x COMMITTER@x COMMITTER@x"


def test_nothing_is_signed_no_hook_runs_and_no_filter(repo: Repo, tmp_path: Path, opened: Open) -> None:
    fired = tmp_path / "fired"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{fired}"\nexit 1\n')
    program.chmod(0o755)
    repo.commit("attributes", files={".gitattributes": "* filter=canary\n"})
    hooks = repo.git_dir() / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-commit", "commit-msg", "post-commit"):
        (hooks / name).symlink_to(program)
    for name in ("gpg.program", "filter.canary.clean", "filter.canary.smudge", "core.fsmonitor", "core.editor"):
        repo.git("config", name, str(program))
    repo.git("config", "commit.gpgSign", "true")
    fired.unlink(missing_ok=True)
    made = record(opened(repo))
    assert made.indexes
    assert not fired.exists(), fired.read_text()
    assert "gpgsig" not in repo.ask("cat-file", "commit", made.commit)


def test_a_partial_clone_records_without_what_it_lacks(repo: Repo, tmp_path: Path, opened: Open) -> None:
    repo.commit("x", files={os.fsdecode(LOG): "0\n", "big": "1\n"})
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    made = record(opened(clone))
    assert clone.tree()[b"big"] == repo.tree()[b"big"]
    assert clone.show("HEAD", LOG) == b"1\n"
    assert made.indexes == (), "nothing is checked out: git fills the index from the commit"
    assert "?" in clone.ask("rev-list", "--objects", "--all", "--missing=print")


def test_a_bare_repository_records(repo: Repo, tmp_path: Path, opened: Open) -> None:
    bare = repo.clone(tmp_path / "bare", "--bare")
    made = record(opened(bare))
    assert (made.commit, made.indexes) == (bare.resolve("main"), ())
    assert not (bare.path / "index").exists()
    new = Repo.init(tmp_path / "new.git", repo.env, repo.clock, "--bare")
    assert record(opened(new)).indexes == ()
    assert not (new.path / "index").exists()


_RECORD_ONE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.recording import record_files
with Git.open(None, os.environ, hook=False) as git:
    head = git.layout.head
    record_files(git, branch="main", base=head, expected=head, files={b"a/b": b"1"}, message="x")
"""


def test_everything_reaches_the_disk_before_it_gets_its_name(repo: Repo, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-qq", "-e", "trace=fsync,rename,link", "-o", str(trace)]
    if subprocess.run([*strace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace cannot trace here")
    command = [*strace, sys.executable, "-B", "-I", "-c", _RECORD_ONE, str(product_root())]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    subprocess.run(command, cwd=repo.path, env=unmeasured, check=True)
    calls = [line.split(" ", 1)[1].strip() for line in trace.read_text().splitlines() if " = 0" in line]
    named = [number for number, call in enumerate(calls) if call.startswith(("rename", "link"))]
    assert len(named) == 1 + 2 + 1 + 1 + 1  # content, two directories, commit, index, branch
    assert "refs/heads/main" in calls[named[-1]]
    assert all(calls[number - 1].startswith("fsync") for number in named)


def test_without_the_comparison_a_rivals_commit_would_be_lost(
    repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.branch("log")
    stale = repo.resolve("log")
    theirs = record(opened(repo), "log", files={LOG: b"theirs\n"}).commit

    def move(self: Writer, branch: str, new: str, expected: str, reason: str) -> None:
        repo.git("update-ref", f"refs/heads/{branch}", new)

    monkeypatch.setattr(Writer, "move_branch", move)
    monkeypatch.setattr(Writer, "require_tip", lambda *_args: None)
    record(opened(repo), "log", base=stale, expected=stale)
    assert repo.git("merge-base", "--is-ancestor", theirs, "log", check=False).returncode == 1
