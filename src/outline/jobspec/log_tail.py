"""The last lines of a frame's log, safe to print; the farm and local jobs write logs alike."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

_TAIL_BYTES = 1 << 14
_HEAD_RULE = "=" * 60
_FOOT = "[cuelet] "


def last_lines(path: str | os.PathLike[str], count: int) -> list[str]:
    """Return the last lines of a frame's own output, without the frame of the log."""
    try:
        with open(path, "rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [_printable(line) for line in text.splitlines() if line.strip()]
    heads = [at for at, line in enumerate(lines) if line.startswith(_HEAD_RULE)]
    own = lines[heads[1] + 1 :] if len(heads) > 1 else lines
    return [line for line in own if not line.startswith(_FOOT)][-count:]


def _printable(line: str) -> str:
    """Return a line without control characters: a log must not drive the terminal."""
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in line)
