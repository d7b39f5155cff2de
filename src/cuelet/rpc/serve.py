"""The gRPC server: every service behind one guard, on a Unix socket, and a loopback port in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grpc import aio
from opencue_proto import (
    comment_pb2_grpc,
    cue_pb2_grpc,
    department_pb2_grpc,
    depend_pb2_grpc,
    facility_pb2_grpc,
    filter_pb2_grpc,
    host_pb2_grpc,
    job_pb2_grpc,
    limit_pb2_grpc,
    service_pb2_grpc,
    show_pb2_grpc,
    subscription_pb2_grpc,
)

from cuelet.rpc.cuelet.extension import FarmService
from cuelet.rpc.front import Front
from cuelet.rpc.guard import Guard
from cuelet.rpc.opencue.allocations import AllocationService
from cuelet.rpc.opencue.comments import CommentService
from cuelet.rpc.opencue.cue import CueService
from cuelet.rpc.opencue.depends import DependService
from cuelet.rpc.opencue.facilities import FacilityService
from cuelet.rpc.opencue.frames import FrameService
from cuelet.rpc.opencue.hosts import HostService
from cuelet.rpc.opencue.jobs import JobService
from cuelet.rpc.opencue.layers import LayerService
from cuelet.rpc.opencue.limits import LimitService
from cuelet.rpc.opencue.procs import ProcService
from cuelet.rpc.opencue.services import OverrideService, ServiceService
from cuelet.rpc.opencue.setup.filters import ActionService, FilterService, MatcherService
from cuelet.rpc.opencue.setup.groups import GroupService
from cuelet.rpc.opencue.shows import ShowService
from cuelet.rpc.opencue.site.departments import DepartmentService
from cuelet.rpc.opencue.site.owners import DeedService, OwnerService
from cuelet.rpc.opencue.subscriptions import SubscriptionService

MAX_MESSAGE_BYTES = 100 * 1024 * 1024
OPENCUE_PORT = 8443

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the server answers."""

    job: JobService
    layer: LayerService
    frame: FrameService
    depend: DependService
    comment: CommentService
    limit: LimitService
    cue: CueService
    host: HostService
    proc: ProcService
    owner: OwnerService
    deed: DeedService
    show: ShowService
    group: GroupService
    filter: FilterService
    matcher: MatcherService
    action: ActionService
    service: ServiceService
    override: OverrideService
    department: DepartmentService
    facility: FacilityService
    allocation: AllocationService
    subscription: SubscriptionService
    farm: FarmService


@dataclass(frozen=True, slots=True)
class Listening:
    """A started server and where it listens."""

    server: aio.Server
    front: Front

    @property
    def port(self) -> int:
        """The loopback port."""
        return self.front.port

    async def stop(self, grace_s: float) -> None:
        """Answer nobody any more; calls that have begun get so many seconds."""
        await self.server.stop(grace=grace_s)
        await self.front.close()


async def serve(services: Services, *, socket: Path, port: int) -> Listening:
    """Start serving.

    Args:
        services: What is answered.
        socket: Path of the Unix socket, in a folder that only this user can enter.
        port: Loopback TCP port; when it is taken, a free one is used.
    """
    server = aio.server(interceptors=[Guard()], options=_OPTIONS)
    _register(server, services)
    server.add_insecure_port(f"unix:{socket}")
    front = Front(socket, port)
    await server.start()
    front.start()
    return Listening(server, front)


def _register(server: Any, services: Services) -> None:
    job_pb2_grpc.add_JobInterfaceServicer_to_server(services.job, server)
    job_pb2_grpc.add_LayerInterfaceServicer_to_server(services.layer, server)
    job_pb2_grpc.add_FrameInterfaceServicer_to_server(services.frame, server)
    depend_pb2_grpc.add_DependInterfaceServicer_to_server(services.depend, server)
    comment_pb2_grpc.add_CommentInterfaceServicer_to_server(services.comment, server)
    limit_pb2_grpc.add_LimitInterfaceServicer_to_server(services.limit, server)
    cue_pb2_grpc.add_CueInterfaceServicer_to_server(services.cue, server)
    host_pb2_grpc.add_HostInterfaceServicer_to_server(services.host, server)
    host_pb2_grpc.add_ProcInterfaceServicer_to_server(services.proc, server)
    host_pb2_grpc.add_OwnerInterfaceServicer_to_server(services.owner, server)
    host_pb2_grpc.add_DeedInterfaceServicer_to_server(services.deed, server)
    show_pb2_grpc.add_ShowInterfaceServicer_to_server(services.show, server)
    job_pb2_grpc.add_GroupInterfaceServicer_to_server(services.group, server)
    filter_pb2_grpc.add_FilterInterfaceServicer_to_server(services.filter, server)
    filter_pb2_grpc.add_MatcherInterfaceServicer_to_server(services.matcher, server)
    filter_pb2_grpc.add_ActionInterfaceServicer_to_server(services.action, server)
    service_pb2_grpc.add_ServiceInterfaceServicer_to_server(services.service, server)
    service_pb2_grpc.add_ServiceOverrideInterfaceServicer_to_server(services.override, server)
    department_pb2_grpc.add_DepartmentInterfaceServicer_to_server(services.department, server)
    facility_pb2_grpc.add_FacilityInterfaceServicer_to_server(services.facility, server)
    facility_pb2_grpc.add_AllocationInterfaceServicer_to_server(services.allocation, server)
    subscription_pb2_grpc.add_SubscriptionInterfaceServicer_to_server(services.subscription, server)
    server.add_generic_rpc_handlers((services.farm.handler(),))
