"""Judges whole pushes: every ref of a push, of what a server receives, and of what a framework would push.

Turns what git says of a push into updates of refs and puts their reports together; prints nothing.
"""

from __future__ import annotations

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.audit import judge_cut_off
from spec_kitty_hooks.git.pushlines import parse_push_lines
from spec_kitty_hooks.git.remotes import Remotes
from spec_kitty_hooks.git.revisions import keep_known, list_commits, peel
from spec_kitty_hooks.mission.branches import HEADS, REMOTES
from spec_kitty_hooks.model import findings
from spec_kitty_hooks.model.findings import Report
from spec_kitty_hooks.model.push import RefUpdate
from spec_kitty_hooks.ranges import judge_update
from spec_kitty_hooks.verdict import CI, PUSH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.git.pushlines import PushLine, PushLines

_BRANCHES = (HEADS, REMOTES)
#: From the least certain good news to the worst, as exit codes and verdicts of one push.
_ORDER = (findings.NOT_APPLICABLE, findings.PASSED, findings.CANNOT_JUDGE, findings.FAILED)


def judge_push(git: Git, now: float, remote: str, url: str, data: bytes) -> Report:
    """Judge every ref of a push.

    `remote` and `url` are the arguments of a pre-push hook, `data` is its standard input; `now` is seconds since the
    epoch. Raises RepositoryError for input that cannot be read: a push that is not understood is not let through.
    """
    pushed = _read(git, data)
    name = Remotes(git).find(remote, url)
    there = _list_tracked(git, name) if name else {}
    return _judge_all(git, _list_updates(git, pushed.lines, there, name or url), now, PUSH)


def judge_received(git: Git, now: float, data: bytes) -> Report:
    """Judge what a server is about to receive: `data` holds the lines of a pre-receive hook, `old new ref`.

    What the repository has already is published; objects of the push are read from git's quarantine. Plans, logs and
    branches count as the push leaves them, as they do for the hook of the clone that pushes: a claim may come with the
    work, and the push of the log is judged itself.
    """
    turned = b"\n".join(_turn(line) for line in data.split(b"\n"))
    pushed = _read(git, turned)
    there = {ref.name: ref.oid for ref in git.refs()}
    git.foresee((line.remote_ref, line.local_oid) for line in pushed.lines)
    return _judge_all(git, _list_updates(git, pushed.lines, there, ""), now, PUSH)


def judge_ahead(git: Git, now: float, remote: str, told: tuple[str, str] = ("", "")) -> Report:
    """Judge every local branch that has something which `remote` has not: where nobody says what is being pushed.

    `told` is the one ref of the push that is known, by its full name there, and the revision that it is to be. With it,
    a branch that has diverged is judged by its commits alone: as long as nobody forces it, git does not push it.
    """
    there = _list_tracked(git, remote)
    tips = {ref.name: ref.oid for ref in git.refs() if ref.name.startswith(HEADS)}
    known = git.find_commit(told[1]) if all(told) else ""
    if known:
        tips[told[0]] = known
    return _judge_all(git, _list_ahead(git, tips, there, told[0] if known else "", remote), now, PUSH)


def _list_ahead(
    git: Git, tips: Mapping[str, str], there: Mapping[str, str], told: str, remote: str
) -> Iterable[RefUpdate]:
    for name, new in tips.items():
        if name == told or list_commits(git, [new], there.values()):
            old = there.get(name, "")
            forced = bool(told) and name != told and git.is_ancestor(old, new) is False
            yield RefUpdate(
                ref=name,
                new=new,
                old="" if forced else old,
                published=tuple(there.values()),
                staying=tuple(oid for other, oid in there.items() if other != name),
                remote=remote,
            )


def judge_range(git: Git, now: float, old: str, new: str, branch: str = "") -> Report:
    """Judge the commits that `new` has and `old` has not, as they would be on `branch`: for CI and by hand.

    Without `old` all history of `new` is meant. Where a shallow clone has not got `old`, every log at `new` is judged
    by itself. Raises UsageError for a revision that names no commit of a complete repository.
    """
    start, end = git.find_commit(old) if old else "", git.find_commit(new)
    if git.layout.shallow and not (end and (start or not old)):
        return judge_cut_off(git, now, end or git.layout.head, f"{old or 'nothing'} and {new}")
    for revision, oid in ((old, start), (new, end)):
        if revision and not oid:
            raise errors.UsageError("NO_SUCH_COMMIT", f"{revision} names no commit here", ("git fetch",))
    update = RefUpdate(ref=f"{HEADS}{branch}" if branch else "", new=end, published=(start,) if start else ())
    return judge_update(git, update, now, CI)


