"""Short words and numbers on the cards and lines of a graph."""

from __future__ import annotations

from cuelet.quantities import count, duration
from outline.planning.model import CriticalPath, Plan, PlannedEdge, PlannedLayer

_STYLES = {
    "frame": "frame by frame",
    "mixed": "frame by frame, else whole layer",
    "whole": "whole layer",
    "finished": "whole layer, success or failure",
    "previous": "previous frame",
    "first": "first frame",
    "any": "any frame",
    "nothing": "guards nothing",
}


def style_of(edge: PlannedEdge) -> str:
    """Return how an edge is drawn: one of the keys of `style_words`."""
    if edge.outcome == "finished":
        return "finished"
    if edge.shape in {"any", "nothing", "whole", "mixed"}:
        return edge.shape
    return {"PREVIOUS_FRAME": "previous", "LAYER_ON_SIM_FRAME": "first"}.get(edge.type, "frame")


def style_words(style: str) -> str:
    """Return what a line of a style means."""
    return _STYLES[style]


def frames_of(layer: PlannedLayer) -> str:
    """Return range and number of frames of a layer."""
    if layer.frames == 1:
        return f"frame {layer.tasks.frames[0]}"
    return f"{shortened(layer.range, 18)} · {count(layer.frames, 'frame')}"


def resources_of(layer: PlannedLayer) -> tuple[str, ...]:
    """Return chunk, cores, memory and GPUs of a layer, those it asks for."""
    found = [f"chunk {layer.chunk}"] if layer.chunk > 1 else []
    if layer.cores is not None:
        found.append("whole host" if not layer.cores else _cores(layer))
    if layer.memory_mb is not None:
        found.append(memory_of(layer.memory_mb))
    if layer.gpus:
        found.append(count(layer.gpus, "GPU"))
    return tuple(found)


def _cores(layer: PlannedLayer) -> str:
    most = "" if layer.max_cores is None else f"–{layer.max_cores:g}"
    return f"{layer.cores:g}{most} core" + ("" if layer.cores == 1 and not most else "s")


def memory_of(memory_mb: int) -> str:
    """Return memory with the unit that reads best."""
    whole = memory_mb >= 1024 and memory_mb % 512 == 0
    return f"{memory_mb / 1024:g} GB" if whole else f"{memory_mb} MB"


def critical_of(plan: Plan) -> CriticalPath | None:
    """Return the critical path that is drawn: by run times when they are known, else by count."""
    return plan.critical_path_by_time or plan.critical_path


def critical_words(path: CriticalPath) -> str:
    """Return how long a critical path is."""
    if path.seconds is not None:
        return f"critical path {duration(path.seconds)}"
    return f"critical path {count(path.processes, 'frame')} long"


def summary_of(plan: Plan) -> str:
    """Return the size of a plan in one line."""
    parts = [count(len(plan.layers), "layer"), count(plan.frames, "frame")]
    path = critical_of(plan)
    if path is not None:
        parts.append(critical_words(path))
    return " · ".join(parts)


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters, its end cut off if need be."""
    return text if len(text) <= most else text[: most - 1] + "…"
