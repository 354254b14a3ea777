"""Judges what is committed where no change is being made: every event log at HEAD, or what a range does to the logs.

For CI, where nothing is staged, history may be cut off and HEAD is often detached. Reads git objects only; who owns a
change is left to the commit itself, and the subject of the report says so.
"""

from __future__ import annotations

from spec_kitty_hooks import errors
from spec_kitty_hooks.checks import log_integrity
from spec_kitty_hooks.checks.finding import make
from spec_kitty_hooks.git.situation import read_situation
from spec_kitty_hooks.logfacts import LOG_NAME, mission_of
from spec_kitty_hooks.mission.eventlog import parse_log
from spec_kitty_hooks.mission.logchange import compare
from spec_kitty_hooks.mission.registry import ROOT, list_directories
from spec_kitty_hooks.mission.surfaces import log_path
from spec_kitty_hooks.model.context import Context, LogChange, PolicyView
from spec_kitty_hooks.model.events import EventLog
from spec_kitty_hooks.model.git import SYMLINK
from spec_kitty_hooks.survey import survey
from spec_kitty_hooks.text import quote_shell
from spec_kitty_hooks.verdict import CI, conclude, describe_evidence, report_held_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Finding, Report
    from spec_kitty_hooks.model.git import Change

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


def judge_range(git: Git, environ: Mapping[str, str], now: float, old: str, new: str) -> Report:
    """Judge what the commits of `old...new` (revisions) do to event logs, net: as published counts where they part.

    Codes: the event log family, and SHALLOW_HISTORY where history is cut off before that point; then every log at
    `new` is judged by itself. Raises UsageError for a revision that names no commit of a complete repository.
    """
    start, end = _find_commit(git, old), _find_commit(git, new)
    audit = _Audit(git, environ, now)
    bases = git.merge_bases(start, end) if start and end else ()
    if end and (bases or not git.layout.shallow):
        base = bases[0] if bases else ""
        logs = tuple(_compare_logs(git, git.tree_changes(base, end), bases))
        subject = f"{_count(logs)} changed since {base[:_SHOWN_OID] or 'the beginning'} at {end[:_SHOWN_OID]}; "
        return audit.report(logs, subject + "not judged: ownership", f"git diff {base[:12]} {end[:12]}" if base else "")
    tip = end or git.layout.head
    logs = tuple(_read_logs(git, tip))
    subject = f"{_count(logs)} at {tip[:_SHOWN_OID]}; not judged: ownership, and what the range does to the logs"
    message = f"history is cut off before the point where {old} and {new} part, so lost events cannot be seen"
    return audit.report(logs, subject, unknown=(("SHALLOW_HISTORY", message),))


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


def _compare_logs(git: Git, changes: Iterable[Change], bases: Sequence[str]) -> Iterator[LogChange]:
    for change in changes:
        mission = mission_of(change.path)
        if not mission:
            continue
        absent = not change.new_mode
        log = EventLog() if absent else None if change.new_mode == SYMLINK else _read_log(git, change.new_oid)
        if log is None:
            kind = "a symbolic link" if change.new_mode == SYMLINK else "something that cannot be read"
            yield LogChange(path=change.path, mission=mission, not_a_file=kind)
            continue
        path = change.path.decode()
        published = {oid: _read_log(git, f"{oid}:{path}") or EventLog() for oid in bases}
        before = next(iter(published.values()), EventLog())
        yield compare(change.path, mission, new=log, parents=(before,), published=published)


def _read_log(git: Git, spec: str) -> EventLog | None:
    blob = git.read(spec)
    return parse_log(blob.data) if blob is not None and blob.kind == "blob" and not blob.truncated else None


def _find_commit(git: Git, revision: str) -> str:
    found = git.find_commit(revision)
    if not found and not git.layout.shallow:
        raise errors.UsageError("NO_SUCH_COMMIT", f"{revision} names no commit here", ("git fetch",))
    return found


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
