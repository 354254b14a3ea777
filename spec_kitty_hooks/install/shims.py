"""The text of the hooks: POSIX sh that starts the pinned interpreter, and nothing that decides.

The files in hooks/ are `render(name)` without an interpreter; a test compares them.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spec_kitty_hooks.catalog import HOOKS
from spec_kitty_hooks.install import neighbours

if TYPE_CHECKING:
    from pathlib import Path

INSTALLABLE = tuple(hook.name for hook in HOOKS)

VERSION = 1

# What git hands over on standard input can be read once, and the team's hook wants it too (githooks(5)).
_READS_STDIN = ("pre-push", "post-rewrite", "reference-transaction")
_FAIL_CLOSED = ("pre-commit", "pre-merge-commit", "pre-push")

_SHIM = b"# spec-kitty-hooks shim "
_STUB = b"# spec-kitty-hooks stub "

# `-c` starts 3 ms sooner than `-m`, which imports runpy. Code 127 is what sh says of a program that is not there.
_TEMPLATE = """\
#!/bin/sh
# spec-kitty-hooks shim {version}: {name}
# Written by `spec-kitty-hooks install`, taken away by `spec-kitty-hooks uninstall`; edits are lost.
python={python}
team={team}
original={original}
status=0
{manager}{read}if [ -x "$team" ] && [ "$SPEC_KITTY_HOOKS_TEAM" != "$team" ]; then
    # The hook in its place runs, with the files beside it; the copy where Spec Kitty's guard has overwritten that.
    hook=$team
    if [ -x "$original" ]; then
        command -p cmp -s "$original" "$team" || ! command -p grep -q commit_guard_hook "$original" && hook=$original
    fi
    {feed}SPEC_KITTY_HOOKS_TEAM=$team "$hook" "$@" || status=$?
fi
ours=127
[ -x "$python" ] && {{
    {feed}"$python" -I -c '
import sys
try:
    from spec_kitty_hooks.__main__ import main
except ModuleNotFoundError as gone:
    if not str(gone.name).startswith("spec_kitty_hooks"):
        raise
    sys.exit(127)
sys.exit(main())' hook {name} "$@"
    ours=$?
}}
case $ours in 126 | 127)
    echo 'spec-kitty-hooks: {name} cannot run, its Python or package is gone. To mend it: spec-kitty-hooks install' >&2
    ours={gone}
esac
[ "$ours" -gt "$status" ] && status=$ours
exit "$status"
"""

_STUB_TEMPLATE = """\
#!/bin/sh
# spec-kitty-hooks stub {version}: {name}
# Runs the repository's own hook, which core.hooksPath hides. Written by `spec-kitty-hooks install`.
hook={hook}
[ ! -x "$hook" ] || exec "$hook" "$@"
"""


@dataclass(frozen=True)
class Chain:
    """The team's hook that a shim runs first: our copy, and the file that it is a copy of, where that stays."""

    copy: Path
    original: Path | None = None
    manager: str = ""  # as `neighbours.manager_of` tells


def render(name: str, python: str = "", chain: Chain | None = None) -> bytes:
    """Return the shim of one hook; without `python` it refuses and says how to mend that.

    `chain` names the hook that runs first with the same arguments and input; the worse exit code wins.
    """
    reads, gone = name in _READS_STDIN, 3 if name in _FAIL_CLOSED else 0
    text = _TEMPLATE.format(
        version=VERSION,
        name=name,
        python=shlex.quote(python),
        team=shlex.quote(str(chain.copy) if chain else ""),
        original=shlex.quote(str(chain.original) if chain and chain.original else ""),
        manager=neighbours.preparation(chain.manager, name, original=chain.original is not None) if chain else "",
        read=f"input=$(command -p cat && echo .) || exit {gone}\n" if reads else "",
        feed='printf %s "${input%.}" 2>/dev/null | ' if reads else "",
        gone=gone,
    )
    return text.encode("utf-8", "surrogateescape")


def render_stub(name: str, hook: Path) -> bytes:
    """Return the stub that passes arguments and input on to `hook`, and lets everything pass when that is gone."""
    text = _STUB_TEMPLATE.format(version=VERSION, name=name, hook=shlex.quote(str(hook)))
    return text.encode("utf-8", "surrogateescape")


def version_of(text: bytes) -> int | None:
    """Return the version of a shim, None if `text` is something else."""
    line = _second_line(text)
    digits = line.removeprefix(_SHIM).split(b":")[0]
    return int(digits) if line.startswith(_SHIM) and digits.isdigit() else None


def is_ours(text: bytes) -> bool:
    """Tell whether a hook file is a shim or a stub of ours."""
    return _second_line(text).startswith((_SHIM, _STUB))


def interpreter_of(text: bytes) -> str | None:
    """Return the interpreter that a shim starts, None if `text` is no shim of ours."""
    if version_of(text) is None:
        return None
    _, _, rest = text.decode("utf-8", "surrogateescape").partition("\npython=")
    return shlex.split(rest.partition("\nteam=")[0])[0]


def lines_calling(name: str) -> list[str]:
    """Return the lines of sh that call our hook from one that somebody else keeps.

    They name no path of this machine and do nothing in a repository without our hooks, so they may be committed.
    Where git writes to the hook's standard input, the rest of the other hook can still read that.
    """
    ours = f'hook="$(git rev-parse --git-common-dir)/spec-kitty-hooks/hooks/{name}"'
    if name not in _READS_STDIN:
        return [ours, '[ ! -x "$hook" ] || "$hook" "$@" || exit $?']
    return [
        "# above everything that reads standard input",
        ours,
        "input=$(cat)",
        '[ ! -x "$hook" ] || printf \'%s\\n\' "$input" | "$hook" "$@" || exit $?',
        "exec <<INPUT",
        "$input",
        "INPUT",
    ]


def _second_line(text: bytes) -> bytes:
    return text[:512].split(b"\n", 2)[1] if text.startswith(b"#!/bin/sh\n") else b""
