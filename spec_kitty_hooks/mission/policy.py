"""Policy of a repository: section `policy` of .kittify/config.yaml (design 5 "Policy", formats 8).

Reads, never raises on content. What is broken is named with its line and read as strictly as it could be meant;
`policy_model` holds the same rules as published models, and a test holds the two equal.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import strictyaml
from spec_kitty_hooks.mission.plainyaml import is_null
from spec_kitty_hooks.mission.policyfields import (
    SECTIONS,
    SITUATIONS,
    STALE_CLAIM_MINUTES,
    SUBSECTIONS,
    UNTOUCHABLE,
)
from spec_kitty_hooks.model.findings import BLOCK, OFF, SEVERITIES, WARN
from spec_kitty_hooks.model.git import SYMLINK
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from spec_kitty_hooks.mission.source import Source

POLICY_PATH = ".kittify/config.yaml"
_GUARDED = ("ownership", "context")


class PolicyProblem(Record):
    """What cannot be used: its 1-based `line` (0 if none applies), the dotted `key` ("" for the file), a sentence."""

    line: int
    key: str
    message: str


class Policy(Record):
    """What holds in this repository; the defaults hold where nothing is written.

    `guard_mode` and `merge_gates_mode` are "" unless written. `cannot_judge` has block or warn for commit, push and
    ci; commit_guard.mode is already counted in for those not written. With `raise_only`, `severity` raises, never
    lowers.
    """

    guard_enabled: bool = True
    guard_mode: str = ""
    block_mission_specs: bool = True
    enforce_ownership: bool = True
    merge_gates_enabled: bool = True
    merge_gates_mode: str = ""
    require_review_approval: bool = True
    require_risk_check: bool = True
    require_deps_complete: bool = True
    severity: dict[str, str] = {}  # noqa: RUF012 (shared empty default, never mutated)
    raise_only: bool = False
    glob: str = "strict"
    ownership_on_target: bool = False
    cannot_judge: dict[str, str] = SITUATIONS
    stale_claim_minutes: int = STALE_CLAIM_MINUTES
    judge_from: str = ""
    record_done: str = "suggest"
    sync: str = OFF
    problems: tuple[PolicyProblem, ...] = ()


def severity_of(policy: Policy, code: str, default: str, family: str) -> str:
    """Return the severity of a code: policy.hooks.severity, else an explicit commit_guard, else `default` (design 5).

    `default` is the catalog's, or `policy.cannot_judge[situation]` for a code that means "cannot judge". commit_guard
    speaks for the families `ownership` and `context`, but cannot hide that policy itself is broken.
    """
    if code in UNTOUCHABLE:
        return BLOCK
    held = default
    if family in _GUARDED and code != "POLICY_INVALID":
        if not policy.guard_enabled or policy.guard_mode == OFF:
            held = OFF
        elif policy.guard_mode and family == "ownership":
            held = policy.guard_mode
    chosen = policy.severity.get(code, held)
    return min(chosen, held, key=SEVERITIES.index) if policy.raise_only else chosen


def describe_switch(policy: Policy) -> str:
    """Return a sentence that names the key which keeps ownership from being judged; "" if it is judged."""
    code = "ACTIVE_WP_SCOPE_VIOLATION"
    if policy.enforce_ownership and severity_of(policy, code, BLOCK, "ownership") != OFF:
        return ""
    key = "commit_guard.enabled" if not policy.guard_enabled else "commit_guard.mode"
    if not policy.enforce_ownership:
        key = "commit_guard.enforce_ownership"
    elif code in policy.severity:
        key = f"hooks.severity.{code}"
    return f"ownership is switched off by policy.{key}"


def read_policy(data: bytes | None, known_codes: Container[str]) -> Policy:
    """Return what a config.yaml says; None means that there is no such file.

    `known_codes` are the diagnostic codes that policy.hooks.severity may name. Problems stand for POLICY_INVALID.
    """
    if data is None:
        return Policy()
    reading = _Reading(known_codes)
    loaded = strictyaml.load(data, limits.POLICY_BYTES, section="policy")
    if loaded.values is None:
        reading.refuse_file(loaded.line, loaded.problem)
    else:
        reading.read(loaded.values)
    return reading.policy()


def read_committed(source: Source, commit: str, known_codes: Container[str]) -> tuple[Policy, str]:
    """Return the policy of a commit and the `<commit>:<path>` it was read from, "" where the defaults hold.

    One that cannot be read (too large, a directory, a symbolic link: where that points to could itself read as policy)
    is invalid, never absent. `commit` is "" where there is none.
    """
    spec = f"{commit}:{POLICY_PATH}"
    blob = source.read(spec) if commit else None
    if blob is None:
        return read_policy(None, known_codes), ""
    usable = blob.kind == "blob" and not blob.truncated and not _is_link(source, commit)
    return read_policy(blob.data if usable else b"\0", known_codes), spec


def _is_link(source: Source, commit: str) -> bool:
    directory, _, name = POLICY_PATH.encode().rpartition(b"/")
    entries = source.tree(f"{commit}:{directory.decode()}") or ()
    return any(entry.name == name and entry.mode == SYMLINK for entry in entries)


class _Reading:
    """One pass over a document: collects values for `Policy`, and problems."""

    def __init__(self, known_codes: Container[str]) -> None:
        self._known_codes = known_codes
        self._values: dict[str, Any] = {}
        self._severity: dict[str, str] = {}
        self._raise_only = False
        self._distrusted: set[str] = set()
        self._problems: list[PolicyProblem] = []

    def refuse_file(self, line: int, problem: str) -> None:
        self._problems.append(PolicyProblem(line=line, key="", message=f"the file cannot be used: {problem}"))
        self._distrusted.update(SECTIONS)
        self._raise_only = True

    def read(self, document: dict[str, object]) -> None:
        policy = self._section(document, "policy", "policy")
        if policy is None:
            self._distrusted.update(SECTIONS)
            self._raise_only = True
            return
        self._read_fields(policy, "commit_guard")
        self._read_fields(policy, "merge_gates")
        hooks = self._read_fields(policy, "hooks")
        self._read_fields(hooks, "hooks.cannot_judge")
        self._read_fields(hooks, "hooks.post_merge")
        self._read_severity(hooks)

    def policy(self) -> Policy:
        if "hooks" in self._distrusted:
            self._distrusted.update(("hooks.cannot_judge", "hooks.post_merge"))
            self._raise_only = True
        for name in self._distrusted:
            self._values.update((field.name, field.strictest) for field in SECTIONS[name] if not field.kept)
        mode = self._values.get("guard_mode")
        usual = dict.fromkeys(SITUATIONS, mode) if mode in (WARN, BLOCK) else SITUATIONS
        cannot_judge = {name: self._values.pop(name, severity) for name, severity in usual.items()}
        return Policy(
            **self._values,
            severity=self._severity,
            raise_only=self._raise_only,
            cannot_judge=cannot_judge,
            problems=tuple(sorted(self._problems, key=lambda problem: problem.line)),
        )

    def _complain(self, key: str, path: str, message: str) -> None:
        path = path[: limits.SHOWN_CHARACTERS]
        line: int = getattr(key, "line", 0)
        self._problems.append(PolicyProblem(line=line, key=path, message=f"{path} {message}"))

    def _section(self, parent: dict[str, object], name: str, path: str) -> dict[str, object] | None:
        """Return the mapping below a key, an empty one if it is absent or null, None if something else stands there."""
        for key, value in parent.items():
            if key == name and not is_null(value):
                if isinstance(value, dict):
                    return value
                self._complain(key, path, "must be a mapping of keys to values")
                return None
        return {}

    def _read_fields(self, parent: dict[str, object], section: str) -> dict[str, object]:
        """Read one of SECTIONS; what it does not know is a problem below `hooks` only."""
        path = f"policy.{section}"
        found = self._section(parent, section.rpartition(".")[2], path)
        if found is None:
            self._distrusted.add(section)
            return {}
        keys = {key: key for key in found}
        for field in SECTIONS[section]:
            if field.key in found:
                value = field.read(found[field.key])
                if value is None:
                    self._complain(keys[field.key], f"{path}.{field.key}", f"must be {field.expected}")
                self._values[field.name] = field.strictest if value is None else value
        known = (*(field.key for field in SECTIONS[section]), *SUBSECTIONS.get(section, ()))
        if section.startswith("hooks"):
            for key in found:
                if key not in known:
                    self._complain(key, f"{path}.{key}", f"is not known; known here are {', '.join(known)}")
                    self._distrusted.add(section)
        return found

    def _read_severity(self, hooks: dict[str, object]) -> None:
        path = "policy.hooks.severity"
        section = self._section(hooks, "severity", path)
        if section is None:
            self._raise_only = True
        for key, value in (section or {}).items():
            if key not in self._known_codes:
                self._complain(key, f"{path}.{key}", "names no diagnostic code")
                self._raise_only = True
            elif not isinstance(value, str) or value not in SEVERITIES:
                self._complain(key, f"{path}.{key}", f"must be one of {', '.join(SEVERITIES)}")
                self._severity[str(key)] = BLOCK
            elif key in UNTOUCHABLE and value != BLOCK:
                self._complain(key, f"{path}.{key}", "cannot be lowered: without it the log proves nothing")
            else:
                self._severity[str(key)] = str(value)
