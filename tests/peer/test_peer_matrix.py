"""Every transition that we can write, judged by the released client's own reader, reducer, validators and guards."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.missions import Mission, build_mission
from support.oracle import ask_client
from support.plan import WorkPackage
from support.repo import Repo

from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.proposal import Request
from spec_kitty_hooks.mission.reducer import reduce_log, render_entry
from spec_kitty_hooks.model import lanes
from spec_kitty_hooks.overview import Overview
from spec_kitty_hooks.transitions import transition

pytestmark = [pytest.mark.peer, pytest.mark.slow]

REVIEW = {"reviewer": "agent-two", "reference": "review-cycle://csv-export/WP01/review-cycle-1.md"}
APPROVED, REJECTED = {**REVIEW, "verdict": "approved"}, {**REVIEW, "verdict": "changes_requested"}
EVIDENCE: dict[str, dict[str, str]] = {
    "evidence": APPROVED,
    "review_ref": {"reference": REVIEW["reference"]},
}
Wish = tuple[str, str, dict[str, Any]]


def needed(start: str, end: str) -> dict[str, Any]:
    """Return what an edge asks its actor to say (formats 4.1)."""
    guards = lanes.EDGES[start, end]
    if "review_result" in guards:
        return {"evidence": APPROVED if end in (*lanes.TERMINAL, "blocked", "canceled") else REJECTED}
    evidence = next((EVIDENCE[guard] for guard in guards if guard in EVIDENCE), None)
    return {**({"evidence": evidence} if evidence else {}), **({"reason": "Again"} if "reason" in guards else {})}


FORCED: tuple[Wish, ...] = tuple(
    (start, end, {"force": True, "reason": "Operator override"})
    for start in (lanes.GENESIS, *lanes.BOARD)
    for end in lanes.BOARD
    if (start, end) not in lanes.EDGES
)
FURTHER: tuple[Wish, ...] = (
    ("planned", "canceled", {"reason": "Not needed any more"}),
    ("in_review", "canceled", {"reason": "Not needed any more", "evidence": REJECTED}),
    (
        "in_review",
        "planned",
        {"evidence": {**REJECTED, "feedback_path": "feedback/WP01.md"}, "reason": "Tests are missing"},
    ),
    ("in_review", "approved", {"force": True, "reason": "Reviewed elsewhere"}),
    ("in_review", "approved", {"force": True, "reason": "Reviewed elsewhere", "evidence": APPROVED}),
    ("done", "done", {"force": True, "reason": "Once more, with évidence\t☃", "evidence": APPROVED}),
    ("planned", "claimed", {"policy_metadata": {"agent": "claude", "shell_pid": 4711, "shell_pid_created_at": "1.5"}}),
)
WISHES: tuple[Wish, ...] = (*((*edge, needed(*edge)) for edge in lanes.EDGES), *FORCED, *FURTHER)


@pytest.fixture
def mission(repo: Repo) -> Mission:
    """A mission with a work package for each wish, brought to where the wish starts; the lane has work in it."""
    packages = [
        WorkPackage(wp_id=f"WP{number:02}", owned_files=(f"src/{number}/**",), subtasks=("T001",))
        for number in range(1, len(WISHES) + 1)
    ]
    made = build_mission(repo, {"lane-a": packages}, bootstrap=False)
    made.start_lane("lane-a").commit("feat: work", files={"src/a/a.py": "a = 1\n"}, no_verify=True)
    for package, (start, _end, _words) in zip(packages, WISHES, strict=True):
        if start != lanes.GENESIS:
            made.transition(package.wp_id, "planned", commit=False)
            made.annotate(package.wp_id, subtasks={"T001": "done"}, commit=False)
        if start not in (lanes.GENESIS, lanes.PLANNED):
            made.transition(package.wp_id, start, force=True, reason="Brought there", commit=False)
    made.commit_log()
    return made


def test_the_client_takes_every_transition_of_the_matrix_and_every_forced_one(
    mission: Mission, peer_python: str, tmp_path: Path
) -> None:
    before = mission.read_log().decode()
    ends = {}
    with Git.open(os.fsencode(mission.repo.path), mission.repo.env, hook=False) as git:
        found = Overview(git).list_missions()[0][0]
        for number, (start, end, words) in enumerate(WISHES, 1):
            wanted = {"expect": start, "actor": "claude", "event_id": mission.clock.ulid(), **words}
            request = Request(work_package_id=f"WP{number:02}", to_lane=end, **wanted)
            now = datetime.now(UTC) + timedelta(seconds=number)
            transition(git, mission.repo.env, found, request, now=now, commit=number == len(WISHES))
            ends[request.work_package_id] = end
    after = mission.read_log().decode()
    first, last = ask_client(peer_python, tmp_path, [before, after])
    assert first["complaints"] == []
    assert last["complaints"] == []
    assert last["transitions"] == first["transitions"] + len(WISHES)
    assert {wp_id: entry["lane"] for wp_id, entry in last["work_packages"].items()} == ends
    ours = reduce_log(parse_log(after.encode())).work_packages
    assert last["work_packages"] == {wp_id: render_entry(state) for wp_id, state in ours.items()}


def test_a_transition_that_lacks_something_is_complained_about(
    mission: Mission, peer_python: str, tmp_path: Path
) -> None:
    """What is wanted of us would be noticed: the same records without what their edges need."""
    bare = [
        mission.transition(
            f"WP{number:02}", end, from_=start, evidence=None, review_ref=None, review_result=None, commit=False
        )
        for number, (start, end, words) in enumerate(WISHES, 1)
        if "evidence" in words and not words.get("force")
    ]
    (answer,) = ask_client(peer_python, tmp_path, [mission.read_log().decode()])
    assert len(bare) > 10
    complaints = "\n".join(answer["complaints"])
    assert [record["event_id"] for record in bare if record["event_id"] not in complaints] == []
