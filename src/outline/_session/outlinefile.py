"""The outline's own file of a session: what it says, without loading a layer."""

from __future__ import annotations

import json
import os

from outline._session import OUTLINE_FILE
from outline._session.folder import Folder
from outline.exception import NoSessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2
"""Version of the files; one we do not know is refused."""
MAX_BYTES = 64 * 1024 * 1024


def read_text(path: str) -> bytes:
    """Return what an ``outline.yaml`` holds, if nobody else can have written it.

    Raises:
        SessionException: It is not there, not ours, or too large.
    """
    folder, name = os.path.split(os.path.abspath(path))
    try:
        return Folder(folder).read((name,), MAX_BYTES)
    except OSError as error:
        reason = f"{error.strerror or error}; sessions have to be on a disk every host sees"
        raise NoSessionError(thing=f"file {path!r}", reason=reason) from error


def read_outline_data(path: str) -> dict[str, Any]:
    """Return the data of an ``outline.yaml``.

    Raises:
        SessionException: It is not there, or nothing this version wrote.
    """
    return outline_data(read_text(path), path)


def outline_data(text: bytes, path: str) -> dict[str, Any]:
    """Return the data of the text of an ``outline.yaml``.

    Raises:
        SessionException: It is nothing this version wrote.
    """
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("version") != FORMAT:
        reason = "it is no outline this version wrote; launch the job again"
        raise NoSessionError(thing=f"file {path!r}", reason=reason)
    return data


def stored_layers(folder: str) -> list[str]:
    """Return the names of the layers a session says it has, without loading any.

    Args:
        folder: The directory of the session.

    Raises:
        NoSessionError: Nothing there says so.
    """
    path = os.path.join(folder, OUTLINE_FILE)
    names = read_outline_data(path).get("layers")
    if not isinstance(names, list):
        raise NoSessionError(thing=f"file {path!r}", reason="it names no layers")
    return [str(name) for name in names]
