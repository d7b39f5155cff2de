"""Which files one frame reads and writes: the declarations of its layer with tokens replaced, paths mapped."""

from __future__ import annotations

from collections.abc import Iterator

from cuelet.core.operations.command import Place
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.runs import OutputFile
from outline.jobspec.execute import known_tokens
from outline.jobspec.files import places
from outline.jobspec.model import DeclaredFile


def output_files(job: Job, index: int, place: Place) -> tuple[OutputFile, ...]:
    """Return every file that a frame, or each frame of a chunk, should make."""
    layer = job.layer_at(index)
    return tuple(
        OutputFile(f"{layer.name}/{each.name}", paths, each.min_bytes, each.checked)
        for each in layer.spec.output_files
        for paths in _paths(job, layer, index, each, place)
    )


def input_files(job: Job, index: int, place: Place) -> tuple[OutputFile, ...]:
    """Return every file that a frame, or each frame of a chunk, reads."""
    layer = job.layer_at(index)
    return tuple(
        OutputFile(f"{layer.name}/{each.name}", paths)
        for each in layer.spec.input_files
        for paths in _paths(job, layer, index, each, place)
    )


def _paths(
    job: Job, layer: Layer, index: int, file: DeclaredFile, place: Place
) -> Iterator[tuple[str, ...]]:
    """Yield where a declared file may be, for each frame that has one of its own."""
    members = layer.tasks.members(index - layer.start)
    return places(
        file,
        members,
        lambda number: known_tokens(job.spec, layer.spec, members, number),
        is_single=len(layer.tasks) == 1,
        cwd=job.spec.cwd,
        path_map=place.path_map,
    )
