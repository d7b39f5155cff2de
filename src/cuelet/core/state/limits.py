"""Named limits: how many frames may run at a time, over all layers of all jobs that carry one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cuelet.core.values.errors import NotFoundError
from cuelet.core.values.states import RUNNING

if TYPE_CHECKING:
    from cuelet.core.state.farm import Farm
    from cuelet.core.state.job import Job
    from cuelet.core.state.layer import Layer

UNLIMITED = -1


@dataclass(slots=True)
class Limit:
    """One limit; a frame takes one place of each limit its layer carries."""

    id: str
    name: str
    max_value: int
    """Places; 0 lets nothing run, -1 is no limit."""
    running: int = 0
    """Places taken."""

    def has_room(self, places: int = 1) -> bool:
        """Tell whether so many more frames may run."""
        return self.max_value == UNLIMITED or self.running + places <= self.max_value


class Limits:
    """All limits of a farm, and how many frames take each."""

    def __init__(self) -> None:
        self.by_name: dict[str, Limit] = {}

    def __iter__(self) -> Iterator[Limit]:
        return iter(sorted(self.by_name.values(), key=lambda limit: limit.name))

    def get_by_id(self, limit_id: str) -> Limit:
        """Return a limit by id; raises NotFoundError."""
        for limit in self.by_name.values():
            if limit.id == limit_id:
                return limit
        raise NotFoundError(kind="limit", name=limit_id, remedy=self._remedy())

    def get(self, name: str) -> Limit:
        """Return a limit by name; raises NotFoundError."""
        if name not in self.by_name:
            raise NotFoundError(kind="limit", name=name, remedy=self._remedy())
        return self.by_name[name]

    def _remedy(self) -> str:
        known = ", ".join(limit.name for limit in self)
        return f"there are {known}" if known else "none is set; cuelet limits set NAME MAX"

    def of(self, layer: Layer) -> list[Limit]:
        """Return the limits a layer carries."""
        return [self.by_name[name] for name in layer.limits if name in self.by_name]

    def take(self, layer: Layer, places: int = 1) -> None:
        """Count frames of a layer that start; with a negative number those that ended."""
        for limit in self.of(layer):
            limit.running += places


def carriers(farm: Farm, name: str) -> Iterator[tuple[Job, Layer]]:
    """Yield every layer that carries a limit, with its job."""
    for job in farm.jobs.values():
        for layer in job.layers:
            if name in layer.limits:
                yield job, layer


def in_use(farm: Farm, name: str) -> int:
    """Return how many frames run that take a limit, counted one by one."""
    return sum(layer.counts[RUNNING] for _, layer in carriers(farm, name))
