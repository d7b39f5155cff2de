"""Which files one frame reads and writes: the declarations of its layer with tokens replaced, paths mapped."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from cuelet.core.operations.command import Place, replace_tokens, token_values
from cuelet.core.state.job import Job
from cuelet.core.state.layer import Layer
from cuelet.core.values.runs import OutputFile
from outline.frames import parse_range
from outline.jobspec.model import DeclaredFile
from outline.jobspec.tokens import PER_FRAME, has_any


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
    numbers: Sequence[int] = layer.tasks.members(index - layer.start)
    if not has_any(file.paths, PER_FRAME):
        numbers = numbers[:1]
    elif file.frames and len(layer.tasks) == 1:
        numbers = list(dict.fromkeys([*numbers, *parse_range(file.frames)]))
    for number in numbers:
        tokens = token_values(job, layer, index, number)
        tokens["IFRAME"] = f"{number:0{file.digits}d}"
        found = [replace_tokens(path, tokens) for path in file.paths]
        yield tuple(place.map_argv([_absolute(path, job)], place.path_map)[0] for path in found)


def _absolute(path: str, job: Job) -> str:
    """Return where a path leads from the directory that frames start in."""
    return posixpath.normpath(posixpath.join(job.spec.cwd or "/", path))
