"""Try changed functions in forks of one pytest session that has imported and collected everything once.

A fork swaps the code of the one function that a mutant changes and runs the tests. What stands outside of functions,
or has run while modules were imported, no swap reaches: such a mutant has to be tried in a session of its own.
"""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import os
import traceback
from collections.abc import Callable, Sequence
from types import CodeType, FunctionType
from typing import Any

import pytest

from tools.mutation import Mutant


class Swaps:
    """A pytest plugin that runs the collected tests once as they are, and then once for each mutant.

    `limit` is called in a fork before a mutant is tried. One byte a run is written to `verdicts`: 1 if the tests of the
    untouched code failed, or a mutant was noticed; 0 if not, also where the mutant cannot be swapped.
    """

    def __init__(self, package: str, mutants: Sequence[Mutant], limit: Callable[[], None], verdicts: int) -> None:
        self.package = package
        self.mutants = mutants
        self.limit = limit
        self.verdicts = verdicts

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        session.config.pluginmanager.unregister(self)
        # Examples before laws: a law that fails looks for its smallest counterexample first.
        session.items.sort(key=lambda item: getattr(getattr(item, "obj", None), "is_hypothesis_test", False))
        gc.freeze()  # no fork need copy, by looking at it, what all of them share
        for mutant in (None, *self.mutants):
            os.write(self.verdicts, bytes([self._try(session, mutant)]))
        return True

    def _try(self, session: pytest.Session, mutant: Mutant | None) -> bool:
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1] != 0
        try:
            if mutant is not None:
                self.limit()
            if mutant is None or swap(self.package, mutant):
                session.config.hook.pytest_runtestloop(session=session)
            os._exit(session.testsfailed > 0)
        except BaseException:  # noqa: BLE001 (pytest.Failed after the first failure, or whatever a mutant breaks)
            traceback.print_exc()
            os._exit(1)


def swap(package: str, mutant: Mutant) -> bool:
    """Put a mutant's code into the function that is loaded; return whether that is all that the mutant changes."""
    names = mutant.function.split(".") if mutant.function else []
    holder: object = importlib.import_module(f"{package}.{mutant.module[:-3].replace('/', '.')}")
    code = compile(mutant.source, mutant.module, "exec")
    for depth, name in enumerate(names, start=1):
        inner = [each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name]
        holder = _unwrap(getattr(holder, "__dict__", {}).get(name))
        if len(inner) != 1 or holder is None:
            return False
        (code,) = inner
        if isinstance(holder, FunctionType):
            whole = _is_in_body(mutant, depth) and not code.co_freevars and not holder.__closure__
            if whole:
                holder.__code__ = code
            return whole
    return False


def _unwrap(found: Any) -> object:
    """Return the function behind a property, a static or class method, a context manager or a cache."""
    function: Any = found.fget if isinstance(found, property) else found
    return inspect.unwrap(function)


def _is_in_body(mutant: Mutant, depth: int) -> bool:
    """Tell whether a mutant changes what the function at this depth does, not how its defaults are made."""
    node: ast.AST = mutant.tree
    for field, index in mutant.path:
        if isinstance(node, ast.FunctionDef):
            depth -= 1
            if not depth:
                return field == "body"
        elif isinstance(node, ast.ClassDef):
            depth -= 1
        value = getattr(node, field)
        node = value if index is None else value[index]
    return False
