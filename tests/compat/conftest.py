"""The unmodified OpenCue packages from PyPI, in an environment of their own."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox

PACKAGES = (
    "opencue-pycue==1.37.*",
    "opencue-cueadmin==1.37.*",
    "opencue-pyoutline==1.37.*",
    "packaging",
)
_INSTALL_TIMEOUT_S = 170


@dataclass(frozen=True)
class Stock:
    """The stock clients, and the farm they are pointed at."""

    bin: Path
    farm: FarmBox
    hosts: str
    env: dict[str, str] = field(default_factory=dict)

    def run(self, program: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the stock environment; nothing of ours is on its path."""
        keep = {k: v for k, v in self.farm.env.items() if k not in ("PYTHONPATH", "PYTHONWARNINGS")}
        done = subprocess.run(
            [str(self.bin / program), *args],
            env={**keep, "CUEBOT_HOSTS": self.hosts, **self.env},
            cwd=self.farm.home,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done

    def cueadmin(self, *args: str) -> str:
        """Run stock cueadmin and return what it printed; it must not complain."""
        done = self.run("cueadmin", *args)
        assert "Error" not in done.stderr, done.stderr
        return done.stdout

    def python(self, code: str, *args: str) -> Any:
        """Run code in stock Python and return what it gave to ``tell``."""
        script = self.farm.home / "stock.py"
        script.write_text(_PROLOGUE + textwrap.dedent(code))
        answer = self.farm.home / "answer.json"
        answer.unlink(missing_ok=True)
        done = self.run("python", str(script), str(answer), *args)
        return json.loads(answer.read_text()) if answer.exists() else done.stdout


_PROLOGUE = """\
import json, sys, time

def tell(value):
    with open(sys.argv[1], "w") as answer:
        json.dump(value, answer, default=list)  # protobuf's lists

def until(what):
    for _ in range(3000):
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("not within 60 s")

"""


@pytest.fixture(scope="session")
def stock_bin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``bin`` of an environment with the stock packages, made once per machine."""
    given = os.environ.get("CUELET_STOCK_VENV")
    home = Path(given) if given else _kept_folder(tmp_path_factory.getbasetemp())
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    ready = home / "ready"
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one worker makes it, the others wait
        if not ready.exists():
            _make(home)
            ready.touch()
    return home / "bin"


def _kept_folder(base: Path) -> Path:
    """Return a folder that outlives this run, in pytest's own folder of this user."""
    owned = next((each for each in base.parents if each.name.startswith("pytest-of-")), base)
    return owned / "cuelet-stock-1.37"


def _make(home: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    try:
        done = subprocess.run(
            [*pip, "install", "--quiet", "--retries", "1", *PACKAGES],
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
        )
        failure = done.stderr.strip()[-500:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        failure = f"pip took more than {_INSTALL_TIMEOUT_S} s"
    if failure:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"the stock packages cannot be installed: {failure}")


@pytest.fixture
def stock(stock_bin: Path, farm: FarmBox) -> Stock:
    """Return stock clients that know the farm by its TCP address."""
    return Stock(stock_bin, farm, farm.info["address"])
