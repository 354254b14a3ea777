"""`merge-driver`: help and mistakes; the call of git never gets here (`__main__` takes the short path)."""

from __future__ import annotations

import click


@click.command("merge-driver", short_help="Unite the two sides of an event log, as git's merge driver.")
@click.argument("base", metavar="%O")
@click.argument("ours", metavar="%A")
@click.argument("theirs", metavar="%B")
@click.argument("path", metavar="[%P]", default="")
def merge_driver(base: str, ours: str, theirs: str, path: str) -> int:
    """Unite the two sides of an event log, as git's merge driver. `install` tells git to call it.

    Writes every event of %O (the merge base), %A (ours) and %B (theirs) once into %A, sorted by time and id: the bytes
    that Spec Kitty's own driver writes. %P is the path that messages name.

    Not merged, but left between conflict markers for a person, are one event id with two contents and lines that
    cannot be read. All other events of both sides are in the file by then; git says that it conflicts.

    Without `install`, and for one clone only:

    \b
        git config merge.spec-kitty-hooks-log.driver 'spec-kitty-hooks merge-driver %O %A %B %P'
        echo 'kitty-specs/**/status.events.jsonl merge=spec-kitty-hooks-log' >> .git/info/attributes

    Exit codes: 0 united, 1 a person has to settle something, 2 not three files of one directory.
    """  # noqa: D301 (click's mark)
    from spec_kitty_hooks.cli.mergedriver import run

    return run([base, ours, theirs, *([path] if path else [])])
