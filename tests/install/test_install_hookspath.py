"""A core.hooksPath that somebody else has set is theirs: refused, named, and entered only when told to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.installing import GUARD, HOOKS, StandIn, bytes_of, commits, inspect, install, put_hook, uninstall
from support.repo import Repo

TEAM = b"#!/bin/sh\necho team >&2\n"


def set_hooks_path(repo: Repo, scope: str, value: str, tmp_path: Path) -> Path:
    """Set core.hooksPath in one scope and return the file that says it."""
    if scope == "system":
        del repo.env["GIT_CONFIG_NOSYSTEM"]
        repo.env["GIT_CONFIG_SYSTEM"] = str(tmp_path / "system")
        repo.git("config", "--file", str(tmp_path / "system"), "core.hooksPath", value)
        return tmp_path / "system"
    if scope == "worktree":
        repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", f"--{scope}", "core.hooksPath", value)
    return {
        "global": Path(repo.env["GIT_CONFIG_GLOBAL"]),
        "local": repo.path / ".git/config",
        "worktree": repo.path / ".git/config.worktree",
    }[scope]


def add_lines(file: Path, lines: list[str]) -> None:
    text = file.read_text() if file.exists() else "#!/bin/sh\n"
    first, _, rest = text.partition("\n")
    file.write_text("\n".join([first, *lines, rest]))
    file.chmod(0o755)


@pytest.mark.parametrize("scope", ["system", "global", "local", "worktree"])
def test_it_is_not_replaced_whoever_set_it_and_the_report_names_scope_and_file(
    scope: str, repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    theirs = tmp_path / "company hooks"
    put_hook(repo, "pre-commit", TEAM, directory=theirs)
    origin = set_hooks_path(repo, scope, str(theirs), tmp_path)
    before, config, outside = bytes_of(repo.path / ".git"), origin.read_bytes(), bytes_of(theirs)
    report = install(repo, python)
    assert (report.ok, report.scheme, report.installed) == (False, "existing-hooks-path", [])
    assert f"{theirs} ({scope} configuration, {origin})" in (report.problem or "")
    assert [(added.hook, added.file, len(added.lines)) for added in report.lines_to_add] == [
        (name, str(theirs / name), count) for name, count in zip(HOOKS, (2, 2, 7, 2, 7), strict=True)
    ]
    kept = origin.read_bytes().partition(b'[merge "spec-kitty-hooks')[0]  # drivers need no hooks directory
    assert (kept, bytes_of(theirs)) == (config, outside)
    state = inspect(repo)
    assert (state.hooks_path_scope, state.hooks_path_origin) == (scope, str(origin))
    assert len(state.problems) == len(HOOKS)
    assert uninstall(repo).ok
    assert bytes_of(repo.path / ".git") == before


def test_the_two_lines_call_us_and_then_install_is_content(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    put_hook(repo, "pre-commit", TEAM, directory=theirs)
    set_hooks_path(repo, "global", str(theirs), tmp_path)
    for added in install(repo, python).lines_to_add:
        add_lines(Path(added.file), added.lines)
    assert commits(repo) == (0, "team\n")
    assert python.calls() == ["<hook><pre-commit>"]
    python.answer(1)
    assert commits(repo) == (1, "")
    report = install(repo, python)
    assert (report.ok, report.installed, report.lines_to_add) == (
        True,
        [*HOOKS],
        [],
    )
    assert inspect(repo).problems == []
    assert uninstall(repo).ok
    assert commits(repo) == (0, "team\n"), "without our hooks the lines do nothing"


def test_the_two_lines_do_not_disturb_a_strict_hook_and_serve_linked_worktrees(
    repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    put_hook(repo, "pre-commit", b"#!/bin/sh\nset -eu\necho strict >&2\n", directory=theirs)
    set_hooks_path(repo, "global", str(theirs), tmp_path)
    lines = install(repo, python).lines_to_add[0].lines
    (theirs / "pre-commit").write_text("\n".join(["#!/bin/sh", "set -eu", *lines, "echo strict >&2", ""]))
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    assert commits(repo, at=tmp_path / "linked") == (0, "strict\n")
    assert python.calls() == ["<hook><pre-commit>"]


def test_hooks_waiting_to_be_called_are_taken_away_without_a_receipt_too(
    repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    set_hooks_path(repo, "global", str(tmp_path / "theirs"), tmp_path)
    before = bytes_of(repo.path / ".git")
    install(repo, python)
    (repo.path / ".git/spec-kitty-hooks/install.json").unlink()
    assert uninstall(repo).removed == [*HOOKS]
    assert bytes_of(repo.path / ".git") == before


def test_husky_is_asked_to_call_us_from_the_file_that_people_write(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    generated = repo.path / ".husky/_"
    put_hook(
        repo,
        "h",
        b'#!/bin/sh\ns=$(dirname "$(dirname "$0")")/$(basename "$0")\n[ ! -f "$s" ] || sh -e "$s" "$@"\n',
        directory=generated,
    )
    for name in HOOKS:
        put_hook(repo, name, b'#!/bin/sh\n. "$(dirname "$0")/h"\n', directory=generated)
    set_hooks_path(repo, "local", ".husky/_", tmp_path)
    report = install(repo, python)
    assert [added.file for added in report.lines_to_add] == [str(repo.path / ".husky" / name) for name in HOOKS]
    for added in report.lines_to_add:
        add_lines(Path(added.file), added.lines)
    python.answer(3)
    assert commits(repo)[0] == 1
    assert python.calls() == ["<hook><pre-commit>"]
    assert install(repo, python).ok
    assert inspect(repo).problems == []
    assert "husky" in (install(repo, python, into_hooks_path=True).problem or "")


def test_an_empty_hooks_path_is_explained(repo: Repo, python: StandIn) -> None:
    repo.git("config", "core.hooksPath", "")
    before = bytes_of(repo.path / ".git")
    report = install(repo, python, into_hooks_path=True)
    assert "set to nothing (local configuration" in (report.problem or "")
    assert bytes_of(repo.path / ".git") == before
    subprocess.run(report.remediation[0], shell=True, cwd=repo.path, env=repo.env, check=True)
    assert install(repo, python).ok


def test_the_default_directory_spelt_out_is_no_obstacle(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", TEAM)
    for value in (".git/hooks", str(repo.path / ".git/hooks")):
        repo.git("config", "core.hooksPath", value)
        before = bytes_of(repo.path / ".git")
        report = install(repo, python)
        assert (report.ok, report.scheme, report.kept) == (True, "hooks-directory", ["pre-commit"])
        assert install(repo, python).ok
        assert uninstall(repo).ok
        assert bytes_of(repo.path / ".git") == before


def test_told_to_we_enter_a_directory_inside(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "pre-commit", TEAM, directory=repo.path / "hooks dir")
    set_hooks_path(repo, "local", "hooks dir", tmp_path)
    report = install(repo, python, into_hooks_path=True)
    assert (report.ok, report.scheme, report.kept) == (True, "existing-hooks-path", ["pre-commit"])
    assert report.hooks_path == str(repo.path / "hooks dir")
    assert "do not commit them" in report.notes[-1]
    assert install(repo, python, into_hooks_path=True) == report
    assert inspect(repo).problems == []
    python.answer(3)
    assert commits(repo) == (1, "team\n")
    assert python.calls() == ["<hook><pre-commit>"]


def test_and_leave_that_directory_as_it_was(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    theirs = repo.path / "hooks dir"
    put_hook(repo, "pre-commit", TEAM, mode=0o750, directory=theirs)
    put_hook(repo, "commit-msg", TEAM, directory=theirs)
    set_hooks_path(repo, "local", "hooks dir", tmp_path)
    before, outside = bytes_of(repo.path / ".git"), bytes_of(theirs)
    for _ in range(2):
        assert install(repo, python, into_hooks_path=True).ok
    report = uninstall(repo)
    assert (report.removed, report.restored) == ([*HOOKS], ["pre-commit"])
    assert (bytes_of(repo.path / ".git"), bytes_of(theirs)) == (before, outside)


@pytest.mark.parametrize("kind", ["link", "switched off", "guard"])
def test_whatever_stands_there_comes_back(kind: str, repo: Repo, python: StandIn, tmp_path: Path) -> None:
    theirs = repo.path / "theirs"
    hook = put_hook(
        repo,
        "pre-commit",
        TEAM if kind != "guard" else GUARD,
        mode=0o644 if kind == "switched off" else 0o755,
        directory=theirs,
    )
    if kind == "link":
        hook.rename(theirs / "real")
        hook.symlink_to("real")
    set_hooks_path(repo, "local", "theirs", tmp_path)
    outside = bytes_of(theirs)
    report = install(repo, python, into_hooks_path=True)
    assert report.kept == (["pre-commit"] if kind == "link" else [])
    assert report.ignored == (["pre-commit"] if kind == "guard" else [])
    assert commits(repo) == (0, "team\n" if kind == "link" else "")
    assert uninstall(repo).ok
    assert bytes_of(theirs) == outside


def test_a_hook_that_asks_for_its_own_path_is_pointed_out(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "pre-commit", b'#!/bin/sh\n. "$(dirname "$0")/lib"\n', directory=repo.path / "theirs")
    set_hooks_path(repo, "local", "theirs", tmp_path)
    assert "its own path" in install(repo, python, into_hooks_path=True).notes[0]


def test_a_hook_written_over_ours_is_not_taken_away(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    theirs = repo.path / "theirs"
    hook = put_hook(repo, "pre-commit", TEAM, directory=theirs)
    set_hooks_path(repo, "local", "theirs", tmp_path)
    install(repo, python, into_hooks_path=True)
    hook.write_bytes(b"#!/bin/sh\necho newer >&2\n")
    report = uninstall(repo)
    assert (report.removed, "not ours any more" in report.notes[0]) == ([*HOOKS[1:]], True)
    assert hook.read_bytes() == b"#!/bin/sh\necho newer >&2\n"


def test_a_directory_outside_needs_a_word_more_and_serves_several_repositories(
    repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    theirs = tmp_path / "company"
    put_hook(repo, "pre-commit", TEAM, directory=theirs)
    set_hooks_path(repo, "global", str(theirs), tmp_path)
    outside = bytes_of(theirs)
    report = install(repo, python, into_hooks_path=True)
    assert "outside this repository" in (report.problem or "")
    assert (bytes_of(theirs), (repo.path / ".git/spec-kitty-hooks").exists()) == (outside, False)
    assert install(repo, python, into_hooks_path=True, outside_ok=True).kept == ["pre-commit"]
    other = Repo.init(tmp_path / "other", repo.env, repo.clock)
    second = install(other, python, into_hooks_path=True, outside_ok=True)
    assert "another repository" in second.notes[0]
    assert commits(other) == (0, "team\n")
    assert uninstall(other).ok
    assert commits(repo) == (0, "team\n")
    assert len(python.calls()) == 2
    assert uninstall(repo).ok
    assert bytes_of(theirs) == outside


def test_a_tracked_hook_is_never_overwritten(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "pre-commit", TEAM, directory=repo.path / "hooks")
    repo.commit("hooks")
    set_hooks_path(repo, "local", "hooks", tmp_path)
    report = install(repo, python, into_hooks_path=True)
    assert "is tracked" in (report.problem or "")
    assert repo.ask("status", "--porcelain") == ""


def test_a_hooks_path_to_nowhere_is_refused_with_what_makes_it(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    set_hooks_path(repo, "local", "not made/yet", tmp_path)
    report = install(repo, python, into_hooks_path=True)
    assert "no directory" in (report.problem or "")
    subprocess.run(report.remediation[0], shell=True, cwd=repo.path, env=repo.env, check=True)
    assert install(repo, python, into_hooks_path=True).ok


def test_the_default_directory_set_globally_is_no_place_for_us(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    put_hook(repo, "post-commit", TEAM)
    set_hooks_path(repo, "global", str(repo.path / ".git/hooks"), tmp_path)
    report = install(repo, python, into_hooks_path=True)
    assert "overwrites" in (report.problem or "")
    subprocess.run(report.remediation[0], shell=True, cwd=repo.path, env=repo.env, check=True)
    assert install(repo, python).ok


def test_without_a_hooks_path_the_permission_to_enter_one_changes_nothing(repo: Repo, python: StandIn) -> None:
    assert install(repo, python, into_hooks_path=True).scheme == "hooks-directory"


def test_from_one_way_to_another_nothing_of_the_first_stays(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    before = bytes_of(repo.path / ".git")
    theirs = repo.path / "theirs"
    put_hook(repo, "pre-commit", TEAM, directory=theirs)
    outside = bytes_of(theirs)
    install(repo, python)
    config = set_hooks_path(repo, "worktree", "theirs", tmp_path)
    assert not install(repo, python).ok
    assert repo.git("config", "--local", "core.hooksPath", check=False).returncode == 1
    assert install(repo, python, into_hooks_path=True).ok
    assert not (repo.path / ".git/spec-kitty-hooks/hooks").exists()
    assert not install(repo, python).ok
    assert bytes_of(theirs) == outside
    config.unlink()
    repo.git("config", "--unset", "extensions.worktreeConfig")
    assert install(repo, python).scheme == "hooks-directory"
    assert uninstall(repo).ok
    assert {name: value for name, value in bytes_of(repo.path / ".git").items() if name != "config"} == {
        name: value for name, value in before.items() if name != "config"
    }


def test_a_worktree_with_a_hooks_path_of_its_own_is_named(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "-q", str(linked))
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("config", "--worktree", "core.hooksPath", str(tmp_path / "elsewhere"), cwd=linked)
    assert "config.worktree sets a core.hooksPath" in install(repo, python).notes[-1]
    assert [hook.reachable for hook in inspect(repo).hooks] == [True] * len(HOOKS)
    assert [hook.reachable for hook in inspect(repo, at=linked).hooks] == [False] * len(HOOKS)
