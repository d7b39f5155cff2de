"""A farm, a client in an environment of its own, and a display that nobody looks at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import FarmBox
from tests.interop import rows
from tests.stock import make_environment

_OPENCUE = "1.37.0"
CLIENTS = {
    name: tuple(f"opencue-{each}=={_OPENCUE}" for each in ("pycue", f"{name}", *more)) + other
    for name, more, other in (
        ("cueadmin", (), ()),
        ("pyoutline", (), ("packaging",)),
        ("cueman", ("cueadmin",), ()),
        ("cuecmd", ("pyoutline",), ("packaging",)),
        ("cuesubmit", ("pyoutline",), ("packaging",)),
        ("cuenimby", (), ()),
        ("rqd", (), ()),
        ("cuetopia", (), ()),
        ("cuecommander", (), ()),
    )
}
"""What is installed for each client; the two programs of CueGUI share an environment."""
_PACKAGE = {"cuetopia": "cuegui", "cuecommander": "cuegui"}
_INSTALL_S = 300
_STATUS = re.compile(
    r"StatusCode\.[A-Z_]+\s*:\s*(.+)|Object (?:does not|already) exists?\. (.+)|details = \"(.+)\""
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.interop)


def give_up(reason: str) -> None:
    """Fail in CI, skip elsewhere: a tool is missing."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@dataclass
class Client:
    """A client's programs, pointed at a farm."""

    name: str
    bin: Path
    farm: FarmBox
    rows: list[rows.Row] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)

    def run(
        self, program: str, *arguments: str, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the client's environment; nothing of ours is on its path."""
        keep = {k: v for k, v in self.farm.env.items() if k not in ("PYTHONPATH", "PYTHONWARNINGS")}
        return subprocess.run(
            [str(self.bin / program), *arguments],
            env={**keep, "CUEBOT_HOSTS": self.farm.info["address"], **self.env},
            cwd=self.farm.home,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def tries(
        self,
        *arguments: str,
        then: Callable[[], object] | None = None,
        stock: str = "",
        program: str = "",
    ) -> str:
        """Run a command, look at what it did, and keep the row; return what it printed.

        Args:
            arguments: The command without its program.
            then: What is so afterwards.
            stock: Why stock's own code fails, where it is known to.
            program: Another program than the one of the client's name.
        """
        done = self.run(program or self.name, *arguments)
        said = done.stdout + done.stderr
        self.rows.append(
            rows.row(program or self.name, _shown(arguments), *_judge(done, said, then, stock))
        )
        return said

    def close(self) -> None:
        """Keep the rows; a fault fails the test."""
        rows.write(self.name, self.rows)
        assert rows.faults(self.rows) == []


def _shown(arguments: tuple[str, ...]) -> str:
    return f"`{' '.join(Path(each).name if each.startswith('/') else each for each in arguments)}`"


def _judge(
    done: subprocess.CompletedProcess[str],
    said: str,
    then: Callable[[], object] | None,
    stock: str,
) -> tuple[str, str]:
    refused = _STATUS.search(said)
    if refused:
        return rows.REFUSED, next(filter(None, refused.groups())).strip()
    if stock:
        return (
            (rows.STOCK, stock)
            if "Traceback" in said
            else (rows.FAULT, f"stock no longer fails: {stock}")
        )
    if done.returncode or "Traceback" in said:
        return rows.FAULT, said.strip()[-300:]
    if then is not None and not _holds(then):
        return rows.FAULT, f"it did not do what it says: {said.strip()[-200:]}"
    return rows.WORKS, ""


def _holds(then: Callable[[], object]) -> bool:
    from tests.conftest import wait_until

    try:
        return bool(wait_until(then, 20))
    except AssertionError:
        return False


@pytest.fixture
def client(request: pytest.FixtureRequest, farm: FarmBox) -> Client:
    """Return the client that a test is about, ``test_<name>``, on a fresh farm."""
    name = request.node.name.removeprefix("test_")
    package = _PACKAGE.get(name, name)
    packages = tuple(
        each.replace(f"opencue-{name}=", f"opencue-{package}=") for each in CLIENTS[name]
    )
    home = (
        rows.folder() / f"{package}-{_OPENCUE}-py{sys.version_info.major}.{sys.version_info.minor}"
    )
    made = make_environment(home, packages, timeout_s=_INSTALL_S)
    return Client(name, made, farm)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """Return the name of a virtual display."""
    server = shutil.which("Xvfb")
    if server is None:
        give_up("Xvfb is not installed (Debian: xvfb)")
    read, write = os.pipe()
    command = [
        str(server),
        "-displayfd",
        str(write),
        "-screen",
        "0",
        "1600x1200x24",
        "-nolisten",
        "tcp",
    ]
    with (tmp_path / "xvfb.log").open("wb") as log:
        process = subprocess.Popen(command, pass_fds=[write], stdout=log, stderr=log)
    os.close(write)
    with os.fdopen(read) as number:
        display = f":{number.readline().strip()}"
    yield display
    process.terminate()
    process.wait(10)
