"""A report as published data: values of the checks to models, bytes to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec_kitty_hooks.report.models import FindingModel, ReportModel

if TYPE_CHECKING:
    from spec_kitty_hooks.model.findings import Finding, Report


def to_text(value: bytes | str) -> str:
    r"""Return outside text as valid Unicode: bytes that are not UTF-8 as \\xNN, lone surrogates of JSON as \\uNNNN."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return value.encode("utf-8", "backslashreplace").decode("utf-8")


def to_plain(value: Any) -> Any:
    """Return a nested value with every string made valid."""
    if isinstance(value, str | bytes):
        return to_text(value)
    if isinstance(value, dict):
        return {to_text(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    return value


def to_finding(finding: Finding) -> FindingModel:
    """Return the published form of a finding."""
    values = {name: to_plain(getattr(finding, name)) for name in FindingModel.model_fields}
    return FindingModel.model_validate(values)


def to_report(report: Report) -> ReportModel:
    """Return the published form of a report."""
    return ReportModel(
        verdict=report.verdict,  # type: ignore[arg-type]  # validated by the model
        exit_code=report.exit_code,
        subject=to_text(report.subject),
        findings=[to_finding(finding) for finding in report.findings],
        notes=[to_text(note) for note in report.notes],
        evidence=to_plain(report.evidence),
    )
