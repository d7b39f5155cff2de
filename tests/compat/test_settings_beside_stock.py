"""Our settings and stock PyOutline in one home: a file for us alone does not break it, as half an outline.cfg would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SRC

SETTINGS = (
    "[outline]\nkeep_env = OCIO\nsession_group = true\n\n[path_map]\n/mnt/studio = /home/ada\n"
)
IMPORT = "import outline; print(outline.config.get('outline', 'backend'))"


def imported(python: Path | str, home: Path) -> subprocess.CompletedProcess[str]:
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    env |= {"PYTHONPATH": str(SRC)} if python == sys.executable else {}
    return subprocess.run(
        [str(python), "-c", IMPORT], env=env, capture_output=True, text=True, cwd=home
    )


@pytest.mark.parametrize(("name", "is_well"), [("cuelet.cfg", True), ("outline.cfg", False)])
def test_stock_pyoutline_starts_beside_our_settings(
    tmp_path: Path, stock_bin: Path, name: str, is_well: bool
) -> None:
    folder = tmp_path / ".config" / "opencue"
    folder.mkdir(parents=True)
    (folder / name).write_text(SETTINGS)

    stock, ours = imported(stock_bin / "python", tmp_path), imported(sys.executable, tmp_path)

    assert (stock.returncode == 0) is is_well, stock.stderr
    assert (ours.returncode, ours.stdout) == (0, "cue\n")
