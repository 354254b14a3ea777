"""The work packages of one mission as they lie in the work tree, and what is wrong with them one by one.

Reads heads; compares no two work packages (that is `relations`) and writes nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_kitty_hooks import limits, safefile
from spec_kitty_hooks.mission.frontmatter import read_work_package, split_head, work_package_id_of
from spec_kitty_hooks.mission.registry import ROOT
from spec_kitty_hooks.pathglob import PatternSet, specificity
from spec_kitty_hooks.report.data import to_text
from spec_kitty_hooks.scaffold.models import PlanCode, PlanFinding
from spec_kitty_hooks.text import quote_shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_kitty_hooks.model.mission import WorkPackage
    from spec_kitty_hooks.scaffold.checkout import Checkout

CODE_CHANGE = "code_change"
PLANNING_ARTIFACT = "planning_artifact"
_BYTES_READ = limits.JSON_FILE_BYTES  # a whole file, prose included; its head has a limit of its own
_NEVER = ()  # the specificity of a pattern that matches nothing


class PackageFile:
    """One file `WP*.md` of tasks/: its head, and the line of any key in it."""

    def __init__(self, path: bytes, data: bytes) -> None:
        self.head = read_work_package(path, data)
        self.path = path
        self._lines = split_head(data).yaml.split(b"\n")

    @property
    def wp_id(self) -> str:
        """The id, "" if there is none."""
        return self.head.wp_id

    @property
    def is_planning(self) -> bool:
        """Whether the work happens in the primary checkout, on the target branch itself."""
        return self.head.execution_mode == PLANNING_ARTIFACT

    def line_of(self, key: str) -> int:
        """Return the 1-based line of the file on which a key of the head stands, 1 if it is not there."""
        start = key.encode() + b":"
        return next((number for number, line in enumerate(self._lines, 2) if line.startswith(start)), 1)

    def finding(self, code: PlanCode, message: str, *remedies: str, key: str = "", line: int = 0) -> PlanFinding:
        """Return a finding that blocks, about this file at a key or line."""
        return PlanFinding(
            diagnostic_code=code,
            work_package_id=self.wp_id,
            path=to_text(self.path),
            line=line or (self.line_of(key) if key else 0),
            message=to_text(message),
            remediation=list(remedies) or [f"edit {quote_shell(self.path)}"],
        )


def read_packages(checkout: Checkout, directory: str) -> tuple[list[PackageFile], list[PlanFinding]]:
    """Return the files of tasks/ that are meant to be work packages, by name, and those that cannot be read."""
    base = f"{ROOT}/{directory}/tasks".encode()
    found, problems = [], []
    try:
        names = sorted(os.listdir(os.path.join(checkout.top, base)))
    except (FileNotFoundError, NotADirectoryError):
        names = []
    for name in names:
        if name.startswith(b"WP") and name.endswith(b".md"):
            path = base + b"/" + name
            read = safefile.read_file(checkout.top, path, _BYTES_READ)
            package = PackageFile(path, read.data or b"")
            found.append(package)
            if read.data is None:
                problems.append(package.finding("PLAN_HEAD_INVALID", f"the file cannot be read: {read.problem}"))
    return found, problems


def check_packages(packages: list[PackageFile], directory: str) -> Iterator[PlanFinding]:
    """Yield what is wrong with single work packages, and with their ids taken together."""
    if not packages:
        tasks = f"{ROOT}/{directory}/tasks"
        message = f"{tasks} has no work package: no file is named WPnn-name.md"
        yield PlanFinding(
            diagnostic_code="PLAN_WORK_PACKAGES_MISSING",
            path=tasks,
            message=message,
            remediation=[f"write {tasks}/WP01-name.md (spec-kitty-hooks mission new makes an example)"],
        )
    first: dict[str, PackageFile] = {}
    for package in packages:
        yield from _check_head(package)
        other = first.setdefault(package.wp_id, package) if package.wp_id else package
        if other is not package:
            message = f"{os.path.basename(other.path).decode('utf-8', 'replace')} is {package.wp_id}, too"
            key = "work_package_id"
            yield package.finding("PLAN_ID_DUPLICATE", message, "give one of them another id and file name", key=key)


def _check_head(package: PackageFile) -> Iterator[PlanFinding]:
    head: WorkPackage = package.head
    if head.problem:
        yield package.finding("PLAN_HEAD_INVALID", head.problem, line=head.line)
        return
    if not work_package_id_of(os.path.basename(package.path)):
        message = "the file's name does not begin with WP, two to four digits and a dash"
        yield package.finding("PLAN_HEAD_INVALID", message, f"rename it to {head.wp_id or 'WP01'}-name.md", line=1)
    if head.execution_mode not in ("", CODE_CHANGE, PLANNING_ARTIFACT):
        message = f"execution_mode is {head.execution_mode}; it must be {CODE_CHANGE} or {PLANNING_ARTIFACT}"
        yield package.finding("PLAN_HEAD_INVALID", message, key="execution_mode")
    if not head.owned_files:
        step = "list patterns below owned_files, for example `- src/export/**`"
        yield package.finding("PLAN_OWNERSHIP_MISSING", f"{head.wp_id} owns no files", step, key="owned_files")
    yield from _check_patterns(package)


def _check_patterns(package: PackageFile) -> Iterator[PlanFinding]:
    oversized = set(PatternSet(package.head.owned_files).problems)
    for pattern in package.head.owned_files:
        if pattern in oversized:
            reason = f"is longer than {limits.PATTERN_BYTES} bytes or {limits.PATTERN_SEGMENTS} segments"
        elif specificity(pattern) == _NEVER:
            reason = "can never match: paths start at the top of the repository, without / in front and without .."
        else:
            continue
        yield package.finding("PLAN_PATTERN_INVALID", f"the pattern {pattern} {reason}", key="owned_files")
