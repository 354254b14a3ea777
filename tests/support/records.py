"""Records of an event log as the released client writes them (formats 2): plain dictionaries, one JSON line each.

`transition` fills what an edge needs to be legal (formats 4.1) with what the client would have put there.
"""

from __future__ import annotations

import json
from typing import Any

Record = dict[str, Any]
Actor = str | dict[str, str | None]

#: The way of a work package through its lanes.
ROAD = ("genesis", "planned", "claimed", "in_progress", "for_review", "in_review", "approved", "done")
LANES = (*ROAD[1:], "blocked", "canceled")

_SHELL = {"shell_pid": 4242, "shell_pid_created_at": "1767603600.0"}
_REASONS = {
    ("genesis", "planned"): "canonical bootstrap",
    ("in_progress", "planned"): "Picked up again later",
    ("in_progress", "for_review"): "Ready for review",
    ("for_review", "in_review"): "Started review via action command",
    ("in_review", "approved"): "Review passed",
}
_ACTORS: dict[str, Actor] = {
    "planned": "finalize-tasks",
    "in_review": {"model": None, "profile": None, "role": "reviewer", "tool": "agent-two"},
    "approved": {"model": None, "profile": None, "role": "reviewer", "tool": "agent-two"},
    "done": "merge",
    "canceled": "user",
}
UNSET: Any = object()


def line(record: Record) -> bytes:
    """Return the record as the client writes it: sorted keys, ASCII, one LF."""
    return json.dumps(record, sort_keys=True).encode() + b"\n"


def transition(
    wp_id: str,
    from_lane: str,
    to_lane: str,
    *,
    at: str,
    event_id: str,
    mission_slug: str,
    mission_id: str,
    actor: Actor | None = None,
    force: bool = False,
    reason: str | None = None,
    evidence: Any = UNSET,
    review_ref: Any = UNSET,
    review_result: Any = UNSET,
    policy_metadata: Any = UNSET,
    reference: str = "",
    execution_mode: str = "worktree",
) -> Record:
    """Return one lane transition. Whatever is not given is what the client would write for this edge.

    `reference` is the review-cycle URI that a verdict leaving in_review cites. A forced edge gets
    a reason and nothing else.
    """
    who = actor if actor is not None else _ACTORS.get(to_lane, "agent-one")
    fills = {} if force else _fills(wp_id, from_lane, to_lane, who, reference)
    record: Record = {
        "actor": who,
        "at": at,
        "event_id": event_id,
        "evidence": fills.get("evidence") if evidence is UNSET else evidence,
        "execution_mode": execution_mode,
        "force": force,
        "from_lane": from_lane,
        "mission_id": mission_id,
        "mission_slug": mission_slug,
        "policy_metadata": _claim(to_lane, who) if policy_metadata is UNSET else policy_metadata,
        "reason": reason or ("Operator override" if force else fills.get("reason", _REASONS.get((from_lane, to_lane)))),
        "review_ref": fills.get("review_ref") if review_ref is UNSET else review_ref,
        "to_lane": to_lane,
        "wp_id": wp_id,
    }
    result = fills.get("review_result") if review_result is UNSET else review_result
    if result is not None or review_result is not UNSET:
        record["review_result"] = result
    if to_lane == "canceled":
        record["reason_source"] = "operator"
    return record


def needs_verdict(from_lane: str, to_lane: str) -> bool:
    """Tell whether this edge must carry a review result (every unforced way out of in_review)."""
    return from_lane == "in_review" and to_lane in LANES


def display(actor: Actor) -> str:
    """Return the name that the client shows for an actor."""
    return actor if isinstance(actor, str) else actor.get("tool") or actor.get("role") or ""


def _fills(wp_id: str, from_lane: str, to_lane: str, actor: Actor, reference: str) -> Record:
    if needs_verdict(from_lane, to_lane):
        return _verdict("approved" if to_lane in ("approved", "done") else "changes_requested", actor, reference)
    if to_lane == "in_review":
        return {"review_ref": "action-review-claim"}
    if to_lane == "done":
        return {"evidence": _review(f"lane-approved:{wp_id}", "agent-two"), "reason": f"Merged {wp_id}"}
    if to_lane == "approved":
        return {"evidence": _review(f"auto-approval:{wp_id}", display(actor))}
    if to_lane in ("blocked", "canceled"):
        return {"reason": f"Moved to {to_lane}"}
    return {"review_ref": f"feedback://reopened/{wp_id}", "reason": "Reopened"} if from_lane == "approved" else {}


def _verdict(verdict: str, actor: Actor, reference: str) -> Record:
    fills: Record = {
        "review_ref": reference,
        "review_result": {"reference": reference, "reviewer": display(actor), "verdict": verdict},
    }
    if verdict == "approved":
        fills["evidence"] = _review(reference, display(actor))
    else:
        fills["reason"] = "Changes requested"
    return fills


def _review(reference: str, reviewer: str) -> Record:
    return {"review": {"reference": reference, "reviewer": reviewer, "verdict": "approved"}}


def _claim(to_lane: str, actor: Actor) -> Record | None:
    return {"agent": display(actor), **_SHELL} if to_lane in ("claimed", "in_progress", "in_review") else None


def annotation(wp_id: str, delta: Record, *, at: str, event_id: str, actor: Actor = "user") -> Record:
    """Return one annotation (formats 2.3)."""
    return {"actor": actor, "at": at, "delta": delta, "event_id": event_id, "kind": "annotation", "wp_id": wp_id}


def lifecycle(event_type: str, payload: Record, *, timestamp: str, event_id: str, aggregate_id: str) -> Record:
    """Return one lifecycle record with the client's envelope (formats 2.5)."""
    return {
        "aggregate_id": aggregate_id,
        "aggregate_type": "WorkPackage" if aggregate_id.startswith("WP") else "Mission",
        "event_id": event_id,
        "event_type": event_type,
        "payload": payload,
        "project_slug": None,
        "project_uuid": None,
        "schema_version": "5.0.0",
        "timestamp": timestamp,
    }


def decision(event_type: str, payload: Record, *, at: str, event_id: str) -> Record:
    """Return one decision record, which has no envelope (formats 2.5)."""
    return {"at": at, "event_id": event_id, "event_type": event_type, "payload": payload}


def retrospective(kind: str, *, at: str, event_id: str, mission_slug: str, mission_id: str) -> Record:
    """Return one retrospective record: it too has actor, force, execution_mode and wp_id (formats 2.1)."""
    return {
        "actor": {"display": None, "id": "spec-kitty-generator", "kind": "runtime"},
        "at": at,
        "event_id": event_id,
        "execution_mode": "main",
        "findings_status": "has_findings",
        "force": False,
        "generator_version": "1.0",
        "lamport": 1,
        "mission_id": mission_id,
        "mission_slug": mission_slug,
        "proposal_count": 0,
        "provenance_kind": "runtime_post_completion",
        "record_path": f"kitty-specs/{mission_slug}/retrospective.yaml",
        "schema_version": 1,
        "type": kind,
        "wp_id": None,
    }
