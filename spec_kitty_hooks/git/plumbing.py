"""The git reader on plumbing commands: works in every repository that git opens, and starts few processes.

Names from outside reach git only as object ids, full ref names and paths behind a colon, never as options.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.errors import RepositoryError
from spec_kitty_hooks.git import commits
from spec_kitty_hooks.git.batch import Batch
from spec_kitty_hooks.git.changes import OPTIONS, parse_changes
from spec_kitty_hooks.git.environ import other_environment, own_environment
from spec_kitty_hooks.git.layout import read_layout, refusal
from spec_kitty_hooks.git.names import is_oid, split_spec
from spec_kitty_hooks.git.program import UNSUPPORTED, Program
from spec_kitty_hooks.git.promises import is_partial, is_withheld
from spec_kitty_hooks.git.refs import Refs
from spec_kitty_hooks.git.trees import parse_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from spec_kitty_hooks.git.process import Argument
    from spec_kitty_hooks.git.reader import GitObject, GitReader, TreeEntry
    from spec_kitty_hooks.model.git import Change, Layout, Ref

EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


class Git:
    """One repository. Answers `GitReader`; a context manager that ends its process.

    Refs are read once: what is asked later is answered from the same state. `withheld` names what was asked for and
    exists, but is left with the remote of a partial clone. `program` is git as it was opened, from `environ`.
    """

    def __init__(self, program: Program, layout: Layout, environ: Mapping[str, str], hook: bool) -> None:
        self.hook = hook
        self.layout = layout
        self.withheld: dict[bytes, None] = {}
        self.program = program
        self.environ = environ
        self._batch = Batch(program)
        self._refs = Refs(program, layout)
        self._partial: bool | None = None

    @classmethod
    def open(cls, directory: bytes | None, environ: Mapping[str, str], *, hook: bool) -> Git:
        """Open the repository that called us (a hook, or no `directory`), or the one that `directory` is in.

        Raises RepositoryError (`REPOSITORY_UNSUPPORTED`) with a remediation if there is none that git can use.
        """
        if hook or directory is None:
            program = Program(own_environment(environ))
        else:
            program = Program(other_environment(environ), directory)
        return cls(program, read_layout(program), environ, hook)

    def reopen(self) -> Git:
        """Return the same repository as it is now, with a process of its own: what was read before may be stale."""
        return Git(self.program, read_layout(self.program), self.environ, self.hook)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process behind `read`; may be called twice."""
        self._batch.close()

    # -- refs

    def refs(self) -> tuple[Ref, ...]:
        """Return local and remote-tracking branches by name, without symbolic ones such as origin/HEAD.

        Raises RepositoryError if there are more than limits.py allows.
        """
        return self._refs.list()

    def foresee(self, moves: Iterable[tuple[str, str]]) -> None:
        """Answer from here on as if branches were where a push puts them: full names with new ids, "" to be deleted."""
        self._refs.foresee(moves)

    def symbolic_ref(self, name: str) -> str:
        """Return the full name that a symbolic ref such as HEAD points to, born or not; "" if it is none."""
        asked = self.program.run("symbolic-ref", "-q", name)
        return asked.out.decode("utf-8", "surrogateescape").removesuffix("\n")

    def has_ref(self, name: str) -> bool:
        """Tell whether a ref outside refs/, such as REVERT_HEAD, exists in a reftable (git 2.45, as are those)."""
        return not self.program.run("show-ref", "--exists", name).rc

    # -- changes

    def staged_changes(self, base: str) -> tuple[Change, ...]:
        """Return what the index that git is about to commit changes against commit `base` ("": nothing before).

        Exactly the change of the commit: intent-to-add entries are absent, submodules count whatever
        configuration says, a path in conflict has status U. Raises RepositoryError if `base` is not here.
        """
        return parse_changes(self._ask("diff", "--cached", *OPTIONS, self._tree_of(base), "--"))

    def tree_changes(self, old: str, new: str, *below: str) -> tuple[Change, ...]:
        """Return what differs between two commits or trees ("" is the empty tree); raises as `staged_changes`.

        `below` are the paths to look at, with all that is in them; none for everything.
        """
        sides = self._tree_of(old), self._tree_of(new)
        return parse_changes(self._ask("diff-tree", "-r", *OPTIONS, *sides, "--", *below))

    def _tree_of(self, commit: str) -> str:
        if commit and not is_oid(commit, self.layout.hash_hex):
            raise RepositoryError(UNSUPPORTED, f"{commit} is not the id of a commit")
        return commit or EMPTY_TREE[self.layout.hash_hex]

    # -- objects

    def read(self, spec: bytes | str, limit: int = limits.LOG_BYTES) -> GitObject | None:
        """Return the object that `spec` names (see `GitReader`), without data if it is over `limit` bytes.

        None if it is not here, or if `spec` is no such name: it may come from a file of the repository.
        """
        return self.read_many((spec,), limit)[0]

    def read_many(
        self, specs: Iterable[bytes | str], limit: int = limits.LOG_BYTES, *, needed: bool = True
    ) -> tuple[GitObject | None, ...]:
        """Return the objects of many specs in their order; see `read`. What is not `needed` is never `withheld`."""
        names = [self._resolve(spec) for spec in specs]
        found = iter(self._batch.ask([name for name in names if name], limit))
        answers = tuple(next(found) if name else None for name in names)
        absent = [name for name, answer in zip(names, answers, strict=True) if name and answer is None]
        if absent and needed and self._is_partial():
            self.withheld.update((name, None) for name in absent if is_withheld(self, name))
        return answers

    def _is_partial(self) -> bool:
        if self._partial is None:
            self._partial = is_partial(self)
        return self._partial

    def tree(self, spec: bytes | str) -> tuple[TreeEntry, ...] | None:
        """Return the entries of a directory (`<commit>:<path>`, or the root of a commit); None if there is none."""
        name = spec.encode("utf-8", "surrogateescape") if isinstance(spec, str) else spec
        found = self.read(name if b":" in name else name + b":")
        if found is None or found.kind != "tree" or found.truncated:
            return None
        try:
            return parse_tree(found.data, self.layout.hash_hex // 2)
        except ValueError:
            return None  # damaged: git cannot list it either

    def _resolve(self, spec: bytes | str) -> bytes:
        """Return what cat-file is asked for `spec`; "" if that is nothing that we ask for."""
        parts = split_spec(spec, self.layout.hash_hex)
        if parts is None:
            return b""
        revision, path = parts
        if revision == b"HEAD":
            revision = self.layout.head.encode("ascii")
        elif revision.startswith((b"refs/heads/", b"refs/remotes/")):
            revision = self._refs.tip(revision)
        elif not revision:
            return b":0" + path
        return revision + path if revision else b""

    # -- history

    def find_commit(self, revision: str) -> str:
        """Return the commit that a revision as people write it (`origin/main`, `HEAD~3`) names; "" if there is none."""
        asked = self.program.run("rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}")
        return "" if asked.rc else asked.out.decode("ascii").rstrip("\n")

    def commit_parents(self, oid: str) -> tuple[str, ...]:
        """Return the parents that a commit names, which a shallow clone need not have; () if it is not here."""
        found = self.read(oid)
        return commits.parents(found.data) if found and found.kind == "commit" else ()

    def commit_author(self, oid: str) -> tuple[str, str, str] | None:
        """Return name, email and raw date (`<seconds> <zone>`) of a commit's author; None if it is not here."""
        found = self.read(oid)
        return commits.author(found.data) if found and found.kind == "commit" else None

    def independent(self, oids: Iterable[str]) -> tuple[str, ...]:
        """Return the commits that no other one of `oids` contains; all of them where git cannot tell."""
        known = [oid for oid in dict.fromkeys(oids) if is_oid(oid, self.layout.hash_hex)]
        if len(known) < 2:
            return tuple(known)
        asked = self.program.run("merge-base", "--independent", *known)
        return tuple(known) if asked.rc else tuple(asked.out.decode("ascii").split())

    def is_ancestor(self, ancestor: str, descendant: str) -> bool | None:
        """Tell whether `descendant` contains `ancestor`; None if a commit is missing or history is cut off."""
        if not (is_oid(ancestor, self.layout.hash_hex) and is_oid(descendant, self.layout.hash_hex)):
            return None
        if ancestor == descendant:
            return True
        asked = self.program.run("merge-base", "--is-ancestor", ancestor, descendant)
        if asked.rc == 1 and not self.layout.shallow:
            return False
        return True if asked.rc == 0 else None

    def merges(self, commit: str, limit: int, without: str = "") -> tuple[tuple[str, ...], ...]:
        """Return the newest `limit` merges that a commit contains and `without` does not, each with its parents."""
        known = (f"^{without}",) if is_oid(without, self.layout.hash_hex) else ()
        options = ("--merges", "--parents", "--topo-order", "--ignore-missing", f"--max-count={limit}")
        out = self._ask("rev-list", *options, commit, *known, "--")
        return tuple(tuple(line.split()) for line in out.decode("ascii").splitlines())

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return the best common ancestors of two commits; () if there is none here."""
        if not (is_oid(one, self.layout.hash_hex) and is_oid(other, self.layout.hash_hex)):
            return ()
        asked = self.program.run("merge-base", "--all", one, other)
        return () if asked.rc else tuple(asked.out.decode("ascii").split())

    # -- work trees

    def sparse_hidden(self, worktree: bytes, path: bytes) -> bool:
        """Tell whether sparse checkout keeps `path` out of a work tree that tracks it (skip-worktree)."""
        own = worktree == self.layout.worktree
        program = self.program if own else Program(other_environment(self.environ), worktree)
        asked = program.run("ls-files", "--full-name", "-t", "-z", "--", worktree + b"/" + path)
        return asked.out == b"S " + path + b"\0"

    def _ask(self, *args: Argument) -> bytes:
        asked = self.program.run(*args)
        if asked.rc:
            raise refusal(asked, self.layout.shallow)
        return asked.out


if TYPE_CHECKING:

    def _check(git: Git) -> GitReader:
        return git
