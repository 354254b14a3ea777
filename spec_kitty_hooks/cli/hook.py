"""What the shims call: judges one hook run without loading click, pydantic or pygit2 (the commit path is sacred).

Prints findings on stderr and nothing when nothing is wrong; writes nowhere else.
"""

from __future__ import annotations

import sys
import time

from spec_kitty_hooks import errors, limits
from spec_kitty_hooks.cli.crash import silence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from spec_kitty_hooks.model.findings import Report

PRE_PUSH = "pre-push"
AFTER = ("post-merge", "post-rewrite")
COMMIT = ("pre-commit", "pre-merge-commit")
HOOKS = (*COMMIT, PRE_PUSH, *AFTER)
#: How the same is judged by hand, without a time limit.
_SCOPES = {PRE_PUSH: "--from-ref @{upstream}", **dict.fromkeys(AFTER, "--from-ref ORIG_HEAD --to-ref HEAD")}


def run(name: str, environ: Mapping[str, str], arguments: Sequence[str] = ()) -> int:
    """Run the hook `name` in the current directory and return the exit code (0, 1 or 3; errors.EXIT_CODES).

    `environ` and `arguments` are as git gave them. A hook over its time limit answers as cannot judge.
    """
    _limit_time(_SCOPES.get(name, "--staged"))
    started = time.monotonic()
    try:
        if name not in COMMIT:
            return _push(environ, arguments) if name == PRE_PUSH else _look_back(name, environ, arguments)
        if environ.get("PRE_COMMIT") == "1" and "GIT_INDEX_FILE" not in environ:  # a framework, and no `git commit`
            from spec_kitty_hooks.cli.framework import run_without_commit

            code = run_without_commit(environ)
            if code is not None:
                return code
        report = _judge(environ)
    except errors.HooksError as error:
        return _refuse(error)
    if report is None:
        return errors.PASS
    said = ""
    if report.findings:
        from spec_kitty_hooks.report.text import print_hook

        said = print_hook(report, name)
        _say(said)
    took = time.monotonic() - started
    if said and took > limits.HOOK_SECONDS_WARN:  # on success not a word: Spec Kitty's client repeats it as a warning
        _say(f"spec-kitty-hooks: this hook took {took:.1f} s; spec-kitty-hooks check --staged shows why\n")
    return report.exit_code


def _push(environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    from spec_kitty_hooks.cli.pushhook import run_push

    remote, url = (*arguments, "", "")[:2]
    return run_push(remote, url, _read_input(), environ)


def _look_back(name: str, environ: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Tell what came of a merge or rebase; what git has done already is not refused, whatever cannot be judged."""
    from spec_kitty_hooks.cli.mergehook import run_after

    try:
        _say(run_after(name, environ, arguments, _read_input))
    except errors.HooksError as error:
        _refuse(error)
    return errors.PASS


def _read_input() -> bytes:
    """Return what git writes to the hook; nothing where a person types the command, and waits for it."""
    if sys.stdin is None or sys.stdin.isatty():
        return b""
    return sys.stdin.buffer.read(limits.PUSHED_REFS * (limits.PUSH_LINE_BYTES + 1))  # beyond, no line would be read


def _judge(environ: Mapping[str, str]) -> Report | None:
    from spec_kitty_hooks.git.absence import has_no_missions

    if has_no_missions(environ):
        return None
    from spec_kitty_hooks.git.plumbing import Git
    from spec_kitty_hooks.runner import Judgement

    with Git.open(None, environ, hook=True) as git:
        return Judgement(git, environ, time.time()).judge_staged()


def _refuse(error: errors.HooksError) -> int:
    """Say why nothing could be judged; a commit in a repository that cannot be read is refused (reliability 3)."""
    from spec_kitty_hooks.text import escape

    _say(f"spec-kitty-hooks: cannot judge: {error.code}: {escape(error.message, limit=1000)}\n")
    for step in error.remediation:
        _say(f"  next: {escape(step, limit=1000)}\n")
    return error.exit_code


def _say(text: str) -> None:
    """Write to the person; a reader that went away changes no verdict."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def _limit_time(scope: str) -> None:
    try:
        from _signal import SIGALRM, alarm, signal  # type: ignore[import-not-found]  # `signal` itself loads enum
    except ImportError:  # Windows has no alarm
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise errors.TimeLimitError(
            "REPOSITORY_UNSUPPORTED",
            f"the hook ran over {limits.HOOK_SECONDS_STOP} s and stopped; nothing was judged",
            (f"spec-kitty-hooks check {scope}",),
        )

    signal(SIGALRM, stop)
    alarm(limits.HOOK_SECONDS_STOP)
