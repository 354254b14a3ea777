"""An environment in which git and Python see nothing of the machine they run on.

Only PATH, the temporary directory and what coverage needs in a child process are let through.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

#: Where a sealed environment keeps what belongs to one test (home, git configuration, traces of hooks).
ROOT_VARIABLE = "SEALED_ROOT"

_DROPPED_PREFIXES = (
    "GIT_",
    "PYTEST_",
    "PYTHON",
    "SPEC_KITTY",
    "PRE_COMMIT",
    "PREK_",
    "CI",
    "GITHUB_",
    "GITLAB_",
    "BITBUCKET_",
    "BUILDKITE",
    "JENKINS_",
    "TRAVIS",
    "LC_",
)
_DROPPED = frozenset(
    (
        *("CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "EDITOR", "EMAIL", "FORCE_COLOR", "LANG", "LANGUAGE", "LINES"),
        *("NO_COLOR", "PAGER", "SKIP", "SSH_ASKPASS", "TF_BUILD", "VISUAL"),
    )
)

_GIT_CONFIG = """\
[user]
\tname = Committer
\temail = committer@example.com
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[protocol "file"]
\tallow = always
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[advice]
\tdetachedHead = false
"""


def sealed_environment(root: Path, outside: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment for child processes, with everything it points at made below `root`.

    `outside` is what to start from (the process environment by default). Recipe: reliability 6, "Sealed git".
    """
    kept = {name: value for name, value in (os.environ if outside is None else outside).items() if not _dropped(name)}
    home, template = root / "home", root / "template"
    for directory in (home / ".config", template, root / "traces"):
        directory.mkdir(parents=True, exist_ok=True)
    (root / "gitconfig").write_text(_GIT_CONFIG)
    return {
        **kept,
        ROOT_VARIABLE: str(root),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(root / "gitconfig"),
        "GIT_TEMPLATE_DIR": str(template),
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_EDITOR": "false",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _dropped(name: str) -> bool:
    return name in _DROPPED or name.startswith(_DROPPED_PREFIXES)
