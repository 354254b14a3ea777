"""Every key of section `policy` with what it accepts and how it is read when it is broken (formats 8, design 5).

Data for `policy`, which walks the document; `policy_model` says the same in the published form.
"""

from __future__ import annotations

from spec_kitty_hooks.mission.plainyaml import Plain
from spec_kitty_hooks.model.findings import BLOCK, OFF, WARN
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[object], object]

UNTOUCHABLE = ("EVENT_LOG_NOT_APPEND_ONLY", "EVENT_ID_CONFLICT")
MODES = (WARN, BLOCK, OFF)
GLOBS = ("strict", "spec-kitty")
RECORD_DONE = (OFF, "suggest", "auto")
SYNC = (OFF, "auto")
SITUATIONS = {"commit": WARN, "push": BLOCK, "ci": BLOCK}  # where judging can fail, and what that means by default
STALE_CLAIM_MINUTES = 60
MINUTES = 366 * 24 * 60
COMMIT_HEX = (40, 64)

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_HEX = frozenset("0123456789abcdef")


class Field(Record):
    """One key of a section, and the field of `Policy` that it sets.

    `read` returns the value, or None for one that it does not accept; `expected` says what it accepts. `strictest`
    holds if the value is broken; it also holds if the whole section is, unless `kept`.
    """

    key: str
    name: str
    read: Reader
    expected: str
    strictest: object
    kept: bool = False


def _boolean(value: object) -> object:
    # `yes` and `off` are booleans in YAML 1.1 and words in 1.2; upstream's reader takes even "false" for true.
    return _BOOLEANS.get(value) if isinstance(value, Plain) else None


def _minutes(value: object) -> object:
    if isinstance(value, Plain) and value.isascii() and value.isdigit() and value[0] != "0" and len(value) <= 6:
        return int(value) if int(value) <= MINUTES else None
    return None


def _commit(value: object) -> object:
    return str(value) if isinstance(value, str) and len(value) in COMMIT_HEX and _HEX.issuperset(value) else None


def _flag(key: str, name: str, *, kept: bool = False) -> Field:
    expected = "`true` or `false`, without quotes"
    return Field(key=key, name=name, read=_boolean, expected=expected, strictest=True, kept=kept)


def _choice(key: str, name: str, words: tuple[str, ...], strictest: str) -> Field:
    def read(value: object) -> object:
        return str(value) if isinstance(value, str) and value in words else None

    return Field(key=key, name=name, read=read, expected="one of " + ", ".join(words), strictest=strictest)


#: Sections below `policy`. Below `hooks` an unknown key is a problem; the others are upstream's to extend.
SECTIONS: dict[str, tuple[Field, ...]] = {
    "commit_guard": (
        _flag("enabled", "guard_enabled"),
        _choice("mode", "guard_mode", MODES, BLOCK),
        _flag("block_kitty_specs", "block_mission_specs"),  # the older name; the newer, below it, wins
        _flag("block_mission_specs", "block_mission_specs"),
        _flag("enforce_ownership", "enforce_ownership"),
    ),
    "merge_gates": (
        _flag("enabled", "merge_gates_enabled"),
        _choice("mode", "merge_gates_mode", MODES, BLOCK),
        _flag("require_review_approval", "require_review_approval"),
        _flag("require_risk_check", "require_risk_check"),
        _flag("require_deps_complete", "require_deps_complete"),
    ),
    "hooks": (
        _choice("glob", "glob", GLOBS, "strict"),
        # Judging the target branch because a file cannot be read would refuse the commit that mends the file.
        _flag("ownership_on_target", "ownership_on_target", kept=True),
        Field(
            key="stale_claim_minutes",
            name="stale_claim_minutes",
            read=_minutes,
            expected=f"a whole number from 1 to {MINUTES}",
            strictest=STALE_CLAIM_MINUTES,
        ),
        Field(
            key="judge_from",
            name="judge_from",
            read=_commit,
            expected="a full commit id in lower case, as `git rev-parse` prints it",
            strictest="",
        ),
        _choice("sync", "sync", SYNC, OFF),
    ),
    "hooks.cannot_judge": tuple(_choice(name, name, (BLOCK, WARN), BLOCK) for name in SITUATIONS),
    "hooks.post_merge": (_choice("record_done", "record_done", RECORD_DONE, "suggest"),),
}
#: Keys of a section that are sections themselves.
SUBSECTIONS = {"hooks": ("severity", "cannot_judge", "post_merge")}
