"""Recorded calls sent to another farm: its ids and names take the place of the recorded ones, and its answers are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_NAMES = ("name", "subject", "show_name", "layer_name")
"""What the members of a list are told apart by."""
Json = Any


class Ids:
    """What the other farm calls the things of a recording."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}

    def learn(self, recorded: Json, ours: Json) -> None:
        """Take the ids of a response in place of the recorded ones."""
        for _, old, new in self.paired(recorded, ours):
            if isinstance(old, str) and isinstance(new, str) and new and _ID.match(old):
                self._ours[old] = new

    def name(self, recorded: str, ours: str) -> None:
        """Take a name in place of a recorded one."""
        self._ours[recorded] = ours

    def translated(self, value: Json) -> Json:
        """Return a recorded value with the other farm's ids and names in it."""
        if isinstance(value, dict):
            return {key: self.translated(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.translated(each) for each in value]
        return self._ours.get(value, value) if isinstance(value, str) else value

    def unknown(self, request: Json) -> bool:
        """Tell whether a request names a thing that the other farm was never asked to make, or refused to."""
        if isinstance(request, dict):
            return any(self.unknown(each) for each in request.values())
        if isinstance(request, list):
            return any(self.unknown(each) for each in request)
        return isinstance(request, str) and bool(_ID.match(request)) and request not in self._ours

    def paired(
        self, recorded: Json, ours: Json, path: str = ""
    ) -> Iterator[tuple[str, Json, Json]]:
        """Yield path, recorded value and ours of everything in two messages; None for what is not there.

        Members of lists belong together by their ids or names, else by their places.
        """
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in recorded | ours:
                inner = f"{path}.{key}".lstrip(".")
                yield from self.paired(recorded.get(key), ours.get(key), inner)
        elif isinstance(recorded, list) and isinstance(ours, list):
            if not all(isinstance(each, dict) for each in (*recorded, *ours)):
                yield f"{path}[]", sorted(recorded), sorted(ours)
                return
            for old, new in self._members(recorded, ours):
                yield from self.paired(old, new, f"{path}[]")
        else:
            yield path, recorded, ours

    def _members(self, recorded: list[Json], ours: list[Json]) -> Iterator[tuple[Json, Json]]:
        left, lonely = list(ours), []
        for old in recorded:
            new = next((each for each in left if self._same(old, each)), None)
            if new is None:
                lonely.append(old)
            else:
                left.remove(new)
                yield old, new
        yield from _lonely(lonely, left)

    def _same(self, old: dict[str, Json], new: dict[str, Json]) -> bool:
        if old.get("id") in self._ours:
            return bool(self._ours[old["id"]] == new.get("id"))
        names = [key for key in _NAMES if key in old]
        return bool(names) and all(self.translated(old[key]) == new.get(key) for key in names)


def _lonely(recorded: list[Json], ours: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Pair what has no name to be told by, by place; everything else stays alone."""
    for old in recorded:
        named = any(key in old for key in _NAMES)
        yield old, ours.pop(0) if ours and not named else None
    for new in ours:
        yield None, new
