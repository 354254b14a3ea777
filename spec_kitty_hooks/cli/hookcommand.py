"""`hook`: what the installed shims call; a known hook name never gets here (`__main__` takes the short path)."""

from __future__ import annotations

import click

from spec_kitty_hooks.catalog import HOOKS


@click.command(short_help="Run one git hook, as the installed shims do.")
@click.argument("name", type=click.Choice([hook.name for hook in HOOKS]))
@click.argument("arguments", nargs=-1)
def hook(name: str, arguments: tuple[str, ...]) -> int:
    """Run one git hook, as the installed shims and the pre-commit framework do.

    Judges what the current `git commit` or `git merge` is about to record, or what `git push` is about to publish:
    pre-push takes the name and the URL of the remote, and the refs on standard input. Prints nothing when nothing is
    wrong.

    post-merge (0, or 1 for a squash) and post-rewrite (rebase or amend) tell what a merge or rebase that is done has
    lost, and in at most ten lines what it changed for you. Git asks them for no answer, so they exit with 0 whatever
    they tell; what was lost is repeated at the next commit of the log, and stops a push of its branch.
    """
    import os

    from spec_kitty_hooks.cli.hook import run

    return run(name, os.environ, arguments)
