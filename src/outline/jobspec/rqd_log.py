"""What a frame says itself in a log that a stock RQD wrote around it: between its head and its foot."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_RULE = b"=" * 59 + b"\n"
_HEAD = _RULE + b"RenderQ JobSpec"
_HEAD_END = b"\n" + _RULE
_HYPERTHREADED = b"Hyper-threading enabled\n"
_FOOT = b"\n" + _RULE + b"RenderQ Job Complete\n"
_MOST_HEAD, _MOST_FOOT = 1 << 20, 1 << 18
"""How far into a log its head and foot are looked for, in bytes: they name variables and child processes."""


def own_part(log: BinaryIO) -> tuple[int, int]:
    """Return where what a frame says begins and ends in a log, in bytes; of another log, and of an unfinished head, all."""
    size = log.seek(0, 2)
    log.seek(0)
    if log.read(len(_HEAD)) != _HEAD:
        return 0, size
    log.seek(0)
    first = _end_of_head(log.read(_MOST_HEAD)) or 0
    start = max(first - 1, size - _MOST_FOOT)
    log.seek(start)
    foot = log.read().rfind(_FOOT)
    return first, size if foot < 0 else max(first, start + foot)


def _end_of_head(data: bytes) -> int:
    """Return where the head that a log begins with has ended; 0 when it has not yet."""
    at = data.find(_HEAD_END, len(_HEAD))
    if at < 0:
        return 0
    end = at + len(_HEAD_END)
    return end + len(_HYPERTHREADED) * data.startswith(_HYPERTHREADED, end)


class OwnOutput:
    """Lets through, of a log that grows, what the frame says.

    Args:
        from_start: The log is fed from its beginning, so that a head may come.
    """

    def __init__(self, *, from_start: bool = True) -> None:
        self._held = b""
        self._is_in_head = from_start
        self._is_of_rqd = not from_start

    def feed(self, block: bytes) -> bytes:
        """Return what may be shown now; what may become the foot is held back."""
        data, self._held = self._held + block, b""
        if self._is_in_head:
            data = self._after_head(data)
        at = _begin_of_foot(data) if self._is_of_rqd else len(data)
        self._held += data[at:]
        return data[:at]

    def settle(self) -> bytes:
        """Return the end of a line that was held back, when nothing has followed it for a while."""
        held = self._held
        if held == b"\n":
            self._held = b""
            return held
        return b""

    def finish(self) -> bytes:
        """Return what was held back and is no foot; the log grows no more."""
        held, self._held = self._held, b""
        return b"" if held.startswith(_FOOT) else held

    def _after_head(self, data: bytes) -> bytes:
        """Return what comes behind the head; nothing as long as that is open, when all is held."""
        begins_so = data.startswith(_HEAD)
        end = _end_of_head(data) if begins_so else 0
        if not end and (begins_so or _HEAD.startswith(data)) and len(data) < _MOST_HEAD:
            self._held = data
            return b""
        self._is_in_head, self._is_of_rqd = False, begins_so
        return data[end:]


def _begin_of_foot(data: bytes) -> int:
    """Return where the foot, or what may become it, begins."""
    whole = data.rfind(_FOOT)
    if whole >= 0:
        return whole
    longest = min(len(_FOOT) - 1, len(data))
    return next(
        (len(data) - n for n in range(longest, 0, -1) if data.endswith(_FOOT[:n])), len(data)
    )
