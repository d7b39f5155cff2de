"""What ShowInterface says of owners, deeds, services and departments of a show."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

from opencue_proto import department_pb2, show_pb2

from cuelet.core.operations.site import departments, ownership, services
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.departments import UNKNOWN
from cuelet.core.state.setup.group import Group
from cuelet.core.state.setup.ownership import Owner
from cuelet.core.state.setup.service import ServiceOverride
from cuelet.core.values.errors import NotFoundError
from cuelet.engine.engine import Engine
from cuelet.rpc.opencue.services import override_message, override_seq, read_service
from cuelet.rpc.opencue.site.departments import department_message
from cuelet.rpc.opencue.site.owners import deed_seq, owner_message

Context = Any


class Named(NamedTuple):
    """A show."""

    id: str
    name: str


class OfShows:
    """The part of ShowInterface about owners, services and departments; the show itself is another's."""

    _engine: Engine

    def named(self, show_id: str) -> Named:
        """Return a show by its id; raises NotFoundError."""
        raise NotImplementedError

    async def CreateOwner(self, request: Any, context: Context) -> Any:
        show, new_id = self.named(request.show.id), str(uuid.uuid4())
        owner = await self._engine.submit(
            lambda farm, decision, now: ownership.create_owner(
                farm, new_id, request.name, show.name, decision
            )
        )
        made = owner_message(self._engine.farm, owner)
        return show_pb2.ShowCreateOwnerResponse(owner=made)

    async def GetDeeds(self, request: Any, context: Context) -> Any:
        show, farm = self.named(request.show.id), self._engine.farm
        owners = [each for each in farm.records.all(Owner) if each.show == show.name]
        return show_pb2.ShowGetDeedsResponse(deeds=deed_seq(farm, owners))

    async def CreateServiceOverride(self, request: Any, context: Context) -> Any:
        show = self.named(request.show.id)
        made = read_service(ServiceOverride, request.service, str(uuid.uuid4()), show=show.id)

        def decide(farm: Farm, decision: Decision, now: float) -> None:
            services.create(farm, made, decision)

        await self._engine.submit(decide)
        answer = override_message(made)
        return show_pb2.ShowCreateServiceOverrideResponse(service_override=answer)

    async def GetServiceOverrides(self, request: Any, context: Context) -> Any:
        show = self.named(request.show.id)
        found = override_seq(services.overrides(self._engine.farm, show.id).values())
        return show_pb2.ShowGetServiceOverridesResponse(service_overrides=found)

    async def GetServiceOverride(self, request: Any, context: Context) -> Any:
        show = self.named(request.show.id)
        found = services.overrides(self._engine.farm, show.id)
        for each in found.values():
            if request.name in (each.name, each.id):
                answer = override_message(each)
                return show_pb2.ShowGetServiceOverrideResponse(service_override=answer)
        kind = f"service override of show {show.name}"
        raise NotFoundError(kind=kind, name=request.name)

    async def GetDepartments(self, request: Any, context: Context) -> Any:
        show = self.named(request.show.id)
        groups = (each for each in self._engine.farm.records.all(Group) if each.show == show.id)
        names = sorted({UNKNOWN, *(each.department for each in groups)})
        found = [department_message(show.name, name) for name in names]
        every = department_pb2.DepartmentSeq(departments=found)
        return show_pb2.ShowGetDepartmentsResponse(departments=every)

    async def GetDepartment(self, request: Any, context: Context) -> Any:
        show, farm = self.named(request.show.id), self._engine.farm
        if request.department not in departments.department_names(farm):
            raise NotFoundError(kind="department", name=request.department)
        found = department_message(show.name, request.department)
        return show_pb2.ShowGetDepartmentResponse(department=found)
