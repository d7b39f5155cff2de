"""Where the cards and lines of a plan's graph go; the layout itself is graphlay's."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import graphlay

from outline.planning.model import Plan, PlannedEdge, PlannedLayer

CARD_WIDTH = 236.0
CARD_HEIGHT = 108.0
_OPTIONS: dict[str, Any] = {
    "direction": "leftright",
    "spacing": {"layer_gap": 72.0, "node_gap": 34.0, "dummy_gap": 26.0, "port_gap": 18.0},
    "self_loops": {"size": 24.0},
    "wrap": {"viewport_aspect": 3.0},
}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Card:
    """A layer and the upper left corner of its card, in pixels."""

    layer: PlannedLayer
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge and its corners, from the awaited card to the waiting one."""

    edge: PlannedEdge
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A laid out graph; all coordinates are from 0 up."""

    width: float
    height: float
    cards: tuple[Card, ...]
    wires: tuple[Wire, ...]


def lay_out(plan: Plan, critical: Sequence[str]) -> Drawing:
    """Return the graph of a plan, from left to right.

    Args:
        plan: The plan.
        critical: The layers of the critical path, which is kept straight.
    """
    graph = graphlay.Graph()
    for layer in plan.layers:
        graph.node(layer.name, width=CARD_WIDTH, height=CARD_HEIGHT)
    steps = set(itertools.pairwise(critical))
    for edge in plan.edges:
        weight = 6.0 if (edge.on, edge.layer) in steps else 1.0
        graph.edge(edge.on, edge.layer, weight=weight)
    raw = graphlay.layout(graph, options=_OPTIONS).raw
    return _drawing(plan, raw)


def _drawing(plan: Plan, raw: dict[str, Any]) -> Drawing:
    left, top = raw["bounds"]["min"]["x"], raw["bounds"]["min"]["y"]

    def at(point: dict[str, float]) -> Point:
        return point["x"] - left, point["y"] - top

    cards = []
    for layer, node in zip(plan.layers, raw["nodes"], strict=True):
        x, y = at(node["center"])
        cards.append(Card(layer, x - CARD_WIDTH / 2, y - CARD_HEIGHT / 2))
    wires = []
    for edge, drawn in zip(plan.edges, raw["edges"], strict=True):
        wires.append(Wire(edge, tuple(map(at, drawn["points"]))))
    right, bottom = at(raw["bounds"]["max"])
    return Drawing(right, bottom, tuple(cards), tuple(wires))
