"""OpenCue's FacilityInterface: the only facility, which holds the only allocation."""

from __future__ import annotations

from typing import Any

from opencue_proto import facility_pb2, facility_pb2_grpc

from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.allocations import allocation_seq
from cuelet.rpc.opencue.already import note
from cuelet.rpc.opencue.convert import FACILITY, id_of

Context = Any


class FacilityService(facility_pb2_grpc.FacilityInterfaceServicer):  # type: ignore[misc] # generated
    """Show the only facility, which holds the only allocation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Get(self, request: Any, context: Context) -> Any:
        return facility_pb2.FacilityGetResponse(facility=_only_facility(request.name))

    async def Create(self, request: Any, context: Context) -> Any:
        if request.name != FACILITY:
            reason = f"there is only {FACILITY}, this machine"
            raise InvalidRequestError(request=f"create facility {request.name!r}", reason=reason)
        note(context, f"facility {FACILITY}: it is there without being set up")
        return facility_pb2.FacilityCreateResponse(facility=_only_facility(FACILITY))

    async def GetAllocations(self, request: Any, context: Context) -> Any:
        _only_facility(request.facility.id)
        found = allocation_seq(self._engine.farm, FACILITY)
        return facility_pb2.FacilityGetAllocationsResponse(allocations=found)


def _only_facility(id_or_name: str) -> facility_pb2.Facility:
    """Return the facility if that is what an id or a name means; raises NotFoundError."""
    found = facility_pb2.Facility(id=id_of("facility", FACILITY), name=FACILITY)
    if id_or_name not in (found.id, found.name):
        raise NotFoundError(kind="facility", name=id_or_name, remedy=f"there is only {FACILITY}")
    return found
