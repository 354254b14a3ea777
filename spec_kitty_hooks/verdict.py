"""From findings to a report: policy decides severities, severities decide the verdict and the exit code (design 5).

Pure but for what it is handed; the same for a commit, for a range and for everything at HEAD.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog, errors
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.mission.policy import POLICY_PATH, severity_of
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.model.findings import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from spec_kitty_hooks.checks.finding import Facts
    from spec_kitty_hooks.mission.policy import Policy
    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.findings import Finding
    from spec_kitty_hooks.model.git import Layout
    from spec_kitty_hooks.survey import Survey

COMMIT = "commit"
PUSH = "push"
CI = "ci"


def conclude(  # noqa: PLR0913 (keyword-only parts of one report)
    policy: Policy,
    situation: str,
    found: Iterable[Finding],
    *,
    subject: str,
    applicable: bool,
    notes: Sequence[str] = (),
    evidence: dict[str, Any],
) -> Report:
    """Build the report of one run.

    `situation` is commit, push or ci; `applicable` tells whether anything was there to judge. A thing that cannot be
    judged is never a pass, however mildly policy takes it; only a check's own note about one is.
    """
    judged: dict[tuple[object, ...], Finding] = {}
    unknown = []
    for finding in found:
        severity = _decide(policy, finding, situation)
        if severity == findings.OFF:
            continue
        settled: Finding = finding.replace(severity=severity, evidence=evidence)
        judged.setdefault((finding.diagnostic_code, finding.path, finding.commit, finding.message), settled)
        if _family(finding) == catalog.CONTEXT and finding.severity != findings.NOTE:
            unknown.append(settled)
    broken = [f for f in judged.values() if f.severity == findings.BLOCK and _family(f) != catalog.CONTEXT]
    verdict, code = findings.PASSED if applicable or judged else findings.NOT_APPLICABLE, errors.PASS
    if broken:
        verdict, code = findings.FAILED, errors.BLOCKED
    elif unknown:
        stops = any(finding.severity == findings.BLOCK for finding in unknown)
        verdict, code = findings.CANNOT_JUDGE, errors.CANNOT_JUDGE if stops else errors.PASS
    return Report(
        verdict=verdict,
        exit_code=code,
        subject=subject,
        findings=tuple(judged.values()),
        notes=tuple(notes),
        evidence=evidence,
    )


def _family(finding: Finding) -> str:
    return catalog.DIAGNOSTICS[finding.diagnostic_code].family


def _decide(policy: Policy, finding: Finding, situation: str) -> str:
    """Return the severity that policy gives a finding: block, warn, note or off (design 5, "Policy")."""
    diagnostic = catalog.DIAGNOSTICS[finding.diagnostic_code]
    default = finding.severity or diagnostic.severity
    if default == catalog.BY_SITUATION:
        default = policy.cannot_judge[situation]
    return severity_of(policy, diagnostic.code, default, diagnostic.family)


def report_policy(ctx: Context, policy: Policy, what: str, facts: Facts) -> Iterator[Finding]:
    """Yield POLICY_INVALID for each problem of a policy; `what` names its file, `facts` fill the remedies."""
    for problem in policy.problems:
        line = f" line {problem.line}" if problem.line else ""
        message = f"{what}{line}: {problem.message}; the strictest reading holds until it is mended"
        yield make(ctx, "POLICY_INVALID", message, facts=facts)


def report_held_policy(ctx: Context, found: Survey) -> Iterator[Finding]:
    """Yield POLICY_INVALID for the committed policy that holds here."""
    mission = ctx.placement.mission
    home = mission.target_branch if mission is not None else ""
    facts = {"source": found.policy_source, "policy_branch": home or ctx.situation.branch}
    return report_policy(ctx, found.policy, POLICY_PATH, facts)


def describe_evidence(layout: Layout, found: Survey) -> dict[str, Any]:
    """Say what was inspected: repository, work tree, commits, copies of the log, number of events."""
    return {
        "repository": layout.common_dir.decode("utf-8", "surrogateescape"),
        "worktree": layout.worktree.decode("utf-8", "surrogateescape"),
        "commit": layout.head,
        "plan": found.placement.plan,
        "log_copies": [
            {"kind": copy.kind, "where": copy.where, "role": copy.role, "commit": copy.commit} for copy in found.copies
        ],
        "event_count": found.snapshot.event_count if found.snapshot is not None else None,
    }
