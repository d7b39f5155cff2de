"""What a layer gets from its service where its script leaves it open; a show may have it otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cuelet.core.state.setup.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Record):
    """A service as somebody has set it up; 0 and nothing leave a layer what it gets anyway."""

    KIND: ClassVar[str] = "service"
    name: str = ""
    threadable: bool = False
    min_cores: int = 0
    """In hundredths of a core."""
    max_cores: int = 0
    """In hundredths of a core."""
    min_memory_kb: int = 0
    min_gpu_memory_kb: int = 0
    min_memory_increase_kb: int = 0
    min_gpus: int = 0
    max_gpus: int = 0
    timeout_min: int = 0
    timeout_llu_min: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOverride(Service):
    """What a service is in one show."""

    KIND: ClassVar[str] = "service_override"
    show: str = ""
    """Id of the show."""
