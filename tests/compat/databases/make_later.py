"""Make a golden database of schema 8 or later, as `make` did of the first three: ``python make_later.py FILE``.

The names in the core have changed since, what is made has not: ``PYTHONPATH=DIR/src python make_later.py schemaN.db``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cuelet.core.operations import attempts, comments, depends, launching, limits, machine, requests
from cuelet.core.state.comment import Comment
from cuelet.core.state.decision import Decision
from cuelet.core.state.farm import Farm
from cuelet.core.state.job import Job
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited
from cuelet.store.store import Store
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome

MAIN = LayerSpec(
    name="main",
    title="Main",
    argv=("echo", "#IFRAME#", "ä"),
    range="1-5",
    env={"A": "ä\n"},
    retries=1,
    memory_mb=512,
)
THEN = LayerSpec(name="then", command="true", range="1-5", tags=("a", "b"))
CLEAN = LayerSpec(name="clean", command="true")
EDGES = (
    EdgeSpec(layer="then", on="main"),
    EdgeSpec(layer="clean", on="then", kind=EdgeKind.LAYER_ON_LAYER, outcome=Outcome.FINISHED),
)


def spec(name: str, *layers: LayerSpec, **more: object) -> JobSpec:
    return JobSpec(
        name=f"show-shot-ada_{name}",
        title=name,
        show="show",
        shot="shot",
        user="ada",
        layers=layers,
        **more,  # type: ignore[arg-type]
    )


def make(target: Path) -> None:
    farm, d = Farm(cores=8, memory_mb=16384), Decision()

    def launch(number: int, one: JobSpec) -> Job:
        (job,) = launching.launch(farm, [one], [ids.job_id(number)], d, now=1000.0 + number)
        return job

    def run(job: Job, index: int, status: int = 0, number: int = 0, reason: str = "") -> None:
        attempts.start(farm, job, index, d, now=1050.0)
        report = RunExited(job.run_id(index), status, number, 1.5, 2.5, 40960, 1100.0, reason)
        attempts.on_run_exited(farm, report, d)

    done = launch(1, spec("done", MAIN))
    mixed = launch(
        2,
        spec(
            "mixed",
            *(MAIN, THEN, CLEAN),
            edges=EDGES,
            base_env={"PATH": "/bin"},
            cwd="/here",
            uid=1000,
            priority=7,
        ),
    )
    killed = launch(3, spec("killed", MAIN))
    paused = launch(4, spec("paused", MAIN, paused=True, max_cores=4.0, autoeat=True))
    for index in range(5):
        run(done, index)
    run(mixed, 0)
    run(mixed, 1, 3, 0, "why")
    run(mixed, 2, 139, 11, "why")
    run(mixed, 1, 3)
    requests.eat_frames(farm, mixed, [3], d, now=1070.0)
    requests.free_frames(mixed, [9], d)
    requests.release_edges(mixed, [mixed.edges[1]], d)
    attempts.start(farm, mixed, 4, d, now=1080.0)
    mixed.layers[1].memory_mb = 2048
    d.job(mixed)
    requests.kill_job(farm, killed, d, now=1090.0)
    requests.set_priority(farm, paused, 42, d)
    after = ("show-shot-ada_mixed", "show-shot-ada_done")
    waiting = launch(5, spec("after", MAIN, after=after))
    (of_done,) = (edge for edge in waiting.edges if edge.awaited is done)
    depends.satisfy(of_done, d)
    words = Comment(number=1, at=1095.0, user="ada", subject="Look", message="frame 2 ä")
    comments.add_comment(mixed, words, d)
    limits.create(farm, ids.job_id(77), "nuke", 3, d)
    machine.offer(farm, d, tags=("fast",))
    store = Store(target)
    store.commit(d)
    store.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]))
