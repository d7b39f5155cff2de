"""Random jobs for the simulation: small, and with depends of every kind."""

from __future__ import annotations

from random import Random

from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome

RANGES = ("1", "1-2", "1-3", "1-4", "3-6", "1-6x2", "4-1", "2,9,4", "1-5", "1-16")
CORES = (1.0, 1.0, 1.0, 0.5, 2.0, 0.0, -1.0, 16.0)


def random_spec(random: Random, number: int, others: list[str]) -> JobSpec:
    """Return a spec of a job, now and then one that waits for another or that is refused."""
    layers = tuple(_layer(random, at) for at in range(random.randint(1, 4)))
    edges = [
        _edge(random, layers[waiter], layers[on])
        for waiter in range(len(layers))
        for on in range(waiter)
        if random.random() < 0.5
    ]
    if random.random() < 0.15:
        again = random.choice(layers).name
        edges.append(EdgeSpec(layer=again, on=again, kind=EdgeKind.PREVIOUS_FRAME))
    if random.random() < 0.03:  # a cycle, most of the time
        edges.append(EdgeSpec(layer=layers[0].name, on=layers[-1].name))
    after = (random.choice(others),) if others and random.random() < 0.2 else ()
    return JobSpec(
        name=f"show-shot-user_job{number}",
        show="show",
        shot="shot",
        user="user",
        layers=layers,
        edges=tuple(edges),
        after=after,
        priority=random.choice((1, 1, 1, 5, 100)),
        paused=random.random() < 0.1,
        autoeat=random.random() < 0.15,
        max_retries=random.randint(0, 3),
        max_cores=random.choice((-1.0, -1.0, -1.0, 0.5, 1.0)),
        cwd="/somewhere",
    )


def _layer(random: Random, at: int) -> LayerSpec:
    return LayerSpec(
        name=f"layer{at}",
        range=random.choice(RANGES),
        command="x",
        chunk=random.choice((1, 1, 1, 2, 3)),
        retries=random.choice((None, 0, 1, 2)),
        cores=random.choice(CORES),
        memory_mb=random.choice((100, 100, 100, 1500, 9000)),
        timeout_s=random.choice((0, 0, 0, 0, 20)),
        timeout_llu_s=random.choice((0, 0, 0, 0, 20)),
    )


def _edge(random: Random, waiter: LayerSpec, on: LayerSpec) -> EdgeSpec:
    kind = random.choice(list(EdgeKind))
    outcome = random.choice((Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FINISHED))
    waiting_frame = None
    if kind in (EdgeKind.LAYER_ON_SIM_FRAME, EdgeKind.LAYER_ON_LAYER) and random.random() < 0.4:
        waiting_frame = int(waiter.range.split("-")[0].split(",")[0])
    return EdgeSpec(
        layer=waiter.name, on=on.name, kind=kind, outcome=outcome, waiting_frame=waiting_frame
    )
