"""The terminal, where standard output is one: its width, and whether it may be coloured."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def open_console() -> Console | None:
    """Return what writes to the terminal with colour, None where standard output is none: a pipe gets plain text.

    NO_COLOR, if it is not empty, turns colour off (no-color.org). Markup, emoji names and highlighting are off: what is
    shown comes from outside.
    """
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    return Console(file=sys.stdout, no_color=plain, markup=False, emoji=False, highlight=False, soft_wrap=True)
