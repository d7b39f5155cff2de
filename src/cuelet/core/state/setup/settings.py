"""What people set of a job, a layer or a frame after its launch, beyond what the job's own rows hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings(Record):
    """Of a job; its id is the job's."""

    KIND: ClassVar[str] = "job_settings"
    min_gpus: int = 0
    max_gpus: int = 0
    """GPUs that its frames may hold together; 0 and less: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSettings(Record):
    """Of a layer; its id is the layer's."""

    KIND: ClassVar[str] = "layer_settings"
    timeout_s: int = 0
    timeout_llu_s: int = 0
    gpu_memory_mb: int = 0
    max_gpus: int = 0
    """GPUs that a frame gets at most; 0 and less: no limit."""
    memory_optimizer: bool = True
    outputs: tuple[str, ...] = ()
    """Paths that were registered, as people see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSettings(Record):
    """Of a frame; its id is the frame's."""

    KIND: ClassVar[str] = "frame_settings"
    checkpoint: int = 0
    """OpenCue's number of its checkpoint state."""
    shown_as: tuple[tuple[int, str, int, int, int], ...] = ()
    """How to show a state of it: state, text, and red, green, blue from 0 to 255."""
