"""Where in a script layers and depends are made.

Places are noted only while `recorded` is in effect, so that an ordinary launch pays nothing.
"""

from __future__ import annotations

import contextlib
import sys
import types
import weakref
from collections.abc import Iterator

from outline._layer.current import LaunchContext
from outline.planning.model import Place

_OURS = frozenset({"outline", "cuelet", "runpy", "contextlib", "importlib"})


class Places:
    """The places of layers and depends.

    Args:
        script: Path of the script; a line of it is preferred to one of a library it calls.
    """

    def __init__(self, script: str | None = None) -> None:
        self._script = script
        self._of: weakref.WeakKeyDictionary[object, Place] = weakref.WeakKeyDictionary()

    def note(self, thing: object) -> None:
        """Remember where a thing is made: the line of the script that led here."""
        place = self._find(sys._getframe(1))
        if place is not None:
            self._of[thing] = place

    def of(self, thing: object) -> Place | None:
        """Return where a thing was made, or None; None was made nowhere."""
        return None if thing is None else self._of.get(thing)

    def of_error(self, error: BaseException) -> Place | None:
        """Return the innermost line of the script, else of any code but ours, that led to an error."""
        stack, trace = [], error.__traceback__
        while trace is not None:
            stack.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        return self._choose(stack[::-1])

    def _find(self, frame: types.FrameType | None) -> Place | None:
        stack = []
        while frame is not None:
            stack.append((frame, frame.f_lineno))
            frame = frame.f_back
        return self._choose(stack)

    def _choose(self, stack: list[tuple[types.FrameType, int]]) -> Place | None:
        """Return the innermost line of the script on a stack, else of other people's code."""
        foreign = None
        for frame, line in stack:
            file = frame.f_code.co_filename
            if file == self._script:
                return Place(file, line)
            if foreign is None and not _is_ours(frame):
                foreign = Place(file, line)
        return foreign if self._script is None else None


def _is_ours(frame: types.FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name.partition(".")[0] in _OURS or frame.f_code.co_filename.startswith("<frozen")


@contextlib.contextmanager
def recorded(script: str | None = None) -> Iterator[Places]:
    """Note where layers and depends are made while the block runs.

    Args:
        script: Path of the script that makes them, as its code objects name it.
    """
    places = Places(script)
    with LaunchContext(note_made=places.note):
        yield places
