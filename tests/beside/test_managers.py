"""Beside the pre-commit framework, prek and lefthook, in any order: both run, once, and nobody's hook is lost."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.hooks import hook_command
from support.installing import GUARD, StandIn, bytes_of, inspect, install, put_hook, uninstall
from support.judging import printed_codes
from support.managers import PRE_COMMIT, ROOT, run
from support.missions import Mission
from support.repo import Repo

from spec_kitty_hooks.catalog import HOOKS

NAMES = ("pre-commit", "prek", "lefthook")
OURS = "spec-kitty-pre-commit"

Programs = Callable[[str], Path]


@dataclass
class Team:
    """A repository in which a team uses a hook manager; its hook and a second one of ours leave a line each time."""

    repo: Repo
    words: tuple[str, ...]
    notes: Path
    python: StandIn

    def manage(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run the manager's program."""
        return run(*self.words, *args, env=self.repo.env, cwd=self.repo.path)

    def install(self) -> None:
        """Let the manager install its hooks."""
        done = self.manage("install")
        assert done.returncode == 0, done.stdout + done.stderr

    def commit(self, at: Repo | None = None) -> tuple[list[str], int]:
        """Make a commit that changes something; return who left a line, in order, and how often we judged."""
        place = at or self.repo
        place.append("src/a/changing.py", b"x\n")
        place.stage("src/a/changing.py")
        done = place.try_commit()
        assert done.returncode == 0, done.stdout + done.stderr
        said = self.notes.read_text().split() if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return said, len(self.python.calls())

    def hooks(self) -> object:
        """Return the bytes of everything that decides which hooks run."""
        git = self.repo.path / ".git"
        return (git / "config").read_bytes(), bytes_of(git / "hooks")


@pytest.fixture
def team(request: pytest.FixtureRequest, repo: Repo, python: StandIn, programs: Programs, tmp_path: Path) -> Team:
    """The team of the manager that a test's parameter `manager` names, with nothing installed yet."""
    manager = request.getfixturevalue("manager")
    env = {**repo.env, "PREK_HOME": str(tmp_path / "prek"), "PRE_COMMIT_HOME": str(tmp_path / "store")}
    words: tuple[str, ...] = PRE_COMMIT
    if manager != "pre-commit":
        words = (str(programs(manager) / manager),)
        env["PATH"] = f"{programs(manager)}:{env['PATH']}"
    place = Repo(repo.path, env, repo.clock)
    notes = tmp_path / "notes"
    configure(place, manager, {"team": noting(tmp_path, "team", notes)})
    return Team(place, words, notes, python)


@pytest.fixture
def python(tmp_path: Path) -> StandIn:
    """An interpreter in place of ours that passes everything and takes notes."""
    return StandIn(tmp_path / "interpreter")


def noting(directory: Path, name: str, notes: Path) -> Path:
    """Make a program that leaves its name in `notes`."""
    program = directory / f"says-{name}"
    program.write_text(f"#!/bin/sh\necho {name} >> {notes}\n")
    program.chmod(0o755)
    return program


def configure(repo: Repo, manager: str, programs: dict[str, Path]) -> None:
    """Commit a configuration that runs these programs, by name, before a commit."""
    if manager == "lefthook":
        jobs = [{"name": name, "run": str(program)} for name, program in programs.items()]
        repo.write("lefthook.yml", yaml.safe_dump({"pre-commit": {"jobs": jobs}}))
    else:
        fixed = {"language": "system", "always_run": True, "pass_filenames": False}
        hooks = [{"id": name, "name": name, "entry": str(program), **fixed} for name, program in programs.items()]
        repo.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    repo.commit("configure the hooks", no_verify=True)


every_manager = pytest.mark.parametrize("manager", NAMES)


@every_manager
def test_one_that_was_there_before_us_runs_on_and_keeps_every_byte(manager: str, team: Team) -> None:
    team.install()
    before = team.hooks()
    assert install(team.repo, team.python).kept == ["pre-commit"]
    assert team.commit() == (["team"], 1)
    assert install(team.repo, team.python).ok
    assert team.commit() == (["team"], 1)
    assert inspect(team.repo).problems == []
    assert uninstall(team.repo).ok
    assert team.hooks() == before
    assert team.commit() == (["team"], 0)


