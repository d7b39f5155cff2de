"""P11: calls about a job of 100,000 frames, against a call that has nothing to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from big_jobs import paused_spec
from harness import Figure, Measure, alternate, at_most, elapsed_s, spread
from private_farm import Farm

EXPLAIN = {
    "P11-find": "`findJob` of a job of 100,000 frames whose first layer has run in part. Peer: the same client asking whether a job is pending that does not exist. The curve is over the size of the job.",
    "P11-layers": "`getLayers` of that job (10 layers), against the same empty call.",
    "P11-page": "`getFrames(limit=500)` of that job, its first page, against the same page of a job of 1,000 frames: 1 is independent of the size.",
    "P11-last-page": "The last page of that job against the last of the small one.",
}
_SIZES = (1_000, 10_000, 100_000)
_PAGE = 500
_CALLS = 20
"""Calls behind one measurement: they are short."""
_ROUNDS = 15


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    import opencue

    with Farm() as farm:
        jobs = {size: _job(size) for size in _SIZES}
        measures: dict[str, Measure] = {
            "empty": partial(_ms, partial(opencue.api.isJobPending, "bench-shot-none_none"))
        }
        for size, job in jobs.items():
            measures |= {
                f"find {size}": partial(_ms, partial(opencue.api.findJob, job.name())),
                f"layers {size}": partial(_ms, job.getLayers),
                f"page {size}": partial(_ms, partial(_page, job, 1)),
                f"last {size}": partial(_ms, partial(_page, job, size // _PAGE)),
            }
        farm.run(farm.outline(["true"], 1))
        taken = alternate(measures, max(rounds, _ROUNDS))
    small, large = _SIZES[0], _SIZES[-1]
    within = at_most(3, "within 3 x of the empty call")
    for name, what in (("find", "findJob"), ("layers", "getLayers")):
        peer = "a call without work", taken["empty"]
        yield _figure(name, what, taken, large, peer, within)
    same = at_most(1.25, "independent of the size (at most 1.25)")
    for name, what in (("page", f"a page of {_PAGE} frames"), ("last", "the last page")):
        peer = f"of {small:,} frames", taken[f"{name} {small}"]
        yield _figure(name, what, taken, large, peer, same)


def _figure(
    name: str,
    what: str,
    taken: dict[str, list[float]],
    size: int,
    peer: tuple[str, list[float]],
    target: Any,
) -> Figure:
    curve = {"curve": {f"{each}": spread(taken[f"{name} {each}"]) for each in _SIZES}}
    return Figure(
        id="P11-last-page" if name == "last" else f"P11-{name}",
        what=f"{what}, job of {size:,} frames",
        unit="ms",
        ours=taken[f"{name} {size}"],
        peer_name=peer[0],
        peer=peer[1],
        target=target,
        more=curve,
    )


def _job(frames: int) -> Any:
    """Return a paused job of which some frames are over."""
    import opencue

    job = opencue.api.launchSpecAndWait(paused_spec(frames))[0]
    job.getLayers()[0].eat()
    return opencue.api.getJob(job.id())


def _page(job: Any, number: int) -> None:
    found = job.getFrames(limit=_PAGE, page=number)
    if len(found) != _PAGE:
        raise RuntimeError(f"{len(found)} frames on page {number} of {job.name()}")


def _ms(call: Callable[[], object]) -> float:
    """Return how long a call takes, in ms: the least of some, what else goes on is not asked."""
    return min(1000 * elapsed_s(call) for _ in range(_CALLS))
