"""Runs the command line on a terminal: a pseudo-terminal of a given width, of which everything shown is read."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping

from support.hooks import installed, product_root
from support.repo import Repo


def on_terminal(repo: Repo, *args: str, columns: int, env: Mapping[str, str] | None = None) -> str:
    """Return what a command shows on a terminal so many columns wide, colour codes and all; it must succeed."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    place = {} if installed() else {"PYTHONPATH": str(product_root())}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "spec_kitty_hooks", *args],
        cwd=repo.path,
        env={**repo.env, "TERM": "xterm", **place, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=subprocess.PIPE,
    ) as child:
        os.close(inner)
        shown = _read_all(outer)
        os.close(outer)
        said = child.stderr.read() if child.stderr else b""
    assert (child.returncode, said) == (0, b"")
    return shown.decode().replace("\r\n", "\n")


def _read_all(descriptor: int) -> bytes:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 1 << 16)
        except OSError as error:  # how Linux says that nobody has the other end open any more
            if error.errno != errno.EIO:
                raise
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)
