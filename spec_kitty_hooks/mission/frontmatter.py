"""The head of a work-package file: where it is, and what it says (formats 5).

Tolerant: any bytes give a `WorkPackage`; what cannot be used is named in its `problem` and never raised.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import strictyaml
from spec_kitty_hooks.mission.plainyaml import is_null
from spec_kitty_hooks.model.ids import is_work_package_id
from spec_kitty_hooks.model.mission import WorkPackage
from spec_kitty_hooks.model.record import Record

_BOM = b"\xef\xbb\xbf"
_FENCE = b"---"
_FIRST_LINE = 2  # the head starts below the fence
_AFTER_ID = (".md", "-", "_")


class Head(Record):
    """The YAML between the two fences; `first_line` is the 1-based line of the file that it starts on.

    `problem` says why there is none, `line` where (0 if no line applies).
    """

    yaml: bytes = b""
    first_line: int = _FIRST_LINE
    problem: str = ""
    line: int = 0


def split_head(data: bytes) -> Head:
    """Cut the head out of a Markdown file.

    The file starts with `---`; the head ends at the first following line that is `---` after trimming.
    """
    body = data.removeprefix(_BOM)
    if not body.startswith(_FENCE):
        return Head(problem="the file has no frontmatter: it does not start with `---`", line=1)
    start = body.find(b"\n") + 1
    end = _find_fence(body, start) if start else -1
    if end < 0:
        return Head(problem="the frontmatter does not end: no second line is `---`", line=1)
    head = body[start:end]
    if len(head) > limits.HEAD_BYTES:
        return Head(problem=f"the frontmatter has {len(head)} bytes; the limit is {limits.HEAD_BYTES}", line=1)
    if b"<<<<<<< " in head or b">>>>>>> " in head:
        line = strictyaml.find_conflict(head.decode("utf-8", "replace"))
        if line:
            problem = "the frontmatter holds an unresolved merge conflict"
            return Head(yaml=head, problem=problem, line=line + _FIRST_LINE - 1)
    return Head(yaml=head)


def _find_fence(body: bytes, start: int) -> int:
    """Return where the closing fence's line starts at or after `start`, -1 if there is none."""
    at = body.find(_FENCE, start)
    while at >= 0:
        line = body.rfind(b"\n", start - 1, at) + 1
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        if body[line:end].strip() == _FENCE:
            return line
        at = body.find(_FENCE, end)
    return -1


def work_package_id_of(name: bytes) -> str:
    """Return the `WPnn` that the name of a file in tasks/ starts with, "" if it is no work-package file.

    The whole number counts: WP10-x.md is not WP100's. README.md, directories' contents and `.bak` copies are none.
    """
    text = name.decode("utf-8", "replace")
    if not text.endswith(".md"):
        return ""
    digits = len(text) - len(text[2:].lstrip("0123456789")) - 2
    wp_id = text[: 2 + digits]
    return wp_id if is_work_package_id(wp_id) and text.startswith(_AFTER_ID, 2 + digits) else ""


def read_work_package(path: bytes, data: bytes) -> WorkPackage:
    """Read the head of the work-package file at the repository-relative `path` whose content is `data`.

    The id is the head's, else the file name's; where both exist they must agree, and the file is then filed under
    its name. Keys that nothing here needs may hold anything.
    """
    named = work_package_id_of(path.rpartition(b"/")[2])
    head = split_head(data)
    if head.problem:
        return WorkPackage(wp_id=named, path=path, problem=head.problem, line=head.line)
    loaded = strictyaml.load(head.yaml, limits.HEAD_BYTES)
    if loaded.values is None:
        problem = f"the frontmatter cannot be read: {loaded.problem}"
        return WorkPackage(wp_id=named, path=path, problem=problem, line=_file_line(loaded.line))
    fields = _Fields(loaded.values)
    return WorkPackage(
        wp_id=fields.identity(named),
        path=path,
        title=fields.text("title") or fields.text("work_package_title"),
        owned_files=fields.patterns(),
        dependencies=fields.texts("dependencies", empty="[]"),
        subtasks=fields.texts("subtasks"),
        execution_mode=fields.text("execution_mode"),
        problem=fields.problem,
        line=fields.line,
    )


def _file_line(line: int) -> int:
    return line + _FIRST_LINE - 1 if line else 0


class _Fields:
    """The fields of one head; remembers the first that cannot be used."""

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values
        self._lines = {key: getattr(key, "line", 0) for key in values}
        self.problem = ""
        self.line = 0

    def identity(self, named: str) -> str:
        """Return the work package's id."""
        declared = self.text("work_package_id")
        if not declared:
            if not named:
                self._complain("work_package_id", "there is no work_package_id, in the head or in the file's name")
            return named
        if not is_work_package_id(declared):
            self._complain("work_package_id", "work_package_id must be `WP` and two to four digits")
        elif named and declared != named:
            self._complain("work_package_id", f"work_package_id says {declared}, the file's name says {named}")
        else:
            return declared
        return named

    def text(self, key: str) -> str:
        """Return a scalar, "" if it is absent."""
        value = self._values.get(key, "")
        if isinstance(value, str):
            return "" if is_null(value) else str(value)
        self._complain(key, f"{key} must be one value, not a list or a mapping")
        return ""

    def texts(self, key: str, empty: str = "") -> tuple[str, ...]:
        """Return a list of scalars; absent, null and the text `empty` are the empty list."""
        value = self._values.get(key, "")
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            return tuple(str(item) for item in value)
        if not is_null(value) and value not in ("", empty):
            self._complain(key, f"{key} must be a list of words")
        return ()

    def patterns(self) -> tuple[str, ...]:
        """Return owned_files within the limits."""
        found = self.texts("owned_files")
        if len(found) > limits.PATTERNS:
            self._complain("owned_files", f"owned_files has {len(found)} patterns; the limit is {limits.PATTERNS}")
        elif any(len(pattern.encode()) > limits.PATTERN_BYTES for pattern in found):
            self._complain("owned_files", f"a pattern of owned_files is longer than {limits.PATTERN_BYTES} bytes")
        else:
            return found
        return ()

    def _complain(self, key: str, problem: str) -> None:
        if not self.problem:
            self.problem = problem
            self.line = _file_line(self._lines.get(key, 0))
