"""`check` over a range: given by hand or by the variables of a CI job, in every format."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, cli_json
from support.judging import codes_of, valid
from support.missions import Mission
from support.repo import Repo

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"
REFUSED = [(SCOPE, "block")]
ZEROS = "0" * 40


@pytest.fixture
def lane(mission: Mission, tmp_path: Path) -> Repo:
    """lane-a's worktree, published and then one foreign commit ahead."""
    lane = mission.implement("WP01")
    lane.commit("own", files={"src/a/own.py": "x\n"})
    mission.repo.add_remote("origin", Repo.init(tmp_path / "origin.git", lane.env, lane.clock, "--bare"))
    mission.repo.push()
    lane.commit("foreign", files={"src/c/foreign.py": "x\n"}, no_verify=True)
    return lane


def event(tmp_path: Path, name: str, payload: Any) -> dict[str, str]:
    """Return the variables of a GitHub job for an event."""
    path = tmp_path / "event.json"
    path.write_text(json.dumps(payload))
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(path)}


def push_event(tmp_path: Path, lane: Repo, before: str, branch: str = "") -> dict[str, str]:
    ref = f"refs/heads/{branch or lane.current_branch()}"
    payload = {"ref": ref, "before": before, "after": lane.head(), "repository": {"default_branch": "main"}}
    return event(tmp_path, "push", payload)


def job(lane: Repo, tmp_path: Path, *args: str) -> Repo:
    """Publish the lane and return a job's clone of it, detached as CI services check out."""
    lane.push(lane.current_branch())
    clone = Repo(tmp_path / "origin.git", lane.env, lane.clock).clone(
        tmp_path / "job", f"--branch={lane.current_branch()}", *args
    )
    clone.checkout("HEAD", "--detach")
    return clone


# -- by hand


def test_a_range_is_judged_as_the_branch_that_ends_it(lane: Repo, mission: Mission) -> None:
    branch = lane.current_branch()
    for place, ends in ((lane, ()), (mission.repo, ("--to-ref", branch)), (lane, ("--to-ref", "HEAD"))):
        report = valid(place, "check", cli_json(place, "check", "--from-ref", f"origin/{branch}", *ends, code=1))
        assert codes_of(report) == REFUSED
        (finding,) = report["findings"]
        assert (finding["commit"], finding["work_package_id"]) == (lane.head(), "WP01")
    assert codes_of(cli_json(lane, "check", "--from-ref", "HEAD")) == []
    assert codes_of(cli_json(lane, "check", "--from-ref", "HEAD~2", "--to-ref", "HEAD~1")) == []


@pytest.mark.parametrize("scope", [("--staged",), ("--all",), ("--from-ref", "HEAD~1")])
def test_every_format_gives_the_same_exit_code_for_every_scope(scope: tuple[str, ...], lane: Repo) -> None:
    lane.write("src/c/staged.py", "x\n")
    lane.stage()
    ran = {form: cli(lane, "check", *scope, "--format", form) for form in ("text", "json", "github", "sarif")}
    assert {done.stderr for done in ran.values()} == {""}
    (code,) = {done.returncode for done in ran.values()}
    report = json.loads(ran["json"].stdout)
    assert (code, report["exit_code"]) == (0 if scope == ("--all",) else 1, code)
    (run,) = json.loads(ran["sarif"].stdout)["runs"]
    assert [result["ruleId"] for result in run["results"]] == [code for code, _ in codes_of(report)]
    assert run["properties"]["subject"] == report["subject"]
    assert ran["github"].stdout.splitlines()[-1] == ran["text"].stdout.splitlines()[-1]
    assert ran["github"].stdout.count("::error ") == len(report["findings"])


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--to-ref", "HEAD"),
        ("--staged", "--all"),
        ("--staged", "--from-ref", "HEAD~1"),
        ("--all", "--from-ref", "HEAD~1"),
        ("--staged", "--to-ref", "HEAD"),
    ],
)
def test_no_scope_or_more_than_one_is_wrong_usage(options: tuple[str, ...], lane: Repo) -> None:
    ran = cli(lane, "check", *options)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert all(word in ran.stderr for word in ("--staged", "--from-ref", "--all"))


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD^{tree}"])
def test_a_revision_that_is_no_commit_is_wrong_usage(revision: str, lane: Repo) -> None:
    for options in (("--from-ref", revision), ("--from-ref", "HEAD", "--to-ref", revision)):
        assert cli_json(lane, "check", *options, code=2)["diagnostic_code"] == "NO_SUCH_COMMIT"
    assert not lane.exists("x")


# -- in a CI job


def test_a_pull_request_of_github_names_the_range_and_the_branch(lane: Repo, tmp_path: Path) -> None:
    place = job(lane, tmp_path)
    base = {"ref": "main", "sha": place.resolve("origin/main")}
    head = {"ref": lane.current_branch(), "sha": lane.head()}
    env = event(tmp_path, "pull_request", {"pull_request": {"base": base, "head": head}})
    report = cli_json(place, "check", env=env, code=1)
    assert codes_of(report) == REFUSED
    assert report["subject"].startswith(f"2 new commits of {lane.current_branch()} at ")
    assert report["subject"].endswith("; the range that GitHub names")


