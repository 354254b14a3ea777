"""One change, judged at every entry point: staged, pushed, as a range, and as a server receives it.

Everything runs in this process, in the reports' published form; each scene is built once and put back after use.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spec_kitty_hooks import catalog
from spec_kitty_hooks.git.plumbing import Git
from spec_kitty_hooks.model.findings import Report
from spec_kitty_hooks.pushes import judge_push, judge_range, judge_received
from spec_kitty_hooks.report.data import to_report
from spec_kitty_hooks.runner import Judgement
from support import records
from support.clock import Clock
from support.missions import build_mission, seed
from support.repo import Repo
from support.sealed import sealed_environment

#: What is compared: (diagnostic code, path, work package).
Facts = frozenset[tuple[str, str | None, str]]

#: How far WP01 and WP02 of lane-a, and WP03 of lane-b, have come.
STANDINGS = {
    "none started": ("planned", "planned", "planned"),
    "one at work": ("in_progress", "planned", "planned"),
    "two at work": ("in_progress", "in_progress", "in_progress"),
    "one under review": ("for_review", "planned", "in_progress"),
    "one approved": ("approved", "in_progress", "planned"),
    "one approved, none at work": ("approved", "planned", "planned"),
    "all approved": ("approved", "approved", "in_progress"),
}
FORMS = ("commit", "merge of what is published", "merge of what is not")
_ZEROS = "0" * 40


@dataclass(frozen=True)
class Edit:
    """One path of a change: `kind` names what it becomes."""

    path: str
    kind: str


class Entries:
    """One mission with its lane and a server that has its target; `kinds` are the contents that a path can get."""

    def __init__(self, root: Path, standing: str) -> None:
        env = sealed_environment(root / ".sealed")
        repo = seed(Repo.init(root / "repo", env, Clock()))
        packages = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
        self.mission = build_mission(repo, packages, status_json=True)
        self.lane = self.mission.start_lane("lane-a")
        for wp_id, state in zip(("WP01", "WP02", "WP03"), STANDINGS[standing], strict=True):
            if state != "planned":
                self.mission.walk(wp_id, state)
        self.lane.git("merge", "-q", "--ff-only", "main")
        self.lane.commit(files={"src/a/x.py": "x = 1\n"}, no_verify=True)
        self.server = Repo.init(root / "server.git", env, repo.clock, "--bare", "-b", "main")
        repo.add_remote("origin", self.server)
        repo.push("main", self.branch)
        alternates = self.server.path / "objects" / "info" / "alternates"  # as a quarantine shows what is pushed
        alternates.write_text(f"{repo.common_dir() / 'objects'}\n")
        self._kinds = dict(self._make_contents())

    @property
    def branch(self) -> str:
        return self.mission.lane_branch("lane-a")

    def paths(self) -> tuple[str, ...]:
        """Return owned and unowned files, planning, and what decides ownership."""
        planning = (f"{self.mission.path}/{name}" for name in ("spec.md", "lanes.json", "status.json", "meta.json"))
        sources = ("src/a/a.py", "src/a/new.py", "src/b/b.py", "src/c/c.py", "src/c/new.py", "README.md")
        return (*sources, *planning, self.mission.wp_path("WP01"), ".kittify/config.yaml", self.mission.log_path)

    @contextmanager
    def change(self, where: str, form: str, edits: Sequence[Edit]) -> Iterator[Repo]:
        """Stage a change on the lane or on the target branch, in a merge of `main` if `form` says so."""
        place = self.lane if where == "lane" else self.mission.repo
        before = {name: self.mission.repo.resolve(name) for name in ("main", self.branch)}
        tracked = self.mission.repo.resolve("refs/remotes/origin/main")
        try:
            if form != FORMS[0] and where == "lane":
                self.mission.repo.commit_to("main", {"src/c/c.py": "of the target\n"})
                if form == FORMS[1]:
                    self._publish()
                place.git("merge", "-q", "--no-commit", "--no-ff", "main")
            for edit in edits:
                self._stage(place, edit)
            yield place
        finally:
            place.git("merge", "--abort", check=False)
            for name, oid in before.items():
                self.mission.repo.git("update-ref", f"refs/heads/{name}", oid)
            self.mission.repo.git("update-ref", "refs/remotes/origin/main", tracked)
            self.server.git("update-ref", "refs/heads/main", tracked)
            place.git("reset", "-q", "--hard")

    def judge_staged(self, place: Repo) -> Facts:
        with self._open(place) as git:
            return _tell(Judgement(git, place.env, self._now()).judge_staged())

    def commit(self, place: Repo) -> str:
        place.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "work")
        return place.head()

    def judge_committed(self, place: Repo, branch: str) -> dict[str, Facts]:
        """Return what a push, a range and a server say of the tip of a branch.

        A target that has something new goes along, as a server cannot know otherwise whose that is.
        """
        lines = [(name, place.resolve(name), self.server.resolve(name)) for name in dict.fromkeys((branch, "main"))]
        moved = [(f"refs/heads/{name}", new, old) for name, new, old in lines if new != old]
        found = {}
        with self._open(place) as git:
            said = "".join(f"{ref} {new} {ref} {old}\n" for ref, new, old in moved).encode()
            found["push"] = judge_push(git, self._now(), "origin", str(self.server.path), said)
        with self._open(place) as git:
            found["range"] = judge_range(git, self._now(), f"origin/{branch}", branch, branch)
        with self._open(self.server) as git:
            said = "".join(f"{old} {new} {ref}\n" for ref, new, old in moved).encode()
            found["receive"] = judge_received(git, self._now(), said)
        return {name: _tell(report) for name, report in found.items()}

    def _open(self, place: Repo) -> Git:
        return Git.open(os.fsencode(place.path), place.env, hook=False)

    def _now(self) -> float:
        return self.mission.clock.now.timestamp() + 1

    def _publish(self) -> None:
        oid = self.mission.repo.resolve("main")
        self.mission.repo.git("update-ref", "refs/remotes/origin/main", oid)
        self.server.git("update-ref", "refs/heads/main", oid)

    def _stage(self, place: Repo, edit: Edit) -> None:
        mode, oid = self._kinds[edit.kind]
        if edit.path == self.mission.log_path and edit.kind == "text":
            mode, oid = self._kinds["legal event"]
        place.git("update-index", "--index-info", input=f"{mode} {oid}\t{edit.path}\n")

    def _make_contents(self) -> Iterator[tuple[str, tuple[str, str]]]:
        repo = self.mission.repo
        log = repo.read(self.mission.log_path)
        lines = log.splitlines(keepends=True)
        names: Any = {"mission_slug": self.mission.directory, "mission_id": self.mission.mission_id}
        stamp: Any = {"event_id": self.mission.clock.ulid(), "at": self.mission.clock.at()}
        legal = records.transition("WP03", "planned", "blocked", **names, **stamp)
        illegal = records.transition("WP03", "planned", "done", **names, **stamp)
        altered = json.loads(lines[-1]) | {"actor": "somebody else"}
        contents = {
            "text": b"text\n",
            "legal event": log + records.line(legal),
            "illegal event": log + records.line(illegal),
            "damage": log + b"{\n",
            "lost event": b"".join(lines[:-1]),
            "altered event": b"".join((*lines[:-1], records.line(altered))),
            "doubled id": log + records.line(altered),
        }
        for name, content in contents.items():
            yield name, ("100644", repo.git("hash-object", "-w", "--stdin", input=content).stdout.strip())
        yield "deleted", ("0", _ZEROS)
        yield "program", ("100755", self._oid("src/a/a.py"))
        yield "link", ("120000", self._oid("README.md"))
        yield "submodule", ("160000", repo.head())

    def _oid(self, path: str) -> str:
        return self.mission.repo.tree()[path.encode()][1]


KINDS = ("text", "deleted", "program", "link", "submodule")
LOG_KINDS = ("legal event", "illegal event", "damage", "lost event", "altered event", "doubled id", "deleted", "link")
_COMPARED = (catalog.OWNERSHIP, catalog.EVENT_LOG)


def _tell(report: Report) -> Facts:
    """Return what a report says, of the families that every entry point judges."""
    published: Any = to_report(report).model_dump(mode="json")
    return frozenset(
        (found["diagnostic_code"], found["path"], found["work_package_id"])
        for found in published["findings"]
        if catalog.DIAGNOSTICS[found["diagnostic_code"]].family in _COMPARED
    )
