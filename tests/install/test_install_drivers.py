"""Merge drivers come and go with the hooks: whole, byte for byte, and never over those of Spec Kitty's client."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from support.hooks import cli, cli_json
from support.installing import StandIn, bytes_of, inspect, install, uninstall
from support.repo import Repo

from spec_kitty_hooks.install.report import DriverState

LOG, STATUS = "kitty-specs/x/status.events.jsonl", "kitty-specs/x/status.json"
OURS = {LOG: "spec-kitty-hooks-log", STATUS: "spec-kitty-hooks-status"}
LINES = [f"kitty-specs/**/{Path(path).name} merge={name}" for path, name in OURS.items()]
CLIENT_LINE = "kitty-specs/**/status.events.jsonl merge=spec-kitty-event-log"
CLIENT = "spec-kitty merge-driver-event-log %O %A %B"

CONTENTS = {
    "none": None,
    "empty": b"",
    "a line": b"*.png binary\n",
    "no final newline": b"*.png binary",
    "CRLF": b"*.png binary\r\n*.txt text\r\n",
    "a byte order mark": b"\xef\xbb\xbf*.png binary\n",
    "bytes of all kinds": b"# \xff\x00\n\n\n*.png  binary\t\n",
}


def files_of(repo: Repo) -> dict[str, tuple[int, bytes]]:
    return bytes_of(repo.path / ".git")


def attribute(repo: Repo, path: str, name: str = "merge", at: Path | None = None) -> str:
    return repo.git("check-attr", name, "--", path, cwd=at).stdout.strip().rpartition(": ")[2]


def owners(states: list[DriverState]) -> list[str | None]:
    return [state.owner for state in states]


def put_attributes(repo: Repo, content: bytes | None) -> Path:
    file = repo.path / ".git/info/attributes"
    if content is not None:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    return file


def register_client(repo: Repo, *, tracked: bool = True) -> None:
    """Do what the client's `init` does."""
    repo.git("config", "merge.spec-kitty-event-log.name", "Spec Kitty event log union merge")
    repo.git("config", "merge.spec-kitty-event-log.driver", CLIENT)
    if tracked:
        repo.commit("init", files={".gitattributes": f"{CLIENT_LINE}\n"})


@pytest.mark.parametrize("kind", CONTENTS)
def test_both_drivers_are_there_afterwards_and_gone_again_byte_for_byte(kind: str, repo: Repo, python: StandIn) -> None:
    content = CONTENTS[kind]
    file = put_attributes(repo, content)
    before = files_of(repo)
    assert install(repo, python).ok
    assert {path: attribute(repo, path) for path in OURS} == OURS
    assert attribute(repo, "x.png", "binary") == ("set" if content else "unspecified")
    assert file.read_bytes().endswith((content or b"").removeprefix(b"\xef\xbb\xbf"))
    assert uninstall(repo).ok
    assert files_of(repo) == before


@pytest.mark.parametrize("kind", CONTENTS)
def test_installing_again_changes_nothing_and_what_others_added_meanwhile_stays(
    kind: str, repo: Repo, python: StandIn
) -> None:
    file = put_attributes(repo, CONTENTS[kind])
    install(repo, python)
    files, time = files_of(repo), file.stat().st_mtime_ns
    install(repo, python)
    assert (files_of(repo), file.stat().st_mtime_ns) == (files, time)
    with open(file, "ab") as stream:
        stream.write(b"\n*.lock -diff\n")
    install(repo, python)
    assert uninstall(repo).ok
    assert file.read_bytes() == (CONTENTS[kind] or b"") + b"\n*.lock -diff\n"


def test_without_a_receipt_uninstall_still_finds_everything(repo: Repo, python: StandIn) -> None:
    before = files_of(repo)
    install(repo, python)
    (repo.path / ".git/spec-kitty-hooks/install.json").unlink()
    assert uninstall(repo).ok
    assert files_of(repo) == before


def test_a_block_left_alone_is_found_and_taken_out(repo: Repo, python: StandIn) -> None:
    before = files_of(repo)
    install(repo, python)
    block = (repo.path / ".git/info/attributes").read_bytes()
    uninstall(repo)
    put_attributes(repo, block)
    assert uninstall(repo).ok
    assert files_of(repo) == before


def test_a_block_whose_end_was_deleted_takes_nothing_along(repo: Repo, python: StandIn) -> None:
    file = put_attributes(repo, b"*.png binary\n")
    install(repo, python)
    file.write_bytes(file.read_bytes().replace(b"# end of spec-kitty-hooks\n", b""))
    assert uninstall(repo).ok
    assert file.read_bytes() == b"*.png binary\n"


