"""Which clean and smudge filters a checkout of ours runs: those of the person and the machine, none of the repository.

An attribute in a commit names a filter, configuration says which program that is. A program that only the
repository's own configuration names is not run; `git lfs install` and the like put theirs into the person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_kitty_hooks.git.program import Program

_OWN = (b"local", b"worktree")
_OFF = {"required": "false"}  # anything else is off when it is empty


class Filters:
    """The filters that a repository's own configuration names (`names`), and variables that switch them off.

    Where the person's configuration has a filter of the same name, `variables` put that one back, setting by setting.
    """

    def __init__(self, program: Program) -> None:
        outer: dict[str, str] = {}
        own: dict[str, None] = {}
        for scope, key, value in _read(program):
            if scope in _OWN:
                own[key] = None
            else:
                outer[key] = value
        self.names = tuple(sorted({key.partition(".")[2].rpartition(".")[0] for key in own}))
        self.variables = _as_variables([(key, outer.get(key, _OFF.get(key.rpartition(".")[2], ""))) for key in own])


def _read(program: Program) -> list[tuple[bytes, str, str]]:
    """Return scope, key and value of every setting of a filter; a value that is left out means true."""
    asked = program.run("config", "--show-scope", "-z", "--get-regexp", r"^filter\.")
    words = asked.out.split(b"\0")[:-1]
    entries = []
    for scope, entry in zip(words[::2], words[1::2], strict=True):
        key, newline, value = entry.decode("utf-8", "surrogateescape").partition("\n")
        entries.append((scope, key, value if newline else "true"))
    return entries


def _as_variables(settings: list[tuple[str, str]]) -> dict[str, str]:
    """Return configuration as variables, which carry any name; `-c` ends a name at its first equals sign."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables if settings else {}
