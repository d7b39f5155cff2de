"""The answers of both Pythons to the whole corpus, asked for once per run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SRC
from tests.stock import stock_bin

__all__ = ["stock_bin"]

FOLDER = Path(__file__).parent
CORPUS = sorted(
    path
    for path in (FOLDER / "corpus").iterdir()
    if path.suffix in {".py", ".outline", ".json"} and not path.name.startswith("_")
)
_TIMEOUT_S = 170


@pytest.fixture(scope="session")
def answers(stock_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return, for ``stock`` and ``ours``, what every script launched, printed and raised."""
    pythons = {"stock": stock_bin / "python", "ours": Path(sys.executable)}
    running = {
        side: _start(side, python, tmp_path_factory.mktemp(side))
        for side, python in pythons.items()
    }
    return {side: _finish(*each) for side, each in running.items()}


def _start(side: str, python: Path, home: Path) -> tuple[subprocess.Popen[str], Path]:
    keep = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    if side == "ours":
        keep["PYTHONPATH"] = str(SRC)
    answer = home / "answer.json"
    argv = [python, "-P", FOLDER / "drive.py", side, home / "homes", answer, *CORPUS]
    process = subprocess.Popen(
        list(map(str, argv)), env={**keep, "HOME": str(home)}, stderr=subprocess.PIPE, text=True
    )
    return process, answer


def _finish(process: subprocess.Popen[str], answer: Path) -> Any:
    _, complaints = process.communicate(timeout=_TIMEOUT_S)
    assert process.returncode == 0, complaints
    return json.loads(answer.read_text())
