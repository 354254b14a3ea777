"""Which objects a partial clone left with its remote. Nothing is fetched: what is not here is only named."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from spec_kitty_hooks.git.plumbing import Git


def is_partial(git: Git) -> bool:
    """Tell whether some pack of this repository came from a remote that promised the rest."""
    try:
        names = os.listdir(git.layout.common_dir + b"/objects/pack")
    except OSError:
        return False
    return any(name.endswith(b".promisor") for name in names)


def is_withheld(git: Git, name: bytes) -> bool:
    """Tell whether an object that is not here exists: `<oid>:<path>` does if the directory above lists it.

    A bare id was read from some tree, so it exists.
    """
    revision, colon, path = name.partition(b":")
    if not colon:
        return True
    above, _, last = path.rpartition(b"/")
    entries = git.tree(revision + b":" + above) if revision and last else None
    return any(entry.name == last for entry in entries or ())
