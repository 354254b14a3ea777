"""Writing to the terminal: one JSON value, or escaped text; and the errors that both forms share."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import ErrorModel
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from pydantic import BaseModel

    from spec_kitty_hooks import errors


def print_model(model: BaseModel) -> None:
    """Print a model as the only thing on standard output. ASCII only: nothing a terminal could obey gets through."""
    click.echo(json.dumps(model.model_dump(mode="json"), indent=2, ensure_ascii=True))


def print_error(error: errors.HooksError, *, as_json: bool) -> None:
    """Print what stopped us and what to do next: on standard output as JSON, else on standard error."""
    if as_json:
        steps = [to_text(step) for step in error.remediation]
        print_model(ErrorModel(diagnostic_code=error.code, message=to_text(error.message), remediation=steps))
        return
    sys.stderr.write(f"spec-kitty-hooks: {escape(error.message, limit=1000)}\n")
    for step in error.remediation:
        sys.stderr.write(f"  next: {escape(step, limit=1000)}\n")
