"""What the end of a run makes of its frame: the table of exit statuses, budgets, memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuelet.core.operations import attempts, requests
from cuelet.core.operations.exit_status import ENDINGS, FREE_RETRIES, TERMS, Ending
from cuelet.core.state.decision import Decision
from cuelet.core.state.memory import (
    HEADROOM,
    MEMORY_RETRIES,
    RAISE_MB,
    Excess,
    MemoryAction,
    MemoryPolicy,
    raised_mb,
)
from cuelet.core.values.runs import RunExited, RunUsage
from cuelet.core.values.states import (
    DEAD,
    EATEN,
    RUNNING,
    SUCCEEDED,
    WAITING,
    FrameState,
    Intent,
    JobState,
)
from outline.jobspec.model import LayerSpec
from tests.unit.core.bench import Bench, spec_of

MANY_MB = 1_000_000


def bench(
    retries: int = 0, *, autoeat: bool = False, memory_mb: int = 512, machine_mb: int = MANY_MB
) -> Bench:
    layer = LayerSpec(name="main", command="x", range="1-2", retries=retries, memory_mb=memory_mb)
    return Bench(spec_of(layer, autoeat=autoeat), memory_mb=machine_mb)


def die(b: Bench, status: int, *, peak_mb: int = 1, oom: bool = False) -> FrameState:
    """Run frame 0 to an end and return where it went."""
    b.start(0)
    report = RunExited(b.job.run_id(0), status, 0, 0.1, 0.1, peak_mb * 1024, 5.0, out_of_memory=oom)
    attempts.on_run_exited(b.farm, report, b.decision)
    b.decide()
    return b.state(0)


def use(b: Bench, rss_mb: int) -> Excess | None:
    attempts.on_run_usage(b.farm, RunUsage(b.job.run_id(0), rss_mb * 1024, rss_mb * 1024, 0.1))
    return attempts.mind_memory(b.farm, b.job, 0, b.decision)


# status, retries of the layer, autoeat -> state after each of several such ends in a row
ROWS: list[tuple[int, int, bool, list[FrameState]]] = [
    (0, 0, False, [SUCCEEDED]),
    (1, 0, False, [DEAD]),
    (1, 2, False, [WAITING, WAITING, DEAD]),
    (1, 2, True, [EATEN]),
    (137, 0, False, [DEAD]),
    (137, 1, False, [WAITING, DEAD]),
    (139, 1, False, [WAITING, DEAD]),
    (119, 1, False, [WAITING, DEAD]),
    (256, 0, False, [DEAD]),
    (256, 1, False, [WAITING, DEAD]),
    (256, 1, True, [WAITING, EATEN]),
    (256, 0, True, [EATEN]),
    (299, 0, False, [WAITING] * 20),
    (299, 0, True, [WAITING] * 20),
    *(
        row
        for status in (286, 301, 302, 399)
        for row in [
            (status, 0, False, [WAITING] * FREE_RETRIES + [DEAD]),
            (status, 1, False, [WAITING] * (FREE_RETRIES + 1) + [DEAD]),
            (status, 1, True, [WAITING] * (FREE_RETRIES + 1) + [EATEN]),
        ]
    ),
    (33, 0, False, [WAITING] * MEMORY_RETRIES + [DEAD]),
    (33, 9, True, [EATEN]),
]


@pytest.mark.parametrize(("status", "retries", "autoeat", "states"), ROWS)
def test_an_exit_status_leads_where_the_documents_say(
    status: int, retries: int, autoeat: bool, states: list[FrameState]
) -> None:
    b = bench(retries, autoeat=autoeat)

    assert [die(b, status) for _ in states] == states


def test_every_documented_status_has_a_row_and_every_ending_its_terms() -> None:
    assert set(ENDINGS) <= {row[0] for row in ROWS}
    assert set(TERMS) == set(Ending) - {Ending.SUCCESS, Ending.MEMORY, Ending.NOT_BEGUN}


def test_what_was_not_the_frames_fault_costs_no_retry_and_shows_none() -> None:
    b = bench(retries=1)

    assert [die(b, status) for status in (301, 286, 399)] == [WAITING] * 3
    assert b.job.retries[0] == 0
    assert [die(b, 1), die(b, 1)] == [WAITING, DEAD]


def test_a_frame_that_had_succeeded_has_its_whole_budget_when_it_runs_again() -> None:
    b = bench(retries=1)
    assert [die(b, 1), die(b, 0)] == [WAITING, SUCCEEDED]

    b.job.move(0, WAITING, b.decision)  # as when what it waited for is made again

    assert [die(b, 1), die(b, 1)] == [WAITING, DEAD]


def test_a_retry_by_hand_gives_every_budget_again() -> None:
    b = bench(memory_mb=100)
    states = [die(b, status) for status in (301, 301, 301, 33, 1)]
    assert states[-1] == DEAD

    b.retry(0)

    assert (b.job.retries[0], b.job.free_retries[0], b.job.memory_retries[0]) == (0, 0, 0)
    assert [die(b, 301) for _ in range(4)] == [WAITING, WAITING, WAITING, DEAD]


@given(st.lists(st.sampled_from([1, 2, 33, 137, 139, 256, 286, 301, 302, 399]), max_size=60))
def test_no_row_of_failures_goes_on_for_ever_and_budgets_are_never_exceeded(
    statuses: list[int],
) -> None:
    b = bench(retries=2)
    most = 1 + 2 + FREE_RETRIES + MEMORY_RETRIES

    for number, status in enumerate(statuses, 1):
        state = die(b, status)
        assert number <= most
        assert b.job.attempt[0] == number
        assert (b.job.retries[0], b.job.free_retries[0]) <= (2, FREE_RETRIES)
        assert b.job.memory_retries[0] <= MEMORY_RETRIES
        if state == DEAD:
            return
        assert state == WAITING


# -- memory ------------------------------------------------------------------------------------


def test_a_memory_failure_raises_the_layer_and_says_so_and_a_later_success_is_one() -> None:
    b = bench(retries=0)

    assert die(b, 33, peak_mb=500) is WAITING
    assert b.job.layers[0].memory_mb == 512 + RAISE_MB
    assert b.job.exit_status[0] == 33
    assert b.job.reasons[0] == "it ran out of memory; layer main reserves 2560 MB from now on"
    assert die(b, 0) is SUCCEEDED
    assert (b.job.exit_status[0], b.job.reasons.get(0, "")) == (0, "")


def test_a_raise_is_noted_for_the_store() -> None:
    b = bench()
    b.start(0)
    b.decide()

    b.end(0, 33)

    decision = b.decide()
    assert decision.jobs == {b.job.id: b.job}
    assert (b.job.id, 0) in decision.frames


def test_a_kernel_kill_for_memory_is_a_memory_failure_and_a_plain_sigkill_is_not() -> None:
    b = bench()

    assert die(b, 137, oom=True) is WAITING
    assert (b.job.exit_status[0], b.job.exit_signal[0]) == (33, 0)
    assert die(b, 137) is DEAD
    assert b.job.exit_status[0] == 137


def test_frames_that_fail_together_raise_their_layer_once() -> None:
    b = bench()
    b.book()

    b.end(0, 33)
    b.end(1, 33)

    assert b.job.layers[0].memory_mb == 512 + RAISE_MB


def test_at_the_memory_of_the_machine_a_frame_ends_dead_and_says_why() -> None:
    b = bench(memory_mb=3000, machine_mb=4000, retries=5)

    assert [die(b, 33), die(b, 33)] == [WAITING, DEAD]
    assert b.job.layers[0].memory_mb == 4000
    assert b.job.reasons[0].endswith("it had all 4000 MB that frames may reserve here")


def test_a_reservation_somebody_raised_meanwhile_is_not_lowered() -> None:
    b = bench()
    b.start(0)
    b.job.layers[0].memory_mb = 90_000

    b.end(0, 33)

    assert b.job.layers[0].memory_mb == 90_000
    assert "reserves 90000 MB" in b.job.reasons[0]


@given(held=st.integers(1, 200_000), peak_kb=st.integers(0, 2**32), more=st.integers(0, 10_000_000))
def test_a_raise_is_more_than_before_enough_for_the_peak_and_never_above_the_machine(
    held: int, peak_kb: int, more: int
) -> None:
    machine_mb = held + more

    now = raised_mb(held, peak_kb, machine_mb)

    assert now <= machine_mb
    assert now > held or machine_mb == held
    assert now == machine_mb or now * 1024 >= peak_kb * HEADROOM
    assert now == machine_mb or now >= held + RAISE_MB


KILL = MemoryPolicy(MemoryAction.KILL, 1.5)


def killed(policy: MemoryPolicy, rss_mb: int, *, machine_mb: int = MANY_MB) -> bool:
    b = bench(machine_mb=machine_mb)
    b.farm.memory_policy = policy
    b.start(0)
    use(b, rss_mb)
    return bool(b.decide().kills)


@pytest.mark.parametrize(
    ("policy", "rss_mb", "dies"),
    [
        (KILL, 768, False),
        (KILL, 769, True),
        (MemoryPolicy(MemoryAction.KILL, 1.0), 513, True),
        (MemoryPolicy(MemoryAction.WARN), 50_000, False),
        (MemoryPolicy(MemoryAction.OFF), 50_000, False),
    ],
)
def test_a_frame_is_killed_beyond_the_factor_of_its_reservation_if_the_policy_says_so(
    policy: MemoryPolicy, rss_mb: int, dies: bool
) -> None:
    assert killed(policy, rss_mb) is dies


def test_no_factor_lets_a_frame_use_more_than_all_frames_may_reserve() -> None:
    assert not killed(MemoryPolicy(MemoryAction.KILL, 9.0), 700, machine_mb=700)
    assert killed(MemoryPolicy(MemoryAction.KILL, 9.0), 701, machine_mb=700)


def test_a_frame_killed_for_its_memory_is_tried_again_with_more_even_if_it_ended_with_0() -> None:
    b = bench(retries=0)
    b.farm.memory_policy = KILL
    b.start(0)
    excess = use(b, 2000)
    assert excess
    assert excess.text == "uses 2000 MB of 512 MB reserved"
    assert b.decide().kills == [b.job.run_id(0)]
    assert b.job.intents[0] is Intent.MEMORY

    b.end(0, 0)

    assert b.state(0) is WAITING
    assert (b.job.exit_status[0], b.job.retries[0]) == (33, 0)
    assert b.job.reasons[0] == (
        "killed: it uses 2000 MB of 512 MB reserved; 768 MB are allowed; "
        "layer main reserves 2560 MB from now on"
    )


def test_it_is_killed_once_and_somebody_elses_kill_goes_before() -> None:
    b = bench()
    b.farm.memory_policy = KILL
    b.start(0)
    use(b, 2000)
    assert use(b, 3000) is None
    b.kill(0)
    b.decide()

    b.end(0, 143)

    assert b.state(0) is DEAD
    assert b.job.reasons[0] == "killed by me"


def test_what_is_within_the_reservation_or_reserves_nothing_is_not_spoken_of() -> None:
    b = bench()
    b.start(0)
    assert use(b, 512) is None
    none = bench(memory_mb=0)
    none.farm.memory_policy = KILL
    none.start(0)
    assert use(none, 5000) is None
    assert none.state(0) is RUNNING


def test_a_peak_that_is_over_is_still_spoken_of() -> None:
    b = bench()
    b.farm.memory_policy = KILL
    b.start(0)
    attempts.on_run_usage(b.farm, RunUsage(b.job.run_id(0), 100 * 1024, 2000 * 1024, 0.1))

    excess = attempts.mind_memory(b.farm, b.job, 0, b.decision)

    assert excess
    assert excess.text == "used 2000 MB of 512 MB reserved"
    assert not b.decide().kills


# -- autoeat -----------------------------------------------------------------------------------


def test_auto_eat_takes_the_retries_away_and_gives_them_back() -> None:
    b = bench(retries=3)

    requests.set_autoeat(b.job, b.decision, autoeat=True)
    assert (b.job.autoeat, b.job.layers[0].retries) == (True, 0)
    assert b.decide().jobs
    assert die(b, 1) is EATEN

    requests.set_autoeat(b.job, b.decision, autoeat=False)
    assert (b.job.autoeat, b.job.max_retries, b.job.layers[0].retries) == (False, 1, 3)


def test_a_job_that_eats_its_failures_finishes() -> None:
    b = bench(retries=3, autoeat=True)
    b.book()

    b.end(0, 1)
    b.end(1, 0)

    assert b.job.state is JobState.FINISHED
    assert b.job.attempt[0] == 1
    assert isinstance(b.decide(), Decision)
