"""One file below a trusted directory: never through a link, never blocking, never more than was asked for."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import safefile
from spec_kitty_hooks.safefile import SafeRead, read_file


@pytest.fixture(params=["dir_fd", "by path"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Read with dir_fd and, as Windows has to, without; afterwards no descriptor is left open."""
    monkeypatch.setattr(safefile, "_HAS_DIR_FD", request.param == "dir_fd")
    before = os.listdir("/proc/self/fd")
    yield request.param
    assert len(os.listdir("/proc/self/fd")) == len(before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with the file a/b/log and a secret next to it."""
    place = tmp_path / "root"
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "b" / "log").write_bytes(b"0123456789")
    (tmp_path / "secret").write_bytes(b"secret")
    return place


def read(root: Path, relative: bytes = b"a/b/log", limit: int = 100) -> SafeRead:
    return read_file(os.fsencode(root), relative, limit)


def test_a_regular_file_is_read_whole(root: Path) -> None:
    assert read(root) == SafeRead(data=b"0123456789")
    (root / "empty").touch()
    assert read(root, b"empty") == SafeRead(data=b"")
    (root / "big").write_bytes(b"x" * 3_000_000)
    assert len(read(root, b"big", 3_000_000).data or b"") == 3_000_000
    odd = b"a/n\n\x1b\xe9"
    with open(os.path.join(os.fsencode(root), odd), "wb") as file:
        file.write(b"odd")
    assert read(root, odd).data == b"odd"


def test_the_limit_holds_to_the_byte(root: Path) -> None:
    assert read(root, limit=10).data == b"0123456789"
    assert read(root, limit=9) == SafeRead(problem="too large")
    assert read(root, limit=0) == SafeRead(problem="too large")


def test_a_file_that_grows_while_it_is_read_is_still_held_to_the_limit(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = os.stat(root / "a/b/log")
    real = os.fstat
    (root / "a/b/log").write_bytes(b"x" * 1000)
    monkeypatch.setattr(os, "fstat", lambda fd: shown if real(fd).st_ino == shown.st_ino else real(fd))
    assert read(root, limit=100) == SafeRead(problem="too large")


@pytest.mark.parametrize("relative", [b"none", b"a/none", b"none/log", b"a/b/log/inside", b"a/b/none/log"])
def test_missing(root: Path, relative: bytes) -> None:
    assert read(root, relative) == SafeRead(problem="missing")


def test_a_missing_root(tmp_path: Path) -> None:
    assert read(tmp_path / "none").problem == "missing"


@pytest.mark.parametrize("linked", ["a", "a/b", "a/b/log"])
@pytest.mark.parametrize("target", ["inside", "outside", "nowhere"])
def test_a_link_below_the_root_is_never_followed(root: Path, tmp_path: Path, linked: str, target: str) -> None:
    moved = root.with_name("elsewhere") if target == "outside" else root / "moved"
    (root / linked).rename(moved)
    (root / linked).symlink_to(tmp_path / "none" if target == "nowhere" else moved)
    assert read(root) == SafeRead(problem="symlink")


def test_the_root_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root)
    assert read(tmp_path / "link").data == b"0123456789"


@pytest.mark.parametrize(
    "relative", [b"", b"/", b"/etc/passwd", b"../secret", b"a/../../secret", b"a//b/log", b"./a", b"a/", b".", b"a\0b"]
)
def test_a_path_that_could_leave_the_root_is_refused(root: Path, relative: bytes) -> None:
    assert read(root, relative) == SafeRead(problem="unsafe path")


def test_a_fifo_without_a_writer_does_not_block(root: Path) -> None:
    os.mkfifo(root / "fifo")
    assert read(root, b"fifo") == SafeRead(problem="not a regular file (fifo)")


def test_other_things_are_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the name of a socket may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert read(root, b"socket").problem == "not a regular file (socket)"
    assert read(root, b"a/b").problem == "not a regular file (directory)"
    assert read(Path("/dev"), b"null").problem == "not a regular file (device)"
    assert read(root, b"fifo/x").problem == "missing"


def test_what_may_not_be_read_says_why(root: Path) -> None:
    if not os.geteuid():
        pytest.skip("root may read everything")
    (root / "a/b/log").chmod(0)
    assert read(root).problem == "unreadable (Permission denied)"
    (root / "a").chmod(0)
    assert read(root).problem == "unreadable (Permission denied)"


def test_a_failing_read_says_why(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_fd: int, _size: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    assert read(root).problem == "unreadable (Input/output error)"


def test_a_name_too_long_is_unreadable(root: Path) -> None:
    assert read(root, b"x" * 300).problem == "unreadable (File name too long)"


def test_a_swap_between_look_and_open_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    if way == "dir_fd":
        pytest.skip("there is no moment between look and open")
    real = os.lstat

    def look_then_swap(path: bytes) -> os.stat_result:
        found = real(path)
        if path.endswith(b"log"):
            os.unlink(path)
            os.symlink(b"../../../secret", path)
        return found

    monkeypatch.setattr(os, "lstat", look_then_swap)
    monkeypatch.setattr(safefile, "_FILE", os.O_RDONLY)  # Windows has no O_NOFOLLOW
    assert read(root).data is None


SEGMENTS = st.sampled_from([b"a", b"b", b"log", b"..", b".", b"", b"link", b"up", b"\0", b"a/b", b"/"])


@given(st.lists(SEGMENTS, max_size=6).map(b"/".join))
def test_no_path_gets_out(relative: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        inside = Path(place) / "root"
        (inside / "a").mkdir(parents=True)
        (inside / "a" / "log").write_bytes(b"inside")
        (Path(place) / "log").write_bytes(b"outside")
        (inside / "up").symlink_to("..")
        (inside / "link").symlink_to("../log")
        found = read(inside, relative)
        assert (found.data is None) == bool(found.problem)
        assert found.data == (b"inside" if relative == b"a/log" else None)
