"""`status`: work packages by lane, as the log that counts has them."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from spec_kitty_hooks import catalog
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import choose_missions, directory_option, json_option, mission_option, open_git
from spec_kitty_hooks.cli.statustext import write_status
from spec_kitty_hooks.cli.terminal import open_console
from spec_kitty_hooks.mission.moments import age_of
from spec_kitty_hooks.mission.policy import severity_of
from spec_kitty_hooks.mission.stalls import describe_stall, find_stalls
from spec_kitty_hooks.mission.standing import Standing
from spec_kitty_hooks.model.findings import OFF
from spec_kitty_hooks.model.ids import is_work_package_id
from spec_kitty_hooks.overview import MissionView, Overview
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.missionmodels import (
    MissionStatusModel,
    StalledModel,
    StatusModel,
    WarningModel,
    WorkPackageStatusModel,
)
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.mission.stalls import Stall
    from spec_kitty_hooks.model.events import WorkPackageState

NO_MISSION = "no branch of this clone has a mission\n"
NO_OPEN_MISSION = "no mission with open work packages; name one, or see them all with `spec-kitty-hooks status --all`\n"


@click.command()
@click.argument("handle", metavar="[MISSION]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every mission of this clone, finished ones too.")
@json_option
@directory_option
@mission_option
def status(handle: str | None, everything: bool, as_json: bool, directory: str | None) -> int:
    """Show the work packages of a mission by lane.

    MISSION is a directory name, a mission id or the start of one; without it, the mission of the current branch, else
    all missions that are not finished. Read from the event log wherever it counts, never from status.json. What was
    claimed and never started, or is in review without a verdict, is marked once it is older than the policy's
    stale_claim_minutes.
    """
    with open_git(directory) as git:
        overview = Overview(git)
        views, chosen = choose_views(git, overview, handle, everything=everything)
        found = {view.mission.directory: describe(overview, view, time.time()) for view in views}
    if as_json:
        print_model(StatusModel(missions=found))
        return 0
    console = open_console() if found else None
    if console is None:
        text = "\n".join(write_status(name, one) for name, one in found.items())
        sys.stdout.write(text or (NO_OPEN_MISSION if chosen else NO_MISSION))
    else:
        from spec_kitty_hooks.cli.board import print_board

        for number, (name, one) in enumerate(found.items()):
            if number:
                console.print()
            print_board(console, name, one)
    return 0


def choose_views(
    git: Git, overview: Overview, handle: str | None, *, everything: bool = False
) -> tuple[list[MissionView], bool]:
    """Return the missions to show, and whether there are any at all: of several that nobody named the unfinished ones.

    Raises UsageError for a handle that names none or several.
    """
    chosen = overview.list_missions() if everything else choose_missions(git, overview, handle)
    views = [overview.view(*one) for one in chosen]
    if handle is None and not everything and len(views) > 1:
        return [view for view in views if not view.is_finished], True
    return views, bool(views)


def describe(overview: Overview, view: MissionView, now: float) -> MissionStatusModel:
    """Return the published form of one mission's status; `now` is seconds since the epoch."""
    states = view.snapshot.work_packages if view.snapshot else {}
    owners = overview.packages(view)
    titles = {owner.work_package.wp_id: owner.work_package.title for owner in owners.owners(owners.ids())}
    execution = {wp_id: lane.lane_id for lane in view.mission.lanes for wp_id in lane.wp_ids}
    stalled = _find_stalled(view, overview.policy(view), now)
    loose = Standing(overview.own_copies(view)).uncommitted(view.log) if view.log is not None else ()
    count = Counter(event.wp_id for event in loose)
    return MissionStatusModel(
        event_count=view.snapshot.event_count if view.snapshot else 0,
        last_event_id=to_text(view.snapshot.last_event_id) or None if view.snapshot else None,
        work_packages={
            to_text(wp_id): WorkPackageStatusModel(
                title=to_text(titles.get(wp_id, "")),
                execution_lane=to_text(execution.get(wp_id, "")),
                stalled=stalled.get(wp_id),
                uncommitted=count[wp_id],
                **_describe(states[wp_id], now),
            )
            for wp_id in sorted(states)
        },
        log_branch=to_text(view.log_branch),
        source=to_text(view.source),
        frozen=view.is_frozen,
        uncommitted=len(loose),
        warnings=describe_warnings(overview, view, len(loose)),
        problems=_describe_problems(view),
    )


def describe_warnings(overview: Overview, view: MissionView, loose: int) -> list[WarningModel]:
    """Return why what is shown is not, or may not be, the whole truth; `loose` events are in no commit."""
    return [
        WarningModel(message=to_text(caveat.message), remediation=[to_text(step) for step in caveat.steps])
        for caveat in overview.caveats(view, loose)
    ]


def _describe_problems(view: MissionView) -> list[str]:
    problems = [to_text(problem) for problem in view.mission.problems]
    if view.log is None:
        problems.append("no copy of the event log can be read")
    elif view.log.damage:
        problems += [f"event log line {damage.line}: {to_text(damage.reason)}" for damage in view.log.damage]
    return problems


def _find_stalled(view: MissionView, policy: Policy, now: float) -> dict[str, StalledModel]:
    """Return what stalled by work package id, but for codes that policy switches off."""
    found = {}
    for stall in find_stalls(view.snapshot, now, policy.stale_claim_minutes) if view.snapshot else ():
        diagnostic = catalog.DIAGNOSTICS[stall.code]
        severity = severity_of(policy, stall.code, diagnostic.severity, diagnostic.family)
        if severity != OFF:
            found[stall.wp_id] = _describe_stalled(stall, severity, view.mission.directory)
    return found


def _describe_stalled(stall: Stall, severity: str, mission: str) -> StalledModel:
    facts = {"wp": stall.wp_id, "mission": quote_shell(mission)} if is_work_package_id(stall.wp_id) else {}
    return StalledModel(
        diagnostic_code=stall.code,  # type: ignore[arg-type]  # validated by the model
        severity=severity,  # type: ignore[arg-type]
        message=to_text(describe_stall(stall)),
        since=to_text(stall.since),
        age_seconds=stall.seconds,
        actor=to_text(stall.actor),
        remediation=[to_text(step) for step in catalog.remedies(stall.code, facts)],
    )


def _describe(state: WorkPackageState, now: float) -> dict[str, Any]:
    """Return what the reduced log says of one work package, by the names of the model."""
    result = state.review_result if isinstance(state.review_result, dict) else {}
    verdict = result.get("verdict")
    review = state.review if isinstance(state.review, dict) else {}
    return {
        "lane": state.lane,
        "actor": to_text(state.actor),
        "last_event_id": to_text(state.last_event_id),
        "last_transition_at": to_text(state.last_transition_at),
        "age_seconds": age_of(state.last_transition_at, now),
        "force_count": state.force_count,
        "review_verdict": to_text(verdict) if isinstance(verdict, str) else None,
        "overridden": all(
            isinstance(review.get(key), str) and review[key] for key in ("at", "actor", "wp_id", "reason")
        ),
    }
