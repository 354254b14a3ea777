"""The instruments of these proofs measure what they say they do."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import pytest
from support.crashstates import File
from support.strace import Call, parse_calls
from support.tally import PROPERTY, Tally, collect, write_table

LOG = "/m/log"


def call(name: str, arguments: str, result: int | None = 0) -> Call:
    return Call(name, 1, arguments, result)


def write(text: str) -> Call:
    return call("write", f'3<{LOG}>, "{text}", {len(text)}', len(text))


def test_a_trace_is_read_call_by_call() -> None:
    found = parse_calls(
        'openat(4</m>, "a\\x20b", O_RDONLY) = -1 ENOENT (No such file)\n'
        'write(3</m/log>, "x(1) = 2", 8) = 8\n'
        "--- SIGCHLD {si_signo=SIGCHLD} ---\n"
        'write(3</m/log>, "y", 1) = ?\n+++ killed by SIGKILL +++\n'
    )
    assert [(one.name, one.count, one.result) for one in found] == [
        ("openat", 1, -1),
        ("write", 1, 8),
        ("write", 2, None),
    ]
    assert found[0].texts == (b"a b",)
    assert found[1].files == ((3, LOG),)
    assert found[1].texts == (b"x(1) = 2",)


def test_what_is_flushed_is_certain_and_what_is_not_may_be_anything() -> None:
    file = File(LOG, b"a\n", named=True)
    file.follow(write("bb"))
    assert {b"a\n", b"a\nbb", b"a\nb", b"a\n\0\0", b"a\nb\0"} <= set(file.states())
    file.follow(call("fsync", f"3<{LOG}>"))
    assert set(file.states()) == {b"a\nbb"}


def test_a_write_may_arrive_without_the_one_before_it() -> None:
    file = File(LOG, b"", named=True)
    file.follow(write("aa"))
    file.follow(write("bb"))
    assert {b"", b"aa", b"\0\0bb", b"aabb"} <= set(file.states())


def test_a_flush_that_failed_is_not_made_good_by_another() -> None:
    file = File(LOG, b"", named=True)
    file.follow(write("aa"))
    file.follow(call("fsync", f"3<{LOG}>", -1))
    file.follow(call("fsync", f"3<{LOG}>"))
    assert b"" in set(file.states())
    file.follow(call("pwrite64", f'3<{LOG}>, "aa", 2, 0', 2))
    file.follow(call("fsync", f"3<{LOG}>"))
    assert set(file.states()) == {b"aa"}


def test_a_name_is_certain_once_its_directory_was_flushed() -> None:
    file = File(LOG, b"", named=False)
    assert None in set(file.states())
    file.follow(call("fsync", "4</m>"))
    assert None not in set(file.states())


def test_counts_of_several_workers_are_added_up() -> None:
    reports = [
        SimpleNamespace(when=when, user_properties=[(PROPERTY, asdict(Tally(row, "killed", runs=runs, lost=1)))])
        for when, row, runs in (("teardown", "R10", 5), ("teardown", "R2", 1), ("call", "R2", 9), ("teardown", "R2", 2))
    ]
    found = collect([*reports, SimpleNamespace()])
    assert [(one.row, one.runs, one.lost) for one in found] == [("R2", 3, 2), ("R10", 5, 1)]
    assert [line.split()[:3] for line in write_table(found)] == [
        ["row", "kind", "runs"],
        ["R2", "killed", "3"],
        ["R10", "killed", "5"],
    ]


@pytest.mark.parametrize("bad", [{}, {"runs": 1, "lost": 1}, {"runs": 1, "doubled": 1}, {"runs": 1, "tracebacks": 1}])
def test_a_count_with_a_loss_or_without_a_run_fails(bad: dict[str, int]) -> None:
    Tally("R1", "good", runs=1).check()
    with pytest.raises(AssertionError):
        Tally("R1", "bad", **bad).check()
