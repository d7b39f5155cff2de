"""Surroundings of processes that see no farm: a home of their own and little else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import SRC


@pytest.fixture
def bare_env(tmp_path: Path) -> dict[str, str]:
    """Return the variables of somebody who has just logged in, and works on a show."""
    names = {"SHOW": "demo", "SHOT": "shot010", "USER": "kim"}
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(SRC), **names}
