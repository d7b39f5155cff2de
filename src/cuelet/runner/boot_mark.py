"""Whether the machine was restarted since the farm last ran here."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def is_from_another_boot(mark: Path, boot_id: str) -> bool:
    """Tell whether a farm ran here before the machine was restarted; no mark says nothing."""
    try:
        return mark.read_text(encoding="ascii").strip() not in ("", boot_id)
    except (OSError, UnicodeDecodeError):
        return False


def leave(mark: Path, boot_id: str) -> None:
    """Note the boot, on disk when this returns; a disk that is full costs only the note."""
    with suppress(OSError):
        if mark.exists() and mark.read_bytes() == boot_id.encode():
            return
        fresh = mark.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(boot_id.encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(mark)
