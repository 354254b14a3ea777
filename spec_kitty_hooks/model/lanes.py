"""Status lanes of a work package and the edges between them (formats 4).

`Lane` is the status lane; an execution lane (lane-a, lane-b ...) is `ExecutionLane` in `model.mission`.
"""

from __future__ import annotations

GENESIS = "genesis"
UNINITIALIZED = "uninitialized"
PLANNED = "planned"
CLAIMED = "claimed"
IN_PROGRESS = "in_progress"
FOR_REVIEW = "for_review"
IN_REVIEW = "in_review"
APPROVED = "approved"
DONE = "done"
BLOCKED = "blocked"
CANCELED = "canceled"

#: The nine lanes a board shows, in the order in which work moves.
BOARD = (PLANNED, CLAIMED, IN_PROGRESS, FOR_REVIEW, IN_REVIEW, APPROVED, DONE, BLOCKED, CANCELED)
#: Lanes in which a work package may own a change when nothing is in progress (a fix during review is normal work).
ENGAGED = (CLAIMED, FOR_REVIEW, IN_REVIEW)
TERMINAL = (APPROVED, DONE)
NEVER_OWNS = (BLOCKED, CANCELED)
ALIASES = {"doing": IN_PROGRESS}
FORCE_FREE_EXITS_REFUSED = (DONE, CANCELED)

_KNOWN = frozenset((*BOARD, GENESIS, UNINITIALIZED))

#: Edges allowed without force, with the guards of formats 4.1 (letters explained in GUARDS).
EDGES: dict[tuple[str, str], tuple[str, ...]] = {
    (GENESIS, PLANNED): (),
    (GENESIS, CANCELED): (),
    (PLANNED, CLAIMED): ("actor",),
    (PLANNED, BLOCKED): (),
    (PLANNED, CANCELED): (),
    (CLAIMED, IN_PROGRESS): ("workspace",),
    (CLAIMED, BLOCKED): (),
    (CLAIMED, CANCELED): (),
    (IN_PROGRESS, PLANNED): ("reason",),
    (IN_PROGRESS, FOR_REVIEW): ("subtasks", "implementation"),
    (IN_PROGRESS, APPROVED): ("evidence",),
    (IN_PROGRESS, BLOCKED): (),
    (IN_PROGRESS, CANCELED): (),
    (FOR_REVIEW, IN_REVIEW): ("actor",),
    (FOR_REVIEW, BLOCKED): (),
    (FOR_REVIEW, CANCELED): (),
    (IN_REVIEW, PLANNED): ("review_result",),
    (IN_REVIEW, IN_PROGRESS): ("review_result",),
    (IN_REVIEW, APPROVED): ("review_result", "evidence_if_given"),
    (IN_REVIEW, DONE): ("review_result", "evidence_if_given"),
    (IN_REVIEW, BLOCKED): ("review_result",),
    (IN_REVIEW, CANCELED): ("review_result",),
    (APPROVED, PLANNED): ("review_ref",),
    (APPROVED, IN_PROGRESS): ("review_ref",),
    (APPROVED, DONE): ("evidence",),
    (APPROVED, BLOCKED): (),
    (APPROVED, CANCELED): (),
    (BLOCKED, IN_PROGRESS): (),
    (BLOCKED, CANCELED): (),
}

GUARDS = {
    "actor": "the actor is not blank",
    "workspace": "a workspace is known",
    "reason": "the reason is not blank",
    "subtasks": "every subtask is complete",
    "implementation": "there is evidence of an implementation",
    "evidence": "evidence.review has reviewer, reference and verdict approved",
    "evidence_if_given": "evidence, if given, has reviewer, reference and verdict approved",
    "review_result": "review_result has reviewer, verdict and reference",
    "review_ref": "review_ref is not blank",
}


def parse_lane(text: object) -> str | None:
    """Return the canonical lane for what a log says, resolving aliases; None if it is no lane (formats 4)."""
    if not isinstance(text, str):
        return None
    if text in _KNOWN:
        return text
    name = text.strip().lower()
    name = ALIASES.get(name, name)
    return name if name in _KNOWN else None
