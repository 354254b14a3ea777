"""`schema`: the JSON schemas of everything that is printed or accepted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.session import json_option
from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.model import lanes

if TYPE_CHECKING:
    from pydantic import BaseModel

LANE_MACHINE = "lane-machine"


def list_models() -> dict[str, type[BaseModel]]:
    """Return the published models by schema name."""
    from spec_kitty_hooks.holding import AnnotationLine
    from spec_kitty_hooks.install.report import InstallReport, UninstallReport
    from spec_kitty_hooks.mission.policy_model import Configuration
    from spec_kitty_hooks.mission.proposal import TransitionLine
    from spec_kitty_hooks.report import focusmodels, missionmodels, models, preflightmodel, writermodels
    from spec_kitty_hooks.scaffold.models import MissionCreated, MissionFinalized

    return {
        "annotation-event": AnnotationLine,
        "check": models.ReportModel,
        "check-path": models.ReportModel,
        "context": models.ContextModel,
        "demo": models.DemoModel,
        "error": models.ErrorModel,
        "explain": models.ExplainModel,
        "install": InstallReport,
        "log": missionmodels.LogModel,
        "mission-finalize": MissionFinalized,
        "mission-new": MissionCreated,
        "policy": Configuration,
        "pr-branch": focusmodels.PrBranchModel,
        "pr-branch-conflict": focusmodels.PrBranchConflictModel,
        "preflight": preflightmodel.PreflightModel,
        "recover": writermodels.RecoverModel,
        "start": writermodels.StartModel,
        "status": missionmodels.StatusModel,
        "transition": writermodels.TransitionModel,
        "transition-event": TransitionLine,
        "transition-failed": writermodels.TransitionFailedModel,
        "uninstall": UninstallReport,
        "where": models.WhereModel,
    }


def describe_machine() -> dict[str, object]:
    """Return the lane machine as data (formats 4.1): the lanes, every edge with its guards, what the guards mean."""
    return {
        "lanes": list(lanes.BOARD),
        "edges": [{"from": start, "to": end, "needs": list(needs)} for (start, end), needs in lanes.EDGES.items()],
        "guards": lanes.GUARDS,
        "force": "with an actor and a reason every lane but genesis can be entered, without guards",
    }


@click.command(short_help="Print the JSON schemas of what is printed and read.")
@click.argument("name", required=False)
@json_option
def schema(name: str | None, as_json: bool) -> int:
    """Print the JSON schema of what a command prints with --json, or of the policy file.

    Without NAME, print the names: one a line, or as one list with --json. A schema is JSON in any case. lane-machine is
    no schema but the table itself: which lanes there are, what leads from one to the other, and what that needs.
    """
    models = list_models()
    names = [*models, LANE_MACHINE]
    if name is None:
        click.echo(json.dumps(names) if as_json else "\n".join(names))
    elif name == LANE_MACHINE:
        click.echo(json.dumps(describe_machine(), indent=2))
    elif name in models:
        click.echo(json.dumps(models[name].model_json_schema(), indent=2, ensure_ascii=True))
    else:
        raise UsageError("USAGE", f"there is no schema named {name}", ("spec-kitty-hooks schema",))
    return 0
