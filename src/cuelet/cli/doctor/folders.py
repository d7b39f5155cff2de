"""Checks of the folders that Cuelet writes to."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cuelet.cli.doctor.checkup import Checkup
from cuelet.client.sessions.folders import root_folder
from cuelet.settings import LocalEnvironmentError, default_state_dir, own_folder

_LEAST_FREE_GB = 1
_TRIED_BYTES = 4096


def folders() -> Iterator[Checkup]:
    """Yield what there is to say of the state directory, which is made, and of the folder of sessions."""
    yield _state()
    yield _sessions(root_folder())


def _state() -> Checkup:
    try:
        folder = default_state_dir()
        own_folder(folder)
    except LocalEnvironmentError as error:
        return Checkup("error", "state", str(error))
    return _room("state", folder)


def _room(what: str, folder: Path) -> Checkup:
    """Write something and remove it; say how much room there is."""
    try:
        with tempfile.TemporaryFile(dir=folder) as tried:
            tried.write(bytes(_TRIED_BYTES))
    except OSError as error:
        return Checkup("error", what, f"{folder}: cannot be written: {error.strerror}")
    free_gb = shutil.disk_usage(folder).free / 1e9
    level = "warning" if free_gb < _LEAST_FREE_GB else "ok"
    return Checkup(level, what, f"{folder}, {free_gb:.1f} GB free")


def _sessions(folder: Path) -> Checkup:
    """Check the folder of sessions, which others may share; it is made by the first launch."""
    if not folder.exists():
        above = next(each for each in folder.parents if each.exists())
        if not os.access(above, os.W_OK | os.X_OK) or not above.is_dir():
            return Checkup("error", "sessions", f"{folder}: cannot be made in {above}")
        return Checkup("ok", "sessions", f"{folder} (made when first needed)")
    if not folder.is_dir():
        return Checkup(
            "error", "sessions", f"{folder}: is no folder; remove it, or set session_dir"
        )
    if folder.stat().st_mode & 0o002:
        return Checkup(
            "warning", "sessions", f"{folder} can be written by anybody; chmod o-w {folder}"
        )
    return _room("sessions", folder)
