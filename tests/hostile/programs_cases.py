"""Repositories whose configuration, attributes, hooks or inner repositories name programs."""

from __future__ import annotations

from pathlib import Path

from support.hostile import Scene, hostile

PLUMBING = ("diff", "rev-parse", "for-each-ref", "cat-file", "diff-tree", "merge-base", "ls-files", "symbolic-ref")
#: Every hook that some git command runs and no commit does.
HOOKS = ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman", "query-watchman")


@hostile()
def a_file_system_monitor(scene: Scene) -> None:
    scene.configure(core__fsmonitor=scene.canary(), core__useBuiltinFSMonitor="false", core__fsmonitorHookVersion="2")
    scene.configure(core__untrackedCache="true")


@hostile()
def filters_that_are_required(scene: Scene) -> None:
    for place in (scene.repo, scene.lane):
        place.write(".gitattributes", "* filter=evil text eol=crlf working-tree-encoding=UTF-16\n")
    canary = scene.canary()
    scene.configure(filter__evil__clean=canary, filter__evil__smudge=canary, filter__evil__required="true")
    scene.write_git("info/attributes", "* filter=evil\n")


@hostile(commit=False)
def a_filter_process(scene: Scene) -> None:
    scene.write_git("info/attributes", "* filter=evil diff=evil merge=evil\n")
    scene.configure(filter__evil__process=scene.canary(rest="exit 1"))


@hostile()
def an_external_diff(scene: Scene) -> None:
    scene.configure(diff__external=scene.canary(), diff__guitool="evil", difftool__evil__cmd=scene.canary())
    scene.env["GIT_EXTERNAL_DIFF"] = scene.canary()


@hostile()
def a_diff_driver_with_textconv(scene: Scene) -> None:
    scene.write_git("info/attributes", "* diff=evil\n")
    canary = scene.canary()
    scene.configure(diff__evil__textconv=canary, diff__evil__command=canary, diff__evil__cachetextconv="true")


@hostile()
def merge_drivers_and_tools(scene: Scene) -> None:
    scene.write_git("info/attributes", "* merge=evil\n")
    scene.configure(merge__evil__driver=f"{scene.canary()} %O %A %B", merge__default="evil", merge__tool="evil")
    scene.configure(mergetool__evil__cmd=scene.canary(), mergetool__evil__trustExitCode="true")


@hostile()
def pagers(scene: Scene) -> None:
    canary = scene.canary()
    scene.repo.git("config", "core.pager", canary)
    for name in PLUMBING:
        scene.repo.git("config", f"pager.{name}", canary)
    scene.configure(interactive__diffFilter=canary, color__ui="always", column__ui="always")
    scene.env.update(GIT_PAGER=canary, PAGER=canary, GIT_PAGER_IN_USE="1", LESSOPEN=f"|{canary}")


@hostile()
def editors_and_prompts(scene: Scene) -> None:
    canary = scene.canary()
    scene.configure(core__editor=canary, sequence__editor=canary, core__askPass=canary, credential__helper=canary)
    scene.env.update(
        GIT_EDITOR=canary, GIT_ASKPASS=canary, SSH_ASKPASS=canary, VISUAL=canary, GIT_SEQUENCE_EDITOR=canary
    )


@hostile()
def transports(scene: Scene) -> None:
    canary = scene.canary()
    scene.configure(core__sshCommand=canary, core__gitProxy=canary, core__alternateRefsCommand=canary)
    scene.configure(remote__origin__url=f"ext::{canary}", remote__origin__uploadpack=canary, protocol__allow="always")
    scene.configure(remote__origin__vcs="evil", uploadpack__packObjectsHook=canary, http__proxy=f"ext::{canary}")
    scene.configure(branch__main__remote="origin", branch__main__merge="refs/heads/main", fetch__prune="true")
    scene.env.update(GIT_SSH=canary, GIT_SSH_COMMAND=canary, GIT_PROXY_COMMAND=canary)


