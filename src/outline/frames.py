"""Frame ranges, chunks, and the one resolver of frame-to-frame edges.

Everything here is pure, needs only the standard library and is linear in frames plus edges.

Range grammar, sections joined by commas (spaces around a section are allowed)::

    N        one frame                 A-BxS    every S-th frame from A to B
    A-B      from A to B, up or down   A-ByS    the frames that A-BxS leaves out
                                       A-B:S    interleaved: S apart, then S/2, ... 1

Numbers may be negative.
A step takes the direction of its section: ``10-1x2`` and ``10-1x-2`` are the same.
Order is the order of writing, a frame named twice counts once, where it was named first.
"""

from __future__ import annotations

import enum
import operator
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence

MAX_FRAMES = 10_000_000
"""Frames one range may name: far above any farm's limit, far below memory."""

_RECENT: dict[str, range] = {}
"""Plain ranges read before: the layers of a job share a few, and each is asked for often."""
_MOST_RECENT = 256
_SECTION = re.compile(r"(-?\d+)(?:-(-?\d+)(?:([xy:])(-?\d+))?)?\Z", re.ASCII)


class FrameRangeError(ValueError):
    """Say which range, which part of it, and what is wrong with it."""

    def __init__(self, *, text: str, section: str, reason: str) -> None:
        self.text, self.section, self.reason = text, section, reason
        shown = text if len(text) <= 60 else text[:57] + "..."
        where = "" if section == text else f" in {section!r}"
        super().__init__(
            f"frame range {shown!r}: {reason}{where}; write it like 1-10, 1-10x2, 1-10y2, 1-10:3, 1,5,9"
        )


def parse_range(text: str) -> Sequence[int]:
    """Return the frame numbers of a range, in order, each once.

    A plain or stepped range comes back as a ``range`` object, so that ``1-1000000`` costs nothing.

    Args:
        text: Range text in the grammar of this module.

    Raises:
        FrameRangeError: The text is empty or malformed, names no frame, or more than `MAX_FRAMES`.
    """
    if not isinstance(text, str):
        raise FrameRangeError(text=repr(text), section=repr(text), reason="is not text")
    known = _RECENT.get(text)
    if known is not None:
        return known
    sections = [part.strip() for part in text.split(",")]
    runs = [_parse_section(section, text) for section in sections]
    if len(runs) == 1 and isinstance(runs[0], range):
        frames: Sequence[int] = runs[0]
        if frames and len(_RECENT) < _MOST_RECENT:
            _RECENT[text] = runs[0]
    else:
        if sum(len(run) for run in runs) > MAX_FRAMES:
            raise FrameRangeError(text=text, section=text, reason=f"over {MAX_FRAMES:,} frames")
        frames = tuple(dict.fromkeys(number for run in runs for number in run))
    if not frames:
        raise FrameRangeError(text=text, section=text, reason="names no frame")
    return frames


def _parse_section(section: str, text: str) -> Sequence[int]:
    if not section:
        raise FrameRangeError(text=text, section=section or text, reason="is empty")
    match = _SECTION.match(section)
    if match is None:
        raise FrameRangeError(text=text, section=section, reason="is malformed")
    if max(len(number) for number in match.groups("")) > 18:
        raise FrameRangeError(text=text, section=section, reason="number too large")
    first = int(match[1])
    if match[2] is None:
        return range(first, first + 1)
    last = int(match[2])
    kind = match[3] or "x"
    step = _directed_step(first, last, match[4], section, text)
    if len(range(first, last + (1 if last >= first else -1), step)) > MAX_FRAMES:
        raise FrameRangeError(text=text, section=section, reason=f"over {MAX_FRAMES:,} frames")
    if kind == "x":
        return _span(first, last, step)
    if abs(last - first) >= MAX_FRAMES:
        raise FrameRangeError(text=text, section=section, reason=f"over {MAX_FRAMES:,} frames")
    if kind == "y":
        left_out = _span(first, last, step)
        return tuple(n for n in _span(first, last, 1 if step > 0 else -1) if n not in left_out)
    return _interleave(first, last, step)


def _directed_step(first: int, last: int, step_text: str | None, section: str, text: str) -> int:
    """Return the step with the sign of the section's direction."""
    direction = 1 if last >= first else -1
    if step_text is None:
        return direction
    step = int(step_text)
    if step == 0:
        raise FrameRangeError(text=text, section=section, reason="has step 0")
    if step < 0 < direction:
        raise FrameRangeError(text=text, section=section, reason="steps down but goes up")
    return abs(step) * direction


def _span(first: int, last: int, step: int) -> range:
    return range(first, last + (1 if step > 0 else -1), step)


def _interleave(first: int, last: int, step: int) -> Sequence[int]:
    """Return passes ``step``, ``step/2``, ... 1 apart, each starting one frame further on.

    Source:
        The order that pycue's FrameSet produces.
    """
    direction = 1 if step > 0 else -1
    size, seen = abs(step), dict[int, None]()
    for start in range(first, last + direction, direction):
        seen.update(dict.fromkeys(_span(start, last, size * direction)))
        if size == 1:
            break
        size //= 2
    return tuple(seen)


