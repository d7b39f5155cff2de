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


class _AsAWhole:
    """Takes no notes."""

    def frame(self, job: Job, index: int) -> None:
        pass

    def moved(self, job: Job, index: int) -> None:
        pass

    def edge(self, edge: Edge) -> None:
        pass


AS_A_WHOLE: Changes = _AsAWhole()
"""For jobs that are being read, or are to be written, as a whole."""
