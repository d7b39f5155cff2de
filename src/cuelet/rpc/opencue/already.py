"""Notes on requests that change nothing, in the trailing metadata that our client shows."""

from __future__ import annotations

from typing import Any

from cuelet.rpc.guard import shortened

NOTE = "cuelet-note-bin"
"""The metadata that holds the note, in UTF-8."""


def note(context: Any, text: str) -> None:
    """Tell the caller that a request changed nothing; stock clients do not show it."""
    context.set_trailing_metadata(((NOTE, shortened(text).encode()),))
