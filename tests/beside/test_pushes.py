"""Beside hook managers at a push: theirs and ours both run, once, and ours reads what git says about the push."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.installing import StandIn, install, uninstall
from support.managers import PRE_COMMIT, ROOT, run
from support.repo import Repo

NAMES = ("pre-commit", "prek", "lefthook")
OURS = "spec-kitty-pre-push"

Programs = Callable[[str], Path]


@pytest.fixture
def python(tmp_path: Path) -> StandIn:
    """An interpreter in place of ours that passes everything and takes notes."""
    return StandIn(tmp_path / "interpreter")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """The file in which a manager's jobs leave a line each."""
    return tmp_path / "notes"


@pytest.fixture
def pushing(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with an empty remote, in which hook managers can work."""
    repo.add_remote("origin", Repo.init(tmp_path / "origin.git", repo.env, repo.clock, "--bare"))
    env = {**repo.env, "PREK_HOME": str(tmp_path / "prek"), "PRE_COMMIT_HOME": str(tmp_path / "store")}
    return Repo(repo.path, env, repo.clock)


def put_in(repo: Repo, manager: str, programs: Programs, jobs: dict[str, str]) -> None:
    """Let a manager run these commands, by name, before a push."""
    if manager == "lefthook":
        listed = [{"name": name, "run": command} for name, command in jobs.items()]
        repo.write("lefthook.yml", yaml.safe_dump({"pre-push": {"jobs": listed}}))
    else:
        fixed = {"language": "system", "always_run": True, "pass_filenames": False, "stages": ["pre-push"]}
        hooks = [{"id": name, "name": name, "entry": command, **fixed} for name, command in jobs.items()]
        repo.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    repo.commit("configure the hooks", no_verify=True)
    start(repo, manager, programs)


def start(repo: Repo, manager: str, programs: Programs) -> None:
    """Let the manager install its hook."""
    words = PRE_COMMIT if manager == "pre-commit" else (str(programs(manager) / manager),)
    if manager != "pre-commit":
        repo.env["PATH"] = f"{programs(manager)}:{repo.env['PATH']}"
    types = () if manager == "lefthook" else ("-t", "pre-push")
    done = run(*words, "install", *types, env=repo.env, cwd=repo.path)
    assert done.returncode == 0, done.stdout + done.stderr


def says(directory: Path, name: str, notes: Path) -> str:
    """Make a program that leaves its name in `notes`, and return it."""
    program = directory / f"says-{name}"
    program.write_text(f"#!/bin/sh\necho {name} >> {notes}\n")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize("manager", NAMES)
def test_a_managers_push_hook_runs_before_ours_and_leaves_ours_out_of_its_own_list(
    manager: str, pushing: Repo, programs: Programs, notes: Path, python: StandIn, tmp_path: Path
) -> None:
    jobs = {name: says(tmp_path, name, notes) for name in ("team", OURS)}
    put_in(pushing, manager, programs, jobs)
    assert install(pushing, python).kept == ["pre-push"]
    pushing.branch("second")
    done = pushing.push("main", "second", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert notes.read_text().split() == ["team"]
    said = sorted(line.split()[2] for line in python.stdin().decode().splitlines())
    assert (said, len(python.calls())) == (["refs/heads/main", "refs/heads/second"], 1)
    assert uninstall(pushing).ok
    pushing.commit("more", files={"src/a/more.py": "x\n"}, no_verify=True)  # the framework skips what the remote has
    assert pushing.push("main", check=False).returncode == 0
    assert (notes.read_text().split()[1:], python.calls()) == (["team", OURS], [])


def test_as_the_documented_job_of_lefthook_our_hook_gets_arguments_and_refs(
    pushing: Repo, programs: Programs, python: StandIn, tmp_path: Path
) -> None:
    blocks = (ROOT / "docs" / "beside.md").read_text().split("```yaml\n")[1:]
    stage = yaml.safe_load(blocks[-1].partition("```")[0])["pre-push"]
    command = tmp_path / "bin" / "spec-kitty-hooks"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {python} -I -c - "$@"\n')
    command.chmod(0o755)
    pushing.env["PATH"] = f"{command.parent}:{pushing.env['PATH']}"
    pushing.write("lefthook.yml", yaml.safe_dump({"pre-push": stage}))
    pushing.commit("configure the hooks", no_verify=True)
    start(pushing, "lefthook", programs)
    pushing.branch("second")
    done = pushing.push("main", "second", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert python.calls() == [f"<hook><pre-push><origin><{tmp_path / 'origin.git'}>"]
    assert python.stdin().count(b"\n") == 2
    python.answer(1)
    pushing.branch("third")
    assert pushing.push("third", check=False).returncode != 0


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_the_framework_tells_a_push_hook_remote_and_one_ref_in_variables_and_writes_it_nothing(
    manager: str, pushing: Repo, programs: Programs, notes: Path, tmp_path: Path
) -> None:
    program = tmp_path / "looks"
    program.write_text(f'#!/bin/sh\n{{ echo "$PRE_COMMIT $PRE_COMMIT_REMOTE_NAME $#"; cat; }} >> {notes}\n')
    program.chmod(0o755)
    put_in(pushing, manager, programs, {OURS: str(program)})
    pushing.branch("second")
    assert pushing.push("main", "second", check=False).returncode == 0
    assert notes.read_text() == "1 origin 0\n", "two refs are pushed, one run, no argument, no input"
