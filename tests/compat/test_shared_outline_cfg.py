"""The outline.cfg of our pages, read by PyOutline 1.37 of the same user: what works there goes on working."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SRC
from tests.stock import stock_bin

__all__ = ["stock_bin"]

DOCS = SRC.parent / "docs"
PAGES = ("reference/configuration.md", "how-to/map-paths.md")
SCRIPT = """
import outline
from outline.cuerun import OutlineLauncher
from outline.modules.shell import Shell

job = outline.Outline("shared", show="demo", shot="sh010", frame_range="1")
job.add_layer(Shell("render", command=["/bin/true"]))
launcher = OutlineLauncher(job)
launcher.setup()
print(launcher.serialize())
"""


def documented(page: str) -> str:
    """Return the file that a page shows, without the plug-in, which is only an example."""
    (text,) = re.findall(
        r"```ini\n(\[outline\].*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL
    )
    assert "enable = true" not in text, "PyOutline reads a number there"
    return str(text.partition("[plugin:")[0])


def serialized(python: Path, home: Path, text: str, **env: str) -> str:
    """Return what a Python with an `outline` would send, by a script in a home with that file."""
    folder = home / ".config" / "opencue"
    folder.mkdir(parents=True)
    (folder / "outline.cfg").write_text(text.replace("/shared/", f"{home}/"), encoding="utf-8")
    (home / "job.py").write_text(SCRIPT, encoding="utf-8")
    env |= {"HOME": str(home), "PATH": os.environ["PATH"], "USER": "ada"}
    done = subprocess.run(
        [str(python), "job.py"], cwd=home, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_pyoutline_launches_with_the_file_of_our_pages(
    page: str, stock_bin: Path, tmp_path: Path
) -> None:
    xml = serialized(stock_bin / "python", tmp_path, documented(page))

    assert "wrappers/opencue_wrap_frame" in xml
    assert "<maxretries>1</maxretries>" in xml


@pytest.mark.parametrize("page", PAGES)
def test_folders_of_pyoutline_mean_nothing_to_us(page: str, tmp_path: Path) -> None:
    xml = serialized(Path(sys.executable), tmp_path, documented(page), PYTHONPATH=str(SRC))

    assert "-m outline.pycuerun" in xml
    assert "wrap_frame" not in xml
