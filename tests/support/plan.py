"""What a mission is planned to be: work packages and the execution lanes that they share. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class WorkPackage:
    """One work package.

    `keys` are laid over its frontmatter (None removes one); `head` replaces all of it, fences included.
    """

    wp_id: str
    owned_files: Sequence[str] = ()
    title: str = ""
    slug: str = ""
    dependencies: Sequence[str] = ()
    subtasks: tuple[str, ...] = ()
    create_intent: Sequence[str] = ()
    execution_mode: str = "code_change"
    keys: Mapping[str, Any] = field(default_factory=dict)
    head: str | bytes | None = None

    @property
    def name(self) -> str:
        """The title, or one made from the id."""
        return self.title or f"Part {self.wp_id[2:]}"

    @property
    def stem(self) -> str:
        """The file name below tasks/ without .md."""
        return f"{self.wp_id}-{self.slug or 'part-' + self.wp_id[2:]}"


@dataclass(frozen=True, kw_only=True)
class ExecutionLane:
    """One lane of lanes.json with its work packages in order; any text is a lane id."""

    lane_id: str
    work_packages: tuple[WorkPackage, ...]

    @classmethod
    def of(cls, lane_id: str, owned: Mapping[str, Sequence[str]] | Sequence[WorkPackage]) -> ExecutionLane:
        """Make a lane from work packages, or from {work package id: patterns}."""
        if isinstance(owned, Mapping):
            owned = [WorkPackage(wp_id=wp_id, owned_files=patterns) for wp_id, patterns in owned.items()]
        return cls(lane_id=lane_id, work_packages=tuple(owned))
