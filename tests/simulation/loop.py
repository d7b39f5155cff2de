"""An event loop whose every step and every second is taken by the simulation."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable
from typing import Any


class SimulatedLoop(asyncio.AbstractEventLoop):
    """Callbacks and timers of one simulated process, run one at a time by `step`.

    Args:
        now: The simulated monotonic clock.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = 0
        self._dead = False
        self._tasks: list[asyncio.Task[Any]] = []
        self.faults: list[str] = []
        """What callbacks raised that nobody caught."""

    # -- what the simulation calls -------------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """Whether `step` has something to run."""
        self._wake_timers()
        return bool(self._ready)

    def next_timer_at(self) -> float | None:
        """Return when the next timer is due."""
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def step(self) -> None:
        """Run one callback."""
        self._wake_timers()
        handle = self._ready.popleft()
        if handle.cancelled():
            return
        events._set_running_loop(self)
        try:
            handle._run()
        finally:
            events._set_running_loop(None)

    def die(self) -> None:
        """Run nothing any more: the process is gone."""
        self._dead = True
        self._ready.clear()
        self._timers.clear()
        for task in self._tasks:
            if not task.done():
                task.get_coro().close()  # type: ignore[union-attr]
        self._tasks.clear()

    def _wake_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self._now():
            self._ready.append(heapq.heappop(self._timers)[2])

    # -- what asyncio calls --------------------------------------------------------------------

    def time(self) -> float:
        return self._now()

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._dead

    def is_closed(self) -> bool:
        return self._dead

    def call_soon(
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self._dead:
            self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now() + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._count += 1
        if not self._dead:
            heapq.heappush(self._timers, (when, self._count, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Leave it to `next_timer_at`."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **_: Any) -> asyncio.Task[Any]:
        self._tasks.append(asyncio.Task(coro, loop=self))
        return self._tasks[-1]

    def run_in_executor(self, executor: None, func: Any, *args: Any) -> asyncio.Future[Any]:
        """Do at once what another thread would do, and tell of it a little later."""
        future, result = self.create_future(), func(*args)
        self.call_soon(lambda: future.done() or future.set_result(result))
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._dead:
            error = context.get("exception")
            self.faults.append(f"{context.get('message')}: {error!r}")
