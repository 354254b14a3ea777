"""The work packages of a mission at one commit: their heads, and the patterns they own (design 4.5, formats 5)."""

from __future__ import annotations

from spec_kitty_hooks.mission.frontmatter import read_work_package, work_package_id_of
from spec_kitty_hooks.model.context import Owner
from spec_kitty_hooks.model.mission import WorkPackage
from spec_kitty_hooks.pathglob import PatternSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_kitty_hooks.mission.source import Source


class WorkPackages:
    """The tasks/ directory of one mission at one commit; heads are read when asked for, each once."""

    def __init__(self, source: Source, commit: str, directory: str) -> None:
        self._source = source
        self._base = f"kitty-specs/{directory}/tasks"
        self._files: dict[str, list[tuple[bytes, str]]] = {}
        self._owners: dict[str, Owner] = {}
        for entry in source.tree(f"{commit}:{self._base}") or () if commit else ():
            wp_id = work_package_id_of(entry.name)
            if wp_id and entry.mode & 0o170000 == 0o100000:
                path = self._base.encode() + b"/" + entry.name
                self._files.setdefault(wp_id, []).append((path, entry.oid))

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all work packages that have a file."""
        return tuple(sorted(self._files))

    def owners(self, wp_ids: Iterable[str]) -> tuple[Owner, ...]:
        """Return the work packages asked for, in that order; one without a usable head owns nothing and says why."""
        wanted = [wp_id for wp_id in wp_ids if wp_id not in self._owners]
        files = [(wp_id, *self._files[wp_id][0]) for wp_id in wanted if len(self._files.get(wp_id, ())) == 1]
        blobs = self._source.read_many([oid for _wp, _path, oid in files])
        for (wp_id, path, _oid), blob in zip(files, blobs, strict=True):
            head = read_work_package(path, blob.data if blob else b"")
            patterns = PatternSet(() if head.problem else head.owned_files)
            if patterns.problems:
                head = head.replace(problem=f"over the limits of a pattern: {patterns.problems[0][:80]} ...")
            self._owners[wp_id] = Owner(work_package=head, patterns=patterns)
        return tuple(self._owners.get(wp_id) or self._absent(wp_id) for wp_id in dict.fromkeys(wp_ids))

    def _absent(self, wp_id: str) -> Owner:
        paths = [path for path, _oid in self._files.get(wp_id, ())]
        problem = f"{len(paths)} files in tasks/ claim {wp_id}" if paths else ""
        path = paths[0] if paths else b""
        return Owner(work_package=WorkPackage(wp_id=wp_id, path=path, problem=problem), patterns=PatternSet(()))
