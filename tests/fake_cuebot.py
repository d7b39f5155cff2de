"""A Cuebot on loopback with a farm made up by the test: it answers what a launch asks, in the words of a real one."""

from __future__ import annotations

import re
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import message_factory
from opencue_proto import (
    cue_pb2,
    facility_pb2,
    host_pb2,
    job_pb2,
    limit_pb2,
    service_pb2,
    show_pb2,
    subscription_pb2,
)

_FILES = (cue_pb2, facility_pb2, host_pb2, job_pb2, limit_pb2, service_pb2, show_pb2)
METHODS = {
    f"/{service.full_name}/{method.name}": method
    for file in _FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
SEED_SERVICES = {
    "default": {"min_cores": 100, "min_memory": 3355443, "tags": ["general", "desktop"]},
    "shell": {"min_cores": 100, "min_memory": 3355443, "tags": ["general", "util"]},
    "maya": {"min_cores": 100, "min_memory": 2097152, "tags": ["general", "desktop"]},
    "preprocess": {"min_cores": 10, "min_memory": 393216, "tags": ["util"]},
}
"""Those a new Cuebot has, as far as tests need them."""


def host(name: str = "blade1", **fields: Any) -> host_pb2.Host:
    """Return a host of 8 cores and 32 GB as a fresh RQD reports it."""
    usual = {
        "name": name,
        "alloc_name": "local.general",
        "cores": 8,
        "memory": 32 * 1024 * 1024,
        "tags": ["general", "6.1.0-render", name],
    }
    return host_pb2.Host(**(usual | fields))


@dataclass
class FakeCuebot(grpc.GenericRpcHandler):
    """The Cuebot; what it knows may be changed between calls."""

    shows: list[show_pb2.Show] = field(default_factory=list)
    shares: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    """By show: allocations, each with the hundredths of a core that may be used."""
    hosts: list[host_pb2.Host] = field(default_factory=lambda: [host()])
    services: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(SEED_SERVICES))
    limits: list[str] = field(default_factory=list)
    pending: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    """Seconds it thinks about every question on its farm."""
    asked: list[str] = field(default_factory=list)
    specs: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    """Ids of jobs."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        self.host = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._server.stop(0).wait()

    def add_show(self, name: str, *shares: tuple[str, int], **fields: Any) -> None:
        """Add a show, as usual active, with its subscriptions."""
        usual = {"active": True, "booking_enabled": True, "dispatch_enabled": True}
        self.shows.append(show_pb2.Show(id=name, name=name, **(usual | fields)))
        self.shares[name] = list(shares)

    def service(self, details: Any) -> Any:
        """Return the handler of a call; the Cuebot knows only what tests need."""
        method = METHODS.get(details.method)
        answer = getattr(self, f"_{details.method.rpartition('/')[2]}", None)
        if method is None or answer is None:
            return None

        def handle(request: Any, context: grpc.ServicerContext) -> Any:
            name = details.method.rpartition("/")[2]
            with self._lock:
                self.asked.append(name)
            if name != "GetSystemStats":
                time.sleep(self.delay_s)
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(
            handle,
            request_deserializer=message_factory.GetMessageClass(method.input_type).FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )

    def _GetSystemStats(self, _: Any, __: Any) -> Any:
        return cue_pb2.CueGetSystemStatsResponse()

    def _GetShows(self, _: Any, __: Any) -> Any:
        return show_pb2.ShowGetShowsResponse(shows={"shows": self.shows})

    def _GetSubscriptions(self, request: Any, _: Any) -> Any:
        name = request.show.name
        found = [
            subscription_pb2.Subscription(allocation_name=alloc, size=burst, burst=burst)
            for alloc, burst in self.shares[name]
        ]
        return show_pb2.ShowGetSubscriptionResponse(subscriptions={"subscriptions": found})

    def _GetServiceOverrides(self, _: Any, __: Any) -> Any:
        return show_pb2.ShowGetServiceOverridesResponse()

    def _GetHosts(self, _: Any, __: Any) -> Any:
        return host_pb2.HostGetHostsResponse(hosts={"hosts": self.hosts})

    def _GetDefaultServices(self, _: Any, __: Any) -> Any:
        found = [service_pb2.Service(name=name, **each) for name, each in self.services.items()]
        return service_pb2.ServiceGetDefaultServicesResponse(services={"services": found})

    def _GetAll(self, _: Any, __: Any) -> Any:
        return limit_pb2.LimitGetAllResponse(limits=[{"name": each} for each in self.limits])

    def _IsJobPending(self, request: Any, _: Any) -> Any:
        return job_pb2.JobIsJobPendingResponse(value=request.name in self.pending)

    def _GetJobs(self, _: Any, __: Any) -> Any:
        return job_pb2.JobGetJobsResponse()

    def _GetJob(self, request: Any, _: Any) -> Any:
        stats = {"total_frames": 1, "pending_frames": 1, "waiting_frames": 1}
        state = job_pb2.FINISHED if request.id in self.killed else job_pb2.PENDING
        job = job_pb2.Job(id=request.id, name="made", state=state, job_stats=stats)
        return job_pb2.JobGetJobResponse(job=job)

    def _Kill(self, request: Any, _: Any) -> Any:
        self.killed.append(request.job.id)
        return job_pb2.JobKillResponse()

    def _LaunchSpecAndWait(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.specs.append(request.spec)
        show = self._said("show", request.spec)
        if not any(each.name == show for each in self.shows):
            _refuse(
                context,
                f"The {show} does not exist. Please contact administrator of your "
                "OpenCue deployment to have this show created.",
            )
        name = f"{show}-{self._said('shot', request.spec)}-{self._said('user', request.spec)}_x"
        jobs = [job_pb2.Job(id=f"{1:036x}", name=name, state=job_pb2.PENDING)]
        return job_pb2.JobLaunchSpecAndWaitResponse(jobs={"jobs": jobs})

    @staticmethod
    def _said(tag: str, spec: str) -> str:
        found = re.search(f"<{tag}>(.*?)</{tag}>", spec)
        return found[1] if found else ""


def _refuse(context: grpc.ServicerContext, reason: str) -> None:
    context.abort(grpc.StatusCode.INTERNAL, f"Failed to launch and add job: {reason}")
