"""The released client goes on from our transitions, and we from its own, in both topologies."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli_json
from support.judging import json_of
from support.ledger import Ledger
from support.oracle import ask_client
from support.peer import Client, Stage, Unpack
from support.repo import Repo

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(1500)]

REFERENCE = "review of WP01"


@pytest.fixture
def working(unpack: Unpack) -> Stage:
    """A mission of which WP01 is in progress, with work on its lane."""
    return unpack("03")


def move(stage: Stage, to: str, *args: str, wp_id: str = "WP01") -> Any:
    """Make a transition of ours, and check that it was committed without a word."""
    place = ("--mission", stage.mission, "--actor", "claude")
    found = cli_json(stage.repo, "transition", wp_id, "--to", to, *args, *place)
    assert (found["outcome"], found["diagnostics"]) == ("ACK", [])
    assert found["commit"]
    return found


def call(client: Client, stage: Stage, *args: str) -> None:
    made = client.run(stage.repo, *args, "--mission", stage.mission)
    assert made.code == 0, made.out + made.err


def let_client_move(client: Client, stage: Stage, to: str, *args: str, wp_id: str = "WP01") -> None:
    call(client, stage, "agent", "tasks", "move-task", wp_id, "--to", to, "--agent", "claude", *args)


def lane_of(client: Client, stage: Stage, wp_id: str = "WP01") -> str:
    """Return the lane in which both see a work package."""
    theirs = client.lanes(stage.repo, stage.mission)
    ours = cli_json(stage.repo, "status", stage.mission)["missions"][stage.mission]
    assert ours["problems"] == []
    assert {name: package["lane"] for name, package in ours["work_packages"].items()} == theirs
    return theirs[wp_id]


def surface(stage: Stage) -> Repo:
    """Return the work tree that has the log out."""
    place = stage.work_tree("coord")
    return place if place.path.is_dir() else stage.repo


def read_log(stage: Stage) -> Ledger:
    return Ledger(surface(stage).read(stage.log_path))


def check_log(stage: Stage, python: str, home: Path) -> Ledger:
    """Hold the log to the client's own validators, and return it."""
    ledger = read_log(stage)
    assert (ledger.torn, ledger.doubled(), ledger.breaks()) == (0, [], [])
    (answer,) = ask_client(python, home, [surface(stage).read(stage.log_path).decode()])
    assert answer["complaints"] == []
    return ledger


def test_the_client_and_we_take_turns(working: Stage, client: Client, peer_python: str, tmp_path: Path) -> None:
    found = move(working, "blocked", "--expect", "in_progress", "--reason", "waits for an answer")
    assert lane_of(client, working) == "blocked"
    let_client_move(client, working, "in_progress", "--note", "answered")
    assert lane_of(client, working) == "in_progress"
    second = move(working, "blocked", "--expect", "in_progress", "--reason", "once more")
    assert second["from_lane"] == "in_progress"
    let_client_move(client, working, "in_progress", "--note", "answered again")
    ledger = check_log(working, peer_python, tmp_path)
    last = [record["to_lane"] for record in ledger.chains()["WP01"]][-4:]
    assert last == ["blocked", "in_progress", "blocked", "in_progress"]
    assert {found["event_id"], second["event_id"]} <= ledger.count.keys()


def test_a_work_package_goes_all_the_way_by_turns(
    working: Stage, client: Client, peer_python: str, tmp_path: Path
) -> None:
    call(client, working, "agent", "tasks", "mark-status", "T001", "T002", "--status", "done")
    move(working, "for_review", "--reason", "ready")
    call(client, working, "agent", "action", "review", "WP01", "--agent", "codex")
    assert lane_of(client, working) == "in_review"
    rejected = ("--evidence", "verdict=changes_requested", "--reason", "tests are missing")
    move(working, "in_progress", *rejected, "--evidence", "reviewer=codex", "--evidence", f"reference={REFERENCE}")
    assert lane_of(client, working) == "in_progress"
    let_client_move(client, working, "for_review", "--note", "ready again", "--force")
    assert lane_of(client, working) == "for_review"
    move(working, "in_review")
    # Under coordination the client itself puts planning files on the lane, and then refuses to approve them.
    forced = ("--force",) if working.work_tree("coord").path.is_dir() else ()
    let_client_move(client, working, "approved", "--note", "Review passed", *forced)
    assert lane_of(client, working) == "approved"
    approved = [f"--evidence={name}" for name in ("verdict=approved", "reviewer=codex", f"reference={REFERENCE}")]
    move(working, "done", *approved)
    assert lane_of(client, working) == "done"
    check_log(working, peer_python, tmp_path)


def test_a_canceled_work_package_is_the_operators_word_for_the_client(working: Stage, client: Client) -> None:
    move(working, "canceled", "--reason", "Not needed any more", wp_id="WP03")
    assert lane_of(client, working, "WP03") == "canceled"
    made = client.run(working.repo, "agent", "tasks", "status", "--mission", working.mission, "--json")
    packages = {package["id"]: package for package in json_of(made.out)["work_packages"]}
    assert packages["WP03"]["lane"] == "canceled"
    status = surface(working).read(f"kitty-specs/{working.mission}/status.json")
    entry = json.loads(status)["work_packages"]["WP03"]
    assert (entry["cancellation_reason"], entry["reason_source"]) == ("Not needed any more", "operator")


def test_the_clients_own_check_finds_nothing(working: Stage, client: Client) -> None:
    """status.json too is as the client would have written it: it looks for drift."""

    def problems() -> list[str]:
        made = client.run(working.repo, "agent", "status", "validate", "--mission", working.mission, "--json")
        return sorted(json_of(made.out)["errors"])

    before = problems()
    move(working, "blocked", "--reason", "waits")
    move(working, "claimed", wp_id="WP02")
    move(working, "planned", "--force", "--reason", "somebody else will", wp_id="WP02")
    assert problems() == before


def test_what_we_write_while_the_client_writes_is_there_once(working: Stage, client: Client) -> None:
    to_blocked = ("--to", "blocked", "--agent", "claude", "--note", "waits", "--mission", working.mission)
    answers = []
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(client.run, working.repo, "agent", "tasks", "move-task", "WP01", *to_blocked)
        while not theirs.done():
            for to in ("claimed", "blocked", "in_progress", "planned"):
                words = ("WP02", "--to", to, "--reason", "in turn", "--actor", "codex", "--mission", working.mission)
                answers.append(cli_json(working.repo, "transition", *words))
    assert theirs.result().code == 0, theirs.result().err
    assert lane_of(client, working) == "blocked"
    ledger = read_log(working)
    assert ledger.lost([answer["event_id"] for answer in answers]) == []
    assert (ledger.torn, ledger.doubled(), ledger.breaks()) == (0, [], [])
