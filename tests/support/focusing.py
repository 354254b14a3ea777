"""Focused branches as a test asks for them, and what git itself makes of the same commits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from spec_kitty_hooks.focus import plan_focus
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.mission.branches import Branches
from spec_kitty_hooks.mission.registry import read_at
from spec_kitty_hooks.model.focus import Focus
from support.hooks import cli, cli_json
from support.judging import valid
from support.missions import Mission
from support.repo import Repo
from support.trace import unchanged

Entry = tuple[str, str]  # mode as six octal digits, object id


def branch_of(mission: Mission) -> str:
    """Return the name of a mission's focused branch."""
    return f"kitty/pr/{mission.directory}-to-{mission.target_branch.replace('/', '-')}"


def build(mission: Mission, *args: str, repo: Repo | None = None, **options: Any) -> Any:
    """Run pr-branch, require that it worked and that only its branch came of it, and return what it printed."""
    place = repo or mission.repo
    before = place.refs()
    made = cli_json(place, "pr-branch", "--mission", mission.directory, *args, **options)
    valid(place, "pr-branch", made)
    after = place.refs()
    came = {name: oid for name, oid in after.items() if name not in before}
    ref = f"refs/heads/{branch_of(mission)}"
    assert after == before | came
    came.pop(f"refs/remotes/origin/{branch_of(mission)}", None)  # a push brings that along
    assert came == ({ref: made["commit"]} if made["outcome"] == "CREATED" else {})
    return made


def refuse(mission: Mission, code: int, diagnostic: str, *args: str, repo: Repo | None = None) -> Any:
    """Run pr-branch, require that it is refused and changed nothing, not even objects; return what it printed."""
    place = repo or mission.repo
    objects = list_objects(place)
    with unchanged(place):
        found = cli_json(place, "pr-branch", "--mission", mission.directory, *args, code=code)
    assert list_objects(place) == objects
    assert found["diagnostic_code"] == diagnostic, found
    assert found["remediation"]
    return found


def list_objects(repo: Repo) -> list[Path]:
    """Return every file of the object store."""
    return sorted(path for path in (repo.common_dir() / "objects").rglob("*") if path.is_file())


def files_of(repo: Repo, made: Any) -> set[bytes]:
    """Return what the commit changes on top of its parent."""
    out = repo.git(
        "diff-tree", "-r", "-z", "--name-only", f"{made['commit']}^", str(made["commit"]), binary=True
    ).stdout
    return set(out.split(b"\0")[:-1])


def say(mission: Mission, *args: str, code: int = 0) -> str:
    """Run pr-branch, and return what a person reads on both streams."""
    ran = cli(mission.repo, "pr-branch", "--mission", mission.directory, *args)
    assert ran.returncode == code, ran
    return ran.stdout + ran.stderr


def plan(mission: Mission, repo: Repo | None = None) -> Focus:
    """Work out the focused branch in this process, on top of origin's target."""
    place = repo or mission.repo
    name = f"refs/remotes/origin/{mission.target_branch}"
    with Git.open(os.fsencode(place.path), place.env, hook=False) as git:
        branches = Branches(git.refs())
        known = next(found for ref in branches.refs if (found := read_at(git, ref.oid, mission.directory)) is not None)
        return plan_focus(git, branches, known, place.resolve(name), name)


def write_tree(repo: Repo, files: dict[bytes, Entry]) -> str:
    """Let git make a tree of the same shape as `Repo.tree` tells one."""
    env = {"GIT_INDEX_FILE": str(repo.common_dir() / "index.test")}
    Path(env["GIT_INDEX_FILE"]).unlink(missing_ok=True)
    lines = b"".join(b"%s %s\t%s\0" % (mode.encode(), oid.encode(), path) for path, (mode, oid) in files.items())
    repo.git("update-index", "-z", "--add", "--index-info", input=lines, env=env)
    made: str = repo.git("write-tree", env=env).stdout.strip()
    return made
