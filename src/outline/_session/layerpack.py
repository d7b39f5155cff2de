"""All layers of a session in one file, with an index: a frame reads the one it runs, whatever the number.

A file and a folder per layer would cost a launch of 1,000 layers more than everything else it does.
"""

from __future__ import annotations

import json

from outline._session import LAYERS_FILE
from outline.exception import NoSessionError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from outline._session.folder import Folder

VERSION = 1
"""Version of the file; one we do not know is refused."""
SCRIPT = "(script)"
"""Under this name a pack keeps what of the script no layer needs; no layer is called that."""
_PREFIX_BYTES = 16
"""Length of the index, as text with a line end."""
_MAX_INDEX_BYTES = 1 << 26
_MAX_LAYER_BYTES = 1 << 30
"""The most that may be read for one layer."""


def write_pack(folder: Folder, layers: Mapping[str, tuple[dict[str, Any], bytes | None]]) -> None:
    """Write all layers, whole or not at all.

    Args:
        folder: The session.
        layers: By name: what JSON holds of the layer, and its pickle when there is one.

    Raises:
        OSError: The system refused.
    """
    places: dict[str, tuple[int, int, int]] = {}
    parts: list[bytes] = []
    at = 0
    for name, (header, pickled) in layers.items():
        text, more = (json.dumps(header) + "\n").encode(), pickled or b""
        places[name] = at, len(text), len(more)
        parts += text, more
        at += len(text) + len(more)
    index = (json.dumps({"version": VERSION, "layers": places}) + "\n").encode()
    prefix = f"{len(index):0{_PREFIX_BYTES - 1}d}\n".encode()
    folder.write((LAYERS_FILE,), b"".join((prefix, index, *parts)), replace=True)


class LayerPack:
    """The layers of one session; the index is read once.

    Args:
        folder: The session.

    Raises:
        SessionException: There is no such file, or nothing this version wrote.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._path = f"{folder.path}/{LAYERS_FILE}"
        self._start = _PREFIX_BYTES
        self._places: dict[str, tuple[int, int, int]] = {}
        try:
            self._read_index()
        except OSError as error:
            raise self._unreadable("the layers", error) from error
        except (ValueError, TypeError, KeyError) as error:
            raise self._damaged("the layers", error) from error

    def _read_index(self) -> None:
        length = int(self._folder.read_slice((LAYERS_FILE,), 0, _PREFIX_BYTES))
        if not 0 <= length <= _MAX_INDEX_BYTES:
            raise ValueError(f"an index of {length} bytes")
        index = json.loads(self._folder.read_slice((LAYERS_FILE,), _PREFIX_BYTES, length))
        if index["version"] != VERSION:
            raise ValueError(f"version {index['version']}")
        self._places = index["layers"]
        self._start += length

    def pickled(self) -> list[str]:
        """Return the names of the layers that have a pickle."""
        return [name for name, (_, _, size) in self._places.items() if size and name != SCRIPT]

    def read(self, name: str) -> tuple[dict[str, Any], bytes]:
        """Return what JSON holds of a layer, and its pickle or nothing.

        Raises:
            SessionException: It is not there, or damaged.
        """
        thing = f"layer {name!r}"
        try:
            at, text_bytes, pickle_bytes = self._places[name]
            if not 0 <= text_bytes + pickle_bytes <= _MAX_LAYER_BYTES or at < 0:
                raise ValueError(f"a layer of {text_bytes + pickle_bytes} bytes at {at}")
            found = self._folder.read_slice(
                (LAYERS_FILE,), self._start + at, text_bytes + pickle_bytes
            )
            return json.loads(found[:text_bytes]), found[text_bytes:]
        except OSError as error:
            raise self._unreadable(thing, error) from error
        except (ValueError, TypeError, KeyError) as error:
            raise self._damaged(thing, error) from error

    def _unreadable(self, thing: str, error: OSError) -> NoSessionError:
        reason = error.strerror or error
        return NoSessionError(thing=thing, reason=f"cannot read {self._path}: {reason}")

    def _damaged(self, thing: str, error: Exception) -> NoSessionError:
        reason = f"{self._path} is damaged ({error}); launch the job again"
        return NoSessionError(thing=thing, reason=reason)
