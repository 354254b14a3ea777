"""The plumbing reader of ranges where another history is put in its way: nothing is hidden, nothing made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.pasts import forge
from support.repo import Repo

from spec_kitty_hooks.git import environ as variables
from spec_kitty_hooks.git.history import read_history
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.history import Commit

Open = Callable[[Repo], Git]

AUTHOR = b"author A <a@example.com> 1700000000 +0000\ncommitter C <c@example.com> 1700000000 +0000\n"


def read(git: Git, *tips: str, exclude: tuple[str, ...] = ()) -> list[Commit]:
    return list(read_history(git, tips, exclude))


def paths(commit: Commit) -> list[bytes]:
    return [change.path for change in commit.changes]


def test_replacements_and_grafts_hide_nothing(repo: Repo, line: list[str], opened: Open) -> None:
    right = read(opened(repo), line[3])
    repo.git("replace", line[3], line[2])
    repo.git("replace", "--graft", line[2])
    repo.git("replace", repo.ask("rev-parse", f"{line[1]}^{{tree}}"), repo.ask("rev-parse", f"{line[0]}^{{tree}}"))
    repo.write(".git/info/grafts", f"{line[1]}\n")
    assert len(repo.ask("log", "--format=%H", line[3]).split()) < len(right)
    assert read(opened(repo), line[3]) == right


def test_without_its_environment_a_replacement_would_hide_a_change(
    repo: Repo, line: list[str], opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("replace", line[3], line[2])
    assert paths(read(opened(repo), line[3])[0]) == [b"three"]
    monkeypatch.delitem(variables.FORCED, "GIT_NO_REPLACE_OBJECTS")
    assert paths(read(opened(repo), line[3])[0]) != [b"three"]


HOSTILE = """
log.showSignature=true log.showRoot=false log.diffMerges=off log.mailmap=true log.follow=true log.decorate=full
log.date=human log.abbrevCommit=true format.pretty=oneline format.notes=true notes.displayRef=refs/notes/*
i18n.logOutputEncoding=UTF-16 i18n.commitEncoding=ISO-8859-1 core.quotePath=true core.abbrev=4 core.pager=false
diff.renames=copies diff.external=false diff.orderFile=/no/such/file diff.noprefix=true diff.ignoreSubmodules=all
diff.relative=true diff.submodule=log diff.algorithm=patience color.ui=always core.ignoreCase=true mailmap.file=m
core.fileMode=false core.symlinks=false core.precomposeUnicode=true core.bigFileThreshold=1
"""


def test_no_configuration_changes_what_is_told(repo: Repo, opened: Open) -> None:
    env = {"GIT_AUTHOR_NAME": "Zoë", "GIT_AUTHOR_EMAIL": "z@example.com"}
    repo.commit("x", files={b"old\xe9": "a line to be found\n" * 20, b"ab": "1", b"src/a/keep": "1"}, env=env)
    repo.git("mv", b"old\xe9", "new")
    repo.git("update-index", "--add", "--chmod=+x", "ab")
    repo.git("commit", "-q", "-m", "move", env=env)
    first, second = (repo.commit_to(name, {name: "1"}, parents=(repo.head(),)) for name in ("left", "right"))
    head = repo.ask("commit-tree", "HEAD^{tree}", "-p", first, "-p", second, "-m", "evil")
    repo.git("notes", "add", "-m", "a note", head)
    right = read(opened(repo), head)
    for setting in HOSTILE.split():
        repo.git("config", *setting.split("=", 1))
    repo.write(".mailmap", "Other <other@example.com> <z@example.com>\n")
    repo.write("m", "Other <other@example.com> <z@example.com>\n")
    assert right[3].author == "Zoë <z@example.com>"
    assert paths(right[3]) == [b"ab", b"new", b"old\xe9"]
    assert read(opened(repo.at(repo.path / "src" / "a")), head) == right


@pytest.mark.parametrize(
    ("header", "author", "seconds"),
    [
        (AUTHOR + b"encoding ISO-8859-1\n", "A <a@example.com>", 1700000000),
        (b"author \xe9 <> 5 +0000\nencoding ISO-8859-1\n", "\udce9 <>", 5),
        (b"author A <a> b> 7 -0330\n", "A <a> b>", 7),
        (b"author A <a@b> -1 +0000\n", "A <a@b>", -1),
        (b"author A <a@b> 99999999999999999999 +0000\n", "A <a@b>", 0),
        (b"author A <a@b> 253402300800 +0000\n", "A <a@b>", 0),
        (b"author A <a@b> soon\n", "A <a@b>", 0),
        (b"author nobody\n", "<>", 0),
        (b"committer C <c@example.com> 9 +0000\n", "<>", 0),
        (AUTHOR + b"author B <b@example.com> 8 +0000\n", "A <a@example.com>", 1700000000),
        (AUTHOR + b"gpgsig x\n author B <b@example.com> 8 +0000\n", "A <a@example.com>", 1700000000),
    ],
)
def test_an_author_is_told_as_written(repo: Repo, opened: Open, header: bytes, author: str, seconds: int) -> None:
    commit = read(opened(repo), forge(repo, header))[0]
    assert (commit.author, commit.authored_at) == (author, seconds)
    assert set(paths(commit)) == set(repo.tree())


def test_no_text_of_a_commit_is_taken_for_a_change(repo: Repo, opened: Open) -> None:
    fake = b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0fake\0"
    head = repo.head().encode()
    oid = forge(
        repo, b"parent %b\n%bparent %b\n%b\n" % (head, AUTHOR, b"1" * 40, fake), fake + b"\n\n" + head + b"\0" + fake
    )
    commit = read(opened(repo), oid, exclude=(repo.head(),))
    assert [(one.oid, one.parents, one.changes) for one in commit] == [(oid, (repo.head(),), ())]


def test_a_parent_named_twice_counts_once(repo: Repo, line: list[str], opened: Open) -> None:
    twice = forge(repo, b"parent %b\nparent %b\n%b" % (line[2].encode(), line[2].encode(), AUTHOR))
    commit = read(opened(repo), twice, exclude=(line[3],))[0]
    assert (commit.parents, paths(commit)) == ((line[2], line[2]), [b"three"])
