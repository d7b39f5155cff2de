"""A stock Cuebot for tests of clients, after what a recorded one did: it knows jobs, and answers by its own rules.

Of these: `FindJob` finds pending jobs by full names only, `GetFrames` without a limit answers nothing, an eaten frame
releases nothing, and the calls of `cuelet.Farm` are not there.
"""

from __future__ import annotations

import importlib
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import message_factory
from opencue_proto import depend_pb2, host_pb2, job_pb2, limit_pb2, show_pb2, subscription_pb2

NOTHING = "Incorrect result size: expected 1, actual 0"
WAITING, RUNNING, SUCCEEDED, DEPEND, DEAD, EATEN = (
    job_pb2.FrameState.Value(name)
    for name in ("WAITING", "RUNNING", "SUCCEEDED", "DEPEND", "DEAD", "EATEN")
)
_FILES = ("cue", "depend", "facility", "host", "job", "limit", "service", "show", "subscription")
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for name in _FILES
    for service in importlib.import_module(
        f"opencue_proto.{name}_pb2"
    ).DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


class RefusalError(Exception):
    """What ends a call early, as Cuebot would end it."""

    def __init__(self, status: grpc.StatusCode, details: str) -> None:
        self.status, self.details = status, details
        super().__init__(details)


def nothing() -> RefusalError:
    return RefusalError(grpc.StatusCode.NOT_FOUND, NOTHING)


