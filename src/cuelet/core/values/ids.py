"""Ids of jobs and of all that belongs to one: UUIDs in which the job can be read.

A job id ends in twelve zeros; the ids of its parts carry kind and index there.
No table of 100,000 frame ids is needed to find a frame.
"""

from __future__ import annotations

import enum
import re
import uuid

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_BEGINNING = re.compile(r"[0-9a-f]{4}(?:[0-9a-f]{4}(?:-[0-9a-f-]*)?|[0-9a-f]{0,3})\Z")
SHARED = 24
"""Characters that the id of a job shares with those of its parts."""
INDEX_BITS = 40
"""Room for the index in the id of a part."""


class Kind(enum.IntEnum):
    """What an id names."""

    JOB = 0
    LAYER = 1
    FRAME = 2
    DEPEND = 3
    COMMENT = 4
    PROC = 5


_LAST = max(Kind)
_NAMED = uuid.UUID("9d7f3a44-6f0c-4b6c-8d0e-0c7e1e7a5a10")
"""Namespace of the ids of things that have only a name."""


def named_id(kind: str, name: str) -> str:
    """Return the id of what is known by its name; always the same one."""
    return str(uuid.uuid5(_NAMED, f"{kind} {name}"))


def job_id(entropy: int) -> str:
    """Return a job id from at least 74 random bits."""
    made = uuid.UUID(int=(entropy << 48) & ((1 << 128) - 1), version=4)
    return str(made)


def part_id(job: str, kind: Kind, index: int) -> str:
    """Return the id of a part of a job."""
    return f"{job[:SHARED]}{(kind << INDEX_BITS) | index:012x}"


def split_id(text: str) -> tuple[str, Kind, int] | None:
    """Return (job id, kind, index) of an id, or None when it is not one of ours."""
    if not _ID.match(text):
        return None
    tail = int(text[SHARED:], 16)
    kind = tail >> INDEX_BITS
    if kind > _LAST:
        return None
    return f"{text[:SHARED]}{0:012x}", Kind(kind), tail & ((1 << INDEX_BITS) - 1)


def is_beginning(text: str) -> bool:
    """Tell whether a text may be an id, or how one begins: four characters of it or more."""
    return len(text) <= len(job_id(0)) and _BEGINNING.match(text) is not None


def run_id(frame_id: str, attempt: int) -> str:
    """Return the id of one attempt of a frame."""
    return f"{frame_id}.{attempt}"


def split_run_id(text: str) -> tuple[str, int, int] | None:
    """Return (job id, frame index, attempt), or None when it is not one of ours."""
    frame, _, attempt = text.partition(".")
    parts = split_id(frame)
    if parts is None or parts[1] is not Kind.FRAME or not attempt.isdecimal():
        return None
    return parts[0], parts[2], int(attempt)
