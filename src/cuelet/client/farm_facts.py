"""What a farm that runs already can tell a plan: hosts, shows, run times, jobs to compare with. It is never started."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import opencue
from cuelet.client.lookup import get_job
from opencue import cuebot, farm
from opencue.wrappers.depend import Depend
from opencue.wrappers.job import Job
from opencue.wrappers.layer import Layer
from outline.backend.survey import Survey
from outline.frames import EdgeKind
from outline.jobspec.model import JobSpec
from outline.jobspec.names import wire_job_name, wire_name
from outline.jobspec.renderfarm import RenderFarm, RenderHost
from outline.loader import Outline
from outline.planning.layers import SESSION
from outline.planning.model import Host, Plan, PlannedLayer

_SESSION_PATH = re.compile(r"/[^\s']*/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![^\s'/])")
_VERSION = re.compile(r"[_.-]?v\d+\Z")
_SAMPLES = 100
"""Frames of a layer whose run times are averaged."""


@dataclass(frozen=True, slots=True)
class FarmFacts:
    """A farm that answers."""

    backend: str
    """``cuelet`` or ``cue``."""
    hosts: tuple[Host, ...]
    survey: Survey | None = None
    """Asks a stock Cuebot about its farm."""

    def seconds_of(self, ol: Outline) -> dict[str, float]:
        """Return what a process of each layer took in finished jobs of the same name, in seconds.

        Versions such as ``_v002`` at the end of a name do not count; the latest job that knows a layer does.
        """
        found: dict[str, float] = {}
        titles = {wire_name(layer.get_name()): layer for layer in ol.get_layers()}
        for job in _earlier_jobs(ol):
            for layer in job.getLayers():
                title = titles.get(layer.name())
                if title is None or title.get_name() in found or not layer.succeededFrames():
                    continue
                scale = title.get_chunk_size() / max(1, layer.chunkSize())
                found[title.get_name()] = _average_s(layer) * scale
        return found

    def job_as_plan(self, name: str, plan: Plan) -> dict[str, Any]:
        """Return as much of a plan's JSON form as the farm knows of a job.

        Args:
            name: Name or id of the job.
            plan: What it is compared with: what this leaves to the farm is not compared.

        Raises:
            EntityNotFoundException: There is no such job.
        """
        job = get_job(name)
        layers = job.getLayers()
        return {
            "name": job.name(),
            "layers": [self._layer_values(layer, plan) for layer in layers],
            "edges": list(_edges(job, layers)),
        }

    def _layer_values(self, layer: Layer, plan: Plan) -> dict[str, Any]:
        values = {
            "name": layer.name(),
            "wire_name": layer.name(),
            "range": layer.range(),
            "chunk": layer.chunkSize(),
            "cores": layer.minimumCores(),
            "memory_mb": layer.minimumMemory(),
            "wire_command": _SESSION_PATH.sub(SESSION, layer.command()),
        }
        planned = plan.find_layer(layer.name())
        return values if planned is None else {**values, **self._as_asked(values, planned)}

    def _as_asked(self, values: dict[str, Any], planned: PlannedLayer) -> dict[str, Any]:
        """Return the reservations as they were asked: undo the farm's lowering and defaults."""
        most = {
            "cores": max((host.cores for host in self.hosts), default=0),
            "memory_mb": max((host.memory_mb for host in self.hosts), default=0),
        }
        asked = {"cores": planned.cores, "memory_mb": planned.memory_mb}
        return {
            name: wanted
            for name, wanted in asked.items()
            if wanted is None or wanted > most[name] == values[name]
        }


def asking(farm: FarmFacts | None) -> Callable[[JobSpec], RenderFarm]:
    """Return what a plan for a Cuebot asks about its farm.

    Args:
        farm: The farm that answered; None when none did.
    """
    if farm is not None and farm.survey is not None:
        return farm.survey.farm_for
    silence = _silence()
    return lambda _: RenderFarm(silence=silence)


def _silence() -> str:
    """Return why the Cuebot that is configured does not answer; empty when none is, or a farm of ours answers there."""
    try:
        if is_configured():
            farm.info()
    except opencue.CueException as error:
        return str(error)
    return ""


def find_farm(backend: str | None) -> FarmFacts | None:
    """Return the farm a launch would reach, when it answers and is of that backend; never start one."""
    try:
        found = _ask()
    except opencue.CueException:
        return None
    return found if backend in {None, found.backend if found else None} else None


def is_configured() -> bool:
    """Tell whether a Cuebot is configured."""
    return bool(cuebot.hosts_in_use())


def _ask() -> FarmFacts | None:
    if not is_configured() and farm.is_running() is None:
        return None
    backend, survey = "cue" if farm.info() is None else "cuelet", Survey()
    hosts = tuple(map(_host, survey.hosts()))
    return FarmFacts(backend, hosts, survey if backend == "cue" else None)


def _host(host: RenderHost) -> Host:
    return Host(
        name=host.name,
        cores=host.cores,
        memory_mb=host.memory_mb,
        gpus=host.gpus,
        tags=host.tags,
    )


# Run times.


def _earlier_jobs(ol: Outline) -> Iterable[Job]:
    """Return finished jobs of the same name in the same show, latest first."""
    title = _unversioned(wire_job_name(ol.get_name()))
    prefix = f"{ol.get_show()}-{ol.get_shot()}-{ol.get_user()}_".lower()
    jobs = opencue.api.getJobs(show=[ol.get_show()], include_finished=True)
    named = [job for job in jobs if _unversioned(job.name().removeprefix(prefix)) == title]
    return sorted(named, key=lambda job: job.data.start_time, reverse=True)


def _unversioned(name: str) -> str:
    return _VERSION.sub("", name)


def _average_s(layer: Layer) -> float:
    """Return what a process of a layer takes, in seconds: measured by a Cuelet farm, else Cuebot's average."""
    frames = layer.getFrames(state=[opencue.api.job_pb2.SUCCEEDED], limit=_SAMPLES)
    asked = farm.call_or_none("GetUsage", frame_ids=[frame.id() for frame in frames])
    if not asked or not asked["frames"]:
        return float(layer.avgFrameTimeSeconds())
    times = [float(each["wall_s"]) for each in asked["frames"].values()]
    return sum(times) / len(times)


# Depends.


def _edges(job: Job, layers: Iterable[Layer]) -> Iterable[dict[str, Any]]:
    """Return a job's depends; of a stock Cuebot's, which are lowered, only who waits for whom."""
    asked = farm.call_or_none("GetDepends", job_id=job.id())
    if asked is not None:
        keys = ("layer", "on", "type", "outcome")
        inside = (each for each in asked["depends"] if _is_planned(each))
        return [{key: each[key] for key in keys} for each in inside]
    found = {pair for layer in layers for pair in _pairs(layer.getWhatThisDependsOn())}
    return [{"layer": layer, "on": on} for layer, on in sorted(found)]


def _is_planned(depend: Mapping[str, Any]) -> bool:
    """Tell whether a depend is between layers of the job, so that a plan can hold it."""
    return not depend["on_job"] and depend["type"] in EdgeKind.__members__


def _pairs(depends: Iterable[Depend]) -> Iterable[tuple[str, str]]:
    return [
        (each.dependErLayer(), each.dependOnLayer())
        for each in depends
        if each.isInternal() and each.dependErLayer() and each.dependOnLayer()
    ]
