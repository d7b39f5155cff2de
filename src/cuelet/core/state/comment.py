"""What somebody had to say about a job."""

from __future__ import annotations

from typing import NamedTuple


class Comment(NamedTuple):
    """A remark somebody left on a job."""

    number: int
    """Random, unique in the job; its id carries it."""
    at: float
    user: str
    subject: str
    message: str
