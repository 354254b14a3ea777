"""Which pattern of `owned_files` owns a path (design 4, contract), and what Spec Kitty's looser rule would say.

Pure, and free of regular expressions: a pattern costs little more than its length and the path's, and nothing is read.
"""

from __future__ import annotations

from spec_kitty_hooks import limits
from spec_kitty_hooks.spans import spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spec_kitty_hooks.spans import Groups

    Token = int | Callable[[int], bool] | None  # a literal code, a test of one code, or a star

_STAR, _QUESTION, _OPEN, _CLOSE, _BACKSLASH, _BANG, _CARET, _DASH = b"*?[]\\!^-"


class PatternSet:
    """The `owned_files` of one work package.

    `patterns` are all of them as written; `problems` those over PATTERN_BYTES, PATTERN_SEGMENTS or beyond the first
    PATTERNS, which never match. A pattern that is empty, starts with `/` or has a `..` segment is kept, matches
    nothing and is no problem.
    """

    __slots__ = ("_directories", "_exact", "_globs", "patterns", "problems")

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._exact: dict[bytes, str] = {}
        self._directories: dict[bytes, str] = {}
        self._globs: list[tuple[bytes, Groups[bytes], str]] = []
        for pattern in self.patterns[: limits.PATTERNS]:
            self._add(pattern)
        over = (pattern for at, pattern in enumerate(self.patterns) if at >= limits.PATTERNS or _is_oversized(pattern))
        self.problems = tuple(over)

    def _add(self, pattern: str) -> None:
        names = split_names(pattern)
        if not names:
            return
        below = pattern.endswith("/")
        leading = _leading_literals([read_tokens(name, git=True) for name in names])
        # As in git, the text of any pattern stands for itself as well: `src/[id]/page.tsx` is a real file name.
        keys = {pattern.removeprefix("./").rstrip("/").encode("utf-8", "surrogateescape"), b"/".join(names)}
        if len(leading) == len(names):
            keys.add(b"/".join(leading))
        else:
            head = b"".join(name + b"/" for name in leading)
            self._globs.append((head, _path_groups(names[len(leading) :], below), pattern))
        for key in keys:
            self._directories.setdefault(key, pattern)
            if not below:
                self._exact.setdefault(key, pattern)

    def match(self, path: bytes) -> str | None:
        """Return the pattern that owns `path`, as written, or None.

        `path` is repository-relative as git has it. Asked with a `/` at its end it names a directory or a submodule,
        which patterns of its subtree (`lib/`, `lib/**`) own as well. The most specific pattern is named: an exact
        literal, then the longest literal directory, then globs in their given order.
        """
        found = self._exact.get(path)
        if path.endswith(b"/"):  # no key does
            found = self.match(path.rstrip(b"/"))
        cut = len(path)
        while found is None and (cut := path.rfind(b"/", 0, cut)) > 0:
            found = self._directories.get(path[:cut])
        if found is None and path:
            for head, groups, pattern in self._globs:
                if path.startswith(head) and spans(groups, path[len(head) :].split(b"/")):
                    return pattern
        return found


def specificity(pattern: str) -> tuple[int, ...]:
    """Return a key that is greater for the more specific of two patterns that own one path.

    In this order: more literal segments at the start, more segments that are not `**`, more literal bytes, fewer
    wildcards. A pattern that can never match has the least key, the empty one.
    """
    names = split_names(pattern)
    if not names:
        return ()
    tokens = [read_tokens(name, git=True) for name in names]
    depth = sum(not is_any_depth(name) for name in names)
    literal_bytes = sum(isinstance(token, int) for name in tokens for token in name)
    # With as many literal bytes, the shorter of two has fewer wildcards.
    length = sum(map(len, tokens)) + pattern.endswith("/")
    return (len(_leading_literals(tokens)), depth, literal_bytes, -length)


def match_upstream(pattern: str, path: bytes) -> bool:
    """Tell whether the released client's guard would accept `path` for `pattern` (formats 5.1, upstream 3).

    Its rule is `fnmatch` over the whole path, where `*` and `?` cross `/`, or else the pattern without `/**` and
    `/*` being a leading directory. It looks at characters, not bytes, knows no escapes, and `^` negates nothing.
    """
    if _is_oversized(pattern):
        return False
    text = path.decode("utf-8", "surrogateescape")
    prefix = pattern.replace("/**", "").replace("/*", "").rstrip("/")
    if prefix and text.startswith(prefix + "/"):
        return True
    return spans(_code_groups(read_tokens([*map(ord, pattern)], git=False)), [*map(ord, text)])


