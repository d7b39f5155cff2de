"""The operations on jobs."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable, Iterable

from cueadmin.failures import NothingFoundError
from cueadmin.numbers import cores, whole
from cueadmin.operation import Operation
from opencue import api
from opencue.api import Depend, Job, Layer, job_pb2
from opencue.wrappers.entity import login

_Args = argparse.Namespace


def _each(jobs: Iterable[Job], act: Callable[[Job], object]) -> tuple[Callable[[], object], ...]:
    return tuple(lambda job=job: act(job) for job in jobs)


def _find(names: Iterable[str]) -> list[Job]:
    return [api.findJob(name) for name in names]


def _kill_job(job: Job) -> None:
    """Kill with a reason: servers ignore kills without one."""
    job.kill(reason=f"cueadmin -kill by {login()} on {socket.gethostname()}")


def _retry_dead(job: Job) -> None:
    job.retryFrames(state=[job_pb2.DEAD])


def _pause(args: _Args) -> Operation:
    return Operation(_each(_find(args.pause), lambda job: job.pause()))


def _unpause(args: _Args) -> Operation:
    return Operation(_each(_find(args.unpause), lambda job: job.resume()))


def _kill(args: _Args) -> Operation:
    jobs = _find(args.kill)
    return Operation(_each(jobs, _kill_job), f"Kill {len(jobs)} job(s)")


def _kill_all(_args: _Args) -> Operation:
    return Operation(_each(api.getJobs(), _kill_job), "Kill ALL jobs")


def _retry(args: _Args) -> Operation:
    jobs = _find(args.retry)
    return Operation(_each(jobs, _retry_dead), f"Retry dead frames for {len(jobs)} job(s)")


def _retry_all(_args: _Args) -> Operation:
    return Operation(_each(api.getJobs(), _retry_dead), "Retry dead frames for ALL jobs")


def _drop_depends(args: _Args) -> Operation:
    from cueadmin.common import DependUtil

    names = args.drop_depends
    _find(names)
    steps = tuple(lambda name=name: DependUtil.dropAllDepends(name) for name in names)
    return Operation(steps, f"Drop all dependencies for {len(names)} job(s)")


def _satisfy_dependency(args: _Args) -> Operation:
    job_name, layer_name = args.satisfy_dependency
    layer = _layer(api.findJob(job_name), layer_name)
    depends = [depend for depend in layer.getWhatThisDependsOn() if depend.isActive()]
    awaited = ", ".join(dict.fromkeys(_awaited(depend) for depend in depends))
    report = (
        f"{layer.name()} no longer waits for {awaited}"
        if depends
        else (f"{layer.name()} waits for nothing")
    )
    return Operation(tuple(depend.satisfy for depend in depends), report=report)


def _layer(job: Job, name: str) -> Layer:
    """Return the layer of a job, its name given as on the wire or as the script spelled it."""
    layers = job.getLayers()
    for spelling in (name, name.lower().replace("-", "_")):
        found = [layer for layer in layers if layer.name() == spelling]
        if found:
            return found[0]
    known = [layer.name() for layer in layers]
    raise NothingFoundError(kind=f"layer of {job.name()} named", names=[name], known=known)


def _awaited(depend: Depend) -> str:
    return depend.dependOnFrame() or depend.dependOnLayer() or depend.dependOnJob()


def _set_min_cores(args: _Args) -> Operation:
    name, text = args.set_min_cores
    count = cores(text, "-set-min-cores")
    job = api.findJob(name)
    return Operation(
        (lambda: job.setMinCores(count),), f"Set min cores for {job.name()} to {count:.2f}"
    )


def _set_max_cores(args: _Args) -> Operation:
    name, text = args.set_max_cores
    count = cores(text, "-set-max-cores")
    job = api.findJob(name)
    return Operation(
        (lambda: job.setMaxCores(count),), f"Set max cores for {job.name()} to {count:.2f}"
    )


def _priority(args: _Args) -> Operation:
    name, text = args.priority
    priority = whole(text, "-priority")
    job = api.findJob(name)
    question = f"Set priority for {job.name()} to {priority}"
    return Operation((lambda: job.setPriority(priority),), question)


OPERATIONS: dict[str, Callable[[_Args], Operation]] = {
    "pause": _pause,
    "unpause": _unpause,
    "kill": _kill,
    "kill_all": _kill_all,
    "retry": _retry,
    "retry_all": _retry_all,
    "drop_depends": _drop_depends,
    "satisfy_dependency": _satisfy_dependency,
    "set_min_cores": _set_min_cores,
    "set_max_cores": _set_max_cores,
    "priority": _priority,
}
