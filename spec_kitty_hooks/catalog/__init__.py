"""Every diagnostic code and every hook: the one list that policy, manifest, schemas and documentation are made from.

Codes that upstream Spec Kitty uses keep its name and meaning (formats 10). Nothing here reads or decides anything.
"""

from __future__ import annotations

from spec_kitty_hooks.catalog.diagnostic import (
    BY_SITUATION,
    CONTEXT,
    EVENT_LOG,
    MERGE,
    OWNERSHIP,
    PREFLIGHT,
    PUSH,
    REVIEW,
    Diagnostic,
)
from spec_kitty_hooks.catalog.logs import EVENT_LOG_ROWS, MERGE_ROWS
from spec_kitty_hooks.catalog.ownership import OWNERSHIP_ROWS
from spec_kitty_hooks.catalog.preflight import PREFLIGHT_ROWS
from spec_kitty_hooks.catalog.push import PUSH_ROWS
from spec_kitty_hooks.catalog.review import REVIEW_ROWS
from spec_kitty_hooks.catalog.unjudged import CONTEXT_ROWS
from spec_kitty_hooks.model.record import Record

__all__ = [
    "BY_SITUATION",
    "CONTEXT",
    "DIAGNOSTICS",
    "EVENT_LOG",
    "HOOKS",
    "MERGE",
    "OWNERSHIP",
    "PREFLIGHT",
    "PUSH",
    "REVIEW",
    "UNTOUCHABLE",
    "Diagnostic",
    "Hook",
    "remedies",
]


class Hook(Record):
    """One hook that git runs, as installed natively and as offered to the pre-commit framework."""

    name: str
    manifest_id: str
    title: str
    description: str


HOOKS = (
    Hook(
        name="pre-commit",
        manifest_id="spec-kitty-pre-commit",
        title="Spec Kitty: the commit",
        description="Judges the staged change against the active work package and the mission's event log.",
    ),
    Hook(
        name="pre-merge-commit",
        manifest_id="spec-kitty-pre-merge-commit",
        title="Spec Kitty: the merge commit",
        description="Judges what a merge brings of its own, and refuses one that loses events.",
    ),
    Hook(
        name="pre-push",
        manifest_id="spec-kitty-pre-push",
        title="Spec Kitty: the push",
        description="Judges every ref of a push, and every commit that got past the commit hooks.",
    ),
    Hook(
        name="post-merge",
        manifest_id="spec-kitty-post-merge",
        title="Spec Kitty: after a merge",
        description="Tells what a merge or pull lost, and what it changed for you.",
    ),
    Hook(
        name="post-rewrite",
        manifest_id="spec-kitty-post-rewrite",
        title="Spec Kitty: after a rebase",
        description="Tells what a rebase or `pull --rebase` lost, and what it changed for you.",
    ),
)

DIAGNOSTICS: dict[str, Diagnostic] = {
    row.code: row
    for row in (*OWNERSHIP_ROWS, *CONTEXT_ROWS, *EVENT_LOG_ROWS, *REVIEW_ROWS, *PUSH_ROWS, *MERGE_ROWS, *PREFLIGHT_ROWS)
}

#: Codes that no policy can lower (design 5).
UNTOUCHABLE = frozenset(("EVENT_LOG_NOT_APPEND_ONLY", "EVENT_ID_CONFLICT"))


def remedies(code: str, facts: dict[str, str]) -> tuple[str, ...]:
    """Fill in the remedies of a code.

    `facts` maps the names in braces to text that is already quoted for a shell. A remedy that needs a fact which is
    not there is left out: a command with a hole in it is worse than none.
    """
    filled = []
    for template in DIAGNOSTICS[code].remedies:
        try:
            filled.append(template.format_map(facts))
        except KeyError:
            continue
    return tuple(filled)
