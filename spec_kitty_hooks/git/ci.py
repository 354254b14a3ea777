"""Which commits a CI job is about, as GitHub, GitLab and the pre-commit framework tell it in variables and a file.

What they say is checked for its form and never trusted further; nothing is fetched.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.names import is_oid, is_ref
from spec_kitty_hooks.model.record import Record
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Finding

_HEADS = "refs/heads/"
_TARGET = "refs/remotes/origin/"  # both services check out from a remote of this name
_SHOWN_OID = 12

#: How the whole history comes into a job of a service.
HINTS = {
    "GitHub": "give the step actions/checkout `fetch-depth: 0`, so that the job has the history",
    "GitLab": "set the variable GIT_DEPTH to 0 in .gitlab-ci.yml, so that the job has the history",
}


class CiRange(Record):
    """The commits that `new` has and `old` has not, to be judged as those of `branch` ("" if that is none).

    `fallbacks` are revisions to take in place of an `old` that is not named or not here, the best first; with neither,
    all history of `new` is meant. `note` says what `settle` had to do.
    """

    service: str
    old: str
    new: str
    branch: str = ""
    fallbacks: tuple[str, ...] = ()
    note: str = ""


def find_range(environ: Mapping[str, str]) -> CiRange | None:
    """Return the range that the running CI job is about; None outside of CI and for a job about no range.

    Variables and event files that are broken count as not there.
    """
    old, new = environ.get("PRE_COMMIT_FROM_REF", ""), environ.get("PRE_COMMIT_TO_REF", "")
    if old and new:
        return CiRange(service="pre-commit", old=old, new=new)
    if environ.get("GITHUB_EVENT_NAME"):
        return _ask_github(environ)
    if environ.get("GITLAB_CI"):
        return _ask_gitlab(environ)
    return None


def find_service(environ: Mapping[str, str]) -> str:
    """Return the service whose job this is, whether or not the job names a range; "" outside of those known."""
    known = {"GitHub": ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME"), "GitLab": ("GITLAB_CI",)}
    return next((service for service, names in known.items() if any(map(environ.get, names))), "")


def settle(git: Git, found: CiRange) -> CiRange:
    """Return the range as it can be judged here, with a note where another `old` had to be taken.

    What a shallow clone has not got stays as it is named: it cannot be judged, as the engine says. Raises
    RepositoryError (`REMOTE_STATE_UNKNOWN`) for what a complete clone has not got; what fetches it comes with it.
    """
    candidates = [revision for revision in (found.old, *found.fallbacks) if revision]
    taken = next((revision for revision in candidates if git.find_commit(revision)), "")
    absent = "" if taken or not candidates else candidates[0]
    absent = absent if git.find_commit(found.new) else found.new
    if absent and not git.layout.shallow:
        raise _refuse(found, absent)
    note = ""
    if taken and found.old and taken != found.old:
        why = "a force push took it away, or the checkout is shallow"
        note = f"{_shorten(found.old)} is not here ({why}): compared with {_shorten(taken)}"
    settled: CiRange = found.replace(old=taken or next(iter(candidates), ""), note=note)
    return settled


def add_hints(found: Sequence[Finding], service: str) -> tuple[Finding, ...]:
    """Return the findings; those that miss history say first how a job of `service` gets it."""
    hints = (HINTS[service],) if service in HINTS else ()
    return tuple(
        finding.replace(remediation=(*hints, *finding.remediation))
        if finding.diagnostic_code == "SHALLOW_HISTORY"
        else finding
        for finding in found
    )


def name_branch(git: Git, revision: str) -> str:
    """Return the short name of the branch, local or of a remote, that a revision is the name of; "" if it is none."""
    for ref in git.refs():
        kind, _, name = ref.name.removeprefix("refs/").partition("/")
        if revision in (ref.name, f"{kind}/{name}", name):
            return name if kind == "heads" else name.partition("/")[2]
    return ""


def _refuse(found: CiRange, revision: str) -> RepositoryError:
    name = revision.removeprefix(_TARGET)
    wanted = revision if name == revision else f"+{_HEADS}{name}:{revision}"
    message = f"{found.service} names {_shorten(revision)}, which is not here: the range cannot be judged"
    steps = ("git fetch",) if found.service == "pre-commit" else (f"git fetch origin {quote_shell(wanted)}",)
    return RepositoryError("REMOTE_STATE_UNKNOWN", message, steps)


def _shorten(revision: str) -> str:
    return revision[:_SHOWN_OID] if _read_oid(revision) else revision.removeprefix("refs/remotes/")


# -- GitHub


def _ask_github(environ: Mapping[str, str]) -> CiRange | None:
    event, name = _read_event(environ.get("GITHUB_EVENT_PATH", "")), environ["GITHUB_EVENT_NAME"]
    if name == "push":
        return _read_push(event)
    if name == "merge_group":
        return _read_merge_group(event)
    return _read_pull_request(event, environ)


def _read_pull_request(event: object, environ: Mapping[str, str]) -> CiRange | None:
    """Return the range of a pull request of any event; its base from the variable where the file does not say."""
    base = _read_branch(_dig(event, "pull_request", "base", "ref") or environ.get("GITHUB_BASE_REF", ""))
    old = _read_oid(_dig(event, "pull_request", "base", "sha"))
    new = _read_oid(_dig(event, "pull_request", "head", "sha")) or _read_oid(environ.get("GITHUB_SHA", ""))
    head = _dig(event, "pull_request", "head", "ref") or environ.get("GITHUB_HEAD_REF", "")
    if not (base or old) or not new:
        return None
    return CiRange(service="GitHub", old=old, new=new, branch=_read_branch(head), fallbacks=_list_targets(base))


def _read_merge_group(event: object) -> CiRange | None:
    """Return what a merge queue is about to put on the target branch, which is what it is judged as."""
    old, new = (_read_oid(_dig(event, "merge_group", side)) for side in ("base_sha", "head_sha"))
    base = _read_branch(_dig(event, "merge_group", "base_ref"))
    if not (old and new):
        return None
    return CiRange(service="GitHub", old=old, new=new, branch=base, fallbacks=_list_targets(base))


def _read_push(event: object) -> CiRange | None:
    """Return what was pushed; nothing for a branch that was deleted."""
    new = _read_oid(_dig(event, "after"))
    branch = _read_branch(_dig(event, "ref"))
    default = _read_branch(_dig(event, "repository", "default_branch"))
    return _describe_push("GitHub", _read_oid(_dig(event, "before")), new, branch, default)


def _read_event(path: str) -> object:
    directory, name = os.path.split(os.fsencode(path))
    data = safefile.read_file(directory, name, limits.CI_EVENT_BYTES).data if directory else None
    try:
        return json.loads(data or b"")
    except (ValueError, RecursionError):
        return None


def _dig(value: Any, *keys: str) -> str:
    """Return the text at a place in a JSON value, "" if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


