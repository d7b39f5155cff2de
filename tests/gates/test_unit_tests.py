"""Unit tests start no farm: neither the fixtures that start one nor their class stand in tests/unit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests" / "unit"
STARTS_A_FARM = frozenset({"box", "farm", "client"})
"""Fixtures of tests/conftest.py behind which a farm runs, or soon will."""
HANDLES = frozenset({"FarmBox", "make_box"})


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_fixture(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in ast.unparse(each) for each in function.decorator_list)


def own_fixtures(path: Path) -> set[str]:
    """Return the fixtures that a test file and the conftest.py of its folder define themselves."""
    files = [path, path.parent / "conftest.py"]
    return {f.name for one in files if one.is_file() for f in functions(one) if is_fixture(f)}


def asks_for_a_farm(path: Path) -> Iterator[str]:
    """Yield the functions of a file that ask for a fixture which starts a farm."""
    wanted = STARTS_A_FARM - own_fixtures(path)
    for function in functions(path):
        asked = {argument.arg for argument in function.args.args} & wanted
        if asked and (is_fixture(function) or function.name.startswith("test_")):
            yield f"{path.name}: {function.name}({', '.join(sorted(asked))})"


def test_no_unit_test_asks_for_a_farm() -> None:
    found = [each for path in sorted(UNIT.rglob("*.py")) for each in asks_for_a_farm(path)]

    assert found == [], "such a test belongs to tests/integration"


def test_no_unit_test_handles_one() -> None:
    found = [
        path.name
        for path in sorted(UNIT.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and {each.name for each in node.names} & HANDLES
    ]

    assert found == [], "such a test belongs to tests/integration"


def test_a_farm_asked_for_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "test_it.py"
    path.write_text("def test_it(client):\n    pass\n")

    assert list(asks_for_a_farm(path)) == ["test_it.py: test_it(client)"]
