"""R3: each call to the kernel that touches the log, its lock, the copy or their directories fails in every way.

Once, and from then on. Whatever is said then has to be true, and without the fault everything has to work again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.acts import CODES
from support.committing import Committing
from support.forks import Forks
from support.sealed import sealed_environment
from support.shapes import SHAPES, TORN
from support.strace import Call
from support.tally import Tally
from support.workshop import EVENT, LANE, Run, Workshop, count_event

Counting = Callable[[str, str], Tally]

pytestmark = pytest.mark.usefixtures("traced")

ERRORS = (
    *("ENOSPC", "EDQUOT", "EIO", "EACCES", "EPERM", "EROFS", "EMFILE", "ENFILE", "ENOMEM", "EINTR", "ENOLCK"),
    *("ELOOP", "ESTALE"),
)
#: A call that a signal interrupts is made again: no kernel interrupts one for ever.
_INTERRUPTIONS = 5
#: Shape, whether it is a retry, and of how many faults one is tried: coprime to 26.
_CI = (("missing", False, 7), ("missing", True, 17), ("no final newline", False, 9), ("no final newline", True, 17))


def faults(calls: list[Call], share: int) -> Iterator[tuple[Call, str, bool]]:
    """Yield call, error and whether it lasts: one of `share`, by turns, so that each call and error has its part."""
    yield from [(call, error, forever) for call in calls for forever in (False, True) for error in ERRORS][::share]


def inject(call: Call, error: str, forever: bool) -> str:
    """Return strace's words for a fault."""
    last = "" if not forever else f"..{call.count + _INTERRUPTIONS}" if error == "EINTR" else "+"
    return f"inject={call.name}:error={error}:when={call.count}{last}"


def find_fault(workshop: Workshop, run: Run, call: Call, error: str) -> str:
    """Return what is wrong with the outcome of a run in which a call failed; "" if nothing is."""
    flush = call.name == "fsync" and workshop.log.name in call.arguments and error != "EINTR"
    copies = count_event(run.after, EVENT)
    wrong = [
        (run.outcome not in CODES, "no outcome"),
        (run.broken, "a traceback, or another exit code"),
        (run.outcome in ("REFUSED", "LOCKED") and run.after != run.before, "refused, but the bytes changed"),
        (run.acknowledged and copies != 1, f"acknowledged, and there {copies} times"),
        (run.acknowledged and workshop.lane(run.after) != LANE, "acknowledged, and not in the lane"),
        (run.acknowledged and flush, "not flushed"),
        (copies > 1, "there twice"),
        (not workshop.has_all(run.before, run.after), "other lines were lost or damaged"),
    ]
    return "; ".join(text for is_wrong, text in wrong if is_wrong)


def fail_everywhere(
    workshop: Workshop, shape: str, retry: bool, count: Tally, *, share: int, variant: str = "", only: str = ""
) -> list[str]:
    """Let calls of a run fail (`only`: those of one name), and return what was wrong; without fault all must go on."""
    workshop.reset(shape, retry=retry)
    found = []
    calls = [call for call in workshop.trace(variant=variant) if only in ("", call.name)]
    for call, error, forever in faults(calls, share):
        workshop.reset(shape, retry=retry)
        run, _calls = workshop.run("-e", f"trace={call.name}", "-e", inject(call, error, forever), variant=variant)
        count.runs += 1
        count.tracebacks += run.broken
        count.lost += run.acknowledged and not count_event(run.after, EVENT)
        count.doubled += count_event(run.after, EVENT) > 1
        if wrong := find_fault(workshop, run, call, error):
            found.append(
                f"{call.name}#{call.count}-{error}{'+' * forever} {call.arguments[:200]}: {wrong}: {run.ended}"
            )
        workshop.prove(count, variant=variant)
    return found


@pytest.mark.parametrize(("shape", "retry", "share"), _CI)
def test_whatever_fails_the_outcome_is_true(
    shape: str, retry: bool, share: int, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R3", "a call fails")
    assert fail_everywhere(workshop, shape, retry, count, share=share) == []
    count.check()


@pytest.mark.soak
@pytest.mark.parametrize("retry", [False, True], ids=["first", "retry"])
@pytest.mark.parametrize("shape", sorted({*SHAPES} - {TORN}))
def test_whatever_fails_in_any_log_the_outcome_is_true(
    shape: str, retry: bool, workshop: Workshop, tally: Counting
) -> None:
    count = tally("R3", "a call fails, each in every way")
    assert fail_everywhere(workshop, shape, retry, count, share=1) == []
    count.check()


@pytest.mark.parametrize(
    ("variant", "only", "complaint"),
    [
        ("swallow_errors", "fsync", "not flushed"),
        ("sync_again", "fsync", "not flushed"),
        ("call_it_refused", "fsync", "refused, but the bytes changed"),
        ("let_close_fail", "close", "refused, but the bytes changed"),
    ],
)
def test_faults_find_a_writer_that(variant: str, only: str, complaint: str, workshop: Workshop) -> None:
    found = fail_everywhere(workshop, "missing", False, Tally("R3", variant), share=9, variant=variant, only=only)
    assert any(complaint in line for line in found)


@pytest.mark.parametrize("here", [True, False], ids=["checked out", "checked out nowhere"])
def test_where_no_git_can_be_started_any_more_the_outcome_is_true(
    here: bool, tmp_path: Path, forks: Forks, tally: Counting
) -> None:
    count = tally("R3", "no git can be started")
    committing = Committing(tmp_path, sealed_environment(tmp_path / ".sealed"), forks, here=here)
    steps = [call for call in committing.find_steps() if not call.name.startswith("wait")]
    assert len(steps) > 5
    for call in steps:
        committing.reset()
        run, _calls = committing.run("-e", f"trace={call.name}", "-e", inject(call, "EAGAIN", True))
        count.runs += 1
        count.tracebacks += run.broken
        copies = count_event(run.after, EVENT)
        assert run.outcome in ("ACK", "REFUSED", "UNKNOWN")
        assert copies == 1 if run.outcome == "ACK" else run.outcome == "UNKNOWN" or run.after == run.before
        again, _calls = committing.run()
        count.lost += not again.acknowledged or count_event(committing.read_committed(), EVENT) != 1
    count.check()
