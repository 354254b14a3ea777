"""R6: after a power cut at any moment, in any state that a file system may leave, the reader tells the truth.

Every acknowledged event is there, no event that nobody wrote, and what is neither is reported as damage. The states are
worked out from a trace of the calls that a writer made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.crashstates import CALLS, File
from support.tally import Tally
from support.workshop import EVENT, NEXT, Workshop

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.journal import append_events
from spec_kitty_hooks.model.events import EventLog

Counting = Callable[[str, str], Tally]
Reader = Callable[[bytes], EventLog]

pytestmark = [pytest.mark.usefixtures("traced"), pytest.mark.unmeasured]

_TRACE = ("-xx", "-s", "2000000", "-e", f"trace={CALLS}")
_OTHER = {"wp": "WP02", "to": "blocked", "event_id": NEXT}
_AT_SYNC = ("-e", "inject=fsync:signal=SIGKILL:when=1")
_SYNC_FAILS = ("-e", "inject=fsync:error=EIO:when=1")

#: What is done, one run after the other: strace's further options, and what is changed of the request.
STORIES: dict[str, tuple[tuple[tuple[str, ...], dict[str, str]], ...]] = {
    "one": (((), {}),),
    "two": (((), {}), ((), _OTHER)),
    "killed before the flush, then the same again": ((_AT_SYNC, {}), ((), {})),
    "killed before the flush, then another": ((_AT_SYNC, {}), ((), _OTHER)),
    "the flush fails, then the same again": ((_SYNC_FAILS, {}), ((), {})),
    "the flush fails, then another": ((_SYNC_FAILS, {}), ((), _OTHER)),
}
_CI_SHAPES = ("missing", "no final newline")


@dataclass(frozen=True)
class Moment:
    """The log between two calls: what it may be, what was written to it so far and what was acknowledged."""

    file: File
    written: frozenset[bytes]
    acknowledged: frozenset[str]


def tell(workshop: Workshop, shape: str, story: str, variant: str = "") -> Iterator[Moment]:
    """Yield the log after each call that a story makes to it."""
    workshop.reset(shape)
    start = workshop.shapes[shape]
    file = File(str(workshop.log), start or b"", named=start is not None)
    written = {event.raw for event in parse_log(start or b"").events}
    acknowledged: set[str] = set()
    for options, changes in STORIES[story]:
        said = file.acknowledged
        run, calls = workshop.run(*_TRACE, *options, everywhere=True, variant=variant, **changes)
        for call in calls:
            changed = file.follow(call)
            written |= {event.raw for event in parse_log(file.now).events}
            if file.acknowledged > said:
                acknowledged.add(changes.get("event_id", EVENT))
            if changed:
                yield Moment(file, frozenset(written), frozenset(acknowledged))
        assert file.now == workshop.read(), "the model and the file disagree"
        assert not run.broken, run.ended
        assert run.acknowledged == (file.acknowledged > said)


def judge(content: bytes | None, moment: Moment, start: EventLog, read: Reader) -> str:
    """Return what is wrong with what a reader makes of a state; "" if nothing is."""
    log = read(content or b"")
    raws = [event.raw for event in log.events]
    if not moment.written.issuperset(raws):
        return "an event that nobody wrote"
    if raws[: len(start.events)] != [event.raw for event in start.events] and content is not None:
        return "an event that was there before is gone"
    if missing := moment.acknowledged - {event.event_id for event in log.events}:
        return f"acknowledged, and gone: {sorted(missing)}"
    lines = [line for line in (content or b"").split(b"\n") if line.strip()]
    if len(raws) + len(log.damage) != len(lines):
        return "damage that is not reported"
    tail = lines[-1] if content and lines and not content.endswith(b"\n") else b""
    if tail and tail not in raws and not log.damage[-1].torn:
        return "an unfinished line that is not reported as one"
    return ""


def explore(
    workshop: Workshop, shape: str, story: str, count: Tally, *, step: int, variant: str = "", read: Reader = parse_log
) -> str:
    """Read every state that a story may leave, and return the first thing that is wrong; "" if nothing is.

    A last line without its newline does not count among what was there: it is one that somebody is still writing.
    """
    before = workshop.shapes[shape] or b""
    start = parse_log(before[: before.rfind(b"\n") + 1])
    seen: set[tuple[bytes | None, frozenset[str]]] = set()
    for moment in tell(workshop, shape, story, variant):
        for content in moment.file.states(step):
            if (content, moment.acknowledged) in seen:
                continue
            seen.add((content, moment.acknowledged))
            count.runs += 1
            if wrong := judge(content, moment, start, read):
                count.lost += 1
                return f"{story}: {wrong}: {(content or b'')[-600:]!r}"
    return ""


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("shape", _CI_SHAPES)
def test_whatever_a_power_cut_leaves_is_read_as_it_is(
    shape: str, story: str, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R6", "states after a power cut")
    assert explore(workshop, shape, story, count, step=11) == ""
    count.check()


@pytest.mark.parametrize("story", STORIES)
def test_the_name_of_a_log_needs_nobody_elses_flush(story: str, workshop: Workshop, tally: Counting) -> None:
    count = tally("R6", "states after a power cut")
    assert explore(workshop, "missing", story, count, step=50, variant="leave_status_alone") == ""
    count.check()


@pytest.mark.soak
@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("shape", ["missing", "empty", "one line", "no final newline", "CRLF"])
def test_whatever_a_power_cut_leaves_of_any_log_is_read_as_it_is(
    shape: str, story: str, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R6", "states after a power cut, every byte")
    assert explore(workshop, shape, story, count, step=1) == ""
    count.check()


def test_an_append_after_a_power_cut_leaves_all_that_can_be_read(workshop: Workshop, tmp_path: Path) -> None:
    log, line = tmp_path / "log", parse_log(workshop.shapes["one line"] or b"").events[0].raw.replace(b"WP01", b"WP09")
    contents = {content for moment in tell(workshop, "no final newline", "one") for content in moment.file.states(61)}
    assert len(contents) > 20
    for content in contents:
        log.write_bytes(content or b"")
        append_events(os.fsencode(log), [line])
        before, after = parse_log(content or b""), parse_log(log.read_bytes())
        assert [event.raw for event in after.events] == [*(event.raw for event in before.events), line]
        assert [damage.raw for damage in after.damage] == [damage.raw for damage in before.damage]


# -- broken variants


@pytest.mark.parametrize(
    ("variant", "shape", "story"),
    [
        ("acknowledge_before_sync", "one line", "one"),
        ("skip_sync", "one line", "one"),
        ("skip_directory_sync", "missing", "one"),
        ("sync_the_directory_of_a_new_log_only", "missing", "killed before the flush, then another"),
        ("swallow_errors", "one line", "the flush fails, then another"),
        ("sync_again", "one line", "the flush fails, then another"),
        ("trust_what_is_there", "one line", "killed before the flush, then the same again"),
        ("sync_what_is_there", "one line", "the flush fails, then the same again"),
        ("rewrite_the_whole_file", "one line", "one"),
    ],
)
def test_power_cuts_find_a_writer_that(variant: str, shape: str, story: str, workshop: Workshop) -> None:
    wrong = explore(workshop, shape, story, Tally("R6", variant), step=50, variant=variant)
    assert "gone" in wrong


def read_zeros_as_nothing(content: bytes) -> EventLog:
    return parse_log(content.replace(b"\0", b""))


def skip_what_is_damaged(content: bytes) -> EventLog:
    log: EventLog = parse_log(content).replace(damage=())
    return log


def fill_in_what_is_missing(content: bytes) -> EventLog:
    whole = b"\n".join(line if line.endswith(b"}") else line + b'"}' for line in content.split(b"\n") if line)
    return parse_log(whole)


@pytest.mark.parametrize("read", [read_zeros_as_nothing, skip_what_is_damaged, fill_in_what_is_missing])
def test_power_cuts_find_a_reader_that(read: Reader, workshop: Workshop) -> None:
    assert explore(workshop, "one line", "one", Tally("R6", "a reader"), step=1, read=read) != ""
