"""Times of events as people read and type them: moments in UTC, ages, spans such as `3d`.

Pure; what is no time stays the text that it is, and the present moment is always given.
"""

from __future__ import annotations

from datetime import UTC, datetime

_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400
_UNITS = {
    **dict.fromkeys(("s", "sec"), _SECOND),
    **dict.fromkeys(("m", "min"), _MINUTE),
    **dict.fromkeys(("h",), _HOUR),
    **dict.fromkeys(("d",), _DAY),
    **dict.fromkeys(("w",), 7 * _DAY),
}
_DIGITS = 9  # of a span; a billion weeks are enough


def read_moment(text: str) -> float | None:
    """Return seconds since the epoch for an ISO 8601 date or time (UTC where it names no zone), None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def read_bound(text: str, now: float) -> float | None:
    """Return the moment that a person names: a date or time, or how long before `now` (`45min`, `12h`, `3d`, `2w`)."""
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = _UNITS.get(text[len(digits) :].strip())
    if unit is None or not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
        return read_moment(text)
    return now - int(digits) * unit


def write_moment(at: str) -> str:
    """Return an event's time in UTC to the second, `2026-01-05 09:04:00Z`; what is no time comes back as it is."""
    try:
        moment = datetime.fromisoformat(at)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return at
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def age_of(at: str, now: float) -> int | None:
    """Return how many whole seconds before `now` (seconds since the epoch) a time lies, never less than 0.

    None for "" and for what is no time.
    """
    moment = read_moment(at)
    return None if moment is None else max(0, int(now - moment))


def write_age(seconds: int) -> str:
    """Return a span for a person: `45 s`, `12 min`, `5 h`, `3 d`."""
    for limit, unit, size in ((90, "s", _SECOND), (5400, "min", _MINUTE), (129600, "h", _HOUR)):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // _DAY} d"
