"""A job read back from its rows is the job that wrote them, whichever frames were touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelet.core.check import check_job
from cuelet.core.state.changes import AS_A_WHOLE
from cuelet.core.state.job import Job
from cuelet.core.values.states import DEAD, EATEN, RUNNING, SUCCEEDED, WAITING
from outline.frames import EdgeKind
from outline.jobspec.model import EdgeSpec, JobSpec, LayerSpec, Outcome
from tests.budget import examples

KINDS = (EdgeKind.FRAME_BY_FRAME, EdgeKind.LAYER_ON_LAYER, EdgeKind.LAYER_ON_ANY)
RANGES = ("1-6", "1-6x2", "6-1", "4-9", "3")


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Return a job of some layers, of which some frames have ended one way or another."""
    ranges = draw(st.lists(st.sampled_from(RANGES), min_size=1, max_size=4))
    layers = tuple(
        LayerSpec(name=f"l{n}", title=f"l{n}", argv=("true",), range=text)
        for n, text in enumerate(ranges)
    )
    pairs = [(on, by) for by in range(len(layers)) for on in range(by)]
    edges = tuple(
        EdgeSpec(
            layer=f"l{by}",
            on=f"l{on}",
            kind=draw(st.sampled_from(KINDS)),
            outcome=draw(st.sampled_from(Outcome)),
        )
        for on, by in draw(st.lists(st.sampled_from(pairs), unique=True) if pairs else st.just([]))
    )
    spec = JobSpec(
        name="s-s-u_j", title="j", show="s", shot="s", user="u", layers=layers, edges=edges
    )
    job = Job(spec, "id", submitted_at=1.0)
    for index in draw(st.lists(st.integers(0, job.size - 1), unique=True)):
        if job.state_of[index] == WAITING:
            _end(job, index, draw(st.sampled_from((SUCCEEDED, DEAD, EATEN, RUNNING))))
    return job


def _end(job: Job, index: int, state: int) -> None:
    job.begin_attempt(index)
    job.move(index, RUNNING, AS_A_WHOLE)
    job.note_start(index, 2.0)
    job.reserved[index] = (1.0, 256)
    if state != RUNNING:
        job.reserved.pop(index)
        job.set_figures(index, wall_s=1.5 + index, cpu_s=0.5, max_rss_kb=100 + index)
        job.move(index, DEAD if state != SUCCEEDED else SUCCEEDED, AS_A_WHOLE)
    if state == EATEN:
        job.move(index, EATEN, AS_A_WHOLE)


def _picture(job: Job) -> object:
    """Return all that a restored job has to have in common with the one that was kept."""
    edges = [(edge.open_count, edge.lost, edge.active) for edge in job.edges]
    counts = [(layer.counts, layer.totals.finished) for layer in job.layers]
    arrays = (job.state_of, job.flags, job.unmet, job.unreachable, job.attempt, job.wall_s)
    return [list(each) for each in arrays], edges, counts, job.reserved, job.start_at


@given(jobs())
@settings(max_examples=examples(150))
def test_a_restored_job_is_the_one_that_was_kept(job: Job) -> None:
    kept = [job.row(index) for index in range(job.size) if job.attempt[index]]
    fresh = Job(job.spec, job.id, submitted_at=1.0)

    fresh.restore([tuple(row) for row in reversed(kept)], [])

    assert _picture(fresh) == _picture(job)
    assert check_job(fresh) == check_job(job)


@pytest.mark.parametrize("row", [(-1, 3), (3, 3), (0, 7)])
def test_rows_that_no_job_can_have_are_refused(row: tuple[int, int]) -> None:
    layers = (LayerSpec(name="l", title="l", argv=("true",), range="1-3"),)
    spec = JobSpec(name="s-s-u_j", title="j", show="s", shot="s", user="u", layers=layers)
    job = Job(spec, "id", submitted_at=1.0)
    frame, state = row
    values = job.row(1)._replace(frame=frame, state=state)
    with pytest.raises((IndexError, ValueError)):
        job.restore([values], [])
