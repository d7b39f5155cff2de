"""Who imports whom inside a package, read from the source: eager, lazy and type-only imports, and their cycles.

``python tests/gates/import_graph.py outline`` prints the counts of a package, ``--cycles`` and ``--lazy`` what is behind.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"


class Kind(StrEnum):
    """When an import takes place."""

    EAGER = "eager"
    """As the module is imported."""
    LAZY = "lazy"
    """When a function of it is called."""
    TYPE_ONLY = "type-only"
    """Never: only type checkers read it, below ``if TYPE_CHECKING``."""


ALL = frozenset(Kind)
RUN_TIME = frozenset({Kind.EAGER, Kind.LAZY})

Graph = dict[str, set[str]]
"""Every module of a package, and the modules of that package it imports."""


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One import statement, or one module of it when it names several."""

    importer: str
    imported: str
    line: int
    kind: Kind


def modules(package: str, src: Path = SRC) -> dict[str, Path]:
    """Return the modules of a package by name, the package itself among them."""
    found = {}
    for path in sorted((src / package).rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: str, src: Path = SRC) -> list[Import]:
    """Return every import inside a package of a module of that package.

    ``from outline import event`` counts as an import of ``outline.event``, not of the package as well.
    """
    known = modules(package, src)
    found = []
    for name, path in known.items():
        is_package = path.name == "__init__.py"
        reader = _Reader(name, is_package=is_package, known=known)
        reader.visit(ast.parse(path.read_text(encoding="utf-8")))
        found += [each for each in reader.found if each.imported != name]
    return sorted(found)


def graph(package: str, kinds: Collection[Kind] = ALL, src: Path = SRC) -> Graph:
    """Return which module of a package imports which others, by imports of some kinds."""
    found: Graph = {name: set() for name in modules(package, src)}
    for each in imports(package, src):
        if each.kind in kinds:
            found[each.importer].add(each.imported)
    return found


def cycles(of: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the groups of modules that reach each other, each sorted: the strongly connected components."""
    return sorted(sorted(group) for group in _components(of) if len(group) > 1)


def arrows(of: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Return all pairs of importer and imported."""
    return sorted((importer, imported) for importer in of for imported in of[importer])


def arrows_up(
    of: Mapping[str, Iterable[str]], floors: Sequence[Collection[str]]
) -> list[tuple[str, str]]:
    """Return the imports of something that lies on a higher floor.

    Args:
        of: A graph.
        floors: Modules or packages, the top floor first; a module belongs to the longest name that fits.
    """
    floor_of = {name: number for number, floor in enumerate(floors) for name in floor}

    def floor(module: str) -> int | None:
        while module and module not in floor_of:
            module = module.rpartition(".")[0]
        return floor_of.get(module)

    found = []
    for importer, imported in arrows(of):
        low, high = floor(importer), floor(imported)
        if low is not None and high is not None and high < low:
            found.append((importer, imported))
    return found


class _Reader(ast.NodeVisitor):
    """Collects the imports of one module."""

    def __init__(self, name: str, *, is_package: bool, known: Collection[str]) -> None:
        self.name, self.known = name, known
        self.package = name if is_package else name.rpartition(".")[0]
        self.found: list[Import] = []
        self._functions = 0
        self._is_type_only = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._visit_function(node)

    def _visit_function(self, node: ast.AST) -> None:
        self._functions += 1
        self.generic_visit(node)
        self._functions -= 1

    def visit_If(self, node: ast.If) -> None:
        if not _asks_for_types(node.test):
            self.generic_visit(node)
            return
        before, self._is_type_only = self._is_type_only, True
        for each in node.body:
            self.visit(each)
        self._is_type_only = before
        for each in node.orelse:
            self.visit(each)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parents = self.package.split(".")
            above = parents[: len(parents) - node.level + 1]
            base = ".".join([*above, base] if base else above)
        for alias in node.names:
            below = f"{base}.{alias.name}"
            self._add(below if below in self.known else base, node.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        """Take ``importlib.import_module("a.b")`` for what it is."""
        called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        if called == "import_module" and node.args and isinstance(node.args[0], ast.Constant):
            self._add(str(node.args[0].value), node.lineno)
        self.generic_visit(node)

    def _add(self, imported: str, line: int) -> None:
        if imported not in self.known:
            return
        kind = Kind.LAZY if self._functions else Kind.EAGER
        if self._is_type_only:
            kind = Kind.TYPE_ONLY
        found = Import(self.name, imported, line, kind)
        if found not in self.found[-1:]:  # one statement may name several things of a module
            self.found.append(found)


def _asks_for_types(test: ast.expr) -> bool:
    return (getattr(test, "id", None) or getattr(test, "attr", None)) == "TYPE_CHECKING"


def _components(of: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Yield the strongly connected components, found by Tarjan's algorithm."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_path: list[str] = []
    closed: set[str] = set()

    def walk(module: str) -> Iterator[list[str]]:
        order[module] = lowest[module] = len(order)
        open_path.append(module)
        for other in sorted(of.get(module, ())):
            if other not in order:
                yield from walk(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other not in closed:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            at = open_path.index(module)
            group = open_path[at:]
            del open_path[at:]
            closed.update(group)
            yield group

    for module in sorted(of):
        if module not in order:
            yield from walk(module)


def report(package: str, src: Path = SRC) -> str:
    """Return the counts of a package, one a line."""
    every = imports(package, src)
    by_kind = {kind: sum(each.kind is kind for each in every) for kind in Kind}
    chosen = {"eager": {Kind.EAGER}, "run time": RUN_TIME, "all": ALL}
    lines = [
        f"{package}: {len(modules(package, src))} modules, {len(every)} imports inside",
        ", ".join(f"{count} {kind}" for kind, count in by_kind.items()),
    ]
    for title, kinds in chosen.items():
        found = graph(package, kinds, src)
        circles = cycles(found)
        sizes = ", ".join(str(len(each)) for each in circles)
        lines.append(
            f"{title}: {len(arrows(found))} arrows, {len(circles)} cycles"
            + (f" of {sizes} modules" if sizes else "")
        )
    return "\n".join(lines)


def main() -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("package", nargs="+")
    parser.add_argument("--src", type=Path, default=SRC)
    parser.add_argument("--cycles", action="store_true", help="name the modules of each cycle")
    parser.add_argument("--lazy", action="store_true", help="list imports that are not eager")
    asked = parser.parse_args()
    for package in asked.package:
        print(report(package, asked.src))
        if asked.cycles:
            for each in cycles(graph(package, src=asked.src)):
                print("  cycle:", " ".join(each))
        if asked.lazy:
            for one in imports(package, asked.src):
                if one.kind is not Kind.EAGER:
                    print(f"  {one.kind}: {one.importer}:{one.line} -> {one.imported}")


if __name__ == "__main__":
    main()
