"""Errors of the store.

StoreError
 +-- NewerSchemaError   the file was written by a later Cuelet
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Say which file, what was tried, and what SQLite answered."""

    def __init__(self, *, path: Path, action: str, detail: str) -> None:
        self.path, self.action, self.detail = path, action, detail
        super().__init__(f"cannot {action} the farm's database {path}: {detail}")


class NewerSchemaError(StoreError):
    """Say which version the file has and which this Cuelet knows."""

    def __init__(self, *, path: Path, found: int, known: int) -> None:
        self.found, self.known = found, known
        super().__init__(
            path=path,
            action="open",
            detail=f"it has schema {found}, this Cuelet knows {known}; "
            "update Cuelet, or use another CUELET_STATE_DIR",
        )