def format_frames(frames: Iterable[int]) -> str:
    """Return the shortest plain range text (``N``, ``A-B``, ``A-BxS``) that keeps order.

    Never writes interleaved or inverse sections, so every reader of the text agrees on its order.
    """
    numbers = list(frames)
    parts: list[str] = []
    index = 0
    while index < len(numbers):
        end = _run_end(numbers, index)
        parts.append(_format_run(numbers, index, end))
        index = end
    return ",".join(parts)


def _run_end(numbers: Sequence[int], start: int) -> int:
    """Return the index after the longest evenly stepped run that starts at ``start``."""
    if start + 1 >= len(numbers):
        return start + 1
    step = numbers[start + 1] - numbers[start]
    end = start + 2
    while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
        end += 1
    return end if end - start > 2 or abs(step) == 1 else start + 1


def _format_run(numbers: Sequence[int], start: int, end: int) -> str:
    if end - start == 1:
        return str(numbers[start])
    step = numbers[start + 1] - numbers[start]
    text = f"{numbers[start]}-{numbers[end - 1]}"
    return text if abs(step) == 1 else f"{text}x{step}"


def is_plain(text: str) -> bool:
    """Tell whether every reader, stock Cuebot included, orders this range as we do."""
    return not re.search(r"[y:]|\s", text) and not _has_descending_step(text)


def _has_descending_step(text: str) -> bool:
    for section in text.split(","):
        match = _SECTION.match(section)
        if match and match[3] and int(match[2]) < int(match[1]) and int(match[4]) > 0:
            return True
    return False


# The two classes below are written out because importing dataclasses costs more than a frame does.


class Tasks:
    """The frames of one layer, cut into chunks: one task is what runs as one process.

    ``frames`` has one entry per frame number, in range order, without duplicates.
    Task ``i`` holds ``frames[i * chunk : (i + 1) * chunk]`` and is named after the first of them.
    Neither is changed after construction.

    Raises:
        ValueError: The chunk is not a whole number of at least 1.
    """

    __slots__ = ("_index", "chunk", "frames")

    def __init__(self, frames: Sequence[int], chunk: int = 1) -> None:
        if not isinstance(chunk, int) or isinstance(chunk, bool) or chunk < 1:
            raise ValueError(f"chunk size {chunk!r} is not a whole number of at least 1")
        self.frames = frames
        self.chunk = chunk
        self._index: dict[int, int] = {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tasks):
            return NotImplemented
        return self.chunk == other.chunk and _same(self.frames, other.frames)

    def __hash__(self) -> int:
        return hash((len(self.frames), self.chunk))

    def __repr__(self) -> str:
        return f"Tasks({format_frames(self.frames)!r}, chunk={self.chunk})"

    @classmethod
    def from_range(cls, text: str, chunk: int = 1) -> Tasks:
        """Build from range text; raises FrameRangeError and ValueError."""
        return cls(parse_range(text), chunk)

    def __len__(self) -> int:
        return (len(self.frames) + self.chunk - 1) // self.chunk

    def head(self, task: int) -> int:
        """Return the first frame number of a task, after which it is named."""
        return self.frames[task * self.chunk]

    def members(self, task: int) -> Sequence[int]:
        """Return the frame numbers a task executes, in order."""
        return self.frames[task * self.chunk : (task + 1) * self.chunk]

    def heads(self) -> Sequence[int]:
        """Return the first frame number of every task, in order."""
        return self.frames[:: self.chunk]

    def position(self, number: int) -> int | None:
        """Return the index of a frame number in ``frames``, or None."""
        if isinstance(self.frames, range):
            return self.frames.index(number) if number in self.frames else None
        if not self._index:
            self._index.update((frame, at) for at, frame in enumerate(self.frames))
        return self._index.get(number)

    def task_of(self, number: int) -> int | None:
        """Return the task that executes a frame number, or None."""
        at = self.position(number)
        return None if at is None else at // self.chunk


class EdgeKind(enum.Enum):
    """How the tasks of one layer wait for those of another."""

    FRAME_BY_FRAME = "FRAME_BY_FRAME"
    """Each frame waits for its counterpart; one without a counterpart for the whole layer."""
    LAYER_ON_LAYER = "LAYER_ON_LAYER"
    """Every frame waits for the whole layer."""
    PREVIOUS_FRAME = "PREVIOUS_FRAME"
    """Each frame waits for the frame before its counterpart; the first one for nothing."""
    LAYER_ON_ANY = "LAYER_ON_ANY"
    """Every frame waits for the first frame of the layer to succeed."""
    LAYER_ON_SIM_FRAME = "LAYER_ON_SIM_FRAME"
    """Every frame waits for one frame of the layer."""


