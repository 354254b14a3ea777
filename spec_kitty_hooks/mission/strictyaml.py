"""YAML from a repository, read without trusting it: text only, no aliases, anchors, tags, merge keys or duplicates.

Loads PyYAML only for what `plainyaml` does not know; never raises on content and never resolves a scalar.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.mission import plainyaml
from spec_kitty_hooks.mission.plainyaml import Plain, Scalar, is_null
from spec_kitty_hooks.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BOM = b"\xef\xbb\xbf"
_MARKERS = ("<<<<<<< ", "||||||| ", ">>>>>>> ")
_LEAVES = ("ScalarEvent", "AliasEvent")
_NO_KEY = object()


class Loaded(Record):
    """What a document says, or why it cannot be used.

    `values` is None exactly if `problem` is a sentence; `line` is then 1-based, 0 if no line applies. Scalars are
    `plainyaml.Scalar`, unquoted ones `Plain`; keys are scalars that know their line; an empty document is `{}`.
    """

    values: dict[str, Any] | None = None
    problem: str = ""
    line: int = 0


def load(data: bytes, limit: int, section: str = "") -> Loaded:
    """Read one mapping from UTF-8 `data` of at most `limit` bytes; a byte order mark and CRLF are tolerated.

    With `section`, what stands below other top-level keys must be YAML but may use all of it; None may stand there
    instead of a value.
    """
    if len(data) > limit:
        return Loaded(problem=f"it has {len(data)} bytes; the limit is {limit}")
    body = data.removeprefix(_BOM)
    try:
        text = body.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return Loaded(problem="it is not UTF-8", line=body.count(b"\n", 0, error.start) + 1)
    values = plainyaml.parse(text)
    return Loaded(values=values) if values is not None else _load_any(text, section)


def find_conflict(text: str) -> int:
    """Return the 1-based line of the first merge-conflict marker, 0 if there is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_MARKERS):
            return number
    return 0


class _RefusedError(Exception):
    """Legal YAML that we do not read."""


class _Tree:
    """Builds values from PyYAML's events: no recursion, and the limits hold while it grows."""

    def __init__(self, section: str) -> None:
        self.root: object = _NO_KEY
        self.line = 0
        self._section = section
        self._open: list[list[object] | dict[str, object]] = []
        self._keys: list[object] = []
        self._skipped = 0  # open collections below a top-level key that is none of our business
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Add one event. Raises _RefusedError."""
        self.line = event.start_mark.line + 1
        name = type(event).__name__
        if name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _RefusedError("it holds more than one document")
        elif name in ("SequenceEndEvent", "MappingEndEvent"):
            self._close()
        elif hasattr(event, "anchor"):
            self._node(event, name)

    def _node(self, event: Any, name: str) -> None:
        self._nodes += 1
        if self._nodes > limits.YAML_NODES:
            raise _RefusedError(f"it has more than {limits.YAML_NODES} values")
        if name not in _LEAVES and self._depth() >= limits.YAML_DEPTH:
            raise _RefusedError(f"it is nested deeper than {limits.YAML_DEPTH} levels")
        if self._is_foreign():
            self._skip(name)
            return
        if event.anchor is not None:
            raise _RefusedError("anchors and aliases (`&name`, `*name`) are not read")
        if event.tag is not None:
            raise _RefusedError("tags (`!name`) are not read")
        if name == "ScalarEvent":
            self._scalar(event)
        else:
            self._enter([] if name == "SequenceStartEvent" else {})

    def _depth(self) -> int:
        return len(self._open) + self._skipped

    def _is_foreign(self) -> bool:
        if self._skipped:
            return True
        return bool(self._section) and len(self._open) == 1 and self._keys[0] not in (_NO_KEY, self._section)

    def _skip(self, name: str) -> None:
        if name not in _LEAVES:
            self._skipped += 1
        elif not self._skipped:
            self._keys[0] = _NO_KEY

    def _scalar(self, event: Any) -> None:
        event.value.encode()  # an escaped lone surrogate is a ValueError here, not later in a path
        value = Plain(event.value, self.line) if event.style is None else Scalar(event.value, self.line)
        if self._open and isinstance(self._open[-1], dict) and self._keys[-1] is _NO_KEY:
            self._key(self._open[-1], value)
        else:
            self._put(value)

    def _key(self, mapping: dict[str, object], key: Scalar) -> None:
        if key in mapping:
            raise _RefusedError(f"the key `{key[: limits.SHOWN_CHARACTERS]}` appears twice")
        if key == "<<" and isinstance(key, Plain):
            raise _RefusedError("merge keys (`<<`) are not read")
        self._keys[-1] = key
        mapping[key] = None  # claims the key, so that a duplicate is seen even where values are left out

    def _put(self, value: object) -> None:
        if not self._open:
            self.root = value
            return
        parent = self._open[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif isinstance(self._keys[-1], Scalar):
            parent[self._keys[-1]] = value
            self._keys[-1] = _NO_KEY
        else:
            raise _RefusedError("a key must be a word, not a list or a mapping")

    def _enter(self, collection: list[object] | dict[str, object]) -> None:
        self._put(collection)
        self._open.append(collection)
        self._keys.append(_NO_KEY)

    def _close(self) -> None:
        if self._skipped > 1:
            self._skipped -= 1
        elif self._skipped:
            self._skipped = 0
            self._keys[0] = _NO_KEY
        else:
            self._open.pop()
            self._keys.pop()


def _load_any(text: str, section: str) -> Loaded:
    line = find_conflict(text)
    if line:
        return Loaded(problem="it holds an unresolved merge conflict", line=line)
    import yaml

    tree = _Tree(section)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            tree.take(event)
    except (_RefusedError, yaml.YAMLError, ValueError, OverflowError) as error:
        return _describe(error, text, tree.line)
    if isinstance(tree.root, dict):
        return Loaded(values=tree.root)
    if tree.root is _NO_KEY or is_null(tree.root):
        return Loaded(values={})
    return Loaded(problem="it is not a mapping of keys to values", line=1)


def _describe(error: Exception, text: str, line: int) -> Loaded:
    """Say what stopped us; `line` is where the last event was."""
    if isinstance(error, _RefusedError):
        return Loaded(problem=str(error), line=line)
    if isinstance(error, ValueError | OverflowError):
        return Loaded(problem="an escape names no character", line=line)
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return Loaded(problem=f"it is not YAML: {getattr(error, 'problem', '')}", line=mark.line + 1)
    position = getattr(error, "position", 0)  # of a character that YAML does not allow, such as NUL
    return Loaded(problem="it holds a control character", line=text.count("\n", 0, position) + 1)
