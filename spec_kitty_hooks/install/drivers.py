"""The merge drivers of a clone: which of them are ours, what git is told to run, and what it would run now.

Reads the repository; what is returned here is written by `configuration` and `attributes`.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from spec_kitty_hooks.install import attributes, placement
from spec_kitty_hooks.install.report import DriverState, shown

if TYPE_CHECKING:
    from spec_kitty_hooks.install.report import Owner
    from spec_kitty_hooks.install.repository import Repository

_LOG, _STATUS = "status.events.jsonl", "status.json"
_OURS = {_LOG: "spec-kitty-hooks-log", _STATUS: "spec-kitty-hooks-status"}
_NAMES = {
    _LOG: "Spec Kitty event log: every event of both sides once",
    _STATUS: "Spec Kitty status.json: ours, until the next transition writes it anew",
}
#: The released client's own driver of event logs; for status.json it has none.
_CLIENT = "spec-kitty-event-log"
_OWNERS: dict[str, Owner] = {**dict.fromkeys(_OURS.values(), "spec-kitty-hooks"), _CLIENT: "spec-kitty"}
_UNNAMED = ("unspecified", "set", "unset")  # what git-check-attr(1) says instead of a name
_BUILT_IN = ("union", "binary")  # and `text`, which is what git does without a driver

# Python without our package fails as it does over a conflict; only then is it asked. Without either, git's own text
# merge leaves what it would have left without a driver.
_COMMAND = """\
{python} -I -c "from spec_kitty_hooks.__main__ import main; main()" merge-driver %O %A %B %P || { code=$?; \
{python} -I -c "import spec_kitty_hooks" 2>/dev/null && exit $code; \
echo "spec-kitty-hooks: the merge driver cannot run, its Python or package is gone, so this was merged as text. \
To mend it: spec-kitty-hooks install" >&2; \
exec git merge-file -L ours -L base -L theirs %A %O %B; }"""


def settings(repository: Repository, python: str) -> dict[str, str]:
    """Return the configuration that names our drivers, run by the interpreter `python`, by key."""
    # Git fills in %O and the like, and makes one % of two, before a shell reads the rest (gitattributes(5)).
    log = _COMMAND.replace("{python}", shlex.quote(python).replace("%", "%%"))
    commands = {_LOG: log, _STATUS: "true"}
    found: dict[str, str] = {}
    for file in _own_files(repository):
        found[f"merge.{_OURS[file]}.name"] = _NAMES[file]
        found[f"merge.{_OURS[file]}.driver"] = commands[file]
    return found


def registered(repository: Repository) -> dict[str, str]:
    """Return what the repository's own configuration holds under our names, whoever wrote it."""
    asked = repository.ask("config", "--local", "-z", "--get-regexp", r"^merge\.spec-kitty-hooks-(log|status)\.")
    pairs = (os.fsdecode(item).partition("\n") for item in asked.out.split(b"\0")[:-1])
    return {key: value for key, _newline, value in pairs}


def lines(repository: Repository) -> list[str]:
    """Return the attributes that give our drivers their files in this clone."""
    return [f"{_pattern(file)} merge={_OURS[file]}" for file in _own_files(repository)]


def lines_to_track(repository: Repository) -> list[str]:
    """Return the lines that .gitattributes, which all clones share, lacks.

    They name the client's driver, which those who have only the client know; where git knows none of that name it
    merges as text. Our own lines would help nobody there: where git knows our drivers, info/attributes names them.
    """
    text = placement.read_hook(repository.top / ".gitattributes")
    return [] if _maps(text, _LOG) else [f"{_pattern(_LOG)} merge={_CLIENT}"]


def inspect(repository: Repository) -> list[DriverState]:
    """Return what git would merge a mission's log and status.json with, asked the way git asks."""
    return [_inspect(repository, file) for file in _OURS]


def _inspect(repository: Repository, file: str) -> DriverState:
    asked = ("-C", str(repository.top), "check-attr", "-z", "merge", "--", f"kitty-specs/any/{file}")
    answer = repository.ask(*asked).out.split(b"\0")
    name = os.fsdecode(answer[2]) if len(answer) > 2 else _UNNAMED[0]
    if name in _UNNAMED:
        return DriverState(file=file)
    command = repository.ask("config", "--get", f"merge.{name}.driver").line
    owner = _OWNERS.get(name, "other") if command or name in _BUILT_IN else None
    return DriverState(file=file, driver=shown(name), command=shown(command) if command else None, owner=owner)


def _own_files(repository: Repository) -> list[str]:
    return [file for file in _OURS if file != _LOG or not _client_merges_logs(repository)]


def _client_merges_logs(repository: Repository) -> bool:
    """Tell whether the client's driver is registered and has the logs; what our own block says does not count."""
    if not repository.ask("config", "--get", f"merge.{_CLIENT}.driver").line:
        return False
    tracked = placement.read_hook(repository.top / ".gitattributes")
    return any(_maps(text, _LOG, _CLIENT) for text in (tracked, attributes.read_others(repository)))


def _maps(text: bytes, file: str, name: str = "") -> bool:
    """Tell whether attributes give a file (as `init` of the client spells it, or by its bare name) a merge driver."""
    for words in map(bytes.split, text.splitlines()):
        if words and words[0].endswith(f"/{file}".encode()):
            named = [word.removeprefix(b"merge=") for word in words[1:] if word.startswith(b"merge=")]
            if named and name.encode() in (b"", named[-1]):
                return True
    return False


def _pattern(file: str) -> str:
    return f"kitty-specs/**/{file}"
