"""What the pre-push shim calls: judges every ref of one push without loading click, pydantic or pygit2.

Prints findings on stderr and nothing when nothing is wrong; writes nowhere, and opens no connection.
"""

from __future__ import annotations

import sys
import time

from spec_kitty_hooks import errors
from spec_kitty_hooks.git.absence import has_no_missions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.model.findings import Report

    Answer = tuple[Report, str]  # and a line for the person, "" if there is nothing to say


#: What a framework says in variables: the remote, and the first ref of the push.
_TOLD = ("REMOTE_NAME", "REMOTE_URL", "REMOTE_BRANCH", "LOCAL_BRANCH", "TO_REF")


def run_push(remote: str, url: str, data: bytes, environ: Mapping[str, str]) -> int:
    """Judge a push, say what is wrong and return the exit code (0, 1 or 3; errors.EXIT_CODES).

    `remote`, `url` and `data` are the arguments and the standard input of a pre-push hook, `environ` is the environment
    as git gave it. Raises HooksError.
    """
    if not data.strip() and has_no_missions(environ):
        return errors.PASS
    report, note = _judge(remote, url, data, environ)
    from spec_kitty_hooks.report.text import print_hook

    sys.stderr.write(print_hook(report, "pre-push") + note)
    sys.stderr.flush()
    return report.exit_code


def _judge(remote: str, url: str, data: bytes, environ: Mapping[str, str]) -> Answer:
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.pushes import judge_push

    with Git.open(None, environ, hook=True) as git:
        if data.strip():
            return judge_push(git, time.time(), remote, url, data), ""
        if environ.get("PRE_COMMIT") == "1":
            return _judge_for_framework(git, remote, url, environ)
        from spec_kitty_hooks.unpushed import explain

        return explain(git, environ, remote, url)


def _judge_for_framework(git: Git, remote: str, url: str, environ: Mapping[str, str]) -> Answer:
    """Judge what could be pushed: pre-commit and prek read git's list of refs themselves and pass on the first."""
    from spec_kitty_hooks.git.remotes import Remotes
    from spec_kitty_hooks.pushes import judge_ahead
    from spec_kitty_hooks.text import escape

    told = {name: environ.get(f"PRE_COMMIT_{name}", "") for name in _TOLD}
    remotes = Remotes(git)
    named = remote or told["REMOTE_NAME"]
    remote = remotes.find(named, url or told["REMOTE_URL"]) or named or remotes.choose("")
    revision = told["TO_REF"] or told["LOCAL_BRANCH"]
    report = judge_ahead(git, time.time(), remote, (told["REMOTE_BRANCH"], revision))
    unseen = "other forced pushes, tags, deletions and refs pushed under another name cannot be seen here"
    return report, f"spec-kitty-hooks: judged every local branch ahead of {escape(remote) or 'its remote'}; {unseen}\n"
