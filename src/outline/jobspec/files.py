"""Which files a frame reads and writes, and what is wrong with one of them; for the farm and here alike."""

from __future__ import annotations

import os
import posixpath

from outline.frames import parse_range
from outline.jobspec import tokens
from outline.pathmap import map_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from outline.jobspec.model import DeclaredFile

TAKEN_OVER = "CUELET_CHECKED_OUTPUTS"
"""Variable by which whoever runs a frame says which outputs it checks itself: a JSON list of ``layer/output``."""


def places(
    file: DeclaredFile,
    members: Sequence[int],
    known: Callable[[int], Mapping[str, str]],
    *,
    is_single: bool,
    cwd: str,
    path_map: Mapping[str, str],
) -> Iterator[tuple[str, ...]]:
    """Yield where a declared file may be, for each frame that has one of its own.

    Args:
        file: The declaration.
        members: The frame numbers of the chunk.
        known: What each token stands for, given a frame number.
        is_single: The layer has no other chunk; it reads all frames that an input's path names.
        cwd: Where the frame starts; empty: nobody knows.
        path_map: From path prefix to path prefix.
    """
    numbers = members
    if not tokens.has_any(file.paths, tokens.PER_FRAME):
        numbers = members[:1]
    elif file.frames and is_single:
        numbers = list(dict.fromkeys([*members, *parse_range(file.frames)]))
    for number in numbers:
        values = {**known(number), "#IFRAME#": f"{number:0{file.digits}d}"}
        found = (tokens.replace(path, values) for path in file.paths)
        yield tuple(map_text(_absolute(path, cwd), path_map) for path in found)


def _absolute(path: str, cwd: str) -> str:
    return posixpath.normpath(posixpath.join(cwd or "/", path))


def find_fault(places: Sequence[str], min_bytes: int = 1) -> str:
    """Return what is wrong with a file, which may be in several places; nothing when one of them has it.

    A file needs content, a directory an entry.
    """
    faults = [_fault(place, min_bytes) for place in places]
    return "" if "" in faults else faults[0]


def _fault(path: str, min_bytes: int) -> str:
    try:
        if os.path.isdir(path):
            with os.scandir(path) as entries:
                return "" if next(entries, None) else f"{path} is an empty directory"
        size = os.stat(path).st_size
    except (FileNotFoundError, NotADirectoryError):
        return f"{path} is missing"
    except (OSError, ValueError) as error:
        return f"{path} cannot be looked at: {getattr(error, 'strerror', None) or error}"
    if not size:
        return f"{path} is empty"
    return "" if size >= min_bytes else f"{path} has {size} bytes, less than {min_bytes}"


def taken_over() -> frozenset[str]:
    """Return the outputs, as ``layer/output``, that whoever runs this frame checks when it has ended."""
    import json

    try:
        names = json.loads(os.environ.get(TAKEN_OVER) or "[]")
    except ValueError:
        return frozenset()
    return frozenset(str(name) for name in names) if isinstance(names, list) else frozenset()
