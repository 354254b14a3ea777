"""Configurations with a policy, and the keys that a policy may have with what each may say."""

from __future__ import annotations

from pydantic import ValidationError

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import policyfields, strictyaml
from spec_kitty_hooks.mission.policy import Policy, read_policy
from spec_kitty_hooks.mission.policy_model import Configuration, resolve
from spec_kitty_hooks.model.findings import BLOCK, OFF

CODES = ("ACTIVE_WP_SCOPE_VIOLATION", "WP_NOT_STARTED", "EVENT_CHAIN_BROKEN", "POLICY_INVALID")
KNOWN = (*CODES, *policyfields.UNTOUCHABLE)
BLOCKED = {"commit": BLOCK, "push": BLOCK, "ci": BLOCK}
STRICTEST = Policy(guard_mode=BLOCK, merge_gates_mode=BLOCK, cannot_judge=BLOCKED, raise_only=True)
#: Section and key of what is true or false, with the name of its field.
FLAGS = [
    ("commit_guard", "enabled", "guard_enabled"),
    ("commit_guard", "block_mission_specs", "block_mission_specs"),
    ("commit_guard", "block_kitty_specs", "block_mission_specs"),
    ("commit_guard", "enforce_ownership", "enforce_ownership"),
    ("merge_gates", "enabled", "merge_gates_enabled"),
    ("merge_gates", "require_review_approval", "require_review_approval"),
    ("merge_gates", "require_risk_check", "require_risk_check"),
    ("merge_gates", "require_deps_complete", "require_deps_complete"),
    ("hooks", "ownership_on_target", "ownership_on_target"),
]
NO_FLAGS = ["no", "off", "yes", "0", "", "~", '"false"', "'false'", "fAlse", "[]", "{a: b}"]
#: The same of what is one of some words, with these words and the strictest of them.
CHOICES = [
    ("commit_guard", "mode", "guard_mode", ("warn", "block", "off"), BLOCK),
    ("merge_gates", "mode", "merge_gates_mode", ("warn", "block", "off"), BLOCK),
    ("hooks", "glob", "glob", ("strict", "spec-kitty"), "strict"),
    ("hooks", "sync", "sync", ("off", "auto"), OFF),
]


def read(text: str) -> Policy:
    """Read the text of a configuration."""
    return read_policy(text.encode(), KNOWN)


def hooks(*lines: str) -> Policy:
    """Read a configuration that has these lines below policy.hooks."""
    return read("policy:\n  hooks:\n" + "".join(f"    {line}\n" for line in lines))


def model_accepts(data: bytes) -> bool:
    """Tell whether the published models accept a configuration."""
    loaded = strictyaml.load(data, limits.POLICY_BYTES, "policy")
    if loaded.values is None:
        return False
    try:
        Configuration.model_validate(resolve(loaded.values), context={"known_codes": KNOWN})
    except ValidationError:
        return False
    return True
