"""The plumbing reader of ranges where repositories are cut, thinned, damaged or too large."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo
from support.trace import unchanged

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import history
from spec_kitty_hooks.git.history import read_history
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.history import Commit

Open = Callable[[Repo], Git]


def read(git: Git, *tips: str, exclude: tuple[str, ...] = ()) -> list[Commit]:
    return list(read_history(git, tips, exclude))


def paths(commit: Commit) -> list[bytes]:
    return [change.path for change in commit.changes]


def test_nothing_is_asked_of_git_for_no_tips(repo: Repo, opened: Open) -> None:
    assert read(opened(repo), exclude=(repo.head(),)) == []


def test_a_tag_stands_for_its_commit(repo: Repo, line: list[str], opened: Open) -> None:
    repo.git("tag", "-a", "-m", "x", "v1", line[3])
    repo.git("tag", "-a", "-m", "x", "v0", line[1])
    tags = [repo.ask("rev-parse", name) for name in ("v1", "v0")]
    assert [commit.oid for commit in read(opened(repo), tags[0], exclude=(tags[1],))] == line[:1:-1]


@pytest.mark.parametrize("junk", ["HEAD", "--all", "-h", "", "F" * 40, "f" * 39, f"^{'f' * 40}", "f" * 40 + "\n--all"])
def test_what_is_no_id_never_reaches_git(repo: Repo, opened: Open, junk: str) -> None:
    for tips, exclude in (((junk,), ()), ((repo.head(),), (junk,))):
        with pytest.raises(RepositoryError, match="is not the id of a commit"):
            read(opened(repo), *tips, exclude=exclude)


@pytest.mark.parametrize("place", ["tip", "exclude"])
def test_what_is_not_here_is_said_with_a_remedy(repo: Repo, opened: Open, place: str) -> None:
    absent, head = "f" * 40, repo.head()
    with pytest.raises(RepositoryError, match="not in this clone") as caught:
        read(opened(repo), *((absent,) if place == "tip" else (head,)), exclude=(absent,) if place == "exclude" else ())
    assert caught.value.remediation[0] == "git fetch --all"


def test_ten_thousand_exclusions_are_no_command_line(repo: Repo, line: list[str], opened: Open) -> None:
    assert [commit.oid for commit in read(opened(repo), line[3], exclude=(line[2],) * 10_000)] == [line[3]]


# -- where history is cut or thinned


@pytest.fixture
def shallow(repo: Repo, line: list[str], tmp_path: Path) -> Repo:
    """A clone of the last two commits of four."""
    return repo.clone(tmp_path / "shallow", "--depth=2")


def test_where_a_shallow_clone_ends_nothing_is_said_of_the_change(shallow: Repo, line: list[str], opened: Open) -> None:
    last, edge = read(opened(shallow), line[3])
    assert (paths(last), last.cut) == ([b"three"], False)
    assert (edge.oid, edge.parents, edge.changes, edge.cut) == (line[2], (line[1],), (), True)


def test_a_reader_that_trusts_the_cut_would_see_every_file_added(
    shallow: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "read_shallow", lambda _git: frozenset())
    assert len(read(opened(shallow), line[3])[1].changes) > 2


def test_a_linked_work_tree_of_a_shallow_clone_ends_there_too(shallow: Repo, line: list[str], opened: Open) -> None:
    linked = shallow.worktree("../linked", "topic", "HEAD")
    assert [commit.cut for commit in read(opened(linked), line[3])] == [False, True]


def test_an_exclusion_behind_the_cut_is_shallow_history(shallow: Repo, line: list[str], opened: Open) -> None:
    with pytest.raises(RepositoryError) as caught:
        read(opened(shallow), line[3], exclude=(line[0],))
    assert (caught.value.code, caught.value.remediation) == ("SHALLOW_HISTORY", ("git fetch --unshallow",))


def test_a_cut_that_cannot_be_read_is_no_reason_to_guess(shallow: Repo, line: list[str], opened: Open) -> None:
    git = opened(shallow)
    os.rename(shallow.path / ".git/shallow", shallow.path / ".git/elsewhere")
    (shallow.path / ".git/shallow").symlink_to("elsewhere")
    with pytest.raises(RepositoryError, match="cannot be read: symlink"):
        read(git, line[3])


def missing(repo: Repo) -> str:
    return repo.ask("rev-list", "--objects", "--all", "--missing=print")


def test_a_clone_without_files_is_read_without_fetching(
    repo: Repo, line: list[str], tmp_path: Path, opened: Open
) -> None:
    clone = repo.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    lacking = missing(clone)
    with unchanged(clone):
        assert read(opened(clone), line[3]) == read(opened(repo), line[3])
    assert "?" in lacking
    assert missing(clone) == lacking


def test_a_clone_without_trees_is_told_so(repo: Repo, line: list[str], tmp_path: Path, opened: Open) -> None:
    clone = repo.clone(tmp_path / "clone", "--filter=tree:0", "--no-checkout")
    with pytest.raises(RepositoryError, match="this partial clone lacks an object"):
        read(opened(clone), line[3])


def test_a_reftable_is_read(tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open) -> None:
    version = tuple(map(int, subprocess.check_output(["git", "--version"], text=True).split()[2].split(".")[:2]))
    if version < (2, 45):
        pytest.skip("git knows reftables from 2.45 on")
    new = Repo.init(tmp_path / "new", sealed, clock, "--ref-format=reftable")
    head = new.commit("x", files={"a": "1\n"})
    assert [paths(commit) for commit in read(opened(new), head)] == [[b"a"]]


# -- where git fails, and where it is too much


def destroy(repo: Repo, revision: str) -> None:
    oid = repo.ask("rev-parse", revision)
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()


def test_a_commit_that_git_cannot_compare_is_never_told_without_its_change(
    repo: Repo, line: list[str], opened: Open
) -> None:
    destroy(repo, f"{line[1]}^{{tree}}")
    told: list[Commit] = []
    reading = read_history(opened(repo), [line[3]])
    with pytest.raises(RepositoryError, match="git cannot use the repository: unable to read tree"):
        told.extend(reading)
    assert [paths(commit) for commit in told] in ([], [[b"three"]])


def test_a_git_that_is_killed_is_no_end_of_the_range(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = opened(repo)
    real = git.program.stream

    def die(*args: str, stdin: bytes) -> Iterator[bytes]:
        yield from real("-c", f"alias.die=!git {' '.join(args)}; kill -9 $$", "die", stdin=stdin)

    monkeypatch.setattr(git.program, "stream", die)
    with pytest.raises(RepositoryError, match="git diff-tree ended with exit code"):
        read(git, line[3])


def test_an_answer_that_is_left_out_is_missed(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = opened(repo)
    real = git.program.stream
    without = line[2].encode() + b"\n"
    monkeypatch.setattr(git.program, "stream", lambda *args, stdin: real(*args, stdin=stdin.replace(without, b"")))
    with pytest.raises(RepositoryError, match=f"commit {line[2]} was passed over"):
        read(git, line[3])


def test_a_flush_that_is_switched_off_blocks_nobody(repo: Repo, line: list[str], sealed: dict[str, str]) -> None:
    with Git.open(None, {**sealed, "GIT_FLUSH": "0", "GIT_DIR": str(repo.path / ".git")}, hook=True) as git:
        assert len(read(git, line[3])) == 4


def test_a_range_that_is_left_halfway_leaves_no_git_behind(repo: Repo, line: list[str], opened: Open) -> None:
    git = opened(repo)
    git.read("HEAD")  # its own process, which stays
    tasks = Path("/proc/self/task")
    before = {pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()}
    reading = read_history(git, [line[3]])
    next(reading)
    reading.close()  # type: ignore[attr-defined]  # it is a generator
    assert {pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()} == before


def test_a_range_is_refused_before_it_is_begun(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RANGE_COMMITS", 3)
    assert len(read(opened(repo), line[3], exclude=(line[0],))) == 3
    with pytest.raises(RepositoryError, match="more than 3 commits at once") as caught:
        next(read_history(opened(repo), [line[3]]))
    assert caught.value.remediation


def test_limits_on_one_commit(repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    base = repo.head()
    many = repo.commit("m" * 5_000, files={f"f{number}": "1" for number in range(11)})
    assert len(read(opened(repo), many, exclude=(base,))[0].changes) == 11
    monkeypatch.setattr(limits, "CHANGED_PATHS", 10)
    with pytest.raises(RepositoryError, match=f"commit {many} changes more than 10 paths") as caught:
        read(opened(repo), many, exclude=(base,))
    assert "judge_from" in caught.value.remediation[-1]
    monkeypatch.setattr(limits, "COMMIT_BYTES", 5_000)
    with pytest.raises(RepositoryError, match=f"commit {many} has over 5000 bytes"):
        read(opened(repo), many, exclude=(base,))
    monkeypatch.undo()
    oid = repo.commit_to("long", {"n" * (limits.PATH_BYTES + 1): "1"}, parents=(base,))
    with pytest.raises(RepositoryError, match="a changed path is longer than"):
        read(opened(repo), oid, exclude=(base,))


def test_a_path_without_an_end_is_not_waited_for() -> None:
    with pytest.raises(RepositoryError, match="a changed path is longer than"):
        list(history._split(itertools.repeat(b"n" * 65_536)))


def test_the_import_budget_of_a_range(repo: Repo) -> None:
    code = """
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import os
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.ranges import read_range
with Git.open(None, os.environ, hook=True) as git:
    assert list(read_range(git, [git.layout.head]))
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("spec_kitty_hooks")))
"""
    root = str(Path(history.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, root], cwd=repo.path, capture_output=True, text=True, check=True
    )
    cheap = {"__future__", "os", "abc", "_abc", "stat", "_stat", "posixpath", "genericpath", "os.path"}
    assert set(done.stdout.split()) <= cheap | {"_collections_abc", "select"}
