"""Who may start when others end: any job against a naive count."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outline.frames import EdgeKind, TaskEdges, Tasks, resolve
from outline.jobspec.release import LayerGraph

Edge = tuple[str, str, TaskEdges, bool]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, int], list[Edge]]:
    ranges = draw(st.lists(st.sampled_from(["1-3", "2-5", "1", "4-1"]), min_size=1, max_size=4))
    tasks = {f"layer{at}": Tasks.from_range(text) for at, text in enumerate(ranges)}
    ends = st.sampled_from(list(tasks))
    drawn = draw(
        st.lists(st.tuples(ends, ends, st.sampled_from(EdgeKind), st.booleans()), max_size=5)
    )
    edges = [
        (er, on, resolve(kind, tasks[er], tasks[on]), on_finish)
        for er, on, kind, on_finish in drawn
        if er != on or kind is EdgeKind.PREVIOUS_FRAME
    ]
    return {name: len(each) for name, each in tasks.items()}, edges


def awaited(edge: Edge, graph: LayerGraph, index: int) -> list[int]:
    """Return the frames that a frame waits for through an edge, by the definition of the edge."""
    er, on, links, _ = edge
    name, task = graph.places[index]
    return [graph.starts[on] + each for each in links.waits_for(task)] if name == er else []


def is_for_any(edge: Edge, graph: LayerGraph, index: int) -> bool:
    return edge[2].any_one and graph.places[index][1] in edge[2].whole


def allows(edge: Edge, graph: LayerGraph, index: int, ended: dict[int, bool]) -> bool:
    """Tell whether an edge lets a frame start."""
    there = awaited(edge, graph, index)
    met = [each in ended and (ended[each] or edge[3]) for each in there]
    return not there or (any if is_for_any(edge, graph, index) else all)(met)


def note_lost(edges: list[Edge], graph: LayerGraph, ended: dict[int, bool]) -> None:
    """Note every frame as ended that an edge now holds for ever."""
    found = True
    while found:
        found = False
        for index in set(range(len(graph.places))) - set(ended):
            for edge in edges:
                there = awaited(edge, graph, index)
                gone = [ended.get(each) is False and not edge[3] for each in there]
                if there and (all if is_for_any(edge, graph, index) else any)(gone):
                    ended[index], found = False, True


@given(graphs(), st.lists(st.booleans(), min_size=20, max_size=20))
def test_a_frame_is_free_exactly_when_all_its_edges_allow_it(
    case: tuple[dict[str, int], list[Edge]], succeeds: list[bool]
) -> None:
    sizes, edges = case
    graph = LayerGraph(sizes, edges)
    ended: dict[int, bool] = {}
    free = set(graph.release.free())

    while waiting := sorted(free - set(ended)):
        index = waiting[0]
        ended[index] = succeeds[index % len(succeeds)]
        free.update(graph.release.end(index, met=ended[index]))
        note_lost(edges, graph, ended)
        left = set(range(len(graph.places))) - set(ended)
        allowed = {each for each in left if all(allows(e, graph, each, ended) for e in edges)}
        assert free - set(ended) == allowed


@given(graphs())
def test_what_is_yielded_in_order_waits_for_nothing_that_comes_later(
    case: tuple[dict[str, int], list[Edge]],
) -> None:
    sizes, edges = case
    graph = LayerGraph(sizes, edges)
    ended: dict[int, bool] = {}

    for index in graph.release.in_order():
        assert index not in ended
        assert all(allows(edge, graph, index, ended) for edge in edges)
        ended[index] = True
    left = set(range(len(graph.places))) - set(ended)
    assert not any(all(allows(edge, graph, each, ended) for edge in edges) for each in left)


def test_what_waits_for_the_end_of_a_frame_that_never_runs_is_free() -> None:
    whole = resolve(EdgeKind.LAYER_ON_LAYER, Tasks.from_range("1"), Tasks.from_range("1"))
    sizes = {"aaa": 1, "bbb": 1, "clean": 1}

    graph = LayerGraph(sizes, [("bbb", "aaa", whole, False), ("clean", "bbb", whole, True)])

    assert graph.release.free() == [0]
    assert graph.release.end(0, met=False) == [2]
