"""R4: writes that stop halfway, and writes that never happened although the kernel says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.forks import Forks
from support.mounts import run_apart, why_not
from support.tally import Tally
from support.workshop import EVENT, Workshop, count_event

Counting = Callable[[str, str], Tally]

BEFORE = b'{"event_id": "a", "kind": "annotation"}'  # without its newline: the next line brings it along
LINE = '{"event_id": "b", "kind": "annotation", "note": "%s"}' % ("n" * 450)
ADDITION = b"\n" + LINE.encode() + b"\n"


def append_with(forks: Forks, log: Path, room: int | None, variant: str = "") -> tuple[str, bytes]:
    """Append one line where the file can only grow by `room` bytes; return the outcome and what was added."""
    limit = None if room is None else len(BEFORE) + room
    words = {"log": str(log), "lines": [LINE], "lock": str(log.with_name("lock")), "limit": limit, "variant": variant}
    ended = forks.run("append", **words)
    assert "Traceback" not in ended.error
    return (ended.said or ("",))[0].split(" ")[0], log.read_bytes().removeprefix(BEFORE)


def cut_short_everywhere(forks: Forks, log: Path, count: Tally, *, step: int = 1, variant: str = "") -> list[str]:
    """Stop the write after each number of bytes; return what is wrong."""
    found = []
    for room in range(0, len(ADDITION) + 1, step):
        log.write_bytes(BEFORE)
        outcome, added = append_with(forks, log, room, variant)
        wanted = ("ACK", ADDITION) if room == len(ADDITION) else ("REFUSED", b"")
        count.runs += 1
        count.lost += outcome == "ACK" and added != ADDITION
        if (outcome, added) != wanted:
            found.append(f"room for {room}: {outcome}, added {added!r}")
        outcome, added = append_with(forks, log, None, variant)
        if outcome != "ACK" or not added.endswith(ADDITION):
            found.append(f"after room for {room}: {outcome}, added {added!r}")
    return found


def test_of_a_write_that_stops_anywhere_nothing_stays(tmp_path: Path, forks: Forks, tally: Counting) -> None:
    count = tally("R4", "a write stops after each byte")
    assert cut_short_everywhere(forks, tmp_path / "log", count) == []
    assert count.runs > 500
    count.check()


def test_a_transition_on_a_full_disk_is_refused_and_can_be_repeated(workshop: Workshop, tally: Counting) -> None:
    count = tally("R4", "a transition on a full disk")
    shape = "no final newline"
    size = len(workshop.shapes[shape] or b"")
    workshop.reset(shape)
    whole = len(workshop.run()[0].after) - size
    for room in [*range(0, whole, 24), whole]:
        workshop.reset(shape)
        run, _calls = workshop.run(limit=size + room)
        count.runs += 1
        count.tracebacks += run.broken
        assert (run.outcome, run.after == run.before) == (("ACK", False) if room == whole else ("REFUSED", True))
        workshop.prove(count)
    count.check()


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("retry", [False, True], ids=["first", "retry"])
def test_a_kernel_that_lies_about_a_write_is_not_believed(retry: bool, workshop: Workshop, tally: Counting) -> None:
    count = tally("R4", "a write never happened")
    for shape in ("missing", "one line", "no final newline"):
        workshop.reset(shape)
        whole = len(workshop.run()[0].after) - len(workshop.shapes[shape] or b"")
        for told in (0, 1, 2, whole // 2, whole - 1, whole):
            workshop.reset(shape, retry=retry)
            lie = ("-e", "trace=write,pwrite64", "-e", f"inject=write:retval={told}:when=1")
            run, _calls = workshop.run(*lie)
            count.runs += 1
            count.tracebacks += run.broken
            count.lost += run.acknowledged and not count_event(run.after, EVENT)
            assert retry or not run.acknowledged
            assert run.after == run.before
            workshop.prove(count)
    count.check()


def test_a_full_disk_takes_nothing_away(tmp_path: Path, sealed: dict[str, str], tally: Counting) -> None:
    count = tally("R4", "a disk of 16 kB is filled")
    found = fill(tmp_path, sealed, rounds=40)
    count.runs, count.lost = found["runs"], found["lost"]
    assert found["refused"] == 40
    count.check()


def fill(place: Path, env: dict[str, str], **words: object) -> dict[str, int]:
    if reason := why_not():
        pytest.skip(reason)
    try:
        found: dict[str, int] = run_apart("fill", place, env, **words)
    except OSError as error:
        pytest.skip(f"nothing can be mounted here: {error}")
    return found


# -- broken variants


def test_short_writes_find_a_writer_that_keeps_a_part(tmp_path: Path, forks: Forks) -> None:
    found = cut_short_everywhere(forks, tmp_path / "log", Tally("R4", ""), step=40, variant="keep_a_part")
    assert any("REFUSED, added b'\\n{" in line for line in found)


def test_a_full_disk_finds_a_writer_that_keeps_a_part(tmp_path: Path, sealed: dict[str, str]) -> None:
    assert fill(tmp_path, sealed, rounds=5, variant="keep_a_part")["lost"] > 0


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(("variant", "told"), [("skip_readback", 999), ("cut_unseen", 20)])
def test_lies_find_a_writer_that(variant: str, told: int, workshop: Workshop) -> None:
    workshop.reset("one line")
    whole = len(workshop.run()[0].after) - len(workshop.shapes["one line"] or b"")
    workshop.reset("one line")
    lie = ("-e", "trace=write", "-e", f"inject=write:retval={min(told, whole)}:when=1")
    run, _calls = workshop.run(*lie, variant=variant)
    assert (run.acknowledged and not count_event(run.after, EVENT)) or not workshop.has_all(run.before, run.after)
