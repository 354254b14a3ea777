"""What a merge or rebase has brought: news for the person in this clone, beside the findings (design 7)."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Report


class Moved(Record):
    """A work package whose status lane is another one than before.

    `before` is "" if nothing was known of it, `after` "" if nothing is known of it any more. `actor` and `at` are those
    of the event that led there, `age` says how long ago that was ("12 min"; "" where it names no time). `mine` tells
    that this clone's user is, or was, the one who has it.
    """

    mission: str
    wp_id: str
    before: str
    after: str
    actor: str = ""
    at: str = ""
    age: str = ""
    mine: bool = False


class Contained(Record):
    """An execution lane whose branch the target branch contains now; `lanes` are the status lanes of its packages."""

    mission: str
    lane_id: str
    target: str
    lanes: tuple[tuple[str, str], ...]


class Aftermath(Record):
    """Everything to be said after the fact; nothing at all if every part is empty."""

    report: Report
    moved: tuple[Moved, ...] = ()
    contained: tuple[Contained, ...] = ()
