"""What git is in the middle of, and what a commit made now would be compared with (design 4.1, 7).

Reads the state files of one work tree's git directory and the environment it is given; judges nothing.
"""

from __future__ import annotations

import os

from spec_kitty_hooks import safefile
from spec_kitty_hooks.git.ancestry import asks_to_amend
from spec_kitty_hooks.git.names import is_oid
from spec_kitty_hooks.model.git import Situation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.plumbing import Git

_HEADS = "refs/heads/"
_STATE_BYTES = 64 * 1024  # a ref name, or the ids of an octopus merge
_STATES = (
    ("rebase-apply/applying", "am"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("SQUASH_MSG", "squash"),
    ("BISECT_LOG", "bisect"),
)
_AUTHOR = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_DATE")

#: Variables in which a CI service names the branch of a detached checkout; a pull request's own branch comes first.
CI_BRANCHES = (
    "GITHUB_HEAD_REF",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "CHANGE_BRANCH",
    "DRONE_SOURCE_BRANCH",
    "TRAVIS_PULL_REQUEST_BRANCH",
    "GITHUB_REF",
    "CI_COMMIT_BRANCH",
    "BUILD_SOURCEBRANCH",
    "BITBUCKET_BRANCH",
    "BUILDKITE_BRANCH",
    "CIRCLE_BRANCH",
    "CIRRUS_BRANCH",
    "DRONE_BRANCH",
    "TRAVIS_BRANCH",
    "BRANCH_NAME",
)


def read_situation(git: Git, environ: Mapping[str, str]) -> Situation:
    """Return the situation of the repository that `git` has open.

    `environ` is looked at for what git exports to its hooks (only if `git.hook`) and, outside hooks and on a detached
    HEAD, for what CI services export. `detached` is true in a rebase too; `branch` then names the rebased branch.
    """
    return _Situations(git, environ).read()


class _Situations:
    def __init__(self, git: Git, environ: Mapping[str, str]) -> None:
        self._git = git
        self._environ = environ

    def read(self) -> Situation:
        branch = self._read_branch()
        rebased = self._read_rebased()
        merged = self._read_merged()
        amend = not merged and self._is_amend()
        return Situation(
            branch=branch or (self._read_ci_branch() if rebased is None else rebased),
            detached=not branch,
            rebasing=rebased is not None,
            operation=self._find_operation(rebased is not None, bool(merged)),
            amend=amend,
            parents=self._find_parents(amend, merged),
        )

    def _read_branch(self) -> str:
        """Return the short name of HEAD's branch, born or not; "" if detached."""
        head = self._read_state("HEAD").removesuffix("\n")
        if is_oid(head, self._git.layout.hash_hex):
            return ""
        name = head.removeprefix("ref: ")
        if name in (head, "refs/heads/.invalid"):  # HEAD is a link (very old), or refs are in a reftable
            name = self._git.symbolic_ref("HEAD")
        return name.removeprefix(_HEADS) if name.startswith(_HEADS) else ""

    def _read_rebased(self) -> str | None:
        """Return the branch that is being rebased ("" if HEAD was detached before); None outside a rebase."""
        for directory in ("rebase-merge", "rebase-apply"):
            name = self._read_state(f"{directory}/head-name").removesuffix("\n")
            if name:
                return name.removeprefix(_HEADS) if name.startswith(_HEADS) else ""
        return None

    def _read_merged(self) -> tuple[str, ...]:
        """Return the commits that a merge in progress brings; () when it is already made (post-merge)."""
        digits = self._git.layout.hash_hex
        heads = [line for line in self._read_state("MERGE_HEAD").split("\n") if is_oid(line, digits)]
        if not heads and self._git.hook:
            # pre-merge-commit: MERGE_HEAD is not there yet; git tells its own children whom it merges.
            named = (name.removeprefix("GITHEAD_") for name in sorted(self._environ) if name.startswith("GITHEAD_"))
            heads = [oid for oid in named if is_oid(oid, digits)]
        if not heads:
            return ()
        left = self._git.independent((self._git.layout.head, *heads))
        return tuple(oid for oid in heads if oid in left)

    def _find_operation(self, rebasing: bool, merging: bool) -> str:
        if rebasing:
            return "rebase"
        if merging:
            return "merge"
        return next((operation for state, operation in _STATES if self._has_state(state)), "")

    def _is_amend(self) -> bool:
        """Tell whether the hook runs for `git commit --amend`, which git refuses during a merge or a cherry-pick.

        The command line of the git above us decides where it can be seen. Else the author that git exports: an amend
        keeps HEAD's to the second, which a second commit of one author within the same second does as well.
        """
        layout = self._git.layout
        if not (self._git.hook and layout.head) or self._has_state("CHERRY_PICK_HEAD"):
            return False
        asked = asks_to_amend()
        if asked is not None:
            return asked
        name, email, date = (self._environ.get(variable, "") for variable in _AUTHOR)
        return bool(date) and self._git.commit_author(layout.head) == (name, email, date.removeprefix("@"))

    def _find_parents(self, amend: bool, merged: tuple[str, ...]) -> tuple[str, ...]:
        head = self._git.layout.head
        if amend:
            return self._git.commit_parents(head)
        return (head, *merged) if head else ()

    def _read_ci_branch(self) -> str:
        """Return the branch that a CI service checked out for us; "" in a hook, or if none is named."""
        if self._git.hook:
            return ""
        for variable in CI_BRANCHES:
            value = self._environ.get(variable, "")
            name = value.removeprefix(_HEADS)
            if name and not name.startswith("refs/"):  # a tag, or the merge commit of a pull request
                return name
        return ""

    def _has_state(self, name: str) -> bool:
        layout = self._git.layout
        if os.path.lexists(os.path.join(layout.git_dir, name.encode("ascii"))):
            return True
        is_ref = name.endswith("_HEAD") and os.path.isdir(os.path.join(layout.common_dir, b"reftable"))
        return is_ref and self._git.has_ref(name)

    def _read_state(self, name: str) -> str:
        found = safefile.read_file(self._git.layout.git_dir, name.encode("ascii"), _STATE_BYTES)
        return (found.data or b"").decode("utf-8", "surrogateescape")
