"""Local and remote-tracking branches by short name, and which of several tips is the newest."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_kitty_hooks.mission.source import Source
    from spec_kitty_hooks.model.git import Ref

HEADS = "refs/heads/"
REMOTES = "refs/remotes/"


class Branches:
    """The refs of one repository, looked up by short branch name."""

    def __init__(self, refs: Iterable[Ref]) -> None:
        self.refs = tuple(refs)
        self._local: dict[str, Ref] = {}
        self._remote: dict[str, list[Ref]] = {}
        self._heads: dict[str, tuple[Ref, ...]] = {}
        for ref in self.refs:
            if ref.name.startswith(HEADS):
                self._local[ref.name[len(HEADS) :]] = ref
            elif ref.name.startswith(REMOTES):
                # A remote's name has one segment unless somebody named it with a slash, which git warns against.
                short = ref.name[len(REMOTES) :].partition("/")[2]
                self._remote.setdefault(short, []).append(ref)

    def names(self) -> tuple[str, ...]:
        """Return the short names of all branches, the published ones first."""
        return tuple(dict.fromkeys((*self._remote, *self._local)))

    def remote_names(self) -> tuple[str, ...]:
        """Return the names of the remotes that branches were fetched from."""
        names = (ref.name[len(REMOTES) :].partition("/")[0] for refs in self._remote.values() for ref in refs)
        return tuple(dict.fromkeys(names))

    def local(self, short: str) -> Ref | None:
        """Return the local branch of that name."""
        return self._local.get(short)

    def remotes(self, short: str) -> tuple[Ref, ...]:
        """Return the remote-tracking branches of that name, in git's order."""
        return tuple(self._remote.get(short, ()))

    def tips(self, short: str) -> tuple[Ref, ...]:
        """Return every branch of that name, the local one first."""
        local = self._local.get(short)
        return ((local,) if local else ()) + self.remotes(short)

    def heads(self, source: Source, short: str) -> tuple[Ref, ...]:
        """Return the tips of that name that no other one contains, the local one first; git is asked once."""
        if short not in self._heads:
            tips = self.tips(short)
            oids = {ref.oid for ref in tips}
            independent = set(source.independent(sorted(oids))) if len(oids) > 1 else oids
            self._heads[short] = tuple(ref for ref in tips if ref.oid in independent) or tips
        return self._heads[short]

    def newest(self, source: Source, short: str) -> Ref | None:
        """Return the tip that no other tip of that name contains; of diverged ones the local (design 4.5)."""
        return next(iter(self.heads(source, short)), None)


def shorten(name: str) -> str:
    """Return the short name of a branch, without the remote that it was fetched from."""
    return name[len(HEADS) :] if name.startswith(HEADS) else name[len(REMOTES) :].partition("/")[2]


def show(ref: Ref) -> str:
    """Name a ref for a person: `feat/x at 1a2b3c4d`, `origin/feat/x at 1a2b3c4d`."""
    name = ref.name
    for prefix in (HEADS, REMOTES):
        if name.startswith(prefix):
            name = name[len(prefix) :]
            break
    return f"{name} at {ref.oid[:8]}"