class StockCuebot(grpc.GenericRpcHandler):
    """A server on a free loopback port; ``jobs``, ``hosts`` and the like are what it knows.

    Args:
        port: The port; 0 for a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self.jobs: dict[str, Any] = {}
        self.layers: dict[str, list[Any]] = {}
        self.frames: dict[str, list[Any]] = {}
        self.depends: list[Any] = []
        self.hosts: list[Any] = []
        self.shows: list[Any] = []
        self.subscriptions: list[Any] = []
        self.limits: list[Any] = []
        self.calls: list[tuple[str, Any]] = []
        self.refusals: dict[str, RefusalError] = {}
        """Calls that end so whatever is asked, by method."""
        self.releases_eaten = False
        self._lock = threading.RLock()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.host = f"127.0.0.1:{self.port}"
        self._server.start()

    def close(self) -> None:
        self._server.stop(0).wait()

    # What it knows.

    def add_job(self, name: str, *, finished: bool = False, at: int = 1000, **fields: Any) -> Any:
        """Add a job by its full name, whose show, shot and user are the parts before its ``_``."""
        head, _, _ = name.partition("_")
        show, shot, user = head.split("-")
        job = job_pb2.Job(
            id=str(uuid.uuid4()), name=name, show=show, shot=shot, user=user, facility="local",
            state=job_pb2.FINISHED if finished else job_pb2.PENDING, start_time=at,
            stop_time=at + 5 if finished else 0, log_dir=f"/logs/{name}", max_cores=100,
        )  # fmt: skip
        job.MergeFrom(job_pb2.Job(**fields))
        self.jobs[job.id] = job
        self.layers[job.id], self.frames[job.id] = [], []
        return job

    def add_layer(
        self, job: Any, name: str, states: dict[int, int], *, tags: tuple[str, ...] = ("general",),
        **fields: Any,
    ) -> Any:  # fmt: skip
        """Add a layer with frames in some states, by number."""
        numbers = sorted(states)
        layer = job_pb2.Layer(
            id=str(uuid.uuid4()), name=name, parent_id=job.id, tags=tags, chunk_size=1,
            range=f"{numbers[0]}-{numbers[-1]}", min_cores=1, min_memory=1 << 20, limits=[""],
        )  # fmt: skip
        layer.MergeFrom(job_pb2.Layer(**fields))
        self.layers[job.id].append(layer)
        for number in numbers:
            self.frames[job.id].append(
                job_pb2.Frame(
                    id=str(uuid.uuid4()), name=f"{number:04d}-{name}", layer_name=name,
                    number=number, state=states[number],
                )
            )  # fmt: skip
        self._count(job.id)
        return layer

    def add_depend(self, **fields: Any) -> Any:
        depend = depend_pb2.Depend(id=str(uuid.uuid4()), active=True, **fields)
        self.depends.append(depend)
        return depend

    def add_show(self, name: str, *, subscribed: str = "local.general", **fields: Any) -> Any:
        """Add a show with a subscription to an allocation, or to none."""
        switches = {"active": True, "booking_enabled": True, "dispatch_enabled": True} | fields
        show = show_pb2.Show(id=str(uuid.uuid4()), name=name, **switches)
        self.shows.append(show)
        if subscribed:
            self.subscriptions.append(
                subscription_pb2.Subscription(
                    id=str(uuid.uuid4()), name=f"{subscribed}.{name}", show_name=name,
                    allocation_name=subscribed, size=1000, burst=1000,
                )
            )  # fmt: skip
        return show

    def add_host(self, name: str = "host1", **fields: Any) -> Any:
        """Add a host that is up, open, in ``local.general``, with 8 cores and 16 GB."""
        facts = {
            "alloc_name": "local.general", "cores": 8, "idle_cores": 8, "tags": ["general"],
            "memory": 16 << 20, "idle_memory": 16 << 20, "state": host_pb2.UP,
            "lock_state": host_pb2.OPEN,
        } | fields  # fmt: skip
        host = host_pb2.Host(id=str(uuid.uuid4()), name=name, **facts)
        self.hosts.append(host)
        return host

    def add_limit(self, name: str, most: int, running: int = 0) -> None:
        self.limits.append(limit_pb2.Limit(name=name, max_value=most, current_running=running))

    def states(self, job: Any) -> dict[str, str]:
        """Return the states of a job's frames by name."""
        return {frame.name: job_pb2.FrameState.Name(frame.state) for frame in self.frames[job.id]}

    def names(self) -> list[str]:
        """Return the calls so far, without those that only look who is there."""
        looks = {"Farm/Info", "Cue/GetSystemStats"}
        return [name for name, _ in self.calls if name not in looks]

    def _count(self, job_id: str) -> None:
        """Count frames by state, in the layers and in the job."""
        totals = self.jobs[job_id].job_stats
        totals.Clear()
        for layer in self.layers[job_id]:
            layer.layer_stats.Clear()
            frames = [f for f in self.frames[job_id] if f.layer_name == layer.name]
            for counts in (layer.layer_stats, totals):
                counts.total_frames += len(frames)
                for frame in frames:
                    field = f"{job_pb2.FrameState.Name(frame.state).lower()}_frames"
                    setattr(counts, field, getattr(counts, field) + 1)

    # What it answers.

    def service(self, details: Any) -> Any:
        method = METHODS.get(details.method)
        service, _, name = details.method.removeprefix("/").partition("/")
        label = f"{service.rpartition('.')[2].removesuffix('Interface')}/{name}"
        if method is None:
            self.calls.append((label, None))
            return None
        response = message_factory.GetMessageClass(method.output_type)
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._answer(label, request, context, response),
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _answer(self, label: str, request: Any, context: Any, response: Any) -> Any:
        with self._lock:
            self.calls.append((label, request))
            rule: Callable[[Any], Any] | None = getattr(
                self, "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", label.replace("/", "")).lower(), None
            )
            try:
                if label in self.refusals:
                    raise self.refusals[label]
                return response(**(rule(request) if rule else {}))
            except RefusalError as refusal:
                context.abort(refusal.status, refusal.details)

    def _get(self, known: Any, id_or_name: str, key: str = "id") -> Any:
        found = [each for each in known if getattr(each, key) == id_or_name]
        if not found:
            raise nothing()
        return found[0]

    def _pending(self, name: str) -> Any:
        pending = [job for job in self.jobs.values() if job.state == job_pb2.PENDING]
        return self._get(pending, name.lower(), "name")

    def _job_find_job(self, request: Any) -> dict[str, Any]:
        return {"job": self._pending(request.name)}

    def _job_get_job(self, request: Any) -> dict[str, Any]:
        return {"job": self._get(self.jobs.values(), request.id)}

    def _job_is_job_pending(self, request: Any) -> dict[str, Any]:
        try:
            return {"value": bool(self._pending(request.name))}
        except RefusalError:
            return {"value": False}

    def _job_get_jobs(self, request: Any) -> dict[str, Any]:
        return {"jobs": {"jobs": list(self._found(request.r))}}

    def _found(self, r: Any) -> Iterator[Any]:
        for job in self.jobs.values():
            tests = (
                r.include_finished or job.state == job_pb2.PENDING,
                not r.ids or job.id in r.ids,
                not r.jobs or job.name in r.jobs,
                not r.shows or job.show in r.shows,
                not r.substr or any(each in job.name for each in r.substr),
                not r.regex or any(re.search(each, job.name) for each in r.regex),
            )
            if all(tests):
                yield job

    def _job_get_layers(self, request: Any) -> dict[str, Any]:
        if request.job.id not in self.layers:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, "Job not found")
        return {"layers": {"layers": self.layers[request.job.id]}}

    def _job_get_frames(self, request: Any) -> dict[str, Any]:
        return {"frames": {"frames": self._page(self.frames[request.job.id], request.req)}}

    def _layer_get_frames(self, request: Any) -> dict[str, Any]:
        layer = self._layer_of(request.layer.id)
        ours = [f for f in self.frames[layer.parent_id] if f.layer_name == layer.name]
        return {"frames": {"frames": self._page(ours, request.s)}}

    def _frame_get_frames(self, request: Any) -> dict[str, Any]:
        job = self._pending(request.job)
        return {"frames": {"frames": self._page(self.frames[job.id], request.r)}}

    def _page(self, frames: list[Any], r: Any) -> list[Any]:
        wanted = set(_numbers(r.frame_range))
        found = [
            frame
            for frame in frames
            if (not r.ids or frame.id in r.ids)
            and (not r.layers or frame.layer_name in r.layers)
            and (not r.states.frame_states or frame.state in r.states.frame_states)
            and (not r.frame_range or frame.number in wanted)
            and (not r.frames or frame.name in r.frames)
        ]
        start = (max(r.page, 1) - 1) * r.limit
        return found[start : start + r.limit]

    def _layer_of(self, layer_id: str) -> Any:
        return self._get([one for found in self.layers.values() for one in found], layer_id)

    def _frame_of(self, frame_id: str) -> tuple[str, Any]:
        for job_id, frames in self.frames.items():
            for frame in frames:
                if frame.id == frame_id:
                    return job_id, frame
        raise nothing()

    def _layer_find_layer(self, request: Any) -> dict[str, Any]:
        job = self._pending(request.job)
        return {"layer": self._get(self.layers[job.id], request.layer, "name")}

    def _frame_find_frame(self, request: Any) -> dict[str, Any]:
        job = self._pending(request.job)
        name = f"{request.frame:04d}-{request.layer}"
        return {"frame": self._get(self.frames[job.id], name, "name")}

    def _layer_get_layer(self, request: Any) -> dict[str, Any]:
        return {"layer": self._layer_of(request.id)}

    def _frame_get_frame(self, request: Any) -> dict[str, Any]:
        return {"frame": self._frame_of(request.id)[1]}

    # Depends.

    def _job_get_depends(self, request: Any) -> dict[str, Any]:
        name = self.jobs[request.job.id].name
        found = [
            each
            for each in self.depends
            if each.depend_er_job == name and each.type != depend_pb2.FRAME_ON_FRAME
        ]
        return {"depends": {"depends": found}}

    def _awaiting(self, **on: str) -> dict[str, Any]:
        found = [
            each
            for each in self.depends
            if all(getattr(each, f"depend_on_{field}") == name for field, name in on.items())
        ]
        return {"depends": {"depends": found}}

    def _frame_get_what_depends_on_this(self, request: Any) -> dict[str, Any]:
        job_id, frame = self._frame_of(request.frame.id)
        return self._awaiting(job=self.jobs[job_id].name, frame=frame.name)

    def _layer_get_what_depends_on_this(self, request: Any) -> dict[str, Any]:
        layer = self._layer_of(request.layer.id)
        return self._awaiting(job=self.jobs[layer.parent_id].name, layer=layer.name, frame="")

    def _frame_get_what_this_depends_on(self, request: Any) -> dict[str, Any]:
        job_id, frame = self._frame_of(request.frame.id)
        name = self.jobs[job_id].name
        found = [
            each
            for each in self.depends
            if each.depend_er_job == name
            and each.depend_er_layer in ("", frame.layer_name)
            and each.depend_er_frame in ("", frame.name)
            and each.type != depend_pb2.FRAME_BY_FRAME
        ]
        return {"depends": {"depends": found}}

    def _depend_satisfy(self, request: Any) -> dict[str, Any]:
        self._satisfy(self._get(self.depends, request.depend.id))
        return {}

    def _satisfy(self, depend: Any) -> None:
        depend.active = False
        for job in [each for each in self.jobs.values() if each.name == depend.depend_er_job]:
            for frame in self.frames[job.id]:
                if frame.state == DEPEND and not self._held(job, frame):
                    frame.state = WAITING
            self._count(job.id)

    def _held(self, job: Any, frame: Any) -> bool:
        return any(
            each.active
            and each.depend_er_job == job.name
            and each.depend_er_layer in ("", frame.layer_name)
            and each.depend_er_frame in ("", frame.name)
            and each.type != depend_pb2.FRAME_BY_FRAME
            for each in self.depends
        )

    def _job_eat_frames(self, request: Any) -> dict[str, Any]:
        job_id = request.job.id
        request.req.page, request.req.limit = 1, 100_000
        for frame in self._page(self.frames[job_id], request.req):
            frame.state = EATEN
            if self.releases_eaten:
                self._release(job_id, frame)
        self._count(job_id)
        return {}

    def _job_mark_done_frames(self, request: Any) -> dict[str, Any]:
        job_id = request.job.id
        request.req.page, request.req.limit = 1, 100_000
        for frame in self._page(self.frames[job_id], request.req):
            self._release(job_id, frame)
        return {}

    def _release(self, job_id: str, frame: Any) -> None:
        found = self._awaiting(job=self.jobs[job_id].name, frame=frame.name)
        for depend in found["depends"]["depends"]:
            self._satisfy(depend)

    # The farm.

    def _show_find_show(self, request: Any) -> dict[str, Any]:
        return {"show": self._get(self.shows, request.name, "name")}

    def _show_get_shows(self, _: Any) -> dict[str, Any]:
        return {"shows": {"shows": self.shows}}

    def _show_get_subscriptions(self, request: Any) -> dict[str, Any]:
        show = self._get(self.shows, request.show.id)
        found = [each for each in self.subscriptions if each.show_name == show.name]
        return {"subscriptions": {"subscriptions": found}}

    def _host_get_hosts(self, _: Any) -> dict[str, Any]:
        return {"hosts": {"hosts": self.hosts}}

    def _limit_get_all(self, _: Any) -> dict[str, Any]:
        return {"limits": self.limits}


def _numbers(text: str) -> Iterator[int]:
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
