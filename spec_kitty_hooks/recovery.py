"""What an interrupted command, a checkout or a merge left behind, and the one right way back for each.

Nothing is advanced by guessing: a stranded claim or review is released, a lost event is put back as it was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks.durable import append_file
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.mission import acknowledgements, journal, surfaces
from spec_kitty_hooks.mission.destination import RefusedError, choose_destination
from spec_kitty_hooks.mission.eventlog import missing_events, parse_log, union
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.stalls import Stall, find_stalls
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.recorder import Problem, Recorder
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.mission import LogCopy, Mission
    from spec_kitty_hooks.overview import MissionView

#: Where a work package goes back to, so that anybody can take it up again.
RELEASED = {lanes.CLAIMED: lanes.PLANNED, lanes.IN_REVIEW: lanes.FOR_REVIEW}
_SEARCHED_MERGES = 200  # the newest ones

ACKNOWLEDGED = "acknowledged in this clone"
WITHDRAWN = "committed, and no longer in the file"
MERGED_AWAY = "lost by a merge"


class Lost(Record):
    """An event that should be in the log: `why` says where it is known from."""

    event: Event
    why: str


class Torn(Record):
    """An unfinished last line in a log's file: nobody was told that it is there."""

    path: bytes
    line: int
    raw: bytes


class Findings(Record):
    """What can be recovered in one mission."""

    stalls: tuple[Stall, ...]
    lost: tuple[Lost, ...]
    torn: Torn | None


class Recovered(Record):
    """What was put back: `events` are the records, `kept` the file that a torn line was moved to ("" if none was)."""

    events: tuple[Event, ...]
    kept: bytes
    commit: str
    problems: tuple[Problem, ...]


def release(stall: Stall, actor: str, event_id: str) -> Request:
    """Return the transition that lets go of a stranded claim or review."""
    held = "claimed and never started" if stall.lane == lanes.CLAIMED else "in review without a verdict"
    return Request(
        work_package_id=stall.wp_id,
        to_lane=RELEASED[stall.lane],
        expect=stall.lane,
        actor=actor,
        reason=f"released by recover: {held} since {stall.since} by {stall.actor or 'nobody named'}",
        force=True,
        event_id=event_id,
    )


def find(git: Git, mission: Mission, now: float, minutes: int | None) -> Findings:
    """Return what can be recovered; `minutes` is the age of a stall, None for the policy's stale_claim_minutes."""
    with git.reopen() as fresh:
        return _find(fresh, mission, now, minutes)


def _find(git: Git, mission: Mission, now: float, minutes: int | None) -> Findings:
    overview, view = _look(git, mission)
    limit = overview.policy(view).stale_claim_minutes if minutes is None else minutes
    stalls = find_stalls(view.snapshot, now, limit) if view.snapshot is not None else ()
    lost = tuple(_find_lost(git, overview, view))
    return Findings(stalls=stalls, lost=lost, torn=_find_torn(view.copies, view.mission))


def _look(git: Git, mission: Mission) -> tuple[Overview, MissionView]:
    overview = Overview(git)
    known = (found for found in overview.list_missions() if found[0].directory == mission.directory)
    return overview, overview.view(*next(known, (mission, "")))


def _find_lost(git: Git, overview: Overview, view: MissionView) -> Iterator[Lost]:
    log = view.log if view.log is not None else EventLog()
    seen: set[str] = set()
    for why, events in (
        (ACKNOWLEDGED, missing_events(_read_acknowledged(git, overview, view.mission), log)),
        (WITHDRAWN, tuple(_find_withdrawn(git, view))),
        (MERGED_AWAY, tuple(_find_merged_away(git, view, log))),
    ):
        for event in events:
            if event.event_id not in seen:
                seen.add(event.event_id)
                yield Lost(event=event, why=why)


def _read_acknowledged(git: Git, overview: Overview, mission: Mission) -> EventLog:
    """Return what was acknowledged for a mission; one with the id of another (a copied directory) has its own slug."""
    kept = acknowledgements.read(git.layout.common_dir, mission)
    twins = [other for other, _plan in overview.list_missions() if other.mission_id == mission.mission_id]
    if len(twins) < 2:
        return kept
    mine = tuple(event for event in kept.events if event.record.get("mission_slug") == mission.directory)
    return EventLog(events=mine)


def _find_withdrawn(git: Git, view: MissionView) -> Iterator[Event]:
    for copy in view.copies:
        committed = f"{copy.commit}:{surfaces.log_path(view.mission.directory)}"
        for event in _read_log(git, committed).events if copy.withdrawn else ():
            if event.event_id in copy.withdrawn:
                yield event


