"""Installing and uninstalling in hostile repositories: nothing foreign runs, nothing outside is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import interpreter_cases, names_cases, places_cases, programs_cases
from support.hostile import CASES, Scene, compare, complaints

BUILDERS = (interpreter_cases, names_cases, places_cases, programs_cases)
INSTALLED = (
    "planted_sitecustomize",
    "planted_package",
    "a_search_path_that_begins_in_the_work_tree",
    "a_file_system_monitor",
    "filters_that_are_required",
    "pagers",
    "editors_and_prompts",
    "aliases_of_plumbing",
    "an_included_file_of_the_work_tree",
    "configuration_from_the_environment",
    "hooks_of_every_name",
    "branches_named_like_options",
    "a_work_tree_whose_name_a_terminal_obeys",
    "a_repository_whose_name_a_terminal_obeys",
    "a_repository_in_the_work_tree",
)


@pytest.mark.parametrize("name", INSTALLED)
def test_installing_runs_nothing_and_writes_nothing_outside(name: str, scene: Scene) -> None:
    CASES[name].build(scene)
    said = [scene.command(name) for name in ("install", "install", "uninstall")]
    assert [one.code for one in said] == [0, 0, 0], [one.text for one in said]
    assert not scene.songs()
    assert not [line for one in said for line in complaints(one)]


def _uninstall(scene: Scene) -> None:
    for name in ("install", "uninstall"):  # the first tells the copied scene where it lies
        said = scene.command(name)
        assert said.code == 0, said.text


def _hooks(scene: Scene) -> Path:
    place = scene.repo.path / ".git" / "hooks"
    place.mkdir(exist_ok=True)
    return place


def _fifo(scene: Scene) -> None:
    os.mkfifo(_hooks(scene) / "pre-commit", 0o700)


def _endless_link(scene: Scene) -> None:
    (_hooks(scene) / "pre-commit").symlink_to("/dev/zero")


def _outside_link(scene: Scene) -> None:
    precious = scene.outside / "precious"
    precious.write_text("#!/bin/sh\nexit 0\n")
    precious.chmod(0o755)
    (_hooks(scene) / "pre-commit").symlink_to(precious)


def _linked_home(scene: Scene) -> None:
    home = scene.repo.path / ".git" / "spec-kitty-hooks"
    assert not home.exists()
    home.symlink_to(scene.outside)


def _linked_directory(scene: Scene) -> None:
    place = _hooks(scene)
    place.rename(scene.outside / "hooks")
    place.symlink_to(scene.outside / "hooks")


def _linked_configurations(scene: Scene) -> None:
    for name in (".pre-commit-config.yaml", "lefthook.yml", "prek.toml", ".husky"):
        scene.repo.symlink(name, "/dev/zero")


def _odd_names(scene: Scene) -> None:
    for name in ("-h", "\x1b[2J", "pre-commit\n", "post-checkout", "--output=x"):
        scene.plant_program(_hooks(scene) / name)


@pytest.mark.parametrize(
    "build",
    [_fifo, _endless_link, _outside_link, _linked_home, _linked_directory, _linked_configurations, _odd_names],
)
def test_odd_hooks_of_others_are_neither_run_nor_followed(build: Callable[[Scene], None], scene: Scene) -> None:
    _uninstall(scene)
    build(scene)
    before = _outside(scene)
    said = [scene.command("install"), scene.command("uninstall")]
    assert not compare(before, _outside(scene))
    assert not scene.songs()
    assert not [line for one in said for line in complaints(one)]


def _outside(scene: Scene) -> dict[bytes, str]:
    """Return what lies outside the git directory."""
    git_dir = os.fsencode(scene.repo.path / ".git")
    return {name: what for name, what in scene.everything().items() if not name.startswith(git_dir)}


def test_the_scene_can_have_a_fifo(scene: Scene) -> None:
    _uninstall(scene)
    _fifo(scene)
    assert stat.S_ISFIFO((scene.repo.path / ".git/hooks/pre-commit").stat().st_mode)
