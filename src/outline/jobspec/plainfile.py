"""Files that a user named, opened so that nothing waits: a pipe, a socket or a device is refused, not read."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def odd_kind(mode: int) -> str:
    """Return what a mode says of something that is no plain file; empty for a plain file."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "")


def odd_kind_of(path: str) -> str:
    """Return what a path leads to when that is there and no plain file, else an empty text."""
    try:
        return odd_kind(os.stat(path).st_mode)
    except (OSError, ValueError):
        return ""


def require_script(path: str) -> None:
    """Raise ScriptError for a path that leads to no plain file."""
    if not os.path.isfile(path):
        from outline.exception import ScriptError

        raise ScriptError(path=path, reason=_why_not_plain(path))


def _why_not_plain(path: str) -> str:
    """Return why a path leads to no plain file, as far as this user may see."""
    try:
        kind = odd_kind(os.stat(path).st_mode)
    except PermissionError:
        return f"uid {os.geteuid()} may not read it; files of a job are for its user, see session_group in outline.cfg"
    except (OSError, ValueError):
        return "there is no such file"
    return f"it is {kind}, no plain file"


def open_plain(path: str) -> BufferedReader:
    """Open a plain file for reading.

    Raises:
        OSError: It is not there, may not be read, or is no plain file.
    """
    refuse_odd(os.stat(path).st_mode, path)  # opening a pipe would already be seen by its writer
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    stream = open(handle, "rb")  # noqa: SIM115 - the caller closes it
    try:
        refuse_odd(os.fstat(handle).st_mode, path)
    except OSError:
        stream.close()
        raise
    return stream


def refuse_odd(mode: int, path: str) -> None:
    """Raise OSError for what is no plain file."""
    kind = odd_kind(mode)
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, no plain file", path)
