"""A clock that moves only when asked, and ids made from it.

Commits, events and ids of one test all come from one clock, so that two builds are equal byte by byte.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Clock:
    """Time as a count of steps (one minute each) from a fixed start."""

    def __init__(self, start: datetime = START, step: timedelta = timedelta(minutes=1)) -> None:
        self.now = start
        self.step = step
        self._ids = 0

    def tick(self) -> datetime:
        """Move on by one step and return the new time."""
        self.now += self.step
        return self.now

    def advance(self, **amount: float) -> datetime:
        """Move by `timedelta(**amount)`, backwards too, and return the new time."""
        self.now += timedelta(**amount)
        return self.now

    def at(self) -> str:
        """Move on and return an event's `at`: microseconds and +00:00, as the client writes it."""
        return self.tick().isoformat(timespec="microseconds")

    def ulid(self) -> str:
        """Return a fresh id of this moment: 48 bits of milliseconds, 80 bits of a counter. It starts with 0."""
        self._ids += 1
        return encode_ulid(int(self.now.timestamp() * 1000), self._ids)

    def git_date(self) -> str:
        """Return this moment as git's own `<seconds> +0000`."""
        return f"{int(self.now.timestamp())} +0000"

    def dates(self) -> dict[str, str]:
        """Return the variables that make this moment a commit's author and committer date."""
        return {"GIT_AUTHOR_DATE": self.git_date(), "GIT_COMMITTER_DATE": self.git_date()}


def encode_ulid(milliseconds: int, tail: int) -> str:
    """Return the 26 Crockford characters of a time (48 bits) and a tail (80 bits)."""
    value = milliseconds << 80 | tail
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))
