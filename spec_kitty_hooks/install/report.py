"""What installing, uninstalling and inspecting say, as strict models: their JSON is a contract.

Holds data and the escaping of paths; reads and writes nothing.
"""

from __future__ import annotations

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict

#: How git comes to call us (design 7, "Where").
Scheme = Literal["config-hooks", "hooks-directory", "existing-hooks-path"]

#: Whose merge driver git uses for a file.
Owner = Literal["spec-kitty-hooks", "spec-kitty", "other"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HookLines(_Model):
    """Lines of sh that call us from a hook somebody else keeps: `file` is where they belong."""

    hook: str
    file: str
    lines: list[str]


class DriverState(_Model):
    """What git would merge the files of this name in missions with: `owner` is None where it does so as text.

    `driver` is the name that attributes give, which git may not know; `command` what it runs, None if nothing.
    """

    file: str
    driver: str | None = None
    command: str | None = None
    owner: Owner | None = None


class InstallReport(_Model):
    """The outcome of `install`; `ok` means that git will call every hook of `installed` from now on.

    `attributes_to_track` are lines that the team may add to .gitattributes; nothing here writes that file.
    """

    ok: bool
    exit_code: int = 0
    scheme: Scheme | None = None
    hooks_path: str | None = None
    installed: list[str] = []
    kept: list[str] = []
    ignored: list[str] = []
    notes: list[str] = []
    lines_to_add: list[HookLines] = []
    merge_drivers: list[DriverState] = []
    attributes_to_track: list[str] = []
    problem: str | None = None
    remediation: list[str] = []


class UninstallReport(_Model):
    """The outcome of `uninstall`: the hooks taken away, and the files given back to where they were."""

    ok: bool
    exit_code: int = 0
    removed: list[str] = []
    restored: list[str] = []
    notes: list[str] = []
    problem: str | None = None
    remediation: list[str] = []


class HookState(_Model):
    """One hook as git would find it from the inspected directory."""

    hook: str
    reachable: bool
    file: str | None = None
    shim_version: int | None = None
    interpreter: str | None = None
    interpreter_exists: bool = False


class InstallState(_Model):
    """What `inspect` sees, without changing anything; `problems` is empty when every installed hook would run."""

    repository: str | None = None
    scheme: Scheme | None = None
    hooks_path: str | None = None
    hooks_path_scope: str | None = None
    hooks_path_origin: str | None = None
    hooks: list[HookState] = []
    merge_drivers: list[DriverState] = []
    guard_beside: bool = False
    problems: list[str] = []
    remediation: list[str] = []


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as printable text: bytes that are no UTF-8 and control characters become escapes."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
