"""A report as SARIF 2.1.0, for code scanning services and editors.

Says the same as `--json` in the words of the standard; paths become relative URIs in which any byte survives.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from spec_kitty_hooks import __version__, catalog, errors, limits
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.report import sarifmodels as sarif
from spec_kitty_hooks.report.data import to_finding, to_plain, to_text
from spec_kitty_hooks.text import escape

if TYPE_CHECKING:
    from spec_kitty_hooks.catalog import Diagnostic
    from spec_kitty_hooks.model.findings import Finding, Report

_ROOT = "%SRCROOT%"  # the name by which GitHub and the standard's examples know the work tree
_LEVELS: dict[str, sarif.Level] = {findings.BLOCK: "error", findings.WARN: "warning", findings.NOTE: "note"}
_INDEX = {code: number for number, code in enumerate(catalog.DIAGNOSTICS)}
_FINGERPRINT = "specKittyHooks/v1"


def print_sarif(report: Report) -> str:
    """Return a whole SARIF file in ASCII: every diagnostic code as a rule, every finding as a result."""
    log = sarif.Log(runs=[_describe_run(report)])
    return json.dumps(log.model_dump(mode="json", by_alias=True, exclude_none=True), indent=2, ensure_ascii=True) + "\n"


def _describe_run(report: Report) -> sarif.Run:
    worktree = report.evidence.get("worktree", "")
    top = sarif.Place(uri=_to_file_uri(worktree)) if worktree else None
    rules = [_describe_rule(diagnostic) for diagnostic in catalog.DIAGNOSTICS.values()]
    return sarif.Run(
        tool=sarif.Tool(driver=sarif.Driver(name="spec-kitty-hooks", version=__version__, rules=rules)),
        invocations=[
            sarif.Invocation(
                execution_successful=report.verdict != findings.CANNOT_JUDGE,
                exit_code=report.exit_code,
                exit_code_description=dict(errors.EXIT_CODES)[report.exit_code],
                working_directory=top,
            )
        ],
        version_control_provenance=_describe_provenance(report, on_disk=top is not None),
        original_uri_base_ids={_ROOT: top} if top else None,
        results=[_describe_result(finding) for finding in report.findings],
        properties={
            "verdict": report.verdict,
            "subject": to_text(report.subject),
            "notes": to_plain(report.notes),
            "evidence": to_plain(report.evidence),
        },
    )


def _describe_provenance(report: Report, *, on_disk: bool) -> list[sarif.Provenance] | None:
    repository = report.evidence.get("repository", "")
    if not repository:
        return None
    return [
        sarif.Provenance(
            repository_uri=_to_file_uri(repository),
            revision_id=report.evidence.get("commit") or None,
            mapped_to=sarif.Base(uri_base_id=_ROOT) if on_disk else None,
        )
    ]


def _describe_rule(diagnostic: Diagnostic) -> sarif.Rule:
    situational = diagnostic.severity == catalog.BY_SITUATION
    level = "warning" if situational else _LEVELS[diagnostic.severity]
    steps = "".join(f"\n- {step}" for step in diagnostic.remedies)
    return sarif.Rule(
        id=diagnostic.code,
        short_description=_to_message(diagnostic.meaning),
        full_description=_to_message(f"{diagnostic.meaning} Protects {diagnostic.invariant}."),
        help=_to_message(f"{diagnostic.meaning} What to do next, as far as it applies:{steps}"),
        default_configuration=sarif.Configuration(level=level),
        properties={"tags": ["spec-kitty", diagnostic.family]},
    )


def _describe_result(finding: Finding) -> sarif.Result:
    said = [escape(finding.message, limit=1000)]
    said += [f"next: {escape(step, limit=limits.SHOWN_STEP_CHARACTERS)}" for step in finding.remediation]
    said_elsewhere = {"diagnostic_code", "severity", "message", "evidence"}
    return sarif.Result(
        rule_id=finding.diagnostic_code,
        rule_index=_INDEX[finding.diagnostic_code],
        level=_LEVELS[finding.severity],
        message=_to_message("\n".join(said)),
        locations=[_locate(finding)],
        partial_fingerprints={_FINGERPRINT: _fingerprint(finding)},
        properties=to_finding(finding).model_dump(mode="json", exclude=said_elsewhere),
    )


def _locate(finding: Finding) -> sarif.Location:
    """Return where a finding is shown: its path, else what stands for its mission; services refuse a result without."""
    mission = to_text(finding.mission)
    stand_in = f"kitty-specs/{mission}/status.events.jsonl" if mission else "kitty-specs"
    path = finding.path if finding.path is not None else stand_in.encode()
    place = sarif.Place(uri=quote_from_bytes(path), uri_base_id=_ROOT)
    region = sarif.Region(start_line=1) if finding.path is not None else None
    concerned = to_text(finding.branch_or_work_package)
    logical = [sarif.Logical(fully_qualified_name=concerned)] if concerned else None
    return sarif.Location(
        physical_location=sarif.Physical(artifact_location=place, region=region), logical_locations=logical
    )


def _fingerprint(finding: Finding) -> str:
    """Return what makes a finding the same in the next run, whatever commit it is found in (design 5, equality)."""
    named = (finding.diagnostic_code, finding.mission, finding.work_package_id)
    concerned = to_text(finding.branch_or_work_package).encode() if finding.path is None else finding.path
    return hashlib.sha256(b"\0".join((*(to_text(name).encode() for name in named), concerned))).hexdigest()


def _to_message(text: str) -> sarif.Text:
    """Return text as a message in which nothing is a placeholder or a link (SARIF 3.11.5, 3.11.6)."""
    for character, written in (("{", "{{"), ("}", "}}"), ("[", "\\["), ("]", "\\]")):
        text = text.replace(character, written)
    return sarif.Text(text=text)


def _to_file_uri(path: str) -> str:
    """Return the absolute URI of a directory, with the slash at its end that a base needs."""
    raw = path.encode("utf-8", "surrogateescape").strip(b"/")
    return f"file:///{quote_from_bytes(raw)}{'/' if raw else ''}"
