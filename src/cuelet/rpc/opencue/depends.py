"""OpenCue's DependInterface, and adding depends: what waits and what is waited for, named by ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from opencue_proto import depend_pb2, depend_pb2_grpc

from cuelet.core.operations import depends
from cuelet.core.operations.depends import Target
from cuelet.core.state.decision import Decision
from cuelet.core.state.edges import Edge
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidRequestError
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.opencue import convert
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec

Context = Any


class DependEnd(NamedTuple):
    """One end of a depend: a job, a layer of it, or a frame of that."""

    job: Job
    layer: str = ""
    frame: int | None = None


FindEnd = Callable[[Farm, Any], DependEnd]
"""Looks up what a message names by its id; raises NotFoundError."""


def job_end(farm: Farm, message: Any) -> DependEnd:
    """Return the job of a message; raises NotFoundError."""
    return DependEnd(search.job_of(farm, message))


def layer_end(farm: Farm, message: Any) -> DependEnd:
    """Return the layer of a message; raises NotFoundError."""
    job, layer = search.layer_of(farm, message.id)
    return DependEnd(job, layer.name)


def frame_end(farm: Farm, message: Any) -> DependEnd:
    """Return the frame of a message; raises NotFoundError."""
    job, index = search.frame_of(farm, message.id)
    layer = job.layer_at(index)
    return DependEnd(job, layer.name, layer.number(index))


async def create(
    engine: Engine,
    waiter: tuple[FindEnd, Any],
    on: tuple[FindEnd, Any],
    kind: EdgeKind = EdgeKind.LAYER_ON_LAYER,
) -> depend_pb2.Depend:
    """Add a depend of one place on another, and return it.

    Args:
        engine: The farm.
        waiter: How to find what waits, and the message that names it.
        on: The same of what is waited for.
        kind: How the frames of two layers are linked.
    """

    def decide(farm: Farm, decision: Decision, now: float) -> Edge:
        waiting, awaited = waiter[0](farm, waiter[1]), on[0](farm, on[1])
        return depends.add_depend(farm, waiting.job, _spec(waiting, awaited, kind), decision)

    return convert.depend_message(await engine.submit(decide))


def _spec(waiting: DependEnd, awaited: DependEnd, kind: EdgeKind) -> EdgeSpec:
    return EdgeSpec(
        layer=waiting.layer,
        waiting_frame=waiting.frame,
        on=awaited.layer,
        on_frame=awaited.frame,
        on_job="" if awaited.job is waiting.job else awaited.job.id,
        kind=kind,
    )


def target_of(number: int) -> Target:
    """Return which depends a client means to drop; raises InvalidRequestError."""
    try:
        return Target(number)
    except ValueError as error:
        raise InvalidRequestError(
            request=f"drop depends of target {number}",
            reason="use INTERNAL, EXTERNAL or ANY_TARGET",
        ) from error


class DependService(depend_pb2_grpc.DependInterfaceServicer):  # type: ignore[misc] # generated
    """Answer depend calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def GetDepend(self, request: Any, context: Context) -> Any:
        depend = convert.depend_message(search.depend_of(self._engine.farm, request.id))
        return depend_pb2.DependGetDependResponse(depend=depend)

    async def Satisfy(self, request: Any, context: Context) -> Any:
        await self._change(request, depends.satisfy)
        return depend_pb2.DependSatisfyResponse()

    async def Unsatisfy(self, request: Any, context: Context) -> Any:
        await self._change(request, depends.unsatisfy)
        return depend_pb2.DependUnsatisfyResponse()

    async def _change(self, request: Any, act: Callable[[Edge, Decision], object]) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(search.depend_of(farm, request.depend.id), decision)
        )
