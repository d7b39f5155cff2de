"""Whose turn it is at what is scarce: limits, GPUs, caps of jobs, groups and shows, and the next time to start."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cuelet.core.state.layer import Layer
    from cuelet.core.state.setup.shares import Share


@dataclass(slots=True)
class Turns:
    """Which layer comes next at what is scarce, so that none that comes after takes it away.

    A layer that cannot start now, and may when others end, claims one place of each of its limits;
    one that lacks only GPUs, cores or memory claims the GPUs too.
    """

    limits: dict[str, Layer] = field(default_factory=dict)
    """The layer for which one place of a limit is kept, by name of the limit."""
    gpus: Layer | None = None
    jobs: dict[str, Layer] = field(default_factory=dict)
    """The layer that waits for its job to use fewer cores, by job id."""
    shares: dict[Share, Layer] = field(default_factory=dict)
    """The layer that waits for its group or show to use less."""
    room: Layer | None = None
    """The layer for which cores and memory are kept: it has waited long, and smaller ones passed it."""
    next_start: float = math.inf
    """Epoch seconds at which the next layer that waits for its time may start."""

    def claim_limits(self, layer: Layer) -> None:
        """Keep a place of each limit for a layer, where none that came before has one."""
        for name in layer.limits:
            self.limits.setdefault(name, layer)

    def claim_gpus(self, layer: Layer) -> None:
        """Keep the GPUs for a layer that asks for some, unless one that came before does."""
        if layer.gpus and self.gpus is None:
            self.gpus = layer
