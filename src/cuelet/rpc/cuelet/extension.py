"""The cuelet.Farm service: what Cuelet knows and OpenCue's messages cannot say, as JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc

from cuelet.core.explain.standing import waits_briefly
from cuelet.core.operations import machine
from cuelet.core.operations.command import base_environment, build_run, log_path
from cuelet.core.operations.launching import is_stuck
from cuelet.core.operations.skip import SKIPPED, is_skipped, skipped_frames
from cuelet.core.state.edges import Edge, end_name
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import offered
from cuelet.core.state.job import Job
from cuelet.core.values.errors import InvalidRequestError
from cuelet.engine.engine import Engine
from cuelet.rpc import search
from cuelet.rpc.cuelet.jobs import JobFinder
from cuelet.rpc.cuelet.offers import offer_of
from cuelet.rpc.cuelet.why import explained, stuck_reason
from cuelet.rpc.opencue import convert
from outline.frames import EdgeKind, format_frames
from outline.jobspec.model import Outcome, WireDependType

SERVICE = "cuelet.Farm"
Values = Mapping[str, Any]
Method = Callable[[Values], Awaitable[Values]]


class FarmService:
    """Answer the methods that ARCHITECTURE.md lists.

    Args:
        engine: The farm.
        info: Returns the reply to ``Info``.
        stop: Ends the farm after the reply is sent.
        upkeep: More methods by name.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        info: Callable[[], Values],
        stop: Callable[[], None],
        upkeep: Mapping[str, Method] | None = None,
    ) -> None:
        self._engine, self._info, self._stop = engine, info, stop
        self._upkeep = upkeep or {}

    def methods(self) -> dict[str, Method]:
        """Return what is answered, by name."""
        return {
            "Info": self._on_info,
            "GetUsage": self._on_usage,
            "GetDepends": self._on_depends,
            "GetSkipped": self._on_skipped,
            "GetStanding": self._on_standing,
            "GetStuck": self._on_stuck,
            "Why": self._on_why,
            "GetRun": self._on_run,
            "SetHost": self._on_set_host,
            "Stop": self._on_stop,
            **JobFinder(self._engine).methods,
            **self._upkeep,
        }

    def handler(self) -> grpc.GenericRpcHandler[Any, Any]:
        """Return what a gRPC server registers."""
        handlers = {name: _unary(method) for name, method in self.methods().items()}
        made: grpc.GenericRpcHandler[Any, Any] = grpc.method_handlers_generic_handler(
            SERVICE, handlers
        )
        return made

    async def _on_info(self, request: Values) -> Values:
        return self._info()

    async def _on_stop(self, request: Values) -> Values:
        self._stop()
        return {}

    async def _on_set_host(self, request: Values) -> Values:
        """Take over what somebody says the machine offers."""
        offer = offer_of(request)
        await self._engine.submit(
            lambda farm, decision, now: machine.offer(farm, decision, **offer)
        )
        return offered(self._engine.farm.host)

    async def _on_usage(self, request: Values) -> Values:
        farm = self._engine.farm
        found = (search.frame_of(farm, str(frame)) for frame in request.get("frame_ids", ()))
        return {"frames": {job.frame_id(index): self._usage(job, index) for job, index in found}}

    def _usage(self, job: Job, index: int) -> Values:
        cores = job.reserved.get(index) or self._engine.farm.reservation(job.layer_at(index))
        return {
            "cpu_s": job.cpu_s[index],
            "wall_s": job.wall_s[index],
            "exit_status": job.exit_status[index],
            "exit_signal": job.exit_signal[index],
            "reason": job.reasons.get(index, ""),
            "max_rss_kb": job.max_rss_kb[index],
            "reserved_cores": cores[0],
            "attempt": job.attempt[index],
            "spared": job.free_retries[index],
            "raises": job.memory_retries[index],
            "pid": self._engine.pids.get(job.run_id(index), 0),
            "log_path": log_path(job, index, self._engine.place()),
        }

    async def _on_depends(self, request: Values) -> Values:
        job = search.any_job(self._engine.farm, str(request.get("job_id", "")))
        return {"depends": [depend_values(edge) for edge in job.edges]}

    async def _on_stuck(self, request: Values) -> Values:
        job = search.any_job(self._engine.farm, str(request.get("job_id", "")))
        return {
            "stuck": is_stuck(self._engine.farm, job),
            "reason": stuck_reason(self._engine.farm, job),
            "submitted_at": job.submitted_at,
            "stopped_at": job.stopped_at,
        }

    async def _on_standing(self, request: Values) -> Values:
        """Say of each job that is still known what it waits for and how many frames it skipped."""
        farm = self._engine.farm
        known = (farm.jobs.get(str(job_id)) for job_id in request.get("job_ids", ()))
        return {"jobs": {job.id: _standing(farm, job) for job in known if job is not None}}

    async def _on_skipped(self, request: Values) -> Values:
        found = skipped_frames(search.any_job(self._engine.farm, str(request.get("job_id", ""))))
        layers = {
            name: {"count": len(numbers), "frames": format_frames(numbers)}
            for name, numbers in found.items()
        }
        return {"layers": layers, "reason": SKIPPED}

    async def _on_run(self, request: Values) -> Values:
        farm, place = self._engine.farm, self._engine.place()
        job, index = search.frame_of(farm, str(request.get("frame_id", "")))
        reserved = farm.reservation(job.layer_at(index))
        run = build_run(job, index, place, reserved=reserved)
        return {
            "frame": job.frame_name(index),
            "job": job.name,
            "cwd": run.cwd,
            "umask": run.umask,
            "env": {**base_environment(job, job.layer_at(index), place), **run.env},
            "steps": [{"argv": step.argv, "env": dict(step.env)} for step in run.steps],
            "session": job.spec.session,
        }

    async def _on_why(self, request: Values) -> Values:
        return await explained(self._engine.farm, self._engine.place(), request)