def _is_oversized(pattern: str) -> bool:
    length = len(pattern.encode("utf-8", "surrogatepass"))
    return length > limits.PATTERN_BYTES or pattern.rstrip("/").count("/") >= limits.PATTERN_SEGMENTS


def split_names(pattern: str) -> list[bytes]:
    """Return the segments of a pattern; none if it can never match.

    Empty and `.` segments are dropped wherever they are, as git does: no path has them.
    """
    if _is_oversized(pattern) or pattern.startswith("/"):
        return []
    try:
        *front, back = pattern.encode("utf-8", "surrogateescape").split(b"/")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte: no path holds it
        return []
    names = [name for name in (*map(_without_open_escape, front), back) if name not in (b"", b".")]
    return [] if b".." in names else names


def _without_open_escape(name: bytes) -> bytes:
    r"""Drop the backslash of `\/`, which is a plain `/`; an even number before it are escaped backslashes."""
    return name[:-1] if (len(name) - len(name.rstrip(b"\\"))) % 2 else name


def is_any_depth(name: bytes) -> bool:
    """Tell whether a segment is `**` (or more stars): any number of segments."""
    return len(name) > 1 and not name.strip(b"*")


def read_tokens(codes: Sequence[int], git: bool) -> list[Token]:
    r"""Read one segment (git: bytes, `\` escapes) or one whole fnmatch pattern (characters, no escapes)."""
    tokens: list[Token] = []
    at = 0
    unclosed = False  # then no later `[` is closed either; without this, a row of them would cost its square
    while at < len(codes):
        if codes[at] == _OPEN and not unclosed:
            token, at = _read_class(codes, at + 1, git)
            unclosed = token == _OPEN
        elif codes[at] in (_STAR, _QUESTION):
            token, at = None if codes[at] == _STAR else _is_any, at + 1
        else:
            token, at = _read_code(codes, at, git)
        tokens.append(token)
    return tokens


def _is_any(_item: object) -> bool:
    return True


def _read_code(codes: Sequence[int], at: int, git: bool) -> tuple[int, int]:
    """Return the literal code at `at`, unescaped, and the index behind it."""
    if git and codes[at] == _BACKSLASH and at + 1 < len(codes):
        at += 1
    return codes[at], at + 1


def _read_class(codes: Sequence[int], at: int, git: bool) -> tuple[Token, int]:
    """Return the test of a class whose `[` is just before `at`, and the index behind it; a literal `[` if unclosed."""
    opening = at
    negated = at < len(codes) and (codes[at] == _BANG or (git and codes[at] == _CARET))
    first = at = at + negated
    ranges: list[tuple[int, int]] = []
    while at < len(codes) and (codes[at] != _CLOSE or at == first):
        low, at = _read_code(codes, at, git)
        ranges.append((low, low))
        if at + 1 < len(codes) and codes[at] == _DASH and codes[at + 1] != _CLOSE:
            high, at = _read_code(codes, at + 1, git)
            # Git has compared the first end before it sees the range: its `[z-a]` is `[z]`, fnmatch's is empty.
            ranges[-1] = (low, max(low, high) if git else high)
    if at >= len(codes):
        return _OPEN, opening
    return lambda code: any(low <= code <= high for low, high in ranges) != negated, at + 1


def _leading_literals(tokens: Sequence[Sequence[Token]]) -> list[bytes]:
    """Return the names, unescaped, that come before the first segment with a wildcard."""
    leading = []
    for name in tokens:
        codes = [token for token in name if isinstance(token, int)]
        if len(codes) < len(name):
            break
        leading.append(bytes(codes))
    return leading


def _path_groups(names: Sequence[bytes], below: bool) -> Groups[bytes]:
    """Return tests of one name each, in groups with `**` between them; `below`: a `/` ends the pattern."""
    groups: list[list[Callable[[bytes], bool]]] = [[]]
    for name in names:
        if is_any_depth(name):
            groups.append([])
        else:
            groups[-1].append(_name_test(name))
    if below:
        groups.append([])
    if not groups[-1]:
        # What ends in `**` or `/` owns what is below, not a file of the directory's own name (as in git).
        groups[-1].append(_is_any)
    return groups


def _name_test(name: bytes) -> Callable[[bytes], bool]:
    groups = _code_groups(read_tokens(name, git=True))
    return lambda candidate: spans(groups, candidate)


def _code_groups(tokens: Sequence[Token]) -> Groups[int]:
    groups: list[list[Callable[[int], bool]]] = [[]]
    for token in tokens:
        if token is None:
            groups.append([])
        else:
            groups[-1].append(token.__eq__ if isinstance(token, int) else token)
    return groups
