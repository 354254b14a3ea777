"""`transition`: what reports success is in the log, committed, and reduces to the lane that was asked for."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from support.hooks import cli, cli_json, install_native
from support.judging import json_of, valid
from support.missions import Mission, build_mission
from support.plan import WorkPackage
from support.repo import Repo

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
ULID = "01KN23710000000000000000AB"
VERDICT = ("--evidence", "reviewer=agent-two", "--evidence", "reference=review-cycle://x/WP01/review-cycle-1.md")


@pytest.fixture
def mission(repo: Repo) -> Mission:
    return build_mission(repo, LANES)


def move(place: Repo, wp_id: str, to: str, *args: str, code: int = 0, **options: Any) -> Any:
    found = cli_json(place, "transition", wp_id, "--to", to, "--actor", "agent-one", *args, code=code, **options)
    return valid(place, "transition-failed" if code else "transition", found)


def refuse(mission: Mission, code: str, *args: str, exit_code: int = 1) -> Any:
    """Require that a transition is refused with a code, and that not a byte of log and index changed."""
    before = (mission.read_log(), mission.repo.git("ls-files", "-s").stdout, mission.repo.refs())
    found = move(mission.repo, *args, code=exit_code)
    assert found["diagnostic_code"] == code, found
    assert found["violated_invariant"] or code == "USAGE"
    assert found["remediation"]
    assert (mission.read_log(), mission.repo.git("ls-files", "-s").stdout, mission.repo.refs()) == before
    return found


def lane(place: Repo, mission: Mission, wp_id: str) -> str:
    packages = cli_json(place, "status", mission.directory)["missions"][mission.directory]["work_packages"]
    return str(packages[wp_id]["lane"])


def committed(mission: Mission, revision: str = "main") -> list[dict[str, Any]]:
    return [json.loads(line) for line in mission.repo.show(revision, mission.log_path).splitlines()]


@pytest.mark.blocker(945)
def test_success_tells_what_was_written_and_where_and_commits_exactly_the_log(mission: Mission) -> None:
    head = mission.repo.head()
    found = move(mission.repo, "WP01", "claimed")
    assert (found["outcome"], found["from_lane"], found["to_lane"]) == ("ACK", "planned", "claimed")
    assert found["status_events_path"] == str(mission.repo.path / mission.log_path)
    assert (found["branch"], found["diagnostics"]) == ("main", [])
    last = committed(mission)[-1]
    assert (last["event_id"], last["wp_id"], last["actor"]) == (found["event_id"], "WP01", "agent-one")
    assert mission.repo.head() == found["commit"] != head
    changed = mission.repo.ask("diff", "--name-only", head, "HEAD").splitlines()
    assert changed == [mission.log_path, f"{mission.path}/status.json"]
    assert lane(mission.repo, mission, "WP01") == "claimed"
    assert mission.repo.git("status", "--porcelain").stdout == ""


def test_success_is_two_lines_for_a_person(mission: Mission) -> None:
    ran = cli(mission.repo, "transition", "WP01", "--to", "claimed", "--actor", "agent-one", "--event-id", ULID)
    first, second = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert first == "WP01: planned -> claimed by agent-one"
    assert second.startswith(f"  event {ULID} in {mission.repo.path / mission.log_path}, committed as ")


@pytest.mark.blocker(945)
def test_a_failure_names_mission_work_package_lane_and_path(mission: Mission) -> None:
    found = refuse(mission, "TRANSITION_ILLEGAL", "WP01", "approved", "--event-id", ULID)
    assert found["mission"] == mission.directory
    assert (found["work_package_id"], found["requested_lane"]) == ("WP01", "approved")
    assert (found["status_events_path"], found["event_id"]) == (mission.log_path, ULID)
    ran = cli(mission.repo, "transition", "WP01", "--to", "approved", "--actor", "agent-one")
    for word in ("WP01 -> approved", mission.log_path, "TRANSITION_ILLEGAL", "WP01 is in planned", "next: "):
        assert word in ran.stderr


@pytest.mark.blocker(945)
@pytest.mark.parametrize("topology", ["lanes", "single_branch", "coord", "lanes_with_coord"])
def test_it_works_from_the_primary_checkout_a_lane_and_a_subdirectory(repo: Repo, topology: str) -> None:
    mission = build_mission(repo, LANES, topology=topology)
    place = mission.start_lane("lane-a")
    branch = mission.log_branch
    assert move(repo, "WP01", "claimed")["branch"] == branch
    assert move(place, "WP01", "in_progress")["branch"] == branch
    (place.path / "src" / "deep").mkdir(parents=True, exist_ok=True)
    assert move(place, "WP02", "claimed", cwd=place.path / "src" / "deep")["branch"] == branch
    lanes = [(event["wp_id"], event["to_lane"]) for event in committed(mission, branch)[-3:]]
    assert lanes == [("WP01", "claimed"), ("WP01", "in_progress"), ("WP02", "claimed")]
    assert place.git("status", "--porcelain", "--", "kitty-specs").stdout == ""
    assert repo.git("status", "--porcelain", "--", "kitty-specs").stdout == ""


def test_a_log_that_is_checked_out_nowhere_is_written_as_a_commit(repo: Repo) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    mission.remove_coordination_worktree()
    tip = repo.resolve(mission.coordination_branch)
    found = move(repo, "WP01", "claimed")
    assert (found["branch"], found["status_events_path"]) == (mission.coordination_branch, mission.log_path)
    assert repo.ask("rev-parse", f"{found['commit']}^") == tip
    assert committed(mission, mission.coordination_branch)[-1]["event_id"] == found["event_id"]
    assert repo.git("status", "--porcelain").stdout == ""
    again = move(repo, "WP01", "claimed", "--event-id", found["event_id"])
    assert (again["outcome"], again["commit"]) == ("ALREADY", found["commit"])


def test_a_branch_that_is_checked_out_nowhere_takes_no_uncommitted_event(repo: Repo) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    mission.remove_coordination_worktree()
    found = move(repo, "WP01", "claimed", "--no-commit", code=1)
    assert found["diagnostic_code"] == "EVENT_LOG_OUT_OF_REACH"
    assert found["remediation"] == [f"git worktree add DIR {mission.coordination_branch}", "or leave out --no-commit"]


def test_a_branch_that_only_the_remote_has_is_made_here(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, LANES, topology="coord")
    clone = repo.clone(tmp_path / "clone")
    found = move(clone, "WP01", "claimed")
    assert clone.resolve(mission.coordination_branch) == found["commit"]
    assert clone.ask("rev-parse", f"{found['commit']}^") == clone.resolve(f"origin/{mission.coordination_branch}")


def test_what_else_is_staged_stays_staged_and_the_next_commit_takes_nothing_back(mission: Mission) -> None:
    repo = mission.repo
    repo.write("other.txt", "staged\n")
    repo.git("add", "other.txt")
    found = move(repo, "WP01", "claimed")
    assert repo.git("status", "--porcelain").stdout == "A  other.txt\n"
    repo.commit("other", paths=[])
    assert committed(mission)[-1]["event_id"] == found["event_id"]
    assert repo.ask("diff", "--name-only", "HEAD^", "HEAD") == "other.txt"


def test_without_commit_the_event_is_appended_and_status_says_so(mission: Mission) -> None:
    head = mission.repo.head()
    found = move(mission.repo, "WP01", "claimed", "--no-commit")
    assert (found["commit"], mission.repo.head()) == (None, head)
    status = cli_json(mission.repo, "status", mission.directory)["missions"][mission.directory]
    assert (status["uncommitted"], status["work_packages"]["WP01"]["uncommitted"]) == (1, 1)
    assert "appended, not committed" in cli(mission.repo, "status", mission.directory).stdout
    kept = move(mission.repo, "WP01", "claimed", "--event-id", found["event_id"])
    assert kept["outcome"] == "ALREADY"
    assert committed(mission)[-1]["event_id"] == found["event_id"]


@pytest.mark.parametrize("args", [(), ("--no-commit",)])
def test_the_same_event_id_adds_nothing_twice(mission: Mission, args: tuple[str, ...]) -> None:
    move(mission.repo, "WP01", "claimed", "--event-id", ULID, *args)
    log = mission.read_log()
    again = move(mission.repo, "WP01", "claimed", "--event-id", ULID, *args)
    assert (again["outcome"], mission.read_log()) == ("ALREADY", log)


def test_an_event_id_that_stands_for_something_else_is_a_conflict(mission: Mission) -> None:
    move(mission.repo, "WP01", "claimed", "--event-id", ULID)
    refuse(mission, "EVENT_ID_CONFLICT", "WP02", "claimed", "--event-id", ULID)
    refuse(mission, "EVENT_ID_CONFLICT", "WP01", "claimed", "--event-id", ULID, "--reason", "another")


def test_an_expected_lane_that_is_not_the_current_one_is_refused(mission: Mission) -> None:
    assert move(mission.repo, "WP01", "claimed", "--expect", "planned")["outcome"] == "ACK"
    found = refuse(mission, "LANE_MOVED", "WP01", "blocked", "--expect", "planned")
    assert "WP01 is in claimed since" in found["message"]
    assert "by agent-one, not in planned" in found["message"]


def test_every_guard_is_asked_for_and_met(repo: Repo) -> None:
    packages = [WorkPackage(wp_id="WP01", owned_files=["src/a/**"], subtasks=("T001",))]
    mission = build_mission(repo, {"lane-a": packages})
    move(repo, "WP01", "claimed")
    found = refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "in_progress")
    assert found["remediation"] == [f"spec-kitty-hooks start WP01 --mission {mission.directory}"]
    place = mission.start_lane("lane-a")
    move(repo, "WP01", "in_progress")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "planned")
    assert "T001" in refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "for_review")["message"]
    mission.annotate("WP01", subtasks={"T001": "done"})
    assert "no commit of its own" in refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "for_review")["message"]
    place.commit("work", files={"src/a/x.py": "x\n"})
    move(repo, "WP01", "for_review")
    assert committed(mission)[-1]["review_ref"] is None
    move(repo, "WP01", "in_review", "--actor", "agent-two")
    assert committed(mission)[-1]["review_ref"] == "action-review-claim"
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "approved")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "approved", *VERDICT, "--evidence", "verdict=changes_requested")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "in_progress", *VERDICT, "--evidence", "verdict=approved")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "approved", *VERDICT, "--evidence", "verdict=fine")
    move(repo, "WP01", "approved", *VERDICT, "--evidence", "verdict=approved")
    last = committed(mission)[-1]
    assert last["evidence"]["review"] == last["review_result"]
    assert last["review_ref"] == last["review_result"]["reference"]
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "planned")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "done")
    move(repo, "WP01", "done", *VERDICT, "--evidence", "verdict=approved")
    refuse(mission, "TRANSITION_ILLEGAL", "WP01", "planned")
    refuse(mission, "TRANSITION_GUARD_UNMET", "WP01", "planned", "--force")
    assert move(repo, "WP01", "planned", "--force", "--reason", "reopened")["from_lane"] == "done"


def test_a_cancellation_says_that_a_person_gave_the_reason(mission: Mission) -> None:
    move(mission.repo, "WP01", "canceled", "--reason", "not needed")
    assert committed(mission)[-1]["reason_source"] == "operator"
    assert refuse(mission, "TRANSITION_ILLEGAL", "WP01", "genesis", "--force", "--reason", "x")


def test_a_clock_that_was_set_back_cannot_reorder_a_chain(mission: Mission) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    mission.transition("WP01", "claimed", at=ahead)
    found = move(mission.repo, "WP01", "blocked")
    assert found["at"] > ahead
    assert lane(mission.repo, mission, "WP01") == "blocked"
    note = found["diagnostics"][0]
    assert (note["diagnostic_code"], note["severity"]) == ("EVENT_FROM_FUTURE", "note")
    assert move(mission.repo, "WP02", "claimed")["diagnostics"] == []


def test_an_event_over_a_day_ahead_is_refused(mission: Mission) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=25)
    mission.transition("WP01", "claimed", at=ahead.isoformat())
    refuse(mission, "EVENT_FROM_FUTURE", "WP01", "blocked")
    mission.transition("WP02", "claimed", at="zzz")
    refuse(mission, "EVENT_FROM_FUTURE", "WP02", "blocked")


def test_a_stale_log_is_never_written_to(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, LANES)
    clone = repo.clone(tmp_path / "clone")
    mission.walk("WP01", "claimed")
    clone.git("fetch", "-q", env={"GIT_ALLOW_PROTOCOL": "file"})
    found = move(clone, "WP02", "claimed", code=1)
    assert found["diagnostic_code"] == "EVENT_LOG_STALE"
    command, last = found["remediation"]
    assert (command, last) == (f"git -C {clone.path} merge --ff-only origin/main", "then run this again")
    clone.git(*command.split()[1:])
    assert move(clone, "WP02", "claimed")["outcome"] == "ACK"


def test_two_diverged_clones_decide_over_the_events_of_both(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, LANES)
    clone = repo.clone(tmp_path / "clone")
    move(clone, "WP02", "claimed")
    mission.walk("WP01", "claimed")
    clone.git("fetch", "-q", env={"GIT_ALLOW_PROTOCOL": "file"})
    found = move(clone, "WP01", "claimed", code=1)
    assert (found["diagnostic_code"], "is in claimed" in found["message"]) == ("TRANSITION_ILLEGAL", True)
    assert move(clone, "WP01", "blocked")["outcome"] == "ACK"


def test_a_clone_without_the_branch_of_the_log_says_how_to_get_it(repo: Repo, tmp_path: Path) -> None:
    mission = build_mission(repo, LANES)
    mission.start_lane("lane-a")
    clone = repo.clone(tmp_path / "one", "--single-branch", "--branch", mission.lane_branch("lane-a"))
    found = move(clone, "WP01", "claimed", code=1)
    assert found["diagnostic_code"] == "EVENT_LOG_OUT_OF_REACH"
    clone.git(*found["remediation"][0].split()[1:])
    assert move(clone, "WP01", "claimed")["branch"] == "main"


Spoiler = Callable[[Path], object]


def _replace(log: Path, make: Callable[[Path], object]) -> None:
    log.rename(log.with_name("other"))
    make(log)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda log: log.write_bytes(b"not JSON\n" + log.read_bytes()), "EVENT_LOG_UNREADABLE"),
        (lambda log: log.write_bytes(log.read_bytes() + b'{"actor": "x'), "EVENT_LOG_UNREADABLE"),
        (lambda log: _replace(log, lambda path: path.symlink_to("other")), "EVENT_LOG_UNREADABLE"),
        (lambda log: _replace(log, os.mkfifo), "EVENT_LOG_UNREADABLE"),
        (lambda log: _replace(log, Path.mkdir), "EVENT_LOG_UNREADABLE"),
        (lambda log: log.with_name("other").hardlink_to(log), "STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED"),
        (lambda log: log.write_bytes(b"".join(log.read_bytes().splitlines(True)[:-1])), "EVENT_LOG_SURFACES_DISAGREE"),
    ],
    ids=["damage in the middle", "torn tail", "link", "fifo", "directory", "second name", "events taken out"],
)
def test_a_log_that_cannot_be_trusted_is_refused_and_left_as_it_is(mission: Mission, spoil: Spoiler, code: str) -> None:
    log = mission.repo.path / mission.log_path
    spoil(log)
    before = log.read_bytes() if log.is_file() else b""
    found = move(mission.repo, "WP01", "claimed", code=1)
    assert found["diagnostic_code"] == code
    assert (log.read_bytes() if log.is_file() else b"") == before
    if code == "EVENT_LOG_UNREADABLE" and log.is_file() and not log.is_symlink():
        assert "line " in found["message"]


def test_a_last_line_without_its_newline_is_no_damage(mission: Mission) -> None:
    log = mission.repo.path / mission.log_path
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    move(mission.repo, "WP01", "claimed")
    assert log.read_bytes().endswith(b"}\n")
    assert all(json.loads(line) for line in log.read_bytes().splitlines())


def test_a_full_disk_is_refused_and_nothing_is_left_behind(
    mission: Mission, file_size_limit: Callable[[int], AbstractContextManager[None]]
) -> None:
    log = mission.repo.path / mission.log_path
    before = log.read_bytes()
    with file_size_limit(len(before) + 40):
        found = move(mission.repo, "WP01", "claimed", code=1)
    assert found["diagnostic_code"] == "STATUS_EVENT_PERSISTENCE_VERIFICATION_FAILED"
    assert log.read_bytes() == before


def usage(mission: Mission, *args: str) -> CompletedProcess[str]:
    log = mission.read_log()
    ran = cli(mission.repo, "transition", *args)
    assert (ran.returncode, ran.stdout, mission.read_log()) == (2, "", log)
    assert "Traceback" not in ran.stderr
    return ran


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--to", "finished"), "--to finished is no lane"),
        (("--to", "claimed", "--expect", "x"), "--expect x is no lane"),
        (("--to", "claimed", "--actor", " "), "an event names its actor"),
        (("--to", "claimed", "--actor", "a\x1b[31m"), "the actor has a character that cannot be shown"),
        (("--to", "claimed", "--actor", "a" * 201), "the actor has 201 characters"),
        (("--to", "claimed", "--reason", "a\x07b"), "the reason has a character"),
        (("--to", "claimed", "--reason", "a" * 16385), "the reason has 16385 characters"),
        (("--to", "claimed", "--event-id", "short"), "--event-id short is no ULID"),
        (("--to", "claimed", "--evidence", "x"), "--evidence x is not understood"),
        (("--to", "claimed", "--evidence", "who=x"), "--evidence who=x is not understood"),
        (("--to", "claimed", "--mission", "nothing"), "there is no mission nothing"),
    ],
)
def test_wrong_usage_gets_one_clear_message(mission: Mission, args: tuple[str, ...], said: str) -> None:
    assert said in usage(mission, "WP01", *args).stderr


def test_an_unknown_work_package_lists_the_known_ones(mission: Mission) -> None:
    found = refuse(mission, "WORK_PACKAGE_UNKNOWN", "WP09", "claimed")
    assert found["message"] == f"{mission.directory} has no work package WP09; it has WP01, WP02"


def test_an_ambiguous_handle_lists_the_candidates_and_is_not_not_found(mission: Mission) -> None:
    other = build_mission(mission.repo, LANES, slug="csv-export")
    ran = cli(mission.repo, "transition", "WP01", "--to", "claimed", "--mission", "csv-export", "--json")
    found = json_of(ran.stdout)
    assert (ran.returncode, found["diagnostic_code"]) == (2, "MISSION_AMBIGUOUS_SELECTOR")
    assert mission.directory in found["message"]
    assert other.directory in found["message"]


def test_nobody_is_made_up_as_the_actor(mission: Mission) -> None:
    env = {"SPEC_KITTY_ACTOR": "agent-seven"}
    found = cli_json(mission.repo, "transition", "WP01", "--to", "claimed", env=env)
    assert found["actor"] == "agent-seven"
    named = cli_json(mission.repo, "transition", "WP02", "--to", "claimed")
    assert named["actor"] == mission.repo.ask("var", "GIT_AUTHOR_IDENT").rpartition(" <")[0]


def test_a_merge_in_progress_keeps_the_event_out_of_a_commit_and_says_so(mission: Mission) -> None:
    repo = mission.repo
    repo.git("checkout", "-q", "-b", "side")
    repo.commit("side", files={"x.txt": "side\n"})
    repo.checkout("main")
    repo.commit("main", files={"x.txt": "main\n"})
    repo.git("merge", "-q", "side", check=False)
    head = repo.head()
    found = move(repo, "WP01", "claimed")
    assert (found["outcome"], found["commit"], repo.head()) == ("ACK", None, head)
    problem = found["diagnostics"][0]
    assert problem["diagnostic_code"] == "EVENT_NOT_COMMITTED"
    assert "a merge is in progress" in problem["message"]
    repo.write("x.txt", "both\n")
    repo.git("add", "x.txt")
    for step in problem["remediation"]:
        repo.git(*shlex.split(step)[1:], env={"GIT_EDITOR": "true"})
    assert committed(mission)[-1]["event_id"] == found["event_id"]
    assert repo.git("status", "--porcelain").stdout == ""


def test_without_an_identity_the_event_is_appended_and_the_commands_commit_it(mission: Mission) -> None:
    repo = mission.repo
    nobody = {f"GIT_{who}_{what}": "" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**nobody, "EMAIL": "", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.useConfigOnly"}
    found = move(repo, "WP01", "claimed", env={**env, "GIT_CONFIG_VALUE_0": "true"})
    assert (found["outcome"], found["commit"]) == ("ACK", None)
    problem = found["diagnostics"][0]
    assert "git config user.name 'Your Name'" in problem["remediation"]
    for command in problem["remediation"][-2:]:
        repo.git(*shlex.split(command)[1:])
    assert committed(mission)[-1]["event_id"] == found["event_id"]


def test_no_hook_runs_and_nothing_is_signed(mission: Mission) -> None:
    repo = mission.repo
    canary = repo.path.parent / "canary"
    program = repo.path.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {canary}\nexit 1\n")
    program.chmod(0o755)
    hooks = install_native(repo, ("pre-commit", "commit-msg", "post-commit"), command=[str(program)], watched=False)
    (hooks / "reference-transaction").symlink_to(program)
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "gpg.program", str(program))
    assert move(repo, "WP01", "claimed")["commit"]
    assert not canary.exists()


def test_the_hooks_accept_what_transition_commits_and_what_follows(mission: Mission) -> None:
    place = mission.start_lane("lane-a")
    install_native(mission.repo)
    move(mission.repo, "WP01", "claimed")
    move(place, "WP01", "in_progress")
    assert place.try_commit("--allow-empty").returncode == 0
    place.write("src/a/x.py", "x\n")
    place.git("add", "src/a/x.py")
    assert place.try_commit().returncode == 0
    place.write("src/b/x.py", "x\n")
    place.git("add", "src/b/x.py")
    assert "ACTIVE_WP_SCOPE_VIOLATION" in place.try_commit().stderr


def test_the_help_shows_every_edge_of_the_lane_machine(repo: Repo) -> None:
    from spec_kitty_hooks.model import lanes

    text = cli(repo, "transition", "--help").stdout
    machine = cli_json(repo, "schema", "lane-machine")
    assert [(edge["from"], edge["to"]) for edge in machine["edges"]] == list(lanes.EDGES)
    for (start, end), needs in lanes.EDGES.items():
        block = text[text.index(f"  {start} ->") :]
        line = next(line for line in block.splitlines() if end in line.split())
        assert [word.strip(",") for word in line.split()[-len(needs) :] if needs] == list(needs)
