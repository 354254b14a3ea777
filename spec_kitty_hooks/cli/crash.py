"""What happens when we ourselves fail: one line for the person, a report file for the bug report, exit code 70.

Loaded on every run, so everything heavy is imported only after something went wrong.
"""

from __future__ import annotations

import errno
import os
import sys

from spec_kitty_hooks import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO


def run_guarded(function: Callable[[], int]) -> int:
    """Call `function`, bring its output out, and return its exit code.

    A bug becomes 70 with a report file; an interrupt, or a reader that went away before the end, 130; output that
    cannot be written 3, since nobody has seen the answer.
    """
    _open_streams()
    try:
        code = function()
        sys.stdout.flush()
        sys.stderr.flush()
        return code
    except KeyboardInterrupt:
        say("spec-kitty-hooks: interrupted\n")
        return errors.INTERRUPTED
    except BrokenPipeError:
        silence(sys.stdout, sys.stderr)
        return errors.INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the one place where a bug becomes an exit code)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO) and not error.filename:
            silence(sys.stdout)
            say(f"spec-kitty-hooks: cannot write the output: {error.strerror}\n")
            return errors.CANNOT_JUDGE
        return _report(error)


def _open_streams() -> None:
    """Give closed streams somewhere to go, and speak UTF-8 whatever the console's code page is."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (open until the process ends)
        elif stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str) -> None:
    """Write on standard error, where there is one: an exit code stands whether or not its reason can be written."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(*streams: TextIO) -> None:
    """Send what is still to be written to nowhere: the reader went away, and saying so again would fail again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        os.dup2(nowhere, stream.fileno())


def _report(error: Exception) -> int:
    path = _write_report(error)
    where = f"; the report is in {path}" if path else ""
    say(
        f"spec-kitty-hooks: a bug in spec-kitty-hooks: {type(error).__name__}{where}\n"
        "  next: report it with that file; until then: spec-kitty-hooks uninstall\n"
    )
    return errors.BUG


def _write_report(error: Exception) -> str:
    import subprocess
    import tempfile
    import traceback

    from spec_kitty_hooks import __version__
    from spec_kitty_hooks.git.program import find_git

    try:
        asked = [find_git(os.environ), "rev-parse", "--git-common-dir"]
        found = subprocess.run(asked, capture_output=True, timeout=5, check=False).stdout.rstrip(b"\n")
        directory = os.path.join(os.path.abspath(os.fsdecode(found)), "spec-kitty-hooks") if found else ""
        if directory:
            os.makedirs(directory, mode=0o700, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix="crash-", suffix=".txt", dir=directory or None)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"spec-kitty-hooks {__version__}, Python {sys.version}, {sys.platform}\n")
            file.write("".join(traceback.format_exception(error)).replace(os.path.expanduser("~"), "~"))
    except (OSError, subprocess.SubprocessError, errors.HooksError):
        return ""
    return path
