"""Looks at files in threads: the loop never waits for a file system."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

from cuelet.core.operations.skip import Question, Seen
from cuelet.engine.ports import LookAt


def see_nothing(questions: Sequence[Question]) -> list[Seen]:
    """Return that nothing is known: every frame runs."""
    return [Seen(question, fault="nobody looks at files here") for question in questions]


class Looker:
    """Has questions answered.

    One thread per batch: whoever asks has one under way per layer, so that one which hangs
    in a dead file system holds up its own layer and no other; it does not hold up our end either.

    Args:
        look: Looks at the files.
        on_seen: Called in the event loop with the answers to a batch.
    """

    def __init__(self, look: LookAt, on_seen: Callable[[list[Seen]], None]) -> None:
        self._look, self._on_seen = look, on_seen

    def ask(self, questions: Sequence[Question]) -> None:
        """Start looking; the answer comes later."""
        loop = asyncio.get_running_loop()
        args = (list(questions), loop)
        threading.Thread(target=self._work, args=args, name="look", daemon=True).start()

    def _work(self, questions: list[Question], loop: Any) -> None:
        seen = self._look(questions)
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(self._on_seen, seen)
