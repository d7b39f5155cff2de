"""Every path and module that the pages for contributors name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gates.import_graph import SRC, modules

ROOT = SRC.parent
PAGES = [
    ROOT / "ARCHITECTURE.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "explanation" / "glossary.md",
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
]
TOPS = sorted(path.name for path in SRC.iterdir() if path.is_dir())
FOLDERS = [*TOPS, "src", "tests", "docs", "locks", "bench", "examples"]
MODULES = {name: path for top in TOPS for name, path in modules(top).items()}
_SPAN = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./*-]*")
_DOTTED = re.compile(rf"(?:{'|'.join(TOPS)})(?:\.\w+)+")
_SERVICE = "cuelet.Farm"
_OTHER_NAMES = (".cfg", ".yaml", ".json", ".pack", ".txt")


def spans(page: Path) -> list[str]:
    """Return what stands in backticks on a page, its blocks left out."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return _SPAN.findall(text)


def missing_paths(page: Path) -> Iterator[str]:
    for span in spans(page):
        if _PATH.fullmatch(span) and not there(span):
            yield span


def there(path: str) -> bool:
    """Tell whether a path leads somewhere, from the root or from src."""
    return any(next(base.glob(path.rstrip("/")), None) is not None for base in (SRC, ROOT))


def missing_modules(page: Path) -> Iterator[str]:
    for span in spans(page):
        if not _DOTTED.fullmatch(span) or span.startswith(_SERVICE) or span.endswith(_OTHER_NAMES):
            continue
        name, rest = span, ""
        while name not in MODULES:
            name, _, rest = name.rpartition(".")
        if rest and not re.search(rf"\b{rest}\b", MODULES[name].read_text("utf-8")):
            yield span


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_and_modules_that_a_page_names_exist(page: Path) -> None:
    assert list(missing_paths(page)) == []
    assert list(missing_modules(page)) == []


def test_a_path_and_a_module_that_are_gone_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("See `cuelet/core/gone.py`, `cuelet.core.gone` and `cuelet/core/`.\n")

    assert list(missing_paths(page)) == ["cuelet/core/gone.py"]
    assert list(missing_modules(page)) == ["cuelet.core.gone"]


def test_the_table_of_changes_names_a_file_in_every_row() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## To change X, open Y\n")[2]
    rows = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")]

    assert len(rows) >= 20
    assert [row for row in rows[1:] if not _PATH.search(row)] == []