@hostile(commit=False)
def a_promisor_remote_that_is_a_program(scene: Scene) -> None:
    scene.configure(
        remote__origin__url=f"ext::{scene.canary(rest='exit 1')}",
        remote__origin__promisor="true",
        protocol__allow="always",
    )
    scene.configure(extensions__partialClone="origin", core__repositoryFormatVersion="1")
    scene.commit_env["GIT_ALLOW_PROTOCOL"] = "ext:file"
    scene.env["GIT_ALLOW_PROTOCOL"] = "ext:file"
    blob = scene.repo.ask("rev-parse", f"main:{scene.mission.path}/spec.md")
    (scene.repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


@hostile(
    commit=False,
    own=3,
    foreign=3,
    context=0,
    explain=3,
    where=0,
    status=0,
    check_path=3,
    says="ACTIVE_WP_METADATA_INVALID",
)
def a_promisor_remote_for_the_active_head(scene: Scene) -> None:
    scene.configure(
        remote__origin__url=f"ext::{scene.canary(rest='exit 1')}",
        remote__origin__promisor="true",
        protocol__allow="always",
    )
    scene.configure(extensions__partialClone="origin", core__repositoryFormatVersion="1")
    scene.env["GIT_ALLOW_PROTOCOL"] = "ext:file"
    blob = scene.repo.ask("rev-parse", f"main:{scene.mission.wp_path('WP01')}")
    (scene.repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


@hostile()
def aliases_of_plumbing(scene: Scene) -> None:
    for name in (*PLUMBING, "commit", "x"):
        scene.repo.git("config", f"alias.{name}", f"!{scene.canary()}")


@hostile()
def an_included_file_of_the_work_tree(scene: Scene) -> None:
    canary = scene.canary()
    keys = (
        f"[core]\n\tfsmonitor = {canary}\n\tpager = {canary}\n\tsshCommand = {canary}\n[diff]\n\texternal = {canary}\n"
    )
    for place in (scene.repo, scene.lane):
        place.write(".gitconfig", keys)
    scene.configure(include__path=str(scene.lane.path / ".gitconfig"))
    scene.repo.git("config", f"includeIf.gitdir:{scene.repo.path}/.path", str(scene.repo.path / ".gitconfig"))


@hostile()
def configuration_from_the_environment(scene: Scene) -> None:
    canary = scene.canary()
    pairs = (
        ("core.fsmonitor", canary),
        ("diff.external", canary),
        ("core.pager", canary),
        ("alias.diff", f"!{canary}"),
    )
    scene.env["GIT_CONFIG_COUNT"] = str(len(pairs))
    for number, (key, value) in enumerate(pairs):
        scene.env.update({f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value})
    scene.env["GIT_CONFIG_PARAMETERS"] = f"'core.fsmonitor'='{canary}' 'core.hooksPath'='{_own_hooks(scene)}'"


@hostile()
def a_signature_program(scene: Scene) -> None:
    canary = scene.canary()
    scene.configure(gpg__program=canary, gpg__ssh__program=canary, log__showSignature="true", gpg__x509__program=canary)
    text = scene.plainly("cat-file", "commit", "HEAD").replace(b"\n\n", b"\ngpgsig -----BEGIN\n -----END\n\n", 1)
    oid = scene.plainly("hash-object", "-t", "commit", "-w", "--stdin", input=text).strip()
    scene.plainly("update-ref", "HEAD", oid)


@hostile()
def hooks_of_every_name(scene: Scene) -> None:
    for name in HOOKS:
        scene.plant_program(scene.repo.path / ".git" / "hooks" / name)
        scene.plant_program(Path(_own_hooks(scene)) / name)
        scene.plant_program(scene.lane.path / "hooks" / name)


@hostile()
def a_submodule_with_an_update_command(scene: Scene) -> None:
    text = f'[submodule "evil"]\n\tpath = src/a/evil\n\turl = ext::{scene.canary()}\n\tupdate = !{scene.canary()}\n'
    scene.lane.write(".gitmodules", text)
    scene.configure(submodule__evil__update=f"!{scene.canary()}", submodule__recurse="true", submodule__active=".")
    scene.plainly("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},src/a/evil")
    scene.lane.git("-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "module")


@hostile()
def a_submodule_whose_name_ends_in_a_carriage_return(scene: Scene) -> None:
    scene.lane.write(".gitmodules", '[submodule "x\\r"]\n\tpath = "src/a/x\\r"\n\turl = ../evil\n\tignore = all\n')
    scene.lane.symlink(b"src/a/x", b"../../.git/modules/x/hooks")
    scene.plainly("update-index", "--add", "--cacheinfo", b"160000," + b"1" * 40 + b",src/a/x\r")
    scene.own = b"src/a/y\r"
    scene.foreign = b"src/b/y\r"


@hostile(context=0, explain=2, where=0, status=0, check_path=2)
def a_bare_repository_in_the_work_tree(scene: Scene) -> None:
    bare = scene.lane.path / "src" / "a" / "evil.git"
    scene.repo.git("init", "-q", "--bare", bare)
    _arm(scene, bare)
    scene.at = bare


@hostile(context=0, explain=0, where=0, status=0, check_path=0)
def a_bare_repository_with_a_work_tree_of_its_own(scene: Scene) -> None:
    bare = scene.lane.path / "evil"
    scene.repo.git("init", "-q", "--bare", bare)
    _arm(scene, bare)
    scene.repo.git("config", "-f", bare / "config", "core.bare", "false")
    scene.repo.git("config", "-f", bare / "config", "core.worktree", str(scene.outside))
    scene.at = bare
    scene.typed = bytes(scene.outside / "a"), bytes(scene.outside / "b")


@hostile(explain=0, check_path=0)
def a_repository_in_the_work_tree(scene: Scene) -> None:
    inner = scene.lane.path / "src" / "a" / "inner"
    scene.repo.git("init", "-q", inner)
    _arm(scene, inner / ".git")
    scene.at = inner


@hostile(explain=0, check_path=0)
def a_git_file_that_points_into_the_work_tree(scene: Scene) -> None:
    place = scene.lane.path / "src" / "a" / "deeper"
    scene.repo.git("init", "-q", "--separate-git-dir", scene.lane.path / "evil", place)
    _arm(scene, scene.lane.path / "evil")
    scene.at = place


def _own_hooks(scene: Scene) -> str:
    return str(scene.repo.path / ".git" / "spec-kitty-hooks" / "hooks")


def _arm(scene: Scene, git_dir: Path) -> None:
    """Name canaries in everything of a git directory that somebody else may have written."""
    canary = scene.canary()
    for key in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.editor", "core.askPass"):
        scene.repo.git("config", "-f", git_dir / "config", key, canary)
    for name in (*HOOKS, "pre-commit", "post-checkout"):
        scene.plant_program(git_dir / "hooks" / name)
