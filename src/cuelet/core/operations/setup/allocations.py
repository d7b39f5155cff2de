"""What people ask of allocations and of what shows may use of them; and where this machine is."""

from __future__ import annotations

import re
from dataclasses import replace

from cuelet.core.operations.machine import add_tags, remove_tags
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.host import USUAL_TAGS, keys
from cuelet.core.state.setup.allocation import (
    PLACEMENT,
    POINTS_PER_CORE,
    Allocation,
    Placement,
    Subscription,
)
from cuelet.core.state.setup.identity import USUAL_ALLOCATION, allocation_id, subscription_id
from cuelet.core.state.setup.shares import host_allocation
from cuelet.core.state.setup.show import Show
from cuelet.core.values.errors import AlreadyThereError, InvalidRequestError, NotFoundError

UNLIMITED = -1
MAX_POINTS = 2**31 - 1
_FACILITY, _NAME = USUAL_ALLOCATION.split(".")
_WORD = re.compile(r"[\w-]{1,255}\Z", re.ASCII)
_TAG = re.compile(r"[\w.-]{1,255}\Z", re.ASCII)
_SHOWN = 60


# -- allocations ---------------------------------------------------------------------------------


def allocations(farm: Farm) -> list[Allocation]:
    """Return every allocation, by name; the usual one is there without being made."""
    found = {each.id: each for each in farm.records.all(Allocation)}
    usual = _usual()
    found.setdefault(usual.id, usual)
    return sorted(found.values(), key=lambda each: each.full_name)


def _usual() -> Allocation:
    usual_id = allocation_id(USUAL_ALLOCATION)
    return Allocation(id=usual_id, facility=_FACILITY, name=_NAME, tag=_NAME, billable=False)


def find_allocation(farm: Farm, id_or_name: str) -> Allocation:
    """Return an allocation by id or by full name; raises NotFoundError."""
    every = allocations(farm)
    for each in every:
        if id_or_name in (each.id, each.full_name):
            return each
    known = ", ".join(each.full_name for each in every[:10])
    raise NotFoundError(kind="allocation", name=id_or_name[:_SHOWN], remedy=f"there are {known}")


def create(
    farm: Farm, new_id: str, name: str, decision: Decision, *, facility: str, tag: str
) -> Allocation:
    """Make an allocation; no host is in it yet.

    Args:
        farm: The farm.
        new_id: Its id.
        name: Its name, with the facility in front or without.
        decision: Notes the change.
        facility: Name of the facility it is of.
        tag: What its hosts are tagged with; empty for its name.

    Raises:
        InvalidRequestError: A name or the tag is none.
        AlreadyThereError: The facility has one of that name.
    """
    short = name.rpartition(".")[2]
    made = Allocation(id=new_id, facility=facility, name=short, tag=tag or short)
    _refuse_odd(farm, made)
    farm.records.put(made, decision)
    return made


def _refuse_odd(farm: Farm, made: Allocation) -> None:
    if not (_WORD.match(made.name) and _WORD.match(made.facility) and _TAG.match(made.tag)):
        reason = "names and tags have letters, digits, underscores and dashes"
        request = f"allocation {made.full_name[:_SHOWN]!r} tagged {made.tag[:_SHOWN]!r}"
        raise InvalidRequestError(request=request, reason=reason)
    if any(each.full_name == made.full_name for each in allocations(farm)):
        raise AlreadyThereError(kind="allocation", name=made.full_name)


def rename(farm: Farm, allocation: Allocation, name: str, decision: Decision) -> None:
    """Give an allocation another name, without the facility; raises as `create` does."""
    changed = replace(allocation, name=name.rpartition(".")[2])
    if changed.name == allocation.name:
        return
    if allocation.id == allocation_id(USUAL_ALLOCATION):
        reason = "jobs and shows count on it; make another one and move the machine there"
        raise InvalidRequestError(request=f"rename allocation {USUAL_ALLOCATION}", reason=reason)
    _refuse_odd(farm, changed)
    farm.records.put(changed, decision)


