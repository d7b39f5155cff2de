"""The order of a layer's frames: always a permutation, and each verb does what its name says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuelet.core.check import check
from cuelet.core.operations import ordering
from cuelet.core.state.order import Placing, make_order, order_from_text, placed, staggered
from cuelet.core.values.errors import InvalidRequestError, NotFoundError
from outline.frames import parse_range
from outline.jobspec.model import LayerSpec
from tests.budget import examples
from tests.unit.core.bench import Bench, spec_of


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Draw an order of some tasks, and some of them."""
    order = draw(st.permutations(range(draw(st.integers(1, 30)))))
    return order, draw(st.lists(st.sampled_from(order), unique=True))


@given(orders(), st.sampled_from(Placing))
def test_placing_moves_the_chosen_and_keeps_the_order_of_the_rest(
    drawn: tuple[list[int], list[int]], placing: Placing
) -> None:
    order, chosen = drawn
    made = placed(order, chosen, placing)

    assert sorted(made) == sorted(order)
    rest = [task for task in order if task not in chosen]
    assert [task for task in made if task not in chosen] == rest
    if placing is Placing.FIRST:
        assert made[: len(chosen)] == chosen
    elif placing is Placing.LAST:
        assert made[len(made) - len(chosen) :] == chosen
    else:
        held = [task for task in order if task in chosen]
        assert [task for task in made if task in chosen] == held[::-1]
        assert placed(made, chosen, placing) == order


@given(orders(), st.integers(1, 40))
def test_staggering_starts_every_nth_first_and_touches_nobody_else(
    drawn: tuple[list[int], list[int]], step: int
) -> None:
    order, chosen = drawn
    made = staggered(order, chosen, step)

    assert sorted(made) == sorted(order)
    assert [m if m not in chosen else None for m in made] == [
        o if o not in chosen else None for o in order
    ]
    held = [task for task in order if task in chosen]
    assert [task for task in made if task in chosen][: len(held[::step])] == held[::step]


@given(st.integers(1, 60), st.integers(1, 60))
def test_staggering_a_whole_layer_is_the_interleave_of_frame_ranges(last: int, step: int) -> None:
    numbers = list(range(1, last + 1))
    assert staggered(numbers, numbers, step) == list(parse_range(f"1-{last}:{step}"))


@given(st.permutations(range(40)).map(list), st.integers(0, 40))
def test_an_order_survives_the_disk(order: list[int], cut: int) -> None:
    order = sorted(order[:cut]) + order[cut:]
    order = [sorted(order).index(task) for task in order]
    made = make_order(order, len(order))
    assert order_from_text(made.text() if made else "", len(order)) == made
    if made is not None:
        assert [made.place_of[task] for task in made.tasks] == list(range(len(order)))


RANGES = st.sampled_from(["1-10", "3", "9-7", "1-10x3", "2,9,4", "5-30", "10-1"])
OPS = st.tuples(
    st.sampled_from([*Placing, "stagger", "book", "end", "retry"]), RANGES, st.integers(1, 12)
)


@settings(max_examples=examples(300))
@given(st.lists(OPS, max_size=25), st.integers(1, 3))
def test_frames_start_in_the_order_that_was_set(
    ops: list[tuple[object, str, int]], chunk: int
) -> None:
    b = Bench(spec_of(LayerSpec(name="main", range="1-10", chunk=chunk)), cores=3.0)
    layer = b.job.layers[0]
    order = list(range(b.job.size))
    for op, text, step in ops:
        tasks = [
            t
            for t in dict.fromkeys(layer.tasks.task_of(n) for n in parse_range(text))
            if t is not None
        ]
        if isinstance(op, Placing):
            ordering.reorder(b.job, [layer], text, op, b.decision)
            order = placed(order, tasks, op)
        elif op == "stagger":
            ordering.stagger(b.job, [layer], text, step, b.decision)
            order = staggered(order, tasks, step)
        elif op == "book":
            waiting = [index for index in order if b.job.state_of[index] == 0]
            b.book()
            started = [index for _, index in b.decision.starts]
            assert started == waiting[: len(started)]
        elif op == "end" and b.job.reserved:
            running = sorted(b.job.reserved)
            b.end(running[step % len(running)], status=step % 2)
        elif op == "retry":
            b.retry(step % b.job.size)
        assert check(b.farm) == []
        b.decision.starts.clear()


def test_a_range_without_frames_of_the_layer_and_no_range_are_refused() -> None:
    b = Bench(spec_of(LayerSpec(name="main", range="1-10")))
    with pytest.raises(NotFoundError, match="no frame of show-shot-me_job"):
        ordering.reorder(b.job, b.job.layers, "20-30", Placing.FIRST, b.decision)
    with pytest.raises(InvalidRequestError, match="malformed"):
        ordering.stagger(b.job, b.job.layers, "1-", 2, b.decision)
    with pytest.raises(InvalidRequestError, match="use 1 or more"):
        ordering.stagger(b.job, b.job.layers, "1-10", 0, b.decision)
    assert b.job.layers[0].order is None


def test_layers_have_their_turn_by_dispatch_order_then_by_launch() -> None:
    b = Bench(spec_of(*(LayerSpec(name=name) for name in ("aaa", "bbb", "ccc"))), cores=1.0)

    ordering.set_dispatch_order(b.job, b.job.layers[2], 1, b.decision)
    assert [layer.name for layer in b.job.queue] == ["aaa", "ccc", "bbb"]
    ordering.set_dispatch_order(b.job, b.job.layers[1], -5, b.decision)
    b.book()

    assert [b.job.frame_name(index) for _, index in b.decision.starts] == ["0001-bbb"]
