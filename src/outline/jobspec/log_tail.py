"""The last lines of a frame's log, safe to print; the farm and local jobs write logs alike."""

from __future__ import annotations

from outline.jobspec.rqd_log import own_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import BinaryIO

_TAIL_BYTES = 1 << 14
_MOST_CHARS = 240
"""What is shown of a line: its ends, as the reason of a failure stands at either."""
_MOST_BYTES = 1 << 26
"""How far back the beginning of an endless line is looked for."""
_HEAD_RULE = "=" * 60
_FOOT = "[cuelet] "


def last_lines(path: str | os.PathLike[str], count: int) -> list[str]:
    """Return the last lines of a frame's own output, without the frame of the log, each short enough to read."""
    try:
        with open(path, "rb") as log:
            first, end = own_part(log)
            start = max(first, end - _TAIL_BYTES)
            head, unread = _beginning(log, start) if start > first else ("", 0)
            log.seek(start)
            text = log.read(end - start).decode("utf-8", "replace")
    except OSError:
        return []
    lines = (head + text).splitlines()
    cut = [_readable(line, 0 if at else unread) for at, line in enumerate(lines)]
    shown = [line for line in cut if line.strip()]
    heads = [at for at, line in enumerate(shown) if line.startswith(_HEAD_RULE)]
    own = shown[heads[1] + 1 :] if len(heads) > 1 else shown
    return [line for line in own if not line.startswith(_FOOT)][-count:]


def _beginning(log: BinaryIO, start: int) -> tuple[str, int]:
    """Return how the line at ``start`` begins, and how many bytes of it between that and ``start`` are left out."""
    at = _line_start(log, start)
    log.seek(at)
    head = log.read(min(start - at, _MOST_CHARS))
    return head.decode("utf-8", "replace"), start - at - len(head)


def _line_start(log: BinaryIO, start: int) -> int:
    """Return where the line at ``start`` begins, or a place far before it."""
    at = start
    while at > 0 and start - at < _MOST_BYTES:
        size = min(at, _TAIL_BYTES)
        log.seek(at - size)
        block = log.read(size)
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        if end >= 0:
            return at - size + end + 1
        at -= size
    return at


def _readable(line: str, unread: int) -> str:
    """Return a line, or its ends and how long it is, without what would drive a terminal.

    Args:
        line: The line, as far as it was read.
        unread: How much more of it there is.
    """
    size = len(line) + unread
    if size > _MOST_CHARS:
        half = _MOST_CHARS // 2
        line = f"{line[:half]}... [a line of {size:,} characters] ...{line[-half:]}"
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in line)
