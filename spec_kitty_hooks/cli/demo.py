"""`demo`: the hooks at work in a repository that is thrown away afterwards."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from spec_kitty_hooks import errors
from spec_kitty_hooks.cli.output import print_model
from spec_kitty_hooks.cli.session import json_option
from spec_kitty_hooks.demonstration.story import Story
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.report.models import DemoModel


@click.command(short_help="Show the hooks refuse and allow in a repository of their own.")
@click.option("--keep", is_flag=True, help="Keep the repository and print where it is.")
@json_option
def demo(keep: bool, as_json: bool) -> int:
    """Build a small repository in a temporary directory and show the hooks refuse and allow.

    Takes a few seconds, touches nothing else, and exits with 1 if anything came out otherwise than told. With --json
    the story is played in silence.
    """
    with tempfile.TemporaryDirectory(prefix="spec-kitty-hooks-demo-", ignore_cleanup_errors=True) as place:
        root = Path(tempfile.mkdtemp(prefix="spec-kitty-hooks-demo-") if keep else place) / "repository"
        root.mkdir()
        story = Story(root.resolve(), _ignore if as_json else _show)
        story.play()
    if as_json:
        print_model(DemoModel(surprises=story.surprises, kept=to_text(str(root)) if keep else None))
    elif keep:
        _show(f"\nThe repository is in {root}\n")
    for surprise in story.surprises if not as_json else ():
        sys.stderr.write(f"spec-kitty-hooks: the demonstration did not come out as told: {surprise}\n")
    return errors.BLOCKED if story.surprises else errors.PASS


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _ignore(_text: str) -> None:
    pass
