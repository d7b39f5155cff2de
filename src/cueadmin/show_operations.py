"""The operations on shows, allocations and subscriptions."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from cueadmin.failures import UsageError
from cueadmin.numbers import cores, not_negative, points, switch, whole
from cueadmin.operation import Operation
from opencue import api
from opencue.api import Show, Subscription
from opencue.exception import CueException

_Args = argparse.Namespace


def _create_alloc(args: _Args) -> Operation:
    facility_name, alloc, tag = args.create_alloc
    facility = api.getFacility(facility_name)

    def create() -> None:
        print(f"Created allocation: {api.createAllocation(alloc, tag, facility).data.name}")

    question = f"Create new allocation {facility_name}.{alloc}, with tag {tag}"
    return Operation((create,), question)


def _delete_alloc(args: _Args) -> Operation:
    allocation = api.findAllocation(args.delete_alloc)
    return Operation((allocation.delete,), f"Delete allocation {args.delete_alloc}")


def _rename_alloc(args: _Args) -> Operation:
    old, new = args.rename_alloc
    allocation, short = api.findAllocation(old), new.rpartition(".")[2]
    question = f"Rename allocation from {old} to {new}"
    return Operation((lambda: allocation.setName(short),), question)


def _transfer(args: _Args) -> Operation:
    source, target = (api.findAllocation(name) for name in args.transfer)
    hosts = source.getHosts()
    question = f"Transfer hosts from {source.name()} to {target.name()}"
    return Operation((lambda: target.reparentHosts(hosts),), question)


def _tag_alloc(args: _Args) -> Operation:
    name, tag = args.tag_alloc
    allocation = api.findAllocation(name)
    return Operation((lambda: allocation.setTag(tag),), f"Re-tag allocation {name} with {tag}")


def _create_show(args: _Args) -> Operation:
    name = args.create_show
    return Operation((lambda: api.createShow(name),), f"Create new show {name}")


def _delete_show(args: _Args) -> Operation:
    return Operation((api.findShow(args.delete_show).delete,), f"Delete show {args.delete_show}")


def _disable_show(args: _Args) -> Operation:
    show = api.findShow(args.disable_show)
    return Operation((lambda: show.setActive(False),), f"Disable show {args.disable_show}")


def _enable_show(args: _Args) -> Operation:
    show = api.findShow(args.enable_show)
    return Operation((lambda: show.setActive(True),), f"Enable show {args.enable_show}")


def _dispatching(args: _Args) -> Operation:
    show, is_on = _show_and_switch(args.dispatching, "-dispatching")
    question = None if is_on else f"Disable dispatching on {show.name()}"
    return Operation((lambda: show.enableDispatching(is_on),), question)


def _booking(args: _Args) -> Operation:
    show, is_on = _show_and_switch(args.booking, "-booking")
    question = None if is_on else f"Disable booking on {show.name()}"
    return Operation((lambda: show.enableBooking(is_on),), question)


def _scheduler_managed(args: _Args) -> Operation:
    show, is_on = _show_and_switch(args.scheduler_managed, "-scheduler-managed")
    verb = "Enable" if is_on else "Disable"
    question = f"{verb} scheduler-managed accounting on {show.name()}"
    return Operation((lambda: show.setSchedulerManaged(is_on),), question)


def _show_and_switch(values: list[str], flag: str) -> tuple[Show, bool]:
    is_on = switch(values[1], flag)
    return api.findShow(values[0]), is_on


def _default_min_cores(args: _Args) -> Operation:
    name, text = args.default_min_cores
    count = cores(text, "-default-min-cores")
    show = api.findShow(name)
    question = f"Set the default min cores to: {text}"
    return Operation((lambda: show.setDefaultMinCores(count),), question)


def _default_max_cores(args: _Args) -> Operation:
    name, text = args.default_max_cores
    count = cores(text, "-default-max-cores")
    show = api.findShow(name)
    question = f"Set the default max cores to: {text}"
    return Operation((lambda: show.setDefaultMaxCores(count),), question)


def _archive_show(args: _Args) -> Operation:
    name, target = args.archive_show
    show, _ = api.findShow(name), api.findShow(target)
    return Operation((lambda: show.archive(target),), f"Archive show {name} to {target}")


def _create_sub(args: _Args) -> Operation:
    show_name, alloc_name, size_text, burst_text = args.create_sub
    size, burst = cores(size_text, "-create-sub"), cores(burst_text, "-create-sub")
    show, alloc = api.findShow(show_name), api.findAllocation(alloc_name)
    question = f"Create subscription for {show.name()} on {alloc.name()}"
    return Operation((lambda: show.createSubscription(alloc, size, burst),), question)


def _delete_sub(args: _Args) -> Operation:
    show, alloc = args.delete_sub
    subscription = _subscription(show, alloc)
    return Operation((subscription.delete,), f"Delete {show}'s subscription to {alloc}")


def _size(args: _Args) -> Operation:
    show, alloc, text = args.size
    size = points(text, "-size")
    subscription = _subscription(show, alloc)
    return Operation((lambda: subscription.setSize(size),))


def _burst(args: _Args) -> Operation:
    show, alloc, text = args.burst
    is_share = text.endswith("%")
    amount = whole(text.removesuffix("%"), "-burst")
    subscription = _subscription(show, alloc)
    size = subscription.data.size
    burst = not_negative(size + int(size * amount / 100) if is_share else amount, "-burst")
    return Operation((lambda: subscription.setBurst(burst),))


def _subscription(show: str, alloc: str) -> Subscription:
    try:
        return api.findSubscription(f"{alloc}.{show}")
    except CueException:
        if "." in alloc:
            raise
        reason = f"{alloc!r} has no facility; write it like facility.allocation"
        raise UsageError(flag=f"allocation {alloc}", reason=reason) from None


OPERATIONS: dict[str, Callable[[_Args], Operation]] = {
    "create_alloc": _create_alloc,
    "delete_alloc": _delete_alloc,
    "rename_alloc": _rename_alloc,
    "transfer": _transfer,
    "tag_alloc": _tag_alloc,
    "create_show": _create_show,
    "delete_show": _delete_show,
    "disable_show": _disable_show,
    "enable_show": _enable_show,
    "dispatching": _dispatching,
    "booking": _booking,
    "default_min_cores": _default_min_cores,
    "default_max_cores": _default_max_cores,
    "archive_show": _archive_show,
    "scheduler_managed": _scheduler_managed,
    "create_sub": _create_sub,
    "delete_sub": _delete_sub,
    "size": _size,
    "burst": _burst,
}