def _standing(farm: Farm, job: Job) -> Values:
    return {
        "stuck": is_stuck(farm, job),
        "waits": waits_briefly(farm, job),
        "skipped": sum(is_skipped(job, index) for index in job.reasons),
    }


def _unary(method: Method) -> grpc.RpcMethodHandler[Any, Any]:
    async def answer(request: bytes, context: Any) -> bytes:
        return json.dumps(await method(_load(request))).encode()

    made: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(answer)
    return made


def _load(data: bytes) -> Values:
    try:
        values = json.loads(data or b"{}")
    except ValueError as error:
        raise InvalidRequestError(request=f"{SERVICE} call", reason=f"no JSON: {error}") from error
    if not isinstance(values, dict):
        raise InvalidRequestError(request=f"{SERVICE} call", reason="the request is no object")
    return values


_EACH = {
    EdgeKind.FRAME_BY_FRAME: ("each frame", "its counterpart in"),
    EdgeKind.PREVIOUS_FRAME: ("each frame", "the previous frame of"),
    EdgeKind.LAYER_ON_ANY: ("every frame", "any frame of"),
}
_GATE = ("every frame", "all of")


_OF_LAYERS = frozenset(
    {
        WireDependType.FRAME_BY_FRAME,
        WireDependType.LAYER_ON_LAYER,
        WireDependType.LAYER_ON_SIM_FRAME,
        WireDependType.PREVIOUS_FRAME,
    }
)


def depend_values(edge: Edge) -> Values:
    """Return an edge in words and numbers."""
    spec = edge.spec
    return {
        "id": convert.depend_id(edge),
        "layer": end_name(edge.waiter, edge.waiting_end, alone=True),
        "on": _awaited_name(edge),
        "on_job": convert.awaited_job(edge) if edge.is_external else "",
        "type": spec.kind.value if spec.type in _OF_LAYERS else spec.type.name,
        "outcome": spec.outcome.value,
        "active": edge.active and edge.open_count > 0,
        "released": not edge.active,
        "left": convert.waiting_frames(edge),
        "on_left": edge.open_count,
        "text": _sentence(edge),
    }


def _awaited_name(edge: Edge) -> str:
    if not edge.links.awaited:
        return convert.awaited_job(edge)
    return end_name(edge.awaited, edge.awaited_end, alone=not edge.is_external)


def _sentence(edge: Edge) -> str:
    """Return who waits for what, such as ``each frame waits for its counterpart in render ...``."""
    spec = edge.spec
    who, what = _EACH.get(spec.kind, _GATE)
    if len(edge.links.whole) == edge.links.waiting and not edge.links.any_one:
        who, what = _GATE
    if edge.waiting_end.layer is None:
        who = "the whole job"
    elif edge.waiting_end.single:
        who = f"frame {spec.waiting_frame}"
    how = "to succeed" if spec.outcome is Outcome.SUCCEEDED else "to end, whatever the outcome"
    return f"{who} waits for {_awaited_words(edge, what)} {how}"


def _awaited_words(edge: Edge, what: str) -> str:
    job = f"job {convert.awaited_job(edge)}"
    if edge.awaited_end.layer is None:
        return job
    if edge.awaited_end.single:
        what = f"frame {edge.awaited.layer_at(edge.awaited_start).number(edge.awaited_start)} of"
    on = f"{what} {edge.spec.on}"
    return f"{on} of {job}" if edge.is_external else on
