"""The files of a project and a mission, as the released client writes them (formats 1, 3, 5, 6, 7).

Text is returned, nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from support.plan import ExecutionLane, WorkPackage
from support.records import LANES, Record, display

if TYPE_CHECKING:
    from support.chronicle import Chronicle
    from support.repo import Content

_IGNORED = (
    ".kittify/derived/",
    ".kittify/merge-state.json",
    ".kittify/runtime/",
    ".kittify/workspaces/",
    ".spec-kitty/",
    ".worktrees/",
)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the same text, five times faster
_CONFIG: dict[str, Any] = {
    "vcs": {"type": "git"},
    "agents": {"available": [], "auto_commit": True, "lint_on_edit": False},
}


def project() -> dict[str, Content]:
    """Return what a repository has before its first mission."""
    sources = {f"src/{name}/{name}.py": f'"""Part {name}."""\n' for name in "abc"}
    ignored = "# Added by Spec Kitty CLI (auto-managed)\n" + "".join(f"{name}\n" for name in _IGNORED)
    return {"README.md": "# Example\n", ".gitignore": ignored, ".kittify/config.yaml": config(None), **sources}


def config(policy: Mapping[str, Any] | str | None) -> str:
    """Return .kittify/config.yaml; `policy` is the section's content, or text that is appended as it is."""
    if isinstance(policy, str):
        return _yaml(_CONFIG) + policy
    return _yaml(_CONFIG if policy is None else {**_CONFIG, "policy": dict(policy)})


