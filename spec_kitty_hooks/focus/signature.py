"""The commit of a focused branch: its message from the mission, its author and dates from the newest commit in it.

Nothing comes from configuration, the clock or the person who asks, and nothing is signed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_kitty_hooks.git import commits

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.focus import FocusedPath
    from spec_kitty_hooks.model.history import Commit
    from spec_kitty_hooks.model.mission import Mission

_UTC = "+0000"
_NOT_IN_NAMES = str.maketrans("", "", "<>\n\0")


def write_message(mission: Mission, paths: Iterable[FocusedPath]) -> str:
    """Return the message: the mission, where it is to go, and which work packages are in it."""
    wp_ids = ", ".join(sorted({path.work_package_id for path in paths if path.work_package_id}))
    lines = [f"{mission.directory}: everything of the mission for {mission.target_branch}", ""]
    lines += [f"Work-Packages: {wp_ids}"] if wp_ids else []
    lines += [f"Mission-Id: {mission.mission_id}"] if mission.mission_id else []
    return "\n".join([*lines, f"Mission: {mission.directory}"]) + "\n"


def find_newest(history: Iterable[Commit], paths: Container[bytes], otherwise: str) -> str:
    """Return the commit with the latest author date of those that change one of `paths`; ties go to the greater id."""
    touching = [commit for commit in history if any(change.path in paths for change in commit.changes)]
    newest = max(touching, key=lambda commit: (commit.authored_at, commit.oid), default=None)
    return newest.oid if newest is not None else otherwise


def encode_commit(git: Git, tree: str, parent: str, message: str, model: str) -> bytes:
    """Return a raw commit whose author and committer are the author of commit `model`, at that commit's author date."""
    name, email, date = git.commit_author(model) or ("", "", "")
    zone = date.partition(" ")[2]
    stamp = f"{max(0, commits.seconds(date))} {zone if _is_zone(zone) else _UTC}"
    who = f"{_clean(name) or 'unknown'} <{_clean(email)}> {stamp}"
    head = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n"
    return head.encode("utf-8", "backslashreplace") + message.encode()


def _clean(text: str) -> str:
    return text.translate(_NOT_IN_NAMES).strip()


def _is_zone(zone: str) -> bool:
    return len(zone) == 5 and zone[0] in "+-" and zone[1:].isascii() and zone[1:].isdigit()
