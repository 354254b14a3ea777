"""Which steps the product can name, read from its source: the strings behind every error that a writer gives.

Follows names to what is assigned to them, and calls to what functions of the same module return; everything else in a
step is a {}.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import spec_kitty_hooks

PACKAGE = Path(spec_kitty_hooks.__file__).parent
#: What `transition`, `start` and `recover` consist of.
MODULES = (
    *("holding", "recorder", "recovery", "starting", "transitions", "workplaces"),
    *("cli.actor", "cli.output", "cli.recover", "cli.start", "cli.transition"),
    *("git.checkouts", "git.merging", "git.recording", "git.worktrees", "git.writing"),
    *("mission.destination", "mission.journal", "mission.readiness"),
)
_REPORTING = ("Error", "__init__", "_refuse", "_report", "error")
#: Their steps stand in the class itself, and errors of the system are told by others.
_SILENT = ("LockedError", "OSError")


class Module:
    """One module: its code, and what its names stand for."""

    def __init__(self, name: str) -> None:
        self._loaded: ModuleType = importlib.import_module(f"spec_kitty_hooks.{name}")
        self._tree = ast.parse((PACKAGE / f"{name.replace('.', '/')}.py").read_text())
        self._all = [node for node in ast.walk(self._tree) if isinstance(node, ast.FunctionDef)]
        self._functions = {node.name: node for node in self._all}

    def steps(self) -> Iterator[str]:
        """Yield everything that the module tells a person to do."""
        for function in self._all:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _is_report(node):
                    for part in node.args[2 if self._code(node) else 1 :]:
                        yield from self._texts(part, function, set())
                elif isinstance(node, ast.keyword | ast.Assign) and _is_remediation(node):
                    yield from self._texts(node.value, function, set())
                elif isinstance(node, ast.Return) and _is_missing(function) and isinstance(node.value, ast.Tuple):
                    yield from self._texts(node.value.elts[1], function, set())

    def codes(self) -> set[str]:
        """Return the codes that the module gives."""
        calls = (node for node in ast.walk(self._tree) if isinstance(node, ast.Call))
        return {code for call in calls if _is_report(call) and (code := self._code(call))}

    def _code(self, call: ast.Call) -> str:
        found = next(self._texts(call.args[0], None, set()), "") if call.args else ""
        return found if found.replace("_", "").isalpha() and found.isupper() else ""

    def _texts(self, node: ast.expr, function: ast.FunctionDef | None, seen: set[str]) -> Iterator[str]:
        """Yield the texts that an expression may stand for."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(self._piece(part) for part in node.values)
        elif isinstance(node, ast.Name):
            yield from self._named(node.id, function, seen)
        elif isinstance(node, ast.Call) and function is not None:
            yield from self._called(node, function, seen)
        elif isinstance(
            node, ast.GeneratorExp | ast.IfExp | ast.BoolOp | ast.Starred | ast.BinOp | ast.Tuple | ast.List
        ):
            for part in ast.iter_child_nodes(node):
                if isinstance(part, ast.expr) and part is not getattr(node, "test", None):
                    yield from self._texts(part, function, seen)

    def _piece(self, part: ast.expr) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value)
        name = part.value.id if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) else ""
        known = getattr(self._loaded, name, None)
        return known if isinstance(known, str) else "{}"

    def _named(self, name: str, function: ast.FunctionDef | None, seen: set[str]) -> Iterator[str]:
        known = getattr(self._loaded, name, None)
        if isinstance(known, str):
            yield known
        if function is None or name in seen:
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and name in map(_name, _targets(node)):
                yield from self._texts(node.value, function, seen | {name})
            elif isinstance(node, ast.Call) and _is_append(node, name):
                yield from self._texts(node.args[0], function, seen | {name})

    def _called(self, node: ast.Call, function: ast.FunctionDef, seen: set[str]) -> Iterator[str]:
        callee = self._functions.get(_name(node.func))
        if _name(node.func) == "tuple":
            yield from self._texts(node.args[0], function, seen)
        elif callee is not None and callee.name not in seen:
            for part in ast.walk(callee):
                if isinstance(part, ast.Return) and part.value is not None:
                    yield from self._texts(part.value, callee, seen | {callee.name})


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_append(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "append" and _name(call.func.value) == name


def _is_remediation(node: ast.keyword | ast.Assign) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "remediation"
    return _name(node.targets[0]) == "remediation"


def _is_report(call: ast.Call) -> bool:
    name = _name(call.func)
    return name.endswith(_REPORTING) and name not in _SILENT


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _is_missing(function: ast.FunctionDef) -> bool:
    """Tell whether a function says what a guard lacks, and what to do about it."""
    return isinstance(function.returns, ast.Name) and function.returns.id == "Missing"


def find_steps() -> set[str]:
    """Return the templates of all steps."""
    return {template for name in MODULES for template in Module(name).steps() if " " in template}


def find_codes() -> set[str]:
    """Return all codes that these modules give."""
    return {code for name in MODULES for code in Module(name).codes()}
