"""Who holds a work package, and in which process, read from logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spec_kitty_hooks.liveness import Process
from spec_kitty_hooks.mission.claims import is_settled, read_claim
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
from spec_kitty_hooks.model.events import EventLog

SHELL = {"agent": "agent-one", "shell_pid": 4711, "shell_pid_created_at": "1795347383.1"}
OTHER = {"shell_pid": 4712, "shell_pid_created_at": "1795347399.2"}


def log(*steps: dict[str, Any]) -> EventLog:
    """Return a log of WP01; each step has `to`, or `delta`, and further fields of a record."""
    lines, lane = [], "genesis"
    for number, step in enumerate(steps):
        at, event_id = f"2026-01-05T09:00:{number:02}.000000+00:00", f"01KN2371000000000000000{number:03}"
        usual = {"at": at, "event_id": event_id, "wp_id": "WP01", "actor": "agent-one"}
        if "delta" in step:
            record = {**usual, "kind": "annotation", **step}
        else:
            edge = {"from_lane": lane, "to_lane": step["to"], "force": False, "execution_mode": "worktree"}
            lane = step["to"]
            record = {**usual, **edge, **{key: value for key, value in step.items() if key != "to"}}
        lines.append(json.dumps(record).encode() + b"\n")
    return parse_log(b"".join(lines))


PLANNED, CLAIMED, BEGUN = {"to": "planned"}, {"to": "claimed", "policy_metadata": SHELL}, {"to": "in_progress"}
FIRST, SECOND = Process(pid=4711, created_at="1795347383.1"), Process(pid=4712, created_at="1795347399.2")


@pytest.mark.parametrize(
    ("steps", "lane", "process"),
    [
        ((), "genesis", None),
        (({"delta": {"note": "x"}},), "genesis", None),
        ((PLANNED,), "planned", None),
        ((PLANNED, CLAIMED), "claimed", FIRST),
        ((PLANNED, {"to": "claimed"}), "claimed", None),
        ((PLANNED, CLAIMED, BEGUN), "in_progress", FIRST),
        ((PLANNED, CLAIMED, {**BEGUN, "policy_metadata": OTHER}), "in_progress", SECOND),
        ((PLANNED, CLAIMED, BEGUN, {"delta": OTHER}), "in_progress", SECOND),
        ((PLANNED, CLAIMED, BEGUN, {"delta": {"note": "x"}}), "in_progress", FIRST),
        ((PLANNED, CLAIMED, BEGUN, {"delta": {"release_runtime_claim": True}}), "in_progress", None),
        ((PLANNED, CLAIMED, {"to": "planned", "force": True, "reason": "x"}), "planned", None),
        ((PLANNED, CLAIMED, {"to": "planned", "force": True, "reason": "x"}, {"to": "claimed"}), "claimed", None),
        ((PLANNED, CLAIMED, {"to": "blocked"}, {"to": "in_progress"}), "in_progress", None),
        ((PLANNED, {**CLAIMED, "policy_metadata": {"shell_pid": "4711"}}), "claimed", Process(pid=4711)),
        ((PLANNED, {**CLAIMED, "policy_metadata": {"shell_pid": "4711a"}}), "claimed", None),
        ((PLANNED, {**CLAIMED, "policy_metadata": {"shell_pid": -4}}), "claimed", None),
        ((PLANNED, {**CLAIMED, "policy_metadata": {"shell_pid": 10**30}}), "claimed", None),
        (
            (PLANNED, {**CLAIMED, "policy_metadata": {"shell_pid": 4711, "shell_pid_created_at": 5}}),
            "claimed",
            Process(pid=4711),
        ),
    ],
)
def test_the_last_word_about_the_process_counts(steps: Any, lane: str, process: Process | None) -> None:
    claim = read_claim(log(*steps), "WP01")
    assert (claim.lane, claim.process) == (lane, process)
    assert read_claim(log(*steps), "WP02").lane == "genesis"


def test_a_claim_is_described_in_a_sentence() -> None:
    claim = read_claim(log(PLANNED, CLAIMED), "WP01")
    assert claim.describe() == "WP01 is in claimed since 2026-01-05T09:00:01.000000+00:00 by agent-one"
    assert read_claim(EventLog(), "WP01").describe() == "WP01 is in genesis"


def test_a_recorded_binding_is_named_by_its_tool() -> None:
    actor = {"role": "implementer", "tool": "agent-one", "profile": None, "model": None}
    assert read_claim(log(PLANNED, {**CLAIMED, "actor": actor}), "WP01").actor == "agent-one"


@pytest.mark.parametrize(
    ("last", "settled"),
    [
        ({"to": "planned"}, False),
        ({"to": "in_review"}, False),
        ({"to": "approved"}, True),
        ({"to": "done"}, True),
        ({"to": "canceled", "reason": "not wanted"}, True),
        ({"to": "canceled", "reason": "Force move to canceled"}, False),
        ({"to": "canceled"}, False),
    ],
)
def test_only_settled_work_is_built_on(last: dict[str, Any], settled: bool) -> None:
    assert is_settled(reduce_log(log(last)).work_packages["WP01"]) is settled


def test_what_nobody_knows_is_not_settled() -> None:
    assert not is_settled(None)