def test_a_line_of_the_team_for_the_same_file_wins(repo: Repo, python: StandIn) -> None:
    put_attributes(repo, b"kitty-specs/**/status.json merge=binary\n")
    report = install(repo, python)
    assert attribute(repo, STATUS) == "binary"
    assert owners(report.merge_drivers) == ["spec-kitty-hooks", "other"]
    assert inspect(repo).problems == []
    put_attributes(repo, b"*.jsonl merge=nothing-known\n")
    assert "status.events.jsonl: git merges it as text" in " ".join(inspect(repo).problems)


def test_attributes_that_are_a_link_stay_and_the_lines_are_told(repo: Repo, python: StandIn, tmp_path: Path) -> None:
    elsewhere = tmp_path / "attributes"
    elsewhere.write_bytes(b"*.png binary\n")
    file = put_attributes(repo, None)
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    before = files_of(repo)
    report = install(repo, python)
    (note,) = [note for note in report.notes if "is a link" in note]
    assert all(line in note for line in LINES)
    assert elsewhere.read_bytes() == b"*.png binary\n"
    elsewhere.write_text("".join(f"{line}\n" for line in LINES))
    assert inspect(repo).problems == []
    assert uninstall(repo).ok
    assert files_of(repo) == before


def test_a_directory_in_the_place_of_the_attributes_stops_it_before_git_looks_anywhere(
    repo: Repo, python: StandIn
) -> None:
    (repo.path / ".git/info/attributes").mkdir(parents=True)
    config = (repo.path / ".git/config").read_bytes()
    report = install(repo, python)
    assert not report.ok
    assert "attributes" in (report.problem or "")
    assert (repo.path / ".git/config").read_bytes() == config


def test_a_driver_is_never_set_for_a_locked_configuration_and_its_lines_then_do_nothing(
    repo: Repo, python: StandIn
) -> None:
    lock = repo.path / ".git/config.lock"
    lock.touch()
    assert not install(repo, python).ok
    assert repo.git("config", "--get-regexp", "^merge", check=False).stdout == ""
    lock.unlink()
    assert install(repo, python).ok
    assert uninstall(repo).ok
    assert not (repo.path / ".git/info").exists()


def test_every_linked_worktree_has_them_also_with_configurations_of_their_own(
    repo: Repo, python: StandIn, tmp_path: Path
) -> None:
    repo.git("config", "extensions.worktreeConfig", "true")
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    repo.git("config", "--worktree", "core.abbrev", "12", cwd=tmp_path / "linked")
    assert install(repo, python, at=tmp_path / "linked").ok
    for place in (repo.path, tmp_path / "linked"):
        assert attribute(repo, LOG, at=place) == OURS[LOG]
        assert repo.git("config", f"merge.{OURS[LOG]}.driver", cwd=place).stdout
        assert owners(inspect(repo, at=place).merge_drivers) == ["spec-kitty-hooks"] * 2


def test_the_drivers_of_the_client_stay_in_charge_of_the_log(repo: Repo, python: StandIn) -> None:
    register_client(repo)
    before = files_of(repo)
    report = install(repo, python)
    assert [(state.driver, state.owner) for state in report.merge_drivers] == [
        ("spec-kitty-event-log", "spec-kitty"),
        (OURS[STATUS], "spec-kitty-hooks"),
    ]
    assert (attribute(repo, LOG), repo.ask("config", "merge.spec-kitty-event-log.driver")) == (
        "spec-kitty-event-log",
        CLIENT,
    )
    assert repo.git("config", f"merge.{OURS[LOG]}.driver", check=False).stdout == ""
    assert report.attributes_to_track == []
    assert inspect(repo).problems == []
    assert uninstall(repo).ok
    assert files_of(repo) == before


@pytest.mark.parametrize("half", ["attributes without driver", "driver without attributes"])
def test_half_of_what_the_client_registers_is_no_driver_so_ours_comes(half: str, repo: Repo, python: StandIn) -> None:
    register_client(repo, tracked=half == "attributes without driver")
    if half == "attributes without driver":
        repo.git("config", "--remove-section", "merge.spec-kitty-event-log")
    assert owners(install(repo, python).merge_drivers) == ["spec-kitty-hooks"] * 2


