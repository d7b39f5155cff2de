"""P10: the farm's memory per waiting frame."""

from __future__ import annotations

from collections.abc import Iterator

from big_jobs import paused_spec
from harness import Figure, at_most, spread
from private_farm import Farm
from processes import resident_mb

EXPLAIN = {
    "P10": "What the farm's resident memory grows by per frame when a job of 1,000,000 waiting frames (10 layers, frame by frame on each other) is launched; a fresh farm each time. The curve holds 10,000 and 100,000 frames too.",
    "P10-resident": "All of the farm's resident memory with that job, Python and gRPC included.",
}
_SIZES = (10_000, 100_000, 1_000_000)
_LEAST = 3
"""A fresh farm and a million frames each take seconds, and memory hardly varies."""


def run(rounds: int) -> Iterator[Figure]:
    """Measure."""
    taken = {size: [_grow(size) for _ in range(min(rounds, _LEAST))] for size in _SIZES}
    per_frame = {
        size: [2**20 * (after - before) / size for before, after in pairs]
        for size, pairs in taken.items()
    }
    largest = _SIZES[-1]
    curve = {"curve": {f"{size}": spread(values) for size, values in per_frame.items()}}
    limit = at_most(100, "under 100 bytes")
    what = f"memory per waiting frame, {largest:,} frames"
    yield Figure("P10", what, "bytes", per_frame[largest], target=limit, more=curve)
    whole = [after for _, after in taken[largest]]
    most = at_most(300, "under 300 MB")
    yield Figure(
        "P10-resident", f"the farm with {largest:,} waiting frames", "MB", whole, target=most
    )


def _grow(frames: int) -> tuple[float, float]:
    """Return the farm's memory before and after a launch, in MB."""
    import opencue

    with Farm() as farm:
        opencue.api.launchSpecAndWait(paused_spec(100))  # what a first launch imports
        before = resident_mb(farm.pid)
        opencue.api.launchSpecAndWait(paused_spec(frames))
        return before, resident_mb(farm.pid)
