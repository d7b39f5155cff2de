"""An environment of their own for the unmodified OpenCue packages from PyPI, shared by the tests that need it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = (
    "opencue-pycue==1.37.*",
    "opencue-cueadmin==1.37.*",
    "opencue-pyoutline==1.37.*",
    "packaging",
)
_INSTALL_TIMEOUT_S = 170


@pytest.fixture(scope="session")
def stock_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``bin`` of an environment with the stock packages, made once per machine."""
    given = os.environ.get("CUELET_STOCK_VENV")
    home = Path(given) if given else _kept_folder(tmp_path_factory.getbasetemp())
    return make_environment(home, PACKAGES)


def make_environment(
    home: Path, packages: tuple[str, ...], *, timeout_s: float = _INSTALL_TIMEOUT_S
) -> Path:
    """Make an environment unless it is there, and return its ``bin``.

    Args:
        home: Its folder.
        packages: What is installed, as pip takes it.
        timeout_s: Of the installation.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    ready = home / "ready"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker makes it, the others wait
        if not ready.exists():
            _make(home, packages, timeout_s)
            ready.touch()
    return home / "bin"


def _kept_folder(base: Path) -> Path:
    """Return a folder that outlives this run, in pytest's own folder of this user."""
    owned = next((each for each in base.parents if each.name.startswith("pytest-of-")), base)
    return owned / "cuelet-stock-1.37"


def _make(home: Path, packages: tuple[str, ...], timeout_s: float) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*pip, "install", "--quiet", "--retries", "1", *packages],
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        failure = done.stderr.strip()[-500:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        failure = f"pip took more than {timeout_s:.0f} s"
    if failure:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"the stock packages cannot be installed: {failure}")
