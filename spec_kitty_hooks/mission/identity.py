"""Who a mission is: its meta.json and lanes.json, and the branch names that belong to it (formats 1.2, 6).

Tolerant of every shape that real missions have; what cannot be used becomes a sentence in `problems`, never an error.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import jsontext
from spec_kitty_hooks.model import context
from spec_kitty_hooks.model.ids import human_slug, is_mid8, is_slug, is_ulid, is_work_package_id
from spec_kitty_hooks.model.mission import ExecutionLane, Mission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

PREFIX = "kitty/mission-"
PLANNING_LANE = "lane-planning"  # works on the target branch itself
LANES_VERSION = 1

_LANE = "-lane-"
_LETTERS = 2  # lane-a ... lane-z, lane-aa; what is longer is more likely part of a slug
_FORBIDDEN_IN_REFS = frozenset(" ~^:?*[\\\x7f")


def is_branch_name(text: str) -> bool:
    """Tell whether `text` can be a branch's short name (the rules of git-check-ref-format, and no leading dash)."""
    if not 0 < len(text) <= limits.PATH_BYTES or text[0] == "-" or text[-1] == ".":
        return False
    if ".." in text or "@{" in text or any(mark < " " or mark in _FORBIDDEN_IN_REFS for mark in text):
        return False
    if not text.isascii() and any("\ud800" <= mark <= "\udfff" for mark in text):  # an escape in JSON, never a ref
        return False
    return all(part and part[0] != "." and not part.endswith(".lock") for part in text.split("/"))


def read_mission(directory: str, meta: bytes | None, lanes: bytes | None) -> Mission:
    """Read a mission from the bytes of its two files; None for a file that is not there.

    `directory` is its name below kitty-specs/ and decides over every slug inside. meta.json's target branch wins over
    lanes.json's, which disagrees in ten real missions. A mission branch that is not recorded is composed.
    """
    problems: list[str] = []
    about = _Object("meta.json", meta, problems)
    plan = _Object("lanes.json", lanes, problems)
    mission_id = about.identity()
    target = about.branch("target_branch") or plan.branch("target_branch")
    mission_branch = plan.branch("mission_branch") or _compose(directory, mission_id)
    return Mission(
        directory=directory,
        mission_id=mission_id,
        target_branch=target,
        coordination_branch=about.branch("coordination_branch"),
        mission_branch=mission_branch,
        mission_type=about.text("mission_type") or about.text("mission"),
        topology=about.text("topology"),
        change_mode=about.text("change_mode"),
        planning_commit=plan.text("planning_commit_sha"),
        has_lanes_file=lanes is not None,
        lanes=tuple(plan.lanes(directory, mission_id, mission_branch, target)),
        problems=tuple(problems),
    )


def role_in(mission: Mission, branch: str) -> tuple[str, ExecutionLane | None, int]:
    """Return the role a mission gives a branch, its lane, and how sure that is: 0 recorded, more: composed.

    The role is "" if the mission does not know the branch. A planning lane works on the target branch itself.
    """
    for lane in mission.lanes:
        if branch in lane.branches and lane.lane_id != PLANNING_LANE:
            return context.LANE, lane, lane.branches.index(branch)
    work_package = "" if mission.has_lanes_file else legacy_work_package(branch, mission.directory)
    if work_package:
        return context.LANE, ExecutionLane(lane_id=work_package, wp_ids=(work_package,), branches=(branch,)), 0
    if branch == mission.coordination_branch:
        return context.COORDINATION, None, 0
    if branch == mission.target_branch:
        return context.TARGET, None, 0
    if branch == mission.mission_branch:
        return context.INTEGRATION, None, 0
    return "", None, 0


def legacy_work_package(branch: str, directory: str) -> str:
    """Return the `WPnn` of an old per-work-package branch `<directory>-WPnn`, "" if it is none of this directory's.

    With "" for the directory any will do.
    """
    name, _dash, wp_id = branch.rpartition("-")
    return wp_id if is_work_package_id(wp_id) and (name == directory if directory else is_slug(name)) else ""


def is_lane_name(branch: str) -> bool:
    """Tell whether a branch is named as the client names lanes: `kitty/mission-...-lane-a`."""
    stem, _lane, letters = branch.rpartition(_LANE)
    return stem.startswith(PREFIX) and letters.isalpha() and len(letters) <= _LETTERS


def propose_directories(branch: str) -> tuple[str, ...]:
    """Return the mission directories that a branch may belong to, judged by its text alone, best first.

    A proposal, no proof: the mission must confirm the branch. Not all can be proposed: the current form drops the
    number of an `NNN-slug` directory, and a recorded mission branch may have any name.
    """
    body = branch.removeprefix(PREFIX)
    found: list[str] = []
    for stem in _stems(body):
        if body != branch or stem != body:
            found += _directories_of(stem)
    return tuple(dict.fromkeys(name for name in found if is_slug(name)))


def _stems(body: str) -> tuple[str, ...]:
    """Return a branch's body without its lane or work package and as it is, the likelier first.

    Slugs may contain `-lane-`, so only the last one can be the lane's.
    """
    if legacy_work_package(body, ""):
        return body.rpartition("-")[0], body
    stem, lane, letters = body.rpartition(_LANE)
    if not stem or not letters:
        return (body,)
    is_lane = len(letters) <= _LETTERS or lane + letters == f"-{PLANNING_LANE}"
    return (stem, body) if is_lane else (body, stem)


