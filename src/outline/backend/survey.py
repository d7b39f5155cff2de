"""Ask a stock Cuebot about its farm: each thing once, in a few cheap calls, within a bound."""

from __future__ import annotations

from outline.jobspec.names import wire_name
from outline.jobspec.renderfarm import FarmService, FarmShow, RenderFarm, RenderHost, Share

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from outline.jobspec.model import JobSpec

PATIENCE_S = 10.0
"""Seconds that all questions together may take."""
_KB_A_MB = 1024
_MOST_OF_A_NAME = 255
"""Characters a Cuebot's columns hold."""
_HUNDREDTHS = 100
"""A Cuebot counts the cores of services and subscriptions in hundredths."""


class Survey:
    """What a Cuebot says about its farm; what is asked again is remembered.

    Args:
        patience_s: Seconds that all questions together may take.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        from opencue.stock.asking import Farm

        self._farm = Farm(patience_s)

    def farm_for(self, job: JobSpec) -> RenderFarm:
        """Return the farm as a job meets it; a Cuebot that stops answering is no error, the farm says so.

        Args:
            job: A job as the Cuebot gets it; its show, limits and name are looked for.
        """
        from opencue.exception import CueException

        found: dict[str, Any] = {}
        try:
            for field, ask in self._questions(job):
                found[field] = ask()
        except CueException as error:
            found["silence"] = str(error)
        return RenderFarm(**found)

    def _questions(self, job: JobSpec) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield fields of a farm, each with what finds it out."""
        yield "shows", self.shows
        yield "shares", lambda: self.shares(job.show)
        yield "hosts", self.hosts
        yield "services", lambda: self._services(job.show)
        yield "is_pending", lambda: self._farm.is_pending(job.name)
        if any(layer.limits for layer in job.layers):
            yield "limits", lambda: frozenset(self._farm.limits())

    def hosts(self) -> tuple[RenderHost, ...]:
        """Return every host, also those that are down or locked."""
        return tuple(map(_host, self._farm.hosts()))

    def shows(self) -> tuple[FarmShow, ...]:
        """Return every show, also those that take no jobs."""
        return tuple(map(_show, self._farm.shows()))

    def shares(self, show: str) -> tuple[Share, ...]:
        """Return the subscriptions of a show; none when there is no such show."""
        return tuple(map(_share, self._farm.subscriptions(wire_name(show))))

    def _services(self, show: str) -> dict[str, FarmService]:
        """Return services by name, with what a show wants otherwise of them."""
        found = self._farm.services(wire_name(show))
        return {_printable(each.name): _service(each) for each in found}


def _printable(name: str) -> str:
    """Return a name that the server gave, without what would drive a terminal or fill it."""
    shown = name[:_MOST_OF_A_NAME]
    return shown if shown.isprintable() else "".join(c if c.isprintable() else "?" for c in shown)


def _host(message: Any) -> RenderHost:
    from opencue_proto import host_pb2

    return RenderHost(
        name=_printable(message.name),
        cores=message.cores,
        memory_mb=message.memory // _KB_A_MB,
        gpus=int(message.gpus),
        tags=tuple(map(_printable, message.tags)),
        allocation=_printable(message.alloc_name),
        is_up=message.state == host_pb2.UP,
        is_open=message.lock_state == host_pb2.OPEN,
    )


def _show(message: Any) -> FarmShow:
    return FarmShow(
        name=_printable(message.name),
        is_active=message.active,
        is_dispatched=message.dispatch_enabled,
        is_booked=message.booking_enabled,
        has_own_scheduler=message.scheduler_managed,
    )


def _share(message: Any) -> Share:
    return Share(
        allocation=_printable(message.allocation_name),
        size=message.size / _HUNDREDTHS,
        burst=message.burst / _HUNDREDTHS,
    )


def _service(message: Any) -> FarmService:
    return FarmService(
        tags=tuple(message.tags),
        cores=message.min_cores / _HUNDREDTHS,
        memory_mb=message.min_memory // _KB_A_MB,
        gpus=message.min_gpus,
    )
