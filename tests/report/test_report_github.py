"""GitHub annotations: one command a finding, as the runner reads it, and no other command whatever is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.hooks import cli
from support.missions import Mission

from spec_kitty_hooks.model.findings import Finding, Report
from spec_kitty_hooks.report import github
from spec_kitty_hooks.report.github import print_github
from spec_kitty_hooks.text import escape

SCOPE = "ACTIVE_WP_SCOPE_VIOLATION"
INJECTION = "x\n::add-mask::secret\r\n::error file=a,line=1::b%0A::stop-commands::t ##[add-path]/tmp"


def finding(code: str = SCOPE, **values: Any) -> Finding:
    return Finding(**{"diagnostic_code": code, "message": "m", "severity": "block", **values})


def report(*found: Finding, subject: str = "s", verdict: str = "fail") -> Report:
    return Report(verdict=verdict, exit_code=1, subject=subject, findings=found)


def commands(printed: str) -> list[tuple[str, dict[str, str], str]]:
    """Return the commands of a step's output, as the runner finds them (actions/runner, ActionCommand.cs).

    A line whose first characters are `::` is one; so is `##[...]` anywhere in any other line.
    """
    found = []
    for line in printed.replace("\r", "\n").split("\n"):
        text = line.lstrip()
        if text.startswith("::") and "::" in text[2:]:
            head, _, message = text[2:].partition("::")
            name, _, listed = head.partition(" ")
            pairs = (part.partition("=") for part in listed.split(",") if part)
            found.append((name, {key: read(value) for key, _, value in pairs}, read(message)))
        elif "##[" in line:
            found.append((line, {}, ""))
    return found


def read(text: str) -> str:
    for written, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(written, character)
    return text


def test_a_finding_is_an_annotation_of_its_file_with_the_next_steps() -> None:
    found = finding(
        message="100% of a, b: c", path=b"src/a,b:c%.py", work_package_id="WP01", remediation=("git status",)
    )
    printed = print_github(report(found))
    assert printed.splitlines()[0] == (
        "::error file=src/a%2Cb%3Ac%25.py,line=1,title=ACTIVE_WP_SCOPE_VIOLATION WP01"
        "::100%25 of a, b: c%0Anext: git status"
    )
    place = {"file": "src/a,b:c%.py", "line": "1", "title": f"{SCOPE} WP01"}
    assert commands(printed) == [("error", place, "100% of a, b: c\nnext: git status")]


def test_what_blocks_comes_first_because_github_shows_only_ten_of_a_kind() -> None:
    found = [finding(severity=severity) for severity in ("note", "warn", "block", "warn")]
    assert [name for name, _, _ in commands(print_github(report(*found)))] == ["error", "warning", "warning", "notice"]


def test_what_cannot_be_judged_says_so() -> None:
    found = finding("SHALLOW_HISTORY", severity="warn", message="history is cut off")
    assert commands(print_github(report(found)))[0][2] == "cannot judge: history is cut off"


def test_a_finding_without_a_path_names_no_file() -> None:
    assert commands(print_github(report(finding()))) == [("error", {"title": SCOPE}, "m")]


def test_the_verdict_is_a_plain_line_and_all_there_is_where_nothing_is_wrong() -> None:
    assert print_github(report(subject="2 commits", verdict="pass")) == "spec-kitty-hooks: pass: 2 commits\n"


_TEXT = st.text(st.characters(codec=None), max_size=30)


@given(_TEXT, st.binary(max_size=30), _TEXT, _TEXT)
@example(INJECTION, INJECTION.encode(), INJECTION, INJECTION)
def test_nothing_from_outside_starts_a_command(message: str, path: bytes, step: str, subject: str) -> None:
    hostile = finding(message=message, path=path, remediation=(step,), work_package_id=message)
    printed = print_github(report(hostile, subject=subject))
    assert printed.replace("\n", "").isprintable()
    ((name, properties, text),) = commands(printed)
    assert (name, set(properties)) == ("error", {"file", "line", "title"})
    assert properties["file"] == escape(path)
    assert text == f"{escape(message)}\nnext: {escape(step)}"


@pytest.mark.parametrize("careless", ["_escape_data", "_escape_property", "escape"])
def test_without_one_of_the_escapes_it_would(careless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_is(text: bytes | str, **_limit: int) -> str:
        return text.decode() if isinstance(text, bytes) else text

    monkeypatch.setattr(github, careless, as_it_is)
    hostile = finding(message=INJECTION, path=INJECTION.encode(), remediation=("git status",))
    place = {"file": escape(INJECTION), "line": "1", "title": SCOPE}
    expected = [("error", place, f"{escape(INJECTION)}\nnext: git status")]
    assert commands(print_github(report(hostile, subject=INJECTION))) != expected


def test_a_real_report_names_the_hostile_path_and_runs_nothing(mission: Mission) -> None:
    lane = mission.implement("WP01")
    lane.write("src/c/a\n::add-mask::x,line=9:.py", "x\n")
    lane.stage()
    ran = cli(lane, "check", "--staged", "--format", "github")
    assert (ran.returncode, ran.stderr) == (1, "")
    ((name, properties, _text),) = commands(ran.stdout)
    assert (name, properties["file"]) == ("error", "src/c/a\\x0a::add-mask::x,line=9:.py")
