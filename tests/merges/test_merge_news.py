"""What is told after a merge: at most ten lines, mine first, the newest first; crossed claims; merged lanes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from support.hooks import cli, hook, judge
from support.merges import Meeting, broken, meet, run
from support.missions import build_mission, many_missions
from support.repo import Repo

import spec_kitty_hooks
from spec_kitty_hooks.aftermath import look_back
from spec_kitty_hooks.git.passage import read_merged
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.git.reader import GitObject
from spec_kitty_hooks.mission.registry import ROOT

PULL = ("pull", "-q", "--no-edit")
MORE = "... and 5 more: spec-kitty-hooks status"


@pytest.fixture
def crowd(repo: Repo, tmp_path: Path) -> Meeting:
    """A mission with fourteen work packages."""
    owned = {f"WP{number:02}": [f"src/{number}/**"] for number in range(1, 15)}
    return meet(build_mission(repo, {"lane-a": owned}), tmp_path)


def test_of_many_changes_ten_lines_are_told_the_newest_first(crowd: Meeting) -> None:
    for number in range(1, 15):
        crowd.append(crowd.other, f"WP{number:02}", "planned", "claimed")
    crowd.other.push("main")
    said = run(crowd.repo, *PULL, "--ff-only")
    assert len(said.news) == 10
    assert said.news[0] == "WP14: planned → claimed by codex"
    assert said.news[-1] == MORE
    assert cli(crowd.repo, *MORE.partition(": spec-kitty-hooks ")[2].split()).returncode == 0


def test_what_is_mine_comes_first(crowd: Meeting) -> None:
    crowd.append(crowd.other, "WP01", "planned", "claimed", actor="Committer")
    crowd.append(crowd.other, "WP02", "planned", "claimed", actor="me")
    crowd.append(crowd.other, "WP03", "planned", "claimed")
    crowd.other.push("main")
    crowd.repo.git("config", "user.name", "Committer")
    done = crowd.repo.git(*PULL, "--ff-only", env={"SPEC_KITTY_ACTOR": "me"})
    told = [line.partition(": ")[2].partition(":")[0] for line in done.stderr.splitlines()]
    assert told == ["WP02", "WP01", "WP03"]


def test_changes_are_told_net(meeting: Meeting) -> None:
    meeting.theirs()
    meeting.theirs("WP02", "claimed", "in_progress")
    meeting.theirs("WP03")
    meeting.theirs("WP03", "claimed", "planned")
    said = run(meeting.repo, *PULL, "--ff-only")
    assert said.news == ("WP02: planned → in_progress by codex",)


def test_several_missions_are_told_apart_and_a_new_one_by_its_size(meeting: Meeting) -> None:
    second = build_mission(meeting.repo.at(meeting.other.path), {"lane-a": {"WP01": ["lib/**"]}}, slug="second")
    meeting.other.push("main")
    meeting.theirs()
    said = run(meeting.repo, *PULL, "--ff-only")
    names = meeting.mission.directory, second.directory
    assert said.news == (f"{names[0]} WP02: planned → claimed by codex", f"{names[1]} 1 new work package planned")


def test_of_a_hundred_missions_only_the_changed_ones_are_read(meeting: Meeting) -> None:
    names = many_missions(meeting.other, 100)
    meeting.other.push("main")
    meeting.repo.git("-c", "core.hooksPath=/dev/null", "pull", "-q")
    meeting.theirs()
    meeting.append(meeting.other, "WP03", "planned", "claimed")
    meeting.repo.git("-c", "core.hooksPath=/dev/null", "pull", "-q")
    asked: list[str] = []
    with Git.open(os.fsencode(meeting.repo.path), meeting.repo.env, hook=False) as git:
        read = git.read_many

        def note(specs: Iterable[bytes | str], *rest: Any, **options: Any) -> tuple[GitObject | None, ...]:
            wanted = list(specs)
            asked.extend(map(str, wanted))
            return read(wanted, *rest, **options)

        git.read_many = note  # type: ignore[method-assign]
        passage = read_merged(git, ROOT)
        assert passage is not None
        assert len(look_back(git, passage, meeting.repo.env, 0.0).moved) == 1
    assert any(meeting.mission.directory in spec for spec in asked)
    assert not [spec for spec in asked if any(name in spec for name in names)]


def test_names_from_a_log_reach_the_terminal_escaped(meeting: Meeting) -> None:
    meeting.theirs(actor="\x1b[31mred")
    said = run(meeting.repo, *PULL, "--ff-only")
    assert "\x1b" not in said.text
    assert "\\x1b[31mred" in said.text


def claim_twice(meeting: Meeting) -> None:
    """Let both clones claim WP02, and let git unite the logs."""
    meeting.unite()
    meeting.theirs()
    meeting.mine("WP02", actor="agent-one")


def test_two_clones_that_claimed_the_same_work_package_are_told(meeting: Meeting) -> None:
    claim_twice(meeting)
    said = run(meeting.repo, *PULL, "--no-rebase")
    assert (said.code, said.codes) == (0, ("WP_CLAIMED_TWICE",)), said.text
    assert "by codex at" in said.text
    assert "by agent-one at" in said.text
    assert said.text.count("WP_CLAIMED_TWICE") == 1
    assert "claimed" in cli(meeting.repo, *said.step("spec-kitty-hooks log").split()[1:]).stdout
    assert cli(meeting.repo, *said.step("spec-kitty-hooks status").split()[1:]).returncode == 0


def test_a_crossed_claim_that_was_settled_is_not_told(meeting: Meeting) -> None:
    claim_twice(meeting)
    meeting.mission.transition("WP02", "planned", commit=True, force=True)
    said = run(meeting.repo, *PULL, "--no-rebase")
    assert (said.code, said.codes) == (0, ()), said.text


def test_claims_that_crossed_elsewhere_are_told_at_the_pull(meeting: Meeting) -> None:
    meeting.theirs()
    meeting.append(meeting.other, "WP02", "planned", "claimed", actor="agent-three")
    meeting.other.push("main")
    said = run(meeting.repo, *PULL, "--ff-only")
    assert (said.code, said.codes) == (0, ("WP_CLAIMED_TWICE",)), said.text


def test_drift_that_a_merge_made_is_told_once(repo: Repo, tmp_path: Path) -> None:
    packages = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}}
    meeting = meet(build_mission(repo, packages, status_json=True), tmp_path)
    meeting.theirs()
    said = run(meeting.repo, *PULL, "--ff-only")
    assert (said.codes, len(said.news)) == (("STATUS_SNAPSHOT_DRIFT",), 1), said.text
    meeting.theirs("WP02", "claimed", "in_progress")
    assert run(meeting.repo, *PULL, "--ff-only").codes == ()


@pytest.mark.parametrize("options", [(), ("--no-ff",)])
def test_a_lane_that_the_target_contains_now_is_told(meeting: Meeting, options: tuple[str, ...]) -> None:
    lane = meeting.mission.implement("WP01")
    meeting.mission.start_lane("lane-b")
    lane.commit("work", files={"src/a/x.py": "x\n"})
    meeting.mission.walk("WP01", "approved")
    lane.git("-c", "core.hooksPath=/dev/null", "merge", "-q", "--no-edit", "main")
    said = run(meeting.repo, "merge", "-q", "--no-edit", *options, meeting.mission.lane_branch("lane-a"))
    assert (said.code, said.codes) == (0, ()), said.text
    assert said.news == ("lane-a is contained in main now (WP01 approved, WP02 planned)",)


def test_the_hooks_change_nothing_and_always_pass(meeting: Meeting) -> None:
    meeting.theirs()
    meeting.repo.git("-c", "core.hooksPath=/dev/null", "pull", "-q")
    for name, words in (("post-merge", ("0",)), ("post-merge", ()), ("post-rewrite", ("rebase",))):
        ran = judge(meeting.repo, name, *words)
        assert ran.returncode == 0
        assert "WP02: planned" in ran.stderr
        assert not ran.stdout
    for name, words in (("post-merge", ("1",)), ("post-rewrite", ("amend",)), ("post-rewrite", ())):
        ran = judge(meeting.repo, name, *words)
        assert (ran.returncode, ran.stderr) == (0, "")


def test_a_framework_that_keeps_the_arguments_is_understood(meeting: Meeting) -> None:
    meeting.theirs()
    meeting.repo.git("-c", "core.hooksPath=/dev/null", "pull", "-q")
    assert not hook(meeting.repo, "post-merge", env={"PRE_COMMIT_IS_SQUASH_MERGE": "1"}).stderr
    assert hook(meeting.repo, "post-merge", env={"PRE_COMMIT_IS_SQUASH_MERGE": "0"}).stderr
    assert hook(meeting.repo, "post-rewrite", env={"PRE_COMMIT_REWRITE_COMMAND": "rebase"}).stderr
    assert not hook(meeting.repo, "post-rewrite", env={"PRE_COMMIT_REWRITE_COMMAND": "amend"}).stderr


def test_what_cannot_be_judged_is_said_and_passes(tmp_path: Path, repo: Repo) -> None:
    place = tmp_path / "nowhere"
    place.mkdir()
    ran = hook(repo, "post-merge", "0", env={"GIT_DIR": str(place)})
    assert ran.returncode == 0
    assert "cannot judge: REPOSITORY_UNSUPPORTED" in ran.stderr


@pytest.mark.unmeasured  # a copy of the package
@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("find_double_claims = lambda *_rest: ()", "WP_CLAIMED_TWICE"),
        ("compare = lambda path, mission, **_rest: LogChange(path=path, mission=mission)", "WP_CLAIMED_TWICE"),
    ],
)
def test_a_hook_that_overlooks_crossed_claims_is_caught(meeting: Meeting, line: str, seen: str, tmp_path: Path) -> None:
    package = Path(spec_kitty_hooks.__file__).parent
    shutil.copytree(package, tmp_path / "broken" / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "broken" / package.name / "mission" / "logchange.py").open("a") as file:
        file.write(f"\n{line}\n")
    claim_twice(meeting)
    with broken(meeting.repo, tmp_path / "broken"):
        assert seen not in run(meeting.repo, *PULL, "--no-rebase").codes
