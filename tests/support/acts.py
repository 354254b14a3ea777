"""What children of `support.forks` do to an event log: one transition, or one append, told in one line each.

A line begins with the outcome (ACK, ALREADY, REFUSED, LOCKED or UNKNOWN); further lines say what went wrong besides.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from spec_kitty_hooks import errors, transitions
from spec_kitty_hooks.filelock import hold
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission import journal
from spec_kitty_hooks.mission.journal import OutcomeUnknownError, append_events
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.overview import Overview
from support.variants import VARIANTS

Say = Callable[[str], object]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CODES = {
    "ACK": errors.PASS,
    "ALREADY": errors.PASS,
    "REFUSED": errors.BLOCKED,
    "LOCKED": errors.RETRY,
    "UNKNOWN": errors.OUTCOME_UNKNOWN,
}
_OUTCOMES = {code: name for name, code in CODES.items() if code} | {errors.CANNOT_JUDGE: "REFUSED"}


def prepare(act: str, words: dict[str, Any], say: Say) -> Callable[[], int]:
    """Return an act that is ready to begin. `variant` names a broken writer, `limit` the bytes that a file may have."""
    variant, limit = words.pop("variant", ""), words.pop("limit", None)
    begin = _ACTS[act](say, **words)
    if variant:
        VARIANTS[variant](say)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    return begin


def _transition(
    say: Say, *, repo: str, wp: str, to: str, event_id: str, commit: bool, patience: float = 0.05
) -> Callable[[], int]:
    os.chdir(repo)
    transitions.LOCK_SECONDS = journal.LOCK_SECONDS = patience  # type: ignore[attr-defined]
    git = Git.open(None, os.environ, hook=False)
    mission = next(mission for mission, _plan in Overview(git).list_missions())
    request = Request(work_package_id=wp, to_lane=to, actor="agent", event_id=event_id, reason="a test", force=True)

    def begin() -> int:
        try:
            with git:
                result = transitions.transition(git, os.environ, mission, request, now=NOW, commit=commit)
        except errors.HooksError as error:
            say(f"{_OUTCOMES[error.exit_code]} {error.code}: {error.message}")
            return error.exit_code
        say(f"{result.outcome} {result.event.event_id}")
        for problem in result.problems:
            say(f"problem {problem.code}: {problem.message}")
        return errors.PASS

    return begin


def _append(say: Say, *, log: str, lines: Sequence[str], lock: str) -> Callable[[], int]:
    def begin() -> int:
        try:
            with hold(os.fsencode(lock), 0.05):
                append_events(os.fsencode(log), [line.encode() for line in lines])
        except OutcomeUnknownError as error:
            say(f"UNKNOWN {error.message}")
            return errors.OUTCOME_UNKNOWN
        except OSError as error:
            say(f"REFUSED {error}")
            return errors.BLOCKED
        say("ACK")
        return errors.PASS

    return begin


_ACTS: dict[str, Callable[..., Callable[[], int]]] = {"transition": _transition, "append": _append}
