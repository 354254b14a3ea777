"""One transition of a work package: decided, appended, flushed and read back under one lock, then committed.

What it reports as written is in the log, on the disk, and reduces to the lane that was asked for (design 1.1). Prints
nothing; runs no hook and no program but git.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.git.writing import RefMovedError
from spec_kitty_hooks.mission import acknowledgements, journal, proposal, surfaces
from spec_kitty_hooks.mission.destination import RefusedError, choose_destination
from spec_kitty_hooks.mission.eventlog import union
from spec_kitty_hooks.mission.journal import LOCK_SECONDS, LockedError, LogMovedError
from spec_kitty_hooks.mission.readiness import Readiness, find_lane
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.model.transition import seconds_ahead
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.recorder import Problem, Recorder
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.proposal import Request
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.mission import Mission

ACK = "ACK"
ALREADY = "ALREADY"
PERSISTENCE = "STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED"
_ATTEMPTS = 5  # at a log that somebody changes without our lock


class Result(Record):
    """A transition that is in the log: `outcome` is ACK, or ALREADY if an earlier call had written it.

    `path` is where the log was written (repository-relative if it is checked out nowhere); `commit` the commit on
    `branch` that has the event, "" if it is appended only; `seconds_ahead` by how much its time lies after now.
    """

    outcome: str
    event: Event
    mission: str
    path: bytes
    branch: str
    commit: str
    seconds_ahead: float
    problems: tuple[Problem, ...]


class NotVerifiedError(errors.HooksError):
    """The event was written, and is not readable as the lane that was asked for."""

    exit_code = errors.OUTCOME_UNKNOWN


def transition(
    git: Git, environ: Mapping[str, str], mission: Mission, request: Request, *, now: datetime, commit: bool = True
) -> Result:
    """Move a work package to another lane.

    Raises HooksError and leaves the log as it was: RefusedError (`TRANSITION_ILLEGAL`, `TRANSITION_GUARD_UNMET`,
    `LANE_MOVED`, `EVENT_ID_CONFLICT`, `EVENT_FROM_FUTURE`, `WORK_PACKAGE_UNKNOWN`, those of `choose_destination`, and
    `STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED` where the system refuses to write), LockedError. With exit code 4
    the event may be there: the same request settles it.
    """
    try:
        with hold(journal.lock_path(git.layout.common_dir, mission.directory), LOCK_SECONDS):
            for _attempt in range(_ATTEMPTS):
                try:
                    with git.reopen() as fresh:
                        return _Transition(fresh, environ, mission, request, now).run(commit=commit)
                except (RefMovedError, LogMovedError):
                    continue
    except LockTimeoutError as error:
        raise LockedError(mission.directory, error.holder) from error
    except OSError as error:
        raise _refuse_write(error) from error
    raise LockedError(mission.directory, "somebody who changes it all the time and does not wait for anybody")


def _refuse_write(error: OSError) -> RefusedError:
    name = os.fsdecode(error.filename) if error.filename else "the event log"
    steps = (f"ls -ld {quote_shell(name)}",) if error.filename else ()
    message = f"nothing was written: {name}: {error.strerror or error}"
    return RefusedError(PERSISTENCE, message, (*steps, "df .", "then run this again"))


class _Transition:
    """One attempt, under the lock, over the repository as it is now."""

    def __init__(self, git: Git, environ: Mapping[str, str], mission: Mission, request: Request, now: datetime) -> None:
        self._git = git
        self._environ = environ
        self._request = request
        self._now = now
        self._overview = Overview(git)
        found = (known for known in self._overview.list_missions() if known[0].directory == mission.directory)
        self._mission, plan = next(found, (mission, ""))
        self._view = self._overview.view(self._mission, plan)

    def run(self, *, commit: bool) -> Result:
        view, request = self._view, self._request
        place = choose_destination(self._git, self._overview.branches, self._mission, view.log_branch, view.copies)
        if not place.root and not commit:
            message = f"{place.branch} is checked out nowhere, so that an event can only be committed"
            steps = (f"git worktree add DIR {quote_shell(place.branch)}", "or leave out --no-commit")
            raise RefusedError("EVENT_LOG_OUT_OF_REACH", message, steps)
        log = view.log if view.log is not None else EventLog()
        if view.is_frozen and log.events:
            message = f"{place.branch} has no event log, while this commit carries an old copy of one"
            raise self._refuse("EVENT_LOG_OUT_OF_REACH", message, f"spec-kitty-hooks where {self._mission.directory}")
        recorder = Recorder(self._git, self._environ, self._mission, place)
        message = f"chore(spec-kitty): status transition {request.work_package_id}"
        known = next((event for event in log.events if event.event_id == request.event_id), None)
        if known is not None:
            self._check_repeated(known)
            recorder.confirm([known.raw])
        else:
            self._check_lost()
        event = known or self._propose(log)
        if known is None:
            recorder.append([event.raw], message)
            self._verify(self._read_back(recorder), event, NotVerifiedError)
        recorder.keep([event.raw])
        recorder.settle(message, commit=commit)
        return Result(
            outcome=ALREADY if known else ACK,
            event=event,
            mission=self._mission.directory,
            path=recorder.path,
            branch=place.branch,
            commit=recorder.commit,
            seconds_ahead=max(0.0, seconds_ahead(event.at, self._now.timestamp())),
            problems=tuple(recorder.problems),
        )

    def _check_repeated(self, known: Event) -> None:
        if not proposal.is_same(known, self._request, self._mission):
            what = f"{known.wp_id} {known.from_lane} -> {known.to_lane}".strip()
            message = f"{known.event_id} already stands for something else ({what}, line {known.line})"
            raise RefusedError("EVENT_ID_CONFLICT", message, ("run this again without --event-id",))

    def _check_lost(self) -> None:
        """Refuse an id that was acknowledged and is gone from the log: its event would get a second content."""
        lost = acknowledgements.find(self._git.layout.common_dir, self._mission, self._request.event_id)
        if lost is not None:
            message = f"{lost.event_id} was acknowledged in this clone and is missing from the log"
            step = f"spec-kitty-hooks recover --events --mission {quote_shell(self._mission.directory)}"
            raise RefusedError("EVENT_LOG_SURFACES_DISAGREE", message, (step, "then run this again"))

    def _propose(self, log: EventLog) -> Event:
        """Return the event to append. Raises RefusedError."""
        request, view = self._request, self._view
        snapshot, packages = reduce_log(log), self._overview.packages(view)
        state = snapshot.work_packages.get(request.work_package_id)
        if state is None and request.work_package_id not in packages.ids():
            raise self._refuse_unknown({*packages.ids(), *snapshot.work_packages})
        lane = state.lane if state is not None and state.last_event_id else lanes.GENESIS
        since = f" since {state.last_transition_at} by {state.actor}" if state is not None and state.actor else ""
        current = f"{request.work_package_id} is in {lane}{since}"
        if request.expect and request.expect != lane:
            raise self._refuse("LANE_MOVED", f"{current}, not in {request.expect}")
        if illegal := proposal.find_illegal(lane, request):
            raise self._refuse("TRANSITION_ILLEGAL", f"{current}: {illegal}")
        mode = "worktree" if find_lane(self._mission, request.work_package_id) else "direct_repo"
        event = proposal.compose(self._mission, request, lane, self._choose_time(log), mode)
        if unmet := proposal.find_unmet(event, request):
            raise self._refuse("TRANSITION_GUARD_UNMET", f"{current}: {unmet}", "spec-kitty-hooks transition --help")
        ready = Readiness(self._git, self._overview.branches, self._mission, packages, snapshot)
        for guard in proposal.guards_beyond_record(lane, request):
            missing, steps = ready.find_missing(guard, request.work_package_id)
            if missing:
                raise RefusedError("TRANSITION_GUARD_UNMET", f"{current}: {missing}", steps)
        self._verify(union([log, EventLog(events=(event,))])[0], event, RefusedError)
        return event

    def _choose_time(self, log: EventLog) -> str:
        at = proposal.choose_time(log, self._request.work_package_id, self._now)
        if at and seconds_ahead(at, self._now.timestamp()) <= limits.CLOCK_SKEW_BLOCK_SECONDS:
            return at
        message = f"the last event of {self._request.work_package_id} is dated over a day ahead of this clock"
        raise self._refuse("EVENT_FROM_FUTURE", message, "set the clock of this machine right, then run this again")

    def _read_back(self, recorder: Recorder) -> EventLog:
        """Return the log that counts as it is after the write: what was read back, and the other copies."""
        others = [copy.log for copy in self._view.copies if copy.kind != "worktree" and copy.log is not None]
        counting = [copy.log for copy in self._view.copies if copy.role == surfaces.AUTHORITATIVE]
        return union([recorder.log, *(log for log in others if log in counting)])[0]

    def _verify(self, log: EventLog, event: Event, error: type[errors.HooksError]) -> None:
        """Hold a log to what was asked for: it has the event, and the work package is in the event's lane."""
        state = reduce_log(log).work_packages.get(event.wp_id)
        kept = next((one for one in log.events if one.event_id == event.event_id), None)
        if kept is None or kept.raw != event.raw:
            problem = "the event is not in the log that counts"
        elif state is None or state.lane != event.to_lane:
            problem = f"{event.wp_id} reduces to {state.lane if state else 'nothing'}, not to {event.to_lane}"
        else:
            return
        step = f"spec-kitty-hooks log {quote_shell(self._mission.directory)} --wp {quote_shell(event.wp_id)}"
        raise error(PERSISTENCE, problem, (step,))

    def _refuse_unknown(self, known: set[str]) -> RefusedError:
        listed = ", ".join(sorted(known)[: limits.SHOWN_PATHS]) or "none"
        name, mission = self._request.work_package_id, self._mission.directory
        return self._refuse("WORK_PACKAGE_UNKNOWN", f"{mission} has no work package {name}; it has {listed}")

    def _refuse(self, code: str, message: str, *steps: str) -> RefusedError:
        status = f"spec-kitty-hooks status {quote_shell(self._mission.directory)}"
        return RefusedError(code, message, (*steps, status))
