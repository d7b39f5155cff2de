"""Events of layers and launches, and the handlers that spread them."""

from __future__ import annotations

import sys

from outline.exception import FailImmediately

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

AFTER_INIT = "AFTER_INIT"
AFTER_PARENTED = "AFTER_PARENTED"
SETUP = "SETUP"
BEFORE_EXECUTE = "BEFORE_EXECUTE"
AFTER_EXECUTE = "AFTER_EXECUTE"
AFTER_LAUNCH = "AFTER_LAUNCH"
BEFORE_LAUNCH = "BEFORE_LAUNCH"

EVENT_TYPES = (
    AFTER_INIT,
    AFTER_PARENTED,
    SETUP,
    BEFORE_EXECUTE,
    AFTER_EXECUTE,
    AFTER_LAUNCH,
    BEFORE_LAUNCH,
)


class _Event:
    """Something that happened; extra keyword arguments become attributes."""

    def __init__(self, event_type: str, **args: Any) -> None:
        self.type = event_type
        self.__dict__.update(args)

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.type}"


class LayerEvent(_Event):
    """Something that happened to a layer, found in ``layer``."""

    def __init__(self, event_type: str, layer: Any, **args: Any) -> None:
        super().__init__(event_type, **args)
        self.layer = layer


class LaunchEvent(_Event):
    """Something that happened to a launch, whose launcher is in ``cuerun``."""

    def __init__(self, event_type: str, cuerun: Any, **args: Any) -> None:
        super().__init__(event_type, **args)
        self.cuerun = cuerun


class EventHandler:
    """The listeners of one component (a layer or a launcher)."""

    def __init__(self, component: object) -> None:
        self.component = component
        self._listeners: dict[str, list[Callable[[Any], object]]] = {}

    def add_event_listener(self, event_type: str, callback: Callable[[Any], object]) -> None:
        """Call ``callback(event)`` whenever an event of that type is emitted.

        Args:
            event_type: One of `EVENT_TYPES`, or a type of the caller's own, which the caller emits.
            callback: What to call.
        """
        self._listeners.setdefault(event_type, []).append(callback)

    def get_event_listeners(self, event_type: str) -> list[Callable[[Any], object]]:
        """Return the listeners of a type, in the order they were added."""
        return list(self._listeners.get(event_type, ()))

    def has_listeners(self) -> bool:
        """Tell whether anybody listens."""
        return bool(self._listeners)

    def emit(self, event: _Event) -> None:
        """Call the listeners of the event's type.

        A listener that fails is logged and does not stop the others.

        Raises:
            FailImmediately: A listener raised it.
        """
        for callback in self.get_event_listeners(event.type):
            try:
                finish(callback(event))
            except FailImmediately:
                raise
            except Exception:  # noqa: BLE001 - listeners are plug-ins; theirs must not stop a frame
                _log_failure(event)


def finish(began: object) -> None:
    """Run to its end what the user's code began: a coroutine or generator has not run when it returns."""
    if began is not None:
        from outline._finish import run_to_end

        run_to_end(began)


def _log_failure(event: _Event) -> None:
    import logging  # slow to import and seldom needed

    logging.getLogger(__name__).error(
        "event listener failed", exc_info=sys.exc_info(), extra={"event": str(event)}
    )