class TaskEdges:
    """One resolved edge between the tasks of a waiting layer and those of an awaited one.

    A waiting task is in ``whole``, or waits for the tasks that `waits_for` lists.
    """

    __slots__ = ("any_one", "awaited", "offsets", "same", "targets", "waiting", "whole")

    def __init__(
        self,
        waiting: int,
        awaited: int,
        *,
        same: bool = False,
        offsets: array[int] | None = None,
        targets: array[int] | None = None,
        whole: Sequence[int] = (),
        any_one: bool = False,
    ) -> None:
        self.waiting = waiting
        """Number of tasks in the waiting layer."""
        self.awaited = awaited
        """Number of tasks in the awaited layer."""
        self.same = same
        """Task i waits for task i, for every i: nothing is materialised."""
        self.offsets = offsets
        """Irregular edges: task i waits for ``targets[offsets[i]:offsets[i + 1]]``."""
        self.targets = array("I") if targets is None else targets
        self.whole = whole
        """Waiting tasks that wait for every awaited task (or for any one, see ``any_one``)."""
        self.any_one = any_one
        """The tasks in ``whole`` wait for the first awaited task only."""

    def waits_for(self, task: int) -> Sequence[int]:
        """Return the awaited tasks of one waiting task, the whole layer included."""
        if self.same:
            return (task,)
        if task in self.whole:
            return range(self.awaited)
        if self.offsets is None:
            return ()
        return self.targets[self.offsets[task] : self.offsets[task + 1]]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield each frame-to-frame pair (waiting task, awaited task) outside ``whole``."""
        if self.same:
            yield from ((task, task) for task in range(self.waiting))
        elif self.offsets is not None:
            for task in range(self.waiting):
                for at in range(self.offsets[task], self.offsets[task + 1]):
                    yield task, self.targets[at]


def resolve(kind: EdgeKind, er: Tasks, on: Tasks, *, on_frame: int | None = None) -> TaskEdges:
    """Return which tasks of ``er`` wait for which tasks of ``on``.

    Frame by frame, task i waits for every task of ``on`` that executes a counterpart of one of its
    frames; where one of its frames has no counterpart it waits for the whole of ``on``.
    A layer of a single frame is a task of the job, not a frame of the shot (a review movie, a
    playblast): it waits for the whole layer.

    Args:
        kind: The kind of edge.
        er: Tasks of the layer that waits.
        on: Tasks of the layer it waits for.
        on_frame: Frame number for ``LAYER_ON_SIM_FRAME``; the first frame of ``on`` by default.

    Raises:
        ValueError: ``on_frame`` is not a frame of ``on``.
    """
    everyone = range(len(er))
    if kind is EdgeKind.LAYER_ON_LAYER:
        return TaskEdges(len(er), len(on), whole=everyone)
    if kind is EdgeKind.LAYER_ON_ANY:
        return TaskEdges(len(er), len(on), whole=everyone, any_one=True)
    if kind is EdgeKind.LAYER_ON_SIM_FRAME:
        return _resolve_sim(er, on, on.frames[0] if on_frame is None else on_frame)
    if kind is EdgeKind.PREVIOUS_FRAME:
        return _resolve_irregular(er, on, shift=1)
    if er == on:
        return TaskEdges(len(er), len(on), same=True)
    if (
        len(er.frames) == 1 or len(on) == 1
    ):  # a lone awaited task is counterpart and whole layer in one
        return TaskEdges(len(er), len(on), whole=everyone)
    return _resolve_irregular(er, on, shift=0)


def _same(one: Sequence[int], other: Sequence[int]) -> bool:
    """Compare two frame lists, whatever kind of sequence each is."""
    if type(one) is type(other):
        return one == other
    return len(one) == len(other) and all(map(operator.eq, one, other))


def _resolve_sim(er: Tasks, on: Tasks, number: int) -> TaskEdges:
    task = on.task_of(number)
    if task is None:
        raise ValueError(f"frame {number} is not in the awaited layer's range")
    offsets = array("I", range(len(er) + 1))
    return TaskEdges(len(er), len(on), offsets=offsets, targets=array("I", [task]) * len(er))


def _resolve_irregular(er: Tasks, on: Tasks, *, shift: int) -> TaskEdges:
    """Resolve by looking every waiting frame up among the awaited ones, ``shift`` places back."""
    itself = shift and er is on
    offsets, targets, whole = array("I", [0]), array("I"), []
    for task in range(len(er)):
        wanted = _awaited_tasks(er.members(task), on, shift)
        if wanted is None:
            whole.append(task)
        else:
            targets.extend(t for t in wanted if not (itself and t == task))
        offsets.append(len(targets))
    return TaskEdges(len(er), len(on), offsets=offsets, targets=targets, whole=_as_run(whole))


def _awaited_tasks(numbers: Sequence[int], on: Tasks, shift: int) -> list[int] | None:
    """Return the awaited tasks of some frames, sorted; None when one of them has no counterpart."""
    wanted: set[int] = set()
    for number in numbers:
        at = on.position(number)
        if at is None:
            return None
        if at >= shift:
            wanted.add((at - shift) // on.chunk)
    return sorted(wanted)


def _as_run(tasks: list[int]) -> Sequence[int]:
    """Return a range in place of a gapless list, so that membership tests cost nothing."""
    if tasks and tasks[-1] - tasks[0] + 1 == len(tasks):
        return range(tasks[0], tasks[-1] + 1)
    return tuple(tasks)
