"""The command group: sub-commands are imported when they are called, so that --help stays quick."""

from __future__ import annotations

import importlib
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from spec_kitty_hooks import __version__, errors
from spec_kitty_hooks.cli.output import print_error

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Command name, the module that holds it and the name of the click command there.
COMMANDS = {
    "install": ("spec_kitty_hooks.cli.install", "install"),
    "uninstall": ("spec_kitty_hooks.cli.install", "uninstall"),
    "hook": ("spec_kitty_hooks.cli.hookcommand", "hook"),
    "check": ("spec_kitty_hooks.cli.check", "check"),
    "pre-receive": ("spec_kitty_hooks.cli.prereceive", "pre_receive"),
    "check-path": ("spec_kitty_hooks.cli.check", "check_path"),
    "context": ("spec_kitty_hooks.cli.context", "context"),
    "explain": ("spec_kitty_hooks.cli.explain", "explain"),
    "where": ("spec_kitty_hooks.cli.where", "where"),
    "status": ("spec_kitty_hooks.cli.status", "status"),
    "log": ("spec_kitty_hooks.cli.log", "log"),
    "transition": ("spec_kitty_hooks.cli.transition", "transition"),
    "start": ("spec_kitty_hooks.cli.start", "start"),
    "recover": ("spec_kitty_hooks.cli.recover", "recover"),
    "pr-branch": ("spec_kitty_hooks.cli.prbranch", "pr_branch"),
    "merge-driver": ("spec_kitty_hooks.cli.mergecommand", "merge_driver"),
    "mission": ("spec_kitty_hooks.cli.mission", "mission"),
    "preflight": ("spec_kitty_hooks.cli.preflight", "preflight"),
    "schema": ("spec_kitty_hooks.cli.schema", "schema"),
    "demo": ("spec_kitty_hooks.cli.demo", "demo"),
}


class LazyGroup(click.Group):
    """A group that lists its commands without importing them all for one call."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the command names in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's)
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found: click.Command = getattr(importlib.import_module(module), name)
        return found


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="spec-kitty-hooks")
def app() -> None:
    """Keep the rules of a Spec Kitty mission in git itself.

    Start with `spec-kitty-hooks install` in a clone, or see it work first with `spec-kitty-hooks demo`. When a commit
    is refused, `spec-kitty-hooks explain PATH` says why.

    Exit codes: 0 pass, 1 findings that block, 2 wrong usage, 3 cannot judge, 4 a write may have happened, 70 a bug,
    75 somebody else holds a lock, 130 interrupted.
    """


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code (errors.EXIT_CODES)."""
    as_json = not {"--json", "--format=json"}.isdisjoint(arguments) or ("--format", "json") in pairwise(arguments)
    try:
        code = app.main(args=list(arguments), prog_name="spec-kitty-hooks", standalone_mode=False)
    except click.exceptions.Exit as exit_request:
        return exit_request.exit_code
    except SystemExit as left:  # click leaves with 1, which says "findings", where the reader went away
        raise BrokenPipeError from left
    except click.exceptions.Abort as abort:
        if isinstance(abort.__context__, EOFError):  # click takes it for Ctrl-D; here a file of ours ended early
            raise RuntimeError("a file of the installation ended early") from abort
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        if as_json:
            print_error(errors.UsageError("USAGE", error.format_message()), as_json=True)
        else:
            error.show(file=sys.stderr)
        return errors.USAGE
    except errors.HooksError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    return code if isinstance(code, int) else errors.PASS
