"""What is said of merges and rebases that crossed in a log, on facts written down: the whole sentence, every step."""

from __future__ import annotations

from typing import Any

import pytest
from checks.literal import BASE, LOG, SIDE, event, find, judged, log_change, situation

from spec_kitty_hooks.checks.log_integrity import check
from spec_kitty_hooks.model.context import Context

ONE = event("E1")
AT = "2026-01-05T08:05:00+00:00"
RECOVER = "spec-kitty-hooks recover --events --apply --mission 034-feature"
DIFF = f"git diff {BASE} {SIDE} -- {LOG}"
WHERE = "spec-kitty-hooks where 034-feature"


def of(operation: str = "", **fields: Any) -> Context:
    """Return the context of what a range does to the log."""
    return judged(compared=f"{BASE} {SIDE}", situation=situation(operation=operation), logs=(log_change(**fields),))


@pytest.mark.parametrize(
    ("operation", "kept_at"),
    [pytest.param("merge", "abc", id="a merge"), pytest.param("rebase", "", id="kept nowhere")],
)
def test_only_a_rebase_whose_lost_events_are_kept_somewhere_names_the_place(operation: str, kept_at: str) -> None:
    found = find(check, of(operation, merge_lost=(ONE,), kept_at=kept_at))
    assert found.remediation == (RECOVER, DIFF, WHERE)


def test_what_may_be_old_history_is_adopted_in_the_configuration() -> None:
    adopt = "if this is old history, name the commit to judge from in .kittify/config.yaml: judge_from, "
    assert find(check, of(unrepaired=(ONE,))).remediation[-1] == adopt + "under policy.hooks"


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        ("agent-two", "agent-two"),
        ({"tool": "agent-three", "role": "implementer"}, "agent-three"),
        ({"role": "reviewer"}, "reviewer"),
    ],
)
def test_who_claims_what_is_claimed_already_is_named_by_tool_or_role(actor: object, name: str) -> None:
    second = event("E2", at=AT, actor=actor)
    assert find(check, of(claimed_twice=((ONE, second),))).message == (
        f"WP01 is claimed twice: by agent-one at {ONE.at}, and by {name} at {AT}, "
        "who did not know of it; the later claim counts, unless you agree otherwise"
    )
