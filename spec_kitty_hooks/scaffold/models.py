"""Everything that scaffolding writes or prints, as strict models: files in Spec Kitty's format, reports as `--json`.

Data and its canonical spelling only; reads and writes nothing.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict

Topology = Literal["lanes", "single_branch"]
PlanCode = Literal[
    "PLAN_MISSION_INVALID",
    "PLAN_WORK_PACKAGES_MISSING",
    "PLAN_HEAD_INVALID",
    "PLAN_ID_DUPLICATE",
    "PLAN_OWNERSHIP_MISSING",
    "PLAN_PATTERN_INVALID",
    "PLAN_OWNERSHIP_OVERLAP",
    "PLAN_DEPENDENCY_UNKNOWN",
    "PLAN_DEPENDENCY_CYCLE",
    "LANE_DEPENDENCY_CYCLE",
    "PLAN_LANE_MOVED",
    "PLAN_FILE_MISSING",
    "EVENT_LOG_UNREADABLE",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Meta(_Model):
    """meta.json (formats 1.2): the keys that all 412 real missions have, and the topology."""

    created_at: str
    flattened: Literal[False] = False
    friendly_name: str
    mission_id: str
    mission_number: None = None
    mission_slug: str
    mission_type: Literal["software-dev"] = "software-dev"
    slug: str
    target_branch: str
    topology: Topology

    def render(self) -> bytes:
        """Return the file: sorted keys, indent 2, non-ASCII kept, one newline at the end."""
        return (json.dumps(self.model_dump(), indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


class LaneEntry(_Model):
    """One execution lane of lanes.json (formats 6.1)."""

    lane_id: str
    wp_ids: list[str]
    write_scope: list[str]
    predicted_surfaces: list[str]
    depends_on_lanes: list[str]
    parallel_group: int


class LanesFile(_Model):
    """lanes.json (formats 6.1) with every key that the client's reader knows, in the client's order."""

    version: Literal[1] = 1
    mission_slug: str
    mission_id: str
    mission_branch: str
    target_branch: str
    lanes: list[LaneEntry]
    computed_at: str
    computed_from: Literal["dependency_graph+ownership"] = "dependency_graph+ownership"
    planning_artifact_wps: list[str]
    planning_commit_sha: str | None = None

    def render(self) -> bytes:
        """Return the file: indent 2, keys in their order, one newline at the end."""
        return (json.dumps(self.model_dump(), indent=2) + "\n").encode()


class _LogLine(_Model):
    def render(self) -> bytes:
        """Return the line without its newline: sorted keys and ASCII, as every real log has them."""
        return json.dumps(self.model_dump(), sort_keys=True).encode()


class BirthPayload(_Model):
    """What a MissionCreated record tells about the mission."""

    created_at: str
    friendly_name: str
    mission_id: str
    mission_number: None = None
    mission_slug: str
    mission_type: Literal["software-dev"] = "software-dev"
    target_branch: str
    wp_count: Literal[0] = 0


class BirthRecord(_LogLine):
    """The first line of a log: the lifecycle record MissionCreated (formats 2.5)."""

    aggregate_id: str
    aggregate_type: Literal["Mission"] = "Mission"
    event_id: str
    event_type: Literal["MissionCreated"] = "MissionCreated"
    payload: BirthPayload
    project_slug: None = None
    project_uuid: None = None
    schema_version: Literal["5.0.0"] = "5.0.0"
    timestamp: str


class SeedRecord(_LogLine):
    """The first transition of a work package: genesis to planned (formats 2.2, 4.1)."""

    actor: str
    at: str
    event_id: str
    evidence: None = None
    execution_mode: Literal["worktree", "direct_repo"]
    force: Literal[False] = False
    from_lane: Literal["genesis"] = "genesis"
    mission_id: str
    mission_slug: str
    policy_metadata: None = None
    reason: str
    review_ref: None = None
    to_lane: Literal["planned"] = "planned"
    wp_id: str


class MissionCreated(_Model):
    """`mission new --json`. `commit` is the id of the commit, None if nothing was committed."""

    mission: str
    mission_id: str
    path: str
    target_branch: str
    topology: Topology
    files: list[str]
    commit: str | None = None
    next_steps: list[str]


class PlanFinding(_Model):
    r"""One thing about the plan: `block` keeps it from being finalized, `note` does not.

    `path` is repository-relative with bytes that are not UTF-8 as \xNN; `line` is 0 if no line applies.
    """

    diagnostic_code: PlanCode
    severity: Literal["block", "note"] = "block"
    work_package_id: str = ""
    path: str = ""
    line: int = 0
    message: str
    remediation: list[str] = []


class LaneSummary(_Model):
    """One execution lane as `finalize` computed it; `branch` is where its work happens."""

    lane_id: str
    branch: str
    wp_ids: list[str]
    depends_on_lanes: list[str]


class MissionFinalized(_Model):
    """`mission finalize --json`. With `ok` false nothing was written; `findings` say why.

    `seeded` are the work packages whose first event this call added (in a dry run: would add), `already_planned` those
    that the log knew before.
    """

    ok: bool
    dry_run: bool
    mission: str
    findings: list[PlanFinding] = []
    lanes: list[LaneSummary] = []
    lanes_file: Literal["written", "unchanged", "not written"] = "not written"
    seeded: list[str] = []
    already_planned: list[str] = []
    commit: str | None = None
    next_steps: list[str] = []
