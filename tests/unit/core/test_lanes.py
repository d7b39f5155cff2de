"""Frames that the runner gets ahead of their turn: when, how many, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.check import check
from cuelet.core.explain.frames import explain_frame
from cuelet.core.operations import attempts, depends, lanes, launching, requests
from cuelet.core.scheduling.dispatch import dispatch
from cuelet.core.state.decision import Decision
from cuelet.core.state.job import Job
from cuelet.core.state.pace import MOST_AHEAD, SHORT_S, WORK_AHEAD_S, Pace
from cuelet.core.values import ids
from cuelet.core.values.runs import RunExited, RunStarted
from cuelet.core.values.states import (
    DEAD,
    DEPEND,
    EATEN,
    RUNNING,
    SETUP,
    SUCCEEDED,
    WAITING,
    FrameState,
    JobState,
    shown,
)
from outline.jobspec.model import EdgeSpec, LayerSpec, Outcome
from tests.unit.core.bench import Bench, spec_of

Act = Callable[["Lane"], None]
QUICK_S = 0.001


class Lane(Bench):
    """A layer of short frames on one core; `first` comes before it, and `then` after."""

    def __init__(self, frames: int = 40, cores: float = 1.0, **more: object) -> None:
        main = LayerSpec(name="main", command="true", range=f"1-{frames}", retries=1)
        gate = LayerSpec(name="gate", command="true")
        edge = EdgeSpec(layer="main", on="gate")
        super().__init__(spec_of(main, gate, edges=(edge,), **more), cores=cores)
        self.gate = frames
        self.farm.has_lanes = True
        self.run(self.gate)
        self.turn()

    def turn(self) -> Decision:
        self.book()
        return self.decide()

    def end(self, index: int, status: int = 0, wall_s: float = QUICK_S) -> None:
        self.now += wall_s
        report = RunExited(self.job.run_id(index), status, 0, 0.5, wall_s, 1000, self.now)
        attempts.on_run_exited(self.farm, report, self.decision)

    def returned(self, index: int) -> None:
        attempts.on_run_returned(self.farm, self.job.run_id(index), self.decision, now=self.now)

    @property
    def leader(self) -> int:
        (index,) = (i for i in range(self.job.size) if self.state(i) is RUNNING)
        return index

    @property
    def ahead(self) -> list[int]:
        return [i for i in range(self.job.size) if self.state(i) is SETUP]

    def warm(self, ends: int = 8) -> Lane:
        """Let some short frames end, so that a lane is there."""
        for _ in range(ends):
            self.end(self.leader)
            self.turn()
        return self


def kill_leader(lane: Lane) -> None:
    lane.kill(lane.leader)
    lane.end(lane.leader, 143)


def retry_gate_and_return(lane: Lane) -> None:
    lane.retry(lane.gate)
    for index in reversed(lane.ahead):
        lane.returned(index)


def eat_next(lane: Lane) -> None:
    index = lane.ahead[0]
    lane.eat(index)
    lane.end(index, 143)


LANE_MOVES: list[tuple[FrameState, Act]] = [
    (RUNNING, lambda lane: lane.end(lane.leader)),
    (RUNNING, kill_leader),
    (WAITING, lambda lane: lane.returned(lane.ahead[0])),
    (DEPEND, retry_gate_and_return),
    (EATEN, eat_next),
]


@pytest.mark.parametrize(("after", "act"), LANE_MOVES)
def test_a_frame_leaves_its_lane_as_the_table_says(after: FrameState, act: Act) -> None:
    lane = Lane().warm()
    index = lane.ahead[0]

    act(lane)

    assert lane.state(index) is after
    assert lane.decide()


def test_frames_are_booked_ahead_only_once_some_have_been_short() -> None:
    lane = Lane()
    assert lane.ahead == []

    lane.end(lane.leader)
    decision = lane.turn()

    assert len(lane.ahead) == 1
    ((job, index, name),) = decision.prefetches
    assert (job, index, name) == (lane.job, lane.ahead[0], lane.job.run_id(lane.leader))
    assert (job.id, index) in decision.frames


def test_a_runner_without_lanes_gets_nothing_ahead() -> None:
    lane = Lane()
    lane.farm.has_lanes = False

    assert lane.warm().ahead == []


@pytest.mark.parametrize("wall_s", [SHORT_S + 0.01, 60.0])
def test_long_frames_are_not_booked_ahead(wall_s: float) -> None:
    lane = Lane()
    for _ in range(5):
        lane.end(lane.leader, wall_s=wall_s)
        assert lane.turn().prefetches == []


def test_nothing_is_put_behind_a_frame_that_runs_long_already() -> None:
    lane = Lane().warm(1)
    lane.end(lane.leader)
    lane.now += SHORT_S + 0.1
    lane.job.start_at[lane.leader] = lane.now - SHORT_S - 0.05

    assert lane.turn().prefetches == []


def test_a_lane_keeps_one_reservation_until_its_last_frame_has_ended() -> None:
    lane = Lane(frames=30).warm()
    seen = 0

    while lane.job.state is JobState.PENDING:
        assert lane.farm.free_cores == 0
        lane.end(lane.leader)
        seen += 1
        lane.turn()

    assert lane.farm.free_cores == 1.0
    assert set(lane.job.attempt) == {1}


def test_what_is_left_is_shared_out_between_lanes() -> None:
    lane = Lane(frames=40, cores=2.0)
    for _ in range(200):
        running = [i for i in range(lane.job.size) if lane.state(i) is RUNNING]
        if not running:
            break
        lane.end(running[0])
        lane.turn()
        waiting = lane.job.count(WAITING)
        queues = [len(found.queue) for found in lane.job.lanes.values()]
        assert all(length <= max(waiting, 1) * 2 for length in queues)
    assert lane.job.state is JobState.FINISHED


def test_the_start_of_a_frame_is_that_of_its_process() -> None:
    lane = Lane().warm()
    index = lane.ahead[0]
    assert lane.job.start_at[index] == 0

    lane.end(lane.leader)
    attempts.on_run_started(lane.farm, RunStarted(lane.job.run_id(index), 7, 55.5), lane.decision)

    assert lane.job.start_at[index] == 55.5


def test_the_start_follows_from_the_end_when_only_that_is_told() -> None:
    lane = Lane().warm()

    lane.end(lane.leader)
    index = lane.leader
    lane.end(index, wall_s=0.125)

    assert lane.job.start_at[index] == pytest.approx(lane.now - 0.125)


def test_a_frame_given_back_waits_again_and_neither_attempt_nor_retry_is_spent() -> None:
    lane = Lane().warm()
    index = lane.ahead[-1]

    lane.returned(index)

    assert lane.state(index) is WAITING
    assert (lane.job.attempt[index], lane.job.retries[index]) == (0, 0)
    decision = lane.decide()
    assert (lane.job.id, index) in decision.frames
    assert lane.job.row(index).attempt == 0


def test_after_frames_were_given_back_the_layer_has_to_prove_itself_again() -> None:
    lane = Lane().warm()
    for index in lane.ahead:
        lane.returned(index)

    assert lane.turn().prefetches == []


def test_a_lane_given_back_while_its_leader_ends_frees_the_core() -> None:
    lane = Lane().warm()
    ahead = lane.ahead

    lane.end(lane.leader)
    for index in ahead:
        lane.returned(index)

    assert lane.farm.free_cores == 1.0
    assert lane.job.count(RUNNING, SETUP) == 0


def test_the_follower_of_a_frame_given_back_is_on_disk_as_running() -> None:
    lane = Lane().warm()
    first, second = lane.ahead[:2]
    lane.end(lane.leader)
    assert lane.state(first) is RUNNING

    lane.returned(first)

    assert lane.state(second) is RUNNING
    assert lane.job.row(second).start_at > 0
    assert lane.job.row(second).held_cores == 1.0
    assert check(lane.farm) == []


def test_what_began_unheard_holds_what_its_lane_was_given() -> None:
    lane = Lane().warm()
    index, held = lane.ahead[0], lane.job.reserved[lane.leader]
    assert lane.job.row(index)[-3:-1] == held

    lane.job.layers[0].memory_mb *= 10
    attempts.on_run_started(
        lane.farm, RunStarted(lane.job.run_id(index), 1, lane.now), lane.decision
    )

    assert lane.job.reserved[index] == held


def test_pause_and_kill_of_a_job_ask_for_what_has_not_begun() -> None:
    for act in (
        lambda lane: lane.pause(),
        lambda lane: requests.kill_job(lane.farm, lane.job, lane.decision, now=lane.now),
    ):
        lane = Lane().warm()
        ahead = lane.ahead
        act(lane)

        assert lane.decision.withdraws == [lane.job.run_id(index) for index in ahead]
        for index in ahead:
            lane.returned(index)
        assert lane.turn().prefetches == []


def test_nothing_is_booked_ahead_while_a_more_urgent_job_waits() -> None:
    lane = Lane().warm(3)
    spec = spec_of(LayerSpec(name="big", command="x", range="1-3"), name="show-shot-me_urgent")
    (urgent,) = launching.launch(lane.farm, [spec], [ids.job_id(2)], lane.decision, now=lane.now)
    requests.set_priority(lane.farm, urgent, 200, lane.decision)
    ahead = len(lane.ahead)

    assert lane.turn().prefetches == []
    for _ in range(ahead + 1):
        lane.end(lane.leader)
        lane.turn()

    assert urgent.count(RUNNING) == 1


def test_kill_and_retry_leave_frames_alone_that_are_shown_as_waiting() -> None:
    lane = Lane().warm()
    index = lane.ahead[0]

    lane.kill(index)
    lane.retry(index)

    assert lane.state(index) is SETUP
    assert shown(SETUP) is WAITING
    assert not lane.decision.kills


def test_an_exit_that_overtakes_the_one_before_it_is_recorded() -> None:
    lane = Lane().warm()
    index = lane.ahead[0]

    lane.end(index)

    assert lane.state(index) is SUCCEEDED
    assert lane.farm.free_cores == 0


def test_a_frame_killed_while_it_leads_hands_the_core_on() -> None:
    lane = Lane().warm()
    killed, following = lane.leader, lane.ahead[0]

    lane.kill(killed)
    lane.end(killed, 143)

    assert (lane.state(killed), lane.state(following)) == (DEAD, RUNNING)


def test_a_frame_ahead_says_that_it_is_next() -> None:
    lane = Lane().warm()

    (reason,) = explain_frame(lane.farm, lane.job, lane.ahead[0])

    assert reason.code == "next"


def test_a_frame_ahead_is_kept_as_running_and_comes_back_unstarted() -> None:
    lane = Lane().warm()
    index = lane.ahead[0]
    row = lane.job.row(index)
    assert (row.state, row.start_at) == (RUNNING, 0.0)

    fresh = Job(lane.job.spec, lane.job.id, submitted_at=1.0)
    fresh.restore([lane.job.row(i) for i in range(fresh.size) if lane.job.attempt[i]], [])
    assert FrameState(fresh.state_of[index]) is SETUP
    attempts.requeue_unstarted(lane.farm, fresh, index, Decision(), now=1.0)

    assert FrameState(fresh.state_of[index]) is WAITING
    assert fresh.attempt[index] == 0


def test_a_frame_that_began_at_the_epoch_runs_on_disk_too() -> None:
    bench = Bench(spec_of(LayerSpec(name="main", command="x")))
    bench.now = 0.0
    bench.start(0)
    bench.decide()

    fresh = Job(bench.job.spec, bench.job.id, submitted_at=1.0)
    fresh.restore([bench.job.row(0)], [])

    assert FrameState(fresh.state_of[0]) is RUNNING


@given(st.lists(st.floats(0.0001, 1.0), max_size=60))
def test_a_lane_never_holds_more_than_its_share_of_work(walls: list[float]) -> None:
    pace = Pace()
    for wall_s in walls:
        pace.note(wall_s)

    ahead = pace.frames_ahead()

    assert 0 <= ahead <= min(MOST_AHEAD, len(walls))
    if walls and walls[-1] > SHORT_S:
        assert ahead == 0
    elif ahead > 1:
        assert ahead * walls[-1] <= WORK_AHEAD_S


def test_dispatch_without_room_changes_nothing_it_does_not_note() -> None:
    lane = Lane().warm()
    decision = Decision()
    before = list(lane.job.state_of)

    dispatch(lane.farm, decision, now=lane.now)

    changed = {i for i, state in enumerate(lane.job.state_of) if state != before[i]}
    assert changed == {index for _, index in decision.frames}


def begin_by_the_end_of_the_one_before(lane: Lane) -> None:
    lane.end(lane.leader)


def begin_as_the_runner_tells_a_restarted_farm(lane: Lane) -> None:
    run = lane.job.run_id(lane.ahead[0])
    lanes.forget(lane.job)
    lane.farm.is_awaiting_runner = True
    lane.end(lane.leader)
    attempts.on_run_started(lane.farm, RunStarted(run, 77, lane.now), lane.decision)


@pytest.mark.parametrize(
    "begin", [begin_by_the_end_of_the_one_before, begin_as_the_runner_tells_a_restarted_farm]
)
def test_whom_the_start_of_a_frame_makes_wait_again_is_kept(begin: Act) -> None:
    lane = Lane().warm()
    clean_up = LayerSpec(name="clean", command="true", range="1-2")
    spec = spec_of(clean_up, name="show-shot-me_behind")
    (behind,) = launching.launch(lane.farm, [spec], [ids.job_id(2)], lane.decision, now=lane.now)
    edge = EdgeSpec(
        layer="clean",
        waiting_frame=1,
        on="main",
        on_frame=lane.ahead[0] + 1,
        on_job=lane.job.id,
        outcome=Outcome.FINISHED,
    )
    depends.add_depend(lane.farm, behind, edge, lane.decision)
    requests.kill_job(lane.farm, lane.job, lane.decision, now=lane.now)
    attempts.start(lane.farm, behind, 0, lane.decision, now=lane.now)
    report = RunExited(behind.run_id(0), 0, 0, 0.5, 0.1, 1000, lane.now)
    attempts.on_run_exited(lane.farm, report, lane.decision)
    assert behind.state_of[0] == SUCCEEDED  # it need not wait for what a killed job never ran
    lane.decide()

    begin(lane)

    assert behind.state_of[0] == DEPEND
    assert (behind.id, 0) in lane.decide().frames