# -- GitLab


def _ask_gitlab(environ: Mapping[str, str]) -> CiRange | None:
    tip = _read_oid(environ.get("CI_COMMIT_SHA", ""))
    default = _read_branch(environ.get("CI_DEFAULT_BRANCH", ""))
    source = _read_branch(environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", ""))
    if not source:
        before = _read_oid(environ.get("CI_COMMIT_BEFORE_SHA", ""))
        branch = _read_branch(environ.get("CI_COMMIT_BRANCH", ""))
        if not before and branch == default and environ.get("CI_PIPELINE_SOURCE") != "push":
            return None  # scheduled, or started by hand: zeros there do not mean a new branch
        return _describe_push("GitLab", before, tip, branch, default)
    # In a pipeline of merged results the tip is a merge that GitLab made; only there the next two are set.
    new = _read_oid(environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")) or tip
    target = _read_oid(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", ""))
    base = _read_oid(environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", ""))
    name = _read_branch(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""))
    old = target or base
    fallbacks = (*((base,) if base != old else ()), *_list_targets(name or default))
    if not new or not (old or fallbacks):
        return None
    return CiRange(service="GitLab", old=old, new=new, branch=source, fallbacks=fallbacks)


# -- both


def _describe_push(service: str, old: str, new: str, branch: str, default: str) -> CiRange | None:
    """Return what a push brought; a new branch, or one whose past is gone, is compared with the default branch.

    The default branch itself has nothing to be compared with: when it is new, all its history is judged.
    """
    fallbacks = () if branch == default else _list_targets(default)
    return CiRange(service=service, old=old, new=new, branch=branch, fallbacks=fallbacks) if new else None


def _list_targets(branch: str) -> tuple[str, ...]:
    return (f"{_TARGET}{branch}",) if branch else ()


def _read_oid(text: str) -> str:
    """Return an object id of either hash; "" for zeros and for anything else."""
    return text if text.strip("0") and (is_oid(text, 40) or is_oid(text, 64)) else ""


def _read_branch(name: str) -> str:
    """Return the short name of a branch; "" for a tag and for what is no name."""
    short = name.removeprefix(_HEADS)
    try:
        raw = short.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return ""
    return short if is_ref(b"refs/heads/" + raw) and not short.startswith("refs/") else ""