def _read(git: Git, data: bytes) -> PushLines:
    pushed = parse_push_lines(data, git.layout.hash_hex)
    if pushed.problems:
        first = pushed.problems[0]
        message = f"line {first.line} of what git says about the push cannot be read: {first.reason}"
        too_many = f"push them in parts, at most {limits.PUSHED_REFS} at a time: git push REMOTE REF..."
        step = too_many if first.line > limits.PUSHED_REFS else "git --version"
        raise errors.RepositoryError("REPOSITORY_UNSUPPORTED", message, (step,))
    return pushed


def _turn(line: bytes) -> bytes:
    """Return a line of pre-receive, `old new ref`, as one of pre-push: `local-ref new ref old`."""
    fields = line.split(b" ", 2)
    return b" ".join((fields[2], fields[1], fields[2], fields[0])) if len(fields) == 3 else line


def _list_tracked(git: Git, remote: str) -> dict[str, str]:
    """Return the branches of a remote as they were last seen: full name there, and id."""
    start = f"{REMOTES}{remote}/"
    return {HEADS + ref.name[len(start) :]: ref.oid for ref in git.refs() if ref.name.startswith(start)}


def _list_updates(git: Git, lines: Sequence[PushLine], known: Mapping[str, str], remote: str) -> Iterable[RefUpdate]:
    """Yield what has to be judged: all but new refs on what is published, or comes with other refs of the push.

    `known` are the branches of the receiving side, by full name.
    """
    there = (*known.values(), *(line.remote_oid for line in lines if line.remote_oid))
    after = {**known, **{line.remote_ref: line.local_oid for line in lines}}
    news = [(line, peel(git, line.local_oid) if line.local_oid else "") for line in lines]
    tips = tuple(new for line, new in news if new and line.remote_ref.startswith(HEADS))
    stale = _find_stale(git, tips, [new for line, new in news if new and not line.remote_ref.startswith(HEADS)], there)
    coming = [(line.remote_ref, line.local_oid) for line in lines if line.local_oid]
    judged: dict[str, None] = {}
    for line, new in news:
        is_branch = line.remote_ref.startswith(HEADS)
        covered = not line.remote_oid and (new in stale or (new in judged and not is_branch))
        if new is None or covered:  # the first: a tag of a file or a directory, without history
            continue
        others = () if is_branch else (*tips, *judged)
        if new and not is_branch:
            judged[new] = None
        staying = (oid for ref, oid in after.items() if oid and ref.startswith(HEADS) and ref != line.remote_ref)
        yield RefUpdate(
            ref=line.remote_ref,
            new=new,
            old=(peel(git, line.remote_oid) if line.remote_oid else "") or "",
            published=tuple(dict.fromkeys((*there, *others))),
            staying=tuple(dict.fromkeys(staying)),
            remote=remote,
            beside=tuple(pair for pair in coming if pair[0] != line.remote_ref),
        )


def _find_stale(git: Git, tips: Sequence[str], rest: Sequence[str], there: Sequence[str]) -> frozenset[str]:
    """Return what is known to bring nothing: of branches beyond `there`, of other refs beyond the branches as well."""
    fresh = {*list_commits(git, tips, there), *list_commits(git, rest, (*there, *tips))}
    return frozenset(keep_known(git, (*tips, *rest))) - fresh


def _judge_all(git: Git, updates: Iterable[RefUpdate], now: float, situation: str) -> Report:
    return unite([judge_update(git, update, now, situation) for update in updates])


def unite(reports: Sequence[Report]) -> Report:
    """Return one report of several: all findings, each once, and the worst verdict."""
    if len(reports) == 1:
        return reports[0]
    found: dict[tuple[object, ...], findings.Finding] = {}
    for finding in (finding for report in reports for finding in report.findings):
        found.setdefault((finding.diagnostic_code, finding.path, finding.commit, finding.message), finding)
    worst = max(reports, key=lambda report: _ORDER.index(report.verdict), default=None)
    codes = [report.exit_code for report in reports if report.exit_code]
    return Report(
        verdict=worst.verdict if worst else findings.NOT_APPLICABLE,
        exit_code=min(codes, default=errors.PASS),  # findings that block before what cannot be judged
        subject="; ".join(report.subject for report in reports) or "nothing is pushed",
        findings=tuple(found.values()),
        notes=tuple(note for report in reports for note in report.notes),
        evidence={"refs": [report.evidence for report in reports]},
    )
