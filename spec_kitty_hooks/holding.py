"""Writes down that the holder of a work package goes on in another shell, where the recorded one has ended.

An annotation, as Spec Kitty's client appends it on a resume (formats 2.3); the lane and its actor stay as they are.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.mission import journal
from spec_kitty_hooks.mission.claims import read_claim
from spec_kitty_hooks.mission.destination import RefusedError, choose_destination
from spec_kitty_hooks.mission.proposal import choose_time
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.ids import ULID_ENTROPY_BYTES, new_ulid
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.recorder import Recorder
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.liveness import Process
    from spec_kitty_hooks.mission.claims import Claim
    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.recorder import Problem


class Delta(BaseModel):
    """The process that a work package is worked on in."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    shell_pid: int
    shell_pid_created_at: str | None = None


class AnnotationLine(BaseModel):
    """One annotation as it is written: the keys and spelling of the released client (formats 2.3)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    actor: str
    at: str
    delta: Delta
    event_id: str
    kind: Literal["annotation"] = "annotation"
    wp_id: str

    def render(self) -> bytes:
        """Return the line without its newline."""
        return json.dumps(self.model_dump(exclude_none=True), sort_keys=True).encode()


def take_over(
    git: Git, environ: Mapping[str, str], mission: Mission, claim: Claim, process: Process, now: datetime
) -> tuple[Problem, ...]:
    """Record that `claim` is held in `process` from now on, and commit that; return what went wrong afterwards.

    Raises RefusedError (`LANE_MOVED` if the claim is not what it was, those of `choose_destination`), LockedError, and
    OutcomeUnknownError.
    """
    try:
        lock = journal.lock_path(git.layout.common_dir, mission.directory)
        with hold(lock, journal.LOCK_SECONDS), git.reopen() as fresh:
            return _record(fresh, environ, mission, claim, process, now)
    except LockTimeoutError as error:
        raise journal.LockedError(mission.directory, error.holder) from error


def _record(
    git: Git, environ: Mapping[str, str], mission: Mission, claim: Claim, process: Process, now: datetime
) -> tuple[Problem, ...]:
    overview = Overview(git)
    known = (found for found in overview.list_missions() if found[0].directory == mission.directory)
    view = overview.view(*next(known, (mission, "")))
    log = view.log if view.log is not None else EventLog()
    current = read_claim(log, claim.wp_id)
    at = choose_time(log, claim.wp_id, now)
    if not at or current.process != claim.process or current.lane != claim.lane or current.actor != claim.actor:
        step = f"spec-kitty-hooks status {quote_shell(mission.directory)}"
        raise RefusedError("LANE_MOVED", f"somebody else took {claim.wp_id} up meanwhile", (step,))
    place = choose_destination(git, overview.branches, view.mission, view.log_branch, view.copies)
    line = AnnotationLine(
        actor=claim.actor,
        at=at,
        delta=Delta(shell_pid=process.pid, shell_pid_created_at=process.created_at or None),
        event_id=new_ulid(now.timestamp(), os.urandom(ULID_ENTROPY_BYTES)),
        wp_id=claim.wp_id,
    ).render()
    recorder = Recorder(git, environ, view.mission, place)
    message = f"chore(spec-kitty): resume {claim.wp_id}"
    recorder.append([line], message)
    recorder.keep([line])
    recorder.settle(message, commit=True)
    return tuple(recorder.problems)
