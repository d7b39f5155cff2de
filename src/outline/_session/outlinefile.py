"""The outline's own file of a session: what it says, without loading a layer."""

from __future__ import annotations

import json
import os

from outline._session import OUTLINE_FILE
from outline.exception import NoSessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMAT = 2
"""Version of the files; one we do not know is refused."""


def read_outline_data(path: str) -> dict[str, Any]:
    """Return the data of an ``outline.yaml``.

    Raises:
        SessionException: It is not there, or nothing this version wrote.
    """
    try:
        with open(path, "rb") as stream:
            data = json.load(stream)
    except OSError as error:
        reason = f"{error.strerror}; sessions have to be on a disk every host sees"
        raise NoSessionError(thing=f"file {path!r}", reason=reason) from error
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
