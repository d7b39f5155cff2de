"""What the farm that ran here last believed of the clocks, for the next one of the same boot."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path


def read_drift_s(mark: Path, boot_id: str) -> float | None:
    """Return wall minus boot clock as it was noted in this boot; None when it was not."""
    try:
        noted = json.loads(mark.read_text(encoding="ascii"))
        return float(noted["drift_s"]) if noted["boot_id"] == boot_id else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def leave(mark: Path, boot_id: str, drift_s: float) -> None:
    """Note wall minus boot clock; a full disk costs only the note."""
    with suppress(OSError):
        fresh = mark.with_suffix(".new")
        fresh.write_text(json.dumps({"boot_id": boot_id, "drift_s": drift_s}), encoding="ascii")
        fresh.replace(mark)