def meta(mission: Chronicle, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return meta.json with every key that all real missions have; `changes` win, None removes a key."""
    stamp = mission.clock.now.isoformat(timespec="microseconds")
    name = mission.directory.rsplit("-", 1)[0].replace("-", " ").capitalize()
    values: dict[str, Any] = {
        "created_at": stamp,
        "flattened": False,
        "friendly_name": name,
        "mission_id": mission.mission_id,
        "mission_number": None,
        "mission_slug": mission.directory,
        "mission_type": "software-dev",
        "purpose_context": f"Somebody needs {name}.",
        "purpose_tldr": name,
        "slug": mission.directory,
        "target_branch": mission.target_branch,
        "topology": mission.topology,
        "vcs": "git",
        "vcs_locked_at": stamp,
    }
    if mission.coordinated:
        values["coordination_branch"] = mission.coordination_branch
    removed = [key for key, value in (changes or {}).items() if value is None and key != "mission_number"]
    return {key: value for key, value in {**values, **(changes or {})}.items() if key not in removed}


def planning(mission: Chronicle, changes: Mapping[str, Any] | None, lanes_file: bool) -> dict[str, Content]:
    """Return the planning artifacts of a mission by repository-relative path."""
    files: dict[str, Content] = {
        "meta.json": json.dumps(meta(mission, changes), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
        "spec.md": f"# {mission.directory}\n\nWhat is wanted, and why.\n",
        "plan.md": f"# Plan of {mission.directory}\n",
        "tasks.md": f"# Work packages of {mission.directory}\n",
        "tasks/.gitkeep": "",
    }
    if lanes_file:
        files["lanes.json"] = json.dumps(lanes_json(mission), indent=2) + "\n"
    for package in mission.work_packages.values():
        files[f"tasks/{package.stem}.md"] = task(package, mission.target_branch)
    return {f"{mission.path}/{name}": content for name, content in files.items()}


def lanes_json(mission: Chronicle) -> dict[str, Any]:
    """Return lanes.json in the client's key order."""
    return {
        "version": 1,
        "mission_slug": mission.directory,
        "mission_id": mission.mission_id,
        "mission_branch": mission.mission_branch,
        "target_branch": mission.target_branch,
        "lanes": [_lane(lane, number) for number, lane in enumerate(mission.lanes.values())],
        "computed_at": mission.clock.now.isoformat(timespec="microseconds"),
        "computed_from": "dependency_graph+ownership",
        "planning_artifact_wps": [
            package.wp_id for package in mission.work_packages.values() if package.execution_mode == "planning_artifact"
        ],
    }


def _lane(lane: ExecutionLane, number: int) -> dict[str, Any]:
    return {
        "lane_id": lane.lane_id,
        "wp_ids": [package.wp_id for package in lane.work_packages],
        "write_scope": sorted({pattern for package in lane.work_packages for pattern in package.owned_files}),
        "predicted_surfaces": [],
        "depends_on_lanes": [],
        "parallel_group": number,
    }


def task(package: WorkPackage, target_branch: str) -> Content:
    """Return one work-package file."""
    prose = f"\n# Work Package Prompt: {package.wp_id} – {package.name}\n\nDo it, test it, show it.\n"
    if package.head is not None:
        return package.head + prose.encode() if isinstance(package.head, bytes) else package.head + prose
    values: dict[str, Any] = {
        "work_package_id": package.wp_id,
        "title": package.name,
        "dependencies": list(package.dependencies),
        "requirement_refs": ["FR-001"],
        "planning_base_branch": target_branch,
        "merge_target_branch": target_branch,
        "branch_strategy": f"Completed changes must merge back into {target_branch}.",
        "subtasks": list(package.subtasks),
        "history": [{"timestamp": "2026-01-05T00:00:00Z", "agent": "system", "action": "Prompt generated"}],
        "authoritative_surface": "src/",
        "create_intent": list(package.create_intent),
        "execution_mode": package.execution_mode,
        "owned_files": list(package.owned_files),
        "tags": [],
        "tracker_refs": [],
        **package.keys,
    }
    return f"---\n{_yaml({key: value for key, value in values.items() if value is not None})}---\n{prose}"


def review_cycle(
    mission: Chronicle, wp_id: str, number: int, reviewer: str, verdict: str | None, keys: Mapping[str, Any]
) -> str:
    """Return a review-cycle file; the client of today writes no verdict into it (formats 7.1)."""
    values: dict[str, Any] = {
        "affected_files": [],
        "cycle_number": number,
        "mission_slug": mission.directory,
        "reproduction_command": f"git log {mission.lane_branch(mission.lane_of(wp_id))}",
        "reviewed_at": f"{mission.clock.now:%Y-%m-%dT%H:%M:%SZ}",
        "reviewer_agent": reviewer,
        **({} if verdict is None else {"verdict": verdict}),
        "wp_id": wp_id,
        **keys,
    }
    return f"---\n{_yaml(values)}---\n\nReviewed by {reviewer}.\n"


def workspace(mission: Chronicle, lane: ExecutionLane, branch: str, place: Path, base: str) -> str:
    """Return the client's cached context file of a lane (formats 6.3)."""
    wp_ids = [package.wp_id for package in lane.work_packages]
    values = {
        "wp_id": wp_ids[0],
        "mission_slug": mission.directory,
        "worktree_path": str(place.relative_to(mission.repo.path)),
        "branch_name": branch,
        "base_branch": mission.mission_branch,
        "base_commit": base,
        "dependencies": [],
        "created_at": mission.clock.now.isoformat(timespec="microseconds"),
        "created_by": "implement-command-lane",
        "vcs_backend": "git",
        "lane_id": lane.lane_id,
        "lane_wp_ids": wp_ids,
        "current_wp": wp_ids[0],
        "lane_test_env": {},
    }
    return json.dumps(values, indent=2) + "\n"


def status_json(mission: Chronicle, transitions: list[Record]) -> str:
    """Return status.json for a log that the builder wrote itself, in order and without duplicates or annotations."""
    latest = {record["wp_id"]: record for record in transitions}
    forced = {wp_id: sum(record["force"] for record in transitions if record["wp_id"] == wp_id) for wp_id in latest}
    lanes = [record["to_lane"] for record in latest.values()]
    values = {
        "event_count": len(transitions),
        "last_event_id": transitions[-1]["event_id"] if transitions else None,
        "materialized_at": transitions[-1]["at"] if transitions else "",
        "mission_number": "",
        "mission_slug": mission.directory if transitions else "",
        "mission_type": "software-dev",
        "summary": {lane: lanes.count(lane) for lane in LANES},
        "work_packages": {
            wp_id: {
                "actor": display(record["actor"]),
                "force_count": forced[wp_id],
                "lane": record["to_lane"],
                "last_event_id": record["event_id"],
                "last_transition_at": record["at"],
            }
            for wp_id, record in latest.items()
        },
    }
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _yaml(values: Mapping[str, Any]) -> str:
    text: str = yaml.dump(dict(values), Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=10_000)
    return text
