"""Real pushes to real remotes, and what our pre-push hook says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.hooks import install_native
from support.judging import printed_codes
from support.missions import Mission
from support.place import Arg
from support.repo import Repo

PUSH_HOOKS = ("pre-push",)


@dataclass(frozen=True)
class Pushed:
    """What became of one `git push`: `codes` are the diagnostic codes that the hook printed, in order."""

    allowed: bool
    codes: tuple[str, ...]
    text: str

    @property
    def silent(self) -> bool:
        """Tell whether everything was pushed and the hook said nothing."""
        return self.allowed and "spec-kitty-hooks" not in self.text

    @property
    def refused(self) -> tuple[str, ...]:
        """The codes of findings that block, in order."""
        return tuple(dict.fromkeys(re.findall(r"^spec-kitty-hooks: refused: (\w+):", self.text, re.MULTILINE)))


def publish(mission: Mission, place: Path, *branches: str) -> Repo:
    """Give the mission's repository an empty remote `origin`, push branches (the target) to it, and return it.

    Our pre-push hook is installed afterwards.
    """
    repo = mission.repo
    remote = Repo.init(place, repo.env, repo.clock, "--bare", "-b", mission.target_branch)
    repo.add_remote("origin", remote)
    repo.push(*(branches or (mission.target_branch,)))
    install_native(repo, PUSH_HOOKS)
    return remote


def push(repo: Repo, *args: Arg, remote: str = "origin", env: Mapping[str, str] | None = None) -> Pushed:
    """Run `git push REMOTE ARGS`; never raises."""
    repo.clock.tick()
    ran = repo.git("push", remote, *args, check=False, env=env)
    return Pushed(ran.returncode == 0, tuple(printed_codes(ran.stderr)), ran.stderr)
