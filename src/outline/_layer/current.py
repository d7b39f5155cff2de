"""What goes on while layers are made: the outline being built, and what a tool that runs a script wants of its launches.

Both are of the process, not of a thread or task: layers and launches of a thread that the script starts count too, which
a context variable would miss.
"""

from __future__ import annotations

from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Any, Protocol, Self

    class Joinable(Protocol):
        """What a new layer asks of the outline being built."""

        def add_layer(self, layer: Any) -> None:
            """Add the layer."""

        def get_mode(self) -> int:
            """Return how far it is: what is ready takes no more layers."""


_current: list[Joinable | None] = [None]


def current() -> Any:
    """Return the outline being built, or None."""
    return _current[0]


def set_current(outline: Joinable | None) -> None:
    """Have new layers join an outline, or none."""
    _current[0] = outline


_outlines = 0
"""How many outlines there have been."""
_loose: dict[int, tuple[int, Any]] = {}
"""Layers that joined nothing so far, by their identity, and how many outlines there were when they were made."""
_MOST_LOOSE = 200


def count_outline() -> int:
    """Count an outline that is being made, and return how many there are now."""
    global _outlines  # noqa: PLW0603 - of the process, as the outline being built
    _outlines += 1
    return _outlines


def note_loose(layer: Any) -> None:
    """Remember a layer that is in no outline yet; old ones are forgotten for new ones."""
    if len(_loose) >= _MOST_LOOSE:
        del _loose[next(iter(_loose))]
    _loose[id(layer)] = _outlines, layer


def note_joined(layer: Any) -> None:
    """Forget a layer that belongs somewhere now."""
    _loose.pop(id(layer), None)


def take_loose(outline: int, *, with_earlier: bool) -> list[Any]:
    """Return and forget the layers that were made after an outline, before the next, and joined nothing.

    Args:
        outline: What `count_outline` returned for it.
        with_earlier: Also those that were made just before it.
    """
    wanted = {outline, outline - 1} if with_earlier else {outline}
    found = [(key, layer) for key, (made, layer) in _loose.items() if made in wanted]
    for key, _ in found:
        del _loose[key]
    return [layer for _, layer in found]


_is_frame = [False]


def is_frame() -> bool:
    """Tell whether this process is there to execute a frame of a session: the script is its main program then."""
    return _is_frame[0]


def become_frame() -> None:
    """Make this process one that is there to execute a frame."""
    _is_frame[0] = True


class WithCurrent(type):
    """Lets ``Outline.current`` be read and set, which is the outline being built."""

    @property
    def current(cls) -> Any:
        """The outline being built, or None."""
        return current()

    @current.setter
    def current(cls, outline: Joinable | None) -> None:
        set_current(outline)


class LaunchContext:
    """What a tool that runs a script wants of what the script makes and launches, while a ``with`` block runs.

    Inside of another one it wants what that one does, where it says nothing else.
    In the thread that entered it, it goes before those of other threads.

    Args:
        overrides: Flags that go before those of every launch.
        take: Takes every launch instead of a backend, given the launcher and ``use_pycuerun``; returns its jobs.
        note_made: Told of every layer and depend as it is made, beside whom an outer context tells.
    """

    def __init__(
        self,
        *,
        overrides: Mapping[str, Any] | None = None,
        take: Callable[[Any, bool], list[Any]] | None = None,
        note_made: Callable[[Any], None] | None = None,
    ) -> None:
        self.overrides, self.take, self.note_made = overrides or {}, take, note_made
        self.launched: list[tuple[Any, list[Any]]] = []
        """Every launch so far: the outline and its jobs."""
        self._outer: LaunchContext | None = None
        self._thread = 0

    def __enter__(self) -> Self:
        outer = self._outer = launch_context()
        self.overrides = {**outer.overrides, **self.overrides}
        self.take = self.take or outer.take
        self.note_made = _both(self.note_made, outer.note_made)
        self._thread = get_ident()
        _entered.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _entered.remove(self)
        if self._outer is not None:
            self._outer.launched += self.launched

    def belongs_to(self, thread: int) -> bool:
        """Tell whether a thread entered it."""
        return self._thread == thread


def _both(
    first: Callable[[Any], None] | None, second: Callable[[Any], None] | None
) -> Callable[[Any], None] | None:
    """Return what tells two listeners, of whom either may be missing."""
    if first is None or second is None:
        return first or second

    def tell(made: Any) -> None:
        first(made)
        second(made)

    return tell


_usual = LaunchContext()
"""What holds when no tool wants anything else."""
_entered: list[LaunchContext] = []


def launch_context() -> LaunchContext:
    """Return what holds here: the innermost context of this thread, else the innermost of all."""
    entered = tuple(_entered)  # another thread may leave its own meanwhile
    if not entered:
        return _usual
    here = get_ident()
    return next((each for each in reversed(entered) if each.belongs_to(here)), entered[-1])


def note_made(made: Any) -> None:
    """Tell whoever wants to know that a layer or depend was made."""
    note = launch_context().note_made
    if note is not None:
        note(made)
