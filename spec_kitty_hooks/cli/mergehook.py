"""What the shims of post-merge and post-rewrite call: tells what came of a merge or rebase, when there is something.

Judges nothing and writes nowhere: git has done it already. Loads no click, pydantic or pygit2.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spec_kitty_hooks.git.passage import Passage
    from spec_kitty_hooks.git.plumbing import Git

POST_MERGE = "post-merge"


def run_after(name: str, environ: Mapping[str, str], arguments: Sequence[str], read: Callable[[], bytes]) -> str:
    """Return what came of a merge or rebase that git has made, "" if that is nothing. Raises HooksError.

    `arguments` are those of the hook; a framework that keeps them to itself says the same in `environ`. `read` returns
    what git writes to post-rewrite. Nothing is said of a squash, which is judged when it is committed, and of an
    amend, which has been.
    """
    if not _has_the_word(name, environ, arguments):
        return ""
    from spec_kitty_hooks.git.plumbing import Git

    with Git.open(None, environ, hook=True) as git:
        passage = _read_passage(git, name, read)
        if passage is None or not (passage.touched or _has_lane(passage)):
            return ""
        from spec_kitty_hooks.aftermath import look_back

        found = look_back(git, passage, environ, time.time())
    if not (found.report.findings or found.moved or found.contained):
        return ""
    from spec_kitty_hooks.report.aftermath import print_aftermath

    return print_aftermath(found)


def _has_the_word(name: str, environ: Mapping[str, str], arguments: Sequence[str]) -> bool:
    if name == POST_MERGE:
        return (*arguments, environ.get("PRE_COMMIT_IS_SQUASH_MERGE", ""))[0] != "1"
    return (*arguments, environ.get("PRE_COMMIT_REWRITE_COMMAND", ""))[0] == "rebase"


def _read_passage(git: Git, name: str, read: Callable[[], bytes]) -> Passage | None:
    from spec_kitty_hooks.git.absence import PLACES
    from spec_kitty_hooks.git.passage import read_merged, read_rebased

    return read_merged(git, PLACES[0]) if name == POST_MERGE else read_rebased(git, PLACES[0], read)


def _has_lane(passage: Passage) -> bool:
    if not passage.contained:
        return False
    from spec_kitty_hooks.mission.branches import shorten
    from spec_kitty_hooks.mission.registry import looks_like_lane

    return any(map(looks_like_lane, map(shorten, passage.contained)))
