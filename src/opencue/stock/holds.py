"""What keeps the waiting frames of a layer from starting on a stock Cuebot: of the show, the hosts, the layer, the limits.

Cuebot books by its queries: a host works for the shows subscribed to its allocation, for jobs of its facility, and for
layers whose tags, cores and memory fit it, as far as limits and the job's own maximum leave room.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from opencue_proto import host_pb2

from opencue.stock.asking import FarmFacts
from opencue.stock.explanation import Reason
from opencue.stock.words import cores_text, memory_text, names_text, range_text

PER_CORE = 100
"""Subscriptions count in hundredths of a core."""
_PATIENCE = (
    "nothing holds it: OpenCue looks for work every half minute or so, whenever a host reports"
)


def hold_reasons(facts: FarmFacts, layer: Any, numbers: Sequence[int]) -> list[Reason]:
    """Return what keeps waiting frames of a layer from starting; that nothing does is a reason as well.

    Args:
        facts: The farm, as seen from the layer's job.
        layer: The layer's message.
        numbers: The frames.
    """
    found = [
        *_show_reasons(facts),
        *_host_reasons(facts, layer, numbers),
        *_limit_reasons(facts, layer),
        *_time_reasons(facts, layer),
        *_job_maximum(facts.job, layer),
    ]
    plain = found or [*_busy_reasons(facts, layer)] or [Reason("next", _PATIENCE)]
    return [*plain, *_switches(facts)]


# The show.


def _show_reasons(facts: FarmFacts) -> Iterator[Reason]:
    show = facts.show
    if show is None:
        yield Reason("show", f"its show {facts.job.show} is not known to this Cuebot any more")
        return
    name = quote(show.name)
    if not show.active:
        yield Reason("show", f"show {show.name} is inactive", f"cueadmin -enable-show {name}")
    if getattr(show, "scheduler_managed", False):
        text = f"show {show.name} is left to another scheduler than Cuebot's"
        yield Reason("show", text, f"cueadmin -scheduler-managed {name} off")
    yield from _subscription_reasons(facts)


def _switches(facts: FarmFacts) -> Iterator[Reason]:
    """Yield the show's switches that are off: Cuebot keeps them, and its newer versions book all the same."""
    for name, is_on, flag in (
        ("booking", facts.show is None or facts.show.booking_enabled, "-booking"),
        ("dispatching", facts.show is None or facts.show.dispatch_enabled, "-dispatching"),
    ):
        if not is_on:
            show = facts.job.show
            text = f"{name} is off for show {show}: where Cuebot heeds that, no frame of it starts"
            yield Reason("show", text, f"cueadmin {flag} {quote(show)} on")


def _subscription_reasons(facts: FarmFacts) -> Iterator[Reason]:
    with_hosts = list(dict.fromkeys(host.alloc_name for host in facts.hosts))
    ours = [each for each in facts.subscriptions if each.allocation_name in with_hosts]
    name = facts.job.show
    if not with_hosts:
        return
    if not ours:
        text = f"show {name} has no subscription to an allocation that has hosts ({names_text(with_hosts)})"
        yield Reason(
            "subscription",
            text,
            f"cueadmin -create-sub {quote(name)} {quote(with_hosts[0])} 1000 1000",
        )
        return
    full = [each for each in ours if each.burst - each.reserved_cores < PER_CORE]
    if len(full) == len(ours):
        yield _full_subscription(name, full[0])


def _full_subscription(show: str, found: Any) -> Reason:
    most, used = found.burst / PER_CORE, found.reserved_cores / PER_CORE
    alloc = found.allocation_name
    text = f"the subscription of show {show} to {alloc} lets it use {cores_text(most)}, {used:g} are in use"
    remedy = f"cueadmin -burst {quote(show)} {quote(alloc)} {max(found.burst, 0) + 100 * PER_CORE}"
    return Reason("subscription", text, remedy, "other shows may then get less of these hosts")


# The hosts.


