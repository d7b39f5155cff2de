"""What keeps a waiting layer from starting here, in words, each with what changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from shlex import quote
from types import MappingProxyType
from typing import Final

from cuelet.core.explain.durations import FrameTimes, pace_of
from cuelet.core.explain.shares import closed_show_reason, no_share_reason, share_reason
from cuelet.core.operations.obstacles import LACKING, Code, Obstacle, obstacles, of_job
from cuelet.core.state.disks import DiskUse
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import carriers
from cuelet.core.values.reason import Reason
from cuelet.core.values.states import RUNNING, WAITING
from outline.jobspec.reservation import core_count

_MOST_SHOWN = 3
_CLEANED: Final[Mapping[DiskUse, str]] = MappingProxyType(
    {
        DiskUse.DATABASE: "jobs that ended over 30 days ago are forgotten, and their logs removed",
        DiskUse.LOGS: "jobs that ended over 30 days ago are forgotten, and their logs removed",
        DiskUse.SESSION: "sessions that no job needs are removed",
    }
)
"""What the command that makes room on a disk costs."""
_Say = Callable[[Farm, Job, Layer, Obstacle], Reason]


def job_hold_reasons(farm: Farm, job: Job) -> list[Reason]:
    """Return what keeps all frames of a job from starting, whatever else they wait for."""
    found = (obstacle for obstacle in of_job(farm, job) if obstacle.code in _OF_ITS_JOB)
    return [_OF_ITS_JOB[obstacle.code](farm, job, obstacle) for obstacle in found]


def hold_reasons(farm: Farm, job: Job, layer: Layer) -> list[Reason]:
    """Return what of the machine keeps the frames of a layer from starting.

    That something is kept for a layer that comes first is only told where nothing else holds one.
    """
    met = [found for found in obstacles(farm, job, layer) if found.code not in _OF_ITS_JOB]
    plain = [found for found in met if found.kept_for is None]
    return [_say(farm, job, layer, found) for found in plain] or _turns(farm, job, met)


def lack_reasons(farm: Farm, job: Job, layer: Layer) -> list[Reason]:
    """Return what this machine lacks for good that a layer asks for."""
    met = (found for found in obstacles(farm, job, layer) if found.code in LACKING)
    return [_say(farm, job, layer, found) for found in met]


def _say(farm: Farm, job: Job, layer: Layer, obstacle: Obstacle) -> Reason:
    return _WORDS[obstacle.code](farm, job, layer, obstacle)


def _paused(_: Farm, job: Job, __: Obstacle) -> Reason:
    return Reason("paused", "its job is paused", f"cuelet resume {quote(job.name)}")


def _disk(_: Farm, __: Job, obstacle: Obstacle) -> Reason:
    assert obstacle.disk is not None
    cost = f"{_CLEANED[obstacle.disk.use]}; --dry-run shows which first"
    return Reason("disk", obstacle.disk.text, obstacle.disk.remedy, cost)


def _locked(farm: Farm, *_: object) -> Reason:
    name = farm.host.name
    return Reason("locked", f"machine {name} is locked", f"cueadmin -unlock -host {quote(name)}")


def _host_state(farm: Farm, *_: object) -> Reason:
    name = farm.host.name
    text = f"machine {name} is set to {farm.host.state}"
    return Reason("host state", text, f"cueadmin -fixed -host {quote(name)}")


def _start_after(_: Farm, job: Job, layer: Layer, __: Obstacle) -> Reason:
    when = datetime.fromtimestamp(layer.start_after, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    by = f", {layer.start_after_reason}" if layer.start_after_reason else ""
    remedy = f"cuelet delay {quote(job.name)} off --layer {quote(layer.name)}"
    return Reason("start after", f"it starts after {when}{by}", remedy)


def _tags(farm: Farm, _: Job, layer: Layer, __: Obstacle) -> Reason:
    asked, here = " or ".join(layer.tags), ", ".join(farm.host.tags)
    text = f"it asks for a machine tagged {asked}; {farm.host.name} is tagged {here}"
    remedy = f"cuelet farm start --tags {quote(layer.tags[0])}"
    return Reason("tags", text, remedy, _takes_for(f"one tagged {layer.tags[0]}"))


def _services(farm: Farm, _: Job, layer: Layer, __: Obstacle) -> Reason:
    missing = farm.host.missing(layer.spec.services)
    here = ", ".join(farm.host.services or ()) or "none"
    text = f"it asks for service {', '.join(missing)}; {farm.host.name} was given {here}"
    wanted = ",".join([*(farm.host.services or ()), *missing])
    remedy = f"cuelet farm start --services {quote(wanted)}"
    return Reason("services", text, remedy, _takes_for(f"one that has {', '.join(missing)}"))


def _gpus_absent(farm: Farm, _: Job, layer: Layer, __: Obstacle) -> Reason:
    has = f"has {farm.host.gpus}" if farm.host.gpus else "has none"
    text = f"it needs {_gpu_count(layer.gpus)}, {farm.host.name} {has}"
    remedy = f"cuelet farm start --gpus {layer.gpus}"
    return Reason("gpus", text, remedy, _takes_for(f"one with {_gpu_count(layer.gpus)}"))


def _takes_for(what: str) -> str:
    return f"the farm takes this machine for {what} from then on; say so only if it is"


def _gpus(farm: Farm, _: Job, layer: Layer, __: Obstacle) -> Reason:
    free = max(farm.host.gpus - farm.held_gpus, 0)
    holders = ((job, job.layer_at(index)) for job in farm.jobs.values() for index in job.gpus_held)
    text = f"it needs {_gpu_count(layer.gpus)}, {free} of {farm.host.gpus} are free"
    return Reason("gpus", f"{text}; {_who_holds(holders)}")


def _gpu_count(number: int) -> str:
    return f"{number} GPU" + ("" if number == 1 else "s")


def _limit_zero(_: Farm, __: Job, ___: Layer, obstacle: Obstacle) -> Reason:
    assert obstacle.limit is not None
    name = obstacle.limit.name
    text = f"limit {name} lets no frame run: its maximum is 0"
    remedy = f"cuelet limits set {quote(name)} 1"
    return Reason("limit", text, remedy, "a frame then takes what the limit was to keep free")


def _limit(farm: Farm, _: Job, __: Layer, obstacle: Obstacle) -> Reason:
    assert obstacle.limit is not None
    name, most = obstacle.limit.name, obstacle.limit.max_value
    running = (
        (job, layer) for job, layer in carriers(farm, name) for _ in range(layer.counts[RUNNING])
    )
    frames = "1 frame" if most == 1 else f"{most} frames"
    text = f"limit {name} lets {frames} run at a time; {_who_holds(running)}"
    return Reason("limit", text)


def _share(farm: Farm, _: Job, __: Layer, obstacle: Obstacle) -> Reason:
    share = obstacle.share
    assert share is not None
    under = (job for job in farm.jobs.values() if share in job.shares)
    return share_reason(farm, share, _who_holds(pair for job in under for pair in _running_of(job)))


def _cap(_: Farm, job: Job, *__: object) -> Reason:
    text = f"its job may use {core_count(job.max_cores)} and uses {job.cores_in_use:g}"
    return Reason("max cores", f"{text}; {_who_holds(_running_of(job))}")


def _gpu_cap(_: Farm, job: Job, layer: Layer, __: Obstacle) -> Reason:
    most, used = job.settings.max_gpus, sum(job.gpus_held.values())
    text = f"it needs {_gpu_count(layer.gpus)}; its job may use {most} and uses {used}"
    return Reason("max gpus", f"{text}; {_who_holds(_running_of(job))}")


def _cores(farm: Farm, job: Job, layer: Layer, _: Obstacle) -> Reason:
    cores, _memory = farm.reservation(layer)
    text = f"it needs {core_count(cores)}, {farm.free_cores:g} of {farm.cores:g} are free"
    return Reason("cores", f"{text}; {_who_runs(farm)}", *_priority(farm, job))


def _memory(farm: Farm, job: Job, layer: Layer, _: Obstacle) -> Reason:
    _cores_asked, memory_mb = farm.reservation(layer)
    text = f"it needs {memory_mb} MB, {farm.free_memory_mb} of {farm.memory_mb} MB are free"
    return Reason("memory", f"{text}; {_who_runs(farm)}", *_priority(farm, job))


def _who_runs(farm: Farm) -> str:
    return _who_holds(pair for job in farm.jobs.values() for pair in _running_of(job))


def _running_of(job: Job) -> Iterator[tuple[Job, Layer]]:
    return ((job, job.layer_at(index)) for index in job.reserved)


def _who_holds(running: Iterable[tuple[Job, Layer]]) -> str:
    """Return the jobs of which most frames run, such as ``running are 2 of a``, and what these took so far.

    Args:
        running: Job and layer of each frame that runs.
    """
    held = Counter(running)
    jobs: Counter[str] = Counter()
    for (job, _), number in held.items():
        jobs[job.name] += number
    if not jobs:
        return "nothing is running"
    names = [f"{number} of {name}" for name, number in jobs.most_common(_MOST_SHOWN)]
    (job, layer), _ = held.most_common(1)[0]
    return f"running are {', '.join(names)}{pace_of(job, layer, FrameTimes())}"


def _priority(farm: Farm, job: Job) -> tuple[str, str]:
    """Return how a job gets ahead of others that wait too, and what that costs; nothing when it is the first."""
    at = farm.order.index(job)
    ahead = [other for other in farm.order[:at] if other.count(WAITING) and not other.paused]
    if not ahead:
        return "", ""
    remedy = f"cueadmin -priority {quote(job.name)} {ahead[0].priority + 1}"
    return remedy, f"its frames then start before those of {_names(ahead)}"


def _names(jobs: Sequence[Job]) -> str:
    more = f" and {len(jobs) - _MOST_SHOWN} more" if jobs[_MOST_SHOWN:] else ""
    return ", ".join(job.name for job in jobs[:_MOST_SHOWN]) + more


def _turns(farm: Farm, job: Job, met: Iterable[Obstacle]) -> list[Reason]:
    """Say for which layers that come first something is kept, each layer once; for room only at last."""
    kept = {found.kept_for: found for found in met if found.kept_for}
    if any(found.code is not Code.TURN for found in kept.values()):
        kept = {first: found for first, found in kept.items() if found.code is not Code.TURN}
    return [_turn(farm, job, first, found) for first, found in kept.items()]


def _turn(farm: Farm, job: Job, first: Layer, obstacle: Obstacle) -> Reason:
    if obstacle.code is Code.TURN:
        text = f"a larger frame, of layer {first.name}, has waited long and has its turn first"
        return Reason("turn", text)
    what = {
        Code.GPUS: "room at the GPUs",
        Code.SHARE: "what its group or show may use",
        Code.CAP: "what its job may use of cores",
    }
    limit = f"the last place of limit {obstacle.limit.name}" if obstacle.limit else ""
    said = what.get(obstacle.code, limit)
    return Reason("turn", f"{said} is kept for layer {first.name}, which comes first")


_OF_ITS_JOB: Final[Mapping[Code, Callable[[Farm, Job, Obstacle], Reason]]] = MappingProxyType(
    {
        Code.PAUSED: _paused,
        Code.SHOW: lambda farm, job, _: closed_show_reason(farm, job),
        Code.DISK: _disk,
    }
)
_WORDS: Final[Mapping[Code, _Say]] = MappingProxyType(
    {
        Code.LOCKED: _locked,
        Code.HOST_STATE: _host_state,
        Code.START_AFTER: _start_after,
        Code.TAGS: _tags,
        Code.SERVICES: _services,
        Code.GPUS_ABSENT: _gpus_absent,
        Code.NO_SHARE: no_share_reason,
        Code.LIMIT_ZERO: _limit_zero,
        Code.LIMIT: _limit,
        Code.GPUS: _gpus,
        Code.SHARE: _share,
        Code.CAP: _cap,
        Code.GPU_CAP: _gpu_cap,
        Code.CORES: _cores,
        Code.MEMORY: _memory,
    }
)
