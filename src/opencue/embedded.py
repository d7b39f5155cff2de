"""The embedded farm of this user: where it is, whose it is, and how to start it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

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
    """Return where the farm last started here said it is, or None.

    The lock tells it when the announcement was removed or damaged.

    Raises:
        FarmNotOursException: The record, the socket or the folder of one belongs to another user.
    """
    for name, read in (("farm.json", json.loads), ("farm.lock", _read_lock)):
        path = state_dir() / name
        try:
            info = read(_read_ours(path))
            socket = Path(info["socket"])
            _require_own_folder(path.parent)
            _require_own_folder(socket.parent)
            _require_owner(socket, socket.lstat())
        except (OSError, ValueError, KeyError, TypeError):
            continue  # none, or half a record: starting the farm writes a whole one
        return dict(info)
    return None


def _read_lock(text: str) -> dict[str, Any]:
    process, socket = text.splitlines()
    return {"pid": int(process), "socket": socket}


def holder() -> int | None:
    """Return the process that runs the farm here, answering or not; None when there is none.

    Raises:
        FarmNotOursException: The lock belongs to another user.
    """
    path = state_dir() / "farm.lock"
    try:
        with path.open(encoding="utf-8") as lock:
            _require_owner(path, os.fstat(lock.fileno()))
            return None if _is_free(lock) else _locker(lock) or int(lock.readline())
    except (OSError, ValueError):
        return None


def _locker(lock: IO[str]) -> int | None:
    """Return who holds a lock as the kernel says it, None where it does not.

    What is written in the file can be damaged, and who it names is sent signals.
    """
    found = os.fstat(lock.fileno())
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    with contextlib.suppress(OSError), open("/proc/locks", encoding="ascii") as rows:
        for row in rows:
            fields = row.split()
            if fields[1] == "FLOCK" and fields[3] == "WRITE" and fields[5] == device:
                return int(fields[4])
    return None


def _is_free(lock: IO[str]) -> bool:
    """Tell whether nobody holds a lock; that it is held for a moment to see it, the farm knows."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_ours(path: Path) -> str:
    """Return what a file of ours holds; whose it is is asked of what is read, not of its name."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe makes nobody wait
    with open(handle, encoding="utf-8") as stream:
        facts = os.fstat(handle)
        _require_owner(path, facts)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "is no plain file", str(path))
        return stream.read()


def _require_own_folder(path: Path) -> None:
    """Raise unless a folder is this user's and nobody else can put files there."""
    _require_owner(path, path.lstat())
    facts = path.stat()
    _require_owner(path, facts)
    if facts.st_mode & 0o022:
        raise FarmNotOursException(path=str(path), owner=None)


def _require_owner(path: Path, facts: os.stat_result) -> None:
    if facts.st_uid != os.getuid():
        raise FarmNotOursException(path=str(path), owner=facts.st_uid)


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
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(command[0]),
            timeout=START_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not finish within {START_TIMEOUT_S:.0f} s"
    except OSError as error:
        return f"could not be run ({error.strerror})"
    return f"ended with exit code {done.returncode}" if done.returncode else ""


_FOR_PYTHONS = (
    *("PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PYTHONPLATLIBDIR", "PYTHONSTARTUP"),
    *("PYTHONNOUSERSITE", "PYTHONSAFEPATH", "PYTHONUTF8", "PYTHON_GIL", "LD_LIBRARY_PATH"),
    *("PYTHONHASHSEED", "PYTHONINTMAXSTRDIGITS", "PYTHONIOENCODING", "PYTHONMALLOC"),
    *("PYTHONTRACEMALLOC", "PYTHON_CPU_COUNT", "__PYVENV_LAUNCHER__"),
)
"""Variables that an application sets for the Python inside it, with which another one may not start."""


def _environment(program: str) -> dict[str, str]:
    """Return our environment, with those of the variables for Pythons with which the farm's is known to start."""
    fits = _begun_with() if _is_this_python(program) else {"PYTHONPATH": _our_folder()}
    left = {*_FOR_PYTHONS, "PYTHONINSPECT"}  # with which it would not end as it should
    kept = {name: text for name, text in os.environ.items() if name not in left}
    return kept | {name: fits[name] for name in _FOR_PYTHONS if fits.get(name)}


def _is_this_python(program: str) -> bool:
    here = sys.executable
    return bool(here) and os.path.realpath(program) == os.path.realpath(here)


def _begun_with() -> dict[str, str]:
    """Return the environment this process was started with, whatever has been changed since."""
    try:
        pairs = (
            each.partition(b"=") for each in Path("/proc/self/environ").read_bytes().split(b"\0")
        )
        return {os.fsdecode(name): os.fsdecode(text) for name, _, text in pairs}
    except OSError:
        return {}


def _our_folder() -> str:
    """Return the folder of PYTHONPATH in which this package lies; empty when it is installed."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return folder if folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) else ""


def _tail(output: Any) -> str:
    output.seek(0)
    text = output.read().decode("utf-8", "replace")
    return " ".join(text.split())[-_OUTPUT_TAIL:]
