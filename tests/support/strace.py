"""strace on one process that is already there: what it asks of the kernel, and a kernel that answers wrongly.

Only the process itself is followed, never its children, so that every count starts where the process was attached.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LINE = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)", re.DOTALL)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FILE = re.compile(r"(\d+)<([^>]*)>")


@dataclass(frozen=True)
class Call:
    """One system call: the `count`-th of its name that was traced; `result` is None if the process was killed in it."""

    name: str
    count: int
    arguments: str
    result: int | None

    @property
    def texts(self) -> tuple[bytes, ...]:
        """The strings among the arguments; of a trace with -xx they are exact."""
        return tuple(_unescape(text) for text in _WORD.findall(self.arguments))

    @property
    def files(self) -> tuple[tuple[int, str], ...]:
        """Each descriptor among the arguments with its path."""
        found = _FILE.findall(self.arguments)
        return tuple((int(number), _unescape(path).decode("utf-8", "surrogateescape")) for number, path in found)


@cache
def find_strace() -> str:
    """Return strace where it may trace; "" elsewhere."""
    found = shutil.which("strace")
    if not found:
        return ""
    ran = subprocess.run([found, "-qq", "-e", "trace=none", "true"], capture_output=True, check=False)
    return "" if ran.returncode else found


class Strace:
    """strace as it is attached to a process; it ends with it."""

    def __init__(self, pid: int, output: Path, *options: str, paths: Iterable[Path] = ()) -> None:
        watched = [word for path in paths for word in ("-P", str(path))]
        command = [find_strace(), "-y", "-e", "signal=none", "-o", str(output), *options, *watched, "-p", str(pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self._output = output
        assert self._process.stderr is not None
        said = ""
        while "attached" not in said:
            line = self._process.stderr.readline()
            if not line:
                self.wait()
                raise AssertionError(f"strace did not attach: {said}")
            said += line

    def wait(self) -> None:
        """Wait until the traced process has ended and all is written."""
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def calls(self) -> list[Call]:
        """Return what was traced, in order."""
        self.wait()
        return parse_calls(self._output.read_text(errors="surrogateescape"))


def parse_calls(text: str) -> list[Call]:
    """Return the calls of a trace."""
    counts: Counter[str] = Counter()
    calls = []
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found:
            name, arguments, result, _rest = found.groups()
            counts[name] += 1
            calls.append(Call(name, counts[name], arguments, int(result, 0) if result != "?" else None))
    return calls


def _unescape(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")
