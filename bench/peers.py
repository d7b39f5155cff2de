"""Install what we compare with, each into a place of its own under the cache directory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from processes import end_marked

ROOT = Path(__file__).resolve().parent.parent
STOCK = (
    "opencue-pyoutline==1.37.*",
    "opencue-pycue==1.37.*",
    "opencue-cueadmin==1.37.*",
    "packaging",
)
MARKER = "CUELET_BENCH_PEER"


class PeerMissingError(Exception):
    """Say why a peer cannot take part."""


def cache_dir() -> Path:
    """Return where peers are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) / "cuelet-bench" if base else ROOT / "bench" / ".cache"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def plain_env(home: Path | None = None) -> dict[str, str]:
    """Return an environment that knows nothing of this checkout."""
    keep = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
    env = {key: os.environ[key] for key in keep if key in os.environ}
    env["USER"] = "bench"
    return env | ({"HOME": str(home)} if home else {})


def stock_venv() -> Path:
    """Return an environment with stock PyOutline."""
    return _venv("stock", STOCK)


@cache
def ours_venv() -> Path:
    """Return an environment with this checkout installed as a user has it; built anew each run."""
    home = _venv("ours", ("-r", str(_own_requirements())))
    _pip(home, "--no-deps", "--force-reinstall", str(ROOT))
    return home


def _own_requirements() -> Path:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    path = cache_dir() / "ours-requirements.txt"
    path.write_text("\n".join(project["dependencies"]) + "\n")
    return path


def peer_venv(package: str) -> Path:
    """Return an environment with one package from PyPI."""
    return _venv(package, (package,))


def _venv(name: str, requirements: Sequence[str]) -> Path:
    home = cache_dir() / name
    wanted = "\n".join(requirements)
    if requirements[0] == "-r":
        wanted = hashlib.sha256(Path(requirements[1]).read_bytes()).hexdigest()
    stamp = home / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        _pip(home, *requirements)
        stamp.write_text(wanted)
    return home


def _pip(home: Path, *arguments: str) -> None:
    command = [str(home / "bin/python"), "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=plain_env(),
    )
    if done.returncode:
        raise PeerMissingError(f"pip install {' '.join(arguments)}: {done.stderr.strip()[-300:]}")


def gnu_parallel() -> list[str]:
    """Return the command of GNU parallel: the installed one, else Debian's unpacked in the cache."""
    if found := shutil.which("parallel"):
        return [found]
    script = cache_dir() / "parallel/usr/bin/parallel"
    if not script.exists():
        _unpack_debian("parallel")
    return [shutil.which("perl") or "perl", str(script)]


def _unpack_debian(package: str) -> None:
    home = cache_dir() / package
    home.mkdir(exist_ok=True)
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise PeerMissingError(f"{package} is not on PATH and this is not a Debian")
    done = subprocess.run(
        ["apt-get", "download", package], cwd=home, capture_output=True, text=True, check=False
    )
    files = list(home.glob("*.deb"))
    if done.returncode or not files:
        raise PeerMissingError(f"apt-get download {package}: {done.stderr.strip()[-300:]}")
    subprocess.run(["dpkg-deb", "-x", files[0], home], check=True)


class PeerProcess:
    """A peer that was started once and answers one question per line; see ``serving/``.

    Args:
        package: Its name on PyPI.
        script: File in ``serving/`` that its Python executes.
        home: An empty folder of its own.
    """

    def __init__(self, package: str, script: str, home: Path) -> None:
        home.mkdir()
        self._mark = uuid.uuid4().hex
        self._name = package
        self._errors = home / "stderr"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [
                    str(peer_venv(package) / "bin/python"),
                    str(ROOT / "bench/serving" / script),
                    str(home),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=home,
                env=plain_env(home) | {MARKER: self._mark},
                start_new_session=True,
            )

    def ask(self, **question: object) -> list[float]:
        """Return the peer's answer.

        Raises:
            PeerMissingError: It died.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            tail = self._errors.read_text(errors="replace")[-300:]
            raise PeerMissingError(f"{self._name} died: {tail}")
        return list(json.loads(answer))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        end_marked(f"{MARKER}={self._mark}", 10.0)
        self._process.wait()
        self._process.stdout.close()
