"""Where a job notes what has to be kept of it whenever frames of it move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cuelet.core.state.edges import Edge
    from cuelet.core.state.job import Job


class Changes(Protocol):
    """Takes note of changed rows; `decision.Decision` does."""

    def frame(self, job: Job, index: int) -> None:
        """Note that a frame's row changed."""

    def moved(self, job: Job, index: int) -> None:
        """Note that a frame was moved by others."""

    def edge(self, edge: Edge) -> None:
        """Note that a depend was added, or put in or out of force."""


class _FromDisk:
    """Takes no notes: what is read from disk is there."""

    def frame(self, job: Job, index: int) -> None:
        pass

    def moved(self, job: Job, index: int) -> None:
        pass

    def edge(self, edge: Edge) -> None:
        pass


FROM_DISK: Changes = _FromDisk()
"""For jobs that are being loaded."""
