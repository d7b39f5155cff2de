"""The shape of the tree: file lengths, folder widths, import cycles, and packages that say how to change them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.gates.allowed import (
    BACK_IMPORTS,
    FACADES,
    MAX_LINES,
    MAX_MODULES,
    WIDE_FOLDERS,
)
from tests.gates.import_graph import SRC, Graph, Import, Kind, cycles, imports, modules

PACKAGES = sorted(path.name for path in SRC.iterdir() if (path / "__init__.py").is_file())
MODULES = sorted(SRC.rglob("*.py"))
EVERY_IMPORT = [each for package in PACKAGES for each in imports(package)]
FOLDERS = sorted({module.parent for module in MODULES})
Pair = tuple[str, str]


def docstring(module: Path) -> str:
    return ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""


def lengths() -> dict[str, int]:
    """Return the modules that are too long to say nothing, and their lines."""
    counts = {str(m.relative_to(SRC)): len(m.read_text("utf-8").splitlines()) for m in MODULES}
    return {name: count for name, count in counts.items() if count > MAX_LINES}


def excused() -> set[str]:
    return {str(m.relative_to(SRC)) for m in MODULES if "\nLong because: " in docstring(m)}


def test_a_long_module_says_why() -> None:
    silent = sorted(lengths().keys() - excused())

    assert not silent, f"part it, or add a line 'Long because: ...' to its docstring: {silent}"


def test_no_module_says_so_in_vain() -> None:
    short = sorted(excused() - lengths().keys())

    assert not short, f"not longer than {MAX_LINES} lines: {short}"


def width(folder: Path) -> int:
    """Return how many modules lie in a folder, its __init__ not counted."""
    return sum(module.name != "__init__.py" for module in folder.glob("*.py"))


def test_no_folder_is_too_wide_to_read() -> None:
    limits = {name: limit for name, (limit, _) in WIDE_FOLDERS.items()}
    wide = {str(f.relative_to(SRC)): width(f) for f in FOLDERS if width(f) > MAX_MODULES}

    assert {name: count for name, count in wide.items() if count > limits.get(name, 0)} == {}
    assert sorted(limits.keys() - wide) == [], "no longer wide: remove them from allowed.py"


def matching(found: Import, pattern: Pair) -> bool:
    return fnmatchcase(found.importer, pattern[0]) and fnmatchcase(found.imported, pattern[1])


def without(every: list[Import], patterns: Mapping[Pair, str]) -> list[Import]:
    """Return the imports that no pattern lets pass; an eager one never does."""
    return [
        each
        for each in every
        if each.kind is Kind.EAGER or not any(matching(each, pattern) for pattern in patterns)
    ]


def graph_of(every: list[Import]) -> Graph:
    found: Graph = {}
    for each in every:
        found.setdefault(each.importer, set()).add(each.imported)
    return found


def unneeded(every: list[Import], patterns: Mapping[Pair, str]) -> list[Pair]:
    """Return the patterns without which there would be no cycle either."""
    return [
        pattern
        for pattern in patterns
        if not cycles(graph_of(without(every, {k: v for k, v in patterns.items() if k != pattern})))
    ]


def test_imports_form_a_cycle_only_where_there_is_a_reason() -> None:
    left = without(EVERY_IMPORT, BACK_IMPORTS)

    found = {
        f"{each.importer} -> {each.imported} ({each.kind})"
        for cycle in cycles(graph_of(left))
        for each in left
        if each.importer in cycle and each.imported in cycle
    }
    text = "\n".join(sorted(found))
    assert not found, f"turn one around, or give the one that goes up a reason:\n{text}"


def test_every_reason_for_a_cycle_is_still_needed() -> None:
    left = unneeded(EVERY_IMPORT, BACK_IMPORTS)

    assert not left, f"remove them from allowed.py: {left}"


def test_a_cycle_and_an_unneeded_reason_are_noticed() -> None:
    down, up = Import("a.b", "a.c", 1, Kind.EAGER), Import("a.c", "a.b", 1, Kind.TYPE_ONLY)
    reason = {("a.c", "a.b"): "for this test"}

    assert cycles(graph_of(without([down, up], {}))) == [["a.b", "a.c"]]
    assert unneeded([down, up], reason) == []
    assert unneeded([down], reason) == [("a.c", "a.b")]


def packages() -> dict[str, Path]:
    found = {}
    for top in PACKAGES:
        found |= {n: path for n, path in modules(top).items() if path.name == "__init__.py"}
    return found


@pytest.mark.parametrize("name", sorted(packages().keys() - FACADES))
def test_a_package_says_what_it_may_import_and_where_to_add(name: str) -> None:
    text = docstring(packages()[name])

    assert "\nMay import: " in text, "which packages may this one import?"
    assert "\nAdd: " in text, "what is added here, and to which module?"


def test_a_face_is_a_package() -> None:
    assert sorted(FACADES.keys() - packages()) == [], "remove them from allowed.py"
