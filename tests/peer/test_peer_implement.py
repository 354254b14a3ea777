"""Our hooks outlive the released client's `implement`, which overwrites .git/hooks/pre-commit for every new lane."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installing import bytes_of, inspect, put_hook, uninstall
from support.installing import install as put_in
from support.judging import Outcome, active, commit
from support.peer import GUARD, OURS, Client, Stage, Unpack, Witness

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

UPSTREAM = b"specify_cli.policy.commit_guard_hook"
IMPLEMENT = ("agent", "action", "implement", "WP01", "--agent", "claude", "--mission")
TEAM = b"#!/bin/sh\necho the team was here >&2\n"
SPOKE = "the team was here"


@pytest.fixture
def planned(unpack: Unpack) -> Stage:
    """A planned mission in a clone where the team has a pre-commit hook of its own."""
    stage = unpack("02")
    put_hook(stage.repo, "pre-commit", TEAM)
    return stage


def make_lane(client: Client, stage: Stage) -> None:
    made = client.run(stage.repo, *IMPLEMENT, stage.mission)
    assert made.code == 0, made.out + made.err
    assert UPSTREAM in stage.repo.read(".git/hooks/pre-commit"), "the client overwrites the team's hook"


def tried(stage: Stage) -> dict[str, Outcome]:
    """Return what becomes of one commit in the primary checkout and of two in the lane's work tree."""
    return {
        "primary": commit(stage.repo, "docs/guide.md"),
        "own": commit(stage.lane, "src/csvx/writer.py"),
        "foreign": commit(stage.lane, "src/app/main.py"),
    }


def test_ours_and_the_teams_run_in_both_work_trees_and_upstreams_guard_in_neither(
    planned: Stage, client: Client, tmp_path: Path
) -> None:
    witness = Witness(tmp_path / "witness")
    assert put_in(planned.repo, witness.path).ok
    make_lane(client, planned)
    witness.forget()
    assert active(planned.lane) == ("in_progress", ["WP01"])
    outcomes = tried(planned)
    assert {name: outcome.allowed for name, outcome in outcomes.items()} == {
        "primary": True,
        "own": True,
        "foreign": False,
    }
    assert outcomes["foreign"].codes == ("ACTIVE_WP_SCOPE_VIOLATION",)
    assert OURS not in outcomes["primary"].text + outcomes["own"].text
    assert [run[:12] for run in witness.runs() if run.startswith("pre-commit ")] == [
        "pre-commit 0",
        "pre-commit 0",
        "pre-commit 1",
    ]
    for outcome in outcomes.values():
        assert outcome.text.count(SPOKE) == 1
        assert GUARD not in outcome.text
    for place in (planned.repo, planned.lane):
        assert inspect(place).problems == []


def test_uninstalling_after_the_lane_was_made_restores_every_byte(
    planned: Stage, client: Client, tmp_path: Path
) -> None:
    hooks = bytes_of(planned.repo.path / ".git/hooks")
    assert put_in(planned.repo, Witness(tmp_path / "witness").path).ok
    make_lane(client, planned)
    assert uninstall(planned.repo, at=planned.lane.path).restored == ["pre-commit"]
    assert bytes_of(planned.repo.path / ".git/hooks") == hooks
    assert commit(planned.lane, "src/app/main.py").allowed
    assert commit(planned.lane, "src/app/main.py").text.count(SPOKE) == 1


def test_without_us_the_teams_hook_is_lost_and_the_guard_speaks(planned: Stage, client: Client) -> None:
    make_lane(client, planned)
    outcome = commit(planned.lane, "src/app/main.py")
    assert SPOKE not in outcome.text
    assert GUARD in outcome.text, "or the tests above prove nothing"


def test_a_hook_that_prints_on_success_is_heard_through_the_client(
    planned: Stage, client: Client, tmp_path: Path
) -> None:
    """What the whole missions are searched for would be found, were it there."""
    noisy = Witness(tmp_path / "witness", command=f"echo {OURS}: all is well; true")
    assert put_in(planned.repo, noisy.path).ok
    made = client.run(planned.repo, *IMPLEMENT, planned.mission)
    assert made.code == 0
    assert f"{OURS}: all is well" in made.out + made.err
