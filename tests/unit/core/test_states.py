"""The table of moves: every one of them happens, by some act, and no other does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cuelet.core.operations import attempts, requests
from cuelet.core.operations.exit_status import FREE_RETRIES
from cuelet.core.values.runs import RunExited
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    DONE,
    EATEN,
    FRAME_MOVES,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    FrameState,
    JobState,
)
from outline.jobspec.model import EdgeSpec, LayerSpec
from tests.unit.core.bench import Bench, spec_of
from tests.unit.core.test_lanes import LANE_MOVES

FIRST, THEN = 0, 1
"""THEN waits for FIRST."""
Story = Callable[[Bench], None]


def bench(retries: int = 0, *, autoeat: bool = False) -> Bench:
    return Bench(
        spec_of(
            LayerSpec(name="first", command="true"),
            LayerSpec(name="then", command="true", retries=retries),
            edges=(EdgeSpec(layer="then", on="first"),),
            max_retries=0,
            autoeat=autoeat,
        )
    )


def nothing(_: Bench) -> None:
    """The frame is there already."""


def first_done(b: Bench) -> None:
    b.run(FIRST)


def then_runs(b: Bench) -> None:
    first_done(b)
    b.start(THEN)


def then_died(b: Bench) -> None:
    first_done(b)
    b.run(THEN, 1)


def then_done(b: Bench) -> None:
    first_done(b)
    b.run(THEN)


def then_eaten(b: Bench) -> None:
    b.eat(THEN)


def then_eaten_later(b: Bench) -> None:
    first_done(b)
    b.eat(THEN)


def then_runs_while_first_is_retried(b: Bench) -> None:
    then_runs(b)
    b.retry(FIRST)


def eaten_while_running(b: Bench) -> None:
    b.eat(THEN)
    b.end(THEN, 143)


MOVES: list[tuple[FrameState, FrameState, Story, Story]] = [
    (DEPEND, WAITING, nothing, first_done),
    (DEPEND, WAITING, nothing, lambda b: b.free(THEN)),
    (DEPEND, WAITING, nothing, lambda b: b.eat(FIRST)),
    (DEPEND, EATEN, nothing, lambda b: b.eat(THEN)),
    (WAITING, RUNNING, first_done, lambda b: b.book()),
    (WAITING, SUCCEEDED, first_done, lambda b: b.skip(THEN)),
    (WAITING, DEPEND, first_done, lambda b: b.retry(FIRST)),
    (WAITING, EATEN, first_done, lambda b: b.eat(THEN)),
    (RUNNING, SUCCEEDED, then_runs, lambda b: b.end(THEN)),
    (RUNNING, DEAD, then_runs, lambda b: b.end(THEN, 1)),
    (RUNNING, EATEN, then_runs, eaten_while_running),
    (RUNNING, DEPEND, then_runs_while_first_is_retried, lambda b: b.end(THEN)),
    (SUCCEEDED, WAITING, then_done, lambda b: b.retry(THEN)),
    (SUCCEEDED, DEPEND, then_done, lambda b: b.retry(FIRST)),
    (DEAD, WAITING, then_died, lambda b: b.retry(THEN)),
    (DEAD, DEPEND, then_died, lambda b: b.retry(FIRST)),
    (DEAD, EATEN, then_died, lambda b: b.eat(THEN)),
    (EATEN, WAITING, then_eaten_later, lambda b: b.retry(THEN)),
    (EATEN, DEPEND, then_eaten, lambda b: b.retry(THEN)),
]


@pytest.mark.parametrize(
    ("before", "after", "story", "act"),
    MOVES,
    ids=[f"{before.name}-{after.name}-{at}" for at, (before, after, _, _) in enumerate(MOVES)],
)
def test_an_act_moves_a_frame_as_the_table_says(
    before: FrameState, after: FrameState, story: Story, act: Story
) -> None:
    b = bench()
    story(b)
    b.decide()
    assert b.state(THEN) is before

    act(b)

    assert b.state(THEN) is after
    decision = b.decide()
    if b.job.attempt[THEN]:
        assert (b.job.id, THEN) in decision.frames


def test_a_failing_frame_with_a_retry_left_waits_again() -> None:
    b = bench(retries=1)
    then_runs(b)

    b.end(THEN, 1)

    assert b.state(THEN) is WAITING
    assert b.job.retries[THEN] == 1


def test_a_failing_frame_of_a_job_that_eats_is_eaten() -> None:
    b = bench(autoeat=True)
    then_runs(b)

    b.end(THEN, 1)

    assert b.state(THEN) is EATEN
    assert b.job.state is JobState.FINISHED


def test_the_moves_above_are_all_there_are() -> None:
    shown = {(before, after) for before, after, _, _ in MOVES} | {(RUNNING, WAITING)}
    shown |= {(WAITING, SETUP)} | {(SETUP, after) for after, _ in LANE_MOVES}

    assert shown == {(before, after) for before in FRAME_MOVES for after in FRAME_MOVES[before]}


@pytest.mark.parametrize(
    ("before", "after"),
    [(a, b) for a in FrameState for b in FrameState if a != b and b not in FRAME_MOVES[a]],
)
def test_a_move_that_is_not_in_the_table_is_our_bug(before: FrameState, after: FrameState) -> None:
    lonely = Bench(spec_of(LayerSpec(name="main", command="true")))
    lonely.job._set_state(0, before)

    with pytest.raises(AssertionError, match=f"{before.name} -> {after.name}"):
        lonely.job.move(0, after, lonely.decision)


def test_every_state_has_moves_and_a_number_of_opencue() -> None:
    assert set(FRAME_MOVES) == set(FrameState)
    assert [state.value for state in FrameState] == [0, 1, 2, 3, 4, 5, 6]
    assert {SUCCEEDED, EATEN} == DONE


def test_a_killed_frame_ends_dead_even_if_it_has_retries_left() -> None:
    b = bench(retries=3)
    then_runs(b)

    b.kill(THEN)
    b.end(THEN, 143)

    assert b.state(THEN) is DEAD
    assert b.job.reasons[THEN] == "killed by me"


def test_a_frame_that_succeeds_although_it_was_being_killed_has_succeeded() -> None:
    b = bench()
    then_runs(b)

    b.kill(THEN)
    b.end(THEN, 0)

    assert b.state(THEN) is SUCCEEDED


def test_a_running_frame_that_is_retried_runs_again_with_all_its_retries() -> None:
    b = bench(retries=1)
    first_done(b)
    b.run(THEN, 1)
    b.start(THEN)
    assert b.decide().kills == []

    b.retry(THEN)
    run = b.job.run_id(THEN)
    b.end(THEN, 143)

    assert b.decide().kills == [run]
    assert b.state(THEN) is WAITING
    assert b.job.retries[THEN] == 0


def test_a_running_frame_that_is_retried_is_no_longer_taken_for_done() -> None:
    job = bench()
    job.start(FIRST)
    requests.mark_done(job.job, [FIRST], job.decision)
    assert job.state(THEN) is WAITING

    job.retry(FIRST)

    job.decide()
    assert job.state(THEN) is DEPEND


def test_a_lost_run_is_retried_but_not_for_ever() -> None:
    b = bench(retries=0)
    then_runs(b)

    for lost in range(FREE_RETRIES):
        b.end(THEN, 301)
        assert b.state(THEN) is WAITING, lost
        b.start(THEN)
    b.end(THEN, 301)

    assert b.state(THEN) is DEAD


def test_a_report_of_an_older_attempt_is_only_acknowledged() -> None:
    b = bench(retries=1)
    then_runs(b)
    old = b.job.run_id(THEN)
    b.end(THEN, 1)
    b.start(THEN)
    b.decide()

    attempts.on_run_exited(b.farm, RunExited(old, 0, 0, 0.1, 0.1, 1, 9.0), b.decision)

    decision = b.decide()
    assert decision.acks == [old]
    assert not decision.frames
    assert b.state(THEN) is RUNNING


def test_retrying_a_running_frame_that_was_marked_done_re_arms_what_it_released() -> None:
    b = Bench(
        spec_of(
            LayerSpec(name="main"),
            LayerSpec(name="then"),
            edges=(EdgeSpec(layer="then", on="main"),),
        )
    )
    b.start(0)
    requests.mark_done(b.job, [0], b.decision)
    assert b.state(1) is WAITING

    b.retry(0)

    assert b.state(1) is DEPEND
    b.decide()
