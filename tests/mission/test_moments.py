"""Times as people type and read them: moments, spans, ages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import MOMENTS

from spec_kitty_hooks.mission.moments import age_of, read_bound, read_moment, write_age, write_moment

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "before_now"),
    [("0s", 0), ("45 sec", 45), ("45m", 2_700), ("45min", 2_700), ("12h", 43_200), ("3d", 259_200), ("2 w", 1_209_600)],
)
def test_a_span_is_counted_back_from_now(text: str, before_now: int) -> None:
    assert read_bound(text, NOW) == NOW - before_now


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05", "2026-01-05T00:00:00+00:00"),
        ("2026-01-05T09:00", "2026-01-05T09:00:00+00:00"),
        ("2026-01-05T09:00+01:00", "2026-01-05T08:00:00+00:00"),
        ("2026-01-05 09:00:00Z", "2026-01-05T09:00:00+00:00"),
    ],
)
def test_a_date_or_time_without_a_zone_is_utc(text: str, moment: str) -> None:
    assert read_bound(text, NOW) == datetime.fromisoformat(moment).timestamp()


@pytest.mark.parametrize(
    "text", ["", "d", "3", "-3d", "3 y", "3d ago", "1.5h", "٣d", "9" * 10 + "d", "yesterday", "3D"]
)
def test_what_is_neither_is_no_bound(text: str) -> None:
    assert read_bound(text, NOW) is None


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-01-05T10:00:01.999999+00:00", "2026-01-05 10:00:01Z"),
        ("2026-01-05T10:00:00+02:00", "2026-01-05 08:00:00Z"),
        ("2026-01-05T10:00:00", "2026-01-05 10:00:00Z"),
        ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59"),  # has no place in UTC
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_a_moment_is_shown_in_utc_and_what_is_none_as_it_is(at: str, shown: str) -> None:
    assert write_moment(at) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (89, "89 s"), (90, "1 min"), (5_399, "89 min"), (5_400, "1 h"), (129_599, "35 h"), (129_600, "1 d")],
)
def test_an_age_has_one_unit(seconds: int, shown: str) -> None:
    assert write_age(seconds) == shown


def test_an_age_is_never_negative_and_none_where_there_is_no_time() -> None:
    assert age_of("2026-01-05T11:59:58.5+00:00", NOW) == 1
    assert age_of("2026-01-06", NOW) == 0
    assert (age_of("", NOW), age_of("soon", NOW)) == (None, None)


@given(st.text(max_size=40) | st.sampled_from(MOMENTS))
def test_no_text_makes_it_raise(text: str) -> None:
    read_moment(text)
    read_bound(text, NOW)
    assert write_moment(text)[-1:] in ("Z", text[-1:])
