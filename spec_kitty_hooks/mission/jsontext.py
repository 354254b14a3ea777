"""JSON text to values, on the commit path: any bytes give a value or one sentence that says what is wrong with them.

Never raises on content, never prints, and does not load the `json` package (7 ms, for `re`) unless the text is bad.
"""

from __future__ import annotations

from spec_kitty_hooks import limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Scanner = Callable[[str, int], tuple[Any, int]]

_make_scanner: Callable[[Any], Scanner] | None
try:
    from _json import make_scanner as _make_scanner
except ImportError:  # pragma: no cover (interpreters without the C accelerator)
    _make_scanner = None

_BLANK = " \t\n\r"
_BOM = "\ufeff"
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class _DuplicateKeyError(Exception):
    """An object of the text names one key twice."""


class _Options:
    """What the C scanner asks of its owner (the attributes of `json.JSONDecoder`)."""

    strict = True
    object_hook = None

    def __init__(self, pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None) -> None:
        self.object_pairs_hook = pairs_hook
        self.parse_int = _parse_int
        self.parse_float = _parse_float
        self.parse_constant = _refuse_constant


def _parse_int(text: str) -> int:
    if len(text) > limits.JSON_DIGITS:
        raise ValueError(f"a number with more than {limits.JSON_DIGITS} digits")
    return int(text)


def _parse_float(text: str) -> float:
    if len(text) > limits.JSON_DIGITS:
        raise ValueError(f"a number with more than {limits.JSON_DIGITS} digits")
    value = float(text)
    if value - value != 0.0:  # 1e999 is infinity by another name
        raise ValueError("a number too large to keep")
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON value")


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise _DuplicateKeyError
    return record


def _build_scanner(pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None) -> Scanner:
    if _make_scanner is not None:
        return _make_scanner(_Options(pairs_hook))
    import json  # pragma: no cover

    decoder: Any = json.JSONDecoder(  # pragma: no cover
        object_pairs_hook=pairs_hook,
        parse_int=_parse_int,
        parse_float=_parse_float,
        parse_constant=_refuse_constant,
    )
    return decoder.scan_once  # type: ignore[no-any-return]  # pragma: no cover


_scan = _build_scanner(None)


def parse(data: bytes | str) -> tuple[object, str]:
    """Return (value, "") or (None, problem) for one JSON text, given as UTF-8 bytes or as text.

    One byte order mark is dropped. Refused beside broken JSON: NaN and infinities, nesting beyond
    limits.JSON_DEPTH, numbers beyond limits.JSON_DIGITS. Of two equal keys the last wins; an escaped lone
    surrogate is kept as it is (reliability E6). The size of `data` is the caller's to bound.
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    value, problem, position = _parse(text.removeprefix(_BOM))
    return value, f"{problem} at character {position}" if position is not None else problem


def parse_file(data: bytes) -> tuple[object, str]:
    """Do what `parse` does for a file that people edit: a problem is told with its 1-based line, where it has one."""
    try:
        text = data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, f"line {line}: not UTF-8"
    value, problem, position = _parse(text)
    line = text.count("\n", 0, position) + 1 if position is not None else 0
    return value, f"line {line}: {problem}" if line else problem


def _parse(text: str) -> tuple[object, str, int | None]:
    """Return the value, or what is wrong and at which character, None if that is the whole text."""
    if text.count("[") + text.count("{") > limits.JSON_DEPTH and _is_too_deep(text):
        return None, f"nested deeper than {limits.JSON_DEPTH} levels", None
    start = 0 if text[:1] == "{" else len(text) - len(text.lstrip(_BLANK))
    try:
        value, end = _scan(text, start)
    except (ValueError, StopIteration, SystemError, RecursionError, MemoryError) as error:
        return None, *_describe(error, text, start)
    if end != len(text) and text[end:].strip(_BLANK):
        return None, "text after the JSON value", end
    return value, "", None


def has_duplicate_keys(data: bytes | str) -> bool:
    """Tell whether some object of a JSON text names a key twice; False for what `parse` refuses.

    For records that somebody is about to add: two readers may see two different values in such an object.
    """
    if parse(data)[1]:
        return False
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    text = text.removeprefix(_BOM).lstrip(_BLANK)
    try:
        _build_scanner(_refuse_duplicates)(text, 0)
    except _DuplicateKeyError:
        return True
    return False


def _is_too_deep(text: str) -> bool:
    """Tell whether brackets outside strings nest beyond the limit: linear, without recursion or a loop over them.

    Brackets that never close count as deep as there are of them: that text is broken, but must not be tried.
    """
    bare = text.encode("utf-8", "surrogatepass").replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(bare.split(b'"')[::2]).translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(limits.JSON_DEPTH):
        peeled = brackets.replace(b"[]", b"")  # the innermost level of everything at once
        if peeled == brackets:
            return brackets.count(b"[") > limits.JSON_DEPTH
        brackets = peeled
    return brackets != b""


def _describe(error: BaseException, text: str, start: int) -> tuple[str, int | None]:
    """Return what is wrong with a text that the scanner refused, and where."""
    if isinstance(error, StopIteration):
        return "a JSON value is missing", error.value
    if isinstance(error, MemoryError):
        return "too large to read into memory", None
    if isinstance(error, RecursionError):
        return "nested too deeply", None
    if isinstance(error, SystemError):
        error = _load_error(text, start)
    position = getattr(error, "pos", None)
    message: str = getattr(error, "msg", str(error))
    return message.removesuffix(" at") if position is not None else message, position


def _load_error(text: str, start: int) -> BaseException:
    """Return the scanner's own complaint, which it cannot phrase before `json.decoder` is loaded (CPython 3.11)."""
    import json.decoder  # noqa: F401

    try:
        _scan(text, start)
    except (ValueError, SystemError) as error:
        return error
    return ValueError("not JSON")  # pragma: no cover (the same text was refused a moment ago)
