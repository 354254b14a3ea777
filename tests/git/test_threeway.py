"""Three-way merges of single files: libgit2's, of contents alone, the same in every clone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.clock import Clock
from support.repo import Repo

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import threeway
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.threeway import Merged, merge_versions
from spec_kitty_hooks.model.focus import Version

Open = Callable[[Repo], Git]
FILE, PROGRAM, LINK, SUB = 0o100644, 0o100755, 0o120000, 0o160000
TEXT = "".join(f"{number}\n" for number in range(1, 7))
ODD = b"not\xffutf-8/.git/\x1b[1m"


def version(repo: Repo, text: str | None, mode: int = FILE) -> Version | None:
    if text is None:
        return None
    if mode == SUB:
        return Version(mode=mode, oid=text * 40)
    return Version(mode=mode, oid=repo.git("hash-object", "-w", "--stdin", input=text).stdout.strip())


def merge(git: Git, *sides: Version | None, path: bytes = b"x") -> Merged:
    base, ours, theirs = sides
    return merge_versions(git, {path: (base, ours, theirs)})


def test_contents_that_both_sides_changed_are_merged_and_nothing_is_written(repo: Repo, opened: Open) -> None:
    sides = [version(repo, text) for text in (TEXT, TEXT.replace("1", "one"), TEXT.replace("6", "six"))]
    before = sorted((repo.path / ".git").rglob("*"))
    found = merge(opened(repo), *sides, path=ODD)
    assert sorted((repo.path / ".git").rglob("*")) == before
    merged = found.versions[ODD]
    assert merged is not None
    assert found.conflicts == ()
    assert found.blobs == {merged.oid: b"one\n2\n3\n4\n5\nsix\n"}
    assert merged.oid == repo.git("hash-object", "--stdin", input=found.blobs[merged.oid].decode()).stdout.strip()


@pytest.mark.parametrize("mode", [FILE, PROGRAM, LINK, SUB])
@pytest.mark.parametrize("text", [None, "1"])
def test_what_one_side_changed_is_that_sides_whatever_it_is(
    repo: Repo, opened: Open, mode: int, text: str | None
) -> None:
    old, new = version(repo, "0"), version(repo, text, mode)
    git = opened(repo)
    for sides in ((old, old, new), (old, new, old), (old, new, new), (None, new, new)):
        assert merge(git, *sides) == Merged(versions={b"x": new}, conflicts=(), blobs={})


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (("0", FILE), ("1", FILE), ("2", FILE)),
        ((None, FILE), ("1", FILE), ("2", FILE)),
        (("0", FILE), (None, FILE), ("2", FILE)),
        (("0", FILE), ("1", FILE), (None, FILE)),
        (("0", LINK), ("1", LINK), ("2", LINK)),
        (("0", SUB), ("1", SUB), ("2", SUB)),
        (("0", FILE), ("1", LINK), ("2", FILE)),
        (("0", FILE), ("1", SUB), ("2", FILE)),
        (("\0" + TEXT, FILE), ("\0" + TEXT + "7", FILE), ("\0x" + TEXT, FILE)),
    ],
)
def test_what_nobody_can_merge_is_a_conflict(
    repo: Repo, opened: Open, base: tuple[str, int], ours: tuple[str, int], theirs: tuple[str, int]
) -> None:
    found = merge(opened(repo), *(version(repo, *side) for side in (base, ours, theirs)))
    assert found == Merged(versions={}, conflicts=(b"x",), blobs={})


def test_a_mode_and_a_content_changed_on_two_sides_are_both_kept(repo: Repo, opened: Open) -> None:
    old, program, changed = version(repo, "0"), version(repo, "0", PROGRAM), version(repo, "1")
    assert changed is not None
    for sides in ((old, program, changed), (old, changed, program)):
        assert merge(opened(repo), *sides).versions == {b"x": Version(mode=PROGRAM, oid=changed.oid)}


def hostile(repo: Repo) -> None:
    """Let configuration and attributes of everybody ask for another merge."""
    home = Path(repo.env["HOME"])
    for place in (repo.path / ".git/info/attributes", home / ".config/git/attributes", repo.path / ".gitattributes"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("* merge=union\n")
    (home / ".gitconfig").write_text("[merge]\n\tdefault = union\n")
    repo.git("config", "merge.default", "union")


def test_no_attribute_and_no_configuration_changes_a_merge(repo: Repo, opened: Open) -> None:
    hostile(repo)
    found = merge(opened(repo), *(version(repo, text) for text in "012"))
    assert found.conflicts == (b"x",)


def test_the_guard_against_attributes_is_needed(
    repo: Repo, opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import pygit2
    from pygit2.enums import ConfigLevel

    hostile(repo)
    before = pygit2.settings.search_path[ConfigLevel.XDG]
    monkeypatch.setattr(threeway, "_LEVELS", ())
    pygit2.settings.search_path[ConfigLevel.XDG] = str(Path(repo.env["HOME"]) / ".config/git")
    try:
        assert merge(opened(repo), *(version(repo, text) for text in "012")).conflicts == ()
    finally:
        pygit2.settings.search_path[ConfigLevel.XDG] = before


def test_where_configuration_is_looked_for_is_put_back(repo: Repo, opened: Open) -> None:
    import pygit2

    before = [pygit2.settings.search_path[level] for level in threeway._LEVELS]
    merge(opened(repo), *(version(repo, text) for text in "012"))
    assert [pygit2.settings.search_path[level] for level in threeway._LEVELS] == before
    assert any(before)


def test_contents_that_only_we_know_can_be_a_base(repo: Repo, opened: Open) -> None:
    git = opened(repo)
    text = TEXT.encode()
    base = Version(mode=FILE, oid=repo.git("hash-object", "--stdin", input=TEXT).stdout.strip())
    sides = {
        b"x": (base, version(repo, TEXT.replace("1", "one")), version(repo, TEXT.replace("6", "six"))),
    }
    assert merge_versions(git, sides, {base.oid: text}).conflicts == ()
    with pytest.raises(RepositoryError, match="libgit2 cannot merge here"):
        merge_versions(git, sides)


def test_objects_behind_alternates_and_in_packs_are_found(repo: Repo, tmp_path: Path, opened: Open) -> None:
    sides = [version(repo, text) for text in (TEXT, TEXT.replace("1", "one"), TEXT.replace("6", "six"))]
    borrower = Repo.init(tmp_path / "borrower", repo.env, repo.clock)
    (borrower.path / ".git/objects/info").mkdir(exist_ok=True)
    (borrower.path / ".git/objects/info/alternates").write_text(f"{repo.path}/.git/objects\n")
    repo.git("repack", "-adq", "--keep-unreachable")
    repo.git("prune-packed")
    assert merge(opened(borrower), *sides).conflicts == ()
    assert merge(opened(repo.worktree(tmp_path / "linked", "side", "HEAD")), *sides).conflicts == ()


def test_where_libgit2_cannot_read_only_contents_that_both_changed_are_refused(
    tmp_path: Path, sealed: dict[str, str], clock: Clock, opened: Open
) -> None:
    repo = Repo.init(tmp_path / "new", sealed, clock, "--object-format=sha256")
    old, one, two = (version(repo, text) for text in "012")
    git = opened(repo)
    assert merge(git, old, old, one).versions == {b"x": one}
    with pytest.raises(RepositoryError, match="SHA-256"):
        merge(git, old, one, two)


def test_many_paths_keep_their_order(repo: Repo, opened: Open) -> None:
    texts = {f"{number}".encode(): (f"{number}", f"{number}a", f"{number}b") for number in range(120)}
    known = {path: tuple(version(repo, text) for text in sides) for path, sides in texts.items() if path < b"12"}
    found = merge_versions(opened(repo), {path: (sides[0], sides[1], sides[2]) for path, sides in known.items()})
    assert found.conflicts == tuple(sorted(known))
