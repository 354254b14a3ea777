"""`status`: work packages by lane, as the log that counts has them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import choose_missions, directory_option, json_option, mission_option, open_git
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.model.transition import seconds_ahead
from spec_kitty_hooks.overview import MissionView, Overview
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import MissionStatusModel, StatusModel, WorkPackageStatusModel
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.model.events import WorkPackageState


@click.command()
@click.argument("handle", metavar="[MISSION]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every mission of this clone, finished ones too.")
@json_option
@directory_option
@mission_option
def status(handle: str | None, everything: bool, as_json: bool, directory: str | None) -> int:
    """Show the work packages of a mission by lane.

    MISSION is a directory name, a mission id or the start of one; without it, the mission of the current branch, else
    all missions that are not finished. Read from the event log wherever it counts, never from status.json.
    """
    with open_git(directory) as git:
        overview = Overview(git)
        chosen = overview.list_missions() if everything else choose_missions(git, overview, handle)
        views = [overview.view(*one) for one in chosen]
        if handle is None and not everything and len(views) > 1:
            views = [view for view in views if not _is_finished(view)]
        found = {view.mission.directory: describe(overview, view, time.time()) for view in views}
    if as_json:
        print_model(StatusModel(missions=found))
    else:
        text = "\n".join(write(name, one) for name, one in found.items())
        nothing = "no mission with open work packages; --all shows every mission\n"
        sys.stdout.write(text or (nothing if chosen else "no branch of this clone has a mission\n"))
    return 0


def _is_finished(view: MissionView) -> bool:
    states = view.snapshot.work_packages.values() if view.snapshot else ()
    return bool(states) and all(state.lane in (lanes.DONE, lanes.CANCELED) for state in states)


def describe(overview: Overview, view: MissionView, now: float) -> MissionStatusModel:
    """Return the published form of one mission's status; `now` is seconds since the epoch."""
    states = view.snapshot.work_packages if view.snapshot else {}
    owners = overview.packages(view)
    titles = {owner.work_package.wp_id: owner.work_package.title for owner in owners.owners(owners.ids())}
    execution = {wp_id: lane.lane_id for lane in view.mission.lanes for wp_id in lane.wp_ids}
    problems = [to_text(problem) for problem in view.mission.problems]
    if view.log is None:
        problems.append("no copy of the event log can be read")
    elif view.log.damage:
        problems += [f"event log line {damage.line}: {to_text(damage.reason)}" for damage in view.log.damage]
    return MissionStatusModel(
        event_count=view.snapshot.event_count if view.snapshot else 0,
        last_event_id=to_text(view.snapshot.last_event_id) or None if view.snapshot else None,
        work_packages={
            to_text(wp_id): _describe(states[wp_id], titles.get(wp_id, ""), execution.get(wp_id, ""), now)
            for wp_id in sorted(states)
        },
        source=to_text(view.source),
        problems=problems,
    )


def _describe(state: WorkPackageState, title: str, execution_lane: str, now: float) -> WorkPackageStatusModel:
    result = state.review_result if isinstance(state.review_result, dict) else {}
    verdict = result.get("verdict")
    review = state.review if isinstance(state.review, dict) else {}
    complete = all(isinstance(review.get(key), str) and review[key] for key in ("at", "actor", "wp_id", "reason"))
    return WorkPackageStatusModel(
        lane=state.lane,
        title=to_text(title),
        execution_lane=to_text(execution_lane),
        actor=to_text(state.actor),
        last_event_id=to_text(state.last_event_id),
        last_transition_at=to_text(state.last_transition_at),
        age_seconds=max(0, int(-seconds_ahead(state.last_transition_at, now))) if state.last_transition_at else None,
        force_count=state.force_count,
        review_verdict=to_text(verdict) if isinstance(verdict, str) else None,
        overridden=complete,
    )


def write(name: str, model: MissionStatusModel) -> str:
    """Return one mission as text: a line for each work package, in the order of the board."""
    order = {lane: index for index, lane in enumerate(lanes.BOARD)}
    lines = [f"Mission {name} ({model.event_count} transitions, from {escape(model.source)})"]
    rows = sorted(model.work_packages.items(), key=lambda item: (order.get(item[1].lane, len(order)), item[0]))
    for wp_id, package in rows:
        age = f"{write_age(package.age_seconds)} ago" if package.age_seconds is not None else ""
        review = "OVERRIDDEN" if package.overridden else escape(package.review_verdict or "", limit=40)
        forced = f"forced {package.force_count}x" if package.force_count else ""
        facts = ", ".join(part for part in (age, escape(package.actor, limit=40), review, forced) if part)
        title, lane = escape(package.title, limit=50), escape(package.execution_lane, limit=40)
        lines.append(f"  {package.lane:<12} {escape(wp_id, limit=40):<6} {lane:<10} {title}  {facts}")
    if not rows:
        lines.append("  no work package has a transition yet")
    lines += [f"  problem: {escape(problem)}" for problem in model.problems]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def write_age(seconds: int) -> str:
    """Return a span for a person: `45 s`, `12 min`, `5 h`, `3 d`."""
    for limit, unit, size in ((90, "s", 1), (5400, "min", 60), (129600, "h", 3600)):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86400} d"
