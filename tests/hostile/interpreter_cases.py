"""Work trees and environments that offer our interpreter something else to run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from support.hostile import Scene, hostile

STANDARD = ("json.py", "re.py", "typing.py", "enum.py", "subprocess.py", "datetime.py", "pathlib.py", "tempfile.py")
DEPENDENCIES = (
    "click.py",
    "yaml.py",
    "pydantic.py",
    "pydantic_core.py",
    "pygit2.py",
    "rich.py",
    "typing_extensions.py",
)
SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


@hostile()
def planted_sitecustomize(scene: Scene) -> None:
    scene.plant_module("sitecustomize.py", "usercustomize.py")


@hostile()
def planted_standard_library(scene: Scene) -> None:
    scene.plant_module(*STANDARD, "encodings/__init__.py", "_json.py", "os.py")


@hostile()
def planted_dependencies(scene: Scene) -> None:
    scene.plant_module(*DEPENDENCIES)


@hostile()
def planted_package(scene: Scene) -> None:
    scene.plant_module("spec_kitty_hooks/__init__.py", "spec_kitty_hooks/__main__.py", "spec_kitty_hooks.py")


@hostile()
def planted_entry_points(scene: Scene) -> None:
    scene.plant_module("evil.py")
    for place in (scene.repo, scene.lane):
        place.write("evil-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
        place.write(
            "evil-1.dist-info/entry_points.txt", "[pydantic]\nevil = evil:plugin\n[console_scripts]\nx = evil:x\n"
        )


@hostile()
def planted_environment_of_python(scene: Scene) -> None:
    scene.plant_module("evil.py", f"{SITE}/usercustomize.py", f"{SITE}/sitecustomize.py")
    for place in (scene.repo, scene.lane):
        place.write("pyvenv.cfg", f"home = {place.path}\ninclude-system-site-packages = true\n")
        place.write("evil.pth", "import evil\n")
        place.write(f"{SITE}/evil.pth", "import usercustomize\n")


@hostile()
def python_path_points_into_the_work_tree(scene: Scene) -> None:
    scene.plant_module("sitecustomize.py", *STANDARD, *DEPENDENCIES, "spec_kitty_hooks/__init__.py")
    scene.commit_env["PYTHONPATH"] = os.pathsep.join(("", ".", str(scene.lane.path), "src/a"))


@hostile()
def python_home_points_into_the_work_tree(scene: Scene) -> None:
    scene.plant_module("lib/site.py", f"{SITE}/../os.py", f"{SITE}/sitecustomize.py")
    scene.commit_env.update(PYTHONHOME=str(scene.lane.path), PYTHONPLATLIBDIR="src")


@hostile()
def python_user_base_points_into_the_work_tree(scene: Scene) -> None:
    scene.plant_module(f"{SITE}/usercustomize.py", f"{SITE}/yaml.py")
    scene.lane.write(f"{SITE}/evil.pth", "import usercustomize\n")
    scene.commit_env["PYTHONUSERBASE"] = str(scene.lane.path)


@hostile()
def python_startup_and_inspection(scene: Scene) -> None:
    scene.plant_module("startup.py", "sitecustomize.py")
    startup = str(scene.lane.path / "startup.py")
    scene.env.update(PYTHONSTARTUP=startup, PYTHONINSPECT="1", PYTHONBREAKPOINT="startup.hook", PYTHONDEBUG="1")


@hostile()
def python_warnings_name_a_module(scene: Scene) -> None:
    scene.plant_module("evil.py")
    scene.commit_env.update(PYTHONPATH=".", PYTHONWARNINGS="error::evil.Evil", PYTHONVERBOSE="2", PYTHONTRACEMALLOC="x")


@hostile()
def python_writes_byte_code_into_the_work_tree(scene: Scene) -> None:
    scene.commit_env.update(
        PYTHONPYCACHEPREFIX=str(scene.lane.path / "cache"), PYTHONPERFSUPPORT="1", PYTHONDUMPREFS="1"
    )


@hostile()
def a_search_path_that_begins_in_the_work_tree(scene: Scene) -> None:
    _plant_programs(scene)
    scene.env["PATH"] = os.pathsep.join((".", "", str(Path("src", "a")), scene.repo.env["PATH"]))


@hostile(own=0, foreign=3, context=3, explain=3, where=3, status=3, check_path=3, says="")  # git shows its own to hooks
def a_search_path_with_no_git_but_the_work_tree_s(scene: Scene) -> None:
    _plant_programs(scene)
    scene.env["PATH"] = os.pathsep.join((".", ""))


@hostile()
def a_team_s_hook_under_such_a_search_path(scene: Scene) -> None:
    hook = scene.repo.path / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 0\n")
    hook.chmod(0o755)
    assert scene.command("install").code == 0
    hook.write_text("#!/bin/sh\nexit 0 # commit_guard_hook, or what else is there now\n")
    _plant_programs(scene)
    scene.env["PATH"] = os.pathsep.join((".", scene.repo.env["PATH"]))


@hostile()
def a_shell_start_file_in_the_work_tree(scene: Scene) -> None:
    start = scene.plant_program(scene.lane.path / "start.sh")
    scene.env.update(ENV=str(start), BASH_ENV=str(start), SHELLOPTS="xtrace", CDPATH=".", IFS="/")


@hostile()
def a_home_in_the_work_tree(scene: Scene) -> None:
    scene.plant_module(f".local/{SITE}/usercustomize.py", f".local/{SITE}/click.py")
    scene.commit_env["HOME"] = str(scene.lane.path)


def _plant_programs(scene: Scene) -> None:
    for place in (scene.repo, scene.lane):
        for name in ("git", "sh", "python", "python3", "env", "cat", "cmp", "grep", "ps", "git-diff", "git-cat-file"):
            scene.plant_program(place.path / name)
            scene.plant_program(place.path / "src" / "a" / name)
