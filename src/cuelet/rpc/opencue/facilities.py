"""OpenCue's FacilityInterface: the facility of this machine, and others that are names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from opencue_proto import facility_pb2, facility_pb2_grpc

from cuelet.core.operations.site import facilities
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.facility import Facility
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.allocations import allocation_seq
from cuelet.rpc.opencue.already import note
from cuelet.rpc.opencue.convert import FACILITY, id_of

HERE_ID = id_of("facility", FACILITY)

Context = Any


class FacilityService(facility_pb2_grpc.FacilityInterfaceServicer):  # type: ignore[misc] # generated
    """Answer calls about facilities."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Get(self, request: Any, context: Context) -> Any:
        found = _find(self._engine.farm, request.name)
        return facility_pb2.FacilityGetResponse(facility=_message(found))

    async def Create(self, request: Any, context: Context) -> Any:
        if request.name == FACILITY:
            note(context, f"facility {FACILITY}: it is there without being set up")
            here = _find(self._engine.farm, FACILITY)
            return facility_pb2.FacilityCreateResponse(facility=_message(here))
        new_id = str(uuid.uuid4())
        made = await self._engine.submit(
            lambda farm, decision, now: facilities.create_facility(
                farm, new_id, request.name, decision
            )
        )
        return facility_pb2.FacilityCreateResponse(facility=_message(made))

    async def Rename(self, request: Any, context: Context) -> Any:
        await self._change(
            request.facility.id or request.facility.name,
            lambda farm, found, decision: facilities.rename_facility(
                farm, found, request.new_name, decision
            ),
        )
        return facility_pb2.FacilityRenameResponse()

    async def Delete(self, request: Any, context: Context) -> Any:
        await self._change(request.name, facilities.delete_facility)
        return facility_pb2.FacilityDeleteResponse()

    async def _change(
        self, id_or_name: str, act: Callable[[Farm, Facility, Decision], None]
    ) -> None:
        await self._engine.submit(
            lambda farm, decision, now: act(farm, _find(farm, id_or_name), decision)
        )

    async def GetAllocations(self, request: Any, context: Context) -> Any:
        farm = self._engine.farm
        wanted = _find(farm, request.facility.id or request.facility.name)
        found = allocation_seq(farm, wanted.name)
        return facility_pb2.FacilityGetAllocationsResponse(allocations=found)


def _find(farm: Farm, id_or_name: str) -> Facility:
    return facilities.find_facility(farm, HERE_ID, id_or_name)


def _message(facility: Facility) -> facility_pb2.Facility:
    return facility_pb2.Facility(id=facility.id, name=facility.name)
