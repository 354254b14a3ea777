"""The git command that started this hook, as far as the system shows it (/proc), and whether it says --amend.

Reads /proc only. Everything is answered with None where it cannot be seen.
"""

from __future__ import annotations

import os

_GENERATIONS = 16  # a hook manager puts a few processes between git and us
_MAIN_VALUES = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--attr-source")
_SHORT_VALUES = frozenset("mFCctU")
_SHORT_ATTACHED = frozenset("Su")  # their value can only stand in the same word
_LONG_VALUES = (
    *("message", "file", "author", "date", "reuse-message", "reedit-message", "fixup", "squash", "trailer"),
    *("template", "cleanup", "pathspec-from-file", "unified", "inter-hunk-context"),
)


def asks_to_amend() -> bool | None:
    """Tell whether the nearest git above us is `git commit --amend`.

    None if there is no git to be seen, or if it is another command; False for `git commit` without --amend.
    """
    pid = os.getppid()
    for _generation in range(_GENERATIONS):
        words = _read(pid, "cmdline").split(b"\0")[:-1]
        name = os.path.basename(words[0]) if words else b""
        if name == b"git":
            return parse_command(words[1:])
        if name == b"git-commit":
            return parse_commit(words[1:])
        pid = _parent(pid)
        if pid <= 1:
            break
    return None


def parse_command(words: list[bytes]) -> bool | None:
    """Tell whether the arguments of `git` are a commit that amends; None for any other command."""
    position = 0
    while position < len(words):
        text = words[position].decode("utf-8", "surrogateescape")
        if not text.startswith("-"):
            return parse_commit(words[position + 1 :]) if text == "commit" else None
        position += 2 if text in _MAIN_VALUES else 1
    return None


def parse_commit(words: list[bytes]) -> bool:
    """Tell whether the arguments of `git commit` amend; the last of --amend and --no-amend counts.

    Follows git's own option parser: unambiguous abbreviations, values in the same or the next word, `--` as the end.
    """
    amend = False
    rest = iter(words)
    for word in rest:
        text = word.decode("utf-8", "surrogateescape")
        if text == "--":
            break
        if text.startswith("--"):
            amend = _read_amend(text, amend)
            if _takes_next_long(text[2:]):
                next(rest, None)
        elif text.startswith("-") and _takes_next_short(text[1:]):
            next(rest, None)
    return amend


def _read_amend(text: str, before: bool) -> bool:
    if len(text) >= len("--am") and "--amend".startswith(text):
        return True
    if len(text) >= len("--no-am") and "--no-amend".startswith(text):
        return False
    return before


def _takes_next_long(name: str) -> bool:
    return bool(name) and "=" not in name and any(known.startswith(name) for known in _LONG_VALUES)


def _takes_next_short(letters: str) -> bool:
    for number, letter in enumerate(letters, 1):
        if letter in _SHORT_VALUES:
            return number == len(letters)
        if letter in _SHORT_ATTACHED:
            return False
    return False


def _parent(pid: int) -> int:
    """Return the parent's process id; 0 if it cannot be seen."""
    fields = _read(pid, "stat").rpartition(b")")[2].split()  # the program's name stands in brackets, with any bytes
    return int(fields[1]) if len(fields) > 1 else 0


def _read(pid: int, name: str) -> bytes:
    try:
        fd = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, AttributeError):  # no such system, or not ours to see
        return b""
    try:
        parts = []
        while part := os.read(fd, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(fd)
