"""A report as workflow commands of GitHub Actions: each finding becomes an annotation of the run and its pull request.

Every character that came from outside is escaped, so that no path and no message can start a command of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks import catalog, limits
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.report.text import print_verdict
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Finding, Report

#: GitHub shows ten annotations of a kind for one step, so what blocks comes first; the log has all of them.
_COMMANDS = {findings.BLOCK: "error", findings.WARN: "warning", findings.NOTE: "notice"}


def print_github(report: Report) -> str:
    """Return one workflow command a finding, then the verdict as a plain line."""
    order = list(_COMMANDS)
    ordered = sorted(report.findings, key=lambda finding: order.index(finding.severity))
    # `##[` in the middle of a plain line is the older spelling of a command, which runners still take.
    verdict = print_verdict(report).replace("##[", "## [")
    return "".join(f"{_annotate(finding)}\n" for finding in ordered) + verdict


def _annotate(finding: Finding) -> str:
    values = {"title": f"{finding.diagnostic_code} {escape(finding.work_package_id)}".rstrip()}
    if finding.path is not None:
        # A finding concerns the whole file; GitHub puts what names no line to the first one as well.
        values = {"file": escape(finding.path, limit=limits.PATH_BYTES), "line": "1", **values}
    properties = ",".join(f"{name}={_escape_property(value)}" for name, value in values.items())
    unjudged = catalog.DIAGNOSTICS[finding.diagnostic_code].family == catalog.CONTEXT
    lines = ["cannot judge: " * unjudged + escape(finding.message, limit=1000)]
    lines += [f"next: {escape(step, limit=limits.SHOWN_STEP_CHARACTERS)}" for step in finding.remediation]
    return f"::{_COMMANDS[finding.severity]} {properties}::{_escape_data(chr(10).join(lines))}"


def _escape_data(text: str) -> str:
    """Escape the text of a command, as GitHub's own toolkit does (@actions/core, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
