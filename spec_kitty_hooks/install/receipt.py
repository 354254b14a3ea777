"""What an installation left in a repository, so that a second one and `uninstall` know it.

One small JSON file below the git directory; a damaged one counts as none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote_from_bytes, unquote_to_bytes

from pydantic import BaseModel, ConfigDict, ValidationError

from spec_kitty_hooks.install import placement
from spec_kitty_hooks.install.attributes import Made  # noqa: TC001 (pydantic reads the annotation)
from spec_kitty_hooks.install.report import Scheme  # noqa: TC001 (pydantic reads the annotation)

if TYPE_CHECKING:
    from spec_kitty_hooks.install.repository import Repository

_NAME = "install.json"


class Receipt(BaseModel):
    """Where the hooks are and what stood in the configuration; paths are percent-encoded, since JSON has no bytes.

    `drivers` is what was set for the merge drivers, `attributes` what was made to give them their files.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    scheme: Scheme
    hook_types: tuple[str, ...]
    hooks_path: str
    by_hand: bool = False
    prior_hooks_path: str | None = None
    config_digest: str | None = None
    drivers: dict[str, str] = {}
    attributes: Made | None = None


def load(repository: Repository) -> Receipt | None:
    """Return the receipt of the last installation, None without one that can be read."""
    try:
        return Receipt.model_validate_json(placement.read_hook(repository.home / _NAME))
    except ValidationError:
        return None


def save(repository: Repository, receipt: Receipt, sharing: int) -> None:
    """Write the receipt; raises OSError."""
    text = receipt.model_dump_json(indent=2) + "\n"
    placement.write_file(repository.home / _NAME, text.encode(), sharing=sharing)


def remove(repository: Repository) -> None:
    """Take the receipt away, with the configuration text that it may have kept."""
    for name in (_NAME, "config.before"):
        (repository.home / name).unlink(missing_ok=True)


def packed(path: str) -> str:
    """Return any path or value as ASCII text."""
    return quote_from_bytes(os.fsencode(path))


def unpacked(text: str) -> str:
    """Return what `packed` was given."""
    return os.fsdecode(unquote_to_bytes(text))
