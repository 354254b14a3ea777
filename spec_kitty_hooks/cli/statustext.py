"""One mission's status as plain text: a line for each work package, then what a person should know of it.

Every character that came from outside is escaped; nothing here knows whether a terminal is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.mission.moments import write_age
from spec_kitty_hooks.mission.stalls import describe_hold
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.report.text import write_steps
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.report.missionmodels import MissionStatusModel, WarningModel, WorkPackageStatusModel

_ORDER = {lane: index for index, lane in enumerate(lanes.BOARD)}
_NAME = 40  # characters of an actor or a lane's id
_TITLE = 50


def write_status(name: str, model: MissionStatusModel) -> str:
    """Return one mission as text, work packages in the order of the board."""
    lines = [write_headline(name, model), *(f"  {line}" for line in write_warnings(model.warnings))]
    for wp_id, package in order_packages(model):
        title, lane = escape(package.title, limit=_TITLE), escape(package.execution_lane, limit=_NAME)
        facts = ", ".join(write_facts(package))
        lines.append(f"  {package.lane:<12} {escape(wp_id, limit=_NAME):<6} {lane:<10} {title}  {facts}")
    lines += [f"  {line}" for line in write_remarks(model)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def write_headline(name: str, model: MissionStatusModel) -> str:
    """Return what the mission is, and which copy of its log was read."""
    return f"Mission {name} ({model.event_count} transitions, from {escape(model.source)})"


def order_packages(model: MissionStatusModel) -> list[tuple[str, WorkPackageStatusModel]]:
    """Return the work packages lane by lane."""
    return sorted(model.work_packages.items(), key=lambda item: (_ORDER.get(item[1].lane, len(_ORDER)), item[0]))


def write_facts(package: WorkPackageStatusModel) -> Iterator[str]:
    """Yield what there is to say of one work package beside its lane: who has it since when, what is odd about it."""
    if package.age_seconds is not None:
        yield f"{write_age(package.age_seconds)} ago"
    review = "OVERRIDDEN" if package.overridden else escape(package.review_verdict or "", limit=_NAME)
    yield from filter(None, (write_hold(package) or escape(package.actor, limit=_NAME), review))
    if package.force_count:
        yield f"forced {package.force_count}x"
    yield from write_marks(package)


def write_hold(package: WorkPackageStatusModel) -> str:
    """Return who claimed it since when and that it is not started, or the same of a review; "" elsewhere."""
    return escape(describe_hold(package.lane, package.last_transition_at, package.actor[:_NAME]), limit=4 * _NAME)


def write_marks(package: WorkPackageStatusModel) -> Iterator[str]:
    """Yield what must not be overlooked."""
    if package.stalled:
        yield "STALLED"
    if package.uncommitted:
        yield f"{package.uncommitted} appended, not committed"


def write_warnings(warnings: list[WarningModel]) -> Iterator[str]:
    """Yield why what is shown may not be the whole truth, and the next step."""
    for warning in warnings:
        yield f"warning: {escape(warning.message, limit=1000)}"
        yield from write_steps(warning.remediation)


def write_remarks(model: MissionStatusModel) -> Iterator[str]:
    """Yield what stalled and what to do about it, and what could not be read."""
    if not model.work_packages:
        yield "no work package has a transition yet"
    for package in model.work_packages.values():
        if package.stalled:
            yield f"stalled: {package.stalled.diagnostic_code}: {escape(package.stalled.message, limit=1000)}"
            yield from write_steps(package.stalled.remediation)
    yield from (f"problem: {escape(problem)}" for problem in model.problems)
