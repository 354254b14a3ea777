"""Every next step that `preflight` offers for reviews and readiness is taken, and shown to help."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.diverging import share
from support.missions import Mission
from support.nursery import transplant
from support.ready import find, leave_merge, make_ready, shell, work

from spec_kitty_hooks import catalog
from spec_kitty_hooks.catalog.preflight import PREFLIGHT_ROWS
from spec_kitty_hooks.catalog.review import REVIEW_ROWS

#: What only tells: it has to run, and changes nothing.
INFORMING = ("git show ", "spec-kitty-hooks log ", "spec-kitty-hooks status ", "spec-kitty-hooks where ")
COMMANDS = ("git ", "spec-kitty-hooks ")
#: Builds a scene in which a code is found, from a mission that is ready; `place` is for what lies beside it.
Scene = Callable[[Mission, Path], None]
SCENES: dict[str, list[Scene]] = {}


def scene(code: str) -> Callable[[Scene], Scene]:
    """Say that a function builds a scene in which `code` is found."""

    def note(build: Scene) -> Scene:
        SCENES.setdefault(code, []).append(build)
        return build

    return note


# -- reviews


@scene("REJECTED_REVIEW_ARTIFACT_CONFLICT")
def forced_through(mission: Mission, _place: Path) -> None:
    mission.transition("WP03", "in_progress")
    mission.walk("WP03", "in_review")
    mission.transition("WP03", "in_progress")
    mission.transition("WP03", "approved", force=True, reason="ship it")


@scene("REJECTED_REVIEW_ARTIFACT_CONFLICT")
def forced_through_to_the_end(mission: Mission, place: Path) -> None:
    forced_through(mission, place)
    mission.transition("WP03", "done", force=True, reason="shipped")


@scene("REVIEW_APPROVAL_STALE")
def changed_after_its_review(mission: Mission, _place: Path) -> None:
    mission.lane_worktree("lane-b").commit("late", files={"src/c/late.py": ""}, no_verify=True)


@scene("REVIEW_ARTIFACT_SCHEMA_INVALID")
def with_a_broken_artifact(mission: Mission, _place: Path) -> None:
    mission.review_cycle("WP03", 2, content="---\nverdict: [\n---\n")


@scene("REVIEW_ARTIFACT_SEQUENCE_GAP")
def with_a_gap(mission: Mission, _place: Path) -> None:
    mission.review_cycle("WP03", 3)


@scene("REVIEW_APPROVAL_UNEVIDENCED")
def approved_by_force_alone(mission: Mission, _place: Path) -> None:
    mission.transition("WP03", "in_progress", force=True, reason="again")
    lines = mission.read_log().splitlines(keepends=True)
    mission.write_log(b"".join(line for line in lines if b'"evidence": {' not in line or b'"WP03"' not in line))
    mission.transition("WP03", "approved", force=True, reason="ship it")


@scene("REVIEW_SELF_APPROVAL")
def approved_by_its_implementer(mission: Mission, _place: Path) -> None:
    mission.transition("WP03", "planned")
    mission.walk("WP03", "in_review", actor="agent-two")
    mission.transition("WP03", "approved", actor="agent-two")


@scene("WP_APPROVED_WITHOUT_WORK")
def approved_without_work(mission: Mission, _place: Path) -> None:
    planned = mission.repo.resolve(mission.mission_branch)
    lanes = json.loads(mission.repo.read(f"{mission.path}/lanes.json"))
    mission.edit(f"{mission.path}/lanes.json", json.dumps({**lanes, "planning_commit_sha": planned}))
    mission.repo.git("worktree", "remove", "--force", mission.lane_worktree("lane-b").path)
    mission.repo.git("branch", "-f", mission.lane_branch("lane-b"), planned)


# -- readiness


@scene("WP_NOT_APPROVED")
def in_review(mission: Mission, _place: Path) -> None:
    mission.transition("WP03", "in_progress")
    mission.walk("WP03", "in_review")


@scene("DEPENDENCY_UNMET")
def depending_on_unfinished_work(mission: Mission, place: Path) -> None:
    depend(mission, "WP03")
    in_review(mission, place)


def depend(mission: Mission, *needs: str) -> None:
    mission.replan(replace(mission.work_packages["WP01"], dependencies=needs))


@scene("LANE_BRANCH_MISSING")
def with_a_lane_that_only_the_remote_has(mission: Mission, place: Path) -> None:
    lose(mission, place, mission.lane_branch("lane-b"), published=True)


@scene("LANE_BRANCH_MISSING")
def with_a_lane_that_another_clone_has(mission: Mission, place: Path) -> None:
    lose(mission, place, mission.lane_branch("lane-b"), published=False)


@scene("MISSING_MISSION_BRANCH")
def with_a_mission_branch_that_only_the_remote_has(mission: Mission, place: Path) -> None:
    lose(mission, place, mission.mission_branch, published=True)


@scene("MISSING_MISSION_BRANCH")
def with_a_mission_branch_that_another_clone_has(mission: Mission, place: Path) -> None:
    lose(mission, place, mission.mission_branch, published=False)


def lose(mission: Mission, place: Path, branch: str, *, published: bool) -> None:
    """Lose a branch that a clone has, and the remote as well if it was `published` (it was not fetched since)."""
    repo = mission.repo
    place.mkdir()
    repo.clone(place / "clone.git", "--bare")
    if published:
        share(repo, place / "origin.git")
        repo.push(branch)
        repo.git("update-ref", "-d", f"refs/remotes/origin/{branch}")
    lane = mission.lane_worktree("lane-b")
    repo.git("worktree", "remove", "--force", lane.path)
    repo.git("branch", "-D", branch)


@scene("MERGE_UNFINISHED")
def with_an_unfinished_merge(mission: Mission, _place: Path) -> None:
    leave_merge(mission, "WP02", "WP03")


# -- sentences, to the letter


def review_again(mission: Mission, _place: Path) -> None:
    here = mission.stands["WP03"]
    mission.transition("WP03", "planned", force=True, reason=f"reopened from {here}")
    mission.walk("WP03", "approved")


def implement_again(mission: Mission, place: Path) -> None:
    path = mission.repo.path / ".worktrees" / f"{mission.directory}-lane-b"
    mission.repo.git("worktree", "prune")
    lane = mission.repo.worktree(path, mission.lane_branch("lane-b"))
    lane.commit("work", files={"src/c/new.py": ""}, no_verify=True)
    review_again(mission, place)


def mend_artifact(mission: Mission, _place: Path) -> None:
    mission.review_cycle("WP03", 2, "approved")


def fill_gap(mission: Mission, _place: Path) -> None:
    mission.review_cycle("WP03", 2, "rejected")


def bring_through(mission: Mission, _place: Path) -> None:
    mission.transition("WP03", "approved")


def cancel(mission: Mission, _place: Path) -> None:
    mission.transition(
        "WP03", "canceled", review_result={"reviewer": "a", "verdict": "changes_requested", "reference": "x"}
    )


def drop_dependency(mission: Mission, _place: Path) -> None:
    depend(mission)


def get_branch(mission: Mission, place: Path) -> None:
    for branch in (mission.lane_branch("lane-b"), mission.mission_branch):
        if not mission.repo.has_branch(branch):
            mission.repo.git("fetch", "-q", str(place / "clone.git"), f"{branch}:{branch}")


def finish_merge(mission: Mission, _place: Path) -> None:
    leave_merge(mission).unlink()


#: Beginning of a sentence, and the ways in which a person may do what it says.
SENTENCES: dict[str, tuple[Scene, ...]] = {
    "have WP03 reviewed again, and its verdict recorded": (review_again,),
    "have WP03 reviewed by somebody else, and that verdict recorded": (review_again,),
    "have WP03 implemented on its lane, and reviewed again": (implement_again,),
    "mend kitty-specs/": (mend_artifact,),
    "put the missing file beside kitty-specs/": (fill_gap,),
    "bring WP03 through its review, or cancel it and say why": (bring_through, cancel),
    "take WP03 out of dependencies in kitty-specs/": (drop_dependency,),
    "get branch kitty/": (get_branch,),
    "let Spec Kitty finish it: spec-kitty merge --resume --mission ": (finish_merge,),
}


@pytest.mark.parametrize("code", [row.code for row in (*REVIEW_ROWS, *PREFLIGHT_ROWS)])
def test_every_step_helps(code: str, mission: Mission, tmp_path: Path) -> None:
    make_ready(mission)
    mission.repo.clock.tick()
    taken = set()
    for number, build in enumerate(SCENES[code]):
        top = tmp_path / f"{number}"
        top.mkdir()
        troubled, place = move(mission, top / "troubled"), top / "beside"
        build(troubled, place)
        (found,) = find(troubled.repo, "merge", code)
        assert found["remediation"]
        for index, step in enumerate(found["remediation"]):
            taken.add(step)
            for way, act in enumerate(ways(step, place)):
                copy = move(troubled, top / f"{index}-{way}")
                act(copy)
                left = find(copy.repo, "merge", code)
                assert bool(left) == step.startswith(INFORMING), step
    assert [row for row in catalog.DIAGNOSTICS[code].remedies if not any(fits(row, step) for step in taken)] == []


def move(mission: Mission, path: Path) -> Mission:
    moved = transplant(mission, path, mission.repo.env)
    moved.repo.git("worktree", "prune")
    return moved


def ways(step: str, place: Path) -> list[Callable[[Mission], None]]:
    """Return what does a step: a shell, or a person in one way or another."""

    def run(mission: Mission) -> None:
        done = shell(mission.repo, step)
        assert done.returncode == 0, f"{step}\n{done.stderr.decode()}"

    def perform(act: Scene) -> Callable[[Mission], None]:
        return lambda mission: act(mission, place)

    if step.startswith(COMMANDS):
        return [run]
    (known,) = (acts for start, acts in SENTENCES.items() if step.startswith(start))
    return [perform(act) for act in known]


def fits(template: str, step: str) -> bool:
    """Tell whether a step was made from a remedy of the catalog."""
    pattern = "(.+)".join(map(re.escape, re.split(r"\{\w+\}", template)))
    return re.fullmatch(pattern, step) is not None


def test_every_code_has_its_scene_and_no_sentence_is_idle() -> None:
    rows = (*REVIEW_ROWS, *PREFLIGHT_ROWS)
    assert set(SCENES) == {row.code for row in rows}
    steps = {re.sub(r"\{\w+\}", "{}", step) for row in rows for step in row.remedies}
    assert len(SENTENCES) == len([step for step in steps if not step.startswith(COMMANDS)])


@pytest.mark.parametrize("checked_out", [True, False])
def test_a_target_that_is_behind_moves_forward_by_the_printed_command(
    mission: Mission, tmp_path: Path, checked_out: bool
) -> None:
    work(mission, "WP01")
    remote = share(mission.repo, tmp_path / "origin.git")
    theirs = remote.commit_to("main", {"theirs.py": ""}, "theirs")
    mission.repo.git("fetch", "-q", "origin")
    if not checked_out:
        mission.repo.checkout("elsewhere", "-b")
    place = mission.lane_worktree("lane-a")
    (found,) = find(place, "merge", "TARGET_BRANCH_NOT_SYNCHRONIZED")
    step = found["remediation"][0]
    assert shell(place, step).returncode == 0, step
    assert mission.repo.resolve("main") == theirs
    assert find(place, "merge", "TARGET_BRANCH_NOT_SYNCHRONIZED") == []
