"""The log file of a run: made fresh, older ones moved aside, framed by a header and a footer."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from cuelet.core.values.runs import BAD_OUTPUT, RunExited

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
_ATTEMPTS = 100


def open_log(path: str) -> int:
    """Create the log and return its descriptor; an older one becomes `path.N`, next free N.

    The file is ours alone (0600), and so are folders made for it (0700). It is opened for
    appending: a frame's processes share it, and none may overwrite what another wrote.

    Raises:
        OSError: The log cannot be created.
        ValueError: The path is no absolute path.
    """
    if not os.path.isabs(path):
        raise ValueError("its path is not absolute")
    for _ in range(_ATTEMPTS):
        try:
            return os.open(path, _FLAGS, 0o600)
        except FileExistsError:
            _move_aside(path)
        except FileNotFoundError:
            _make_private(os.path.dirname(path))
    raise FileExistsError(17, "others keep creating it", path)


def _make_private(folder: str) -> None:
    """Make a folder and those above it, each 0700 (os.makedirs gives a mode to the last only)."""
    if not os.path.isdir(folder):
        _make_private(os.path.dirname(folder))
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)


def _move_aside(path: str) -> None:
    number = 1
    while os.path.lexists(f"{path}.{number}"):
        number += 1
    # Somebody may have moved it before us; the next try finds out.
    with suppress(FileNotFoundError):
        os.rename(path, f"{path}.{number}")


def append(handle: int, text: str) -> bool:
    """Write a text to the log; False when a full disk lost it, as it loses the frame's output."""
    view = memoryview(text.encode("utf-8", "backslashreplace"))
    with suppress(OSError):
        while view:
            view = view[os.write(handle, view) :]
    return not view


def explain_failure(path: str, error: OSError | ValueError) -> str:
    """Return in one line why a log could not be made, and what to do."""
    why = error.strerror if isinstance(error, OSError) else error
    return f"the log {path!r} cannot be created: {why}; check its folder"


def describe_end(exited: RunExited) -> str:
    """Return the footer of a log."""
    how = f"exit status {0 if exited.exit_status == BAD_OUTPUT else exited.exit_status}"
    if exited.exit_signal:
        how = f"killed by {describe_signal(exited.exit_signal)}"
    facts = [
        how,
        f"wall {exited.wall_s:.2f} s",
        f"cpu {exited.cpu_s:.2f} s",
        f"peak memory {exited.max_rss_kb / 1024:.0f} MB",
    ]
    if exited.reason:
        facts.append(exited.reason)
    return f"\n[cuelet] {', '.join(facts)}\n"


def describe_signal(number: int) -> str:
    """Return name and meaning of a signal."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"{name} ({signal.strsignal(number) or 'unknown'})"
