"""The unmodified OpenCue packages from PyPI, in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FarmBox
from tests.stock import stock_bin

__all__ = ["stock_bin"]


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


@pytest.fixture
def stock(stock_bin: Path, farm: FarmBox) -> Stock:
    """Return stock clients that know the farm by its TCP address."""
    return Stock(stock_bin, farm, farm.info["address"])
