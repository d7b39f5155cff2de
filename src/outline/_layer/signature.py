"""What type checkers and editors know of the arguments of layers; nobody imports it when a script runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

Frames = str | int | Iterable[int]
"""Range text, a number, or numbers."""
Names = str | Iterable[str]
"""A list of names, or text with commas between."""
Command = str | os.PathLike[str] | Sequence[object]
"""A list that no shell reads, or text for a shell."""


class LayerSignature:
    """The constructor of every layer; arguments that are not named here are kept for the class."""

    def __init__(
        self,
        name: str,
        *,
        command: Command | None = ...,
        commands: Sequence[Command] | None = ...,
        script: str | os.PathLike[str] | None = ...,
        range: Frames | None = ...,
        chunk: int = ...,
        cores: float | None = ...,
        threads: float | None = ...,
        max_cores: float | None = ...,
        memory: str | float | None = ...,
        gpus: int | None = ...,
        gpu_memory: str | float | None = ...,
        threadable: bool | None = ...,
        timeout: float | None = ...,
        timeout_llu: float | None = ...,
        retries: int | None = ...,
        start_after: str | float | datetime | None = ...,
        skip_existing: bool = ...,
        tags: Names = ...,
        limits: Names = ...,
        service: Names = ...,
        type: str = ...,
        env: Mapping[str, object] | None = ...,
        require: str | Sequence[str] = ...,
        register: bool = ...,
        nocheck: bool = ...,
        python_path: str | Sequence[str] = ...,
        **args: Any,
    ) -> None:
        """Make a layer; see `outline.layer.Layer`."""
