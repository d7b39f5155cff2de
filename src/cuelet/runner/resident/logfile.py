"""What a run writes to its log itself: a header and a footer, or why there is none."""

from __future__ import annotations

import os
from contextlib import suppress

from cuelet.core.values.runs import BAD_OUTPUT, RunExited
from outline.jobspec.endings import signal_words, status_words


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
    how = (
        f"exit status {status_words(0 if exited.exit_status == BAD_OUTPUT else exited.exit_status)}"
    )
    if exited.exit_signal:
        how = f"killed by {signal_words(exited.exit_signal)}"
    facts = [
        how,
        f"wall {exited.wall_s:.2f} s",
        f"cpu {exited.cpu_s:.2f} s",
        f"peak memory {exited.max_rss_kb / 1024:.0f} MB",
    ]
    if exited.reason:
        facts.append(exited.reason)
    return f"\n[cuelet] {', '.join(facts)}\n"
