"""Freshness checks in threads: the loop never waits for a file system."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

from cuelet.core.operations.skip import CheckRequest, CheckResult
from cuelet.engine.ports import CheckFiles


def check_nothing(requests: Sequence[CheckRequest]) -> list[CheckResult]:
    """Return that nothing is known: every frame runs."""
    return [CheckResult(request, fault="nobody checks files here") for request in requests]


class FreshnessChecker:
    """Has files checked.

    One thread per batch: whoever asks has one under way per layer, so that one which hangs
    in a dead file system holds up its own layer and no other; it does not hold up our end either.

    Args:
        check_files: Reads what the files look like.
        on_checked: Called in the event loop with the results of a batch.
    """

    def __init__(
        self, check_files: CheckFiles, on_checked: Callable[[list[CheckResult]], None]
    ) -> None:
        self._check_files, self._on_checked = check_files, on_checked

    def ask(self, requests: Sequence[CheckRequest]) -> None:
        """Start a check; the results come later."""
        loop = asyncio.get_running_loop()
        args = (list(requests), loop)
        threading.Thread(target=self._work, args=args, name="freshness", daemon=True).start()

    def _work(self, requests: list[CheckRequest], loop: Any) -> None:
        results = self._check_files(requests)
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(self._on_checked, results)
