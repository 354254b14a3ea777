"""Reads what git tells a pre-push hook on stdin: one line for each ref of the push.

Pure, and never raises on content: what is no such line is kept as a problem, so that nothing is passed over in silence.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.git.names import is_oid, is_ref
from spec_kitty_hooks.model.record import Record

_SHORTEST_ID = 40  # no hash of git's is shorter; fewer zeros are a piece of an id


class PushLine(Record):
    """One ref of a push.

    `remote_ref` is the full name of the ref on the remote; `local_ref` is what stands for it here: a full name,
    whatever the person typed (`HEAD~0`, `HEAD^{/two words}`), or `(delete)`. An id is "" where git sends zeros: no
    `local_oid` deletes the remote ref, no `remote_oid` makes it.
    """

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str


class PushProblem(Record):
    """A line that cannot be read: its 1-based number, what is wrong with it, and its bytes."""

    line: int
    reason: str
    raw: bytes = b""


class PushLines(Record):
    """A push as git describes it, both in the order of the lines; nothing at all where git has nothing to push."""

    lines: tuple[PushLine, ...] = ()
    problems: tuple[PushProblem, ...] = ()


def parse_push_lines(data: bytes, hash_hex: int) -> PushLines:
    """Read the whole stdin of a pre-push hook in a repository whose object ids have `hash_hex` (40 or 64) digits.

    Blank lines, CRLF and a missing last newline are fine: other hooks and hook managers pass the text on. Beyond
    limits.PUSHED_REFS lines nothing is read, which is a problem of its own.
    """
    lines: list[PushLine] = []
    problems: list[PushProblem] = []
    pieces = data.split(b"\n", limits.PUSHED_REFS)
    for number, piece in enumerate(pieces, 1):
        if not piece or piece.isspace():
            continue
        if number > limits.PUSHED_REFS:
            reason = f"more than {limits.PUSHED_REFS} refs in one push: the rest is not read"
            problems.append(PushProblem(line=number, reason=reason))
            break
        found = _parse_line(piece.removesuffix(b"\r"), hash_hex)
        if isinstance(found, PushLine):
            lines.append(found)
        else:
            problems.append(PushProblem(line=number, reason=found, raw=piece))
    return PushLines(lines=tuple(lines), problems=tuple(problems))


def _parse_line(line: bytes, hash_hex: int) -> PushLine | str:
    """Return one line as read, or what is wrong with it."""
    if len(line) > limits.PUSH_LINE_BYTES:
        return f"longer than {limits.PUSH_LINE_BYTES} bytes"
    # From the right, as only the first field can hold a space: `git push origin 'HEAD^{/two words}:refs/heads/x'`.
    fields = line.rsplit(b" ", 3)
    if len(fields) < 4 or not fields[0]:
        return "not four fields: local ref, local id, remote ref, remote id"
    if not is_ref(fields[2]) and fields[2] != b"refs/stash":  # `git push --mirror` sends that one as well
        return "the remote ref is no full ref name"
    local_oid, remote_oid = _read_oid(fields[1], hash_hex), _read_oid(fields[3], hash_hex)
    if local_oid is None or remote_oid is None:
        side = "local" if local_oid is None else "remote"
        return f"the {side} id is neither {hash_hex} hexadecimal digits nor zeros"
    return PushLine(
        local_ref=fields[0].decode("utf-8", "surrogateescape"),
        local_oid=local_oid,
        remote_ref=fields[2].decode("utf-8", "surrogateescape"),
        remote_oid=remote_oid,
    )


def _read_oid(field: bytes, hash_hex: int) -> str | None:
    """Return an object id, "" for zeros of whatever length a hash has, None for anything else."""
    if len(field) >= _SHORTEST_ID and not field.strip(b"0"):
        return ""
    text = field.decode("latin-1")
    return text if is_oid(text, hash_hex) else None
