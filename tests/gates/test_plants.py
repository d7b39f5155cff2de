"""Every planted bug still applies to the tree, and docs/robustness.md tells of each."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "tests" / "crash" / "plants", ROOT / "tests" / "simulation" / "plants"]
PATCHES = [patch for folder in FOLDERS for patch in sorted(folder.glob("*.patch"))]
SECTIONS = {
    "Plants: the bugs these tests have caught": FOLDERS[0],
    "Plants of simulation and model, and what caught them": FOLDERS[1],
}


def touched_by(patch: Path) -> list[str]:
    """Return the files of the tree that a patch changes."""
    return re.findall(r"^--- a/(\S+)", patch.read_text(encoding="utf-8"), re.MULTILINE)


def rows_below(title: str) -> list[str]:
    """Return the plants that the table of a section of docs/robustness.md names."""
    text = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\|(?:[^|`]*\|)? `(\w+)` \|", section, re.MULTILINE)


def applying(patch: Path, tree: Path) -> subprocess.CompletedProcess[str]:
    """Apply a patch as the plants' run.py does, to a copy of the files that it changes."""
    for name in touched_by(patch):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    command = ["patch", "-p1", "-s", "-f", "-i", str(patch)]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True)


@pytest.mark.skipif(not shutil.which("patch"), reason="patch is not installed")
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_plant_applies_to_the_present_tree(patch: Path, tmp_path: Path) -> None:
    assert touched_by(patch), "changes nothing"
    done = applying(patch, tmp_path)
    assert done.returncode == 0, f"make {patch.name} anew: {done.stdout}{done.stderr}"


@pytest.mark.skipif(not shutil.which("patch"), reason="patch is not installed")
def test_a_plant_whose_code_has_gone_is_noticed(tmp_path: Path) -> None:
    patch = tmp_path / "stale.patch"
    hunk = "--- a/pyproject.toml\n+++ b/pyproject.toml\n@@ -1 +1 @@\n-not a line of it\n+planted\n"
    patch.write_text(hunk)
    assert applying(patch, tmp_path).returncode != 0


@pytest.mark.parametrize("title", SECTIONS)
def test_every_plant_has_its_row_and_every_row_its_plant(title: str) -> None:
    plants = [patch.stem for patch in PATCHES if patch.parent == SECTIONS[title]]
    assert sorted(rows_below(title)) == sorted(plants)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_the_tests_that_a_plant_names_exist(patch: Path) -> None:
    head = patch.read_text(encoding="utf-8").partition("\n")[0]
    names = head.removeprefix("tests: ").split() if head.startswith("tests: ") else []
    assert [name for name in names if not (ROOT / name).is_file()] == []