@every_manager
def test_uninstalled_after_us_it_is_gone_for_good(manager: str, team: Team) -> None:
    before = team.hooks()
    team.install()
    assert install(team.repo, team.python).ok
    assert uninstall(team.repo).ok
    assert team.manage("uninstall").returncode == 0
    assert install(team.repo, team.python).kept == []
    assert team.commit() == ([], 1)
    assert uninstall(team.repo).ok
    assert team.hooks() == before


@pytest.mark.parametrize("manager", ["pre-commit"])
def test_uninstalled_while_we_are_installed_it_neither_runs_nor_comes_back(manager: str, team: Team) -> None:
    before = team.hooks()
    team.install()
    install(team.repo, team.python)
    assert team.manage("uninstall").returncode == 0
    assert team.commit() == ([], 1)
    assert uninstall(team.repo).restored == []
    assert team.hooks() == before


@pytest.mark.parametrize("manager", ["prek", "lefthook"])
def test_one_that_looks_for_itself_in_our_directory_only_harms_nobody_there(manager: str, team: Team) -> None:
    before = team.hooks()
    team.install()
    install(team.repo, team.python)
    team.manage("uninstall")
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).ok
    team.manage("uninstall")
    assert team.hooks() == before


@pytest.mark.parametrize("manager", ["pre-commit", "lefthook"])
def test_after_us_it_refuses_and_the_order_that_install_names_works(manager: str, team: Team) -> None:
    report = install(team.repo, team.python)
    before = team.hooks()
    assert team.manage("install").returncode == 1
    assert team.hooks() == before
    assert team.commit() == ([], 1)
    assert "`spec-kitty-hooks uninstall`, then its own install, then `spec-kitty-hooks install`" in report.notes[-1]
    assert uninstall(team.repo).ok
    team.install()
    assert install(team.repo, team.python).ok
    assert team.commit() == (["team"], 1)


# -- prek, which installs into whatever directory is in force


@pytest.mark.parametrize("manager", ["prek"])
def test_in_our_directory_it_runs_us_and_the_next_install_puts_each_in_its_place(manager: str, team: Team) -> None:
    install(team.repo, team.python)
    team.install()
    assert team.commit() == (["team"], 1)
    report = install(team.repo, team.python)
    assert (report.ok, report.kept) == (True, ["pre-commit"])
    assert "another tool" in report.notes[0]
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).ok
    assert team.commit() == (["team"], 0)
    assert not (team.repo.path / ".git/spec-kitty-hooks").exists()


@pytest.mark.parametrize("manager", ["prek"])
def test_installed_before_us_and_again_after_us_each_still_runs_once(manager: str, team: Team) -> None:
    team.install()
    install(team.repo, team.python)
    team.install()
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).ok
    assert team.commit() == (["team"], 0)
    assert not (team.repo.path / ".git/spec-kitty-hooks").exists()


@pytest.mark.parametrize("manager", ["prek"])
def test_uninstalled_from_our_directory_it_leaves_us_as_we_were(manager: str, team: Team) -> None:
    install(team.repo, team.python)
    before = bytes_of(team.repo.path / ".git/spec-kitty-hooks")
    team.install()
    assert team.manage("uninstall").returncode == 0
    assert bytes_of(team.repo.path / ".git/spec-kitty-hooks") == before
    assert team.commit() == ([], 1)


@pytest.mark.parametrize("manager", ["prek"])
def test_forced_it_drops_us_which_is_seen_and_mended(manager: str, team: Team) -> None:
    install(team.repo, team.python)
    assert team.manage("install", "-f").returncode == 0
    assert team.commit() == (["team"], 0)
    assert inspect(team.repo).remediation == ["spec-kitty-hooks install"]
    assert install(team.repo, team.python).ok
    assert inspect(team.repo).problems == []
    assert team.commit() == (["team"], 1)


# -- lefthook, which writes its hooks anew by itself


@pytest.mark.parametrize("manager", ["lefthook"])
def test_its_own_refresh_leaves_our_directory_alone(manager: str, team: Team, tmp_path: Path) -> None:
    team.install()
    install(team.repo, team.python)
    before = team.hooks(), bytes_of(team.repo.path / ".git/spec-kitty-hooks")
    configure(team.repo, manager, {"new": noting(tmp_path, "new", team.notes)})
    assert team.commit() == (["new"], 1)
    assert team.commit() == (["new"], 1)
    assert (team.hooks(), bytes_of(team.repo.path / ".git/spec-kitty-hooks")) == before


