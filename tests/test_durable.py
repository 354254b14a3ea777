"""A file is replaced whole or not at all, and what a killed call left does not stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from spec_kitty_hooks.durable import append_file, replace_file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_a_file_is_made_and_replaced_and_nothing_else_stays(place: Path) -> None:
    name = os.fsencode(place / "status.json")
    replace_file(name, b"one\n")
    replace_file(name, b"two\n")
    assert [path.name for path in place.iterdir()] == ["status.json"]
    assert (place / "status.json").read_bytes() == b"two\n"


def test_what_a_killed_call_left_goes_with_the_next_one(place: Path) -> None:
    (place / ".status.json.new").write_bytes(b"half")
    replace_file(os.fsencode(place / "status.json"), b"whole\n")
    assert [path.name for path in place.iterdir()] == ["status.json"]


def test_a_full_disk_leaves_the_old_file(
    place: Path, file_size_limit: Callable[[int], AbstractContextManager[None]]
) -> None:
    (place / "status.json").write_bytes(b"old\n")
    with file_size_limit(8), pytest.raises(OSError, match="too large"):
        replace_file(os.fsencode(place / "status.json"), b"0123456789")
    assert [path.name for path in place.iterdir()] == ["status.json"]
    assert (place / "status.json").read_bytes() == b"old\n"


def test_a_link_is_neither_followed_nor_replaced(place: Path) -> None:
    (place / "other").write_bytes(b"precious\n")
    (place / "status.json").symlink_to("other")
    with pytest.raises(FileExistsError, match="plain file"):
        replace_file(os.fsencode(place / "status.json"), b"x")
    with pytest.raises(OSError, match="symbolic"):
        append_file(os.fsencode(place / "status.json"), b"x")
    assert (place / "other").read_bytes() == b"precious\n"


def test_appending_makes_the_directory(place: Path) -> None:
    for data in (b"a\n", b"b\n"):
        append_file(os.fsencode(place / "new" / "file"), data)
    assert (place / "new" / "file").read_bytes() == b"a\nb\n"
