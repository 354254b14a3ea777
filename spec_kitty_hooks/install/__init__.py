"""Installing the hooks into a repository, taking them out again, and looking whether they would run.

Not on the commit path: what git runs is the shim that this room writes.
"""

from __future__ import annotations

from spec_kitty_hooks.install.inspection import inspect
from spec_kitty_hooks.install.installation import install, uninstall
from spec_kitty_hooks.install.report import HookLines, HookState, InstallReport, InstallState, UninstallReport

__all__ = [
    "HookLines",
    "HookState",
    "InstallReport",
    "InstallState",
    "UninstallReport",
    "inspect",
    "install",
    "uninstall",
]
