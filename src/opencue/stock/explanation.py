"""Why frames do not run, as values and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that holds frames back, or the word that nothing does."""

    code: str
    """Short and stable: paused, depend, cores, memory, ..."""
    text: str
    remedy: str = ""
    """A command that changes it and can be pasted as it is, or empty: what runs is waited for."""
    cost: str = ""
    """What the command costs, in words, where it costs something."""


@dataclass(frozen=True, slots=True)
class HeldFrames:
    """Frames that do not run for the same reasons."""

    frame: str
    """The first of them, as ``0012-render``."""
    count: int
    reasons: tuple[Reason, ...]
    log: tuple[str, ...] = ()
    """The last lines of its log, when it is dead."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the frames of a job, a layer or a frame do not run; as text, for a person."""

    job: str
    frames: tuple[HeldFrames, ...]
    """Most frames first within each layer; empty when every frame runs or is done."""
    stuck: str = ""
    """Why the job cannot go on by itself, or empty."""

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for held in self.frames:
            yield from _group_lines(held)
        if not self.frames:
            yield f"{self.job}: every frame runs or is done"
        if self.stuck:
            yield f"the job cannot go on by itself: {self.stuck}"

    def values(self) -> dict[str, Any]:
        """Return the same as what JSON can hold."""
        return asdict(self)


def _group_lines(held: HeldFrames) -> Iterator[str]:
    others = held.count - 1
    like = f" and {others} frame{'s' if others > 1 else ''} like it" if others else ""
    yield held.frame + like
    for reason in held.reasons:
        yield f"  {reason.text}"
        if reason.remedy:
            yield f"    {reason.remedy}"
        if reason.cost:
            yield f"    (at a cost: {reason.cost})"
    yield from (f"  | {line}" for line in held.log)