def test_where_the_client_comes_later_installing_again_gives_the_log_to_it(repo: Repo, python: StandIn) -> None:
    register_client(repo, tracked=False)
    before = files_of(repo)
    assert owners(install(repo, python).merge_drivers) == ["spec-kitty-hooks"] * 2
    repo.write(".gitattributes", f"{CLIENT_LINE}\n")
    assert owners(install(repo, python).merge_drivers) == ["spec-kitty", "spec-kitty-hooks"]
    assert attribute(repo, LOG) == "spec-kitty-event-log"
    repo.remove(".gitattributes")
    assert owners(install(repo, python).merge_drivers) == ["spec-kitty-hooks"] * 2
    assert uninstall(repo).ok
    assert files_of(repo) == before


def test_what_the_client_does_to_the_file_around_its_own_merges_leaves_ours(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    file = repo.path / ".git/info/attributes"
    before = file.read_bytes()
    file.write_text("\n".join([*file.read_text().splitlines(), CLIENT_LINE]) + "\n")
    assert attribute(repo, LOG) == "spec-kitty-event-log"
    file.write_text("\n".join(line for line in file.read_text().splitlines() if line != CLIENT_LINE) + "\n")
    assert file.read_bytes() == before


def test_the_line_for_all_clones_is_printed_until_it_is_tracked_and_never_written(repo: Repo) -> None:
    repo.write(".gitattributes", "*.png binary\n")
    shown = cli(repo, "install").stdout
    assert f"add to .gitattributes and commit that:\n    {CLIENT_LINE}\n" in shown
    assert "Merged by ours: status.events.jsonl, status.json\n" in shown
    assert repo.read(".gitattributes") == b"*.png binary\n"
    assert cli_json(repo, "install")["attributes_to_track"] == [CLIENT_LINE]
    repo.write(".gitattributes", f"*.png binary\n{CLIENT_LINE}\n")
    assert cli_json(repo, "install")["attributes_to_track"] == []
    assert "gitattributes" not in cli(repo, "install").stdout


def test_an_installation_from_before_is_told_that_logs_are_merged_as_text(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    before = files_of(repo)
    note = repo.path / ".git/spec-kitty-hooks/install.json"
    old = json.loads(note.read_bytes())
    for key in ("drivers", "attributes"):
        old.pop(key)
    note.write_text(json.dumps(old))
    put_attributes(repo, b"").unlink()
    for section in OURS.values():
        repo.git("config", "--remove-section", f"merge.{section}")
    state = inspect(repo)
    assert [state.file for state in state.merge_drivers if state.owner is None] == [
        "status.events.jsonl",
        "status.json",
    ]
    assert (len(state.problems), state.remediation) == (2, ["spec-kitty-hooks install"])
    assert install(repo, python).ok
    assert inspect(repo).problems == []
    assert files_of(repo)["config"] == before["config"]


def test_without_an_installation_nobody_is_told_about_drivers(repo: Repo) -> None:
    assert inspect(repo).problems == ["No hooks of ours are installed here."]


@pytest.mark.parametrize("name", ["a  b", 'it\'s "here"', "100%O", "$HOME `id`", "back\\slash", "-x", "é\n"])
def test_git_finds_the_interpreter_whatever_its_path(name: str, repo: Repo, tmp_path: Path) -> None:
    python = StandIn(tmp_path / name)
    assert install(repo, python).ok
    repo.commit("base", files={LOG: "1\n"}, no_verify=True)
    repo.branch("left")
    repo.commit("ours", files={LOG: "ours\n"}, no_verify=True)
    repo.commit_to("left", {LOG: "theirs\n"})
    python.calls()
    assert repo.git("merge", "-q", "--no-edit", "left", check=False).returncode == 0
    call = next(call for call in python.calls() if call.startswith("<merge-driver>"))
    assert call.endswith(f"<{LOG}>")
    assert call.count("<.merge_file_") == 3


def test_the_command_is_posix_sh(repo: Repo, python: StandIn) -> None:
    install(repo, python)
    command = repo.ask("config", f"merge.{OURS[LOG]}.driver")
    assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0
    assert "\n" not in command


def test_the_block_keeps_the_mode_that_the_file_has(repo: Repo, python: StandIn) -> None:
    file = put_attributes(repo, b"*.png binary\n")
    file.chmod(0o640)
    install(repo, python)
    assert oct(os.stat(file).st_mode & 0o777) == "0o640"


def test_below_the_lines_of_the_team_ours_would_win_instead(repo: Repo) -> None:
    put_attributes(repo, "".join(f"{line}\n" for line in ("kitty-specs/**/status.json merge=binary", *LINES)).encode())
    assert attribute(repo, STATUS) == OURS[STATUS], "or it would not matter where our block stands"
