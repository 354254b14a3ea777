"""The published form of section `policy`: strict models, from which `schema policy` is printed.

Not on the commit path, where `policy` reads the same documents without pydantic; a test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationInfo, field_validator

from spec_kitty_hooks.mission.plainyaml import Plain, is_null
from spec_kitty_hooks.mission.policyfields import MINUTES, STALE_CLAIM_MINUTES, UNTOUCHABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

Mode = Literal["warn", "block", "off"]
Severity = Literal["block", "warn", "note", "off"]
CannotJudgeSeverity = Literal["block", "warn"]

_UPSTREAM = ConfigDict(extra="ignore", strict=True)  # these sections are upstream's to extend
_OURS = ConfigDict(extra="forbid", strict=True)


def _drop_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _unset(description: str, **bounds: Any) -> Any:
    """Return a field that is "" unless it is written; the schema shows no default."""
    return Field(default="", description=description, json_schema_extra=_drop_default, **bounds)


class CommitGuard(BaseModel):
    """What the commit hooks enforce of ownership."""

    model_config = _UPSTREAM

    enabled: StrictBool = Field(default=True, description="Whether ownership is judged at all.")
    mode: Mode = _unset("Severity of every ownership and context code; if absent, each code has its own.")
    block_mission_specs: StrictBool = Field(default=True, description="Keep kitty-specs/ off lane branches.")
    block_kitty_specs: StrictBool = Field(default=True, description="Older name of the same.")
    enforce_ownership: StrictBool = Field(default=True, description="Hold changes against owned_files.")


class MergeGates(BaseModel):
    """What must hold before a mission is merged."""

    model_config = _UPSTREAM

    enabled: StrictBool = True
    mode: Mode = _unset("Severity of the gates.")
    require_review_approval: StrictBool = True
    require_risk_check: StrictBool = True
    require_deps_complete: StrictBool = True


class CannotJudge(BaseModel):
    """What happens where a change cannot be judged. The defaults hold unless commit_guard.mode is written."""

    model_config = _OURS

    commit: CannotJudgeSeverity = "warn"
    push: CannotJudgeSeverity = "block"
    ci: CannotJudgeSeverity = "block"


class PostMerge(BaseModel):
    """What the post-merge hook does about work that has landed."""

    model_config = _OURS

    record_done: Literal["off", "suggest", "auto"] = "suggest"


class Hooks(BaseModel):
    """What is ours alone."""

    model_config = _OURS

    severity: dict[StrictStr, Severity] | None = Field(default=None, description="Severity by diagnostic code.")
    glob: Literal["strict", "spec-kitty"] = Field(default="strict", description="Dialect of owned_files.")
    ownership_on_target: StrictBool = Field(default=False, description="Judge ownership on the target branch too.")
    cannot_judge: CannotJudge | None = None
    stale_claim_minutes: Annotated[StrictInt, Field(ge=1, le=MINUTES)] = Field(
        default=STALE_CLAIM_MINUTES, description="Age at which a claim without a start, or a review, is stalled."
    )
    judge_from: StrictStr = _unset("Commits before this one are not judged.", pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")
    post_merge: PostMerge | None = None
    sync: Literal["off", "auto"] = Field(default="off", description="Fetch and push the log's branch by itself.")

    @field_validator("severity")
    @classmethod
    def _check_codes(cls, value: dict[str, str] | None, info: ValidationInfo) -> dict[str, str] | None:
        known = (info.context or {}).get("known_codes")
        for code, severity in (value or {}).items():
            if known is not None and code not in known:
                raise ValueError(f"{code} names no diagnostic code")
            if code in UNTOUCHABLE and severity != "block":
                raise ValueError(f"{code} cannot be lowered")
        return value


class PolicySection(BaseModel):
    """Section `policy`; sections that are not listed here belong to upstream Spec Kitty."""

    model_config = _UPSTREAM

    commit_guard: CommitGuard | None = None
    merge_gates: MergeGates | None = None
    hooks: Hooks | None = None


class Configuration(BaseModel):
    """.kittify/config.yaml, as far as it is read here."""

    model_config = _UPSTREAM

    policy: PolicySection | None = None


def resolve(value: Any) -> Any:
    """Turn what `strictyaml` reads into typed values by YAML 1.2's core rules, as far as policy needs them."""
    if isinstance(value, dict):
        return {str(key): resolve(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item) for item in value]
    if not isinstance(value, Plain):
        return value if value is None else str(value)
    if is_null(value):
        return None
    if value.lower() in ("true", "false") and value in (value.lower(), value.upper(), value.capitalize()):
        return value.lower() == "true"
    digits = value.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and len(digits) < 19 and (digits == "0" or digits[0] != "0")
    return int(value) if is_number else str(value)


def policy_schema(known_codes: Iterable[str]) -> dict[str, Any]:
    """Return the JSON schema of config.yaml; `known_codes` are the keys that `severity` may have."""
    schema = Configuration.model_json_schema()
    severity = schema["$defs"]["Hooks"]["properties"]["severity"]["anyOf"][0]
    severity["propertyNames"] = {"enum": sorted(known_codes)}
    return schema
