"""A git repository on disk: commits, refs, worktrees, clones and remotes, made by the real git.

It is scenery: what fails here raises, and only what is said to run hooks runs them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support.clock import Clock
from support.place import Arg, Content, GitError, Place

__all__ = ["Arg", "Content", "Files", "GitError", "Repo"]

Files = Mapping[str, Content] | Mapping[bytes, Content] | Mapping[str | bytes, Content]

_NEEDS_TRANSPORT = ("--depth", "--filter", "--shallow")
_WITHOUT_HOOKS = ("-c", f"core.hooksPath={os.devnull}")


class Repo(Place):
    """One work tree, or a bare repository."""

    @classmethod
    def init(cls, path: Path, env: Mapping[str, str], clock: Clock, *args: str) -> Repo:
        """Make an empty repository at `path`; `args` go to `git init` (--bare, --object-format=sha256 ...)."""
        path.mkdir(parents=True, exist_ok=True)
        repo = cls(path, env, clock)
        repo.git("init", "-q", *args)
        return repo

    # -- commits

    def stage(self, *paths: Arg) -> None:
        """Stage the named paths (additions, changes, deletions), or everything."""
        self.git("add", "-A", *(("--", *paths) if paths else ()))

    def commit(
        self,
        message: str = "work",
        paths: Iterable[Arg] | None = None,
        *,
        files: Files | None = None,
        amend: bool = False,
        no_verify: bool = False,
        allow_empty: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Write `files`, stage `paths` (everything if None, nothing if empty), commit, and return the commit id.

        Hooks run as they would for a person; a refusal raises GitError.
        """
        for name, content in (files or {}).items():
            self.write(name, content)
        names = None if paths is None else tuple(paths)
        if names is None or names:
            self.stage(*(names or ()))
        options = [f"--{name}" for name, wanted in _options(amend, no_verify, allow_empty) if wanted]
        self.git("commit", "-q", "-m", message, *options, env=env)
        return self.head()

    def commit_quietly(self, message: str, paths: Iterable[Arg]) -> str:
        """Commit the named paths and nothing else that is staged, without any hook; return the commit id."""
        names = tuple(paths)
        if names:
            self.git("add", "-A", "--sparse", "--", *names)
            options = ("-q", "--no-verify", "--allow-empty", "-m", message, "--only", "--", *names)
            self.git(*_WITHOUT_HOOKS, "commit", *options)
        return self.head()

    def try_commit(
        self, *args: Arg, message: str = "work", env: Mapping[str, str] | None = None
    ) -> CompletedProcess[str]:
        """Run `git commit -m MESSAGE ARGS` on the index as it is; never raises."""
        return self.git("commit", "-m", message, *args, check=False, env=env)

    def commit_to(
        self, branch: str, files: Files, message: str = "work", parents: tuple[str, ...] | None = None
    ) -> str:
        """Commit `files` onto a branch that nobody has checked out, without index, work tree or hooks.

        `parents` replaces the branch's own tip (several make a merge with the first one's tree; none a root commit).
        """
        ref = f"refs/heads/{branch}"
        if parents is None:
            parents = (self.resolve(ref),)
        self.clock.tick()
        self.git("fast-import", "--quiet", "--force", input=_import_stream(ref, files, message, parents, self.clock))
        return self.resolve(ref)

    # -- refs

    def resolve(self, revision: str) -> str:
        """Return the commit id of a revision; raises GitError if there is none."""
        return self.ask("rev-parse", "--verify", "-q", f"{revision}^{{commit}}")

    def head(self) -> str:
        """Return the commit id of HEAD."""
        return self.resolve("HEAD")

    def current_branch(self) -> str:
        """Return the short name of the branch of HEAD, "" if detached."""
        pointer = self.path / ".git"
        git_dir = pointer if pointer.is_dir() else self.path / pointer.read_text().removeprefix("gitdir: ").rstrip("\n")
        head = (git_dir / "HEAD").read_text()  # a builder asks this so often that a process each time would hurt
        if head.startswith("ref: ") and not head.endswith(".invalid\n"):
            return head.removeprefix("ref: refs/heads/").rstrip("\n")
        return self.ask("branch", "--show-current")

    def has_branch(self, name: str) -> bool:
        """Tell whether a local branch exists."""
        return self.git("show-ref", "-q", "--verify", f"refs/heads/{name}", check=False).returncode == 0

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch at `start` without checking it out."""
        self.git("branch", "--no-track", name, start)

    def checkout(self, name: str, *args: str) -> None:
        """Check out a branch or revision; `args` come first (-b, --detach, --orphan ...)."""
        self.git("checkout", "-q", *args, name)

    def refs(self) -> dict[str, str]:
        """Return every ref with its object id, HEAD included when it is born."""
        lines = self.git("show-ref", "--head", check=False).stdout.splitlines()
        return {name: oid for oid, name in (line.split(" ", 1) for line in lines)}

    def tree(self, revision: str = "HEAD") -> dict[bytes, tuple[str, str]]:
        """Return the files of a commit: path to (mode as six octal digits, object id)."""
        entries = self.git("ls-tree", "-r", "-z", "--full-tree", revision, binary=True).stdout.split(b"\0")[:-1]
        heads = ((path, head.decode().split(" ")) for head, path in (entry.split(b"\t", 1) for entry in entries))
        return {path: (mode, oid) for path, (mode, _kind, oid) in heads}

    def show(self, revision: str, path: Arg) -> bytes:
        """Return the bytes of a file in a commit."""
        return self.git("cat-file", "blob", os.fsencode(revision) + b":" + os.fsencode(path), binary=True).stdout

    # -- other places

    def at(self, path: Path) -> Repo:
        """Return another work tree with this one's environment and clock."""
        return Repo(path, self.env, self.clock)

    def worktree(self, path: str | Path, branch: str, start: str | None = None) -> Repo:
        """Add a linked worktree (a relative `path` is below this one) on `branch`, made at `start` if given."""
        place = self.path / path
        self.git("worktree", "add", "-q", *(("-b", branch, place, start) if start else (place, branch)))
        return self.at(place)

    def clone(self, path: Path, *args: str) -> Repo:
        """Clone this repository (--bare, --single-branch, --depth=1, --filter=blob:none ...)."""
        url = f"file://{self.path}" if any(arg.startswith(_NEEDS_TRANSPORT) for arg in args) else str(self.path)
        self.git("clone", "-q", *args, url, path)
        return self.at(path)

    def add_remote(self, name: str, other: Repo | str | Path) -> None:
        """Name another repository as a remote, without fetching."""
        self.git("remote", "add", name, str(other.path if isinstance(other, Repo) else other))

    def push(self, *args: str, remote: str = "origin", check: bool = True) -> CompletedProcess[str]:
        """Push to `remote`; `args` are options and refspecs (every branch if there are none)."""
        options = [arg for arg in args if arg.startswith("-")]
        refspecs = [arg for arg in args if not arg.startswith("-")]
        return self.git("push", "-q", *options, *(() if refspecs else ("--all",)), remote, *refspecs, check=check)

    def judge(self, name: str = "pre-commit", *args: str, **options: Any) -> CompletedProcess[str]:
        """Run one of our hooks as git would, and fail if it changed a byte that is not its own (`support.hooks`)."""
        from support import hooks

        return hooks.judge(self, name, *args, **options)

    def git_dir(self) -> Path:
        """Return the absolute git directory of this work tree."""
        return Path(self.ask("rev-parse", "--absolute-git-dir"))

    def common_dir(self) -> Path:
        """Return the absolute git directory that all work trees share."""
        return (self.path / self.ask("rev-parse", "--git-common-dir")).resolve()


def _options(amend: bool, no_verify: bool, allow_empty: bool) -> tuple[tuple[str, bool], ...]:
    return ("amend", amend), ("no-verify", no_verify), ("allow-empty", allow_empty)


def _import_stream(ref: str, files: Files, message: str, parents: tuple[str, ...], clock: Clock) -> bytes:
    text = message.encode()
    lines = [
        b"commit %s" % ref.encode(),
        b"committer Committer <committer@example.com> %s" % clock.git_date().encode(),
        b"data %d\n%s" % (len(text), text),
        *(b"%s %s" % (b"merge" if number else b"from", oid.encode()) for number, oid in enumerate(parents)),
    ]
    if not parents:
        lines.insert(0, b"reset %s" % ref.encode())
    for path, content in files.items():
        body = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        lines.append(b"M 100644 inline %s\ndata %d\n%s" % (_quoted(os.fsencode(path)), len(body), body))
    return b"\n".join(lines) + b"\n"


def _quoted(path: bytes) -> bytes:
    return b'"' + b"".join(b"\\%03o" % byte if byte < 32 or byte in b'"\\' else bytes((byte,)) for byte in path) + b'"'
