"""Which GIT_* variables a git child gets: for the repository that called us, and for any other.

Only decides; it reads no `os.environ` itself. A wrong choice here judges the wrong index (latency 11, reliability E0).
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL = {
    "GIT_DIR": "set in linked worktrees, submodules and for --git-dir: without it another repository is found",
    "GIT_WORK_TREE": "set together with GIT_DIR by --work-tree",
    "GIT_IMPLICIT_WORK_TREE": "tells that GIT_DIR comes without a work tree",
    "GIT_COMMON_DIR": "where a linked worktree keeps its refs and objects",
    "GIT_INDEX_FILE": "the index that is about to be committed: index.lock for -a, next-index-PID.lock for a pathspec",
    "GIT_PREFIX": "the subdirectory that the person stood in",
    "GIT_OBJECT_DIRECTORY": "the quarantine during pre-receive",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "the objects behind that quarantine",
    "GIT_QUARANTINE_PATH": "forbids ref updates during pre-receive",
    "GIT_CONFIG_PARAMETERS": "the caller's `git -c`",
    "GIT_CONFIG_COUNT": "the same through GIT_CONFIG_KEY_n and GIT_CONFIG_VALUE_n",
}

DROPPED = {
    "GIT_EXTERNAL_DIFF": "a program",
    "GIT_DIFF_OPTS": "changes what diff prints",
    "GIT_LITERAL_PATHSPECS": "we pass --literal-pathspecs",
    "GIT_GLOB_PATHSPECS": "contradicts --literal-pathspecs: git dies",
    "GIT_NOGLOB_PATHSPECS": "contradicts --literal-pathspecs: git dies",
    "GIT_ICASE_PATHSPECS": "contradicts --literal-pathspecs: git dies",
    "GIT_SHALLOW_FILE": "another history than the one on disk",
    "GIT_REPLACE_REF_BASE": "another content than the one committed",
    "GIT_INTERNAL_SUPER_PREFIX": "older git refuses most commands under it",
    "GIT_ATTR_SOURCE": "attributes from a tree of somebody's choice",
    "GIT_CONFIG": "meant for `git config` alone",
    "GIT_PAGER_IN_USE": "turns colour on",
    "GIT_REDIRECT_STDIN": "Windows: sends our pipes elsewhere",
    "GIT_REDIRECT_STDOUT": "Windows: sends our pipes elsewhere",
    "GIT_REDIRECT_STDERR": "Windows: sends our pipes elsewhere",
}

KEPT_ELSEWHERE = {
    "GIT_EXEC_PATH": "where this git keeps its parts",
    "GIT_CONFIG_GLOBAL": "the person's configuration (safe.directory is read from it)",
    "GIT_CONFIG_SYSTEM": "the machine's configuration",
    "GIT_CONFIG_NOSYSTEM": "the machine's configuration, switched off",
    "GIT_CEILING_DIRECTORIES": "where the search for a repository ends",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "where the search for a repository ends",
    "GIT_AUTHOR_NAME": "the person, in every commit that they make",
    "GIT_AUTHOR_EMAIL": "the person, in every commit that they make",
    "GIT_AUTHOR_DATE": "the date of a commit that is to be made again byte for byte",
    "GIT_COMMITTER_NAME": "the person, in every commit that they make",
    "GIT_COMMITTER_EMAIL": "the person, in every commit that they make",
    "GIT_COMMITTER_DATE": "the date of a commit that is to be made again byte for byte",
}

FORCED = {
    "LC_ALL": "C",  # messages are told apart by their English text
    "GIT_OPTIONAL_LOCKS": "0",  # a reader never refreshes the index
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace may show other content than what is committed
    "GIT_GRAFT_FILE": os.devnull,  # info/grafts may show another history
    "GIT_NO_LAZY_FETCH": "1",  # partial clone: from git 2.39.4 on
    "GIT_ALLOW_PROTOCOL": "none",  # partial clone, older git: the lazy fetch dies before it opens anything, even file://
    "GIT_PAGER": "cat",
}


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for children that read the repository we were called for.

    Every GIT_* variable counts except those that change output, run a program or show another history; one that a
    future git invents for its hooks is therefore kept.
    """
    kept = {name: value for name, value in environ.items() if name not in DROPPED and _is_harmless(name, value)}
    kept.update(FORCED)
    return kept


def other_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for children that read any other repository or worktree.

    Drops all of `git rev-parse --local-env-vars` (reliability E0) and every GIT_* variable that we do not know.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name in KEPT_ELSEWHERE or not name.startswith(("GIT_", "GITHEAD_"))
    }
    kept.update(FORCED)
    return kept


def _is_harmless(name: str, value: str) -> bool:
    """Tell whether a trace variable keeps out of the standard error that we read: only a file may be traced to."""
    return not name.startswith("GIT_TRACE") or os.path.isabs(value)
