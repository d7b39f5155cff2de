"""What keeps a waiting layer from starting here, apart from cores and memory, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING

from cuelet.core.state.limits import carriers
from cuelet.core.state.matching import full_limits, lacks_gpus
from cuelet.core.values.reason import Reason
from cuelet.core.values.states import RUNNING

if TYPE_CHECKING:
    from cuelet.core.state.farm import Farm
    from cuelet.core.state.job import Job
    from cuelet.core.state.layer import Layer
    from cuelet.core.state.limits import Limit

LACKING = frozenset({"tags", "services", "gpus"})
"""Codes of what this machine may lack for good."""
_MOST_SHOWN = 3


def hold_reasons(farm: Farm, job: Job, layer: Layer) -> list[Reason]:
    """Return everything but cores and memory that keeps a layer's frames from starting now."""
    return [
        *_locked(farm),
        *_start_after(farm, job, layer),
        *_tags(farm, layer),
        *_services(farm, layer),
        *_gpus(farm, layer),
        *_limits(farm, layer),
    ]


def _locked(farm: Farm) -> Iterator[Reason]:
    if farm.host.locked:
        name = farm.host.name
        yield Reason("locked", f"machine {name} is locked", f"cueadmin -unlock -host {name}")


def _start_after(farm: Farm, job: Job, layer: Layer) -> Iterator[Reason]:
    if layer.start_after > farm.at:
        when = datetime.fromtimestamp(layer.start_after, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        by = f", {layer.start_after_reason}" if layer.start_after_reason else ""
        remedy = f"cuelet delay {job.name} off --layer {layer.name}"
        yield Reason("start after", f"it starts after {when}{by}", remedy)


def _tags(farm: Farm, layer: Layer) -> Iterator[Reason]:
    host = farm.host
    if not host.has_one_of(layer.tags):
        asked, here = " or ".join(layer.tags), ", ".join(host.tags)
        text = f"it asks for a machine tagged {asked}; {host.name} is tagged {here}"
        yield Reason("tags", text, f"cuelet farm start --tags {quote(layer.tags[0])}")


def _services(farm: Farm, layer: Layer) -> Iterator[Reason]:
    if missing := farm.host.missing(layer.spec.services):
        here = ", ".join(farm.host.services or ()) or "none"
        text = f"it asks for service {', '.join(missing)}; {farm.host.name} was given {here}"
        wanted = ",".join([*(farm.host.services or ()), *missing])
        yield Reason("services", text, f"cuelet farm start --services {quote(wanted)}")


def _gpus(farm: Farm, layer: Layer) -> Iterator[Reason]:
    asked, here = layer.gpus, farm.host.gpus
    if asked > here:
        has = f"has {here}" if here else "has none"
        text = f"it needs {_gpu_count(asked)}, {farm.host.name} {has}"
        yield Reason("gpus", text, f"cuelet farm start --gpus {asked}")
    elif asked > here - farm.held_gpus:
        free = max(here - farm.held_gpus, 0)
        text = f"it needs {_gpu_count(asked)}, {free} of {here} are free"
        yield Reason("gpus", f"{text}; {_who_holds(_gpu_holders(farm))}")


def _gpu_count(number: int) -> str:
    return f"{number} GPU" + ("" if number == 1 else "s")


def _gpu_holders(farm: Farm) -> Iterator[tuple[str, int]]:
    return ((job.name, len(job.gpus_held)) for job in farm.jobs.values() if job.gpus_held)


def _limits(farm: Farm, layer: Layer) -> Iterator[Reason]:
    for limit in farm.limits.of(layer):
        if limit.has_room():
            continue
        yield Reason(
            "limit",
            _why_full(farm, limit),
            f"cuelet limits set {quote(limit.name)} {limit.running + 1}",
        )


def _why_full(farm: Farm, limit: Limit) -> str:
    if not limit.max_value:
        return f"limit {limit.name} lets no frame run: its maximum is 0"
    running = ((job.name, layer.counts[RUNNING]) for job, layer in carriers(farm, limit.name))
    most = "1 frame" if limit.max_value == 1 else f"{limit.max_value} frames"
    return f"limit {limit.name} lets {most} run at a time; {_who_holds(running)}"


def _who_holds(running: Iterable[tuple[str, int]]) -> str:
    held: Counter[str] = Counter()
    for name, number in running:
        held[name] += number
    names = [f"{number} of {name}" for name, number in held.most_common(_MOST_SHOWN) if number]
    return f"running are {', '.join(names)}"


def turn_reason(farm: Farm, job: Job, layer: Layer) -> list[Reason]:
    """Return for which layer that comes first something scarce is kept, if that is what holds one."""
    kept = {
        farm.turns.limits[limit.name]: f"the last place of limit {limit.name}"
        for limit in full_limits(farm, layer)
    }
    if lacks_gpus(farm, layer) and farm.turns.gpus is not None:
        kept[farm.turns.gpus] = "room at the GPUs"
    capped = farm.turns.jobs.get(job.id)
    if capped is not None and capped is not layer:
        kept[capped] = "what its job may use of cores"
    return [
        Reason("turn", f"{what} is kept for layer {other.name}, which comes first")
        for other, what in kept.items()
    ]
