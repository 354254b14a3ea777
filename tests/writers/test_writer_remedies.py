"""Every next step that `transition`, `start` and `recover` name is taken, in order; then the command does its work."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.missions import Mission
from writers import asking_scenes, git_scenes, log_scenes, place_scenes
from writers.scene import SCENES, Answer, Build, Scene, fits, is_informing, move
from writers.sources import find_codes, find_steps

from spec_kitty_hooks.errorcodes import INVARIANTS

assert all((asking_scenes, git_scenes, log_scenes, place_scenes))  # they fill the table

#: What `recover` lists is no error.
LISTED = {"WP_CLAIM_STALLED", "lost event", "torn line"}
#: Of a command that has tests of its own.
OF_PR_BRANCH = ("FOCUSED_BRANCH_", "HISTORIES_UNRELATED")
#: Named where the answer itself cannot be written, so that no scene can read it.
UNDELIVERED = "spec-kitty-hooks log"
ROWS = [(code, templates, build) for code, rows in SCENES.items() for templates, build in rows]
NAMES = [f"{code}-{build.__name__}" for code, _templates, build in ROWS]
CHOICES = [(code, build) for code, templates, build in ROWS if any(step.startswith("or ") for step in templates)]


def follow(scene: Scene, steps: list[str]) -> Answer:
    """Take all steps, then do what is left to a person, and return what the command says at the end."""
    answer = None
    for step in steps:
        if is_informing(step):
            ran = scene.type(step)
            assert ran.returncode == 0, f"{step}\n{ran.stderr}"
        elif scene.follow(step):
            answer = scene.ask()
    scene.decide()
    if answer is None or answer.exit_code:
        answer = scene.ask()
    scene.done()
    return answer


@pytest.mark.parametrize(("code", "templates", "build"), ROWS, ids=NAMES)
def test_every_step_of_a_remedy_works(
    code: str, templates: tuple[str, ...], build: Build, mission: Mission, tmp_path: Path
) -> None:
    scene = build(mission, tmp_path)
    answer = scene.ask(first=True)
    steps = answer.steps(code)
    assert steps is not None, answer.text
    assert len(steps) == len(templates), steps
    assert all(map(fits, templates, steps)), steps
    after = follow(scene, [step for step in steps if not step.startswith("or ")])
    assert (after.exit_code, after.steps(code)) == (0, None), after.text


@pytest.mark.parametrize(("code", "build"), CHOICES)
def test_every_alternative_works_by_itself(code: str, build: Build, mission: Mission, tmp_path: Path) -> None:
    scene = build(mission, tmp_path)
    steps = scene.ask(first=True).steps(code) or []
    after = follow(scene, [step for step in steps if step.startswith("or ")])
    assert (after.exit_code, after.steps(code)) == (0, None), after.text


def test_where_the_answer_cannot_be_written_the_command_that_is_named_has_it(mission: Mission) -> None:
    scene = move(mission)
    words = " ".join(scene.words)
    ran = scene.type(f"spec-kitty-hooks {words} >/dev/full")
    assert ran.returncode == 4
    assert ran.stderr.endswith(f"  next: {UNDELIVERED}\n")
    assert "WP01" in scene.type(UNDELIVERED).stdout


def test_every_code_has_a_scene() -> None:
    assert set(SCENES) - LISTED == find_codes()
    assert {code for code in set(INVARIANTS) - set(SCENES) if not code.startswith(OF_PR_BRANCH)} == set()


def test_every_step_in_the_source_is_taken_in_a_scene() -> None:
    taken = {template for rows in SCENES.values() for templates, _build in rows for template in templates}
    known = find_steps()
    assert len(known) > 60
    assert {step for step in known - {UNDELIVERED} if not any(fits(step, template) for template in taken)} == set()


def test_no_step_loses_work() -> None:
    words = {word for step in find_steps() for word in step.split()}
    assert words.isdisjoint(("reset", "--hard", "-f", "push", "stash", "clean", "--no-verify"))


def test_a_step_that_does_not_help_is_found_out(mission: Mission, tmp_path: Path) -> None:
    scene = log_scenes.ending_in_half_a_line(mission, tmp_path)
    assert scene.ask(first=True).steps("EVENT_LOG_UNREADABLE")
    assert follow(scene, ["git status"]).steps("EVENT_LOG_UNREADABLE")
    with pytest.raises(AssertionError, match="nobody here can follow"):
        follow(scene, ["pray"])
    with pytest.raises(AssertionError, match="no-such-command"):
        follow(scene, ["git no-such-command"])
