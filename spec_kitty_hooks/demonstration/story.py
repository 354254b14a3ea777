"""What the demonstration shows, and whether everything came out as told."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from spec_kitty_hooks.demonstration.stage import Stage
from spec_kitty_hooks.mission.journal import append_events
from spec_kitty_hooks.model.ids import new_ulid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PACKAGES = {
    "WP01": ("writer", ["src/writer/**", "docs/report.md"], []),
    "WP02": ("command", ["src/command/**", "docs/report.md"], ["WP01"]),
    "WP03": ("stats", ["src/stats/**"], []),
}
_HEAD = """\
---
work_package_id: {wp_id}
title: The {name}
dependencies: [{dependencies}]
subtasks: []
execution_mode: code_change
owned_files:
{owned}
---

# {wp_id}: the {name}
"""
_REVIEW = {"reviewer": "demo-reviewer", "verdict": "approved", "reference": "demo"}


class Story:
    """Plays one mission with two lanes. `surprises` lists every step that did not come out as told."""

    def __init__(self, root: Path, show: Callable[[str], None]) -> None:
        self._stage = Stage(root, show)
        self._root = root
        self._mission: dict[str, Any] = {}
        self.surprises: list[str] = []

    def play(self) -> None:
        """Build the repository and show what the hooks do in it."""
        self._build()
        lane = self._start_lane()
        self._allow_and_refuse(lane)
        self._move_on(lane)
        self._stage.say("Who is active here, and how is that known?")
        self._stage.play("spec-kitty-hooks", "context", place=lane)

    def _build(self) -> None:
        stage = self._stage
        stage.git("init", "-q", "-b", "main")
        for name in ("writer", "command", "stats"):
            stage.write(f"src/{name}/__init__.py", f'"""The {name}."""\n')
        stage.git("add", "-A")
        stage.git("commit", "-qm", "A small program")
        stage.say("A mission with three work packages; WP01 and WP02 share a lane because both own docs/report.md.")
        made = stage.play("spec-kitty-hooks", "mission", "new", "report")
        self._expect(made.returncode == 0, "mission new")
        (directory,) = (self._root / "kitty-specs").iterdir()
        for old in (directory / "tasks").glob("WP*.md"):
            old.unlink()
        for wp_id, (name, owned, dependencies) in _PACKAGES.items():
            patterns = "\n".join(f"- {pattern}" for pattern in owned)
            text = _HEAD.format(wp_id=wp_id, name=name, dependencies=", ".join(dependencies), owned=patterns)
            stage.write(f"kitty-specs/{directory.name}/tasks/{wp_id}-{name}.md", text)
        done = stage.play("spec-kitty-hooks", "mission", "finalize", "--commit")
        self._expect(done.returncode == 0, "mission finalize")
        self._mission = json.loads((directory / "meta.json").read_text(encoding="utf-8"))
        self._mission["directory"] = directory.name

    def _start_lane(self) -> Path:
        stage, directory = self._stage, self._mission["directory"]
        lanes = json.loads((self._root / f"kitty-specs/{directory}/lanes.json").read_text(encoding="utf-8"))
        lane = self._root / ".worktrees" / f"{directory}-lane-a"
        stage.write(".git/info/exclude", ".worktrees/\n")
        stage.say("The hooks go into the clone, for all its work trees; then lane-a gets one of its own.")
        self._expect(stage.play("spec-kitty-hooks", "install").returncode == 0, "install")
        stage.git("worktree", "add", "-q", "-b", f"{lanes['mission_branch']}-lane-a", str(lane))
        self._record("WP01", "planned", "claimed", "in_progress")
        return lane

    def _allow_and_refuse(self, lane: Path) -> None:
        stage = self._stage
        stage.say("WP01 is in progress. A change inside src/writer is WP01's own: the hook says nothing.")
        self._commit(lane, "src/writer/csv.py", "writes CSV", allowed=True)
        stage.say("A change outside what WP01 owns is refused, and it is said whose file it is.")
        self._commit(lane, "src/command/main.py", "a command", allowed=False)
        self._forget(lane)
        stage.say("Moving a file out of WP03's directory takes it away from WP03; the old name counts too.")
        stage.play("git", "mv", "src/stats/__init__.py", "src/writer/stats.py", place=lane)
        refused = stage.play("git", "commit", "-m", "move stats", place=lane)
        self._expect("ACTIVE_WP_SCOPE_VIOLATION" in refused.stderr, "the rename is refused")
        self._forget(lane)
        stage.say("Why? explain names the pattern of the work package that decides.")
        why = stage.play("spec-kitty-hooks", "explain", "src/stats/__init__.py", place=lane)
        self._expect(why.returncode == 1 and "WP03" in why.stdout, "explain")

    def _move_on(self, lane: Path) -> None:
        self._stage.say("WP01 is approved and WP02 starts in the same lane: from now on WP02's files count.")
        self._record("WP01", "in_progress", "for_review", "in_review", "approved")
        self._record("WP02", "planned", "claimed", "in_progress")
        self._commit(lane, "src/command/main.py", "a command", allowed=True)
        self._commit(lane, "src/writer/csv.py", "writes CSV again", allowed=False)
        self._forget(lane)

    def _commit(self, lane: Path, path: str, text: str, *, allowed: bool) -> None:
        self._stage.write(path, f'"""It {text}."""\n', lane)
        self._stage.play("git", "add", path, place=lane)
        done = self._stage.play("git", "commit", "-m", text, place=lane)
        if allowed:
            self._expect(done.returncode == 0 and "spec-kitty-hooks" not in done.stderr, f"{path} is allowed")
        else:
            refused = done.returncode != 0 and "ACTIVE_WP_SCOPE_VIOLATION" in done.stderr
            self._expect(refused, f"{path} is refused")

    def _forget(self, lane: Path) -> None:
        self._stage.git("reset", "-q", "--hard", place=lane)

    def _record(self, wp_id: str, *lanes: str) -> None:
        """Append transitions as the Spec Kitty client does, and commit the log on the mission's branch."""
        path = f"kitty-specs/{self._mission['directory']}/status.events.jsonl"
        lines = [self._transition(wp_id, start, end) for start, end in pairwise(lanes)]
        append_events(os.fsencode(self._root / path), lines)
        done = self._stage.git("commit", "-qm", f"status: {wp_id} {lanes[-1]}", "--", path)
        self._expect(done.returncode == 0 and not done.stderr, f"recording {wp_id} {lanes[-1]}")

    def _transition(self, wp_id: str, start: str, end: str) -> bytes:
        now = datetime.now(UTC)
        record = {
            "actor": "demo",
            "at": now.isoformat(timespec="microseconds"),
            "event_id": new_ulid(now.timestamp(), os.urandom(10)),
            "evidence": {"review": _REVIEW} if end == "approved" else None,
            "execution_mode": "worktree",
            "force": False,
            "from_lane": start,
            "mission_id": self._mission["mission_id"],
            "mission_slug": self._mission["directory"],
            "policy_metadata": None,
            "reason": "demonstration",
            "review_ref": None,
            "review_result": _REVIEW if end == "approved" else None,
            "to_lane": end,
            "wp_id": wp_id,
        }
        return json.dumps(record, sort_keys=True).encode()

    def _expect(self, came_true: bool, what: str) -> None:
        if not came_true:
            self.surprises.append(what)
