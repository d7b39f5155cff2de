"""The `[path_map]` of the settings, read again when a file of them changes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from outline import config

_FRESH_S = 1.0


class PathMapFile:
    """Hand out the configured path map, at most a second old."""

    def __init__(self) -> None:
        self._looked_at = -_FRESH_S
        self._seen: list[tuple[str, float]] | None = None
        self._map: Mapping[str, str] = {}

    def current(self) -> Mapping[str, str]:
        """Return the prefixes to map, as the configuration says now."""
        now = time.monotonic()
        if now - self._looked_at < _FRESH_S:
            return self._map
        self._looked_at = now
        config.reload()  # a file may be there that was not
        seen = [_stamp(path) for path in config.config_files()]
        if seen != self._seen:
            self._map, self._seen = config.path_map(), seen
        return self._map


def _stamp(path: str) -> tuple[str, float]:
    try:
        return path, os.stat(path).st_mtime
    except OSError:
        return path, 0.0
