"""Measured use of cores, fetched once for all frames that came together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from opencue import farm

_FRAMES_PER_CALL = 10_000


class UsageBatch:
    """What a set of frames used; asked for when the first of them is asked.

    Args:
        frame_ids: Ids of the frames, which one call covers.
    """

    def __init__(self, frame_ids: Sequence[str]) -> None:
        self._frame_ids = list(frame_ids)
        self._frames: dict[str, dict[str, Any]] | None = None
        self._is_measured = True
        self._lock = threading.Lock()

    def cores(self, frame_id: str) -> float | None:
        """Return CPU seconds over wall seconds of a frame; None when the server cannot tell."""
        with self._lock:
            if self._frames is None:
                self._fetch()
        if not self._is_measured:
            return None
        used = (self._frames or {}).get(frame_id, {})
        wall_s = float(used.get("wall_s") or 0)
        return float(used.get("cpu_s") or 0) / wall_s if wall_s > 0 else 0.0

    def _fetch(self) -> None:
        frames: dict[str, dict[str, Any]] = {}
        for first in range(0, len(self._frame_ids), _FRAMES_PER_CALL):
            ids = self._frame_ids[first : first + _FRAMES_PER_CALL]
            answer = farm.call_or_none("GetUsage", frame_ids=ids)
            if answer is None:
                self._is_measured = False
                break
            frames.update(answer.get("frames", {}))
        self._frames = frames


def reserved_cores(resource: str) -> float:
    """Return the cores of a resource name like ``host/2.00/0``, 0 when there are none."""
    parts = resource.split("/")
    try:
        return float(parts[1])
    except (IndexError, ValueError):
        return 0.0
