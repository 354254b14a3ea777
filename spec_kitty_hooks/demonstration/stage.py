"""The repository that the demonstration plays in: real git, sealed from the user's own configuration."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Demo"), ("EMAIL", "demo@example.com"))
}


class Stage:
    """Runs commands in one repository and shows each with its output, as a person at a terminal would see it."""

    def __init__(self, root: Path, show: Callable[[str], None]) -> None:
        self.root = root
        self._show = show
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SPEC_KITTY_"))}
        sealed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
        self._environ = {**outside, **sealed, **_AUTHOR, "NO_COLOR": "1"}

    def say(self, text: str) -> None:
        """Show a line of the story."""
        self._show(f"\n# {text}\n")

    def write(self, path: str, text: str, place: Path | None = None) -> None:
        """Write a file of the repository, or of the work tree `place`."""
        file = (place or self.root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")

    def git(self, *words: str, place: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run git without showing it."""
        return self._run(["git", *words], place)

    def play(self, *words: str, place: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command and show it with what it prints; `spec-kitty-hooks` is this very installation."""
        where = place or self.root
        inside = f"{where.relative_to(self.root)} " if where != self.root else ""
        self._show(f"{inside}$ {shlex.join(words)}\n")
        command = [sys.executable, "-m", "spec_kitty_hooks", *words[1:]] if words[0] == "spec-kitty-hooks" else [*words]
        done = self._run(command, place)
        self._show("".join(f"    {line}\n" for line in (done.stdout + done.stderr).splitlines()))
        return done

    def _run(self, command: list[str], place: Path | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=place or self.root,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )
