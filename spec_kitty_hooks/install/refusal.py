"""Why installing stopped before it changed anything.

An exception and nothing else; `install` turns it into the problem of a report.
"""

from __future__ import annotations

from spec_kitty_hooks.errors import BLOCKED, RETRY, HooksError


class InstallRefusedError(HooksError):
    """The repository or the interpreter is not one that hooks can be put into now; nothing was changed."""

    exit_code = BLOCKED

    def __init__(self, message: str, *remediation: str) -> None:
        super().__init__("INSTALL_REFUSED", message, remediation)


class InstallBusyError(InstallRefusedError):
    """Another process holds what has to be changed; the same call may succeed in a moment."""

    exit_code = RETRY
