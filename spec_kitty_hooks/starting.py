"""Starts a work package: claims it, makes the branch and the work tree of its lane, and moves it to in_progress.

Every step can be the last one before a kill; the same call goes on from there. Of several who start one work package
exactly one gets it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from spec_kitty_hooks import errors
from spec_kitty_hooks.filelock import LockTimeoutError, hold
from spec_kitty_hooks.holding import take_over
from spec_kitty_hooks.liveness import Process, is_running
from spec_kitty_hooks.mission.claims import Claim, is_settled, read_claim
from spec_kitty_hooks.mission.destination import RefusedError
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.ids import ULID_ENTROPY_BYTES, new_ulid
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.text import escape, quote_shell
from spec_kitty_hooks.transitions import transition
from spec_kitty_hooks.workplaces import Workplaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.events import Event
    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.overview import MissionView
    from spec_kitty_hooks.recorder import Problem
    from spec_kitty_hooks.transitions import Result
    from spec_kitty_hooks.workplaces import Workplace

STARTED = "STARTED"
RESUMED = "RESUMED"
ALREADY = "ALREADY"
_OUTCOMES = {lanes.PLANNED: STARTED, lanes.CLAIMED: RESUMED, lanes.IN_PROGRESS: ALREADY}
_LOCK_SECONDS = 10.0


class Order(Record):
    """Who starts what. `process` is the shell that asks; `force` starts in spite of unfinished dependencies."""

    work_package_id: str
    actor: str
    process: Process
    force: bool = False
    reason: str = ""


class Started(Record):
    """A work package that is in progress. `outcome`: STARTED, RESUMED (it was claimed before), ALREADY (in progress).

    `results` are the transitions that this call made, `event` the one by which it is in progress, `problems` what else
    went wrong once that was durable.
    """

    outcome: str
    mission: str
    workplace: Workplace
    event: Event
    results: tuple[Result, ...]
    problems: tuple[Problem, ...]


class StartLockedError(errors.HooksError):
    """The same work package is being started by somebody else right now (`START_LOCKED`)."""

    exit_code = errors.RETRY


def start(
    git: Git, environ: Mapping[str, str], mission: Mission, order: Order, *, clock: Callable[[], datetime]
) -> Started:
    """Start a work package, or go on where an earlier call of the same holder ended.

    The same holder is the same actor in the same shell, or in any if the recorded one has ended. Raises RefusedError
    (`LANE_MOVED` if somebody else holds it or it is past its start, `DEPENDENCIES_NOT_SATISFIED`, those of
    `transition`), StartLockedError, and what `Workplaces` raises.
    """
    name = f"start-{mission.directory}-{order.work_package_id}.lock"
    lock = os.path.join(git.layout.common_dir, b"spec-kitty-hooks", os.fsencode(name))
    starter = _Starter(git, environ, mission, order, clock)
    try:
        with hold(lock, _LOCK_SECONDS):
            return starter.run()
    except LockTimeoutError as error:
        starter.look()  # somebody may hold it by now
        message = f"{order.work_package_id} is being started by {error.holder or 'a process that cannot be named'}"
        raise StartLockedError("START_LOCKED", message, ("wait for it to end, then run this again",)) from error


class _Starter:
    def __init__(
        self, git: Git, environ: Mapping[str, str], mission: Mission, order: Order, clock: Callable[[], datetime]
    ) -> None:
        self._git = git
        self._environ = environ
        self._mission = mission
        self._order = order
        self._clock = clock
        self._results: list[Result] = []
        self._problems: tuple[Problem, ...] = ()

    def run(self) -> Started:
        """Go through the steps that are left. To be called under the work package's own lock."""
        wp_id = self._order.work_package_id
        claim, forced = self.look()
        with self._git.reopen() as git:
            Workplaces(git, self._mission).check(wp_id, fresh=claim.lane == lanes.PLANNED)
        if claim.lane == lanes.PLANNED:
            self._move(lanes.CLAIMED, expect=lanes.PLANNED, forced=forced)
        with self._git.reopen() as git:
            workplace = Workplaces(git, self._mission).make(wp_id, fresh=claim.lane != lanes.IN_PROGRESS)
        event = self._go_on(claim) if claim.lane == lanes.IN_PROGRESS else self._move(lanes.IN_PROGRESS, lanes.CLAIMED)
        return Started(
            outcome=_OUTCOMES[claim.lane],
            mission=self._mission.directory,
            workplace=workplace,
            event=event,
            results=tuple(self._results),
            problems=self._problems,
        )

    # -- may it be started

    def look(self) -> tuple[Claim, bool]:
        """Return who holds the work package, and whether starting it takes force.

        Raises RefusedError if it is not to be had.
        """
        with self._git.reopen() as git:
            overview = Overview(git)
            known = (found for found in overview.list_missions() if found[0].directory == self._mission.directory)
            self._mission, plan = next(known, (self._mission, ""))
            view = overview.view(self._mission, plan)
            claim = read_claim(view.log if view.log is not None else EventLog(), self._order.work_package_id)
            if claim.lane not in _OUTCOMES:
                raise self._refuse(f"{claim.describe()} and cannot be started", *self._advise(claim.lane))
            if claim.lane == lanes.PLANNED:
                return claim, self._check_dependencies(overview, view)
        self._require_holder(claim)
        return claim, False

    def _require_holder(self, claim: Claim) -> None:
        recover = f"spec-kitty-hooks recover {claim.wp_id} --mission {quote_shell(self._mission.directory)}"
        steps = (recover,) if claim.lane == lanes.CLAIMED else ()
        if claim.actor != self._order.actor:
            raise self._refuse(claim.describe(), *steps)
        if not self._is_ours(claim) and claim.process is not None and is_running(claim.process):
            raise self._refuse(f"{claim.describe()} in process {claim.process.pid}, which still runs", *steps)

    def _is_ours(self, claim: Claim) -> bool:
        """Tell whether the recorded process is the shell that asks; its number decides where no start is known."""
        ours, recorded = self._order.process, claim.process
        if recorded is None or recorded.pid != ours.pid:
            return False
        return not (recorded.created_at and ours.created_at) or recorded.created_at == ours.created_at

    def _check_dependencies(self, overview: Overview, view: MissionView) -> bool:
        """Tell whether force is needed, and given, to start in spite of what is not finished."""
        states = view.snapshot.work_packages if view.snapshot is not None else {}
        package = overview.packages(view).owners((self._order.work_package_id,))[0].work_package
        waiting = [name for name in package.dependencies if not is_settled(states.get(name))]
        if not waiting or self._order.force:
            return bool(waiting)
        listed = ", ".join(f"{name} ({states[name].lane if name in states else 'unknown'})" for name in waiting)
        message = f"{self._order.work_package_id} builds on what is neither approved nor done: {listed}"
        step = "wait for them, or start all the same with --force --reason TEXT"
        raise RefusedError("DEPENDENCIES_NOT_SATISFIED", message, (step, self._status()))

    # -- steps

    def _move(self, lane: str, expect: str, *, forced: bool = False) -> Event:
        now = self._clock()
        event_id = new_ulid(now.timestamp(), os.urandom(ULID_ENTROPY_BYTES))
        request = self._request(lane, event_id, expect=expect, forced=forced)
        self._results.append(transition(self._git, self._environ, self._mission, request, now=now))
        return self._results[-1].event

    def _go_on(self, claim: Claim) -> Event:
        """Commit what an earlier call appended, and write down in which shell the holder goes on."""
        event = claim.event
        assert event is not None  # noqa: S101 (it led to in_progress)
        request = self._request(lanes.IN_PROGRESS, event.event_id)
        try:
            self._results.append(transition(self._git, self._environ, self._mission, request, now=self._clock()))
        except RefusedError as error:
            if error.code != "EVENT_ID_CONFLICT":  # else it is the client's, and the client's to commit
                raise
        if not self._is_ours(claim):
            now, process = self._clock(), self._order.process
            self._problems = take_over(self._git, self._environ, self._mission, claim, process, now)
        return event

    def _request(self, lane: str, event_id: str, *, expect: str = "", forced: bool = False) -> Request:
        process = self._order.process
        sidecar: dict[str, Any] = {"agent": self._order.actor, "shell_pid": process.pid}
        if process.created_at:
            sidecar["shell_pid_created_at"] = process.created_at
        return Request(
            work_package_id=self._order.work_package_id,
            to_lane=lane,
            actor=self._order.actor,
            event_id=event_id,
            expect=expect,
            reason=self._order.reason if forced else "",
            force=forced,
            policy_metadata=sidecar,
        )

    # -- words

    def _advise(self, lane: str) -> tuple[str, ...]:
        mission = quote_shell(self._mission.directory)
        if lane == lanes.GENESIS:
            return (f"spec-kitty-hooks mission finalize {mission}",)
        if (lane, lanes.IN_PROGRESS) in lanes.EDGES:
            step = f"spec-kitty-hooks transition {self._order.work_package_id} --to in_progress --mission {mission}"
            return (step,)
        return ()

    def _status(self) -> str:
        return f"spec-kitty-hooks status {quote_shell(self._mission.directory)}"

    def _refuse(self, message: str, *steps: str) -> RefusedError:
        return RefusedError("LANE_MOVED", escape(message, limit=1000), (*steps, self._status()))
