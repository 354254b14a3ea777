"""Our lines in $GIT_COMMON_DIR/info/attributes, which holds for all work trees of a clone and for nobody else.

They stand in a marked block above whatever else is there: a line of the team that names the same file still wins, and
what follows keeps every byte.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

from spec_kitty_hooks.install import placement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spec_kitty_hooks.install.repository import Repository

#: What an installation made: the block alone, the file around it, or that file's directory too.
Made = Literal["block", "file", "directory"]

_BEGIN = b"# spec-kitty-hooks: written by `spec-kitty-hooks install`, taken away by `spec-kitty-hooks uninstall`\n"
_END = b"# end of spec-kitty-hooks\n"
_OURS = b" merge=spec-kitty-hooks-"
_BOM = b"\xef\xbb\xbf"  # git skips one at the start of the file only


def file_of(repository: Repository) -> Path:
    """Return the file."""
    return repository.common / "info" / "attributes"


def read_others(repository: Repository) -> bytes:
    """Return what stands in the file beside our block; empty if there is none."""
    return _without_block(placement.read_hook(file_of(repository)))


def holds_block(repository: Repository) -> bool:
    """Tell whether our block is there."""
    return _BEGIN in placement.read_hook(file_of(repository))


def put_in(repository: Repository, lines: Sequence[str], before: Made | None, sharing: int) -> Made | None:
    """Put our block in place, or bring it up to date, and return what was made for it.

    `before` is what an earlier installation made, None if that is not known. A file that is a link belongs to
    somebody else: it stays, and None comes back. Raises OSError; then the file is as it was.
    """
    file = file_of(repository)
    if file.is_symlink():
        return None
    others = read_others(repository)
    made = before if before and holds_block(repository) else _find_made(file, others, holds_block(repository))
    placement.make_directory(file.parent, sharing)
    mark = _BOM if others.startswith(_BOM) else b""
    block = _BEGIN + "".join(f"{line}\n" for line in lines).encode() + _END
    placement.write_file(file, mark + block + others.removeprefix(_BOM), sharing=sharing, mode=_mode(file))
    return made


def take_out(repository: Repository, made: Made | None) -> None:
    """Take our block out, and with it what was made for it if nobody else has put something there. Raises OSError."""
    file = file_of(repository)
    if not holds_block(repository) or file.is_symlink():
        return
    others = read_others(repository)
    if others or made == "block":
        placement.write_file(file, others, mode=_mode(file))
        return
    file.unlink()
    if made != "file":
        with contextlib.suppress(OSError):
            file.parent.rmdir()


def _find_made(file: Path, others: bytes, known: bool) -> Made:
    if file.exists() and (others or not known):
        return "block"
    return "file" if file.parent.is_dir() and not known else "directory"


def _mode(file: Path) -> int | None:
    return file.stat().st_mode & 0o7777 if file.exists() else None


def _without_block(text: bytes) -> bytes:
    # What somebody deleted of the block, its end for one, takes nothing of what follows along.
    above, begin, below = text.partition(_BEGIN)
    if not begin:
        return text
    while _OURS in below.partition(b"\n")[0]:
        below = below.partition(b"\n")[2]
    return above + below.removeprefix(_END)
