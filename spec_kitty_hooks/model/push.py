"""What a push, or a range that CI names, would publish: data only."""

from __future__ import annotations

from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.model.divergence import Divergence

HEADS = "refs/heads/"


class RefUpdate(Record):
    """One ref as it would become.

    `ref` is its full name on the receiving side; `new` and `old` are ids as git names them there, "" for none: without
    `new` the ref is deleted, without `old` it is made. `published` are commits that the receiving side has: what they
    contain is not judged again. `staying` are the tips that its other branches will have after the push. `remote` is
    the name or URL of the remote, "" where there is none (CI, a server). `beside` are the other refs of the same push,
    by full name, with their new ids.
    """

    ref: str
    new: str
    old: str = ""
    published: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()
    remote: str = ""
    beside: tuple[tuple[str, str], ...] = ()

    @property
    def branch(self) -> str:
        """The short name of a branch; "" for a tag and anything else."""
        return self.ref[len(HEADS) :] if self.ref.startswith(HEADS) else ""

    @property
    def short(self) -> str:
        """The name to call the ref by."""
        return self.branch or self.ref or "HEAD"


class PushFacts(Record):
    """What the checks of the push family need to know of one ref.

    `unknown` is true if the receiving side has a commit there that is not here. `apart` tells, for a push that takes
    published commits off the ref, what both sides have; `rewritten` lists those of them that touch an event log.
    `targets` are directories of missions whose target branch this is; `only_here` counts, for a branch to be
    deleted, the events of each mission that no other published branch has, `foreign` the commits that belong to
    other missions than the one whose target this is.
    """

    update: RefUpdate
    unknown: bool = False
    apart: Divergence | None = None
    rewritten: tuple[tuple[str, bytes], ...] = ()
    targets: tuple[str, ...] = ()
    only_here: Mapping[str, int] = {}
    foreign: Mapping[str, int] = {}
