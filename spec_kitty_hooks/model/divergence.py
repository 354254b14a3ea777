"""How far two commits are apart, and what the commits between them are about: data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

IN_SYNC = "in_sync"
AHEAD = "ahead"
BEHIND = "behind"
DIVERGED = "diverged"
NO_TRACKING_BRANCH = "no_tracking_branch"
UNKNOWN = "unknown"


class Tally(Record):
    """The commits that one side has and the other lacks, `total` of them, each counted once more by what it is about.

    `source`: anything outside of kitty-specs/, or nothing at all. `ledger`: kitty-specs/ of the mission alone (its log
    and status.json among it). `foreign`: other missions' kitty-specs/ alone, or made on a lane of another mission. A
    merge that changes nothing by itself is what it brings in. All three are 0 if there are too many to look at.
    """

    total: int = 0
    source: int = 0
    ledger: int = 0
    foreign: int = 0


def count(side: Tally) -> dict[str, int]:
    """Return the numbers of one side by name."""
    return {"commits": side.total, "source": side.source, "ledger": side.ledger, "foreign": side.foreign}


def tell(side: Tally) -> str:
    """Return one side for a person: `84 (12 source, 72 ledger)`; what there is none of is left out."""
    parts = [f"{number} {name}" for name, number in list(count(side).items())[1:] if number]
    return f"{side.total} ({', '.join(parts)})" if parts else str(side.total)


class Divergence(Record):
    """One commit held against another one: `state` is one of the constants above.

    `local` and `remote` are commit ids, "" where there is none; `remote_name` is the full name of the tracking ref, ""
    where the remote's own live value was compared. `as_of` is when that value was last seen, in seconds since the epoch
    (None: not known). `stale` is true if it was to be looked at again and could not be. `problem` says why the state is
    what it is, where it is no_tracking_branch or unknown, or why it is stale.
    """

    state: str
    local: str = ""
    remote: str = ""
    remote_name: str = ""
    ahead: Tally = Tally()
    behind: Tally = Tally()
    as_of: int | None = None
    stale: bool = False
    problem: str = ""
