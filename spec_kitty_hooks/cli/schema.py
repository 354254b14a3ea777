"""`schema`: the JSON schemas of everything that is printed or accepted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.cli.session import json_option
from spec_kitty_hooks.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel


def list_models() -> dict[str, type[BaseModel]]:
    """Return the published models by schema name."""
    from spec_kitty_hooks.install.report import InstallReport, UninstallReport
    from spec_kitty_hooks.mission.policy_model import Configuration
    from spec_kitty_hooks.report import models
    from spec_kitty_hooks.scaffold.models import MissionCreated, MissionFinalized

    return {
        "check": models.ReportModel,
        "check-path": models.ReportModel,
        "context": models.ContextModel,
        "demo": models.DemoModel,
        "error": models.ErrorModel,
        "explain": models.ExplainModel,
        "install": InstallReport,
        "mission-finalize": MissionFinalized,
        "mission-new": MissionCreated,
        "policy": Configuration,
        "status": models.StatusModel,
        "uninstall": UninstallReport,
        "where": models.WhereModel,
    }


@click.command()
@click.argument("name", required=False)
@json_option
def schema(name: str | None, as_json: bool) -> int:
    """Print the JSON schema of what a command prints with --json, or of the policy file.

    Without NAME, print the names: one a line, or as one list with --json. A schema is JSON in any case.
    """
    models = list_models()
    if name is None:
        click.echo(json.dumps(list(models)) if as_json else "\n".join(models))
    elif name in models:
        click.echo(json.dumps(models[name].model_json_schema(), indent=2, ensure_ascii=True))
    else:
        raise UsageError("USAGE", f"there is no schema named {name}", ("spec-kitty-hooks schema",))
    return 0
