"""Why the group or the show of a job keeps its frames from starting, in words, each with what changes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cuelet.core.operations.obstacles import Obstacle
from cuelet.core.operations.setup.allocations import current_allocation
from cuelet.core.operations.setup.groups import get_group
from cuelet.core.operations.setup.shows import show_of
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.state.setup.allocation import POINTS_PER_CORE
from cuelet.core.state.setup.shares import Share, ShareKind
from cuelet.core.state.setup.show import Show
from cuelet.core.values.reason import Reason
from cuelet.pasting import pasteable
from outline.jobspec.reservation import core_count

_Say = Callable[[Farm, Share], tuple[str, str]]
"""Returns whose share it is and the command that makes it larger."""


def closed_show_reason(farm: Farm, job: Job) -> Reason:
    """Say that the frames of a job's show do not start."""
    show = show_of(farm, job)
    flags = {"-booking": show.booking, "-dispatching": show.dispatching}
    off = [flag for flag, is_on in flags.items() if not is_on]
    words = " and ".join(flag.removeprefix("-") for flag in off)
    text = f"{words} of show {show.name} {'is' if len(off) == 1 else 'are'} off"
    remedy = " && ".join(pasteable("cueadmin", flag, show.name, "on") for flag in off)
    return Reason("show", text, remedy, "frames of its other jobs start again too")


def no_share_reason(farm: Farm, job: Job, layer: Layer, obstacle: Obstacle) -> Reason:
    """Say that one frame of a layer needs more than a group or show may use."""
    share = obstacle.share
    assert share is not None
    whose, remedy = _WORDS[share.kind](farm, share)
    if share.kind is ShareKind.NO_SUBSCRIPTION:
        return Reason("share", whose, remedy)
    cores, _ = farm.reservation(layer)
    needs = f"a frame needs {core_count(cores)}"
    needs += f", {_gpu_count(layer.gpus)}" if layer.gpus else ""
    return Reason("share", f"{whose} may use {_limit_of(share)} together, {needs}", remedy)


def share_reason(farm: Farm, share: Share, who_runs: str) -> Reason:
    """Say that a group or show uses what it may use.

    Args:
        farm: The farm.
        share: What it may use.
        who_runs: Of which jobs frames run there, in words.
    """
    whose, remedy = _WORDS[share.kind](farm, share)
    uses = core_count(share.cores) + (f", {_gpu_count(share.gpus)}" if share.gpus else "")
    return Reason(
        "share", f"{whose} may use {_limit_of(share)} together and uses {uses}; {who_runs}", remedy
    )


def _limit_of(share: Share) -> str:
    limits = [core_count(share.max_cores)] if share.max_cores < float("inf") else []
    limits += [_gpu_count(share.max_gpus)] if share.max_gpus < float("inf") else []
    return " and ".join(limits)


def _gpu_count(number: float) -> str:
    return f"{number:g} GPU" + ("" if number == 1 else "s")


def _group(farm: Farm, share: Share) -> tuple[str, str]:
    group = get_group(farm, share.owner)
    show = farm.records.get(Show, group.show)
    setter = "setMaxCores" if share.max_cores < float("inf") else "setMaxGpus"
    names = ", ".join(map(json.dumps, (show.name, group.name)))
    program = f"import opencue; opencue.api.findGroup({names}).{setter}(-1)"
    return f"jobs of group {group.name} of show {show.name}", pasteable("python", "-c", program)


def _burst(farm: Farm, share: Share) -> tuple[str, str]:
    show, here = farm.records.get(Show, share.owner), current_allocation(farm).full_name
    whole = round(farm.cores * POINTS_PER_CORE)
    remedy = pasteable("cueadmin", "-burst", show.name, here, whole)
    return f"jobs of show {show.name} on allocation {here}", remedy


def _no_subscription(farm: Farm, share: Share) -> tuple[str, str]:
    show, here = farm.records.get(Show, share.owner), current_allocation(farm).full_name
    cores = f"{farm.cores:g}"
    remedy = pasteable("cueadmin", "-create-sub", show.name, here, cores, cores)
    return (
        f"show {show.name} has no subscription to allocation {here}, which this machine is in",
        remedy,
    )


_WORDS: Final[Mapping[ShareKind, _Say]] = MappingProxyType(
    {
        ShareKind.GROUP: _group,
        ShareKind.BURST: _burst,
        ShareKind.NO_SUBSCRIPTION: _no_subscription,
    }
)
