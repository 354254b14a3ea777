"""A finding and a report: what every check returns, what every printer reads (design 5, contract)."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BLOCK = "block"
WARN = "warn"
NOTE = "note"
OFF = "off"
SEVERITIES = (BLOCK, WARN, NOTE, OFF)

PASSED = "pass"
FAILED = "fail"
CANNOT_JUDGE = "cannot_judge"
NOT_APPLICABLE = "not_applicable"


class Finding(Record):
    """One broken rule, or one thing that could not be established.

    `severity` is "" as a check returns it and set by policy afterwards. `remediation` holds commands or steps in
    order of preference, each executed by a test. `path` is bytes as git has it, None if no path is concerned.
    `details` are further contract keys (canonical_lane, event_id ...).
    """

    diagnostic_code: str
    message: str
    severity: str = ""
    mission: str = ""
    work_package_id: str = ""
    branch_or_work_package: str = ""
    violated_invariant: str = ""
    remediation: tuple[str, ...] = ()
    path: bytes | None = None
    change: str = ""
    pattern: str = ""
    commit: str = ""
    author: str = ""
    details: dict[str, Any] = {}  # noqa: RUF012 (shared empty default, never mutated)
    evidence: dict[str, Any] = {}  # noqa: RUF012


class Report(Record):
    """What one run found. `verdict` is one of pass, fail, cannot_judge, not_applicable; `exit_code` follows from it.

    `subject` says in one line what was judged; `notes` are lines for `context`, `check`, --verbose and JSON: hooks
    print findings of severity block and warn only.
    """

    verdict: str
    exit_code: int
    subject: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    evidence: dict[str, Any] = {}  # noqa: RUF012
