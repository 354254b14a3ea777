"""Runs one input, and says which one it was that broke something or took too long."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from fuzz.targets import Target

SECONDS = 1.0  # of processor time for one input; ordinary ones take a thousandth of that


class FindingError(Exception):
    """An input that a target must not fail on."""


class SlowInputError(Exception):
    """An input took more than its share."""


@contextmanager
def stopwatch() -> Iterator[None]:
    """Let `fire` stop an input: by processor time, so that a busy machine does not matter."""

    def stop(_signal: int, _frame: object) -> None:
        raise SlowInputError("more processor time than one input may take")

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def fire(target: Target, data: bytes, seconds: float = SECONDS) -> None:
    """Run a target on one input. Raises FindingError, with the input in its message, for whatever comes out.

    Only inside `stopwatch` does it take care of `seconds` of processor time.
    """
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        target.run(data)
    except Exception as error:
        raise FindingError(f"{target.name}: {type(error).__name__}: {error}\ninput: {data!r}") from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
