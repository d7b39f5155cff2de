"""The environment of a frame that is executed in this process."""

from __future__ import annotations

import os
import sys

from outline._session import OUTLINE_FILE
from outline.jobspec.tokens import list_frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from outline._layer.protocols import AnyLayer
    from outline.util import FrameSet


def apply(layer: AnyLayer, frames: FrameSet) -> None:
    """Set what PyOutline sets for a frame: the session's paths, then the outline's and the layer's variables."""
    outline_file = os.path.join(layer.get_outline().get_session().get_path(), OUTLINE_FILE)
    os.environ["OL_BASE_SESSION_PATH"] = outline_file
    os.environ["OL_LAYER_SESSION_PATH"] = layer.get_path()
    os.environ["OL_LAYER_RANGE"] = list_frames(frames)
    for key, (value, _) in layer.get_outline().get_env().items():
        os.environ[key] = value
    os.environ.update(layer.get_envs())
    _extend_python_path(layer)


def _extend_python_path(layer: AnyLayer) -> None:
    wanted = layer.get_arg("python_path", [])
    folders = (
        wanted.split(os.pathsep) if isinstance(wanted, str) else [str(each) for each in wanted]
    )
    if folders:
        sys.path[:0] = folders
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *([before] if before else [])])
