"""The exception tree and the only list of exit codes.

A broken rule is a `Finding`, never an exception; an exception is a thing that stopped us from judging at all.
"""

from __future__ import annotations

PASS = 0
BLOCKED = 1
USAGE = 2
CANNOT_JUDGE = 3
OUTCOME_UNKNOWN = 4
BUG = 70
RETRY = 75
INTERRUPTED = 130

EXIT_CODES = (
    (PASS, "pass, or nothing here is ours to judge"),
    (BLOCKED, "findings that block"),
    (USAGE, "wrong usage"),
    (CANNOT_JUDGE, "cannot judge, and policy says that this blocks"),
    (OUTCOME_UNKNOWN, "a write whose outcome is unknown; repeating it is safe"),
    (BUG, "a bug in spec-kitty-hooks; a report file was written"),
    (RETRY, "somebody else holds a lock; try again"),
    (INTERRUPTED, "interrupted"),
)


class HooksError(Exception):
    """Something stopped us, with what to do about it.

    `code` is a diagnostic code of the catalog, `remediation` the steps to take next, in order.
    """

    exit_code = CANNOT_JUDGE

    def __init__(self, code: str, message: str, remediation: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remediation = remediation


class UsageError(HooksError):
    """The call itself is wrong: an unknown mission, a path outside the repository."""

    exit_code = USAGE


class RepositoryError(HooksError):
    """Git cannot open or read this repository (`REPOSITORY_UNSUPPORTED`)."""


class TimeLimitError(HooksError):
    """A hook ran into its time limit; the answer is cannot judge (design: exit 3)."""
