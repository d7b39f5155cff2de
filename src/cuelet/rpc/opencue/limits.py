"""OpenCue's LimitInterface: how many frames may run at a time of the layers that carry a name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from opencue_proto import limit_pb2, limit_pb2_grpc

from cuelet.core.operations import limits
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import UNLIMITED, Limit, carriers
from cuelet.core.values.errors import InvalidRequestError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue import convert

Context = Any


def limit_message(farm: Farm, limit: Limit) -> limit_pb2.Limit:
    """Return a limit with what it counts now."""
    return limit_pb2.Limit(
        id=limit.id,
        name=limit.name,
        max_value=limit.max_value,
        current_running=limit.running,
        current_usage=limit.running,
        settled_usage=limit.running,
        type=limit_pb2.FRAME,
        enforcement=limit_pb2.ENFORCED,
        soft_value=UNLIMITED,
        host_count=1 if limit.running else 0,
        spec_layer_count=sum(1 for _ in carriers(farm, limit.name)),
    )


def layer_limits(farm: Farm, layer: Layer) -> list[limit_pb2.Limit]:
    """Return the limits a layer carries."""
    return [limit_message(farm, limit) for limit in farm.limits.of(layer)]


def find_limit(farm: Farm, id_or_name: str) -> Limit:
    """Return a limit by id or by name; raises NotFoundError."""
    return farm.limits.by_name.get(id_or_name) or farm.limits.get_by_id(id_or_name)


def _binding(limit: Limit, job: Job, layer: Layer) -> limit_pb2.LimitBinding:
    as_submitted = limit.name in layer.spec.limits
    return limit_pb2.LimitBinding(
        limit_id=limit.id,
        layer_id=convert.layer_id(job, layer),
        layer_name=layer.name,
        job_name=job.name,
        services=",".join(layer.spec.services),
        source=limit_pb2.SPEC if as_submitted else limit_pb2.MANUAL,
        create_time=int(job.submitted_at),
    )


class LimitService(limit_pb2_grpc.LimitInterfaceServicer):  # type: ignore[misc] # generated, untyped
    """Answer limit calls from the engine's state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Create(self, request: Any, context: Context) -> Any:
        _refuse_other_kinds(request)
        limit_id = str(uuid.uuid4())

        def decide(farm: Farm, decision: Decision, now: float) -> Limit:
            return limits.create(farm, limit_id, request.name, request.max_value, decision)

        limit = await self._engine.submit(decide)
        return limit_pb2.LimitCreateResponse(limit=self._message(limit))

    def _message(self, limit: Limit) -> limit_pb2.Limit:
        return limit_message(self._engine.farm, limit)

    async def Find(self, request: Any, context: Context) -> Any:
        limit = self._engine.farm.limits.get(request.name)
        return limit_pb2.LimitFindResponse(limit=self._message(limit))

    async def Get(self, request: Any, context: Context) -> Any:
        limit = self._engine.farm.limits.get_by_id(request.id)
        return limit_pb2.LimitGetResponse(limit=self._message(limit))

    async def GetAll(self, request: Any, context: Context) -> Any:
        found = [self._message(limit) for limit in self._engine.farm.limits]
        return limit_pb2.LimitGetAllResponse(limits=found)

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: limits.delete(farm, request.name, decision)
        )
        return limit_pb2.LimitDeleteResponse()

    async def Rename(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: limits.rename(
                farm, request.old_name, request.new_name, decision
            )
        )
        return limit_pb2.LimitRenameResponse()

    async def SetMaxValue(self, request: Any, context: Context) -> Any:
        await self._engine.submit(
            lambda farm, decision, now: limits.set_max(
                farm, request.name, request.max_value, decision
            )
        )
        return limit_pb2.LimitSetMaxValueResponse()

    async def GetBindings(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        limit = find_limit(farm, request.limit_name)
        found = [_binding(limit, *each) for each in carriers(farm, limit.name)]
        chosen = _narrowed(found, request.sources, request.layer_ids)
        return limit_pb2.LimitGetBindingsResponse(bindings=chosen)

    async def GetHolds(self, request: Any, context: Context) -> Any:
        farm, host = self._engine.farm, self._engine.farm.host.name
        named = [find_limit(farm, request.limit_name)] if request.limit_name else farm.limits
        holds = [
            limit_pb2.LimitHold(
                limit_id=limit.id,
                limit_name=limit.name,
                host_name=host,
                tokens=limit.running,
                source=limit_pb2.CUE,
            )
            for limit in named
            if limit.running and request.host_name in ("", host)
        ]
        return limit_pb2.LimitGetHoldsResponse(holds=holds)


def _narrowed(
    found: Iterable[limit_pb2.LimitBinding], sources: Iterable[int], layer_ids: Iterable[str]
) -> list[limit_pb2.LimitBinding]:
    """Return the bindings of some sources and layers; an empty choice is all."""
    wanted, layers = frozenset(sources), frozenset(layer_ids)
    return [
        each
        for each in found
        if (not wanted or each.source in wanted) and (not layers or each.layer_id in layers)
    ]


def _refuse_other_kinds(request: Any) -> None:
    if request.type != limit_pb2.FRAME or request.enforcement != limit_pb2.ENFORCED:
        raise InvalidRequestError(
            request=f"limit {request.name!r}",
            reason="on one machine a limit counts frames and is enforced; leave type and enforcement out",
        )
