"""Small changes to Python source, each of which should make some test fail: the mutants of one module.

Pure: source text in, changed source texts out. Docstrings, annotations, imports and `TYPE_CHECKING` blocks are left
alone, as no test can tell.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Mod: ast.Mult,
    ast.Div: ast.Mult,
}
_OPPOSITES = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "startswith": "endswith",
    "endswith": "startswith",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "find": "rfind",
    "rfind": "find",
    "split": "rsplit",
    "partition": "rpartition",
    "rpartition": "partition",
    "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
    "isdigit": "isalpha",
}
_NOT_RUN = ("annotation", "returns", "decorator_list", "bases", "type_comment")
_ENCODING = "utf-8"  # a codec is found by its letters: `~utf-8` is the same one
_MARK = "~"  # put before a text: unlike an empty one it is still true

_Step = tuple[str, int | None]  # a field of a node, and an index where it is a list
_Path = tuple[_Step, ...]  # from the root


@dataclass(frozen=True)
class Mutant:
    """One changed module: `change` is the statement before and after, `line` where."""

    module: str
    function: str
    line: int
    change: str
    tree: ast.Module
    path: _Path
    replacement: ast.AST

    @property
    def key(self) -> tuple[str, str, str]:
        """What names this mutant in the list of survivors: it stays the same while code moves."""
        return self.module, self.function, self.change

    @property
    def source(self) -> str:
        """The changed module, without its comments."""
        return ast.unparse(_replace(self.tree, self.path, self.replacement)) + "\n"


def find_mutants(module: str, source: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of its lines; the same for the same source."""
    tree = ast.parse(source)
    return [
        _render(module, tree, site, replacement)
        for site in _sites(tree)
        for replacement in _replacements(site.node)
        if site.function or not isinstance(replacement, ast.Pass)  # without a constant of its own no module starts
    ]


def listed(text: str) -> dict[tuple[str, str, str], str]:
    r"""Return the reasons of a list of survivors by key: rows `| module | function | change | reason |`.

    The change stands in double backquotes; `\|` is a bar.
    """
    found: dict[tuple[str, str, str], str] = {}
    for row in text.splitlines():
        cells = [cell.strip().replace("\0", "|") for cell in row.replace("\\|", "\0").split("|")[1:-1]]
        if len(cells) == 4 and cells[2].startswith("``"):
            module, function, change, reason = cells
            found[module.strip("`"), function.strip("`"), change.strip("`").strip()] = reason
    return found


def as_row(mutant: Mutant, reason: str) -> str:
    """Return the row of a survivor for the list."""
    change = mutant.change.replace("|", "\\|")
    return f"| `{mutant.module}` | `{mutant.function}` | `` {change} `` | {reason} |"


@dataclass(frozen=True)
class _Site:
    """A node that can be changed: where it hangs, and the statement and function that it belongs to."""

    node: ast.AST
    path: _Path
    statement: _Path
    function: str


