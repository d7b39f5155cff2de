"""Plans against a model written the slow and obvious way."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import outline
from outline import Outline
from outline.depend import DependType
from outline.frames import EdgeKind, Tasks, format_frames
from outline.modules.shell import Shell
from outline.planning.detail import all_frame_edges, processes
from outline.planning.model import Plan
from tests.property.test_frames import naive_waits

KINDS = list(EdgeKind)


@st.composite
def jobs(draw: st.DrawFn) -> tuple[list[tuple[list[int], int]], list[tuple[int, int, EdgeKind]]]:
    """Return layers as frames and chunk, and depends on earlier layers."""
    layers = draw(
        st.lists(
            st.tuples(
                st.lists(st.integers(1, 14), min_size=1, max_size=12, unique=True),
                st.integers(1, 4),
            ),
            min_size=1,
            max_size=5,
        )
    )
    edges = []
    for er in range(1, len(layers)):
        waited = draw(st.lists(st.integers(0, er - 1), max_size=3, unique=True))
        edges += [(er, on, draw(st.sampled_from(KINDS))) for on in waited]
    if draw(st.booleans()):
        edges.append((0, 0, EdgeKind.PREVIOUS_FRAME))
    return layers, edges


def built(layers: list[tuple[list[int], int]], edges: list[tuple[int, int, EdgeKind]]) -> Plan:
    ol = Outline("model", show="demo", shot="shot010", user="kim")
    made = []
    for at, (frames, chunk) in enumerate(layers):
        layer = Shell(f"layer{at}", command=["do", "#IFRAME#"], chunk=chunk)
        layer.set_frame_range(format_frames(frames))
        ol.add_layer(layer)
        made.append(layer)
    for er, on, kind in edges:
        made[er].depend_on(made[on], DependType(kind.name))
    return outline.plan(ol, use_pycuerun=False)


@settings(deadline=None)
@given(jobs())
def test_every_frame_runs_once_with_its_own_number(job: tuple) -> None:
    layers, edges = job
    plan = built(layers, edges)

    for at, (frames, chunk) in enumerate(layers):
        mine = list(processes(plan, layer=f"layer{at}"))
        assert [number for each in mine for number in each.frames] == frames
        assert [command for each in mine for command in each.commands] == [
            f"do {number}" for number in frames
        ]
        assert all(len(each.frames) == chunk for each in mine[:-1])
        assert len(mine) == plan.layers[at].processes


def model_waits(
    layers: list[tuple[list[int], int]], edges: list[tuple[int, int, EdgeKind]]
) -> dict[tuple[int, int], list[tuple[EdgeKind, int, set[int]]]]:
    """Return what each task of each layer waits for: kind, awaited layer, awaited tasks."""
    tasks = [Tasks(tuple(frames), chunk) for frames, chunk in layers]
    waits: dict[tuple[int, int], list[tuple[EdgeKind, int, set[int]]]] = {}
    for er, on, kind in edges:
        for task in range(len(tasks[er])):
            wanted = naive_waits(kind, tasks[er], tasks[on], task)
            if er == on:
                wanted -= {task}
            waits.setdefault((er, task), []).append((kind, on, wanted))
    return waits


@settings(deadline=None)
@given(jobs())
def test_frame_edges_are_what_the_kinds_say(job: tuple) -> None:
    layers, edges = job
    plan = built(layers, edges)
    tasks = [Tasks(tuple(frames), chunk) for frames, chunk in layers]

    listed: dict[tuple[int, int], list[tuple[int, set[int]]]] = {}
    for each in all_frame_edges(plan):
        er, on = int(each.layer[5:]), int(each.on[5:])
        awaited = tasks[on].heads() if each.frames is None else each.frames
        task = tasks[er].task_of(each.frame)
        assert task is not None
        listed.setdefault((er, task), []).append((on, set(awaited)))

    for key, waits in model_waits(layers, edges).items():
        expected = [(on, {tasks[on].head(t) for t in wanted}) for _, on, wanted in waits if wanted]
        assert sorted(listed.pop(key, []), key=str) == sorted(expected, key=str)
    assert listed == {}


def longest(layers: list, edges: list, seconds: list[float]) -> float:
    """Return the length of the longest chain, by plain recursion over tasks."""
    waits = model_waits(layers, edges)
    known: dict[tuple[int, int], float] = {}

    def end(er: int, task: int) -> float:
        if (er, task) not in known:
            start = 0.0
            for kind, on, wanted in waits.get((er, task), ()):
                ends = [end(on, each) for each in wanted]
                if ends:
                    start = max(start, min(ends) if kind is EdgeKind.LAYER_ON_ANY else max(ends))
            known[er, task] = start + seconds[er]
        return known[er, task]

    tasks = [Tasks(tuple(frames), chunk) for frames, chunk in layers]
    return max(end(er, task) for er in range(len(layers)) for task in range(len(tasks[er])))


@settings(deadline=None)
@given(jobs(), st.data())
def test_the_critical_path_is_as_long_as_the_longest_chain(job: tuple, data: st.DataObject) -> None:
    layers, edges = job
    times = data.draw(
        st.lists(st.integers(1, 50).map(float), min_size=len(layers), max_size=len(layers))
    )

    plan = built(layers, edges)

    assert plan.critical_path is not None
    assert plan.critical_path.processes == longest(layers, edges, [1.0] * len(layers))
    assert plan.critical_path.processes == sum(step.processes for step in plan.critical_path.steps)
    known = {f"layer{at}": each for at, each in enumerate(times)}
    by_time = outline.planning.critical.critical_path(plan.layers, plan.edges, known)
    assert by_time is not None
    assert by_time.seconds == longest(layers, edges, times)
    assert by_time.seconds == sum(step.seconds or 0 for step in by_time.steps)


@settings(deadline=None)
@given(jobs())
def test_counts_of_an_edge_add_up(job: tuple) -> None:
    layers, edges = job
    plan = built(layers, edges)

    for edge in plan.edges:
        er = plan.find_layer(edge.layer)
        assert er is not None
        listed = [
            each for each in all_frame_edges(plan) if (each.layer, each.on) == (edge.layer, edge.on)
        ]
        if sum((other.layer, other.on) == (edge.layer, edge.on) for other in plan.edges) == 1:
            assert len(listed) == er.processes - edge.free
            assert sum(len(each.frames or ()) for each in listed) == edge.pairs
            assert sum(each.frames is None for each in listed) == edge.whole
