"""What `preflight --json` prints, as a strict model (design 6, contract)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from spec_kitty_hooks.report.data import to_report, to_text
from spec_kitty_hooks.report.focusmodels import DivergenceModel, to_divergence
from spec_kitty_hooks.report.models import ReportModel

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Report
    from spec_kitty_hooks.model.mission import Mission
    from spec_kitty_hooks.model.preflight import Preflight


class PreflightModel(ReportModel):
    """What keeps a mission from being merged or shipped.

    `work_packages` has the status lane of each, "" for one that the log does not know; `divergence` is None where there
    is no local target branch.
    """

    purpose: Literal["merge", "ship"]
    mission: str
    target_branch: str
    work_packages: dict[str, str]
    divergence: DivergenceModel | None


def to_preflight(report: Report, mission: Mission, facts: Preflight) -> PreflightModel:
    """Return the published form of one preflight."""
    found = to_report(report)
    return PreflightModel(
        **{name: getattr(found, name) for name in ReportModel.model_fields},
        purpose=facts.purpose,  # type: ignore[arg-type]  # validated by the model
        mission=mission.directory,
        target_branch=to_text(mission.target_branch),
        work_packages={to_text(one.wp_id): to_text(one.lane) for one in facts.standings},
        divergence=to_divergence(facts.divergence) if facts.divergence is not None else None,
    )
