"""The graph of a plan as Mermaid, for pages that render it."""

from __future__ import annotations

from cuelet.drawing.words import critical_of, frames_of, resources_of, style_of, style_words
from outline.planning.model import Plan, PlannedEdge, PlannedLayer

_ARROWS = {
    "frame": "-->",
    "mixed": "-->",
    "whole": "==>",
    "finished": "-.->",
    "previous": "-.->",
    "first": "-.->",
    "any": "--o",
    "nothing": "-.-",
}


def render(plan: Plan) -> str:
    """Return a plan's graph as a Mermaid flowchart."""
    path = critical_of(plan)
    ids = {layer.name: f"n{at}" for at, layer in enumerate(plan.layers)}
    critical = [] if path is None else [ids[name] for name in path.layers]
    lines = ["flowchart LR"]
    lines += [_node(ids[layer.name], layer) for layer in plan.layers]
    lines += [_edge(ids, edge) for edge in plan.edges]
    if critical:
        lines.append("  classDef critical stroke-width:3px")
        lines.append(f"  class {','.join(critical)} critical")
    return "\n".join(lines)


def _node(name: str, layer: PlannedLayer) -> str:
    words = [f"<b>{layer.name}</b>", frames_of(layer), ", ".join(resources_of(layer))]
    return f'  {name}["{"<br/>".join(each for each in words if each)}"]'


def _edge(ids: dict[str, str], edge: PlannedEdge) -> str:
    style = style_of(edge)
    words = "" if style == "frame" else f'|"{style_words(style)}"|'
    return f"  {ids[edge.on]} {_ARROWS[style]}{words} {ids[edge.layer]}"
