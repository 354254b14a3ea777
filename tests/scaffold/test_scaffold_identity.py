"""Names of new missions: ULIDs, slugs and directories that every reader accepts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks.errors import UsageError
from spec_kitty_hooks.model.ids import human_slug, is_slug, is_ulid, new_ulid
from spec_kitty_hooks.scaffold.identity import (
    SLUG_CHARACTERS,
    check_slug,
    directory_name,
    friendly_name,
)

MOMENTS = st.integers(0, 250_000_000_000).map(float)
ENTROPY = st.binary(min_size=10, max_size=10)
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp()


@given(MOMENTS, ENTROPY)
def test_every_moment_and_entropy_gives_a_ulid(now: float, entropy: bytes) -> None:
    assert is_ulid(new_ulid(now, entropy))


@given(MOMENTS, ENTROPY, ENTROPY)
def test_a_later_ulid_sorts_later(now: float, first: bytes, second: bytes) -> None:
    assert new_ulid(now, first) < new_ulid(now + 0.002, second)


@given(ENTROPY, ENTROPY)
def test_all_the_entropy_is_in_a_ulid(first: bytes, second: bytes) -> None:
    assert (new_ulid(NOW, first) == new_ulid(NOW, second)) == (first == second)


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        new_ulid(NOW, b"123456789")


@pytest.mark.parametrize(
    "slug", ["a", "csv-export", "2-factor", "404-page", "mission-x", "a-lane-b", "x" * SLUG_CHARACTERS]
)
def test_a_slug_of_letters_digits_and_dashes_makes_a_safe_directory(slug: str) -> None:
    check_slug(slug)
    name = directory_name(slug, new_ulid(NOW, bytes(10)))
    assert is_slug(name)
    assert len(name) <= 66
    assert human_slug(name) in (slug, slug[4:])


@pytest.mark.parametrize(
    "slug",
    ["", "-a", "a-", "A", "é", "a b", "a/b", "..", "a.b", "a_b", "a\n", "a\x1b[31m", "x" * (SLUG_CHARACTERS + 1)],
)
def test_any_other_slug_is_refused(slug: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_slug(slug)
    assert caught.value.code == "MISSION_SLUG_INVALID"
    assert caught.value.remediation


def test_a_friendly_name_is_made_from_the_slug() -> None:
    assert friendly_name("csv-export") == "Csv export"
