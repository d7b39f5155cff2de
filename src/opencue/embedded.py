"""The embedded farm of this user: where it is, whose it is, and how to start it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from opencue.exception import FarmNotOursException, FarmNotStartedException

START_TIMEOUT_S = 60.0
_OUTPUT_TAIL = 600


def state_dir() -> Path:
    """Return the directory the embedded farm keeps its state in."""
    named = os.environ.get("CUELET_STATE_DIR")
    if named:
        return Path(named).expanduser().absolute()
    import platformdirs

    try:
        found = platformdirs.user_state_dir("cuelet")
    except RuntimeError:  # neither HOME nor an entry among the system's users; older versions say ~
        found = "~"
    if found.startswith("~"):
        raise FarmNotStartedException(
            command=["cuelet", "farm", "start"],
            state_dir="of this user",
            reason="has no folder for its state, as this user has no home directory; set HOME or CUELET_STATE_DIR",
        )
    return Path(found)


def recorded() -> dict[str, Any] | None:
    """Return what the farm last started here wrote about itself, or None.

    Raises:
        FarmNotOursException: The record or the socket belongs to another user.
    """
    path = state_dir() / "farm.json"
    try:
        _require_ours(path)
        info = json.loads(path.read_text(encoding="utf-8"))
        _require_ours(Path(info["socket"]))
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None  # none, or half a record: starting the farm writes a whole one
    return dict(info)


def _require_ours(path: Path) -> None:
    owner = path.stat().st_uid
    if owner != os.getuid():
        raise FarmNotOursException(path=str(path), owner=owner)


_refusals: list[Callable[[], object]] = []
"""What `start` calls instead of starting a farm, the innermost last."""


@contextlib.contextmanager
def not_started(refuse: Callable[[], object]) -> Iterator[None]:
    """Keep everything in this process from starting a farm while the block runs.

    Args:
        refuse: Called instead; it raises.
    """
    _refusals.append(refuse)
    try:
        yield
    finally:
        _refusals.remove(refuse)


def start() -> None:
    """Start the farm; return when it serves. Does nothing when it runs already.

    Raises:
        FarmNotStartedException: The command is missing, failed, or took too long.
    """
    if _refusals:
        _refusals[-1]()
    command = start_command()
    with tempfile.TemporaryFile() as output:
        reason = _run(command, output)
        if reason:
            raise FarmNotStartedException(
                command=command, state_dir=str(state_dir()), reason=reason, output=_tail(output)
            )


def start_command() -> list[str]:
    """Return the command that starts the farm, with the Python that can import it."""
    python = os.environ.get("CUELET_PYTHON") or _this_python()
    if python:
        return [python, "-P", "-m", "cuelet", "farm", "start"]
    return [shutil.which("cuelet") or "cuelet", "farm", "start"]


def _this_python() -> str | None:
    """Return this interpreter, unless the process is a DCC with Python inside."""
    name = Path(sys.executable or "").name.lower()
    return sys.executable if name.startswith(("python", "pypy")) else None


def _run(command: list[str], output: Any) -> str:
    """Run the command to its end and return what went wrong, or nothing.

    The output goes to a file: the farm it leaves behind may keep a pipe open for ever.
    """
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONHOME"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environ,
            timeout=START_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not finish within {START_TIMEOUT_S:.0f} s"
    except OSError as error:
        return f"could not be run ({error.strerror})"
    return f"ended with exit code {done.returncode}" if done.returncode else ""


def _tail(output: Any) -> str:
    output.seek(0)
    text = output.read().decode("utf-8", "replace")
    return " ".join(text.split())[-_OUTPUT_TAIL:]
