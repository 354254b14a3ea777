"""A report as text for a person: finding first, then the next command. On the commit path when something is wrong.

Every character that came from outside is escaped; no line begins with `[`, which Spec Kitty's own output swallows.
"""

from __future__ import annotations

from spec_kitty_hooks import catalog, limits
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.text import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.model.findings import Finding, Report
    from spec_kitty_hooks.report.writermodels import DiagnosticModel

_SHOWN = (findings.BLOCK, findings.WARN)
_STAGED = "Nothing was changed; what you staged is still staged."
_SAID_LATER = {"pre-merge-commit": ("WP_CLAIMED_TWICE",)}  # post-merge comes next, and says it
_WORDS = {
    "pre-commit": ("commit", _STAGED),
    "pre-merge-commit": ("merge", _STAGED),
    "pre-push": ("push", "Nothing was published."),
    "pre-receive": ("push", "No ref was changed here."),
}


def print_hook(report: Report, hook: str) -> str:
    """Return what a hook prints: findings that block or warn, "" if there are none."""
    later = _SAID_LATER.get(hook, ())
    shown = [f for f in report.findings if f.severity in _SHOWN and f.diagnostic_code not in later]
    if not shown:
        return ""
    what, kept = _WORDS.get(hook, _WORDS["pre-commit"])
    lines = list(describe(shown))
    if report.exit_code:
        refused = "refused" if report.verdict == findings.FAILED else "refused, because it cannot be judged"
        lines.append(f"spec-kitty-hooks: {what} {refused}. {kept}")
    elif report.verdict == findings.CANNOT_JUDGE:
        lines.append(f"spec-kitty-hooks: {what} let through, not judged.")
    return "\n".join(lines) + "\n"


def print_report(report: Report, *, verbose: bool = False) -> str:
    """Return what `check` prints: findings of every severity, then the verdict; with `verbose` also the steps."""
    lines = list(describe(report.findings))
    if verbose:
        lines += [f"  {escape(note, limit=2000)}" for note in report.notes]
    return "".join(f"{line}\n" for line in lines) + print_verdict(report)


def print_verdict(report: Report) -> str:
    """Return the last line of a report: what was judged, and how it came out."""
    verdict = {
        findings.PASSED: "pass",
        findings.FAILED: "fail",
        findings.CANNOT_JUDGE: "cannot judge",
        findings.NOT_APPLICABLE: "nothing here to judge",
    }[report.verdict]
    return f"spec-kitty-hooks: {verdict}: {escape(report.subject)}\n"


def write_steps(steps: Iterable[str], indent: str = "  ") -> list[str]:
    """Return a line for each command to type next."""
    return [f"{indent}next: {escape(step, limit=limits.SHOWN_STEP_CHARACTERS)}" for step in steps]


def write_diagnostics(diagnostics: Iterable[DiagnosticModel], indent: str = "  ") -> list[str]:
    """Return the lines of what went wrong after an event was durable, each with its steps below it."""
    lines: list[str] = []
    for diagnostic in diagnostics:
        lines.append(f"{indent}{diagnostic.diagnostic_code}: {escape(diagnostic.message, limit=1000)}")
        lines += write_steps(diagnostic.remediation, f"{indent}  ")
    return lines


def describe(found: Sequence[Finding]) -> Iterable[str]:
    """Yield lines, findings of one code together; of many paths the first few, then a count."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        groups.setdefault((finding.severity, finding.diagnostic_code), []).append(finding)
    for severity in (findings.BLOCK, findings.WARN, findings.NOTE):
        for (level, code), members in groups.items():
            if level == severity:
                yield from _describe_group(code, level, members)


def _describe_group(code: str, severity: str, members: Sequence[Finding]) -> Iterable[str]:
    label = {findings.BLOCK: "refused", findings.WARN: "warning", findings.NOTE: "note"}[severity]
    if catalog.DIAGNOSTICS[code].family == catalog.CONTEXT:
        label = "cannot judge"
    for finding in members[: limits.SHOWN_PATHS]:
        yield f"spec-kitty-hooks: {label}: {code}: {escape(finding.message, limit=1000)}"
    if len(members) > limits.SHOWN_PATHS:
        more = len(members) - limits.SHOWN_PATHS
        yield f"  and {more} more of the same; `spec-kitty-hooks check` lists all with --json"
    yield from write_steps(_unite_steps(members[: limits.SHOWN_PATHS]))


def _unite_steps(members: Sequence[Finding]) -> Iterable[str]:
    """Yield the steps of the first finding; a command that ends in paths gets those of the others as well."""
    paths: dict[str, dict[str, None]] = {step.partition(" -- ")[0]: {} for step in members[0].remediation}
    for step in (step for member in members for step in member.remediation):
        command, dashes, path = step.partition(" -- ")
        if dashes:
            paths.setdefault(command, {})[path] = None
    for command, named in paths.items():
        yield f"{command} -- {' '.join(named)}" if named else command
