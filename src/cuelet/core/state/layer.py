"""One layer at run time: settings that may change while it runs, and counters of its frames."""

from __future__ import annotations

from cuelet.core.state.order import FrameOrder
from cuelet.core.state.pace import Pace
from cuelet.core.state.setup.settings import LayerSettings
from cuelet.core.state.totals import Totals
from cuelet.core.values.errors import InvalidSpecError
from outline.frames import FrameRangeError, Tasks
from outline.jobspec.model import JobSpec, LayerSpec

MAX_FRAMES = 1_000_000
"""Frames (tasks) per job."""
MAX_LAYERS = 20_000


class Layer:
    """One layer at run time; settings may change while it runs."""

    __slots__ = (
        "asked_gpus",
        "cores",
        "counts",
        "cursor",
        "dispatch_order",
        "end",
        "index",
        "limits",
        "max_cores",
        "memory_mb",
        "order",
        "pace",
        "retries",
        "settings",
        "spec",
        "start",
        "start_after",
        "start_after_reason",
        "tags",
        "tasks",
        "threadable",
        "totals",
    )

    def __init__(self, spec: LayerSpec, index: int, start: int, default_retries: int) -> None:
        self.spec, self.index, self.start = spec, index, start
        self.tasks = _tasks_of(spec)
        self.end = start + len(self.tasks)
        """Job-wide index after the last frame."""
        self.cores, self.max_cores = spec.cores, spec.max_cores
        self.memory_mb = spec.memory_mb
        self.retries = default_retries if spec.retries is None else spec.retries
        self.tags = spec.tags
        self.limits, self.asked_gpus = tuple(dict.fromkeys(spec.limits)), spec.gpus
        self.threadable = spec.threadable
        self.settings: LayerSettings | None = None
        """What else somebody has set; None: all of it is as submitted."""
        self.start_after, self.start_after_reason = spec.start_after, ""
        """Epoch seconds before which no frame starts, and who said so; 0 for at once."""
        self.dispatch_order = index + 1
        """Lower goes first in the job."""
        self.order: FrameOrder | None = None
        """In which order frames start; None: that of the range."""
        self.counts = [0] * 8
        """Frames per state, indexed by FrameState."""
        self.cursor = start
        """No frame at a place before this one is WAITING; without an order, places are indexes."""
        self.pace = Pace()
        """How long its frames take lately."""
        self.totals = Totals()
        """What its frames took together."""

    @property
    def name(self) -> str:
        """Wire name."""
        return self.spec.name

    @property
    def gpus(self) -> int:
        """GPUs that a frame gets: what the layer asks for, but not more than it may have."""
        most = self.settings.max_gpus if self.settings else 0
        return min(self.asked_gpus, most) if most > 0 else self.asked_gpus

    @property
    def timeout_s(self) -> int:
        """Seconds that a frame may run; 0: any."""
        return self.settings.timeout_s if self.settings else self.spec.timeout_s

    @property
    def timeout_llu_s(self) -> int:
        """Seconds that the log of a frame may be silent; 0: any."""
        return self.settings.timeout_llu_s if self.settings else self.spec.timeout_llu_s

    def settings_of(self, layer_id: str) -> LayerSettings:
        """Return what is set of the layer beyond its rows, as submitted if nobody has set anything."""
        return self.settings or LayerSettings(
            id=layer_id,
            timeout_s=self.spec.timeout_s,
            timeout_llu_s=self.spec.timeout_llu_s,
            gpu_memory_mb=self.spec.gpu_memory_mb,
        )

    def number(self, index: int) -> int:
        """Return the frame number of a job-wide index."""
        return self.tasks.head(index - self.start)

    def place_of(self, index: int) -> int:
        """Return where in the order of starting a job-wide index stands."""
        if self.order is None:
            return index
        return self.start + self.order.place_of[index - self.start]

    def index_at(self, place: int) -> int:
        """Return the job-wide index at a place in the order of starting."""
        if self.order is None:
            return place
        return self.start + self.order.tasks[place - self.start]

    def set_order(self, order: FrameOrder | None) -> None:
        """Start frames in another order from now on."""
        self.order, self.cursor = order, self.start


def _tasks_of(spec: LayerSpec) -> Tasks:
    try:
        return Tasks.from_range(spec.range, spec.chunk)
    except FrameRangeError as error:
        raise InvalidSpecError(
            where=f"layer {spec.name!r}, range", value=spec.range, reason=str(error)
        ) from error
    except ValueError as error:
        raise InvalidSpecError(
            where=f"layer {spec.name!r}, chunk", value=spec.chunk, reason=str(error)
        ) from error


def layers_of(spec: JobSpec) -> list[Layer]:
    """Return the layers of a job, their frames numbered through; raises InvalidSpecError."""
    if not spec.layers:
        raise InvalidSpecError(where="job", value=spec.name, reason="has no layers; add one")
    if len(spec.layers) > MAX_LAYERS:
        raise InvalidSpecError(
            where="number of layers", value=len(spec.layers), reason=f"more than {MAX_LAYERS:,}"
        )
    layers: list[Layer] = []
    names: set[str] = set()
    start = 0
    for index, layer_spec in enumerate(spec.layers):
        if layer_spec.name in names:
            raise InvalidSpecError(
                where="layer", value=layer_spec.name, reason="is there twice; rename one of them"
            )
        names.add(layer_spec.name)
        layer = Layer(layer_spec, index, start, spec.max_retries)
        layers.append(layer)
        start = layer.end
        if start > MAX_FRAMES:
            raise InvalidSpecError(
                where=f"layer {layer.name!r}, range",
                value=layer_spec.range,
                reason=f"the job has more than {MAX_FRAMES:,} frames; use a larger chunk",
            )
    return layers
