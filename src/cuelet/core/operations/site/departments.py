"""What people ask of departments: which there are."""

from __future__ import annotations

import re
from dataclasses import replace

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.setup.departments import NAMES, UNKNOWN, DepartmentNames
from cuelet.core.values.errors import InvalidRequestError, NotFoundError, quoted

MAX_NAMES = 1000
_NAME = re.compile(r"[\w .-]{1,255}\Z")


def department_names(farm: Farm) -> tuple[str, ...]:
    """Return the names of all departments, in order."""
    return tuple(sorted(_kept(farm).names))


def _kept(farm: Farm) -> DepartmentNames:
    return farm.records.find(DepartmentNames, NAMES) or DepartmentNames(id=NAMES)


def add_department(farm: Farm, name: str, decision: Decision) -> None:
    """Add a department; raises InvalidRequestError when the name is none, or is there."""
    kept, request = _kept(farm), f"add department {quoted(name)}"
    if not _NAME.match(name) or not name.strip():
        reason = "use letters, digits, blanks, underscores, dashes, dots"
        raise InvalidRequestError(request=request, reason=reason)
    if name in kept.names or len(kept.names) >= MAX_NAMES:
        reason = "it is there" if name in kept.names else f"there are {MAX_NAMES} already"
        raise InvalidRequestError(request=request, reason=reason)
    farm.records.put(replace(kept, names=(*kept.names, name)), decision)


def remove_department(farm: Farm, name: str, decision: Decision) -> None:
    """Take a department away; groups that have it keep its name.

    Raises:
        NotFoundError: There is none of that name.
        InvalidRequestError: It is the one of what belongs to no other.
    """
    kept = _kept(farm)
    if name not in kept.names:
        raise NotFoundError(kind="department", name=name)
    if name == UNKNOWN:
        reason = "it is the department of what belongs to no other"
        raise InvalidRequestError(request=f"remove department {name}", reason=reason)
    farm.records.put(replace(kept, names=tuple(x for x in kept.names if x != name)), decision)
