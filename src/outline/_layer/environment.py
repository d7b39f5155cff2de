"""The environment of a frame that is executed in this process."""

from __future__ import annotations

import os
import sys

from outline._session import OUTLINE_FILE
from outline.jobspec.tokens import is_in, list_frames, replace, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from outline._layer.protocols import AnyLayer
    from outline.util import FrameSet


def apply(layer: AnyLayer, frames: FrameSet) -> None:
    """Set what PyOutline sets for a frame: the session's paths, then the outline's and the layer's variables."""
    outline_file = os.path.join(layer.get_outline().get_session().get_path(), OUTLINE_FILE)
    os.environ["OL_BASE_SESSION_PATH"] = outline_file
    os.environ["OL_LAYER_SESSION_PATH"] = layer.get_path()
    os.environ["OL_LAYER_RANGE"] = list_frames(frames)
    said = _said(layer)
    os.environ.update(said)
    if any(map(is_in, said.values())):
        apply_frame(layer, frames[0], frames)
    _extend_python_path(layer)


def apply_frame(layer: AnyLayer, frame: int, frames: FrameSet) -> None:
    """Set the variables that name the frame, for one of a chunk."""
    if layer.find_outline() is None:
        return
    named = {key: value for key, value in _said(layer).items() if is_in(value)}
    if named:
        known = token_values(layer, frame, frames)
        os.environ.update({key: replace(value, known) for key, value in named.items()})


def token_values(layer: AnyLayer, frame: int, frames: Sequence[int]) -> dict[str, str]:
    """Return what every token stands for in a frame of a chunk."""
    from outline.jobspec.names import wire_name

    outline = layer.find_outline()
    job = os.environ.get("CUE_JOB") or (outline.get_full_name() if outline else "job")
    name = os.environ.get("CUE_LAYER") or wire_name(layer.get_name())
    chunk = layer.get_chunk_size()
    return values(frame=frame, frames=frames, chunk=chunk, layer=name, job=job)


def _said(layer: AnyLayer) -> dict[str, str]:
    """Return the variables that the script sets, of the outline and over them of the layer."""
    of_outline = {key: value for key, (value, _) in layer.get_outline().get_env().items()}
    return {**of_outline, **layer.get_envs()}


def _extend_python_path(layer: AnyLayer) -> None:
    wanted = layer.get_arg("python_path", [])
    folders = (
        wanted.split(os.pathsep) if isinstance(wanted, str) else [str(each) for each in wanted]
    )
    if folders:
        sys.path[:0] = folders
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *([before] if before else [])])
