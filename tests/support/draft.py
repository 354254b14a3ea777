"""A mission whose plan is being written: its work packages one by one, and `mission finalize` again and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.reducer import reduce_log
from support.repo import Repo

Found = dict[str, Any]
#: Runs one command line: returns exit code, standard output and standard error.
Run = Callable[..., tuple[int, str, str]]


class Plan:
    """A mission made by `mission new`, with calls of `mission finalize`."""

    def __init__(self, repo: Repo, run: Run) -> None:
        self.repo = repo
        self._run = run
        code, out, err = run("mission", "new", "csv-export", "--json")
        assert (code, err) == (0, "")
        self.directory: str = json.loads(out)["mission"]
        self.path = f"kitty-specs/{self.directory}"
        repo.remove(f"{self.path}/tasks/WP01-first-work-package.md")

    def add(self, wp_id: str, owned: Sequence[str], needs: Sequence[str] = (), **keys: str) -> str:
        """Write one work package and return its path; `keys` are further lines of the head."""
        lines = [f"work_package_id: {wp_id}", f"title: Part {wp_id}", f"dependencies: [{', '.join(needs)}]"]
        lines += [f"{key}: {value}" for key, value in keys.items()]
        lines += ["owned_files:", *(f"- '{pattern}'" for pattern in owned)]
        path = f"{self.path}/tasks/{wp_id}-part.md"
        self.repo.write(path, "---\n" + "\n".join(lines) + f"\n---\n\n# {wp_id}\n")
        return path

    def finalize(self, *arguments: str, ok: bool = True) -> Found:
        """Run `mission finalize --json` and return what it printed."""
        code, out, err = self._run("mission", "finalize", *arguments, "--json")
        assert (code, err) == (0 if ok else 1, ""), out + err
        found: Found = json.loads(out)
        assert found["ok"] is ok
        return found

    def say(self, *arguments: str) -> tuple[int, str, str]:
        """Run `mission finalize` for a person."""
        return self._run("mission", "finalize", *arguments)

    def log(self) -> bytes:
        return self.repo.read(f"{self.path}/status.events.jsonl")

    def lanes(self) -> Found:
        found: Found = json.loads(self.repo.read(f"{self.path}/lanes.json"))
        return found

    def states(self) -> dict[str, str]:
        return {wp_id: state.lane for wp_id, state in reduce_log(parse_log(self.log())).work_packages.items()}


def codes(found: Found, severity: str = "block") -> list[str]:
    """Return the codes of the findings of one severity."""
    return [item["diagnostic_code"] for item in found["findings"] if item["severity"] == severity]


def blocked(plan: Plan, code: str) -> Found:
    """Finalize a plan that has exactly one problem, and return that; nothing may have been written."""
    before = plan.log()
    found = plan.finalize(ok=False)
    assert codes(found) == [code], found
    assert plan.log() == before
    assert not plan.repo.exists(f"{plan.path}/lanes.json")
    assert (found["lanes"], found["seeded"], found["commit"]) == ([], [], None)
    problem: Found = next(item for item in found["findings"] if item["severity"] == "block")
    assert problem["remediation"]
    return problem
