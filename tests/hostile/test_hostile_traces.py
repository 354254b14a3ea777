"""No program but our interpreter and git is started, and no socket is connected, as the kernel sees it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hostile import interpreter_cases, names_cases, places_cases, programs_cases, records_cases
from support.hooks import exported, hook_command
from support.hostile import CASES, Scene
from support.scene import GIT

BUILDERS = (interpreter_cases, names_cases, places_cases, programs_cases, records_cases)
TRACED = (
    "planted_sitecustomize",
    "planted_dependencies",
    "a_search_path_that_begins_in_the_work_tree",
    "a_file_system_monitor",
    "filters_that_are_required",
    "an_external_diff",
    "a_diff_driver_with_textconv",
    "pagers",
    "transports",
    "a_promisor_remote_for_the_active_head",
    "aliases_of_plumbing",
    "a_bare_repository_with_a_work_tree_of_its_own",
    "files_named_like_options",
    "a_head_that_a_loader_would_run",
)


@cache
def _tracer() -> str:
    """Return strace where it may trace, else why it does not."""
    found = shutil.which("strace")
    if not found:
        return ""
    ran = subprocess.run([found, "-qq", "-e", "trace=none", GIT, "--version"], capture_output=True, check=False)
    return "" if ran.returncode else found


@pytest.fixture
def trace(scene: Scene) -> Path:
    """Where the kernel's view is written to."""
    if not _tracer():
        pytest.skip("strace is not here, or may not trace")
    return scene.root.parent / f"{scene.root.name}.trace"


def _started(trace: Path) -> tuple[set[str], list[str]]:
    """Return the programs that were started, and every attempt to connect."""
    lines = trace.read_text(errors="replace").splitlines()
    programs = {line.split('execve("')[1].split('"')[0] for line in lines if 'execve("' in line and " = 0" in line}
    return programs, [line for line in lines if "connect(" in line]


def _traced(scene: Scene, trace: Path, words: list[str | bytes], env: dict[str, str]) -> tuple[set[str], list[str]]:
    tracer = [_tracer(), "-f", "-qq", "-s", "1024", "-e", "trace=execve,connect", "-e", "signal=none", "-o", str(trace)]
    scene.run([*tracer, *words], scene.at, {**scene.env, **env})
    return _started(trace)


@pytest.mark.parametrize("name", TRACED)
def test_only_our_interpreter_and_git_are_started(name: str, scene: Scene, trace: Path) -> None:
    CASES[name].build(scene)
    scene.stage(scene.foreign)
    allowed = {sys.executable, os.path.realpath(sys.executable), GIT, os.path.realpath(GIT)}
    cli = [sys.executable, "-P", "-m", "spec_kitty_hooks"]
    hook: list[str | bytes] = [*hook_command("pre-commit")]
    place, scene.at = scene.at, scene.lane.path
    seen = [_traced(scene, trace, hook, {**exported(scene.lane, "pre-commit"), **scene.commit_env})]
    scene.at = place
    seen += [_traced(scene, trace, [*cli, *args], {}) for args in (("status",), ("explain", "--", scene.typed_foreign))]
    for programs, connected in seen:
        assert programs <= allowed
        assert len(programs) > 1
        assert not connected
    assert not scene.songs()


def test_the_trace_sees_programs_and_connections(scene: Scene, trace: Path) -> None:
    code = "import socket,subprocess; subprocess.run(['/bin/true']); socket.socket(socket.AF_UNIX).connect_ex('/none')"
    programs, connected = _traced(scene, trace, [sys.executable, "-I", "-c", code], {})
    assert "/bin/true" in programs
    assert connected
