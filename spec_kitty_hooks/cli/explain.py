"""`explain`: which pattern of which work package decides about a path."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.context import describe_steps
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import (
    directory_option,
    json_option,
    localize,
    locate,
    open_git,
    open_judgement,
    open_thorough,
)
from spec_kitty_hooks.mission.policy import describe_switch
from spec_kitty_hooks.model.context import LANE, OTHER
from spec_kitty_hooks.pathglob import match_upstream, specificity
from spec_kitty_hooks.report.data import to_finding, to_text
from spec_kitty_hooks.report.models import ConsideredModel, ExplainModel
from spec_kitty_hooks.report.text import write_steps
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Report
    from spec_kitty_hooks.survey import Survey


@click.command(short_help="Say which work package's pattern decides about a path.")
@click.argument("path", type=click.Path())
@json_option
@directory_option
def explain(path: str, as_json: bool, directory: str | None) -> int:
    """Say which pattern of which work package decides about PATH, and what a commit that changes it would get.

    Exit code 0: it may change. 1: it may not. 3: cannot judge, and policy says that this blocks.
    """
    with open_git(directory) as git:
        judgement = open_judgement(git)
        name = locate(git, directory, [path])[0]
        report, found = localize(judgement.judge_paths([name]), git), judgement.survey
        # The hook need not know whose target branch this is; somebody who asks why does.
        way = open_thorough(git) if found.placement.role == OTHER else found
        model = describe(name, report, found, way)
    if as_json:
        print_model(model)
    else:
        sys.stdout.write(write(model, name, report, explain_switch(found)))
    return model.exit_code


def explain_switch(found: Survey) -> str:
    """Say what keeps ownership from being judged on this lane, "" if it is judged or nothing is to be."""
    return describe_switch(found.policy) if found.placement.role == LANE else ""


def describe(path: bytes, report: Report, found: Survey, way: Survey) -> ExplainModel:
    """Hold every work package of the mission against the path; `way` is the survey whose steps are told."""
    considered = _consider(path, found)
    decided, pattern = _decide(considered, upstream=found.policy.glob == "spec-kitty")
    return ExplainModel(
        path=to_text(path),
        allowed=not any(finding.severity == "block" for finding in report.findings),
        verdict=report.verdict,  # type: ignore[arg-type]  # validated by the model
        exit_code=report.exit_code,
        work_package_id=decided.work_package_id if decided else None,
        pattern=pattern,
        source=found.placement.plan_name or None,
        considered=considered,
        findings=[to_finding(finding) for finding in report.findings],
        steps=describe_steps(way),
    )


def _decide(considered: list[ConsideredModel], *, upstream: bool) -> tuple[ConsideredModel | None, str | None]:
    """Return the work package that decides and its pattern: an active one before others, then the most specific.

    With `upstream`, policy lets Spec Kitty's looser rule decide where the strict one finds nothing.
    """
    matching = [(item, item.pattern or (item.upstream_pattern if upstream else None)) for item in considered]
    owning = [(item, pattern) for item, pattern in matching if pattern]
    return max(owning, key=lambda one: (one[0].active, specificity(one[1])), default=(None, None))


def _consider(path: bytes, found: Survey) -> list[ConsideredModel]:
    mission = found.placement.mission
    if mission is None or found.packages is None:
        return []
    lanes = {wp_id: lane.lane_id for lane in mission.lanes for wp_id in lane.wp_ids}
    active = {owner.work_package.wp_id for owner in found.active.candidates} if found.active else set()
    states = found.snapshot.work_packages if found.snapshot else {}
    result = []
    for owner in found.packages.owners(found.packages.ids()):
        wp_id = owner.work_package.wp_id
        looser = next((p for p in owner.patterns.patterns if match_upstream(p, path)), None)
        pattern = owner.patterns.match(path)
        result.append(
            ConsideredModel(
                work_package_id=wp_id,
                execution_lane=to_text(lanes.get(wp_id, "")),
                lane=states[wp_id].lane if wp_id in states else "",
                active=wp_id in active,
                pattern=to_text(pattern) if pattern is not None else None,
                upstream_pattern=to_text(looser) if looser is not None else None,
            )
        )
    return result


def write(model: ExplainModel, path: bytes, report: Report, switch: str) -> str:
    """Return the answer first, then what was considered, then the steps; `path` and `report` as they are, unescaped."""
    answer = {"pass": "may change", "not_applicable": "is not judged here", "cannot_judge": "cannot be judged"}
    owner = f": {model.work_package_id} owns it by {escape(model.pattern)}" if model.pattern and model.allowed else ""
    reason = f": {switch}" if switch and model.verdict == "pass" else owner
    lines = [f"{escape(path)} {answer.get(model.verdict, 'may not change')}{reason}."]
    for finding in report.findings:
        lines.append(f"  {finding.diagnostic_code} ({finding.severity}): {escape(finding.message, limit=1000)}")
        steps = (step for step in finding.remediation if not step.startswith("spec-kitty-hooks explain "))
        lines += write_steps(steps, "    ")
    if model.considered:
        lines.append(f"Work packages at {escape(model.source or 'this commit')}:")
    for item in model.considered:
        decides = f"matches {escape(item.pattern)}" if item.pattern is not None else "does not own it"
        if item.pattern is None and item.upstream_pattern is not None:
            decides += f" (Spec Kitty's looser rule: {escape(item.upstream_pattern)})"
        state = f"{escape(item.execution_lane) or 'no lane'}, {item.lane or 'not in the log'}"
        lines.append(f"  {'*' if item.active else ' '} {item.work_package_id} ({state}): {decides}")
    lines.append("How the active work package was found:")
    for step in model.steps:
        lines += [f"  {escape(step.question)}", f"    {escape(step.answer, limit=2000)}"]
    return "\n".join(lines) + "\n"
