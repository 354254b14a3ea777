"""A child that is fed and listened to at once: nothing blocks, nothing leaks, and a bad end is never an end."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.program import Program
from spec_kitty_hooks.git.stream import ChildError, stream

Listen = Callable[..., Iterator[bytes]]
MANY = 1 << 20


@pytest.fixture(params=["poll", "portable"])
def listen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Listen:
    """Listen to a Python child, with either way of doing it."""
    if request.param == "portable":
        monkeypatch.delattr(select, "poll")
    return python


def python(code: str, stdin: bytes = b"") -> Iterator[bytes]:
    return stream((sys.executable, "-I", "-S", "-c", code), {}, stdin)


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    """Fail if a test leaves a descriptor open or a child unreaped."""
    descriptors, before = sorted(os.listdir("/proc/self/fd")), children()
    yield
    assert sorted(os.listdir("/proc/self/fd")) == descriptors
    assert children() <= before


def children() -> set[str]:
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_full_pipes_in_both_directions_do_not_block(listen: Listen) -> None:
    code = f"""
import sys
sys.stderr.write("e" * {MANY}); sys.stderr.flush()
sys.stdout.write("o" * {MANY}); sys.stdout.flush()
sys.stdout.write(str(len(sys.stdin.buffer.read())))
"""
    assert b"".join(listen(code, b"i" * MANY)) == b"o" * MANY + str(MANY).encode()


def test_a_child_that_answers_line_by_line_is_fed_to_the_end(listen: Listen) -> None:
    code = "import sys\nfor line in sys.stdin: sys.stdout.write(line * 3); sys.stdout.flush()"
    assert b"".join(listen(code, b"line\n" * 20_000)) == b"line\n" * 60_000


def test_nothing_to_say_is_an_end_for_the_child(listen: Listen) -> None:
    assert b"".join(listen("import sys; print(sys.stdin.read() == '')")) == b"True\n"


@pytest.mark.parametrize(("end", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", -9)])
def test_a_bad_end_comes_after_what_was_said(listen: Listen, end: str, code: int) -> None:
    said: list[bytes] = []
    with pytest.raises(ChildError) as caught:
        said.extend(listen(f"import os, sys; print('some', flush=True); {end}", b"i" * MANY))
    assert b"".join(said) == b"some\n"
    assert caught.value.rc == code


def test_a_program_that_is_not_there_is_no_child(listen: Listen) -> None:
    with pytest.raises(OSError, match="No such file"):
        list(stream(("/no/such/program",), {}, b""))


def test_a_child_that_never_ends_is_heard_at_once_and_ended() -> None:
    endless = python("import os\nwhile True: os.write(1, b'x' * 65536)", b"i" * MANY)
    assert len(list(islice(endless, 50))) == 50
    endless.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_git_that_does_not_start_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "git").write_bytes(b"\x7fELF nothing")
    (tmp_path / "git").chmod(0o755)
    with pytest.raises(RepositoryError, match="git cannot be started"):
        list(Program({"PATH": str(tmp_path)}).stream("version", stdin=b""))
