"""What is committed, judged where nobody commits: `check --all`, and the hook as a framework runs it in CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import records
from support.hooks import cli, cli_json, hook, hook_command
from support.judging import printed_codes
from support.missions import Mission, build_mission, many_missions
from support.repo import Repo


def as_framework(repo: Repo, old: str = "", new: str = "") -> tuple[int, list[str], str]:
    """Run the hook as `pre-commit run` does; return exit code, codes and all that was printed."""
    command = ["env", "-u", "GIT_INDEX_FILE", *hook_command("pre-commit")]
    refs = {"PRE_COMMIT_FROM_REF": old, "PRE_COMMIT_TO_REF": new} if old else {}
    ran = hook(repo, "pre-commit", command=command, env={"PRE_COMMIT": "1", **refs})
    return ran.returncode, printed_codes(ran.stderr), ran.stderr


def check_all(repo: Repo, code: int = 0) -> tuple[str, list[tuple[str, str]]]:
    """Return verdict and findings (code and severity) of `check --all`."""
    report = cli_json(repo, "check", "--all", code=code)
    return report["verdict"], [(found["diagnostic_code"], found["severity"]) for found in report["findings"]]


def damage(mission: Mission, line: bytes = b"not json\n") -> None:
    """Commit a line that cannot be read, past any hook."""
    mission.repo.append(mission.log_path, line)
    mission.repo.commit("damage", no_verify=True)


def double(mission: Mission) -> None:
    """Commit a second content for the last event id."""
    last = json.loads(mission.read_log().splitlines()[-1])
    damage(mission, records.line({**last, "actor": "somebody-else"}))


def test_sound_logs_pass_and_one_line_says_what_was_not_judged(mission: Mission) -> None:
    assert check_all(mission.repo) == ("pass", [])
    code, codes, said = as_framework(mission.repo)
    assert (code, codes, said.count("\n")) == (0, [], 1)
    assert f"pass: 1 event log at {mission.repo.head()[:8]}; " in said
    assert "not judged: ownership" in said


def test_a_repository_without_missions_is_none_of_our_business(repo: Repo) -> None:
    assert check_all(repo) == ("not_applicable", [])
    assert as_framework(repo) == (0, [], "")


def test_before_the_first_commit_there_is_nothing_to_judge(tmp_path: Path, repo: Repo) -> None:
    assert check_all(Repo.init(tmp_path / "new", repo.env, repo.clock)) == ("not_applicable", [])


def test_damage_that_no_change_adds_is_a_warning_with_a_way_to_look(mission: Mission) -> None:
    damage(mission)
    assert check_all(mission.repo) == ("pass", [("EVENT_LOG_UNREADABLE", "warn")])
    code, codes, said = as_framework(mission.repo)
    assert (code, codes) == (0, ["EVENT_LOG_UNREADABLE"])
    assert f"next: git log --oneline -- {mission.log_path}\n" in said
    assert "git restore" not in said
    assert mission.repo.ask("log", "--oneline", "--", mission.log_path).splitlines()[0].endswith("damage")


def test_one_id_with_two_contents_is_refused(mission: Mission) -> None:
    double(mission)
    assert check_all(mission.repo, code=1) == ("fail", [("EVENT_ID_CONFLICT", "block")])
    assert as_framework(mission.repo)[:2] == (1, ["EVENT_ID_CONFLICT"])


@pytest.mark.parametrize("kind", ["link", "directory"])
def test_a_log_that_is_no_file_is_refused(kind: str, mission: Mission) -> None:
    mission.repo.remove(mission.log_path)
    if kind == "link":
        mission.repo.symlink(mission.log_path, "meta.json")
    else:
        mission.repo.write(f"{mission.log_path}/inside", "x")
    mission.repo.commit("no file", no_verify=True)
    assert check_all(mission.repo, code=1) == ("fail", [("EVENT_LOG_UNREADABLE", "block")])


def test_every_mission_is_looked_at(mission: Mission) -> None:
    names = many_missions(mission.repo, 5)
    assert "6 event logs at " in cli(mission.repo, "check", "--all").stdout
    mission.repo.append(f"kitty-specs/{names[3]}/status.events.jsonl", b"<<<<<<< HEAD\n")
    mission.repo.commit("damage", no_verify=True)
    said = cli(mission.repo, "check", "--all").stdout
    assert printed_codes(said) == ["EVENT_LOG_UNREADABLE"]
    assert names[3] in said


def test_a_broken_policy_cannot_be_judged(repo: Repo) -> None:
    mission = build_mission(repo, {"lane-a": {"WP01": ["src/a/**"]}}, policy={"hooks": {"globb": "x"}})
    assert check_all(mission.repo, code=3) == ("cannot_judge", [("POLICY_INVALID", "block")])


def test_what_is_in_the_working_tree_alone_is_not_looked_at(mission: Mission) -> None:
    mission.repo.append(mission.log_path, b"not json\n")
    assert check_all(mission.repo) == ("pass", [])


def test_a_detached_head_in_a_shallow_clone_is_no_obstacle(mission: Mission, tmp_path: Path) -> None:
    double(mission)
    clone = mission.repo.clone(tmp_path / "shallow", "--depth=1")
    clone.checkout("HEAD", "--detach")
    assert as_framework(clone)[:2] == (1, ["EVENT_ID_CONFLICT"])


def test_a_staged_change_is_judged_and_not_the_whole(mission: Mission) -> None:
    double(mission)
    lane = mission.implement("WP01")
    lane.write("src/c/x.py", "x\n")
    lane.stage()
    code, codes, said = as_framework(lane)
    assert (code, codes) == (1, ["ACTIVE_WP_SCOPE_VIOLATION"])
    assert "what you staged is still staged" in said


def test_a_commit_through_the_framework_is_judged_as_any_commit(mission: Mission) -> None:
    damage(mission)
    ran = hook(mission.repo, "pre-commit", env={"PRE_COMMIT": "1"})
    assert (ran.returncode, ran.stderr) == (0, ""), "an empty commit adds nothing; the log's state is not its fault"


def test_without_a_framework_nothing_staged_is_nothing_to_say(mission: Mission) -> None:
    damage(mission)
    ran = hook(mission.repo, "pre-commit", command=["env", "-u", "GIT_INDEX_FILE", *hook_command("pre-commit")])
    assert (ran.returncode, ran.stderr) == (0, "")


# -- a range


def lose(mission: Mission) -> None:
    """Commit the log without its last event, past any hook."""
    kept = mission.read_log().splitlines(keepends=True)[:-1]
    mission.repo.write(mission.log_path, b"".join(kept))
    mission.repo.commit("lose", no_verify=True)


def test_a_range_that_removes_an_event_is_refused_and_the_remedy_shows_it(mission: Mission) -> None:
    lose(mission)
    code, codes, said = as_framework(mission.repo, "HEAD~1", "HEAD")
    assert (code, codes) == (1, ["EVENT_LOG_NOT_APPEND_ONLY"])
    assert "1 new commit of main at " in said
    step = next(line for line in said.splitlines() if "next: git diff" in line).partition("next: ")[2]
    assert mission.repo.git(*step.split()[1:]).stdout.count("\n-{") == 1


def test_a_range_that_adds_events_passes(mission: Mission) -> None:
    start = mission.repo.head()
    mission.walk("WP01", "in_progress")
    code, codes, said = as_framework(mission.repo, start, "HEAD")
    assert (code, codes) == (0, [])
    assert said.startswith("spec-kitty-hooks: pass: ")


def test_an_illegal_event_of_a_range_is_refused_and_an_older_one_is_not(mission: Mission) -> None:
    illegal = records.transition(
        "WP01",
        "planned",
        "approved",
        at=mission.clock.at(),
        event_id=mission.clock.ulid(),
        mission_slug=mission.directory,
        mission_id=mission.mission_id,
    )
    damage(mission, records.line(illegal))
    assert as_framework(mission.repo, "HEAD~1", "HEAD")[:2] == (1, ["EVENT_TRANSITION_ILLEGAL"])
    mission.repo.commit("more", allow_empty=True)
    assert as_framework(mission.repo, "HEAD~1", "HEAD")[0] == 0


def test_events_that_the_other_side_has_gained_meanwhile_are_not_lost(mission: Mission) -> None:
    mission.repo.branch("topic")
    mission.walk("WP01", "in_progress")
    mission.repo.commit_to("topic", {"src/a/new.py": "x\n"})
    assert as_framework(mission.repo, "main", "topic")[:2] == (0, [])


def test_a_removed_mission_is_seen_though_nothing_of_it_is_left(mission: Mission) -> None:
    mission.repo.git("rm", "-rq", "kitty-specs", ".kittify")
    mission.repo.commit("gone", no_verify=True)
    assert as_framework(mission.repo, "HEAD~1", "HEAD")[:2] == (1, ["EVENT_LOG_NOT_APPEND_ONLY"])


def test_a_range_that_begins_before_a_shallow_history_is_judged_as_far_as_it_can_be(
    mission: Mission, tmp_path: Path
) -> None:
    double(mission)
    start = mission.repo.resolve("HEAD~2")
    clone = mission.repo.clone(tmp_path / "shallow", "--depth=1")
    code, codes, said = as_framework(clone, start, "HEAD")
    assert (code, codes) == (1, ["SHALLOW_HISTORY", "EVENT_ID_CONFLICT"])
    assert "next: git fetch --unshallow" in said
    clone.git("fetch", "-q", "--unshallow")
    assert "SHALLOW_HISTORY" not in as_framework(clone, start, "HEAD")[1]


def test_cut_off_history_alone_is_cannot_judge_and_never_green(mission: Mission, tmp_path: Path) -> None:
    start = mission.repo.resolve("HEAD~1")
    clone = mission.repo.clone(tmp_path / "shallow", "--depth=1")
    assert as_framework(clone, start, "HEAD")[:2] == (3, ["SHALLOW_HISTORY"])


@pytest.mark.parametrize("revision", ["nowhere", "--output=planted", "-h", "HEAD:README.md", "x\ny"])
def test_a_revision_that_names_no_commit_is_wrong_usage(revision: str, mission: Mission) -> None:
    assert as_framework(mission.repo, revision, "HEAD")[0] == 2
    assert not mission.repo.exists("planted")


@pytest.mark.parametrize("options", [[], ["--all", "--staged"]])
def test_check_wants_to_know_what_to_judge(options: list[str], mission: Mission) -> None:
    assert cli(mission.repo, "check", *options).returncode == 2


def test_nothing_is_changed_by_looking(mission: Mission, untouched: Any) -> None:
    lose(mission)
    with untouched(mission.repo):
        as_framework(mission.repo)
        as_framework(mission.repo, "HEAD~1", "HEAD")
