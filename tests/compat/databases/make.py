"""Make a golden database with the Cuelet that PYTHONPATH names: ``python make.py FILE SCHEMA``.

Done once for each schema, when the next one appears, with the source of the commit before:
``git archive COMMIT src | tar x -C DIR; PYTHONPATH=DIR/src python make.py schemaN.db N``.
The files are never made again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cuelet.core.farm import Decision, Farm
from cuelet.core.job import Job
from cuelet.core.runs import RunExited
from cuelet.core.spec import EdgeSpec, JobSpec, LayerSpec
from cuelet.core.states import Outcome

from cuelet.core import farm as acts
from cuelet.core import ids
from cuelet.store.store import Store
from outline.frames import EdgeKind

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


def make(target: Path, schema: int) -> None:
    farm, d = Farm(cores=8, memory_mb=16384), Decision()

    def launch(number: int, one: JobSpec) -> Job:
        (job,) = acts.launch(farm, [one], [ids.job_id(number)], d, now=1000.0 + number)
        return job

    def run(job: Job, index: int, status: int = 0, number: int = 0, reason: str = "") -> None:
        acts.start(farm, job, index, d, now=1050.0)
        report = RunExited(job.run_id(index), status, number, 1.5, 2.5, 40960, 1100.0, reason)
        acts.ended(farm, report, d)

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
    acts.eat_frames(farm, mixed, [3], d, now=1070.0)
    acts.free_frames(mixed, [9], d)
    acts.release_edges(mixed, [mixed.edges[1]], d)
    acts.start(farm, mixed, 4, d, now=1080.0)
    mixed.layers[1].memory_mb = 2048
    d.job(mixed)
    acts.kill_job(farm, killed, d, now=1090.0)
    acts.set_priority(farm, paused, 42, d)
    if schema >= 2:
        after = ("show-shot-ada_mixed", "show-shot-ada_done")
        waiting = launch(5, spec("after", MAIN, after=after))
        acts.release_jobs(waiting, [done.id], d)
    if schema >= 3:
        from cuelet.core.job import Comment

        words = Comment(number=1, at=1095.0, user="ada", subject="Look", message="frame 2 ä")
        acts.add_comment(mixed, words, d)
    store = Store(target)
    store.commit(d)
    store.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
