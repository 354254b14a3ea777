"""`recover`: what got stuck is listed with its age and holder, one command frees it, and nothing is moved forward."""

from __future__ import annotations

import json
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission, build_mission
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}


def ago(**amount: float) -> str:
    return (datetime.now(UTC) - timedelta(**amount)).isoformat(timespec="microseconds")


def recover(place: Repo, *args: str, code: int = 0) -> Any:
    return valid(place, "recover", cli_json(place, "recover", *args, code=code))


def run(place: Repo, step: str) -> None:
    """Run a remediation as it is printed."""
    name, *words = shlex.split(step)
    assert name == "spec-kitty-hooks"
    ran = cli(place, *words, "--actor", "agent-two")
    assert ran.returncode == 0, ran.stderr


def lanes(mission: Mission) -> dict[str, str]:
    found = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]["work_packages"]
    return {wp_id: package["lane"] for wp_id, package in found.items()}


def move(place: Repo, wp_id: str, to: str, *args: str) -> Any:
    return cli_json(place, "transition", wp_id, "--to", to, "--actor", "agent-one", *args)


@pytest.mark.blocker(944)
def test_a_claim_that_never_started_is_listed_and_released_by_its_one_command(mission: Mission) -> None:
    mission.transition("WP01", "claimed", actor="agent-one", at=ago(hours=3))
    mission.transition("WP02", "claimed", actor="agent-one", at=ago(seconds=30))
    stranded = recover(mission.repo)["stranded"]
    assert [one["work_package_id"] for one in stranded] == ["WP01"]
    assert (stranded[0]["diagnostic_code"], stranded[0]["actor"]) == ("WP_CLAIM_STALLED", "agent-one")
    assert 10_790 < stranded[0]["age_seconds"] < 11_400
    assert "claimed since" in cli(mission.repo, "recover").stdout
    run(mission.repo, stranded[0]["remediation"][0])
    assert lanes(mission) == {"WP01": "planned", "WP02": "claimed", "WP03": "planned"}
    assert recover(mission.repo)["stranded"] == []
    last = json.loads(mission.read_log().splitlines()[-1])
    assert (last["force"], last["actor"]) == (True, "agent-two")
    assert last["reason"].startswith("released by recover: claimed and never started since ")


@pytest.mark.blocker(944)
def test_a_review_without_a_verdict_goes_back_to_for_review(mission: Mission) -> None:
    mission.walk("WP01", "for_review")
    mission.transition("WP01", "in_review", actor="agent-two", at=ago(days=2))
    found = recover(mission.repo, "WP01", "--apply", "--actor", "agent-three")
    assert [(one["work_package_id"], one["action"]) for one in found["applied"]] == [
        ("WP01", "in_review -> for_review")
    ]
    assert lanes(mission)["WP01"] == "for_review"


def test_nothing_is_released_that_nobody_asked_for(mission: Mission) -> None:
    for wp_id in ("WP01", "WP02"):
        mission.transition(wp_id, "claimed", actor="agent-one", at=ago(hours=3))
    log = mission.read_log()
    recover(mission.repo)
    assert mission.read_log() == log
    recover(mission.repo, "--events", "--apply", "--actor", "agent-two")
    assert mission.read_log() == log
    recover(mission.repo, "WP02", "--apply", "--actor", "agent-two")
    assert lanes(mission) == {"WP01": "claimed", "WP02": "planned", "WP03": "planned"}


def test_the_age_of_a_stall_is_policy_and_can_be_given(repo: Repo) -> None:
    mission = build_mission(repo, LANES, policy={"hooks": {"stale_claim_minutes": 5}})
    mission.transition("WP01", "claimed", actor="agent-one", at=ago(minutes=4))
    assert recover(repo)["stranded"] == []
    assert len(recover(repo, "--minutes", "3")["stranded"]) == 1


def test_nothing_to_recover_is_one_line(mission: Mission) -> None:
    ran = cli(mission.repo, "recover")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{mission.directory}: nothing to recover\n", "")


