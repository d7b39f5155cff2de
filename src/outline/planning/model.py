"""What a plan consists of, and its JSON form, version 1.

Keys of the JSON form are the fields below; they are added to, never renamed, within a version.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from outline.depend import DependType
from outline.frames import TaskEdges, Tasks

VERSION = 1
"""Version of the JSON form."""


class Severity(enum.IntEnum):
    """How bad a finding is."""

    INFO = 0
    """Good to know; nothing has to change."""
    WARNING = 1
    """The job runs, probably not as meant."""
    ERROR = 2
    """The job cannot be launched, or cannot end."""

    @property
    def word(self) -> str:
        """The severity in lower case."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a script."""

    file: str
    """Path as Python was given it."""
    line: int
    """Counted from 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something about an outline that its author should know."""

    code: str
    """One of `outline.planning.lint.codes.CODES`."""
    severity: Severity
    message: str
    """One sentence that names the thing and what is wrong with it."""
    remedy: str
    """What to do about it."""
    layer: str | None = None
    """The layer it is about, or None."""
    place: Place | None = None
    """Where in the script, or None when nobody took note."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        values = {**_values(self), "severity": self.severity.word, "place": _place(self.place)}
        return {_JSON_KEYS.get(name, name): value for name, value in values.items()}


_JSON_KEYS = {"remedy": "way_out"}
"""Fields of a finding that readers of its JSON know by another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that may run frames."""

    name: str
    cores: float
    memory_mb: int
    gpus: int = 0
    tags: tuple[str, ...] | None = None
    """None when tags do not matter there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLayer:
    """One layer as it would run."""

    name: str
    """As the script spells it."""
    wire_name: str
    """As OpenCue spells it."""
    type: str
    """Render, Util or Post."""
    kind: str
    """Name of the layer's class."""
    range: str
    """The frames that run, in order."""
    frames: int
    """How many frames run."""
    chunk: int
    """Frames per process."""
    processes: int
    """How many processes a server starts: frames / chunk, rounded up."""
    each: str
    """``frame``: the command runs once per frame of a chunk; ``chunk``: once per chunk."""
    command: str
    """What a frame runs, tokens not yet replaced; the class when that is Python."""
    argv: tuple[str, ...] | None
    """The exact arguments of the command; None when it is shell text or Python."""
    wire_command: str
    """What a server runs; ``{session}`` is the session directory of the launch."""
    cores: float | None
    """Cores reserved per process; None: the service decides."""
    max_cores: float | None
    memory_mb: int | None
    """Memory reserved per process; None: the service decides."""
    gpus: int
    retries: int | None
    """None: the job's."""
    timeout_min: int | None
    """Minutes after which a process is stopped."""
    services: tuple[str, ...]
    tags: tuple[str, ...]
    limits: tuple[str, ...]
    env: Mapping[str, str]
    outputs: Mapping[str, str]
    checked: tuple[str, ...] = ()
    """Names of the outputs without which a process has failed."""
    skip_existing: bool = False
    """Processes whose outputs are there and up to date do not run."""
    place: Place | None = None
    tasks: Tasks = field(repr=False, compare=False)
    """The frames, cut into chunks; not part of the JSON form."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {**_values(self, leave_out=("tasks",)), "place": _place(self.place)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEdge:
    """One layer waiting for another."""

    layer: str
    """The layer that waits."""
    on: str
    """The layer it waits for."""
    type: str
    """A name of `outline.frames.EdgeKind`."""
    outcome: str
    """``succeeded``, or ``finished``: whatever the outcome."""
    shape: str
    """``same``, ``frames``, ``whole``, ``mixed``, ``any`` or ``nothing``: what the frames wait for."""
    text: str
    """The edge as a sentence."""
    pairs: int
    """Waits of single processes for single processes."""
    whole: int
    """Processes that wait for the whole layer, or for any one of it."""
    free: int
    """Processes that wait for nothing."""
    place: Place | None = None
    links: TaskEdges = field(repr=False, compare=False)
    """The exact edges; not part of the JSON form, see `outline.planning.edges.frame_edges`."""
    depend_type: DependType = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {**_values(self, leave_out=("links", "depend_type")), "place": _place(self.place)}


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the critical path inside one layer."""

    layer: str
    first: int
    """Frame number of the first process."""
    processes: int
    """Processes that run one after another here."""
    seconds: float | None = None
    """How long they take together, or None when nobody knows."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return _values(self)


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """The longest chain of processes that have to run one after another, however many hosts there are."""

    steps: tuple[Step, ...]
    processes: int
    """How many processes it has."""
    seconds: float | None = None
    """How long it takes; None when it was found by counting."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {**_values(self), "steps": [step.to_dict() for step in self.steps]}

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers on it, in order."""
        return tuple(step.layer for step in self.steps)


@dataclass(frozen=True, slots=True)
class BackendView:
    """What one backend makes of the job."""

    name: str
    lowered: tuple[str, ...]
    """One sentence for each thing it cannot do as written."""
    refused: tuple[str, ...]
    """Why it would not take the job at all; empty when it would."""

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        return {**_values(self), "lowered": list(self.lowered), "refused": list(self.refused)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a launch of an outline would run."""

    name: str
    full_name: str
    """``show-shot-user_name`` as OpenCue spells it."""
    show: str
    shot: str
    user: str
    range: str | None
    """The outline's range, or None."""
    priority: int | None
    backend: str
    use_pycuerun: bool
    env: Mapping[str, str]
    """What the outline sets on every frame."""
    job_depends: tuple[str, ...]
    """Jobs this one waits for."""
    layers: tuple[PlannedLayer, ...]
    edges: tuple[PlannedEdge, ...]
    critical_path: CriticalPath | None
    """By count; None without layers or with a cycle."""
    critical_path_by_time: CriticalPath | None
    """By seconds; None when a layer's run time is not known."""
    backends: tuple[BackendView, ...]
    findings: tuple[Finding, ...]

    @property
    def frames(self) -> int:
        """Frames of all layers together."""
        return sum(layer.frames for layer in self.layers)

    @property
    def processes(self) -> int:
        """Processes of all layers together."""
        return sum(layer.processes for layer in self.layers)

    def find_layer(self, name: str) -> PlannedLayer | None:
        """Return a layer by either spelling of its name, or None."""
        return next((each for each in self.layers if name in {each.name, each.wire_name}), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        by_time = self.critical_path_by_time
        return {
            "version": VERSION,
            **_values(self, leave_out=("layers", "edges", "findings", "backends")),
            "job_depends": list(self.job_depends),
            "frames": self.frames,
            "processes": self.processes,
            "layers": [each.to_dict() for each in self.layers],
            "edges": [each.to_dict() for each in self.edges],
            "critical_path": None if self.critical_path is None else self.critical_path.to_dict(),
            "critical_path_by_time": None if by_time is None else by_time.to_dict(),
            "backends": [each.to_dict() for each in self.backends],
            "findings": [each.to_dict() for each in self.findings],
        }


def _values(thing: Any, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the fields of a dataclass, tuples as lists and mappings as dicts."""
    return {
        each.name: _plain(getattr(thing, each.name))
        for each in fields(thing)
        if each.name not in leave_out
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"file": place.file, "line": place.line}