def _host_reasons(facts: FarmFacts, layer: Any, numbers: Sequence[int]) -> Iterator[Reason]:
    """Yield the first thing that leaves no host for a layer."""
    if not facts.hosts:
        yield Reason("hosts", "no host has reported to this Cuebot; RQD has to run on one")
        return
    left = _subscribed(facts)
    for narrow in (
        _in_facility,
        _of_os,
        _up,
        _open,
        _tagged,
        _with_cores,
        _with_memory,
        _with_gpus,
    ):
        fitting, why = narrow(facts, layer, left)
        if left and not fitting:
            yield why(left, numbers)
            return
        left = fitting


def _subscribed(facts: FarmFacts) -> list[Any]:
    """Return the hosts that work for the show; all of them when none does, which is said elsewhere."""
    allocations = {each.allocation_name for each in facts.subscriptions}
    return [host for host in facts.hosts if host.alloc_name in allocations] or facts.hosts


_Why = Callable[[Sequence[Any], Sequence[int]], Reason]
_Narrowed = tuple[list[Any], _Why]


def _in_facility(facts: FarmFacts, _: Any, hosts: list[Any]) -> _Narrowed:
    wanted = facts.job.facility

    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        there = names_text(_facility_of(host) for host in found)
        text = f"its job is for facility {wanted}, its show's hosts are in {there}; launch it for that one"
        return Reason("facility", text)

    return [host for host in hosts if not wanted or _facility_of(host) == wanted], why


def _facility_of(host: Any) -> str:
    return str(host.alloc_name).partition(".")[0]


def _of_os(facts: FarmFacts, _: Any, hosts: list[Any]) -> _Narrowed:
    wanted = facts.job.os

    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        there = names_text(host.os for host in found)
        return Reason("os", f"its job asks for the system {wanted}; hosts have {there}")

    return [host for host in hosts if not wanted or wanted in host.os.split(",")], why


def _up(_: FarmFacts, __: Any, hosts: list[Any]) -> _Narrowed:
    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        states = ", ".join(
            f"{host.name} is {host_pb2.HardwareState.Name(host.state).lower()}"
            for host in found[:5]
        )
        repair = [host.name for host in found if host.state == host_pb2.REPAIR]
        remedy = f"cueadmin -fixed -host {quote(repair[0])}" if repair else ""
        wait = "" if repair else "; RQD has to run there"
        return Reason("hosts", f"no host of its show is up: {states}{wait}", remedy)

    return [host for host in hosts if host.state == host_pb2.UP], why


def _open(_: FarmFacts, __: Any, hosts: list[Any]) -> _Narrowed:
    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        by_hand = [host.name for host in found if host.lock_state == host_pb2.LOCKED]
        if by_hand:
            text = f"every host of its show that is up is locked: {names_text(by_hand)}"
            hosts_word = " ".join(map(quote, by_hand))
            return Reason("locked", text, f"cueadmin -unlock -host {hosts_word}")
        names = names_text(host.name for host in found)
        return Reason("locked", f"people work at every host of its show that is up: {names}")

    return [host for host in hosts if host.lock_state == host_pb2.OPEN], why


def _tagged(_: FarmFacts, layer: Any, hosts: list[Any]) -> _Narrowed:
    wanted = list(layer.tags)

    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        there = names_text(tag for host in found for tag in host.tags)
        text = f"it asks for a host tagged {' or '.join(wanted)}; hosts are tagged {there}"
        code = f"import opencue; opencue.api.findHost({found[0].name!r}).addTags([{wanted[0]!r}])"
        cost = f"{found[0].name} is taken for one tagged {wanted[0]} from then on"
        return Reason("tags", text, f"python -c {quote(code)}", cost)

    return [host for host in hosts if not wanted or _has_tag(host, wanted)], why


def _has_tag(host: Any, wanted: Sequence[str]) -> bool:
    """Tell whether a host has one of some tags, as Cuebot looks: as a regular expression, anywhere in them all."""
    there = " ".join(host.tags)
    return any(_matches(tag, there) for tag in wanted)


def _matches(tag: str, there: str) -> bool:
    try:
        return re.search(tag, there, re.IGNORECASE) is not None
    except re.error:
        return tag.lower() in there.lower()


