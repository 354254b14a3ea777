"""What happens when we ourselves fail: one line for the person, a report file for the bug report, exit code 70.

Loaded on every run, so everything heavy is imported only after something went wrong.
"""

from __future__ import annotations

import os
import sys

from spec_kitty_hooks import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def run_guarded(function: Callable[[], int]) -> int:
    """Call `function` and return its exit code; a bug becomes 70 with a report file, an interrupt 130."""
    try:
        _use_utf8()
        return function()
    except KeyboardInterrupt:
        sys.stderr.write("spec-kitty-hooks: interrupted\n")
        return errors.INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return errors.PASS
    except Exception as error:  # noqa: BLE001 (the one place where a bug becomes an exit code)
        return _report(error)


def _use_utf8() -> None:
    """Names are UTF-8 whatever the console's code page; what it cannot show is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and stream.encoding.lower() != "utf-8":
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


def _discard_output() -> None:
    """The reader went away (`| head`): keep the interpreter from complaining about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: Exception) -> int:
    path = _write_report(error)
    where = f"; the report is in {path}" if path else ""
    sys.stderr.write(f"spec-kitty-hooks: a bug in spec-kitty-hooks: {type(error).__name__}{where}\n")
    sys.stderr.write("  next: report it with that file; until then: spec-kitty-hooks uninstall\n")
    return errors.BUG


def _write_report(error: Exception) -> str:
    import subprocess
    import tempfile
    import traceback

    from spec_kitty_hooks import __version__

    asked = ["git", "rev-parse", "--git-common-dir"]
    try:
        found = subprocess.run(asked, capture_output=True, timeout=5, check=False).stdout.rstrip(b"\n")
        directory = os.path.join(os.path.abspath(os.fsdecode(found)), "spec-kitty-hooks") if found else ""
        if directory:
            os.makedirs(directory, mode=0o700, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix="crash-", suffix=".txt", dir=directory or None)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"spec-kitty-hooks {__version__}, Python {sys.version}, {sys.platform}\n")
            file.write("".join(traceback.format_exception(error)).replace(os.path.expanduser("~"), "~"))
    except (OSError, subprocess.SubprocessError):
        return ""
    return path
