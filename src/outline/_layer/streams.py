"""What a frame says leaves its process at once: nothing is lost however it ends, and nothing comes out of order.

Python holds back what it writes to a file, and loses it when the process is killed or crashes.
"""

from __future__ import annotations

import builtins
import io
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_print = builtins.print
_stderr: Any = None
"""Where the errors of this process go, whatever code of the user makes of `sys.stderr`."""
_replaced: list[Any] = []
"""What was there instead; it would close what it writes to when nobody held it."""


class _Through(io.BufferedWriter):
    """Writes all of what it is given, at once; a raw stream would leave out what a signal interrupts."""

    def write(self, data: Any, /) -> int:
        """Write some bytes and return their number."""
        count = super().write(data)
        self.flush()
        return count


def let_through() -> None:
    """Have standard output and error hold nothing back, and print what cannot be encoded with backslashes."""
    for name, handle in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        # Another kind of stream is somebody's own: of a test, or of a site's sitecustomize.
        if type(stream) is io.TextIOWrapper and stream is getattr(sys, f"__{name}__"):
            stream.reconfigure(line_buffering=True)  # for whoever has taken hold of it before
            _replace(name, _open(name, handle, stream.encoding))
    builtins.print = print_whole
    keep_stderr()


def keep_stderr() -> None:
    """Remember where errors go."""
    global _stderr  # noqa: PLW0603 - a process has one
    _stderr = sys.stderr


def put_back_stderr() -> None:
    """Have errors go where they went at first: what code of the user put there may show them to nobody."""
    now = sys.stderr
    if _is_open(now) and (_stderr is None or now is _stderr):
        return
    import contextlib  # seldom needed

    with contextlib.suppress(Exception):  # it may be anything
        now.flush()
    _replaced.append(now)
    sys.stderr = _stderr if _is_open(_stderr) else _open("stderr", 2, "utf-8")


def _is_open(stream: Any) -> bool:
    try:
        return stream is not None and not stream.closed
    except (AttributeError, ValueError):  # it is detached
        return False


def _open(name: str, handle: int, encoding: str) -> io.TextIOWrapper:
    raw = io.FileIO(handle, "wb", closefd=False)
    raw.name = f"<{name}>"  # as Python calls it
    return io.TextIOWrapper(
        _Through(raw),
        encoding=encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=True,
        write_through=True,
    )


def _replace(name: str, stream: io.TextIOWrapper) -> None:
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def print_whole(
    *values: Any,
    sep: str | None = " ",
    end: str | None = "\n",
    file: Any = None,
    flush: bool = False,
) -> None:
    """Print as ``print`` does, but in one piece: other threads and processes write to the same log."""
    stream = sys.stdout if file is None else file
    is_plain = isinstance(sep, (str, type(None))) and isinstance(end, (str, type(None)))
    if type(stream) is not io.TextIOWrapper or not is_plain:
        _print(*values, sep=sep, end=end, file=file, flush=flush)
        return
    between, last = " " if sep is None else sep, "\n" if end is None else end
    stream.write(between.join(map(str, values)) + last)
    if flush:
        stream.flush()
