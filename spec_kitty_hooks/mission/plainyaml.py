"""The plain subset of block YAML that real work-package heads and configuration are written in.

Importing PyYAML costs twice a bare interpreter. Whatever is not certainly read as PyYAML reads it is left to
`strictyaml`: an answer given here is PyYAML's answer, and no answer is never wrong.
"""

from __future__ import annotations

from spec_kitty_hooks import limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Self

_KEY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")
_KEY_CHARACTERS = 512  # half of what PyYAML gives up at
_RESERVED = frozenset("?:,[]{}#&*!|>'\"%@`")  # no plain scalar that we read starts with one of these
_NOT_IN_FLOW = frozenset("?:[{")  # legal in places, but where exactly differs between parsers
_NODES_PER_MARK = 4  # at most so many come with a line, a comma or a bracket
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class Scalar(str):
    """A scalar as written, nothing resolved. `line` is the 1-based line of the text that it starts on."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int = 0) -> Self:
        """Mark `text` as read from `line`."""
        self = str.__new__(cls, text)
        self.line = line
        return self


class Plain(Scalar):
    """A scalar without quotes: `false` and `"false"` are the same text but not the same type."""

    __slots__ = ()


def is_null(value: object) -> bool:
    """Tell whether a value as read here stands for no value: left empty, or one of YAML's words for null, unquoted."""
    return isinstance(value, Plain) and value in _NULLS


class _ForeignError(Exception):
    """The text leaves the subset."""


def parse(text: str) -> dict[str, object] | None:
    r"""Return the mapping that `text` holds, or None if the text is outside the subset or no mapping at all.

    Line ends are `\n`. Values are `Scalar` (unquoted ones, also empty ones, `Plain`), list or dict; keys are `Plain`.
    """
    marks = text.count("\n") + text.count(",") + text.count("[") + text.count("{") + 1
    if marks * _NODES_PER_MARK > limits.YAML_NODES:
        return None
    try:
        return _Cursor(text).document()
    except _ForeignError:
        return None


def _refuse() -> NoReturn:
    raise _ForeignError


class _Cursor:
    """The lines that have content, as (indentation, content without outer blanks, number), and the one to read next."""

    def __init__(self, text: str) -> None:
        self._lines: list[tuple[int, str, int]] = []
        self._next = 0
        for number, line in enumerate(text.split("\n"), 1):
            content = line.strip(" ")
            if not content.isprintable():  # tabs, controls, exotic line ends and blanks, byte order marks
                _refuse()
            if content and content[0] != "#":
                self._lines.append((len(line) - len(line.lstrip(" ")), content, number))
        self._lines.append((-1, "", 0))

    def document(self) -> dict[str, object]:
        found = self._mapping(0, 1)
        return found if found and self._next + 1 == len(self._lines) else _refuse()

    def _mapping(self, indent: int, depth: int) -> dict[str, object]:
        if depth > limits.YAML_DEPTH:
            _refuse()
        found: dict[str, object] = {}
        while True:
            column, content, number = self._lines[self._next]
            if column != indent or _is_item(content):
                return found
            end = _key_end(content)
            key = content[:end]
            if end < 0 or key in found:
                _refuse()
            self._next += 1
            found[Plain(key, number)] = self._value(content[end + 1 :].lstrip(" "), indent, depth, number)

    def _value(self, rest: str, indent: int, depth: int, number: int) -> object:
        """Read what follows a key: the rest of its line, or the block below it."""
        if rest and rest[0] != "#":
            return _inline(rest, depth, number)
        column, content, _number = self._lines[self._next]
        if _is_item(content) and column >= indent:  # the dash may stand right below the key
            return self._sequence(column, depth + 1)
        return self._mapping(column, depth + 1) if column > indent else Plain("", number)

    def _sequence(self, indent: int, depth: int) -> list[object]:
        if depth > limits.YAML_DEPTH:
            _refuse()
        found: list[object] = []
        while True:
            column, content, number = self._lines[self._next]
            if column != indent or not _is_item(content):
                return found
            body = content[1:].lstrip(" ")
            if not body or body[0] == "#":
                _refuse()
            if _key_end(body) >= 0:
                self._lines[self._next] = (column + len(content) - len(body), body, number)
                found.append(self._mapping(self._lines[self._next][0], depth + 1))
            else:
                self._next += 1
                found.append(_inline(body, depth, number))


