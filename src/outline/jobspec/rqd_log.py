"""A frame's own output in a log that RQD, OpenCue's program on a host, wrote: what lies between its header and its footer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

_RULE = b"=" * 59 + b"\n"
_HEAD = _RULE + b"RenderQ JobSpec "
_FOOT = b"\n" + _RULE + b"RenderQ Job Complete\n"
_MORE = b"Hyper-threading enabled\n"
"""What RQD may write behind its header."""
MAX_HEAD_BYTES = 1 << 20
"""A header has the frame's variables, of which there may be many."""
MAX_FOOT_BYTES = 1 << 18


def own_part(log: BinaryIO) -> tuple[int, int]:
    """Return where a frame's own output begins and ends; all of a log that RQD did not write.

    Args:
        log: The log, open for reading.
    """
    size = log.seek(0, 2)
    log.seek(0)
    head = log.read(len(_HEAD))
    if head != _HEAD:
        return 0, size
    begin = _head_end(head + log.read(MAX_HEAD_BYTES))
    if begin is None:
        return size, size
    start = max(
        begin - 1, size - MAX_FOOT_BYTES, 0
    )  # the line end of the header may be the footer's
    log.seek(start)
    foot = log.read().rfind(_FOOT)
    return begin, size if foot < 0 else max(begin, start + foot)


def _head_end(data: bytes) -> int | None:
    """Return where the header that a log begins with ends; None when that is not there yet."""
    at = data.find(b"\n" + _RULE, len(_HEAD))
    if at < 0:
        return None
    end = at + 1 + len(_RULE)
    return end + len(_MORE) if data.startswith(_MORE, end) else end


def head_facts(log: BinaryIO) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the header says: its values by name, and the variables of the frame; nothing of another log."""
    log.seek(0)
    data = log.read(MAX_HEAD_BYTES)
    end = _head_end(data) if data.startswith(_HEAD) else None
    facts: dict[str, str] = {}
    variables: dict[str, str] = {}
    for line in data[:end].decode("utf-8", "surrogateescape").split("\n") if end else ():
        name, _, value = line.partition(" ")
        if name == "env":
            key, _, text = value.lstrip().partition("=")
            variables[key] = text
        elif value:
            facts.setdefault(name, value.lstrip())
    return facts, variables


class OwnOutput:
    """The same of a log that is being written: bytes in as they come, a frame's own out.

    What looks like RQD's footer is kept back until more than a footer follows.
    """

    def __init__(self) -> None:
        self._held = b""
        self._is_headed: bool | None = None
        """Whether RQD wrote the log and its header is over; None: not known yet."""

    def feed(self, data: bytes) -> bytes:
        """Return what of all that came so far is a frame's own, and was not returned before."""
        self._held += data
        if self._is_headed is None:
            self._take_head()
        if self._is_headed is None:
            return b""
        if not self._is_headed:
            return self._release(len(self._held))
        at = self._held.rfind(_FOOT)
        if at < 0 or len(self._held) - at > MAX_FOOT_BYTES:
            at = len(self._held) - _overlap(self._held)
        return self._release(at)

    def skip_head(self, *, is_rqd: bool) -> None:
        """Take it that what comes stands behind the header of a log.

        Args:
            is_rqd: Whether RQD writes it.
        """
        self._is_headed = is_rqd

    def _take_head(self) -> None:
        if not _HEAD.startswith(self._held[: len(_HEAD)]):
            self._is_headed = False
            return
        end = _head_end(self._held)
        if end is not None:
            self._held, self._is_headed = self._held[end:], True

    def _release(self, at: int) -> bytes:
        out, self._held = self._held[:at], self._held[at:]
        return out

    def rest(self) -> bytes:
        """Return what was kept back of a log that has ended: nothing of RQD's footer, or of a header without an end."""
        is_foot = self._is_headed and _FOOT in self._held
        is_head = self._is_headed is None and self._held.startswith(_HEAD)
        return b"" if is_foot or is_head else self._held


def _overlap(data: bytes) -> int:
    """Return how many bytes at the end may be the beginning of a footer."""
    longest = min(len(_FOOT) - 1, len(data))
    return next((size for size in range(longest, 0, -1) if _FOOT.startswith(data[-size:])), 0)
