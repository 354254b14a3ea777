"""The register of hostile repositories: one builder function each, and how every command has to end there.

Nothing here runs anything; the scene that builders get is `support.scene`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.scene import Said, Scene
from support.trace import Snapshot, differences

__all__ = ["CASES", "Case", "Expected", "Said", "Scene", "compare", "complaints", "hostile"]


@dataclass(frozen=True)
class Expected:
    """Exit statuses. `own` and `foreign` are those of `check --staged` for an owned and an unowned change.

    `explain` asks about the unowned path and `check_path` about the owned one; `says` has to stand in what is said of
    the unowned change. Without `git` not even git opens the repository, so that nothing can be staged. Without
    `commit` (or `git`) git itself could not commit there, or would run the canary: the hook is run alone.
    """

    own: int = 0
    foreign: int = 1
    context: int = 0
    explain: int = 1
    where: int = 0
    status: int = 0
    check_path: int = 0
    says: str = "ACTIVE_WP_SCOPE_VIOLATION"
    git: bool = True
    commit: bool = True


@dataclass(frozen=True)
class Case:
    """One hostile repository: the builder, its name, and how each command ends there."""

    name: str
    build: Callable[[Scene], None]
    expected: Expected


CASES: dict[str, Case] = {}


def hostile(**statuses: Any) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Register a builder; its function name is the case's, `statuses` are laid over `Expected`."""

    def register(build: Callable[[Scene], None]) -> Callable[[Scene], None]:
        assert build.__name__ not in CASES, f"two cases are named {build.__name__}"
        CASES[build.__name__] = Case(build.__name__, build, Expected(**statuses))
        return build

    return register


def complaints(said: Said) -> list[str]:
    """Return what a terminal must never get: raw control characters, bytes that are no text, tracebacks."""
    found = []
    for stream in (said.out, said.error):
        text = stream.decode("utf-8", "surrogateescape")
        raw = sorted({character for character in text if not (character.isprintable() or character == "\n")})
        found += [f"raw {character!r} in {text!r}" for character in raw]
    if b"Traceback" in said.out + said.error or said.code in (70, -9, -11):
        found.append(f"exit {said.code}: {said.text}")
    return found


def compare(before: Snapshot, after: Snapshot) -> list[str]:
    """Return what came, went or changed."""
    return differences(before, after)
