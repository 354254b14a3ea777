"""`recover`: what an interrupted command, a checkout or a merge left behind, and the way back."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.actor import actor_option, choose_actor
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import choose_mission, directory_option, json_option, open_git
from spec_kitty_hooks.mission.moments import age_of, write_age
from spec_kitty_hooks.mission.selection import actor_of
from spec_kitty_hooks.mission.stalls import describe_stall
from spec_kitty_hooks.model.ids import ULID_ENTROPY_BYTES, new_ulid
from spec_kitty_hooks.recovery import RELEASED, Findings, find, release, restore
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.text import write_diagnostics, write_steps
from spec_kitty_hooks.report.writermodels import (
    AppliedModel,
    LostEventModel,
    RecoverModel,
    StrandedModel,
    TornLineModel,
    to_diagnostic,
)
from spec_kitty_hooks.text import escape, quote_shell
from spec_kitty_hooks.transitions import transition

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.stalls import Stall
    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.recorder import Problem


@click.command(short_help="Release stranded claims and reviews; put lost events back.")
@click.argument("work_package_id", metavar="[WP]", required=False)
@click.option("--apply", "wanted", is_flag=True, help="Do what is listed; without it nothing is changed.")
@click.option("--events", "events_only", is_flag=True, help="Lost events and a torn last line only.")
@click.option("--minutes", type=click.IntRange(min=0), help="Age of a stall.  [default: policy's stale_claim_minutes]")
@actor_option
@click.option("--mission", "handle", metavar="HANDLE", help="Its directory, id or slug.  [default: the branch's]")
@json_option
@directory_option
def recover(  # noqa: PLR0913, PLR0917 (click passes every option by itself)
    work_package_id: str | None,
    wanted: bool,
    events_only: bool,
    minutes: int | None,
    actor: str | None,
    handle: str | None,
    as_json: bool,
    directory: str | None,
) -> int:
    """List what got stuck in a mission, with its age, who holds it and the one command that frees it.

    A claim that never started goes back to planned, a review without a verdict back to for_review: with a reason, and
    nothing is ever moved forward. Events that a command acknowledged here, or that a merge dropped, and that the log
    has no more are put back as they were. A torn last line, which nobody was told of, is kept in a file beside git's.
    WP narrows the list to one work package.

    \b
    Exit codes: 0 listed, or done, 1 refused, 2 wrong usage, 3 git cannot do it here,
    4 an event may be in the log (run it again), 75 locked by somebody else.
    """  # noqa: D301 (click's mark)
    with open_git(directory) as git:
        mission = choose_mission(git, handle)
        found = _narrow(find(git, mission, time.time(), minutes), work_package_id, events_only=events_only)
        model = describe(found, mission, time.time())
        if wanted:
            who = choose_actor(git, os.environ, actor)
            done = _restore(git, mission) if found.lost or found.torn else []
            if done:  # what came back may have moved what looked stranded
                again = find(git, mission, time.time(), minutes)
                found = _narrow(again, work_package_id, events_only=events_only)
            done += [_release(git, mission, stall, who) for stall in found.stalls]
            model = model.model_copy(update={"applied": done})
    if as_json:
        print_model(model)
    else:
        sys.stdout.write(write(model))
    return errors.PASS


def _narrow(found: Findings, work_package_id: str | None, *, events_only: bool) -> Findings:
    stalls = () if events_only else found.stalls
    if work_package_id is None:
        return found.replace(stalls=stalls)  # type: ignore[no-any-return]
    mine = tuple(lost for lost in found.lost if lost.event.wp_id == work_package_id)
    own = tuple(stall for stall in stalls if stall.wp_id == work_package_id)
    return found.replace(stalls=own, lost=mine)  # type: ignore[no-any-return]


def _restore(git: Git, mission: Mission) -> list[AppliedModel]:
    back = restore(git, os.environ, mission)
    done = [_applied(event.event_id, event.wp_id, "put back", back.commit, ()) for event in back.events]
    if back.kept:
        done.insert(0, _applied("", "", f"torn line moved to {to_text(back.kept)}", "", ()))
    if done and back.problems:
        done[-1] = done[-1].model_copy(update={"diagnostics": [to_diagnostic(problem) for problem in back.problems]})
    return done


def _release(git: Git, mission: Mission, stall: Stall, actor: str) -> AppliedModel:
    now = datetime.now(UTC)
    request = release(stall, actor, new_ulid(now.timestamp(), os.urandom(ULID_ENTROPY_BYTES)))
    result = transition(git, os.environ, mission, request, now=now)
    moved = f"{stall.lane} -> {request.to_lane}"
    return _applied(result.event.event_id, stall.wp_id, moved, result.commit, result.problems)


def _applied(event_id: str, wp_id: str, what: str, commit: str, problems: tuple[Problem, ...]) -> AppliedModel:
    return AppliedModel(
        event_id=to_text(event_id),
        work_package_id=to_text(wp_id),
        action=what,
        commit=commit or None,
        diagnostics=[to_diagnostic(problem) for problem in problems],
    )


def describe(found: Findings, mission: Mission, now: float) -> RecoverModel:
    """Return the published form of what can be recovered; `now` is seconds since the epoch."""
    name = quote_shell(mission.directory)
    return RecoverModel(
        mission=mission.directory,
        stranded=[
            StrandedModel(
                diagnostic_code=stall.code,
                work_package_id=to_text(stall.wp_id),
                lane=stall.lane,
                to_lane=RELEASED[stall.lane],
                since=to_text(stall.since),
                age_seconds=stall.seconds,
                actor=to_text(stall.actor),
                message=to_text(describe_stall(stall)),
                remediation=[f"spec-kitty-hooks recover {quote_shell(stall.wp_id)} --mission {name} --apply"],
            )
            for stall in found.stalls
        ],
        lost_events=[
            LostEventModel(
                event_id=to_text(lost.event.event_id),
                work_package_id=to_text(lost.event.wp_id),
                from_lane=lost.event.from_lane,
                to_lane=lost.event.to_lane,
                at=to_text(lost.event.at),
                age_seconds=age_of(lost.event.at, now),
                actor=to_text(actor_of(lost.event)),
                why=lost.why,
                remediation=[f"spec-kitty-hooks recover --events --mission {name} --apply"],
            )
            for lost in found.lost
        ],
        torn=None
        if found.torn is None
        else TornLineModel(
            path=to_text(found.torn.path),
            line=found.torn.line,
            size=len(found.torn.raw),
            remediation=[f"spec-kitty-hooks recover --events --mission {name} --apply"],
        ),
        applied=[],
    )


def write(model: RecoverModel) -> str:
    """Return what can be recovered, and what was done, as text."""
    lines: list[str] = []
    for stranded in model.stranded:
        lines.append(f"{escape(stranded.message, limit=1000)}: {stranded.diagnostic_code}")
        lines += write_steps(stranded.remediation)
    for lost in model.lost_events:
        age = f", {write_age(lost.age_seconds)} ago" if lost.age_seconds is not None else ""
        move = f" {lost.from_lane} -> {lost.to_lane}" if lost.to_lane else ""
        who = f"{escape(lost.work_package_id)}{move} by {escape(lost.actor)}{age}"
        lines += [f"lost event {escape(lost.event_id)}: {who} ({lost.why})", *write_steps(lost.remediation)]
    if model.torn is not None:
        torn = model.torn
        lines.append(f"{escape(torn.path)} ends in an unfinished line: line {torn.line}, {torn.size} bytes")
        lines += write_steps(torn.remediation)
    if model.applied:
        lines = []
    for done in model.applied:
        commit = f", committed as {done.commit[:12]}" if done.commit else ""
        event = f" (event {escape(done.event_id)}{commit})" if done.event_id else ""
        lines.append(f"{f'{escape(done.work_package_id)} {escape(done.action)}'.strip()}{event}")
        lines += write_diagnostics(done.diagnostics)
    return "\n".join(lines or [f"{model.mission}: nothing to recover"]) + "\n"
