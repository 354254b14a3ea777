"""SARIF: valid by the standard's schema, and the same findings as everywhere, whatever bytes they hold."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.missions import Mission

from spec_kitty_hooks import __version__, catalog, errors
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.model.findings import Finding, Report
from spec_kitty_hooks.report.sarif import print_sarif

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"
EVIDENCE = {"repository": "/srv/it's one/é\udcff/.git", "worktree": "/srv/it's one", "commit": "a" * 40}


def finding(code: str = SCOPE, **values: Any) -> Finding:
    return Finding(**{"diagnostic_code": code, "message": "m", "severity": "block", **values})


def report(*found: Finding, **values: Any) -> Report:
    known = {"verdict": "fail", "exit_code": 1, "subject": "s", "findings": found, "evidence": EVIDENCE}
    return Report(**{**known, **values})


def run_of(printed: str) -> Any:
    """Return the one run of a SARIF file."""
    (run,) = json.loads(printed)["runs"]
    return run


def result_of(*found: Finding) -> Any:
    return run_of(print_sarif(report(*found)))["results"][0]


RICH = (
    finding(
        path=b"src/[id]/\xff new:\n.py",
        mission="m-01ABC",
        work_package_id="WP01",
        branch_or_work_package="WP01",
        commit="b" * 40,
        author="A U Thor <a@example.com>",
        remediation=("git show 'a {b} [c](d)'",),
        details={"event_ids": ["x\ud800", "\udcff"]},
        evidence=EVIDENCE,
    ),
    finding("POLICY_INVALID", severity="warn"),
    finding("EVENT_CHAIN_BROKEN", severity="note", mission="m-01ABC", path="kitty-specs/é".encode()),
)


@pytest.mark.parametrize(
    "judged",
    [
        report(*RICH),
        report(*RICH, verdict="cannot_judge", exit_code=errors.CANNOT_JUDGE),
        report(verdict="pass", exit_code=0),
        report(verdict="not_applicable", exit_code=0, evidence={}),
        report(evidence={**EVIDENCE, "worktree": "", "commit": ""}),
        report(evidence={**EVIDENCE, "worktree": "/", "commit": "c" * 64}),
    ],
)
def test_every_report_is_valid_by_the_schema_of_the_standard(judged: Report, sarif_schema: Any) -> None:
    assert [error.message for error in sarif_schema.iter_errors(json.loads(print_sarif(judged)))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"level": "error"', '"level": "block"'),
        ('"ruleIndex": 0', '"ruleIndex": "0"'),
        ('"version": "2.1.0"', '"version": "2.2.0"'),
        ('"executionSuccessful": true,', ""),
        ('"partialFingerprints"', '"partial_fingerprints"'),
        ('"uri": "src/', '"uri": "sr c/'),
        ('"repositoryUri": "file:///', '"repositoryUri": "/'),
    ],
)
def test_the_schema_catches_what_is_wrong_with_a_file(old: str, new: str, sarif_schema: Any) -> None:
    printed = print_sarif(report(*RICH))
    assert old in printed
    with pytest.raises(jsonschema.ValidationError):
        sarif_schema.validate(json.loads(printed.replace(old, new)))


def test_every_code_of_the_catalogue_is_a_rule_with_help() -> None:
    driver = run_of(print_sarif(report()))["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("spec-kitty-hooks", __version__)
    assert [rule["id"] for rule in driver["rules"]] == list(catalog.DIAGNOSTICS)
    for rule, diagnostic in zip(driver["rules"], catalog.DIAGNOSTICS.values(), strict=True):
        assert rule["shortDescription"]["text"] == diagnostic.meaning
        assert rule["help"]["text"].count("\n- ") == len(diagnostic.remedies)
        assert diagnostic.family in rule["properties"]["tags"]


@pytest.mark.parametrize(("severity", "level"), [("block", "error"), ("warn", "warning"), ("note", "note")])
def test_severities_become_levels_and_a_result_points_at_its_rule(severity: str, level: str) -> None:
    run = run_of(print_sarif(report(finding("WP_NOT_STARTED", severity=severity))))
    (result,) = run["results"]
    assert (result["level"], result["ruleId"]) == (level, "WP_NOT_STARTED")
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "WP_NOT_STARTED"


def test_commit_author_and_work_package_stand_in_the_properties() -> None:
    said = result_of(*RICH)["properties"]
    assert (said["commit"], said["author"], said["work_package_id"]) == ("b" * 40, "A U Thor <a@example.com>", "WP01")
    assert said["remediation"] == ["git show 'a {b} [c](d)'"]
    assert "evidence" not in said


def test_the_run_tells_how_it_ended_and_what_was_judged() -> None:
    run = run_of(print_sarif(report(*RICH)))
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 1)
    assert invocation["exitCodeDescription"] == "findings that block"
    (provenance,) = run["versionControlProvenance"]
    assert unquote_to_bytes(provenance["repositoryUri"]) == b"file:///srv/it's one/\xc3\xa9\xff/.git/"
    assert provenance["revisionId"] == "a" * 40
    assert run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///srv/it%27s%20one/"


def test_what_could_not_be_judged_is_no_success() -> None:
    run = run_of(print_sarif(report(verdict=findings.CANNOT_JUDGE, exit_code=0)))
    assert run["invocations"][0]["executionSuccessful"] is False


def test_a_finding_without_a_path_has_a_place_too() -> None:
    for mission, uri in (("m-01ABC", "kitty-specs/m-01ABC/status.events.jsonl"), ("", "kitty-specs")):
        (place,) = result_of(finding(mission=mission))["locations"]
        assert place["physicalLocation"] == {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}


def test_a_message_is_no_placeholder_and_no_link() -> None:
    text = result_of(finding(message="{0} is [here](https://example.com)"))["message"]["text"]
    assert text == "{{0}} is \\[here\\](https://example.com)"


def test_a_finding_is_the_same_in_another_commit_and_another_one_for_another_path() -> None:
    def mark(**values: Any) -> Any:
        return result_of(finding(**{"path": b"a", "work_package_id": "WP01", **values}))["partialFingerprints"]

    assert mark() == mark(commit="c" * 40, message="other words", severity="warn")
    assert len({str(mark(**other)) for other in ({}, {"path": b"b"}, {"work_package_id": "WP02"})}) == 3


@given(st.binary(min_size=1).filter(lambda path: b"\0" not in path and not path.startswith(b"/")))
def test_any_path_comes_back_from_its_uri(path: bytes) -> None:
    (place,) = result_of(finding(path=path))["locations"]
    uri = place["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(' :?#"<>\\^`{|}[]\n')
    assert unquote_to_bytes(uri) == path


_TEXT = st.text(st.characters(codec=None), max_size=20)  # lone surrogates too


@given(_TEXT, _TEXT, _TEXT, _TEXT)
def test_no_text_from_outside_breaks_the_file(message: str, author: str, work_package: str, branch: str) -> None:
    odd = finding(message=message, author=author, work_package_id=work_package, branch_or_work_package=branch)
    printed = print_sarif(report(odd, subject=message))
    assert printed.isascii()
    assert "\x1b" not in printed
    assert json.loads(printed)["runs"][0]["results"][0]["ruleId"] == SCOPE
    assert json.loads(printed)["runs"][0]["results"][0]["message"]["text"].count("\n") == 0


def test_a_real_report_is_valid_too(mission: Mission, sarif_schema: Any) -> None:
    from support.hooks import cli

    lane = mission.implement("WP01")
    lane.write(b"src/c/\xff\n.py", "x\n")
    lane.stage()
    ran = cli(lane, "check", "--staged", "--format", "sarif")
    assert (ran.returncode, ran.stderr) == (1, "")
    sarif_schema.validate(json.loads(ran.stdout))
    (result,) = run_of(ran.stdout)["results"]
    assert (result["ruleId"], result["properties"]["work_package_id"]) == (SCOPE, "WP01")
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "src/c/%FF%0A.py"
