"""`context`: who is active here, and every step that led there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import directory_option, json_option, open_git, open_thorough
from spec_kitty_hooks.model.context import DETACHED_LANE, NOT_STARTED, TARGET, UNPROVEN, UNRECORDED_LANE
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import CandidateModel, ContextModel, StepModel
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.survey import Survey


@click.command()
@json_option
@directory_option
def context(as_json: bool, directory: str | None) -> int:
    """Print who is active here, and how that was found.

    Works in any clone and work tree, also in the middle of a rebase or merge; reads committed state only, plus the
    event log's working file where its branch is checked out.
    """
    with open_git(directory) as git:
        model = describe(open_thorough(git))
    if as_json:
        print_model(model)
    else:
        sys.stdout.write(write(model))
    return 0


def describe(found: Survey) -> ContextModel:
    """Return the published form of a survey."""
    situation, place, active = found.situation, found.placement, found.active
    return ContextModel(
        branch=to_text(situation.branch),
        detached=situation.detached,
        operation=situation.operation,
        amend=situation.amend,
        role=place.role,
        mission=place.mission.directory if place.mission else None,
        execution_lane=to_text(place.lane.lane_id) if place.lane else None,
        target_branch=to_text(place.mission.target_branch) if place.mission else None,
        log_branch=to_text(place.log_branch) if place.log_branch else None,
        plan=place.plan or None,
        plan_is_own_copy=place.own_copy,
        basis=active.basis if active else None,
        work_packages=dict(active.lanes) if active else {},
        candidates=describe_candidates(found),
        chosen=active.chosen or None if active else None,
        event_count=found.snapshot.event_count if found.snapshot else None,
        policy_problems=[f"line {problem.line}: {to_text(problem.message)}" for problem in found.policy.problems],
        steps=describe_steps(found),
    )


def describe_candidates(found: Survey) -> list[CandidateModel]:
    """Return the work packages a change is held against now."""
    return [
        CandidateModel(
            work_package_id=owner.work_package.wp_id,
            title=to_text(owner.work_package.title),
            owned_files=[to_text(pattern) for pattern in owner.work_package.owned_files],
            source=f"{found.placement.plan}:{to_text(owner.work_package.path)}" if owner.work_package.path else "",
            problem=to_text(owner.work_package.problem),
        )
        for owner in (found.active.candidates if found.active else ())
    ]


def describe_steps(found: Survey) -> list[StepModel]:
    """Return the steps of the survey."""
    return [StepModel(question=to_text(step.question), answer=to_text(step.answer)) for step in found.steps]


def write(model: ContextModel) -> str:
    """Return the answer first, then the steps, as text."""
    lines = [_headline(model)]
    for candidate in model.candidates:
        title = f" ({escape(candidate.title)})" if candidate.title else ""
        lines.append(f"  {candidate.work_package_id}{title} owns:")
        lines += [f"    {escape(pattern)}" for pattern in candidate.owned_files] or ["    nothing"]
        if candidate.problem:
            lines.append(f"    problem: {escape(candidate.problem)}")
    lines += [f"  policy: {escape(problem)}" for problem in model.policy_problems]
    lines.append("How this was found:")
    for step in model.steps:
        lines += [f"  {escape(step.question)}", f"    {escape(step.answer, limit=2000)}"]
    return "\n".join(lines) + "\n"


def _headline(model: ContextModel) -> str:
    branch = escape(model.branch) or "a detached HEAD"
    if model.basis is None:
        return f"{branch} {_describe_role(model)}."
    where = f"{branch} is {escape(model.execution_lane or '')} of mission {model.mission}"
    if model.basis == UNPROVEN:
        names = " and ".join(model.work_packages)
        return f"{where}; the event log cannot be reached, so a change is held against everything that {names} owns."
    states = ", ".join(f"{wp} {lane or 'not in the log'}" for wp, lane in model.work_packages.items())
    who = [] if model.basis == NOT_STARTED else [candidate.work_package_id for candidate in model.candidates]
    return f"{where}; active: {' and '.join(who) or 'nobody'} ({model.basis}: {states})."


def _describe_role(model: ContextModel) -> str:
    if model.role == DETACHED_LANE:
        lane = escape(model.execution_lane or "")
        return f"is checked out in the work tree of {lane} of mission {model.mission}, so nobody is active"
    if model.role == UNRECORDED_LANE:
        return "is named like a lane, but no mission here records it"
    if model.mission is not None:
        return f"is the {model.role} branch of mission {model.mission}; ownership is not judged here"
    if model.role == TARGET:
        return "is the target branch of several missions; ownership is not judged here"
    return "belongs to no mission lane; ownership is not judged here"