@pytest.mark.parametrize("manager", ["lefthook"])
@pytest.mark.parametrize("option", ["--force", "--reset-hooks-path"])
def test_told_to_it_takes_our_place_which_is_seen_and_mended(option: str, manager: str, team: Team) -> None:
    install(team.repo, team.python)
    assert team.manage("install", option).returncode == 0
    assert team.commit() == (["team"], 0)
    assert inspect(team.repo).remediation == ["spec-kitty-hooks install"]
    report = install(team.repo, team.python)
    assert (report.ok, report.kept) == (True, ["pre-commit"])
    assert inspect(team.repo).problems == []
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).ok
    assert team.commit() == (["team"], 0)
    assert not (team.repo.path / ".git/spec-kitty-hooks").exists()


# -- nothing runs twice


@every_manager
def test_a_manager_that_lists_our_hook_too_does_not_judge_a_second_time(
    manager: str, team: Team, tmp_path: Path
) -> None:
    programs = {"team": noting(tmp_path, "team", team.notes), OURS: noting(tmp_path, "ours", team.notes)}
    configure(team.repo, manager, programs)
    team.install()
    assert team.commit() == (["team", "ours"], 0)
    install(team.repo, team.python)
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).ok
    assert team.commit() == (["team", "ours"], 0)


@every_manager
def test_what_a_person_leaves_out_stays_left_out(manager: str, team: Team, tmp_path: Path) -> None:
    programs = {name: noting(tmp_path, name, team.notes) for name in ("team", "slow")}
    configure(team.repo, manager, {**programs, OURS: noting(tmp_path, "ours", team.notes)})
    team.install()
    install(team.repo, team.python)
    team.repo.env |= {"SKIP": "slow", "LEFTHOOK_EXCLUDE": "$(exit 9) '\",slow"}
    assert team.commit() == (["team"], 1)


@pytest.mark.parametrize("manager", ["prek"])
def test_prek_is_not_told_to_skip_a_hook_that_it_does_not_have(manager: str, team: Team) -> None:
    team.install()
    install(team.repo, team.python)
    team.repo.append("src/a/changing.py", b"x\n")
    team.repo.stage()
    assert "did not match" not in team.repo.try_commit().stderr


def test_the_documentation_lists_our_hooks_by_the_names_that_managers_are_told_to_skip() -> None:
    blocks = (ROOT / "docs" / "beside.md").read_text().split("```yaml\n")[1:]
    framework, lefthook = (yaml.safe_load(block.partition("```")[0]) for block in blocks)
    assert [hook["id"] for hook in framework["repos"][0]["hooks"]] == [hook.manifest_id for hook in HOOKS]
    assert {name: [job["name"] for job in stage["jobs"]] for name, stage in lefthook.items()} == {
        hook.name: [hook.manifest_id] for hook in HOOKS
    }


# -- hooks behind hooks


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_the_hook_that_the_framework_found_runs_once_and_survives_all_of_us(
    manager: str, team: Team, tmp_path: Path
) -> None:
    put_hook(team.repo, "pre-commit", noting(tmp_path, "first", team.notes).read_bytes())
    before = team.hooks()
    team.install()
    install(team.repo, team.python)
    assert team.commit() == (["first", "team"], 1)
    if manager == "pre-commit":  # prek looks into our directory only
        assert team.manage("uninstall").returncode == 0
        assert team.commit() == (["first"], 1)
    assert uninstall(team.repo).ok
    team.manage("uninstall")
    assert team.hooks() == before
    assert team.commit() == (["first"], 0)


@every_manager
def test_the_clients_guard_over_the_managers_hook_takes_nothing_away(manager: str, team: Team) -> None:
    team.install()
    before = team.hooks()
    install(team.repo, team.python)
    put_hook(team.repo, "pre-commit", GUARD)
    assert team.commit() == (["team"], 1)
    assert uninstall(team.repo).restored == ["pre-commit"]
    assert team.hooks() == before


@every_manager
def test_a_linked_worktree_runs_both_once(manager: str, team: Team, tmp_path: Path) -> None:
    team.install()
    install(team.repo, team.python)
    assert team.commit(at=team.repo.worktree(tmp_path / "linked", "topic", "main")) == (["team"], 1)


