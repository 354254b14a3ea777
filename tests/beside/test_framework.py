"""Our hooks under the real pre-commit framework: the same findings as natively, in CI too, without network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml
from support.clock import Clock
from support.hooks import install_native
from support.judging import printed_codes
from support.managers import PRE_COMMIT, ROOT, Framework, obtain, offline, run
from support.missions import Mission, build_mission, seed
from support.repo import Repo

from spec_kitty_hooks import catalog

pytestmark = pytest.mark.timeout(300)  # the first test of a session builds the environment

LANES = {"lane-a": {"WP01": ["src/a/**"], "WP02": ["src/b/**"]}, "lane-b": {"WP03": ["src/c/**"]}}
TYPES = [f"--hook-type={hook.name}" for hook in catalog.HOOKS]
CONFIG = ".pre-commit-config.yaml"
FOREIGN = ("ACTIVE_WP_SCOPE_VIOLATION",)

Env = dict[str, str]
Act = Callable[[Mission, Repo], CompletedProcess[str]]


def scene(path: Path, env: dict[str, str], config: str) -> tuple[Mission, Repo]:
    """Build a mission with WP01 in progress, published, and return it with its lane's worktree."""
    repo = seed(Repo.init(path / "repo", env, Clock()))
    repo.commit("config", files={CONFIG: config, "src/c/tool.py": "c\n", "src/a/tool.py": "a\n"})
    mission = build_mission(repo, LANES)
    lane = mission.implement("WP01")
    repo.add_remote("origin", Repo.init(path / "origin.git", env, repo.clock, "--bare"))
    repo.push("main")
    return mission, lane


# -- what people do