def test_an_acknowledged_event_that_a_checkout_took_is_found_and_put_back_as_it_was(mission: Mission) -> None:
    found = move(mission.repo, "WP01", "claimed", "--no-commit")
    line = mission.read_log().splitlines()[-1]
    mission.repo.git("checkout", "-q", "--", mission.log_path)
    lost = recover(mission.repo)["lost_events"]
    assert [(one["event_id"], one["why"]) for one in lost] == [(found["event_id"], "acknowledged in this clone")]
    run(mission.repo, lost[0]["remediation"][0])
    assert mission.read_log().splitlines()[-1] == line
    assert mission.repo.git("status", "--porcelain").stdout == ""
    assert recover(mission.repo)["lost_events"] == []


def test_events_that_a_stash_took_are_found(mission: Mission) -> None:
    move(mission.repo, "WP01", "claimed", "--no-commit")
    mission.repo.git("stash", "-q")
    recover(mission.repo, "--apply", "--actor", "agent-two")
    assert lanes(mission)["WP01"] == "claimed"


def test_events_that_the_file_lacks_come_back_from_its_own_commit(mission: Mission) -> None:
    mission.walk("WP01", "claimed")
    whole = mission.read_log()
    mission.write_log(b"".join(whole.splitlines(keepends=True)[:-1]), commit=False)
    refused = cli(mission.repo, "transition", "WP02", "--to", "claimed", "--actor", "agent-one", "--json")
    found = json.loads(refused.stdout)
    assert (refused.returncode, found["diagnostic_code"]) == (1, "EVENT_LOG_SURFACES_DISAGREE")
    run(mission.repo, found["remediation"][0] + " --apply")
    assert mission.read_log() == whole


def test_events_that_a_merge_dropped_are_found_in_its_parents(mission: Mission) -> None:
    repo = mission.repo
    start = repo.head()
    mission.walk("WP01", "claimed")
    theirs = repo.head()
    repo.git("update-ref", "refs/heads/theirs", theirs)
    repo.git("reset", "-q", "--hard", start)
    repo.commit("ours", files={"x.txt": "x\n"})
    repo.git("merge", "-q", "-s", "ours", "theirs")
    lost = recover(repo)["lost_events"]
    assert [(one["to_lane"], one["why"]) for one in lost] == [("claimed", "lost by a merge")]
    recover(repo, "--events", "--apply", "--actor", "agent-two")
    assert lanes(mission)["WP01"] == "claimed"


def test_a_torn_last_line_is_kept_and_the_log_goes_on(mission: Mission) -> None:
    whole, torn = mission.read_log(), b'{"actor": "agent-o'
    mission.write_log(whole + torn, commit=False)
    found = recover(mission.repo)
    assert (found["torn"]["line"], found["torn"]["size"]) == (len(whole.splitlines()) + 1, len(torn))
    run(mission.repo, found["torn"]["remediation"][0])
    assert mission.read_log() == whole
    kept = mission.repo.common_dir() / "spec-kitty-hooks" / f"{mission.mission_id}.torn"
    assert kept.read_bytes() == torn + b"\n"
    assert move(mission.repo, "WP01", "claimed")["outcome"] == "ACK"


def test_a_lost_event_with_another_content_today_is_for_a_person_to_choose(mission: Mission) -> None:
    found = move(mission.repo, "WP01", "claimed", "--no-commit")
    log = mission.read_log().replace(b'"actor": "agent-one"', b'"actor": "agent-two"')
    mission.write_log(log, commit=False)
    assert recover(mission.repo)["lost_events"] == []
    assert found["event_id"].encode() in log


def test_a_copied_mission_with_the_same_id_gets_none_of_the_others_events(mission: Mission) -> None:
    repo = mission.repo
    move(repo, "WP01", "claimed")
    copy = f"{mission.directory}-copy"
    shutil.copytree(repo.path / mission.path, repo.path / "kitty-specs" / copy)
    log = repo.path / "kitty-specs" / copy / "status.events.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    repo.commit("copy the mission")
    assert recover(repo, "--mission", copy)["lost_events"] == []
    mission.write_log(b"".join(mission.read_log().splitlines(keepends=True)[:-1]))
    assert len(recover(repo, "--mission", mission.directory)["lost_events"]) == 1
