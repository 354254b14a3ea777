"""Builds Spec Kitty missions in a repository, laid out as the released client lays them out (formats 1-6).

`build_mission` makes one, `many_missions` makes a crowd; the `Mission` starts lanes and changes the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from support import papers, records
from support.chronicle import Chronicle
from support.plan import ExecutionLane, WorkPackage
from support.records import Actor
from support.repo import Content, Repo

__all__ = ["Mission", "WorkPackage", "build_mission", "many_missions", "seed"]

#: What a lane has: work packages, or in short each one's id and patterns.
Packages = Mapping[str, Sequence[str]] | Sequence[WorkPackage]


def seed(repo: Repo) -> Repo:
    """Give an empty repository its first commit: sources in src/{a,b,c}, the client's .gitignore and config."""
    repo.commit("chore: spec-kitty init", files=papers.project(), no_verify=True)
    return repo


def build_mission(
    repo: Repo,
    lanes: Mapping[str, Packages],
    *,
    slug: str = "csv-export",
    mission_id: str | None = None,
    directory: str | None = None,
    meta: Mapping[str, Any] | None = None,
    policy: Mapping[str, Any] | str | None = None,
    lanes_file: bool = True,
    files: Mapping[str, Content] | None = None,
    bootstrap: bool = True,
    **names: Any,
) -> Mission:
    """Build a mission on its target branch, every work package planned, and return it.

    `lanes` maps each execution lane's id to its work packages: {"lane-a": {"WP01": ["src/a/**"]}}, or `WorkPackage`
    values where more than the ownership matters. `directory` is the name below kitty-specs/ (`<slug>-<mid8>` if not
    given). `meta` is laid over meta.json (None removes a key); `policy` goes into .kittify/config.yaml; `files` are
    further files of the mission directory. Without `bootstrap` the log has no transition yet. `names` go to
    `Mission`: target_branch, topology (lanes, single_branch, coord, lanes_with_coord), mission_branch,
    coordination_branch, status_json. The checkout of `repo` ends up on the target branch.
    """
    repo.clock.tick()
    identity = mission_id or repo.clock.ulid()
    planned = [ExecutionLane.of(lane_id, packages) for lane_id, packages in lanes.items()]
    mission = Mission(repo, directory or f"{slug}-{identity[:8]}", identity, planned, **names)
    if policy is not None:
        repo.write(".kittify/config.yaml", papers.config(policy))
    for name, content in (files or {}).items():
        repo.write(f"{mission.path}/{name}", content)
    mission.scaffold(meta, lanes_file)
    if bootstrap:
        mission.bootstrap()
    return mission


