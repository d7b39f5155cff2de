"""Make the log of an attempt, on the farm and here alike: fresh and private, older ones moved aside."""

from __future__ import annotations

import os
from contextlib import suppress

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
