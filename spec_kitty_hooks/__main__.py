"""`python -m spec_kitty_hooks` and the console script. The hook path leaves before click is imported."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code; a hook is judged on the short path."""
    from spec_kitty_hooks.cli.crash import run_guarded
    from spec_kitty_hooks.cli.hook import HOOKS, run

    gc.disable()  # one short run: looking for cycles doubles the time that a long log takes
    if sys.argv[1:2] == ["hook"] and sys.argv[2:3] and sys.argv[2] in HOOKS and "--help" not in sys.argv:
        code = run_guarded(lambda: run(sys.argv[2], os.environ, sys.argv[3:]))
    elif sys.argv[1:2] == ["merge-driver"] and _is_git_calling(sys.argv[2:]):
        from spec_kitty_hooks.cli import mergedriver

        code = run_guarded(lambda: mergedriver.run(sys.argv[2:]))
    else:
        from spec_kitty_hooks.cli.app import execute

        code = run_guarded(lambda: execute(sys.argv[1:]))
    os._exit(code)  # nothing is left to tear down; it saves a fifth of the run


def _is_git_calling(arguments: list[str]) -> bool:
    """Tell whether these can be what a merge driver gets, three files and a path; help and mistakes are click's."""
    return len(arguments) in (3, 4) and not any(word.startswith("-") for word in arguments)


if __name__ == "__main__":
    main()