def set_tag(farm: Farm, allocation: Allocation, tag: str, decision: Decision) -> None:
    """Tag the hosts of an allocation with another word; raises InvalidRequestError."""
    if not _TAG.match(tag):
        request = f"tag allocation {allocation.full_name} with {tag[:_SHOWN]!r}"
        reason = "use letters, digits, underscores, dashes, dots"
        raise InvalidRequestError(request=request, reason=reason)
    farm.records.put(replace(allocation, tag=tag), decision)
    if host_allocation(farm.records) == allocation.id:
        _retag(farm, allocation.tag, tag, decision)


def set_billable(farm: Farm, allocation: Allocation, decision: Decision, *, billable: bool) -> None:
    """Keep whether somebody is billed for an allocation."""
    farm.records.put(replace(allocation, billable=billable), decision)


def delete(farm: Farm, allocation: Allocation, decision: Decision) -> None:
    """Forget an allocation without hosts, and what shows may use of it.

    Raises:
        InvalidRequestError: This machine is in it, or it is the usual or the default one.
    """
    request = f"delete allocation {allocation.full_name}"
    if host_allocation(farm.records) == allocation.id:
        reason = "this machine is in it; move it first, with cueadmin -move"
        raise InvalidRequestError(request=request, reason=reason)
    if allocation.id in (allocation_id(USUAL_ALLOCATION), default_allocation(farm).id):
        reason = "it is the default; choose another one first, or leave it"
        raise InvalidRequestError(request=request, reason=reason)
    for each in farm.records.all(Subscription):
        if each.allocation == allocation.id:
            farm.records.remove(each, decision)
    farm.records.remove(allocation, decision)


# -- where this machine is -----------------------------------------------------------------------


def default_allocation(farm: Farm) -> Allocation:
    """Return the allocation that new hosts get into."""
    place = farm.records.find(Placement, PLACEMENT)
    default = (place and place.default) or allocation_id(USUAL_ALLOCATION)
    return find_allocation(farm, default)


def set_default(farm: Farm, allocation: Allocation, decision: Decision) -> None:
    """Have new hosts get into an allocation; this machine stays where it is."""
    place = farm.records.find(Placement, PLACEMENT) or Placement(id=PLACEMENT)
    farm.records.put(replace(place, default=allocation.id), decision)


def current_allocation(farm: Farm) -> Allocation:
    """Return the allocation that this machine is in."""
    return find_allocation(farm, host_allocation(farm.records))


def move_host(farm: Farm, allocation: Allocation, decision: Decision) -> None:
    """Put this machine into an allocation: its tag comes along, and only subscribed shows start frames."""
    before = current_allocation(farm)
    if before.id == allocation.id:
        return
    place = farm.records.find(Placement, PLACEMENT) or Placement(id=PLACEMENT)
    farm.records.put(replace(place, host=allocation.id), decision)
    _retag(farm, before.tag, allocation.tag, decision)
    farm.shares.rebuild(farm.jobs.values())


def _retag(farm: Farm, old: str, new: str, decision: Decision) -> None:
    """Take the tag of an allocation from this machine, unless every machine has it, and give it another."""
    if old.casefold() not in keys(USUAL_TAGS):
        remove_tags(farm, [old], decision)
    add_tags(farm, [new], decision)


# -- subscriptions -------------------------------------------------------------------------------


def subscriptions_of(farm: Farm, show: Show) -> list[Subscription]:
    """Return what a show may use: all of the usual allocation until somebody says otherwise."""
    found = [each for each in farm.records.all(Subscription) if each.show == show.id]
    if not show.has_own_subscriptions:
        found.append(_implied(farm, show))
    return sorted(found, key=lambda each: each.allocation)


