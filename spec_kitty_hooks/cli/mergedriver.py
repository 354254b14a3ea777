"""What git calls to merge an event log: unites the two sides, without loading click, pydantic or pygit2.

Writes the one file that git will read back, and on standard error why it could not finish.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.cli.crash import say
from spec_kitty_hooks.mission.logmerge import BASE, OURS, THEIRS, TWOFOLD, UNREADABLE, merge_logs
from spec_kitty_hooks.safefile import read_file
from spec_kitty_hooks.text import escape, quote_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec_kitty_hooks.mission.logmerge import Merge, Obstacle, Place

_SIDES = (BASE, OURS, THEIRS)

_FLAGS = os.O_WRONLY | os.O_TRUNC | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"))
_REPAIR = {
    TWOFOLD: "in {path}, give one of two different events with the same id, one that was never pushed, a new event_id",
    UNREADABLE: "in {path}, mend or delete the lines between the conflict markers that cannot be read",
}
_AGAIN = ("git checkout --merge -- {path}",)
_BY_HAND = ("put the lines that only `git show :3:{path}` has into {path}", "git add -- {path}", "git commit")


def run(arguments: Sequence[str]) -> int:
    """Merge the files %O, %A and %B into %A (gitattributes(5)); a fourth argument, %P, is what messages call it.

    Returns 0 if %A has both sides, 1 if a person has to settle something (git then says that the path conflicts), 2
    if these are no three files of one directory, where git puts them.
    """
    paths = [os.path.abspath(os.fsencode(word)) for word in arguments[:3]]
    path = os.fsencode(arguments[3]) if len(arguments) > 3 else os.fsencode(arguments[1])
    directory = os.path.dirname(paths[0])
    if len(set(paths)) < 3 or any(os.path.dirname(place) != directory for place in paths):
        return _refuse(path, ["the three files are not in one directory, where git puts them"], (), errors.USAGE)
    sides = [read_file(directory, os.path.basename(place), limits.LOG_BYTES) for place in paths]
    problems = [f"{name}: {side.problem}" for name, side in zip(_SIDES, sides, strict=True) if side.problem]
    if problems:
        code = errors.BLOCKED if all(problem.endswith("too large") for problem in problems) else errors.USAGE
        return _refuse(path, problems, _BY_HAND if code == errors.BLOCKED else (), code)
    merge = merge_logs(*(side.data or b"" for side in sides))
    if merge.data is not None:
        try:
            _write(paths[1], merge.data)
        except OSError as error:
            return _refuse(path, [f"the result cannot be written: {error.strerror}"], _AGAIN)
    return _explain(path, merge) if merge.obstacles else errors.PASS


def _write(path: bytes, data: bytes) -> None:
    # In place: a file beside it would be left in the work tree by a kill, and git goes by the exit code alone.
    with open(os.open(path, _FLAGS), "wb") as file:
        file.write(data)


def _explain(path: bytes, merge: Merge) -> int:
    shown = merge.obstacles[: limits.SHOWN_PATHS]
    problems = [_describe(obstacle) for obstacle in shown]
    if len(merge.obstacles) > len(shown):
        problems.append(f"and {len(merge.obstacles) - len(shown)} more")
    if merge.data is None:
        return _refuse(path, problems, _BY_HAND)
    codes = dict.fromkeys(obstacle.code for obstacle in merge.obstacles)
    steps = (*(_REPAIR[code] for code in codes), "delete the marker lines: <<<<<<<, |||||||, =======, >>>>>>>")
    return _refuse(path, problems, (*steps, "git add -- {path}", "git commit"))


def _describe(obstacle: Obstacle) -> str:
    lines = "".join(
        f"\n    {_locate(place)}: {escape(place.raw, limit=1000)}" for place in obstacle.places if place.raw
    )
    where = "" if lines else f"{_locate(obstacle.places[0])}: "
    return f"{obstacle.code}: {where}{escape(obstacle.reason)}{lines}"


def _locate(place: Place) -> str:
    return f"{place.side}, line {place.line}" if place.line else place.side


def _refuse(path: bytes, problems: Iterable[str], steps: Iterable[str], code: int = errors.BLOCKED) -> int:
    shown = escape(path)
    lines = [f"spec-kitty-hooks: cannot merge {shown}: {problem}" for problem in problems]
    lines += [f"  next: {step.format(path=quote_shell(path))}" for step in steps]
    say("".join(f"{line}\n" for line in lines))
    return code
