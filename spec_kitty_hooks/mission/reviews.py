"""Review artifacts, `tasks/<dir>/review-cycle-N.md`: what their head says, not yet what it is worth (formats 7.1).

Tolerant: any bytes give a `ReviewCycle`; a file without a head is one without verdict, a head that cannot be used is
named in `problem` and never raised.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import strictyaml
from spec_kitty_hooks.mission.frontmatter import split_head
from spec_kitty_hooks.mission.plainyaml import is_null
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_BOM = b"\xef\xbb\xbf"
_FENCE = b"---"
_PREFIX, _SUFFIX = b"review-cycle-", b".md"
_NUMBER_BYTES = 9  # no work package is reviewed a billion times; bounds what int() is given
_FIELDS = (
    ("verdict", ("verdict",)),
    ("reviewer", ("reviewer_agent", "reviewer")),
    ("reviewed_at", ("reviewed_at",)),
    ("override_actor", ("review_artifact_override_actor",)),
    ("override_reason", ("review_artifact_override_reason",)),
    ("override_at", ("review_artifact_override_at",)),
    ("reviewed_commit", ("reviewed_commit",)),
)


class ReviewCycle(Record):
    """One review artifact. `wp_dir` is the directory below tasks/, `number` the cycle in the file's name.

    `verdict` is the word as written, "" if there is none (files written since the verdict moved to the event log).
    `problem` says why the head, or a field of it, cannot be used, and `line` where (1-based, 0 if no line applies).
    """

    path: bytes
    wp_dir: str
    number: int
    verdict: str = ""
    reviewer: str = ""
    reviewed_at: str = ""
    override_actor: str = ""
    override_reason: str = ""
    override_at: str = ""
    reviewed_commit: str = ""
    has_head: bool = False
    problem: str = ""
    line: int = 0


def cycle_number(path: bytes) -> int | None:
    """Return N for the repository-relative path `kitty-specs/<mission>/tasks/<dir>/review-cycle-N.md`, else None.

    Anchored on the whole path: other directories hold documents of that name (formats 7.1). N is at least 1.
    """
    parts = path.split(b"/")
    if len(parts) != 5 or parts[0] != b"kitty-specs" or parts[2] != b"tasks" or not parts[1] or not parts[3]:
        return None
    name = parts[4]
    if not name.startswith(_PREFIX) or not name.endswith(_SUFFIX):
        return None
    digits = name[len(_PREFIX) : -len(_SUFFIX)]
    if not digits.isdigit() or len(digits) > _NUMBER_BYTES:
        return None
    return int(digits) or None


def read_cycle(path: bytes, data: bytes) -> ReviewCycle:
    """Read the review artifact at the repository-relative `path` whose content is `data`."""
    parts = path.split(b"/")
    cycle = ReviewCycle(
        path=path,
        wp_dir=parts[-2].decode("utf-8", "replace") if len(parts) > 1 else "",
        number=cycle_number(path) or 0,
        has_head=data.removeprefix(_BOM).startswith(_FENCE),
    )
    if not cycle.has_head:
        return cycle
    head = split_head(data)
    if head.problem:
        return _change(cycle, problem=head.problem, line=head.line)
    loaded = strictyaml.load(head.yaml, limits.HEAD_BYTES)
    if loaded.values is None:
        line = loaded.line + head.first_line - 1 if loaded.line else 0
        return _change(cycle, problem=f"the frontmatter cannot be read: {loaded.problem}", line=line)
    return _change(cycle, **_read_fields(loaded.values, head.first_line))


def latest_cycle(cycles: Iterable[ReviewCycle]) -> ReviewCycle | None:
    """Return the artifact with the highest number (not the newest by time, formats 7.1), None if there is none."""
    return max(cycles, key=lambda cycle: (cycle.number, cycle.path), default=None)


def _change(cycle: ReviewCycle, **changes: object) -> ReviewCycle:
    changed: ReviewCycle = cycle.replace(**changes)
    return changed


def _read_fields(values: dict[str, object], first_line: int) -> dict[str, object]:
    """Return the fields of a head, and its first problem: a field that is a list or a mapping."""
    lines = {key: getattr(key, "line", 0) for key in values}
    fields: dict[str, object] = {}
    for field, keys in _FIELDS:
        for key in keys:
            value = values.get(key, "")
            if not isinstance(value, str):
                fields.setdefault("problem", f"{key} must be one value, not a list or a mapping")
                fields.setdefault("line", lines[key] + first_line - 1)
            elif value and not is_null(value):
                fields.setdefault(field, str(value))
    return fields
