"""What keeps a job from running on the farm of a stock Cuebot, as far as that farm can say: in a plan, and at launch."""

from __future__ import annotations

import re
import shlex

from outline._targets.limits import MAX_CORES
from outline.jobspec.names import wire_name
from outline.jobspec.record import Record
from outline.jobspec.renderfarm import FarmService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from outline.jobspec.model import JobSpec, LayerSpec
    from outline.jobspec.renderfarm import FarmShow, RenderFarm, RenderHost, Share

NO_HOST_FITS = "P401"
NO_SHOW = "P801"
CLOSED_SHOW = "P802"
NO_HOSTS = "P803"
HELD_SHOW = "P804"
UNSET_LIMIT = "P805"
PENDING_NAME = "P806"
"""The codes that a plan gives them."""

REFUSED, WAITS, TOLD = "refused", "waits", "told"
"""How bad one is: the launch is refused, frames wait for ever, it is good to know."""

_DEFAULT_SERVICE = "default"
_LEAST_SHARE = 1.0
"""Cores below which a Cuebot gives a show nothing of an allocation."""
_SHOWN = 3
"""Names that one sentence lists."""


class Obstacle(Record):
    """One thing that is in a job's way."""

    code: str
    weight: str
    """`REFUSED`, `WAITS` or `TOLD`."""
    text: str
    """A sentence."""
    remedy: str
    """The command that changes it, or what to do."""
    layer: str | None = None
    """The layer, as the script spells it."""


def obstacles(job: JobSpec, farm: RenderFarm) -> Iterator[Obstacle]:
    """Yield what is in the way of a job; first why it would be refused.

    Args:
        job: The job as the Cuebot gets it.
        farm: The farm; what nobody was asked about is in nobody's way.
    """
    yield from _shows(job, farm)
    yield from _limits(job, farm)
    yield from _pending(job, farm)
    if farm.hosts is None:
        return
    hosts = _hosts_for(job, farm.hosts, farm.shares)
    if not hosts:
        yield from _no_hosts(job, farm.hosts, farm)
    for layer in job.layers if hosts else ():
        yield from _no_host_fits(layer, hosts, _service_of(layer, farm))


# -- what a Cuebot refuses -------------------------------------------------------------------


def _shows(job: JobSpec, farm: RenderFarm) -> Iterator[Obstacle]:
    """Yield what is wrong with the show of a job."""
    if farm.shows is None:
        return
    name = wire_name(job.show)
    found = [show for show in farm.shows if show.name == name]
    if not found:
        yield _no_show(job, name, farm)
    elif len(found) > 1:
        text = f"the farm has {len(found)} shows named {name}, and takes jobs for neither"
        remedy = "use another show, and have one of them renamed in the farm's database"
        yield Obstacle(code=NO_SHOW, weight=REFUSED, text=text, remedy=remedy)
    else:
        yield from _closed_or_held(found[0])


def _no_show(job: JobSpec, name: str, farm: RenderFarm) -> Obstacle:
    remedy = f"cueadmin -create-show {name} && {_subscribe(job, farm)}"
    near = _nearest(name, [show.name for show in farm.shows or ()])
    if near:
        remedy += f"; or write show={near!r} if that is meant"
    text = f"the farm has no show {name}, so it takes no job of it"
    return Obstacle(code=NO_SHOW, weight=REFUSED, text=text, remedy=remedy)


def _nearest(name: str, names: Sequence[str]) -> str:
    import difflib

    return next(iter(difflib.get_close_matches(name, names, n=1)), "")


def _closed_or_held(show: FarmShow) -> Iterator[Obstacle]:
    if not show.is_active:
        text = f"show {show.name} is not active, so the farm takes no job of it"
        remedy = f"cueadmin -enable-show {show.name}"
        yield Obstacle(code=CLOSED_SHOW, weight=REFUSED, text=text, remedy=remedy)
    if show.has_own_scheduler:
        text = f"the Cuebot starts no frames of show {show.name}, a scheduler beside it has to"
        remedy = f"cueadmin -scheduler-managed {show.name} off, where none runs"
        yield Obstacle(code=HELD_SHOW, weight=WAITS, text=text, remedy=remedy)
    for is_on, word in ((show.is_dispatched, "dispatching"), (show.is_booked, "booking")):
        if not is_on:
            text = f"{word} is off for show {show.name}, which Cuebots keep and do not heed"
            remedy = f"cueadmin -{word} {show.name} on"
            yield Obstacle(code=HELD_SHOW, weight=TOLD, text=text, remedy=remedy)


