"""What people ask of facilities: this machine stands in one, others are names for allocations."""

from __future__ import annotations

import re
from dataclasses import replace

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.allocation import Allocation
from cuelet.core.state.setup.facility import Facility
from cuelet.core.values.errors import InvalidRequestError, NotFoundError, quoted

HERE = "local"
"""The facility that this machine stands in."""
_NAME = re.compile(r"[\w-]{1,255}\Z", re.ASCII)


def facilities(farm: Farm, here_id: str) -> list[Facility]:
    """Return every facility, that of this machine first."""
    made = sorted(farm.records.all(Facility), key=lambda each: each.name)
    return [Facility(id=here_id, name=HERE), *made]


def find_facility(farm: Farm, here_id: str, id_or_name: str) -> Facility:
    """Return a facility by id or by name; raises NotFoundError."""
    every = facilities(farm, here_id)
    for each in every:
        if id_or_name in (each.id, each.name):
            return each
    known = ", ".join(each.name for each in every[:10])
    raise NotFoundError(kind="facility", name=id_or_name, remedy=f"there are {known}")


def create_facility(farm: Farm, new_id: str, name: str, decision: Decision) -> Facility:
    """Add a facility; raises InvalidRequestError when the name is none, or is there."""
    _refuse_name(farm, name)
    made = Facility(id=new_id, name=name)
    farm.records.put(made, decision)
    return made


def _refuse_name(farm: Farm, name: str) -> None:
    request = f"facility {quoted(name)}"
    if not _NAME.match(name):
        reason = "use letters, digits, underscores, dashes"
        raise InvalidRequestError(request=request, reason=reason)
    if name in (HERE, *(each.name for each in farm.records.all(Facility))):
        raise InvalidRequestError(request=request, reason="there is one of that name")


def rename_facility(farm: Farm, facility: Facility, name: str, decision: Decision) -> None:
    """Give a facility another name, which its allocations take on; raises InvalidRequestError."""
    _refuse_here(facility, f"rename facility {facility.name}")
    _refuse_name(farm, name)
    for allocation in _allocations(farm, facility):
        farm.records.put(replace(allocation, facility=name), decision)
    farm.records.put(replace(facility, name=name), decision)


def delete_facility(farm: Farm, facility: Facility, decision: Decision) -> None:
    """Take a facility without allocations away; raises InvalidRequestError."""
    request = f"delete facility {facility.name}"
    _refuse_here(facility, request)
    if left := _allocations(farm, facility):
        reason = f"allocation {left[0].full_name} is in it; delete that first"
        raise InvalidRequestError(request=request, reason=reason)
    farm.records.remove(facility, decision)


def _allocations(farm: Farm, facility: Facility) -> list[Allocation]:
    return [each for each in farm.records.all(Allocation) if each.facility == facility.name]


def _refuse_here(facility: Facility, request: str) -> None:
    if facility.name == HERE:
        raise InvalidRequestError(request=request, reason="this machine stands in it")
