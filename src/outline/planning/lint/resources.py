"""Findings about reservations that no host can meet.

A Cuebot looks for a host with a layer's least cores, whatever its cap and be it threadable or not: what
`outline.jobspec.reservation` says is of the embedded farm and of jobs without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from outline._targets.limits import MAX_CORES
from outline.planning.model import Finding, Host, PlannedLayer, Severity


class Subject(Protocol):
    """What these rules look at."""

    @property
    def layers(self) -> tuple[PlannedLayer, ...]:
        """The layers of the plan."""

    @property
    def backend(self) -> str:
        """The backend it is for."""

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts, when they are known."""


def run(subject: Subject) -> Iterator[Finding]:
    """Yield the layers no host of a real farm can run; one machine lowers what is too much for it."""
    if subject.backend != "cue" or not subject.hosts:
        return
    for layer in subject.layers:
        missing = _missing(layer, subject.hosts)
        if missing is not None:
            yield Finding(
                code="P401",
                severity=Severity.WARNING,
                message=f"layer {layer.name}: {missing}, so it would wait for ever",
                remedy="ask for less, or for tags that hosts have",
                layer=layer.name,
                place=layer.place,
            )


def _missing(layer: PlannedLayer, hosts: Sequence[Host]) -> str | None:
    """Return what no host has, or None when one has everything."""
    cores = min(layer.cores or 0, MAX_CORES)
    memory_mb, gpus = layer.memory_mb or 0, layer.gpus
    tagged = [host for host in hosts if _has_tag(layer, host)]
    if not tagged:
        return f"no host has one of the tags {' | '.join(layer.tags)}"
    if any(_fits(host, cores, memory_mb, gpus) for host in tagged):
        return None
    wanted = [f"{cores:g} cores", f"{memory_mb:,} MB"] + ([f"{gpus} GPUs"] if gpus else [])
    largest = max(tagged, key=lambda host: (host.cores, host.memory_mb))
    return (
        f"no host has {' and '.join(wanted)} "
        f"(the largest, {largest.name}, has {largest.cores:g} cores and {largest.memory_mb:,} MB)"
    )


def _fits(host: Host, cores: float, memory_mb: int, gpus: int) -> bool:
    return host.cores >= cores and host.memory_mb >= memory_mb and host.gpus >= gpus


def _has_tag(layer: PlannedLayer, host: Host) -> bool:
    return not layer.tags or host.tags is None or bool({*layer.tags} & {*host.tags})