def _implied(farm: Farm, show: Show) -> Subscription:
    usual = allocation_id(USUAL_ALLOCATION)
    return Subscription(
        id=subscription_id(usual, show.id),
        show=show.id,
        allocation=usual,
        size=round(farm.cores * POINTS_PER_CORE),
        burst=UNLIMITED,
    )


def subscriptions_to(farm: Farm, allocation: Allocation) -> list[Subscription]:
    """Return what every show may use of an allocation."""
    every = (each for show in farm.records.all(Show) for each in subscriptions_of(farm, show))
    return [each for each in every if each.allocation == allocation.id]


def find_subscription(farm: Farm, id_or_name: str) -> Subscription:
    """Return a subscription by id, or by a name like ``local.general.show``; raises NotFoundError."""
    allocation, _, show_name = id_or_name.rpartition(".")
    for show in farm.records.all(Show):
        for each in subscriptions_of(farm, show):
            is_named = show.name == show_name and allocation in names_of(farm, each)
            if each.id == id_or_name or is_named:
                return each
    remedy = "its name is that of the allocation and of the show, like local.general.show"
    raise NotFoundError(kind="subscription", name=id_or_name[:_SHOWN], remedy=remedy)


def names_of(farm: Farm, subscription: Subscription) -> tuple[str, ...]:
    """Return the full name of a subscription's allocation; nothing for one that is gone."""
    found = (each for each in allocations(farm) if each.id == subscription.allocation)
    return tuple(each.full_name for each in found)


def subscribe(
    farm: Farm, show: Show, allocation: Allocation, size: float, burst: float, decision: Decision
) -> Subscription:
    """Let a show use an allocation, in cores; what it may use of the usual one until now ends with that.

    Raises:
        InvalidRequestError: A number makes no sense.
        AlreadyThereError: It has a subscription to it.
    """
    made = Subscription(
        id=subscription_id(allocation.id, show.id), show=show.id, allocation=allocation.id
    )
    if farm.records.find(Subscription, made.id):
        raise AlreadyThereError(kind="subscription", name=f"{allocation.full_name}.{show.name}")
    request = f"subscribe show {show.name} to {allocation.full_name}"
    points = [_points(request, cores * POINTS_PER_CORE) for cores in (size, burst)]
    return _keep(farm, replace(made, size=points[0], burst=points[1]), decision)


def _points(request: str, value: float) -> int:
    if not 0 <= value <= MAX_POINTS:
        raise InvalidRequestError(request=f"{request}, {value:g}", reason="use 0 or more")
    return round(value)


def _keep(farm: Farm, subscription: Subscription, decision: Decision) -> Subscription:
    farm.records.put(subscription, decision)
    if subscription.allocation == allocation_id(USUAL_ALLOCATION):
        _own(farm, subscription, decision)
    farm.shares.rebuild(farm.jobs.values())
    return subscription


def _own(farm: Farm, subscription: Subscription, decision: Decision) -> None:
    """Note that somebody said what a show may use of the usual allocation."""
    show = farm.records.get(Show, subscription.show)
    farm.records.put(replace(show, has_own_subscriptions=True), decision)


def set_size(farm: Farm, subscription: Subscription, size: int, decision: Decision) -> None:
    """Set what a show is meant to use, in hundredths of a core; raises InvalidRequestError."""
    _keep(farm, replace(subscription, size=_points("set the size", size)), decision)


def set_burst(farm: Farm, subscription: Subscription, burst: int, decision: Decision) -> None:
    """Set what a show may use at most, in hundredths of a core; raises InvalidRequestError."""
    _keep(farm, replace(subscription, burst=_points("set the burst", burst)), decision)


def unsubscribe(farm: Farm, subscription: Subscription, decision: Decision) -> None:
    """Let a show use an allocation no more; frames of it that run there go on."""
    farm.records.remove(subscription, decision)
    if subscription.allocation == allocation_id(USUAL_ALLOCATION):
        _own(farm, subscription, decision)
    farm.shares.rebuild(farm.jobs.values())