def _limits(job: JobSpec, farm: RenderFarm) -> Iterator[Obstacle]:
    if farm.limits is None:
        return
    for layer in job.layers:
        for name in layer.limits:
            if name not in farm.limits:
                yield Obstacle(
                    code=UNSET_LIMIT,
                    weight=REFUSED,
                    text=f"layer {layer.title}: the farm has no limit {name!r}",
                    remedy=f"cuelet limits set {shlex.quote(name)} 10",
                    layer=layer.title,
                )


def _pending(job: JobSpec, farm: RenderFarm) -> Iterator[Obstacle]:
    if farm.is_pending:
        yield Obstacle(
            code=PENDING_NAME,
            weight=REFUSED,
            text=f"job {job.name} has not ended yet, and the farm takes no second one of its name",
            remedy=f"wait for it, or cuelet kill {shlex.quote(job.name)}",
        )


# -- what waits for ever ---------------------------------------------------------------------


def _hosts_for(
    job: JobSpec, hosts: Sequence[RenderHost], shares: Sequence[Share] | None
) -> list[RenderHost]:
    """Return the hosts that may run frames of a job: of its facility, in allocations that its show may use."""
    here = [each for each in hosts if _is_in(each, job.facility)]
    if shares is None:
        return here
    usable = {share.allocation for share in shares if share.burst >= _LEAST_SHARE}
    return [host for host in here if not host.allocation or host.allocation in usable]


def _is_in(host: RenderHost, facility: str) -> bool:
    """Tell whether a host stands in a facility, as far as anybody says."""
    return not facility or host.facility in {"", facility}


def _no_hosts(job: JobSpec, hosts: Sequence[RenderHost], farm: RenderFarm) -> Iterator[Obstacle]:
    """Yield why no host at all runs frames of a job; nothing when nobody was asked, or its show is not there."""
    if farm.shows is None or not any(each.name == wire_name(job.show) for each in farm.shows):
        return
    text, remedy = _why_no_hosts(job, hosts, farm)
    text = f"{text}: no frame will start"
    yield Obstacle(code=NO_HOSTS, weight=WAITS, text=text, remedy=remedy)


def _why_no_hosts(job: JobSpec, hosts: Sequence[RenderHost], farm: RenderFarm) -> tuple[str, str]:
    show, shares = wire_name(job.show), farm.shares or ()
    if not hosts:
        return "the farm has no hosts", "start RQD on one, with CUEBOT_HOSTNAME naming the Cuebot"
    here = [host for host in hosts if _is_in(host, job.facility)]
    if not here:
        known = sorted({host.facility for host in hosts})
        text = f"facility {job.facility} has no hosts, they are in {', '.join(known)}"
        return (
            text,
            f"launch with facility={known[0]!r}, or set facility = {known[0]} in outline.cfg",
        )
    populated = {host.allocation for host in here}
    small = [share for share in shares if share.allocation in populated]
    if small:
        name = small[0].allocation
        text = f"show {show} may use {small[0].burst:g} cores of {name}, less than one"
        return text, f"cueadmin -burst {show} {shlex.quote(name)} 10000, which are 100 cores"
    if shares:
        names = ", ".join(share.allocation for share in shares[:_SHOWN])
        return f"show {show} is subscribed to {names} only, without hosts", _subscribe(job, farm)
    return f"show {show} has no subscription", _subscribe(job, farm)


def _subscribe(job: JobSpec, farm: RenderFarm) -> str:
    """Return the command that lets a show use the allocation with the most hosts."""
    hosts = farm.hosts or ()
    here = [host for host in hosts if _is_in(host, job.facility)] or hosts
    names = [host.allocation for host in here]
    most = max(sorted(set(names)), key=names.count, default="") or "local.general"
    return f"cueadmin -create-sub {wire_name(job.show)} {shlex.quote(most)} 100 100"


def _service_of(layer: LayerSpec, farm: RenderFarm) -> FarmService | None:
    """Return the service whose values a layer gets: the first that the farm knows, else its default."""
    known = farm.services or {}
    names = (*layer.services, _DEFAULT_SERVICE)
    return next((known[name] for name in names if name in known), None)