def plain(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/a/new.py", "x\n")
    lane.stage()
    return lane.try_commit()


def foreign(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/c/new.py", "x\n")
    lane.stage()
    return lane.try_commit()


def all_tracked(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/c/tool.py", "changed\n")
    return lane.try_commit("-a")


def one_path(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/a/tool.py", "changed\n")
    lane.write("src/c/tool.py", "changed\n")
    lane.stage("src/c/tool.py")
    return lane.try_commit("--", "src/a/tool.py")


def the_other_path(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/a/tool.py", "changed\n")
    lane.write("src/c/tool.py", "changed\n")
    lane.stage("src/a/tool.py")
    return lane.try_commit("--", "src/c/tool.py")


def deletion(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.git("rm", "-q", "src/c/tool.py")
    return lane.try_commit()


def rename_out_of_another(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.git("mv", "src/c/tool.py", "src/a/moved.py")
    return lane.try_commit()


def mode_change(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.git("update-index", "--chmod=+x", "src/c/tool.py")
    return lane.try_commit()


def amend(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.commit("slipped through", files={"src/c/tool.py": "changed\n"}, no_verify=True)
    lane.write("src/a/tool.py", "changed\n")
    lane.stage()
    return lane.try_commit("--amend")


def named_like_an_option(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("--allow-all", "x\n")
    lane.stage()
    return lane.try_commit()


def merge(mission: Mission, lane: Repo) -> CompletedProcess[str]:
    mission.repo.commit("elsewhere", files={"src/c/more.py": "x\n"}, no_verify=True)
    return lane.git("merge", "--no-edit", "main", check=False)


def merge_that_loses_an_event(mission: Mission, lane: Repo) -> CompletedProcess[str]:
    repo = mission.repo
    repo.branch("topic")
    mission.transition("WP03", "claimed")
    repo.commit_to("topic", {mission.log_path: mission.read_log() + b"\n"})
    repo.git("merge", "--no-commit", "-s", "ours", "topic", check=False)
    kept = repo.show("HEAD~1", mission.log_path)
    repo.write(mission.log_path, kept)
    repo.stage(mission.log_path)
    return repo.try_commit()


def published_event_removed(mission: Mission, _lane: Repo) -> CompletedProcess[str]:
    mission.repo.write(mission.log_path, b"".join(mission.read_log().splitlines(keepends=True)[:-1]))
    mission.repo.stage(mission.log_path)
    return mission.repo.try_commit()


def own_event_taken_back(mission: Mission, _lane: Repo) -> CompletedProcess[str]:
    before = mission.read_log()
    mission.transition("WP03", "claimed")
    mission.repo.write(mission.log_path, before)
    mission.repo.stage(mission.log_path)
    return mission.repo.try_commit()


def unstaged_beside_staged(_mission: Mission, lane: Repo) -> CompletedProcess[str]:
    lane.write("src/a/tool.py", "staged\n")
    lane.stage()
    lane.write("src/a/tool.py", "staged\nand more\n")
    lane.write("src/c/tool.py", "not staged\n")
    return lane.try_commit()


MATRIX: dict[Act, tuple[bool, tuple[str, ...]]] = {
    plain: (True, ()),
    foreign: (False, FOREIGN),
    all_tracked: (False, FOREIGN),
    one_path: (True, ()),
    the_other_path: (False, FOREIGN),
    deletion: (False, FOREIGN),
    rename_out_of_another: (False, FOREIGN),
    mode_change: (False, FOREIGN),
    amend: (False, FOREIGN),
    named_like_an_option: (False, FOREIGN),
    merge: (True, ()),
    merge_that_loses_an_event: (False, ("MERGE_LOST_EVENTS",)),
    published_event_removed: (False, ("EVENT_LOG_NOT_APPEND_ONLY",)),
    own_event_taken_back: (True, ("EVENT_LOG_ROLLED_BACK",)),
    unstaged_beside_staged: (True, ()),
}


def findings(ran: CompletedProcess[str]) -> list[str]:
    """Return the lines that name findings, as printed, without the indentation of a framework."""
    lines = [line.strip() for line in (ran.stdout + ran.stderr).splitlines()]
    return [line for line in lines if printed_codes(line) or line.startswith("next: ")]


def outcome(ran: CompletedProcess[str]) -> tuple[bool, tuple[str, ...]]:
    return ran.returncode == 0, tuple(printed_codes("\n".join(findings(ran))))


@pytest.mark.slow
@pytest.mark.parametrize("act", MATRIX, ids=lambda act: act.__name__)
def test_the_framework_and_git_itself_lead_to_the_same_findings(
    act: Act, tmp_path: Path, framework: Framework, sealed: Env
) -> None:
    config = framework.published.configuration()
    mission, lane = scene(tmp_path / "native", sealed, config)
    install_native(mission.repo)
    natively = act(mission, lane)
    mission, lane = scene(tmp_path / "framed", {**sealed, **framework.env}, config)
    done = run(*PRE_COMMIT, "install", *TYPES, env=mission.repo.env, cwd=mission.repo.path)
    assert done.returncode == 0, done.stdout + done.stderr
    framed = act(mission, lane)
    assert outcome(natively) == MATRIX[act]
    here = [line.replace("/framed/", "/native/") for line in findings(framed)]
    assert (framed.returncode == 0, here) == (natively.returncode == 0, findings(natively))


# -- without a commit: by hand, and on a CI service


def through(repo: Repo, *args: str, cut_off: bool = True) -> CompletedProcess[str]:
    """Run the framework's program, without network where this machine can cut it off."""
    return run(*(offline() if cut_off else ()), *PRE_COMMIT, *args, env=repo.env, cwd=repo.path)


@pytest.fixture
def served(tmp_path: Path, framework: Framework, sealed: Env) -> tuple[Mission, Repo]:
    """A mission in a repository that lists our hooks, with the framework's store at hand."""
    return scene(tmp_path / "served", {**sealed, **framework.env}, framework.published.configuration())


def test_a_run_by_hand_judges_what_is_staged(served: tuple[Mission, Repo]) -> None:
    _mission, lane = served
    lane.write("src/c/new.py", "x\n")
    lane.stage()
    ran = through(lane, "run")
    assert outcome(ran) == (False, FOREIGN)
    assert "what you staged is still staged" in ran.stdout


def test_all_files_in_a_shallow_detached_clone_without_network_judges_the_logs_and_says_what_it_could_not(
    served: tuple[Mission, Repo], tmp_path: Path
) -> None:
    mission, _lane = served
    clone = mission.repo.clone(tmp_path / "ci", "--depth=1")
    clone.checkout("HEAD", "--detach")
    if not offline():
        pytest.skip("this machine does not let us run without network (unshare)")
    ran = through(clone, "run", "--all-files", "--show-diff-on-failure")
    assert outcome(ran) == (True, ())
    assert ran.stdout.count("pass: 1 event log at ") == 1
    assert "not judged: ownership, and what the logs lost earlier" in ran.stdout
    clone.append(mission.log_path, mission.read_log().splitlines(keepends=True)[-1].replace(b"in_progress", b"blocked"))
    clone.commit("damage", no_verify=True)
    assert outcome(through(clone, "run", "--all-files")) == (False, ("EVENT_ID_CONFLICT",))


def test_a_range_that_the_framework_names_is_compared(served: tuple[Mission, Repo]) -> None:
    mission, _lane = served
    repo = mission.repo
    assert outcome(through(repo, "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD")) == (True, ())
    repo.write(mission.log_path, b"".join(mission.read_log().splitlines(keepends=True)[:-1]))
    repo.commit("lose", no_verify=True)
    ran = through(repo, "run", "--from-ref", "origin/main", "--to-ref", "HEAD")
    assert outcome(ran) == (False, ("EVENT_LOG_NOT_APPEND_ONLY",))


def test_a_push_of_two_branches_judges_all_that_is_ahead_though_the_framework_shows_one(
    served: tuple[Mission, Repo],
) -> None:
    mission, lane = served
    done = run(*PRE_COMMIT, "install", *TYPES, env=lane.env, cwd=mission.repo.path)
    assert done.returncode == 0, done.stdout + done.stderr
    lane.push("main", lane.current_branch())
    lane.commit("slipped through", files={"src/c/tool.py": "changed\n"}, no_verify=True)
    lane.branch("aaa", "HEAD~1")
    refused = lane.push("aaa:topic", lane.current_branch(), check=False)
    assert outcome(refused) == (False, FOREIGN), refused.stdout + refused.stderr


@pytest.mark.slow
def test_try_repo_builds_it_from_a_wheelhouse_and_judges(served: tuple[Mission, Repo], framework: Framework) -> None:
    _mission, lane = served
    lane.write("src/c/new.py", "x\n")
    lane.stage()
    hook_id = catalog.HOOKS[0].manifest_id
    ran = through(lane, "try-repo", str(framework.published.repo.path), hook_id, "--verbose")
    assert outcome(ran) == (False, FOREIGN), ran.stdout + ran.stderr


@pytest.mark.slow
def test_prek_takes_the_same_manifest(
    served: tuple[Mission, Repo], programs: Callable[[str], Path], framework: Framework, shared: Path
) -> None:
    mission, lane = served
    prek, uv = programs("prek"), programs("uv")
    wheels = framework.env["PIP_FIND_LINKS"]
    own = {"PATH": f"{prek}:{uv}:{lane.env['PATH']}", "PREK_HOME": str(obtain(shared, "prek", lambda _target: None))}
    env = {**lane.env, **own, "UV_FIND_LINKS": wheels, "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    at = Repo(lane.path, env, lane.clock)
    assert run(prek / "prek", "install", *TYPES, env=env, cwd=mission.repo.path).returncode == 0
    assert outcome(foreign(mission, at)) == (False, FOREIGN)
    at.git("rm", "-qf", "--cached", "src/c/new.py")
    assert outcome(deletion(mission, at)) == (False, FOREIGN)
    ran = run(*offline(), prek / "prek", "run", "--all-files", env=env, cwd=mission.repo.path)
    assert (ran.returncode, "not judged: ownership" in ran.stdout) == (0, True)


def test_nothing_in_the_repository_is_imported_whatever_the_environment_says(served: tuple[Mission, Repo]) -> None:
    _mission, lane = served
    lane.write("spec_kitty_hooks/__init__.py", f"open({str(lane.path / 'planted')!r}, 'w')\n")
    lane.write("src/c/new.py", "x\n")
    lane.stage("src/c/new.py")
    lane.env["PYTHONPATH"] = str(lane.path)
    assert outcome(through(lane, "run")) == (False, FOREIGN)
    assert not lane.exists("planted")


def test_the_manifest_shows_what_our_hooks_say_when_they_pass() -> None:
    entries = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert all(entry["verbose"] for entry in entries), "a warning, or what could not be judged, would look green"
