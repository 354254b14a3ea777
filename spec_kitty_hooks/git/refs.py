"""The branches of one repository, read once: whatever is asked of them later is answered from the same state.

One process of git for all of them; a push that is being judged may be put on top, and nothing is written.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git.layout import refusal
from spec_kitty_hooks.git.program import UNSUPPORTED
from spec_kitty_hooks.model.git import Ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec_kitty_hooks.git.program import Program
    from spec_kitty_hooks.model.git import Layout

_FORMAT = "--format=%(objectname)%00%(refname)%00%(symref)%00%(worktreepath)%00"


class Refs:
    """Local and remote-tracking branches; nothing is read before the first question."""

    def __init__(self, program: Program, layout: Layout) -> None:
        self._program = program
        self._layout = layout
        self._refs: tuple[Ref, ...] | None = None
        self._tips: dict[bytes, bytes] = {}

    def list(self) -> tuple[Ref, ...]:
        """Return the branches by name, without symbolic ones such as origin/HEAD.

        Raises RepositoryError if there are more than limits.py allows, or if git cannot list them.
        """
        if self._refs is None:
            self._refs = tuple(self._read())
        return self._refs

    def tip(self, name: bytes) -> bytes:
        """Return the object id of a branch by its full name, symbolic ones too; empty if there is none."""
        self.list()
        return self._tips.get(name, b"")

    def foresee(self, moves: Iterable[tuple[str, str]]) -> None:
        """Answer from here on as if branches were where a push puts them: full names with new ids, "" to be deleted."""
        refs = {ref.name: ref for ref in self.list()}
        for name, oid in moves:
            refs.pop(name, None)
            if oid and name.startswith("refs/heads/"):
                refs[name] = Ref(name=name, oid=oid)
            self._tips[name.encode("utf-8", "surrogateescape")] = oid.encode("ascii")
        self._refs = tuple(refs[name] for name in sorted(refs))

    def _read(self) -> Iterator[Ref]:
        count = f"--count={limits.REFS + 1}"
        asked = self._program.run("for-each-ref", count, _FORMAT, "refs/heads", "refs/remotes")
        if asked.rc:
            raise refusal(asked, self._layout.shallow)
        lines = asked.out.split(b"\0\n")[:-1]
        if len(lines) > limits.REFS:
            message = f"the repository has more than {limits.REFS} branches"
            raise RepositoryError(UNSUPPORTED, message, ("git remote prune origin",))
        for line in lines:
            oid, name, target, worktree = line.split(b"\0")
            self._tips[name] = oid
            if not target:
                yield Ref(name=name.decode("utf-8", "surrogateescape"), oid=oid.decode("ascii"), worktree=worktree)
