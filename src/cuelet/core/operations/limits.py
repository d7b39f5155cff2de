"""What people ask of limits: set, rename, remove, put layers under them."""

from __future__ import annotations

from collections.abc import Iterable

from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.limits import UNLIMITED, Limit, carriers, in_use
from cuelet.core.values.errors import InvalidRequestError, InvalidSpecError
from cuelet.core.values.states import RUNNING
from cuelet.pasting import pasteable

MAX_NAME, MAX_VALUE = 255, 2**31 - 1


def create(farm: Farm, limit_id: str, name: str, max_value: int, decision: Decision) -> Limit:
    """Set a new limit; layers that carry its name already are under it at once.

    Raises:
        InvalidRequestError: The name is taken or no name, or the value makes no sense.
    """
    _refuse_name(farm, name)
    _refuse_value(name, max_value)
    made = Limit(limit_id, name, max_value, in_use(farm, name))
    farm.limits.by_name[name] = made
    decision.limits[limit_id] = made
    return made


def delete(farm: Farm, name: str, decision: Decision) -> None:
    """Remove a limit; layers that carry it run without it from now on.

    Raises:
        NotFoundError: There is none of that name.
    """
    limit = farm.limits.get(name)
    for job, layer in list(carriers(farm, name)):
        layer.limits = tuple(other for other in layer.limits if other != name)
        decision.job(job)
    del farm.limits.by_name[name]
    decision.limits[limit.id] = None


def rename(farm: Farm, old: str, new: str, decision: Decision) -> None:
    """Give a limit another name; layers that carry it carry the new one.

    Raises:
        NotFoundError: There is none of that name.
        InvalidRequestError: The new name is taken, or no name.
    """
    limit = farm.limits.get(old)
    if new == old:
        return
    _refuse_name(farm, new)
    for job, layer in list(carriers(farm, old)):
        layer.limits = tuple(new if name == old else name for name in layer.limits)
        decision.job(job)
    del farm.limits.by_name[old]
    limit.name = new
    farm.limits.by_name[new] = limit
    limit.running = in_use(farm, new)
    decision.limits[limit.id] = limit


def set_max(farm: Farm, name: str, max_value: int, decision: Decision) -> None:
    """Set how many frames a limit lets run; those that run already go on.

    Raises:
        NotFoundError: There is none of that name.
        InvalidRequestError: The value makes no sense.
    """
    limit = farm.limits.get(name)
    _refuse_value(name, max_value)
    limit.max_value = max_value
    decision.limits[limit.id] = limit


def add_to_layer(farm: Farm, job: Job, layer: Layer, limit: Limit, decision: Decision) -> None:
    """Put a layer under a limit; its running frames count at once."""
    if limit.name not in layer.limits:
        layer.limits = (*layer.limits, limit.name)
        limit.running += layer.counts[RUNNING]
        decision.job(job)


def drop_from_layer(farm: Farm, job: Job, layer: Layer, limit: Limit, decision: Decision) -> None:
    """Take a layer from under a limit."""
    if limit.name in layer.limits:
        layer.limits = tuple(name for name in layer.limits if name != limit.name)
        limit.running -= layer.counts[RUNNING]
        decision.job(job)


def refuse_unknown(farm: Farm, layers: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """Refuse layers, each (name, limits), that carry a limit nobody has set.

    Raises:
        InvalidSpecError: One does.
    """
    for layer, names in layers:
        for name in names:
            if name not in farm.limits.by_name:
                raise InvalidSpecError(
                    where=f"layer {layer!r}, limit",
                    value=name,
                    reason=f"there is no such limit here; set one with: {pasteable('cuelet', 'limits', 'set', name)} MAX",
                )


def _refuse_name(farm: Farm, name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME:
        raise InvalidRequestError(
            request=f"limit {name[:80]!r}", reason=f"a name has 1 to {MAX_NAME} characters"
        )
    if name in farm.limits.by_name:
        raise InvalidRequestError(request=f"limit {name!r}", reason="there is one of that name")


def _refuse_value(name: str, max_value: int) -> None:
    if not UNLIMITED <= max_value <= MAX_VALUE:
        raise InvalidRequestError(
            request=f"set limit {name!r} to {max_value}", reason="use 0 or more, or -1 for no limit"
        )
