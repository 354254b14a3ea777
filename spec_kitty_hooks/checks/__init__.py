"""Pure checks: facts in, findings out. No clock, environment, path, process or printing in here."""

from __future__ import annotations

from spec_kitty_hooks.checks import log_integrity, ownership, placement, planning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spec_kitty_hooks.model.context import Context
    from spec_kitty_hooks.model.findings import Finding

#: In the order in which their findings are shown.
CHECKS: tuple[Callable[[Context], Iterator[Finding]], ...] = (
    placement.check,
    planning.check,
    ownership.check,
    log_integrity.check,
)
