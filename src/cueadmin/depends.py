"""What the layers of a job wait for: the edges, what is left of them, and cycles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from opencue.api import Job
from opencue.depends import list_records

_WORDS = {
    "FRAME_BY_FRAME": "frame by frame",
    "LAYER_ON_LAYER": "whole layer",
    "LAYER_ON_ANY": "first frame of the layer",
    "LAYER_ON_SIM_FRAME": "one frame of the layer",
    "PREVIOUS_FRAME": "previous frame",
    "JOB_ON_JOB": "whole job on whole job",
    "JOB_ON_LAYER": "whole job on whole layer",
    "JOB_ON_FRAME": "whole job on one frame",
    "LAYER_ON_JOB": "whole job",
    "LAYER_ON_FRAME": "one frame",
    "FRAME_ON_JOB": "one frame on whole job",
    "FRAME_ON_LAYER": "one frame on whole layer",
    "FRAME_ON_FRAME": "one frame on one frame",
}
_ACYCLIC = frozenset({"PREVIOUS_FRAME"})


@dataclass(frozen=True)
class Edge:
    """One dependency."""

    layer: str
    """What waits."""
    on: str
    """What it waits for."""
    type: str
    outcome: str
    """``succeeded``, or ``finished`` when any end will do."""
    active: bool
    """Whether something still waits."""
    left: int | None
    """Frames still waiting; None when the server does not count them."""

    def sentence(self) -> str:
        """Return the edge in words."""
        kind = _WORDS.get(self.type, self.type.lower().replace("_", " "))
        how = f"{kind}, success or failure" if self.outcome == "finished" else kind
        return f"{self.layer} waits for {self.on} ({how}): {self._standing()}"

    def _standing(self) -> str:
        if not self.active:
            return "satisfied"
        if self.left is None:
            return "active"
        return f"active, {self.left} frame{'' if self.left == 1 else 's'} left waiting"


def edges_of(job: Job) -> list[Edge]:
    """Return the dependencies of a job."""
    return [_edge_from_record(record) for record in list_records(job.id())]


def _edge_from_record(record: dict[str, Any]) -> Edge:
    return Edge(
        layer=record["layer"],
        on=record["on"],
        type=record["type"],
        outcome=record.get("outcome") or "succeeded",
        active=bool(record.get("active")),
        left=record.get("left"),
    )


def cycles_of(edges: Iterable[Edge]) -> list[list[str]]:
    """Return the cycles of names that wait for each other, each once."""
    waits: dict[str, list[str]] = {}
    for edge in edges:
        if edge.active and edge.type not in _ACYCLIC:
            waits.setdefault(edge.layer, []).append(edge.on)
    found: list[list[str]] = []
    finished: set[str] = set()
    for start in waits:
        _walk(start, waits, finished, found)
    return found


def _walk(
    start: str, waits: dict[str, list[str]], finished: set[str], found: list[list[str]]
) -> None:
    """Follow what a name waits for, without recursion; note every way back to the path."""
    path = [start]
    pending = [iter(waits.get(start, ()) if start not in finished else ())]
    while path:
        following = next(pending[-1], None)
        if following is None:
            finished.add(path.pop())
            pending.pop()
        elif following in path:
            found.append([*path[path.index(following) :], following])
        elif following not in finished:
            path.append(following)
            pending.append(iter(waits.get(following, ())))


def display(job: Job) -> None:
    """Print the Dependencies section of a job."""
    edges = edges_of(job)
    cycles = cycles_of(edges)
    print(f"\n{_heading(job, edges, cycles)}")
    for cycle in cycles:
        print(f"  CYCLE, can never start: {' waits for '.join(cycle)}")
    for edge in edges:
        print(f"  {edge.sentence()}")


def _heading(job: Job, edges: Sequence[Edge], cycles: Sequence[list[str]]) -> str:
    if not edges:
        return f"Dependencies of {job.name()}: none"
    active = sum(edge.active for edge in edges)
    found = f"{len(cycles)} cycle{'s' if len(cycles) > 1 else ''}" if cycles else "no cycles"
    return f"Dependencies of {job.name()}: {len(edges)}, {active} active, {found}"


def records(job: Job) -> dict[str, Any]:
    """Return the dependencies of a job as plain data."""
    edges = edges_of(job)
    return {"dependencies": [asdict(edge) for edge in edges], "cycles": cycles_of(edges)}
