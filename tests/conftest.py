"""A farm of its own for each test that asks for one: own folders, own port, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.budget import examples

hypothesis.settings.register_profile(
    "cuelet",
    deadline=None,  # a timing never decides a test
    max_examples=examples(100),
)
hypothesis.settings.load_profile("cuelet")

SRC = Path(__file__).parent.parent / "src"

# Users have it not set: with it nothing shows that we lose what a process holds back.
os.environ.pop("PYTHONUNBUFFERED", None)


def wait_until(what: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Return the first true answer; fail loudly when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := what():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout_s} s: {what}")


@dataclass
class FarmBox:
    """One farm, and commands that only see this one."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def state_dir(self) -> Path:
        return Path(self.env["CUELET_STATE_DIR"])

    @property
    def info(self) -> dict[str, Any]:
        return dict(json.loads((self.state_dir / "farm.json").read_text()))

    def python(self, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run python on this farm."""
        more.setdefault("timeout", 170)
        more.setdefault("cwd", self.home)
        return subprocess.run(
            [sys.executable, *args],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            **more,
        )

    def cuelet(self, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run the cuelet command on this farm."""
        return self.python("-m", "cuelet", *args, **more)

    def cueadmin(self, *args: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run the cueadmin command on this farm."""
        return self.python("-m", "cueadmin", *args, **more)

    def json(self, *args: str) -> Any:
        """Run a reading cuelet command and return what it printed."""
        done = self.cuelet(*args, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def start(self) -> None:
        done = self.cuelet("farm", "start", "--port", "0", "--cores", "2")
        assert done.returncode == 0, done.stderr

    def kill(self) -> int:
        """Kill the farm the hard way; return its pid."""
        pid = int(self.info["pid"])
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not _alive(pid))
        return pid

    def processes(self) -> list[int]:
        """Return every process that belongs to this farm, found by its environment."""
        marker = f"CUELET_STATE_DIR={self.env['CUELET_STATE_DIR']}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if (
                entry.name.isdecimal()
                and _alive(int(entry.name))
                and int(entry.name) != os.getpid()
            ):
                try:
                    if marker in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def close(self) -> list[int]:
        """End everything; return the processes that had to be killed."""
        if (self.state_dir / "farm.json").exists():
            for job in json.loads(self.cuelet("jobs", "--all", "--json").stdout or "[]"):
                if job["stopped_at"] is None:
                    self.cuelet("kill", job["id"])
            self.cuelet("farm", "stop")
        try:
            wait_until(lambda: not self.processes(), 10)
        except AssertionError:
            left = self.processes()
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            return left
        return []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def make_box(home: Path) -> FarmBox:
    """Prepare a farm's surroundings without starting it."""
    keep = ("PATH", "LANG", "LC_ALL", "TMPDIR", "USER", "LOGNAME")
    env = {key: os.environ[key] for key in keep if key in os.environ}
    env |= {
        "HOME": str(home),
        "CUELET_STATE_DIR": str(home / "state"),
        "PYTHONPATH": str(SRC),
        "PYTHONWARNINGS": "default",
        "NO_COLOR": "1",
    }
    env.setdefault("USER", "tester")
    return FarmBox(home, env)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[FarmBox]:
    """Return surroundings in which no farm runs yet."""
    made = make_box(tmp_path)
    yield made
    assert made.close() == [], "processes were left behind"


@pytest.fixture
def farm(box: FarmBox) -> FarmBox:
    """Return a running farm of two cores."""
    box.start()
    return box


@pytest.fixture
def client(farm: FarmBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarmBox]:
    """Return a running farm that `opencue` in this process talks to."""
    import opencue

    monkeypatch.setenv("CUELET_STATE_DIR", farm.env["CUELET_STATE_DIR"])
    monkeypatch.setenv("HOME", farm.env["HOME"])
    monkeypatch.delenv("CUEBOT_HOSTS", raising=False)
    opencue.Cuebot.closeChannel()
    yield farm
    opencue.Cuebot.closeChannel()


@pytest.fixture(scope="session", autouse=True)
def nobody_touches_the_users_own_farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Lead every test that forgets to ask for a farm away from the user's, and notice it."""
    stray = tmp_path_factory.mktemp("stray")
    os.environ["CUELET_STATE_DIR"] = str(stray)
    os.environ.pop("CUEBOT_HOSTS", None)
    yield
    assert not (stray / "farm.db").exists(), "a test reached for the user's own farm"


_MAY_BE_MISSING = ("only root can",)
"""Reasons for which CI may skip too: they are about who runs it, not about a tool."""


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that skipped a test because a tool is missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None:
        return
    reasons = {str(report.longrepr[2]) for report in reporter.stats.get("skipped", ())}
    missing = [r for r in reasons if not r.removeprefix("Skipped: ").startswith(_MAY_BE_MISSING)]
    if missing:
        reporter.write_line(f"skipped in CI: {'; '.join(sorted(missing))}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
