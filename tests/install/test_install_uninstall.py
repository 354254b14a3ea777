"""Uninstalling leaves no trace, and installing twice changes nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from support.installing import HOOKS, StandIn, bytes_of, commits, install, put_hook, uninstall
from support.repo import Repo

from spec_kitty_hooks import install as room
from spec_kitty_hooks.install import placement

CONFIGS = {
    "as git writes it": b"",
    "without final newline": b"[user]\n\tname = Somebody",
    "with comments and odd spacing": b'\n\n# mine\n[core] ; same\n  abbrev=12   # twelve\n\n[alias]\n\tx = "!a; b"\n',
    "with CRLF": b"[alias]\r\n\tst = status\r\n",
    "with a second core section": b"[core]\n\tabbrev = 12\n[alias]\n\ta = b\n[core]\n\tpager = cat\n",
    "with non-ASCII": "[user]\n\tname = Zoë\n".encode() + b"# \xff\n",
    "with the default hooks path spelt out": b"[core]\n\thooksPath = .git/hooks\n",
    "with that spelt out twice": b"[core]\n\thooksPath = .git/hooks\n\thooksPath = .git/hooks\n",
    "with an include": b"[include]\n\tpath = more\n",
}


def files_of(repo: Repo) -> dict[str, tuple[int, bytes]]:
    return bytes_of(repo.path / ".git")


def times_of(directory: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", CONFIGS)
def test_uninstall_gives_back_every_byte_and_mode(kind: str, repo: Repo, python: StandIn) -> None:
    with open(repo.path / ".git" / "config", "ab") as file:
        file.write(CONFIGS[kind])
    put_hook(repo, "pre-commit", b"#!/bin/sh\ntrue\n", mode=0o751)
    put_hook(repo, "commit-msg", b"#!/bin/sh\ntrue\n")
    (repo.path / ".git" / "config").chmod(0o640)
    before = files_of(repo)
    assert install(repo, python).ok
    assert repo.ask("config", "core.hooksPath") == str(repo.path / ".git/spec-kitty-hooks/hooks")
    assert files_of(repo) != before
    report = uninstall(repo)
    assert (report.ok, report.removed, report.notes) == (True, [*HOOKS], [])
    assert files_of(repo) == before


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_others_wrote_into_the_configuration_meanwhile_stays(kind: str, repo: Repo, python: StandIn) -> None:
    config = repo.path / ".git" / "config"
    with open(config, "ab") as file:
        file.write(CONFIGS[kind])
    default = repo.git("config", "--local", "--get", "core.hooksPath", check=False).stdout
    install(repo, python)
    repo.git("config", "core.editor", "vi")
    assert uninstall(repo).ok
    assert repo.ask("config", "core.editor") == "vi"
    assert repo.git("config", "--local", "--get", "core.hooksPath", check=False).stdout == default
    assert b"spec-kitty" not in config.read_bytes()


def test_a_configuration_without_core_section_or_final_newline_comes_back(repo: Repo, python: StandIn) -> None:
    (repo.path / ".git/config").write_bytes(b"[user]\n\tname = Somebody")
    before = files_of(repo)
    assert install(repo, python).ok
    assert uninstall(repo).ok
    assert files_of(repo) == before


def test_a_hooks_path_set_by_others_after_us_is_left_alone(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    repo.git("config", "core.hooksPath", ".husky/_")
    assert uninstall(repo).ok
    assert repo.ask("config", "core.hooksPath") == ".husky/_"


def test_no_copy_of_the_configuration_is_kept_where_git_can_undo_it(repo: Repo, python: StandIn) -> None:
    repo.git("config", "http.extraHeader", "Authorization: secret")
    install(repo, python)
    assert not any(
        b"secret" in path.read_bytes() for path in (repo.path / ".git/spec-kitty-hooks").rglob("*") if path.is_file()
    )


def test_a_copy_that_must_be_kept_is_for_the_owner_alone(repo: Repo, python: StandIn) -> None:
    with open(repo.path / ".git" / "config", "ab") as file:
        file.write(CONFIGS["with the default hooks path spelt out"])
    install(repo, python)
    assert stat.S_IMODE((repo.path / ".git/spec-kitty-hooks/config.before").stat().st_mode) == 0o600


def test_installing_again_changes_no_byte_and_no_time(repo: Repo, python: StandIn) -> None:
    put_hook(repo, "pre-commit", b"#!/bin/sh\ntrue\n", mode=0o700)
    put_hook(repo, "post-commit", b"#!/bin/sh\ntrue\n")
    first = install(repo, python)
    files, times = files_of(repo), times_of(repo.path / ".git")
    assert install(repo, python) == first
    assert files_of(repo) == files
    times_now = times_of(repo.path / ".git")
    assert {name for name in times if times[name] != times_now[name]} <= {
        str(repo.path / ".git/spec-kitty-hooks/install.json")
    }


def test_hook_types_add_up(repo: Repo, python: StandIn) -> None:
    before = files_of(repo)
    for names, installed in (
        (["pre-merge-commit"], ["pre-merge-commit"]),
        (["pre-commit"], ["pre-commit", "pre-merge-commit"]),
        (["pre-push"], ["pre-commit", "pre-merge-commit", "pre-push"]),
    ):
        assert room.install(repo.path, hook_types=names, python=str(python), environ=repo.env).installed == installed
    assert uninstall(repo).removed == ["pre-commit", "pre-merge-commit", "pre-push"]
    assert files_of(repo) == before


def test_an_unknown_hook_type_is_refused_with_the_known_ones(repo: Repo, python: StandIn) -> None:
    before = files_of(repo)
    report = room.install(repo.path, hook_types=["post-lunch"], python=str(python), environ=repo.env)
    assert not report.ok
    assert "'post-lunch'" in (report.problem or "")
    assert ", ".join(HOOKS) in (report.problem or "")
    assert files_of(repo) == before


@pytest.mark.parametrize("damage", [None, b"", b"{", b'{"version": 2}'])
def test_a_lost_or_damaged_receipt_strands_nobody(damage: bytes | None, repo: Repo, python: StandIn) -> None:
    before = files_of(repo)
    install(repo, python)
    receipt = repo.path / ".git/spec-kitty-hooks/install.json"
    receipt.unlink()
    if damage is not None:
        receipt.write_bytes(damage)
    assert install(repo, python).ok
    receipt.unlink()
    assert uninstall(repo).removed == [*HOOKS]
    assert files_of(repo) == before


def test_uninstalling_nothing_says_so(repo: Repo) -> None:
    before = files_of(repo)
    report = uninstall(repo)
    assert (report.ok, report.removed, len(report.notes)) == (True, [], 1)
    assert files_of(repo) == before


def test_what_else_lies_with_us_stays_and_is_named(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    (repo.path / ".git/spec-kitty-hooks/crash-1.txt").write_text("evidence")
    assert "report of a crash" in uninstall(repo).notes[0]
    assert (repo.path / ".git/spec-kitty-hooks/crash-1.txt").read_text() == "evidence"


@pytest.mark.parametrize("kept", ["", "[core]\n\thooksPath = .git/hooks\n"])
def test_while_the_configuration_is_locked_nothing_is_half_done(kept: str, repo: Repo, python: StandIn) -> None:
    with open(repo.path / ".git" / "config", "a") as file:
        file.write(kept)
    lock = repo.path / ".git/config.lock"
    lock.touch()
    assert "config" in (install(repo, python).problem or "")
    assert (commits(repo)[0], python.calls()) == (0, [])
    lock.unlink()
    assert install(repo, python).ok
    lock.touch()
    assert "config" in (uninstall(repo).problem or "")
    assert (commits(repo)[0], python.calls()) == (0, ["<hook><pre-commit>"]), "git still finds our hooks"
    lock.unlink()
    assert uninstall(repo).ok


def test_a_file_that_cannot_be_put_in_place_leaves_no_debris(tmp_path: Path) -> None:
    (tmp_path / "hook").mkdir()
    with pytest.raises(IsADirectoryError):
        placement.write_file(tmp_path / "hook", b"text")
    assert [path.name for path in tmp_path.iterdir() if path.name != ".sealed"] == ["hook"]


def test_a_place_that_cannot_be_written_is_a_problem(repo: Repo, python: StandIn) -> None:
    (repo.path / ".git/spec-kitty-hooks").write_text("in the way")
    before = files_of(repo)
    report = install(repo, python)
    assert not report.ok
    assert "spec-kitty-hooks" in (report.problem or "")
    assert files_of(repo) == before


@pytest.mark.parametrize(
    ("sharing", "umask", "modes"),
    [
        (None, 0o022, (0o755, 0o644, 0o755)),
        (None, 0o077, (0o700, 0o600, 0o700)),
        ("group", 0o077, (0o770, 0o660, 0o2770)),
        ("true", 0o022, (0o775, 0o664, 0o2775)),
        ("all", 0o077, (0o775, 0o664, 0o2775)),
        ("0640", 0o022, (0o750, 0o640, 0o2750)),
        ("umask", 0o022, (0o755, 0o644, 0o755)),
    ],
)
def test_files_are_for_whom_the_repository_is_shared_with(
    sharing: str | None, umask: int, modes: tuple[int, int, int], repo: Repo, python: StandIn
) -> None:
    if sharing:
        repo.git("config", "core.sharedRepository", sharing)
    old = os.umask(umask)
    try:
        assert install(repo, python).ok
    finally:
        os.umask(old)
    home = repo.path / ".git/spec-kitty-hooks"
    files = (home / "hooks/pre-commit", home / "install.json", home / "hooks")
    assert [oct(stat.S_IMODE(file.stat().st_mode)) for file in files] == [oct(mode) for mode in modes]
