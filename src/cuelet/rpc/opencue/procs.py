"""OpenCue's ProcInterface: each running frame as a proc, with the cores and memory it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from opencue_proto import host_pb2, host_pb2_grpc

from cuelet.core.operations import requests
from cuelet.core.operations.command import Place, log_path
from cuelet.core.operations.setup.allocations import current_allocation
from cuelet.core.operations.setup.groups import get_group, group_of
from cuelet.core.operations.setup.shows import show_of
from cuelet.core.operations.site import redirects
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert

_FRAME_BITS = 20
_ATTEMPTS = 1 << (ids.INDEX_BITS - _FRAME_BITS)

Context = Any


@dataclass(frozen=True, slots=True)
class Running:
    """A frame that runs now."""

    job: Job
    index: int
    show: str = ""
    group: str = ""
    """Names of what the job belongs to."""

    @property
    def proc_id(self) -> str:
        """Id of the proc: another one for each attempt of the frame."""
        attempt = self.job.attempt[self.index] % _ATTEMPTS
        return ids.part_id(self.job.id, ids.Kind.PROC, attempt << _FRAME_BITS | self.index)

    @property
    def layer(self) -> str:
        """Name of the layer."""
        return self.job.layer_at(self.index).name

    @property
    def reserved_kb(self) -> int:
        """Memory it holds; never 0, by which clients divide."""
        return max(self.job.reserved[self.index][1] * 1024, 1)

    def duration_s(self, now: float) -> float:
        """Return for how long it has been running."""
        return max(now - self.job.start_at[self.index], 0.0)


def running(farm: Farm) -> Iterator[Running]:
    """Yield every frame that runs, oldest first."""
    found = [
        Running(job, index, show_of(farm, job).name, group_of(farm, job).name)
        for job in farm.jobs.values()
        for index in job.reserved
    ]
    yield from sorted(found, key=lambda one: one.job.start_at[one.index])


def proc_message(found: Running, place: Place) -> host_pb2.Proc:
    """Return a running frame as a proc."""
    job, index = found.job, found.index
    cores, _ = job.reserved[index]
    began = int(job.start_at[index])
    return host_pb2.Proc(
        id=found.proc_id,
        name=f"{place.host}/{cores:.2f}/{job.gpus_held.get(index, 0)}",
        show_name=found.show,
        job_name=job.name,
        frame_name=job.frame_name(index),
        group_name=found.group,
        ping_time=began,
        bookedTime=began,
        dispatch_time=began,
        reserved_cores=cores,
        reserved_gpus=job.gpus_held.get(index, 0),
        reserved_memory=found.reserved_kb,
        used_memory=job.rss_kb.get(index, 0),
        log_path=log_path(job, index, place),
        services=job.layer_at(index).spec.services or ("default",),
    )


def proc_seq(found: Iterable[Running], place: Place) -> host_pb2.ProcSeq:
    """Return several procs."""
    return host_pb2.ProcSeq(procs=[proc_message(each, place) for each in found])


# -- searching ---------------------------------------------------------------------------------


def find_procs(farm: Farm, criteria: Any, *, host: str, now: float) -> list[Running]:
    """Return the running frames that match, oldest first.

    Values of one field are alternatives, fields narrow each other down.
    """
    if not _is_here(farm, criteria, host):
        return []
    tests = [*_name_tests(criteria), *_memory_tests(criteria), *_duration_tests(criteria, now)]
    found = (each for each in running(farm) if all(test(each) for test in tests))
    start = max(criteria.first_result, 0)
    return list(islice(found, start, _stop(criteria, start)))


def _stop(criteria: Any, start: int) -> int | None:
    limits = [limit for limit in criteria.max_results if limit > 0]
    return start + min(limits) if limits else None


def _is_here(farm: Farm, criteria: Any, host: str) -> bool:
    allocation = current_allocation(farm).full_name
    short = host.partition(".")[0]
    hosts = {name.partition(".")[0] for name in criteria.hosts}
    return (not hosts or short in hosts) and (not criteria.allocs or allocation in criteria.allocs)


Test = Callable[[Running], bool]


def _name_tests(criteria: Any) -> Iterator[Test]:
    jobs, layers, shows = set(criteria.jobs), set(criteria.layers), set(criteria.shows)
    if jobs:
        yield lambda found: found.job.name in jobs
    if layers:
        yield lambda found: found.layer in layers
    if shows:
        yield lambda found: found.show in shows


def _memory_tests(criteria: Any) -> Iterator[Test]:
    """Yield tests of the memory held, in KB."""
    ranges = [(one.min, one.max) for one in criteria.memory_range]
    least = [one.value for one in criteria.memory_greater_than]
    most = [one.value for one in criteria.memory_less_than]
    if ranges:
        yield lambda found: any(low <= found.reserved_kb <= high for low, high in ranges)
    if least:
        yield lambda found: found.reserved_kb > min(least)
    if most:
        yield lambda found: found.reserved_kb < max(most)


def _duration_tests(criteria: Any, now: float) -> Iterator[Test]:
    ranges = [(one.min, one.max) for one in criteria.duration_range]
    if ranges:
        yield lambda found: any(low <= found.duration_s(now) <= high for low, high in ranges)


def proc_of(farm: Farm, message: host_pb2.Proc) -> Running:
    """Return the running frame a client holds a copy of; only its id counts.

    Raises:
        NotFoundError: That attempt of the frame is over.
    """
    job, packed = search.part_of(farm, message.id, ids.Kind.PROC)
    found = Running(job, packed % (1 << _FRAME_BITS))
    if found.index not in job.reserved or found.proc_id != message.id:
        raise NotFoundError(
            kind="proc", name=message.name or message.id, remedy="its frame is over"
        )
    return found


Act = Callable[[Farm, list[redirects.Running], Decision], int]


def _refuse_all(criteria: Any) -> None:
    """Raise InvalidRequestError for a redirect of as many frames as there are."""
    if not any(number > 0 for number in criteria.max_results):
        reason = "say of how many: max_results in the search"
        raise InvalidRequestError(request="give what frames hold to a job", reason=reason)


# -- the interface -----------------------------------------------------------------------------


class ProcService(host_pb2_grpc.ProcInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer proc calls from the engine's state.

    Args:
        engine: The farm.
        host: Returns this machine as a host message.
        now: Returns epoch seconds.
    """

    def __init__(
        self, engine: Engine, *, host: Callable[[], host_pb2.Host], now: Callable[[], float]
    ) -> None:
        self._engine, self._host, self._now = engine, host, now

    def _found(self, request: Any) -> Running:
        return proc_of(self._engine.farm, request.proc)

    async def GetProcs(self, request: Any, context: Context) -> Any:
        place = self._engine.place()
        found = find_procs(self._engine.farm, request.r, host=place.host, now=self._now())
        return host_pb2.ProcGetProcsResponse(procs=proc_seq(found, place))

    async def GetHost(self, request: Any, context: Context) -> Any:
        self._found(request)
        return host_pb2.ProcGetHostResponse(host=self._host())

    async def GetJob(self, request: Any, context: Context) -> Any:
        found, place = self._found(request), self._engine.place()
        job = convert.job_message(self._engine.farm, found.job, place)
        return host_pb2.ProcGetJobResponse(job=job)

    async def GetLayer(self, request: Any, context: Context) -> Any:
        found = self._found(request)
        layer = found.job.layer_at(found.index)
        message = convert.layer_message(self._engine.farm, found.job, layer)
        return host_pb2.ProcGetLayerResponse(layer=message)

    async def GetFrame(self, request: Any, context: Context) -> Any:
        found, place = self._found(request), self._engine.place()
        frame = convert.frame_message(self._engine.farm, found.job, found.index, place.host)
        return host_pb2.ProcGetFrameResponse(frame=frame)

    async def Unbook(self, request: Any, context: Context) -> Any:
        await self._each(
            request,
            lambda farm, found, decision: redirects.unbook(
                farm, found, decision, kill=request.kill
            ),
        )
        return host_pb2.ProcUnbookResponse()

    async def RedirectToJob(self, request: Any, context: Context) -> Any:
        moved = await self._each(
            request,
            lambda farm, found, decision: redirects.redirect(
                farm, found, farm.get_job(request.job_id), decision, kill=request.kill
            ),
        )
        return host_pb2.ProcRedirectToJobResponse(value=moved > 0)

    async def RedirectToGroup(self, request: Any, context: Context) -> Any:
        moved = await self._each(
            request,
            lambda farm, found, decision: redirects.redirect_to_group(
                farm, found, get_group(farm, request.group_id), decision, kill=request.kill
            ),
        )
        return host_pb2.ProcRedirectToGroupResponse(value=moved > 0)

    async def ClearRedirect(self, request: Any, context: Context) -> Any:
        self._found(request)
        return host_pb2.ProcClearRedirectResponse(value=False)

    async def _each(self, request: Any, act: Act) -> int:
        def decide(farm: Farm, decision: Decision, now: float) -> int:
            found = proc_of(farm, request.proc)
            return act(farm, [(found.job, found.index)], decision)

        return int(await self._engine.submit(decide))

    async def UnbookProcs(self, request: Any, context: Context) -> Any:
        number = await self._unbook(
            request,
            lambda farm, found, decision: redirects.unbook(
                farm, found, decision, kill=request.kill
            ),
        )
        return host_pb2.ProcUnbookProcsResponse(num_procs=number)

    async def UnbookToJob(self, request: Any, context: Context) -> Any:
        _refuse_all(request.r)

        def act(farm: Farm, found: list[redirects.Running], decision: Decision) -> int:
            targets = [farm.get_job(job.id) for job in request.jobs.jobs]
            moved = [
                redirects.redirect(farm, found, target, decision, kill=request.kill)
                for target in reversed(targets)
            ]
            return max(moved, default=0)

        return host_pb2.ProcUnbookToJobResponse(num_procs=await self._unbook(request, act))

    async def UnbookToGroup(self, request: Any, context: Context) -> Any:
        _refuse_all(request.r)
        number = await self._unbook(
            request,
            lambda farm, found, decision: redirects.redirect_to_group(
                farm, found, get_group(farm, request.group.id), decision, kill=request.kill
            ),
        )
        return host_pb2.ProcUnbookToGroupResponse(num_procs=number)

    async def _unbook(self, request: Any, act: Act) -> int:
        def decide(farm: Farm, decision: Decision, now: float) -> int:
            here = find_procs(farm, request.r, host=self._engine.place().host, now=now)
            return act(farm, [(each.job, each.index) for each in here], decision)

        return int(await self._engine.submit(decide))

    async def Kill(self, request: Any, context: Context) -> Any:
        def decide(farm: Farm, decision: Decision, now: float) -> None:
            found = proc_of(farm, request.proc)
            requests.kill_frames(found.job, [found.index], decision, by="somebody")

        await self._engine.submit(decide)
        return host_pb2.ProcKillResponse()