def _no_host_fits(
    layer: LayerSpec, hosts: Sequence[RenderHost], service: FarmService | None
) -> Iterator[Obstacle]:
    """Yield why no host starts the frames of a layer."""
    found = _missing_tags(layer, hosts, service) or _missing_room(layer, hosts, service)
    if found is not None:
        text, remedy = found
        yield Obstacle(
            code=NO_HOST_FITS,
            weight=WAITS,
            text=f"layer {layer.title}: {text}, so it would wait for ever",
            remedy=remedy,
            layer=layer.title,
        )


def _missing_tags(
    layer: LayerSpec, hosts: Sequence[RenderHost], service: FarmService | None
) -> tuple[str, str] | None:
    tags = layer.tags or (service.tags if service else ())
    if not tags or any(_has_tag(host, tags) for host in hosts):
        return None
    whose = "" if layer.tags else f" of its service {_named(layer)}"
    one = min(host.name for host in hosts)
    text = f"no host has one of the tags {' | '.join(tags)}{whose}"
    ask = "give the layer tags that hosts have" if layer.tags else "set_tags() on the layer"
    return text, f"{_tag_command(one, tags[0])}; or {ask}"


def _named(layer: LayerSpec) -> str:
    return layer.services[0] if layer.services else _DEFAULT_SERVICE


def _tag_command(host: str, tag: str) -> str:
    """Return a command that gives a host a tag; OpenCue's cueadmin has no flag for it."""
    return shlex.join(
        ["python", "-c", f"import opencue; opencue.api.findHost({host!r}).addTags([{tag!r}])"]
    )


def _has_tag(host: RenderHost, tags: Sequence[str]) -> bool:
    """Tell whether a host has one of some tags, as a Cuebot looks for them: anywhere, in any case."""
    if host.tags is None:
        return True
    text = " ".join(host.tags)
    return any(re.search(tag, text, re.IGNORECASE) for tag in tags)


def _missing_room(
    layer: LayerSpec, hosts: Sequence[RenderHost], service: FarmService | None
) -> tuple[str, str] | None:
    """Return what no host with the tags of a layer has room for, or that none of them takes frames now."""
    tags = layer.tags or (service.tags if service else ())
    tagged = [host for host in hosts if not tags or _has_tag(host, tags)]
    cores, memory_mb, gpus = _reserved(layer, service)
    fitting = [
        host
        for host in tagged
        if host.cores >= cores and host.memory_mb >= memory_mb and host.gpus >= gpus
    ]
    if not fitting:
        wanted = [f"{cores:g} cores", f"{memory_mb:,} MB"] + ([f"{gpus} GPUs"] if gpus else [])
        largest = max(tagged, key=lambda host: (host.cores, host.memory_mb))
        text = (
            f"no host has {' and '.join(wanted)} "
            f"(the largest, {largest.name}, has {largest.cores:g} cores and {largest.memory_mb:,} MB)"
        )
        return text, "ask for less, or for tags that hosts have"
    if any(host.is_up and host.is_open for host in fitting):
        return None
    return _away(fitting)


def _away(hosts: Sequence[RenderHost]) -> tuple[str, str]:
    """Return why hosts that would do take no frames now."""
    locked = sorted(host.name for host in hosts if host.is_up)
    down = sorted(host.name for host in hosts if not host.is_up)
    if locked:
        text = f"every host that could run it is locked or down ({_listed(locked)} locked)"
        return text, f"cueadmin -unlock -host {shlex.quote(locked[0])}"
    return f"every host that could run it is down ({_listed(down)})", "start RQD there"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")


def _reserved(layer: LayerSpec, service: FarmService | None) -> tuple[float, int, int]:
    """Return cores, memory in MB and GPUs that a frame gets at least."""
    unset = layer.unset
    of_service = service or FarmService(tags=(), cores=0, memory_mb=0)
    cores = of_service.cores if "cores" in unset else layer.cores
    memory_mb = of_service.memory_mb if "memory_mb" in unset else layer.memory_mb
    gpus = of_service.gpus if "gpus" in unset else layer.gpus
    return min(cores, MAX_CORES), memory_mb, gpus
