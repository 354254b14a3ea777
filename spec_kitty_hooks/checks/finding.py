"""Makes findings: the catalog's invariant and remedies together with the facts of one case."""

from __future__ import annotations

from spec_kitty_hooks import catalog
from spec_kitty_hooks.model.findings import Finding
from spec_kitty_hooks.text import quote_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.git import Change

    Facts = Mapping[str, str | bytes]

_MAGIC = frozenset(b"*?[\\")
_SHOWN_OID = 12


def make(  # noqa: PLR0913 (the keyword-only facts of one finding)
    ctx: Context,
    code: str,
    message: str,
    *,
    severity: str = "",
    work_package_id: str = "",
    path: bytes | None = None,
    change: str = "",
    pattern: str = "",
    details: dict[str, Any] | None = None,
    unstage: Sequence[bytes] = (),
    only: Sequence[bytes] = (),
    facts: Facts | None = None,
) -> Finding:
    """Build the finding of `code` for this context.

    `message` is one sentence without a final stop; it may hold outside text, which the printer escapes. `facts` fill
    the remedies of the catalog and are quoted here; `unstage` are the paths that remedies may take out of the commit
    (`path` unless given), `only` those that can be committed alone. `severity` lowers or raises the catalog's default
    for this one case ("" keeps it); policy still has the last word.
    """
    mission = ctx.placement.mission
    known: dict[str, str | bytes] = {"wp": work_package_id}
    if mission is not None:
        known |= {"mission": mission.directory, "target": mission.target_branch}
    known |= facts or {}
    quoted = {name: quote_shell(value) for name, value in known.items() if value}
    if path is not None:
        quoted["path"] = quote_shell(_as_argument(ctx, path))
    if ctx.commit is not None:
        message = f"commit {ctx.commit.oid[:_SHOWN_OID]} by {ctx.commit.author}: {message}"
    if ctx.compared:
        quoted |= _describe_history(ctx, path)
    if only:
        quoted["only"] = _list_pathspecs(ctx, only)
    quoted |= _describe_unstaging(ctx, unstage or ((path,) if path is not None else ()))
    return Finding(
        diagnostic_code=code,
        message=message,
        severity=severity,
        mission=mission.directory if mission else "",
        work_package_id=work_package_id,
        branch_or_work_package=work_package_id or ctx.situation.branch or "HEAD",
        violated_invariant=catalog.DIAGNOSTICS[code].invariant,
        remediation=catalog.remedies(code, quoted),
        path=path,
        change=change,
        pattern=pattern,
        details=details or {},
        commit=ctx.commit.oid if ctx.commit else "",
        author=ctx.commit.author if ctx.commit else "",
    )


def _describe_history(ctx: Context, path: bytes | None) -> dict[str, str]:
    """Return the facts for remedies of what is committed already: undone by one more commit, or looked at."""
    facts: dict[str, str] = {}
    if ctx.commit is not None:
        facts["looked_at"] = ctx.commit.oid[:_SHOWN_OID]
        if path is not None and len(ctx.commit.parents) == 1:
            facts["reverted"] = ctx.commit.oid[:_SHOWN_OID]
    elif path is not None:
        facts |= {"compared": ctx.compared, "differing": _list_pathspecs(ctx, (path,))}
    return facts


def _describe_unstaging(ctx: Context, paths: Sequence[bytes]) -> dict[str, str]:
    """Return the facts that the one remedy asks for that takes `paths` out of this commit, if one can take all."""
    parents = ctx.situation.parents
    if ctx.editing or ctx.compared or not paths:
        return {}
    # In a merge both sides may have changed a path: then which text is right, only a person knows.
    origins = {ctx.origins.get(path) for path in paths} if len(parents) > 1 else {(*parents, "")[0]}
    origin = origins.pop()
    if origins or origin is None:
        return {}
    words = _list_pathspecs(ctx, paths)
    if not origin:
        return {"unborn": words}
    if origin != parents[0]:
        return {"brought": words, "side": origin[:_SHOWN_OID]}
    return {"amended" if ctx.situation.amend else "staged": words, "base": origin[:_SHOWN_OID]}


def _list_pathspecs(ctx: Context, paths: Sequence[bytes]) -> str:
    """Return paths as words for git, from where the person stands, each naming exactly itself."""
    return " ".join(quote_shell(_as_pathspec(ctx, path)) for path in paths)


def _as_pathspec(ctx: Context, path: bytes) -> bytes:
    name = _from_here(ctx, path)
    return b":(literal)" + name if name.startswith(b":") or not _MAGIC.isdisjoint(name) else name


def _as_argument(ctx: Context, path: bytes) -> bytes:
    name = _from_here(ctx, path)
    return b"./" + name if name.startswith(b"-") else name


def _from_here(ctx: Context, path: bytes) -> bytes:
    """Return a path relative to the directory that the person stands in."""
    here, there = ctx.prefix.split(b"/")[:-1], path.split(b"/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return b"/".join([b".."] * (len(here) - shared) + there[shared:])


def describe(change: Change) -> str:
    """Return a changed path for a message: `src/a.py (modified)`."""
    word = change.word()
    return f"{show(change.path)} ({word})" if word else show(change.path)


def show(path: bytes) -> str:
    """Return a path for a message; undecodable bytes stay recognisable until the printer escapes them."""
    return path.decode("utf-8", "surrogateescape")