@pytest.mark.parametrize("manager", ["lefthook"])
@pytest.mark.parametrize("act", ["new", "deleted", "renamed", "-a"])
def test_as_a_job_of_lefthook_our_hook_sees_the_whole_change(
    act: str, manager: str, team: Team, mission: Mission, tmp_path: Path
) -> None:
    job = tmp_path / "job"
    job.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in hook_command("pre-commit")) + "\n")
    job.chmod(0o755)
    configure(team.repo, manager, {OURS: job})
    team.repo.commit("more", files={"src/c/tool.py": "c\n"})
    lane = mission.implement("WP01")
    team.install()
    if act == "deleted":
        lane.git("rm", "-q", "src/c/tool.py")
    elif act == "renamed":
        lane.git("mv", "src/c/tool.py", "src/a/moved.py")
    else:
        lane.write("src/c/new.py" if act == "new" else "src/c/tool.py", "changed\n")
        lane.stage(*(["src/c/new.py"] if act == "new" else ["README.md"]))
    at = Repo(lane.path, team.repo.env, lane.clock)
    done = at.try_commit(*(("-a",) if act == "-a" else ()))
    assert done.returncode == 1
    assert printed_codes(done.stdout + done.stderr) == ["ACTIVE_WP_SCOPE_VIOLATION"]


# -- git 2.54, whose configuration hooks run beside .git/hooks


@pytest.fixture
def new_git(team: Team, tmp_path: Path) -> Team:
    """The team in a repository in which the client never worked, as seen by a git that says 2.54."""
    fake = tmp_path / "new git"
    fake.mkdir()
    (fake / "git").write_text(
        f'#!/bin/sh\n[ "$1" != version ] || {{ echo git version 2.54.0; exit; }}\nexec {shutil.which("git")} "$@"\n'
    )
    (fake / "git").chmod(0o755)
    team.repo.git("rm", "-rqf", ".kittify")
    team.repo.commit("without the client", no_verify=True)
    team.repo.env["PATH"] = f"{fake}:{team.repo.env['PATH']}"
    return team


def configured(repo: Repo) -> list[str]:
    """Return the events for which the configuration names a hook."""
    listed = repo.git("config", "--get-regexp", r"^hook\..*\.event$", check=False).stdout
    return [line.split()[1] for line in listed.splitlines()]


@every_manager
def test_beside_configuration_hooks_a_manager_keeps_its_place(manager: str, new_git: Team) -> None:
    new_git.install()
    before = new_git.hooks()
    assert install(new_git.repo, new_git.python).scheme == "config-hooks"
    assert configured(new_git.repo) == [hook.name for hook in HOOKS]
    assert new_git.manage("install").returncode == 0, "no core.hooksPath is in its way"
    assert uninstall(new_git.repo).ok
    assert new_git.hooks() == before


@every_manager
def test_what_a_manager_runs_already_is_left_to_it_where_nobody_can_tell_it_not_to(
    manager: str, new_git: Team, tmp_path: Path
) -> None:
    configure(new_git.repo, manager, {OURS: noting(tmp_path, "ours", new_git.notes)})
    new_git.install()
    report = install(new_git.repo, new_git.python)
    assert (report.ok, report.installed) == (True, [hook.name for hook in HOOKS[1:]])
    assert f"pre-commit: left to {manager}" in report.notes[0]
    assert configured(new_git.repo) == [hook.name for hook in HOOKS[1:]]


@pytest.mark.parametrize("manager", ["pre-commit"])
def test_where_it_runs_them_all_nothing_is_installed_and_install_says_why(
    manager: str, new_git: Team, tmp_path: Path
) -> None:
    ours = noting(tmp_path, "ours", new_git.notes)
    configure(new_git.repo, manager, {hook.manifest_id: ours for hook in HOOKS})
    types = [word for hook in HOOKS for word in ("-t", hook.name)]
    assert new_git.manage("install", *types).returncode == 0
    before = new_git.hooks()
    report = install(new_git.repo, new_git.python)
    assert (report.ok, "pre-commit runs every hook of ours here already" in (report.problem or "")) == (False, True)
    assert new_git.hooks() == before
    assert not (new_git.repo.path / ".git/spec-kitty-hooks").exists()
