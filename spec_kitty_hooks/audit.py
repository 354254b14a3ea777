"""Judges what is committed where no change is being made: every event log at HEAD, or at the end of a hidden range.

For CI, where nothing is staged, history may be cut off and HEAD is often detached. Reads git objects only; who owns a
change is left to the commit itself, and the subject of the report says so.
"""

from __future__ import annotations

from spec_kitty_hooks.checks import log_integrity
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.logfacts import LOG_NAME
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.registry import ROOT, list_directories
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.context import Context, LogChange, PolicyView
from spec_kitty_hooks.model.git import SYMLINK
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.text import quote_shell
from spec_kitty_hooks.verdict import CI, conclude, describe_evidence, report_held_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.events import EventLog
    from spec_kitty_hooks.model.findings import Finding, Report

#: Checks that need no change of somebody's own.
CHECKS: tuple[Callable[[Context], Iterator[Finding]], ...] = (log_integrity.check,)

_SHOWN_OID = 8


def judge_all(git: Git, environ: Mapping[str, str], now: float) -> Report:
    """Judge every event log at HEAD by itself: damage, one id with two contents, a log that is no file.

    Codes: EVENT_LOG_UNREADABLE (warn: no change adds the damage), EVENT_ID_CONFLICT, POLICY_INVALID. `now` is seconds
    since the epoch.
    """
    head = git.layout.head
    logs = tuple(_read_logs(git, head)) if head else ()
    subject = f"{_count(logs)} at {head[:_SHOWN_OID] or 'no commit yet'}; without a change or range, not judged: "
    return _Audit(git, environ, now).report(logs, subject + "ownership, and what the logs lost earlier")


def judge_cut_off(git: Git, now: float, tip: str, between: str) -> Report:
    """Judge every event log at the commit `tip` by itself, where history hides the range `between` two revisions.

    Codes: SHALLOW_HISTORY, and those of `judge_all`.
    """
    logs = tuple(_read_logs(git, tip))
    subject = f"{_count(logs)} at {tip[:_SHOWN_OID]}; not judged: ownership, and what the range does to the logs"
    message = f"history is cut off before the point where {between} part, so lost events cannot be seen"
    return _Audit(git, {}, now).report(logs, subject, unknown=(("SHALLOW_HISTORY", message),))


class _Audit:
    """One report, under the policy and the situation of HEAD."""

    def __init__(self, git: Git, environ: Mapping[str, str], now: float) -> None:
        self._git = git
        situation = read_situation(git, environ)
        self._survey = survey(git, situation)
        self._context = Context(
            situation=situation, placement=self._survey.placement, policy=PolicyView(), now=now, editing=True
        )

    def report(
        self, logs: Sequence[LogChange], subject: str, look: str = "", unknown: Iterable[tuple[str, str]] = ()
    ) -> Report:
        """Run the checks. `look` is the git command that shows what happened to a path, `unknown` what is hidden."""
        ctx = self._context.replace(logs=tuple(logs))
        found = [make(ctx, code, message) for code, message in unknown]
        found += report_held_policy(ctx, self._survey)
        found += [_point_to(finding, look or "git log --oneline") for check in CHECKS for finding in check(ctx)]
        evidence = describe_evidence(self._git.layout, self._survey)
        policy = self._survey.policy
        return conclude(policy, CI, found, subject=subject, applicable=bool(logs), evidence=evidence)


def _read_logs(git: Git, commit: str) -> Iterator[LogChange]:
    """Yield every event log of a commit, as if it had always been so: nothing in it is new, all damage is old."""
    for directory in list_directories(git, commit):
        entries = git.tree(f"{commit}:{ROOT}/{directory}") or ()
        entry = next((entry for entry in entries if entry.name == LOG_NAME), None)
        if entry is None:
            continue
        path = log_path(directory).encode()
        log = None if entry.mode == SYMLINK else _read_log(git, entry.oid)
        if log is None:
            kind = "a symbolic link" if entry.mode == SYMLINK else "something that cannot be read"
            yield LogChange(path=path, mission=directory, not_a_file=kind)
            continue
        found = compare(path, directory, new=log, parents=())
        yield found.replace(added=(), broken=(), new_damage=(), old_damage=found.new_damage)


def _read_log(git: Git, spec: str) -> EventLog | None:
    blob = git.read(spec)
    return parse_log(blob.data) if blob is not None and blob.kind == "blob" and not blob.truncated else None


def _point_to(finding: Finding, look: str) -> Finding:
    """Replace remedies that undo a staged change: all is committed here, and a person has to see what happened."""
    if finding.path is None:
        return finding
    steps = [f"{look} -- {quote_shell(finding.path)}"]
    if finding.mission:
        steps.append(f"spec-kitty-hooks where {quote_shell(finding.mission)}")
    pointed: Finding = finding.replace(remediation=tuple(steps))
    return pointed


def _count(logs: Sequence[LogChange]) -> str:
    return "1 event log" if len(logs) == 1 else f"{len(logs)} event logs"