def _find_merged_away(git: Git, view: MissionView, log: EventLog) -> Iterator[Event]:
    """Yield events that a parent of a merge had, that the merge dropped, and that no copy has today."""
    tip = view.copies[0].commit if view.copies else ""
    place, name = f"kitty-specs/{view.mission.directory}", surfaces.log_path(view.mission.directory)
    for merge, *parents in git.merges(tip, _SEARCHED_MERGES) if tip else ():
        made, *sides = git.read_many([f"{oid}:{place}" for oid in (merge, *parents)])
        differing = [
            oid for oid, side in zip(parents, sides, strict=True) if side and (not made or side.oid != made.oid)
        ]
        result = _read_log(git, f"{merge}:{name}") if differing else EventLog()
        for oid in differing:
            dropped = missing_events(_read_log(git, f"{oid}:{name}"), result)
            yield from missing_events(EventLog(events=dropped), log)


def _read_log(git: Git, spec: str) -> EventLog:
    blob = git.read(spec)
    return parse_log(blob.data) if blob is not None and blob.kind == "blob" else EventLog()


def _find_torn(copies: tuple[LogCopy, ...], mission: Mission) -> Torn | None:
    for copy in copies:
        damage = copy.log.damage if copy.kind == "worktree" and copy.log is not None else ()
        if len(damage) == 1 and damage[0].torn:
            path = os.path.join(os.fsencode(copy.where), surfaces.log_path(mission.directory).encode())
            return Torn(path=path, line=damage[0].line, raw=damage[0].raw)
    return None


def restore(git: Git, environ: Mapping[str, str], mission: Mission) -> Recovered:
    """Put lost events back into the log, and move a torn last line beside git's own files.

    Raises HooksError as `transitions.transition` does; what was found is decided anew under the log's lock.
    """
    try:
        with hold(journal.lock_path(git.layout.common_dir, mission.directory), journal.LOCK_SECONDS):
            with git.reopen() as fresh:
                kept = _set_aside(fresh, mission)
            with git.reopen() as fresh:
                return _put_back(fresh, environ, mission, kept)
    except LockTimeoutError as error:
        raise journal.LockedError(mission.directory, error.holder) from error
    except OSError as error:
        name = os.fsdecode(error.filename) if error.filename else "the event log"
        step = "run this again: it goes on where it stopped"
        raise RefusedError("WRITE_REFUSED", f"{name} cannot be written: {error.strerror}", ("df .", step)) from error


def _set_aside(git: Git, mission: Mission) -> bytes:
    """Move a torn last line into a file of its own, and return that file; b"" if no line is torn."""
    _overview, view = _look(git, mission)
    torn = _find_torn(view.copies, view.mission)
    if torn is None:
        return b""
    name = acknowledgements.journal_name(view.mission).removesuffix(b".journal") + b".torn"
    kept = os.path.join(git.layout.common_dir, acknowledgements.DIRECTORY, name)
    append_file(kept, torn.raw + b"\n")
    with journal.open_log(torn.path) as log:
        log.cut_tail(torn.raw)
    return kept


def _put_back(git: Git, environ: Mapping[str, str], mission: Mission, kept: bytes) -> Recovered:
    overview, view = _look(git, mission)
    events = tuple(lost.event for lost in _find_lost(git, overview, view))
    if not events:
        return Recovered(events=(), kept=kept, commit="", problems=())
    log = view.log if view.log is not None else EventLog()
    _united, conflicts = union([log, EventLog(events=events)])
    if conflicts:
        message = f"{conflicts[0].event_id} stands for two different events; only a person can choose"
        step = f"spec-kitty-hooks log {quote_shell(mission.directory)}"
        raise RefusedError("EVENT_ID_CONFLICT", message, (step,))
    copies = tuple(copy.replace(withdrawn=()) for copy in view.copies)  # what these lack is what comes back
    place = choose_destination(git, overview.branches, view.mission, view.log_branch, copies)
    recorder = Recorder(git, environ, view.mission, place)
    message = f"chore(spec-kitty): recover {len(events)} lost event{'s' if len(events) > 1 else ''}"
    recorder.append([event.raw for event in events], message)
    if missing_events(EventLog(events=events), recorder.log):
        raise journal.OutcomeUnknownError(
            "WRITE_OUTCOME_UNKNOWN", "the events are not in the log that was written", ("run this again",)
        )
    recorder.settle(message, commit=True)
    return Recovered(events=events, kept=kept, commit=recorder.commit, problems=tuple(recorder.problems))


def is_clean(found: Findings) -> bool:
    """Tell whether there is nothing to recover."""
    return not (found.stalls or found.lost or found.torn)
