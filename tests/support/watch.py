"""Stands between git and a hook: runs it unchanged, and writes down what it changed that it must not touch.

Started by the shims of `hooks.install_native` as `watch.py TRACES NAME COMMAND...`, in the hook's own environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.trace import differences, snapshot


def main() -> int:
    """Run the hook with our arguments, input and output; return its exit code."""
    traces, name, *command = sys.argv[1:]
    places = _places()
    before = snapshot(*places)
    code = subprocess.run(command, check=False).returncode
    if left := differences(before, snapshot(*places)):
        with open(os.path.join(traces, name), "a") as file:
            file.writelines(f"{name}: {line}\n" for line in left)
    return code


def _places() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the trees (this one, the primary checkout, which holds the log, and the home) and the git directories."""
    ask = ["git", "rev-parse", "--absolute-git-dir", "--git-common-dir"]
    asked = subprocess.run(ask, check=True, capture_output=True)
    here = os.fsencode(os.getcwd())
    git_dir, common = asked.stdout.split(b"\n")[:2]
    git_dirs = tuple(dict.fromkeys((os.path.realpath(os.path.join(here, common)), git_dir)))
    primary = os.path.dirname(git_dirs[0]) if os.path.basename(git_dirs[0]) == b".git" else here
    trees = dict.fromkeys((here, primary, os.fsencode(os.environ["HOME"])))
    return tuple(tree for tree in trees if tree not in git_dirs), git_dirs


if __name__ == "__main__":
    sys.exit(main())
