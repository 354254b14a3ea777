"""Laws: over any history, both readers of ranges tell what is worked out without git; what git compares agrees."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import assert_caught
from support.clock import Clock
from support.pasts import Past, arrange, make, pasts, reach, tell
from support.repo import Repo
from support.sealed import sealed_environment

from spec_kitty_hooks.git import history
from spec_kitty_hooks.git.history import read_history
from spec_kitty_hooks.git.libgit import read_history_libgit
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.history import Commit

Read = Callable[[Git, Sequence[str], Sequence[str]], Iterator[Commit]]
Range = tuple[list[Past], list[int], list[int]]


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    """A history, the numbers of its tips, and of what is left out."""
    past = draw(pasts())
    numbers = st.lists(st.integers(0, len(past) - 1), max_size=3)
    return past, draw(numbers.filter(bool)) if draw(st.booleans()) else [len(past) - 1], draw(numbers)


class Shop:
    """One repository in which histories are made, and read by one of the readers."""

    def __init__(self, root: Path, algorithm: str = "sha1") -> None:
        self.env = sealed_environment(root / ".sealed")
        self.repo = Repo.init(root / "repo", self.env, Clock(), f"--object-format={algorithm}")
        self.marks = root / "marks"

    def read(self, read: Read, asked: Range) -> tuple[list[Commit], list[Commit]]:
        """Return what the reader says of a range, and what it should say."""
        past, tips, exclude = asked
        oids = make(self.repo, past, self.marks)
        wanted = reach(past, tips) - reach(past, exclude)
        with Git.open(os.fsencode(self.repo.path), self.env, hook=False) as git:
            told = list(read(git, [oids[tip] for tip in tips], [oids[number] for number in exclude]))
        return told, [tell(past, oids, number) for number in arrange(past, wanted)]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as root:
        yield Shop(Path(root))


def agree(told: list[Commit], expected: list[Commit], past: list[Past]) -> bool:
    """Tell whether the facts are the same, and the order as far as dates decide it."""
    places = {commit.oid: place for place, commit in enumerate(told)}
    dates = [commit.committed for commit in past]
    return (
        len(places) == len(told)
        and {commit.oid: commit for commit in told} == {commit.oid: commit for commit in expected}
        and all(places[one.oid] < places[parent] for one in told for parent in one.parents if parent in places)
        and (len(set(dates)) < len(dates) or told == expected)
    )


READERS = {"plumbing": read_history, "libgit2": read_history_libgit}


@pytest.mark.parametrize("reader", READERS)
def test_a_range_is_told_as_it_was_made(shop: Shop, reader: str) -> None:
    @settings(max_examples=60)
    @given(asked=ranges())
    def law(asked: Range) -> None:
        told, expected = shop.read(READERS[reader], asked)
        assert agree(told, expected, asked[0]), (told, expected)

    law()


def test_sha256_is_told_by_plumbing(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "256", "sha256")

    @settings(max_examples=15)
    @given(asked=ranges())
    def law(asked: Range) -> None:
        told, expected = shop.read(read_history, asked)
        assert agree(told, expected, asked[0]), (told, expected)

    law()


def test_a_merge_is_what_git_finds_against_each_of_its_parents(shop: Shop) -> None:
    @settings(max_examples=25)
    @given(past=pasts())
    def law(past: list[Past]) -> None:
        oids = make(shop.repo, past, shop.marks)
        with Git.open(os.fsencode(shop.repo.path), shop.env, hook=False) as git:
            for commit in read_history(git, oids):
                sides = [git.tree_changes(parent, commit.oid) for parent in commit.parents or ("",)]
                rest = [{change.path for change in side} for side in sides[1:]]
                found = {change.path for change in sides[0]}.intersection(*rest)
                assert {change.path for change in commit.changes} == found
                if len(sides) == 1:
                    assert commit.changes == sides[0]

    law()


@pytest.mark.parametrize(
    ("option", "replacement"),
    [("-c", "-m"), ("-c", "--no-diff-merges"), ("--no-renames", "-M"), ("--root", ""), ("--always", "")],
)
def test_a_reader_with_another_option_is_caught(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, option: str, replacement: str
) -> None:
    options = [replacement if word == option else word for word in history.OPTIONS]
    monkeypatch.setattr(history, "OPTIONS", tuple(filter(None, options)))

    def breaks(asked: Range) -> bool:
        try:
            return not agree(*shop.read(read_history, asked), asked[0])
        except Exception:  # noqa: BLE001 (two names for a rename, an answer that is not there: no matter how it fails)
            return True

    assert_caught(ranges(), breaks)


def test_a_reader_that_takes_the_first_parent_alone_is_caught(shop: Shop) -> None:
    def breaks(past: list[Past]) -> bool:
        told, expected = shop.read(_read_first_parents, (past, [len(past) - 1], []))
        return not agree(told, expected, past)

    assert_caught(pasts(), breaks)


def _read_first_parents(git: Git, tips: Sequence[str], exclude: Sequence[str]) -> Iterator[Commit]:
    for commit in read_history(git, tips, exclude):
        yield commit.replace(changes=git.tree_changes(commit.parents[0] if commit.parents else "", commit.oid))
