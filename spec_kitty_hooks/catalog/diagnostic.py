"""What one diagnostic code is, and the families of codes."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Row = tuple[str, str, str, str, tuple[str, ...]]

OWNERSHIP = "ownership"
CONTEXT = "context"
EVENT_LOG = "event log"
MERGE = "merge"
REVIEW = "review"
PUSH = "push"
PREFLIGHT = "preflight"

#: Severity of the codes that mean "cannot judge": policy decides per situation (design 5).
BY_SITUATION = "cannot_judge"


class Diagnostic(Record):
    """One code: its family, default severity, the invariant it protects and what it means in one sentence.

    `remedies` are the next steps, most useful first, with `{names}` that a finding fills in.
    """

    code: str
    family: str
    severity: str
    invariant: str
    meaning: str
    remedies: tuple[str, ...]


def rows(family: str, *told: Row) -> tuple[Diagnostic, ...]:
    """Return the codes of one family, each told as code, severity, invariant, meaning, remedies."""
    return tuple(
        Diagnostic(code=code, family=family, severity=severity, invariant=invariant, meaning=meaning, remedies=remedies)
        for code, severity, invariant, meaning, remedies in told
    )
