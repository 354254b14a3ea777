"""Write the generated parts of the documentation and the hook manifest, or with --check say which are out of date.

Sources are catalog.py (codes and hooks), errors.py (exit codes) and the `blocker` markers of the tests. In a page
written by hand only the lines between a table's two marks are touched.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from spec_kitty_hooks import catalog, errorcodes, errors
from spec_kitty_hooks.catalog.plan import PLAN

ROOT = Path(__file__).resolve().parent.parent

#: The issues of the public Spec Kitty project that this one answers, in the words of those who met them.
BLOCKERS = {
    904: "a work package is approved while its latest review file says rejected",
    944: "a work package is stranded in claimed when the command that started it is killed",
    945: "a transition reports success and writes no event",
    949: "a reviewer gets the prompt of another repository or mission",
    950: "a branch name is put together from the slug and misses the real branch",
    951: "in a shared lane the commit is held against a work package that is no longer the active one",
    952: "trouble with synchronisation after a durable change looks like a failure",
    953: "a diverged target is noticed only after the merge, when the push is refused",
}
ISSUE = "https://github.com/spec-kitty/spec-kitty/issues/{number}"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table; a `|` inside a cell is escaped."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def exit_codes() -> str:
    """Return the table of exit codes."""
    return table(("exit code", "meaning"), [(str(code), meaning) for code, meaning in errors.EXIT_CODES])


def severity(diagnostic: catalog.Diagnostic) -> str:
    """Return the default severity in words."""
    return "as policy says" if diagnostic.severity == catalog.BY_SITUATION else diagnostic.severity


def codes() -> str:
    """Return the short table of diagnostic codes, in the order of the catalog."""
    rows = [(f"`{code}`", severity(entry), entry.meaning) for code, entry in catalog.DIAGNOSTICS.items()]
    return table(("code", "default", "what it means"), rows)


def codes_in_full() -> str:
    """Return the table of codes with invariant and first remedy, for the reference page."""
    rows = [
        (
            f"`{code}`",
            entry.family,
            severity(entry),
            f"{entry.meaning} Protects `{entry.invariant}`.",
            "<br>".join(f"`{step}`" for step in entry.remedies),
        )
        for code, entry in catalog.DIAGNOSTICS.items()
    ]
    return table(("code", "family", "default", "what it means", "next steps"), rows)


def error_codes() -> str:
    """Return the table of the codes that only commands which write give."""
    rows = [(f"`{code}`", f"{meaning} Protects `{invariant}`.") for code, invariant, meaning in errorcodes.ERRORS]
    return table(("code", "what it means"), rows)


def plan_codes() -> str:
    """Return the table of what `mission finalize` finds wrong with a plan."""
    return table(("code", "what it means"), [(f"`{code}`", meaning) for code, meaning in PLAN])


def manifest() -> str:
    """Return `.pre-commit-hooks.yaml`: one id per stage; the change set is always computed by the hook itself."""
    return "# Generated from spec_kitty_hooks/catalog.py by `make docs`; a test compares them.\n" + "".join(
        f"- id: {hook.manifest_id}\n"
        f"  name: {json.dumps(hook.title)}\n"
        f"  description: {json.dumps(hook.description)}\n"
        f"  entry: python -I -m spec_kitty_hooks hook {hook.name}\n"  # isolated: PYTHONPATH may name the repository
        "  language: python\n"
        f"  stages: [{hook.name}]\n"
        "  always_run: true\n"
        "  pass_filenames: false\n"
        "  require_serial: true\n"
        "  verbose: true\n"  # else the framework swallows warnings, and what could not be judged looks green
        "  minimum_pre_commit_version: 3.2.0\n"
        for hook in catalog.HOOKS
    )


def blocker_numbers(node: ast.AST) -> list[int]:
    """Return the numbers of `pytest.mark.blocker(...)`, none if the node is anything else."""
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.blocker"):
        return []
    numbers = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
    known = [number for number in numbers if isinstance(number, int) and number in BLOCKERS]
    if node.keywords or not known or len(known) != len(node.args):
        raise SystemExit(f"line {node.lineno}: `{ast.unparse(node)}` must name issues of BLOCKERS in tools/docs.py")
    return known


def marked(node: ast.AST, owner: str = "") -> Iterator[tuple[int, str]]:
    """Yield (number, test) for every marker below a node; the test is "" where a marker stands for a whole module."""
    for child in ast.iter_child_nodes(node):
        yield from ((number, owner) for number in blocker_numbers(child))
        yield from marked(child, child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else owner)


def blockers(tests: Path) -> str:
    """Return the page of upstream blockers and the rules that answer them; one row a test."""
    found: dict[int, set[tuple[str, str]]] = {number: set() for number in BLOCKERS}
    for path in sorted(tests.rglob("test_*.py")):
        where = path.relative_to(tests.parent).as_posix()
        for number, test in marked(ast.parse(path.read_bytes(), filename=where)):
            found[number].add((where, test))
    rows = [
        (
            f"[{number}]({ISSUE.format(number=number)}): {BLOCKERS[number]}",
            test.removeprefix("test_").removeprefix("Test").replace("_", " ") or "every test of the file",
            f"[{where}](../{where})",
        )
        for number, places in found.items()
        for where, test in sorted(places)
    ]
    missing = ", ".join(str(number) for number, places in found.items() if not places)
    rest = f"\n\nTheir tests come with the push, transition, review and sync commands: {missing}." if missing else ""
    return table(("issue", "rule", "test"), rows) + rest


def fill(page: str, mark: str, content: str) -> str:
    """Return a page with the lines between `<!-- MARK -->` and `<!-- /MARK -->` replaced.

    Raises SystemExit where a mark is missing: a page that silently lost its table would pass every check.
    """
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise SystemExit(f"a page lacks its marks {begin.strip()} and {end}")
    return f"{before}{begin}{content}\n{end}{after}"


def generated(root: Path) -> dict[Path, str]:
    """Return every generated file of a tree, by path, as it should be."""
    pages = {
        "README.md": {"exit-codes": exit_codes(), "codes": codes()},
        "docs/codes.md": {
            "codes": codes_in_full(),
            "plan-codes": plan_codes(),
            "error-codes": error_codes(),
            "exit-codes": exit_codes(),
        },
        "docs/blockers.md": {"blockers": blockers(root / "tests")},
    }
    files = {root / ".pre-commit-hooks.yaml": manifest()}
    for name, parts in pages.items():
        text = (root / name).read_text(encoding="utf-8")
        for mark, content in parts.items():
            text = fill(text, mark, content)
        files[root / name] = text
    return files


def stale(root: Path) -> list[Path]:
    """Return the generated files of a tree that differ from what they should be."""
    return [
        path for path, text in generated(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write, or check; return 1 when a file is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something is out of date")
    check = parser.parse_args().check
    outdated = stale(ROOT)
    for path in outdated:
        print(f"{path.relative_to(ROOT)} {'is out of date: make docs' if check else 'written'}")
        if not check:
            path.write_text(generated(ROOT)[path], encoding="utf-8")
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
