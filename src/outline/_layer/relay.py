"""Hand a frame's output to a stock RQD line by line, for it keeps one line of what it finds in its pipe and drops the rest.

RQD 1.37 polls the pipe, reads a line through a buffer, and looks again when the pipe has something new; when the frame
has ended it stops, and what its buffer holds is lost. So a process stands between the frame and RQD, which writes
one line, waits until the pipe is empty, and writes the next.

Also a program by itself, with nothing but the standard library: ``python -IS relay.py PROGRAM ARGUMENT ...``.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import NoReturn

_STDOUT, _STDERR = 1, 2
_BLOCK = 1 << 16
_PIECE = 4096
"""The most that is written at once, in bytes: a page, to which the pipe is cut down."""
_LOOK_MS, _LOOK_OFTEN_MS = 1000, 20
"""How long to wait for something to happen, in milliseconds; the second where nobody says that the frame has ended."""
_FORWARDED = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
_PR_SET_PDEATHSIG = 1
FAILED, USAGE, NOT_EXECUTABLE, NOT_FOUND = 1, 2, 126, 127


def is_needed(env: Mapping[str, str]) -> bool:
    """Tell whether this process is a frame of a stock RQD, which reads what it says from pipes."""
    if "CUE3" not in env or "zframe" not in env or "CUELET_RUN_ID" in env:
        return False  # of the farms only RQD says zframe
    try:
        return all(stat.S_ISFIFO(os.fstat(each).st_mode) for each in (_STDOUT, _STDERR))
    except OSError:  # closed
        return False


def stand_between() -> None:
    """Return in a new process that goes on as the frame; this one hands over its output, and ends as it does."""
    source, end = os.pipe()
    relay, frame = os.getpid(), os.fork()
    if frame:
        os.close(end)
        _relay(frame, source)
    os.close(source)
    for stream in (_STDOUT, _STDERR):
        os.dup2(end, stream)
    os.close(end)
    _end_with(relay)


def _end_with(relay: int) -> None:
    """Have the system kill this process when its relay is killed: nobody would learn how it ends."""
    with suppress(Exception):  # another system than Linux
        import ctypes
        from _signal import SIGKILL  # type: ignore[import-not-found] # as in outline.io

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(SIGKILL))
        if os.getppid() != relay:
            os.kill(os.getpid(), SIGKILL)


# -- the process between ---------------------------------------------------------------------


def _relay(frame: int, source: int) -> NoReturn:
    """Hand over what a frame says, and end as it does."""
    code = FAILED
    try:
        _forward_signals(frame)
        code = os.waitstatus_to_exitcode(_hand_over(frame, source, Outlet(_STDOUT)))
    finally:
        _end_with_code(code)


def _forward_signals(frame: int) -> None:
    """Have the frame get what somebody sends to the process that RQD or a shell knows."""
    import signal

    def forward(number: int, _: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(frame, number)

    for name in _FORWARDED:
        number = getattr(signal, name)
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, forward)


def _hand_over(frame: int, source: int, outlet: Outlet) -> int:
    """Hand over output until the frame has ended; return its wait status."""
    import select

    os.set_blocking(source, False)
    watched, life = select.poll(), _life_of(frame)
    watched.register(source, select.POLLIN)
    if life is not None:
        watched.register(life, select.POLLIN)
    pause_ms = _LOOK_OFTEN_MS if life is None else _LOOK_MS
    is_open = True
    while True:
        ready = {handle for handle, _ in watched.poll(pause_ms)}
        if source not in ready or life in ready:
            ended, status = os.waitpid(frame, os.WNOHANG)
            if ended:
                _hand_over_rest(source, outlet) if is_open else None
                return status
        if is_open and source in ready and not _hand_over_some(source, outlet):
            watched.unregister(source)
            os.close(source)  # a frame that still writes finds out as it would have without us
            is_open = False


def _life_of(frame: int) -> int | None:
    """Return a handle that is ready when a process has ended; None where the system has none."""
    try:
        return os.pidfd_open(frame)
    except (AttributeError, OSError):
        return None


def _hand_over_some(source: int, outlet: Outlet) -> bool:
    """Hand over what is there; return False when that was all, or nobody reads any more."""
    try:
        data = os.read(source, _BLOCK)
        outlet.write(data)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return bool(data)


def _hand_over_rest(source: int, outlet: Outlet) -> None:
    """Hand over what the frame has left behind; what its children say from now on has nobody to hear it."""
    with suppress(OSError):
        left = unread(source)
        while left > 0 and (data := os.read(source, min(left, _BLOCK))):
            outlet.write(data)
            left -= len(data)


def _end_with_code(code: int) -> NoReturn:
    """End as another process has: with its exit status, or by minus that signal."""
    if code < 0:
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the frame has left its own
        with suppress(OSError, ValueError):  # nobody can set what SIGKILL does
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


class Outlet:
    """The pipe to RQD.

    Args:
        handle: Its descriptor.
    """

    def __init__(self, handle: int) -> None:
        import select

        self._handle = handle
        self._is_cut = _cut_to_a_page(handle)
        self._room = select.poll()
        self._room.register(handle, select.POLLOUT)
        self._gone = select.POLLERR | select.POLLNVAL

    def write(self, data: bytes) -> None:
        """Write some bytes, each line when those before have been read; return when all have been.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        for piece in pieces(data):
            left = piece
            while left:
                left = left[os.write(self._handle, left) :]
            self._wait_until_read()

    def _wait_until_read(self) -> None:
        import time

        while unread(self._handle):
            if any(event & self._gone for _, event in self._room.poll(_LOOK_MS)):
                raise BrokenPipeError
            if not self._is_cut:  # it has room before it is empty
                time.sleep(0.0002)


def pieces(data: bytes) -> Iterator[bytes]:
    """Yield bytes in pieces of a page at most, with a newline nowhere but at their ends."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start, start + _PIECE) + 1 or start + _PIECE
        yield data[start:end]
        start = end


def unread(handle: int) -> int:
    """Return how many bytes wait in a pipe."""
    import fcntl
    import termios

    found = fcntl.ioctl(handle, termios.FIONREAD, b"\0\0\0\0")
    return int.from_bytes(found, sys.byteorder)


def _cut_to_a_page(handle: int) -> bool:
    """Make a pipe so small that it has room only when it is empty: then nobody has to ask time and again."""
    import fcntl

    try:
        return fcntl.fcntl(handle, fcntl.F_SETPIPE_SZ, _PIECE) == _PIECE
    except (AttributeError, OSError):  # another system
        return False


# -- the program -----------------------------------------------------------------------------


def main(argv: list[str]) -> int:
    """Become a program whose output is handed over; return what is the exit status when it cannot be started.

    Args:
        argv: The program and its arguments.
    """
    if not argv:
        sys.stderr.write("relay: give it a program and its arguments\n")
        return USAGE
    if is_needed(os.environ):
        stand_between()
    from signal import SIG_DFL, SIGPIPE, SIGXFSZ, signal

    for number in (SIGPIPE, SIGXFSZ):
        signal(number, SIG_DFL)  # Python ignores them; a program expects them as anywhere else
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - it was written for no shell
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