def _sites(node: ast.AST, path: _Path = (), statement: _Path = (), function: str = "") -> Iterator[_Site]:
    if isinstance(node, ast.Import | ast.ImportFrom) or _is_type_checking(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
    if isinstance(node, ast.stmt):
        statement = path
    yield _Site(node, path, statement, function)
    for step, child in () if _is_left_alone(node) else _children(node):
        yield from _sites(child, (*path, step), statement, function)


def _children(node: ast.AST) -> Iterator[tuple[_Step, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in _NOT_RUN:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else ((None, value),):
            if isinstance(child, ast.AST) and not _is_text_alone(child):
                yield (field, index), child


def _is_type_checking(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == "TYPE_CHECKING" for target in node.targets)
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_text_alone(node: ast.AST) -> bool:
    """Tell whether a statement is nothing but a text: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_left_alone(node: ast.AST) -> bool:
    # Parts of an f-string are changed with it, not one by one; a slot is a name, not a value.
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__slots__" for t in node.targets)
    )


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node can be replaced by."""
    for kind in (_other_logic, _other_arithmetic, _other_values, _other_control, _other_calls):
        yield from kind(node)


def _other_logic(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _COMPARISONS.get(type(op), ()):
                yield _with(node, ops=[other()])
        case ast.BoolOp():
            yield _with(node, op=ast.And() if isinstance(node.op, ast.Or) else ast.Or())
            for index in range(len(node.values)):
                rest = node.values[:index] + node.values[index + 1 :]
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand


def _other_arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.BinOp(op=op) if type(op) in _OPERATORS:
            yield _with(node, op=_OPERATORS[type(op)]())


def _other_values(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(value=str() as value) if value != _ENCODING:
            yield ast.Constant(_MARK + value)
        case ast.Constant(value=bytes() as value):
            yield ast.Constant(_MARK.encode() + value)
        case ast.JoinedStr():
            yield _with(node, values=[ast.Constant(_MARK), *node.values])


def _other_control(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.If() | ast.While():
            yield _with(node, test=ast.UnaryOp(op=ast.Not(), operand=node.test))
        case ast.comprehension(ifs=[_, *_]):
            yield from (_with(node, ifs=node.ifs[:at] + node.ifs[at + 1 :]) for at in range(len(node.ifs)))
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and not value.value):
            yield _with(node, value=ast.Constant(None))
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Raise():
            yield ast.Pass()


def _other_calls(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "min" | "max")):
            pass  # the other way round: an error in any run, or the same
        case ast.Call(args=[first, second, *rest]) if ast.dump(first) != ast.dump(second):
            yield _with(node, args=[second, first, *rest])
    match node:
        case ast.Call(func=ast.Attribute(attr="split"), args=[] | [_]):
            return  # all the pieces, from whichever side
        case ast.Call(func=ast.Attribute(attr=name) as function) if name in _OPPOSITES:
            yield _with(node, func=_with(function, attr=_OPPOSITES[name]))
        case ast.Call(func=ast.Name(id=name) as function) if name in _OPPOSITES:
            yield _with(node, func=_with(function, id=_OPPOSITES[name]))


def _with(node: ast.AST, **changes: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def _render(module: str, tree: ast.Module, site: _Site, replacement: ast.AST) -> Mutant:
    before = _get(tree, site.statement)
    after = _replace(before, site.path[len(site.statement) :], replacement)
    return Mutant(
        module=module,
        function=site.function,
        line=getattr(site.node, "lineno", getattr(before, "lineno", 0)),
        change=_describe(_head(before), _head(after)),
        tree=tree,
        path=site.path,
        replacement=replacement,
    )


def _get(node: ast.AST, path: _Path) -> ast.AST:
    for field, index in path:
        value = getattr(node, field)
        node = value if index is None else value[index]
    return node


def _replace(node: ast.AST, path: _Path, replacement: ast.AST) -> ast.AST:
    """Return a copy of a tree with one node replaced; what is not on the way to it is shared."""
    if not path:
        return ast.fix_missing_locations(replacement)
    (field, index), *rest = path
    value = getattr(node, field)
    if index is None:
        return _with(node, **{field: _replace(value, tuple(rest), replacement)})
    changed = list(value)
    changed[index] = _replace(value[index], tuple(rest), replacement)
    return _with(node, **{field: changed})


def _head(node: ast.AST) -> str:
    """Return a statement in one line, a compound one without its body."""
    text = ast.unparse(node)
    lines = text.split("\n")
    return lines[0] if hasattr(node, "body") else " ".join(line.strip() for line in lines)


def _describe(before: str, after: str) -> str:
    """Return what changed, cut to the words around it."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    left, right = max(start - 30, 0), max(end - 30, 0)
    old, new = (text[left : len(text) - right] for text in (before, after))
    return f"{'...' if left else ''}{old} → {new}{'...' if right else ''}"
