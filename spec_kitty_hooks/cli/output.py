"""Writing to the terminal: one JSON value, or escaped text; and the errors that both forms share."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.crash import say, silence
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import ErrorModel
from spec_kitty_hooks.report.text import write_steps
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from pydantic import BaseModel


class UndeliveredError(errors.HooksError):
    """The answer of a command that has written cannot be written itself (`WRITE_OUTCOME_UNKNOWN`)."""

    exit_code = errors.OUTCOME_UNKNOWN


def print_model(model: BaseModel) -> None:
    """Print a model as the only thing on standard output. ASCII only: nothing a terminal could obey gets through."""
    click.echo(json.dumps(model.model_dump(mode="json"), indent=2, ensure_ascii=True))


def print_error(error: errors.HooksError, *, as_json: bool) -> None:
    """Print what stopped us and what to do next: on standard output as JSON, else on standard error."""
    if as_json:
        steps = [to_text(step) for step in error.remediation]
        print_model(ErrorModel(diagnostic_code=error.code, message=to_text(error.message), remediation=steps))
        return
    lines = [f"spec-kitty-hooks: {escape(error.message, limit=1000)}", *write_steps(error.remediation)]
    say("".join(f"{line}\n" for line in lines))


def print_lines(lines: Iterable[str], stream: TextIO | None = None) -> None:
    """Print lines of text that is escaped, on standard output if no stream is named."""
    (stream or sys.stdout).write("".join(f"{line}\n" for line in lines))


@contextmanager
def delivered() -> Iterator[None]:
    """Bring out the answer of a command that has written, which is printed in here.

    Raises UndeliveredError if it cannot be, so that nobody takes what was done for refused.
    """
    try:
        yield
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        message = f"it is done, but the answer cannot be written: {error.strerror}"
        raise UndeliveredError("WRITE_OUTCOME_UNKNOWN", message, ("spec-kitty-hooks log",)) from error