class Mission(Chronicle):
    """One mission in a repository: its plan, its lanes and, inherited, its names and log."""

    def scaffold(self, meta: Mapping[str, Any] | None = None, lanes_file: bool = True) -> None:
        """Commit the planning artifacts on the target branch; under coordination make its branch and worktree first."""
        repo = self.repo
        if repo.current_branch() != self.target_branch:
            repo.checkout(self.target_branch, *(() if repo.has_branch(self.target_branch) else ("-b",)))
        if self.coordinated:
            repo.worktree(self.coordination_worktree.path, self.coordination_branch, "HEAD")
        for path, content in papers.planning(self, meta, lanes_file).items():
            repo.write(path, content)
        repo.write(self.log_path, b"".join(map(records.line, self._opening())))
        repo.commit_quietly(f"Add tasks for feature {self.directory}", (".kittify", self.path))

    def bootstrap(self) -> None:
        """Seed the log: genesis to planned for every work package, in one commit."""
        for wp_id in self.work_packages:
            self.transition(wp_id, "planned", commit=False)
        self.commit_log("chore(spec-kitty): status bootstrap")

    def _opening(self) -> list[records.Record]:
        names = {"mission_slug": self.directory, "mission_number": None}
        made = [self._born("MissionCreated", self.mission_id, {**names, "target_branch": self.target_branch})]
        for wp_id, package in self.work_packages.items():
            payload = {**names, "wp_id": wp_id, "wp_title": package.name, "depends_on": list(package.dependencies)}
            made.append(self._born("WPCreated", wp_id, payload))
        return made

    def _born(self, event_type: str, aggregate_id: str, payload: records.Record) -> records.Record:
        stamp = {"timestamp": self.clock.at(), "event_id": self.clock.ulid()}
        return records.lifecycle(event_type, payload, aggregate_id=aggregate_id, **stamp)

    # -- lanes

    def start_lane(
        self, lane_id: str, *, branch: str | None = None, worktree: str | Path | None = None, context: bool = True
    ) -> Repo:
        """Make the mission branch, the lane's branch and its linked worktree as the client does; return the worktree.

        Under coordination the lane starts from the coordination branch with the planning artifacts merged in, and a
        sparse checkout hides the log. `context` writes the client's cached .kittify/workspaces file, which is never
        committed. lane-planning has no worktree: the primary checkout is returned.
        """
        if lane_id == "lane-planning":
            return self.repo
        name = branch or self.lane_branch(lane_id)
        if not self.repo.has_branch(self.mission_branch):
            self.repo.branch(self.mission_branch, self.target_branch)
        if not self.repo.has_branch(name):
            self.repo.branch(name, self.mission_branch)
            if self.coordinated:
                self._merge_planning(name)
        place = self.repo.worktree(worktree or self.lane_worktree(lane_id).path, name)
        if self.coordinated:
            self.hide_log(place)
        if context:
            base = self.repo.resolve(self.mission_branch)
            text = papers.workspace(self, self.lanes[lane_id], name, place.path, base)
            self.repo.write(f".kittify/workspaces/{self.directory}-{lane_id}.json", text)
        return place

    def hide_log(self, place: Repo) -> None:
        """Make a sparse checkout of a worktree that hides exactly this mission's log and status.json (formats 1.3)."""
        hidden = "".join(f"!{self.path}/{name}\n" for name in ("status.events.jsonl", "status.json"))
        place.git("sparse-checkout", "set", "--no-cone", "--stdin", input=f"/*\n{hidden}")

    def implement(self, wp_id: str, *, actor: Actor | None = None) -> Repo:
        """Bring a work package to in_progress in its lane, started if need be; return the lane's worktree."""
        lane_id = self.lane_of(wp_id)
        place = self.lane_worktree(lane_id)
        if not place.path.is_dir():
            place = self.start_lane(lane_id)
        self.walk(wp_id, "in_progress", actor=actor)
        return place

    def remove_coordination_worktree(self) -> None:
        """Leave the coordination branch without a checkout; from here on events are committed to the branch."""
        self.repo.git("worktree", "remove", "--force", self.coordination_worktree.path)

    def edit(self, path: str, content: Content, message: str = "chore: edit the plan") -> str:
        """Change one file on the target branch (lanes.json, a work-package head ...) without hooks."""
        if self.repo.current_branch() != self.target_branch:
            return self.repo.commit_to(self.target_branch, {path: content}, message)
        self.repo.write(path, content)
        return self.repo.commit_quietly(message, (path,))

    def replan(self, package: WorkPackage) -> str:
        """Replace one work package's file on the target branch; return the commit."""
        self.work_packages[package.wp_id] = package
        return self.edit(self.wp_path(package.wp_id), papers.task(package, self.target_branch))

    def _merge_planning(self, branch: str) -> None:
        repo, planning = self.repo, self.repo.resolve(self.target_branch)
        mine = [path for path in repo.tree(planning) if path.startswith(self.path.encode() + b"/")]
        files: dict[str | bytes, Content] = {path: repo.show(planning, path) for path in mine}
        files[self.log_path.encode()] = repo.show(planning, self.log_path) + repo.show(branch, self.log_path)
        parents = (repo.resolve(branch), planning)
        repo.commit_to(branch, files, "Merge recorded planning-artifact commit into the lane", parents)


def many_missions(repo: Repo, count: int, *, slug: str = "extra", packages: int = 2, to: str = "approved") -> list[str]:
    """Add `count` small missions to the checked-out branch in one commit, and return their directory names.

    Each has `packages` work packages walked to `to`, in one lane, owning src/<directory>/WPnn/**.
    """
    files: dict[str | bytes, Content] = {}
    names = []
    for number in range(count):
        repo.clock.tick()
        identity = repo.clock.ulid()
        directory = f"{slug}-{number:04}-{identity[:8]}"
        owned = {f"WP{index:02}": [f"src/{directory}/WP{index:02}/**"] for index in range(1, packages + 1)}
        mission = _Sketch(repo, directory, identity, [ExecutionLane.of("lane-a", owned)])
        files.update(mission.draw(to))
        names.append(directory)
    branch, before = repo.current_branch(), repo.head()
    after = repo.commit_to(branch, files, f"chore: bring in {count} missions")
    repo.git("read-tree", "-m", "-u", before, after)
    return names


class _Sketch(Mission):
    """A mission whose files are only collected: no git call, no file."""

    def draw(self, to: str) -> dict[str | bytes, Content]:
        """Return all files of this mission, with every work package walked to `to`."""
        self._lines = list(self._opening())
        for wp_id in self.work_packages:
            self.walk(wp_id, to, commit=False)
        files: dict[str | bytes, Content] = {}
        files.update(papers.planning(self, None, True).items())
        files[self.log_path] = b"".join(map(records.line, self._lines))
        files[f"{self.path}/status.json"] = papers.status_json(self, self.transitions)
        return files

    def _append(self, record: records.Record, commit: bool, message: str) -> records.Record:
        self._lines.append(record)
        return record

    def _review(self, wp_id: str, reviewer: str, artifact: bool) -> str:
        return f"review-cycle://{self.directory}/{self.work_packages[wp_id].stem}/review-cycle-1.md"
