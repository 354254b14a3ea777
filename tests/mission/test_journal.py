"""An append is whole, on the disk and read back; what is no plain log is never written to."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from spec_kitty_hooks.mission.journal import append_events

ROOT = Path(__file__).resolve().parents[2]
APPEND = "import os, sys; from spec_kitty_hooks.mission.journal import append_events\n"


def child(code: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
    command: list[str | Path] = [sys.executable, "-c", APPEND + code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "status.events.jsonl"


def test_a_missing_log_is_made(log: Path) -> None:
    append_events(os.fsencode(log), [b"{}", b"[]"])
    assert log.read_bytes() == b"{}\n[]\n"


@pytest.mark.parametrize(("before", "after"), [(b"", b""), (b"a\n", b"a\n"), (b"a", b"a\n"), (b"a\r\n", b"a\r\n")])
def test_a_last_line_without_its_newline_gets_one_first(log: Path, before: bytes, after: bytes) -> None:
    log.write_bytes(before)
    append_events(os.fsencode(log), [b"{}"])
    assert log.read_bytes() == after + b"{}\n"


def test_a_link_is_not_followed(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"precious\n")
    log.symlink_to(other)
    with pytest.raises(OSError, match="symbolic") as caught:
        append_events(os.fsencode(log), [b"{}"])
    assert caught.value.errno == errno.ELOOP
    assert other.read_bytes() == b"precious\n"


def test_a_file_with_a_second_name_is_refused(log: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"precious\n")
    log.hardlink_to(other)
    with pytest.raises(OSError, match="one name"):
        append_events(os.fsencode(log), [b"{}"])
    assert other.read_bytes() == b"precious\n"


def test_a_fifo_is_refused_without_waiting_for_a_reader(log: Path) -> None:
    os.mkfifo(log)
    with pytest.raises(OSError, match="plain file"):
        append_events(os.fsencode(log), [b"{}"])


def test_a_directory_is_refused(log: Path) -> None:
    log.mkdir()
    with pytest.raises(IsADirectoryError):
        append_events(os.fsencode(log), [b"{}"])


def test_a_part_that_was_written_is_taken_back(
    log: Path, file_size_limit: Callable[[int], AbstractContextManager[None]]
) -> None:
    log.write_bytes(b"first\n")
    with file_size_limit(11), pytest.raises(OSError, match="only a part"):
        append_events(os.fsencode(log), [b"0123456789"])
    assert log.read_bytes() == b"first\n"


def test_appenders_at_the_same_time_lose_nothing(log: Path) -> None:
    code = "for n in range(25): append_events(os.fsencode(sys.argv[1]), [f'{sys.argv[2]}-{n}'.encode() * 100])"
    children = [child(code, log, name) for name in "abcd"]
    assert [process.communicate(timeout=60)[1] for process in children] == [b""] * 4
    expected = {f"{name}-{number}".encode() * 100 for name in "abcd" for number in range(25)}
    lines = log.read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == 100
    assert set(lines) == expected
