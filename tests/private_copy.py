"""Copy a stored session out of the checkout, whose owner and modes are whatever made it."""

from __future__ import annotations

import shutil
from pathlib import Path


def private_copy(source: Path, target: Path) -> Path:
    """Copy a session so that it is ours alone, as sessions are, and return the copy."""
    shutil.copytree(source, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    return target