def _directories_of(stem: str) -> tuple[str, ...]:
    """Return the directories that a mission branch's body may stand for: with its mid8, or without one appended."""
    shorter = _without_mid8(stem)
    if shorter == stem:
        return (stem,)
    return (stem, shorter) if _without_mid8(shorter) == shorter else (shorter, stem)


def _without_mid8(name: str) -> str:
    return name[:-9] if len(name) > 9 and name[-9] == "-" and is_mid8(name[-8:]) else name


def _legacy_branch(directory: str) -> str:
    """Compose the mission branch as without a mission id: a number is dropped only before a mid8 (formats 6.2)."""
    numbered = _without_mid8(directory) == directory
    return PREFIX + (directory if numbered else _without_number(directory))


def _without_number(directory: str) -> str:
    return directory[4:] if len(directory) > 4 and directory[:3].isdigit() and directory[3] == "-" else directory


def _compose(directory: str, mission_id: str) -> str:
    """Return the mission branch that a mission without a recorded one has; "" if its identity is not known."""
    if mission_id:
        # Only the mission's own mid8 is taken for its tail: one real directory carries another one's.
        name, tail = _without_number(directory), f"-{mission_id[:8]}"
        return PREFIX + name.removesuffix(tail) + tail
    return "" if human_slug(directory) == directory else _legacy_branch(directory)


class _Object:
    """One JSON object of a mission, read field by field; what cannot be used is added to `problems`."""

    def __init__(self, name: str, data: bytes | None, problems: list[str]) -> None:
        self._name = name
        self._problems = problems
        self._values: dict[str, Any] = {}
        self._usable = False
        if data is None:
            return
        if len(data) > limits.JSON_FILE_BYTES:
            self._complain(f"it has {len(data)} bytes; the limit is {limits.JSON_FILE_BYTES}")
            return
        value, problem = jsontext.parse_file(data)
        if problem:
            self._complain(problem)
        elif isinstance(value, dict):
            self._values = value
            self._usable = True
        else:
            self._complain("it is not an object")

    def text(self, key: str) -> str:
        """Return a string, "" if it is absent or null."""
        value = self._values.get(key)
        if value is None or isinstance(value, str):
            return value or ""
        self._complain(f"{key} is not a string")
        return ""

    def identity(self) -> str:
        """Return the mission id, "" if there is none that is a ULID."""
        value = self.text("mission_id")
        if not value or is_ulid(value):
            return value
        self._complain("mission_id is not a ULID")
        return ""

    def branch(self, key: str) -> str:
        """Return a branch name, "" if there is none that git would take."""
        value = self.text(key)
        if not value or is_branch_name(value):
            return value
        self._complain(f"{key} cannot be a branch name")
        return ""

    def lanes(self, directory: str, mission_id: str, mission_branch: str, target: str) -> Iterator[ExecutionLane]:
        """Return the lanes in recorded order, each with the names its branch may have, most authoritative first."""
        if not self._usable:
            return
        if self._values.get("version", LANES_VERSION) != LANES_VERSION:
            self._complain(f"its version is not {LANES_VERSION}")
        composed = (_compose(directory, mission_id), _legacy_branch(directory), PREFIX + directory)
        bases = tuple(dict.fromkeys(base for base in (mission_branch, *composed) if base))
        seen: set[str] = set()
        for lane_id, wp_ids, depends_on, group in self._lanes():
            if lane_id in seen:
                self._complain("two lanes have the same lane_id")
            seen.add(lane_id)
            names = (target,) if lane_id == PLANNING_LANE else tuple(f"{base}-{lane_id}" for base in bases)
            branches = tuple(name for name in names if is_branch_name(name))
            yield ExecutionLane(lane_id=lane_id, wp_ids=wp_ids, branches=branches, depends_on=depends_on, group=group)

    def _lanes(self) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...], int]]:
        lanes = self._values.get("lanes")
        if not isinstance(lanes, list):
            self._complain("lanes is not a list")
            return
        for number, lane in enumerate(lanes, 1):
            lane_id = lane.get("lane_id") if isinstance(lane, dict) else None
            if not isinstance(lane_id, str) or not lane_id:
                self._complain(f"lane number {number} has no lane_id")
                continue
            wp_ids = lane.get("wp_ids")
            known = tuple(wp_id for wp_id in wp_ids if is_work_package_id(wp_id)) if isinstance(wp_ids, list) else ()
            if not isinstance(wp_ids, list) or len(known) != len(wp_ids):
                self._complain(f"wp_ids of lane number {number} is not a list of work package ids")
            depends_on, group = lane.get("depends_on_lanes"), lane.get("parallel_group")
            others = [other for other in depends_on if isinstance(other, str)] if isinstance(depends_on, list) else ()
            yield lane_id, known, tuple(others), group if type(group) is int else 0

    def _complain(self, problem: str) -> None:
        self._problems.append(f"{self._name}: {problem}")