def test_a_merge_request_of_gitlab_does_too(lane: Repo, tmp_path: Path) -> None:
    place = job(lane, tmp_path)
    env = {
        "GITLAB_CI": "true",
        "CI_COMMIT_SHA": lane.head(),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": lane.current_branch(),
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": lane.ask("merge-base", "HEAD", "main"),
    }
    report = cli_json(place, "check", env=env, code=1)
    assert codes_of(report) == REFUSED
    assert report["subject"].endswith("; the range that GitLab names")


def test_a_push_is_what_it_brought(lane: Repo, tmp_path: Path) -> None:
    place = job(lane, tmp_path)
    assert codes_of(cli_json(place, "check", env=push_event(tmp_path, lane, lane.resolve("HEAD~1")), code=1)) == REFUSED
    assert codes_of(cli_json(place, "check", env=push_event(tmp_path, lane, lane.head()))) == []


def test_a_new_branch_is_compared_with_the_default_branch(lane: Repo, tmp_path: Path) -> None:
    report = cli_json(job(lane, tmp_path), "check", env=push_event(tmp_path, lane, ZEROS), code=1)
    assert (codes_of(report), report["subject"][:13]) == (REFUSED, "2 new commits")


def test_a_before_that_a_force_push_took_away_is_said_in_the_subject(lane: Repo, tmp_path: Path) -> None:
    report = cli_json(job(lane, tmp_path), "check", env=push_event(tmp_path, lane, "d" * 40), code=1)
    assert codes_of(report) == REFUSED
    assert report["subject"].endswith(": compared with origin/main")


def test_of_the_default_branch_that_is_new_all_history_is_judged(mission: Mission, tmp_path: Path) -> None:
    env = push_event(tmp_path, mission.repo, ZEROS, "main")
    report = cli_json(mission.repo, "check", env=env)
    count = mission.repo.ask("rev-list", "--count", "HEAD")
    assert (report["verdict"], report["subject"].split()[0]) == ("pass", count)


def test_a_shallow_checkout_cannot_be_judged_and_says_how_to_get_the_history(lane: Repo, tmp_path: Path) -> None:
    place = job(lane, tmp_path, "--depth=1")
    env = push_event(tmp_path, lane, lane.resolve("HEAD~1"))
    report = cli_json(place, "check", env=env, code=3)
    (finding,) = report["findings"]
    assert (report["verdict"], finding["diagnostic_code"]) == ("cannot_judge", "SHALLOW_HISTORY")
    hint, step = finding["remediation"]
    assert "fetch-depth: 0" in hint
    done = subprocess.run(step, shell=True, cwd=place.path, env=place.env, check=False, capture_output=True)
    assert done.returncode == 0
    assert REFUSED[0] in codes_of(cli_json(place, "check", env=env, code=1))


def test_a_commit_that_the_checkout_has_not_got_cannot_be_judged(lane: Repo, tmp_path: Path) -> None:
    place = job(lane, tmp_path)
    payload = {"pull_request": {"base": {"ref": "main"}, "head": {"ref": "topic", "sha": "e" * 40}}}
    error = cli_json(place, "check", env=event(tmp_path, "pull_request", payload), code=3)
    assert error["diagnostic_code"] == "REMOTE_STATE_UNKNOWN"
    assert error["remediation"] == [f"git fetch origin {'e' * 40}"]


def test_what_is_asked_for_by_hand_comes_before_what_a_job_says(lane: Repo, tmp_path: Path) -> None:
    env = push_event(tmp_path, lane, lane.resolve("HEAD~1"))
    for scope in (("--staged",), ("--all",), ("--from-ref", "HEAD")):
        report = cli_json(lane, "check", *scope, env=env)
        assert (codes_of(report), "GitHub" in report["subject"]) == ([], False)


def test_a_job_about_no_range_has_to_say_what_it_wants(lane: Repo, tmp_path: Path) -> None:
    assert cli(lane, "check", env=event(tmp_path, "schedule", {"schedule": "0 0 * * *"})).returncode == 2


@pytest.mark.parametrize(
    ("env", "hint"), [({"GITHUB_ACTIONS": "true"}, "fetch-depth: 0"), ({"GITLAB_CI": "true"}, "GIT_DEPTH"), ({}, "")]
)
def test_a_shallow_job_that_names_its_range_itself_is_told_too(
    lane: Repo, tmp_path: Path, env: dict[str, str], hint: str
) -> None:
    place = job(lane, tmp_path, "--depth=1")
    report = cli_json(place, "check", "--from-ref", "origin/main", env=env, code=3)
    (finding,) = report["findings"]
    *hints, step = finding["remediation"]
    assert (finding["diagnostic_code"], step) == ("SHALLOW_HISTORY", "git fetch --unshallow")
    assert [hint in said for said in hints] == ([True] if hint else [])


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_two_formats_at_once_are_wrong_usage(lane: Repo, form: str) -> None:
    error = cli_json(lane, "check", "--staged", "--format", form, code=2)
    assert error["message"] == f"say one format: --json or --format {form}"
