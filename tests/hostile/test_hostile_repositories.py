"""In a hostile repository no command runs foreign code, writes, obeys, crashes or hangs, and no change slips by."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from hostile import histories_cases, interpreter_cases, names_cases, places_cases, programs_cases, records_cases
from support.hostile import CASES, Case, Expected, Said, Scene, compare, complaints
from support.scene import FOREIGN

BUILDERS = (histories_cases, interpreter_cases, names_cases, places_cases, programs_cases, records_cases)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_hostile_repository_is_only_judged(case: Case, scene: Scene) -> None:
    case.build(scene)
    expected = case.expected
    said: dict[str, Said] = {}

    before = scene.everything()
    said["context"] = scene.command("context")
    said["explain"] = scene.command("explain", "--", scene.typed_foreign)
    said["where"] = scene.command("where")
    said["status"] = scene.command("status", "--all")
    said["check-path"] = scene.command("check-path", "--", scene.typed_own)
    assert not compare(before, scene.everything())

    said |= judge_changes(scene, expected)

    commits = expected.git and expected.commit
    codes = {name: one.code for name, one in said.items()}
    assert codes == {
        "context": expected.context,
        "explain": expected.explain,
        "where": expected.where,
        "status": expected.status,
        "check-path": expected.check_path,
        "check (foreign)": expected.foreign,
        "commit (foreign)": int(expected.foreign != 0) if commits else expected.foreign,
        "commit (own)": int(expected.own != 0) if commits else expected.own,
    }, {name: one.text for name, one in said.items()}
    assert not scene.songs()
    assert not [line for one in said.values() for line in complaints(one)]
    assert not scene.crashes()
    judged = json.loads(said["check (foreign)"].out)
    assert expected.says in said["commit (foreign)"].text
    assert not expected.foreign or expected.says in json.dumps(judged)


def judge_changes(scene: Scene, expected: Expected) -> dict[str, Said]:
    """Try to commit the unowned change, then the owned one; nothing but what git itself writes may change."""
    check = ("check", "--staged", "-C", str(scene.lane.path), "--json")
    said = {}
    judge = scene.commit if expected.git and expected.commit else partial(scene.run_hook, git=expected.git)
    before = scene.outside_of_git()
    if expected.git:
        scene.stage(scene.foreign)
    said["check (foreign)"] = scene.command(*check)
    said["commit (foreign)"] = judge()
    if expected.git:
        scene.unstage()
        scene.stage(scene.own)
    said["commit (own)"] = judge()
    assert not compare(before, scene.outside_of_git())
    return said


def test_there_are_at_least_sixty() -> None:
    assert len(CASES) >= 60


def test_the_canary_knows_who_ran_it(scene: Scene) -> None:
    canary = scene.canary()
    scene.run([canary], scene.root, {})
    assert scene.fired.exists()
    assert not scene.songs()
    shim = scene.plant_program(scene.root / "spec-kitty-hooks/hooks/pre-commit", f"'{canary}'")
    scene.run([str(shim)], scene.root, {})
    assert scene.songs()


def test_the_plain_scene_is_judged_as_the_table_presumes(scene: Scene) -> None:
    found: Any = json.loads(scene.command("explain", FOREIGN, "--json").out)
    assert [finding["diagnostic_code"] for finding in found["findings"]] == ["ACTIVE_WP_SCOPE_VIOLATION"]