def _is_item(content: str) -> bool:
    return content == "-" or content.startswith("- ")


def _key_end(content: str) -> int:
    """Return where the colon of `key: value` stands, -1 if the line is something else than a key we read."""
    end = content.find(":")
    if 0 < end <= _KEY_CHARACTERS and content[end + 1 : end + 2] in ("", " ") and _KEY.issuperset(content[:end]):
        return end
    return -1


def _inline(text: str, depth: int, number: int) -> object:
    """Read a value that ends on its own line, a comment after it allowed."""
    if text[0] not in "'\"[{":
        return _plain(text.partition(" #")[0].rstrip(" "), number)
    flow = _Flow(text, number)
    value = flow.value(depth)
    rest = text[flow.at :]
    if rest and not (rest[0] == " " and rest.lstrip(" ")[0] == "#"):
        _refuse()
    return value


def _plain(text: str, number: int) -> Plain:
    if not text or text[0] in _RESERVED or _is_item(text) or ": " in text or text[-1] == ":":
        _refuse()
    return Plain(text, number)


class _Flow:
    """Reads quoted scalars and bracketed collections from one line; `at` is the next character."""

    def __init__(self, text: str, number: int) -> None:
        self._text = text
        self._number = number
        self.at = 0

    def value(self, depth: int) -> object:
        mark = self._text[self.at : self.at + 1]
        if mark == "[":
            return self._list(depth + 1)
        if mark == "{":
            return self._dict(depth + 1)
        if mark == "'":
            return self._single_quoted()
        return self._double_quoted() if mark == '"' else self._word()

    def _list(self, depth: int) -> list[object]:
        found: list[object] = []
        while self._enter("]", depth, first=not found):
            found.append(self.value(depth))
        return found

    def _dict(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while self._enter("}", depth, first=not found):
            end = self._text.find(": ", self.at)
            key = self._text[self.at : end]
            if not (0 < end - self.at <= _KEY_CHARACTERS) or not _KEY.issuperset(key) or key in found:
                _refuse()
            self.at = end + 2
            self._skip_blanks()
            found[Plain(key, self._number)] = self.value(depth)
        return found

    def _enter(self, close: str, depth: int, *, first: bool) -> bool:
        """Step over the opening bracket or a comma and tell whether an entry follows."""
        if depth > limits.YAML_DEPTH:
            _refuse()
        if not first:
            self._skip_blanks()
            if self._text[self.at : self.at + 1] not in (close, ","):
                _refuse()
            if self._text[self.at] == close:
                self.at += 1
                return False
        self.at += 1
        self._skip_blanks()
        if first and self._text[self.at : self.at + 1] == close:
            self.at += 1
            return False
        return True

    def _skip_blanks(self) -> None:
        while self._text[self.at : self.at + 1] == " ":
            self.at += 1

    def _word(self) -> Plain:
        end = self._text.find(",", self.at)
        word = self._text[self.at : end if end >= 0 else None]
        for close in "]}":
            word = word.partition(close)[0]
        word = word.rstrip(" ")
        if " #" in word or not _NOT_IN_FLOW.isdisjoint(word):
            _refuse()
        self.at += len(word)
        return _plain(word, self._number)

    def _single_quoted(self) -> Scalar:
        start = self.at + 1
        end = self._text.find("'", start)
        while end >= 0 and self._text[end + 1 : end + 2] == "'":
            end = self._text.find("'", end + 2)
        if end < 0:
            _refuse()
        self.at = end + 1
        return Scalar(self._text[start:end].replace("''", "'"), self._number)

    def _double_quoted(self) -> Scalar:
        end = self._text.find('"', self.at + 1)
        text = self._text[self.at + 1 : end]
        if end < 0 or "\\" in text:  # escapes are PyYAML's business
            _refuse()
        self.at = end + 1
        return Scalar(text, self._number)
