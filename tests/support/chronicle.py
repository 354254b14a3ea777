"""A mission's names and its event log: appending legal transitions, other records, damage and reviews.

It writes where the client writes: to the checkout that has the log's branch out, else onto the branch itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from support import papers, records
from support.plan import ExecutionLane
from support.records import ROAD, Actor, Record
from support.repo import Content, Repo


class Chronicle:
    """The part of a mission that moves with time. `stands` tells where the builder's own events left each package."""

    def __init__(
        self,
        repo: Repo,
        directory: str,
        mission_id: str,
        lanes: Sequence[ExecutionLane],
        *,
        target_branch: str = "main",
        topology: str = "lanes",
        mission_branch: str | None = None,
        coordination_branch: str | None = None,
        status_json: bool = False,
    ) -> None:
        self.repo = repo
        self.clock = repo.clock
        self.directory = directory
        self.mission_id = mission_id
        self.target_branch = target_branch
        self.topology = topology
        self.lanes = {lane.lane_id: lane for lane in lanes}
        self.work_packages = {package.wp_id: package for lane in lanes for package in lane.work_packages}
        self.coordinated = topology in ("coord", "lanes_with_coord")
        self.mission_branch = mission_branch or f"kitty/mission-{directory}"
        self.coordination_branch = (coordination_branch or self.mission_branch) if self.coordinated else ""
        self.log_branch = self.coordination_branch or target_branch
        self.status_json = status_json
        self.stands = dict.fromkeys(self.work_packages, "genesis")
        self.transitions: list[Record] = []
        self._finished: dict[str, tuple[str, ...]] = {}
        self._cycles = dict.fromkeys(self.work_packages, 0)
        self._written: dict[str, bytes] = {}

    # -- names

    @property
    def path(self) -> str:
        """The mission directory, repository-relative."""
        return f"kitty-specs/{self.directory}"

    @property
    def log_path(self) -> str:
        """The event log, repository-relative."""
        return f"{self.path}/status.events.jsonl"

    def wp_path(self, wp_id: str) -> str:
        """Return the work-package file, repository-relative."""
        return f"{self.path}/tasks/{self.work_packages[wp_id].stem}.md"

    def review_path(self, wp_id: str, number: int) -> str:
        """Return a review-cycle file, repository-relative."""
        return f"{self.path}/tasks/{self.work_packages[wp_id].stem}/review-cycle-{number}.md"

    def lane_of(self, wp_id: str) -> str:
        """Return the id of the execution lane that has this work package."""
        package = self.work_packages[wp_id]
        return next(lane.lane_id for lane in self.lanes.values() if package in lane.work_packages)

    def lane_branch(self, lane_id: str) -> str:
        """Return a lane's branch: the mission branch and the lane id; lane-planning is the target branch itself."""
        return self.target_branch if lane_id == "lane-planning" else f"{self.mission_branch}-{lane_id}"

    def lane_worktree(self, lane_id: str) -> Repo:
        """Return the worktree that a started lane has."""
        return self.repo.at(self.repo.path / ".worktrees" / f"{self.directory}-{lane_id}")

    @property
    def coordination_worktree(self) -> Repo:
        """The coordination worktree (there until somebody removes it)."""
        return self.repo.at(self.repo.path / ".worktrees" / f"{self.directory}-coord")

    @property
    def surface(self) -> Repo | None:
        """The checkout that has the log's branch out, None if there is none."""
        place = self.coordination_worktree if self.coordinated else self.repo
        return place if place.path.is_dir() and place.current_branch() == self.log_branch else None

    # -- records

    def transition(
        self,
        wp_id: str,
        to: str,
        *,
        actor: Actor | None = None,
        from_: str | None = None,
        artifact: bool = True,
        commit: bool = True,
        at: str | None = None,
        event_id: str | None = None,
        **fields: Any,
    ) -> Record:
        """Append one legal transition and return its record.

        `from_` is where the builder's own events left the package. A verdict out of in_review writes the next
        review-cycle file too unless `artifact` is off; for_review first marks the package's subtasks done. `fields`
        go to `records.transition` (force, reason, evidence, review_ref, review_result, policy_metadata ...).
        """
        start = self.stands.get(wp_id, "genesis") if from_ is None else from_
        reference = ""
        if not fields.get("force"):
            if to == "for_review":
                self._finish_subtasks(wp_id)
            if records.needs_verdict(start, to) and "review_result" not in fields:
                reference = self._review(wp_id, records.display(actor or "agent-two"), artifact)
        names = {"mission_slug": self.directory, "mission_id": self.mission_id}
        stamp = {"at": at or self.clock.at(), "event_id": event_id or self.clock.ulid()}
        record = records.transition(wp_id, start, to, actor=actor, reference=reference, **{**names, **stamp, **fields})
        self.stands[wp_id] = to
        self.transitions.append(record)
        return self._append(record, commit, f"chore(spec-kitty): status transition {wp_id}")

    def walk(self, wp_id: str, to: str, *, actor: Actor | None = None, commit: bool = True) -> list[Record]:
        """Go the legal way from where the package is to `to`, in one commit. `actor` claims and works, not reviews."""
        here = self.stands[wp_id]
        steps: Sequence[str] = (to,)
        if here in ROAD and to in ROAD[ROAD.index(here) + 1 :]:
            steps = ROAD[ROAD.index(here) + 1 : ROAD.index(to) + 1]
        mine = ("claimed", "in_progress", "for_review")
        made = [self.transition(wp_id, step, actor=actor if step in mine else None, commit=False) for step in steps]
        if commit:
            self.commit_log(f"chore(spec-kitty): status transition batch {wp_id}")
        return made

    def annotate(self, wp_id: str, *, actor: Actor = "user", commit: bool = True, **delta: Any) -> Record:
        """Append an annotation whose delta is the given keys."""
        record = records.annotation(wp_id, delta, at=self.clock.at(), event_id=self.clock.ulid(), actor=actor)
        return self._append(record, commit, f"chore(spec-kitty): inner-state annotation {wp_id}")

    def lifecycle(self, event_type: str, *, about: str = "", commit: bool = True, **payload: Any) -> Record:
        """Append a lifecycle record about the mission, or about the work package `about`."""
        payload = {"mission_slug": self.directory, **payload}
        stamp = {"timestamp": self.clock.at(), "event_id": self.clock.ulid()}
        record = records.lifecycle(event_type, payload, aggregate_id=about or self.directory, **stamp)
        return self._append(record, commit, f"chore(spec-kitty): {event_type}")

    def decision(self, event_type: str = "DecisionPointOpened", *, commit: bool = True, **payload: Any) -> Record:
        """Append a decision record."""
        record = records.decision(event_type, payload, at=self.clock.at(), event_id=self.clock.ulid())
        return self._append(record, commit, f"chore(spec-kitty): {event_type}")

    def retrospective(self, kind: str = "RetrospectiveCaptured", *, commit: bool = True) -> Record:
        """Append a retrospective record."""
        stamp = {"at": self.clock.at(), "event_id": self.clock.ulid()}
        record = records.retrospective(kind, mission_slug=self.directory, mission_id=self.mission_id, **stamp)
        return self._append(record, commit, f"chore({self.directory}): capture mission retrospective")

    def raw_line(self, content: bytes, *, newline: bool = True, commit: bool = True) -> None:
        """Append any bytes to the log: damage, foreign records, a torn line (`newline` off)."""
        self.write_log(self.read_log() + content + (b"\n" if newline else b""), commit=commit)

    # -- the log itself

    def read_log(self) -> bytes:
        """Return the authoritative log: the working file where its branch is out, else the branch's; b"" if missing."""
        place = self.surface
        if place is not None:
            return place.read(self.log_path) if place.exists(self.log_path) else b""
        if self.log_path in self._written:
            return self._written[self.log_path]
        known = self.log_path.encode() in self.repo.tree(self.log_branch)
        return self.repo.show(self.log_branch, self.log_path) if known else b""

    def write_log(self, content: bytes, *, commit: bool = True) -> None:
        """Replace the authoritative log."""
        self._write(self.log_path, content)
        if commit:
            self.commit_log("chore(spec-kitty): rewrite log")

    def commit_log(self, message: str = "chore(spec-kitty): status") -> None:
        """Commit what this mission wrote on the log's branch since the last time, and nothing else; no hook runs."""
        if self.status_json:
            self._write(f"{self.path}/status.json", papers.status_json(self, self.transitions).encode())
        if (place := self.surface) is not None:
            place.commit_quietly(message, self._written)
        else:
            self.repo.commit_to(self.log_branch, self._written, message)
        self._written.clear()

    # -- reviews

    def review_cycle(
        self,
        wp_id: str,
        number: int,
        verdict: str | None = None,
        *,
        reviewer: str = "agent-two",
        content: Content | None = None,
        commit: bool = True,
        **keys: Any,
    ) -> str:
        """Write tasks/<stem>/review-cycle-N.md and return its path.

        It is committed on the log's branch; under coordination it lies untracked in the primary checkout too.
        Without `verdict` there is none, as the client of today writes it; `keys` are further frontmatter keys and
        `content` replaces the whole file.
        """
        path = self.review_path(wp_id, number)
        text = papers.review_cycle(self, wp_id, number, reviewer, verdict, keys) if content is None else content
        self._write(path, text if isinstance(text, bytes) else text.encode())
        if self.coordinated and self.repo.current_branch() == self.target_branch:
            self.repo.write(path, text)
        self._cycles[wp_id] = max(self._cycles[wp_id], number)
        if commit:
            self.commit_log(f"chore: Record review-cycle-{number} for {wp_id} on {self.directory}")
        return path

    def _review(self, wp_id: str, reviewer: str, artifact: bool) -> str:
        number = self._cycles[wp_id] + 1
        if artifact:
            self.review_cycle(wp_id, number, reviewer=reviewer, commit=False)
        self._cycles[wp_id] = number
        return f"review-cycle://{self.directory}/{self.work_packages[wp_id].stem}/review-cycle-{number}.md"

    def _finish_subtasks(self, wp_id: str) -> None:
        subtasks = self.work_packages[wp_id].subtasks
        if subtasks and self._finished.get(wp_id) != subtasks:
            self._finished[wp_id] = subtasks
            self.annotate(wp_id, subtasks=dict.fromkeys(subtasks, "done"), commit=False)

    def _append(self, record: Record, commit: bool, message: str) -> Record:
        self._write(self.log_path, self.read_log() + records.line(record))
        if commit:
            self.commit_log(message)
        return record

    def _write(self, path: str, content: bytes) -> None:
        self._written[path] = content
        if (place := self.surface) is not None:
            place.write(path, content)
