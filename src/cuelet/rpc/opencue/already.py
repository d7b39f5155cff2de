"""What a caller is told beside the answer: that something is kept, but has no use on one machine."""

from __future__ import annotations

from typing import Any

NOTE = "cuelet-note-bin"
"""The metadata that holds the note, in UTF-8."""


def note(context: Any, text: str) -> None:
    """Tell the caller in the trailing metadata what our client shows, and stock clients do not."""
    context.set_trailing_metadata(((NOTE, text.encode()),))
