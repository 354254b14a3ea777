"""Review artifacts: which paths are one, what their heads say, and that nothing in them raises."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission.reviews import ReviewCycle, cycle_number, latest_cycle, read_cycle

PATH = b"kitty-specs/034-feature/tasks/WP01-parser/review-cycle-2.md"
HEAD = b"""---
affected_files: []
cycle_number: 2
mission_slug: 034-feature
reviewed_at: '2026-01-05T10:41:11Z'
reviewer_agent: tool:model:profile:reviewer
review_artifact_override_actor: "operator"
review_artifact_override_reason: 'superseded: see WP02'
review_artifact_override_at: 2026-01-06T00:00:00Z
verdict: rejected
wp_id: WP01
---

**Issue 1**: verdict: approved
"""


@pytest.mark.parametrize(
    ("path", "number"),
    [
        (PATH, 2),
        (b"kitty-specs/m/tasks/WP01/review-cycle-1.md", 1),
        (b"kitty-specs/m/tasks/WP01/review-cycle-10.md", 10),
        (b"kitty-specs/m/tasks/WP01/review-cycle-03.md", 3),
        (b"kitty-specs/m/tasks/w\xff/review-cycle-999999999.md", 999_999_999),
        (b"kitty-specs/m/tasks/WP01/review-cycle-0.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-1000000000.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle--1.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-1_0.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-\xd9\xa1.md", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-1.md\n", None),
        (b"kitty-specs/m/tasks/WP01/review-cycle-1.txt", None),
        (b"kitty-specs/m/tasks/WP01/xreview-cycle-1.md", None),
        (b"kitty-specs/m/tasks/WP01/sub/review-cycle-1.md", None),
        (b"kitty-specs/m/tasks/review-cycle-1.md", None),
        (b"kitty-specs/m/contracts/WP01/review-cycle-1.md", None),
        (b"kitty-specs/m/contracts/review-cycle-domain.md", None),
        (b"kitty-specs//tasks/WP01/review-cycle-1.md", None),
        (b"kitty-specs/m/tasks//review-cycle-1.md", None),
        (b"x/kitty-specs/m/tasks/WP01/review-cycle-1.md", None),
        (b"/kitty-specs/m/tasks/WP01/review-cycle-1.md", None),
        (b"", None),
    ],
)
def test_only_an_anchored_path_is_a_review_cycle(path: bytes, number: int | None) -> None:
    assert cycle_number(path) == number


def test_a_head_is_read_field_by_field() -> None:
    assert read_cycle(PATH, HEAD) == ReviewCycle(
        path=PATH,
        wp_dir="WP01-parser",
        number=2,
        verdict="rejected",
        reviewer="tool:model:profile:reviewer",
        reviewed_at="2026-01-05T10:41:11Z",
        override_actor="operator",
        override_reason="superseded: see WP02",
        override_at="2026-01-06T00:00:00Z",
        has_head=True,
    )


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"**Issue 1**\n---\nverdict: rejected\n---\n", b"verdict: rejected\n", b"\xff"]
)
def test_a_file_without_a_head_is_whole_and_has_no_verdict(data: bytes) -> None:
    assert read_cycle(PATH, data) == ReviewCycle(path=PATH, wp_dir="WP01-parser", number=2)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + HEAD, HEAD.replace(b"\n", b"\r\n")])
def test_a_mark_and_crlf_change_nothing(data: bytes) -> None:
    assert read_cycle(PATH, data) == read_cycle(PATH, HEAD)


@pytest.mark.parametrize("value", [b"", b" null", b" ~", b" ''"])
def test_a_key_without_a_value_is_absent(value: bytes) -> None:
    cycle = read_cycle(PATH, b"---\nverdict:" + value + b"\nreviewer_agent:" + value + b"\nreviewer: r\n---\n")
    assert (cycle.verdict, cycle.reviewer, cycle.problem) == ("", "r", "")


def test_the_current_key_for_the_reviewer_wins_over_the_old_one() -> None:
    assert read_cycle(PATH, b"---\nreviewer: old\nreviewer_agent: new\n---\n").reviewer == "new"


def test_an_unknown_verdict_is_kept_as_written() -> None:
    assert (
        read_cycle(PATH, b"---\nverdict: changes_requested_for_arbiter\n---\n").verdict
        == "changes_requested_for_arbiter"
    )


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"---\nverdict: rejected\n", 1),
        (b"---\nwp_id: WP01\n<<<<<<< HEAD\nverdict: rejected\n=======\nverdict: approved\n>>>>>>> x\n---\n", 3),
        (b"---\nwp_id: WP01\nverdict: [rejected]\n---\n", 3),
        (b"---\nwp_id: WP01\nverdict: rejected\nverdict: approved\n---\n", 4),
        (b"---\nwp_id: WP01\nverdict: &a rejected\nother: *a\n---\n", 3),
        (b"---\nwp_id: WP01\nverdict: \xff\n---\n", 3),
        (b"---\nx: " + b"y" * limits.HEAD_BYTES + b"\n---\n", 1),
        (b"---\n- verdict\n---\n", 2),
    ],
    ids=["unfinished", "conflict", "list", "twice", "alias", "not UTF-8", "too long", "no mapping"],
)
def test_a_head_that_cannot_be_used_says_why_and_where(data: bytes, line: int) -> None:
    cycle = read_cycle(PATH, data)
    assert cycle.has_head
    assert cycle.problem
    assert cycle.verdict == ""
    assert cycle.line == line


@given(
    st.binary() | st.text().map(str.encode),
    st.binary() | st.text(alphabet="abv: -[]{}&*!'\"\n#|>\u2028é").map(str.encode),
)
def test_no_content_and_no_path_raises(path: bytes, data: bytes) -> None:
    cycle_number(path)
    assert isinstance(read_cycle(path, b"---\n" + data + b"\n---\n"), ReviewCycle)
    assert read_cycle(path, data).path == path


def test_the_latest_cycle_has_the_highest_number_whatever_the_order() -> None:
    cycles = [ReviewCycle(path=b"%d" % n, wp_dir="WP01", number=n, reviewed_at=str(99 - n)) for n in (2, 9, 10)]
    for order in itertools.permutations(cycles):
        assert latest_cycle(order) == cycles[2]
    assert latest_cycle(()) is None