def _with_cores(_: FarmFacts, layer: Any, hosts: list[Any]) -> _Narrowed:
    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        most = max(found, key=lambda host: host.cores)
        text = f"it needs {cores_text(layer.min_cores)}, the largest host for it, {most.name}, has {most.cores:g}"
        code = f"import opencue; opencue.api.getLayer({layer.id!r}).setMinCores({most.cores:g})"
        return Reason("cores", text, f"python -c {quote(code)}", "its frames may take longer")

    return [host for host in hosts if host.cores >= layer.min_cores], why


def _with_memory(facts: FarmFacts, layer: Any, hosts: list[Any]) -> _Narrowed:
    def why(found: Sequence[Any], numbers: Sequence[int]) -> Reason:
        most = max(found, key=lambda host: host.memory)
        text = (
            f"it needs {memory_text(layer.min_memory)}, the largest host for it, {most.name}, "
            f"has {memory_text(most.memory)}"
        )
        frames = range_text(numbers)
        option = f"--frames={frames}" if frames.startswith("-") else f"--frames {frames}"
        job, name = quote(facts.job.name), quote(layer.name)
        remedy = f"cuelet retry {job} --layer {name} {option} --memory-mb {most.memory // 1024}"
        return Reason("memory", text, remedy, "its frames may need more than they reserve then")

    return [host for host in hosts if host.memory >= layer.min_memory], why


def _with_gpus(_: FarmFacts, layer: Any, hosts: list[Any]) -> _Narrowed:
    def why(found: Sequence[Any], _: Sequence[int]) -> Reason:
        most = max(host.gpus for host in found)
        return Reason("gpus", f"it needs {layer.min_gpus:g} GPUs, hosts have {most:g} at most")

    return [host for host in hosts if host.gpus >= layer.min_gpus], why


def _busy_reasons(facts: FarmFacts, layer: Any) -> Iterator[Reason]:
    """Yield that hosts which could run a frame do other work now."""
    fitting = _subscribed(facts)
    for narrow in (
        _in_facility,
        _of_os,
        _up,
        _open,
        _tagged,
        _with_cores,
        _with_memory,
        _with_gpus,
    ):
        fitting = narrow(facts, layer, fitting)[0]
    if any(h.idle_cores >= layer.min_cores and h.idle_memory >= layer.min_memory for h in fitting):
        return
    cores = sum(host.idle_cores for host in fitting)
    memory = max((host.idle_memory for host in fitting), default=0)
    yield Reason(
        "cores",
        f"the hosts for it are busy: it needs {cores_text(layer.min_cores)} and "
        f"{memory_text(layer.min_memory)} on one host; {cores:g} of "
        f"{sum(host.cores for host in fitting):g} cores are free, and at most {memory_text(memory)}",
    )


# Limits, times, and the job itself.


def _limit_reasons(facts: FarmFacts, layer: Any) -> Iterator[Reason]:
    for name in filter(None, layer.limits):
        limit = facts.limits.get(name)
        if limit is None or limit.max_value < 0:
            continue
        if limit.max_value == 0:
            yield Reason(
                "limit",
                f"limit {name} lets no frame run: its maximum is 0",
                f"cuelet limits set {quote(name)} 1",
                "a frame then takes what the limit was to keep free",
            )
        elif limit.current_running >= limit.max_value:
            most = f"{limit.max_value} frame{'' if limit.max_value == 1 else 's'}"
            yield Reason("limit", f"limit {name} lets {most} run at a time, and so many run")


def _time_reasons(facts: FarmFacts, layer: Any) -> Iterator[Reason]:
    at = getattr(layer, "start_after", 0)
    if at <= time.time():
        return
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    by = f", {layer.start_after_reason}" if layer.start_after_reason else ""
    remedy = f"cuelet delay {quote(facts.job.name)} off --layer {quote(layer.name)}"
    yield Reason("start after", f"it starts after {when}{by}", remedy)


def _job_maximum(job: Any, layer: Any) -> Iterator[Reason]:
    used = job.job_stats.reserved_cores
    if job.max_cores <= 0 or used + layer.min_cores <= job.max_cores:
        return
    text = f"its job may use {cores_text(job.max_cores)} and uses {used:g}"
    wanted = max(layer.min_cores, job.max_cores * 2)
    remedy = f"cueadmin -set-max-cores {quote(job.name)} {wanted:g}"
    yield Reason("max cores", text, remedy, "other jobs may then get less")
